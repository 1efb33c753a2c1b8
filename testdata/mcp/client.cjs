// A client with the TypeScript SDK: node client.cjs PROGRAM|URL CAPTURE-FILE [KEY]
// It starts `PROGRAM mcp`, whose captures live below HOME, one of the few variables
// that the SDK hands on; or it goes to a URL with a key. It indexes the file, and uses
// every kind of request. The SDK checks each structured answer against the tool's
// output schema.
const { Client } = require('@modelcontextprotocol/sdk/client/index.js')
const { StdioClientTransport } = require('@modelcontextprotocol/sdk/client/stdio.js')
const { StreamableHTTPClientTransport } = require('@modelcontextprotocol/sdk/client/streamableHttp.js')
const assert = require('node:assert/strict')

function transport (where, key) {
  if (!where.startsWith('http')) return new StdioClientTransport({ command: where, args: ['mcp'], env: process.env })
  return new StreamableHTTPClientTransport(new URL(where), { requestInit: { headers: { Authorization: `Bearer ${key}` } } })
}

async function main ([where, file, key]) {
  const client = new Client({ name: 'test', version: '1' }, { capabilities: {} })
  await client.connect(transport(where, key))
  const { tools } = await client.listTools()
  assert.equal(tools.length, 21) // over stdio without create_upload, over HTTP without export_pcap
  let progress = 0
  const call = async (name, args) => {
    const r = await client.callTool({ name, arguments: args }, undefined, { onprogress: () => progress++ })
    assert.equal(r.isError ?? false, false, JSON.stringify(r))
    assert.equal(r.content[0].type, 'text')
    return r.structuredContent
  }
  const added = await call('add_capture', { path: file })
  assert.equal(added.state, 'ready')
  const capture = added.rows[0].capture
  assert.equal((await call('list_captures', {})).rows.length, 1)
  assert.equal((await call('capture_info', { capture })).packets, 237)
  assert.equal((await call('list_connections', { captures: [capture], limit: 3, sort: 'bytes' })).rows.length, 3)
  const found = await call('search_packets', { captures: [capture], tcp_flags: 'RST' })
  assert.deepEqual(found.rows.map(r => r.frame), [197])
  assert.ok((await call('get_packets', { capture, frames: 17, payload: 'hex', layers: 'full' })).rows[0].layers.length > 2)
  assert.ok((await call('stats', { by: 'port', top: 3 })).rows.length > 0)
  assert.ok((await call('list_fields', { prefix: 'tcp.flags' })).rows.length > 5)
  const wrong = await client.callTool({ name: 'search_packets', arguments: { filter: 'ip.adr' } })
  assert.equal(wrong.isError, true)
  const { resourceTemplates } = await client.listResourceTemplates()
  assert.equal(resourceTemplates.length, 6)
  const packet = await client.readResource({ uri: `pcapidx://captures/${capture}/packets/197` })
  assert.equal(JSON.parse(packet.contents[0].text).rows[0].frame, 197)
  const prompt = await client.getPrompt({ name: 'triage_capture', arguments: { capture } })
  assert.match(prompt.messages[0].content.text, /capture_info/)
  const { completion } = await client.complete({ ref: { type: 'ref/prompt', name: 'triage_capture' }, argument: { name: 'capture', value: 'we' } })
  assert.deepEqual(completion.values, ['web-day.pcap'])
  const removed = await call('delete_capture', { capture, confirm: true })
  assert.equal(removed.rows.length, 1)
  await client.close()
  console.log('passed')
}

main(process.argv.slice(2)).catch(e => { console.error(e); process.exit(1) })
