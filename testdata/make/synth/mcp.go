package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
)

// conversation is a TCP connection between two hosts, written as what each side says.
type conversation struct {
	frames         *[][]byte
	client, server netip.AddrPort
	said           [2]uint32 // by client and server
	wrap           func(packet []byte, toServer bool) []byte
}

func (c *conversation) segment(toServer bool, flags byte, payload string) {
	g := segment{src: c.client, dst: c.server, flags: flags, seq: 1000 + c.said[0], ack: 5000 + c.said[1], window: 64240, payload: []byte(payload)}
	me := 0
	if !toServer {
		g.src, g.dst, g.seq, g.ack = g.dst, g.src, g.ack, g.seq
		me = 1
	}
	if flags&ack == 0 {
		g.ack = 0
	}
	*c.frames = append(*c.frames, c.wrap(g.packet(), toServer))
	c.said[me] += uint32(len(payload))
	if flags&(syn|fin) != 0 {
		c.said[me]++
	}
}

// say sends ">" to the server or "<" to the client; ">." closes the client's side.
func (c *conversation) say(lines ...string) {
	for _, l := range lines {
		toServer, text := l[0] == '>', l[1:]
		if text == "." {
			c.segment(toServer, fin|ack, "")
			continue
		}
		c.segment(toServer, psh|ack, text)
	}
}

func (c *conversation) open() {
	c.segment(true, syn, "")
	c.segment(false, syn|ack, "")
	c.segment(true, ack, "")
}

// rpc writes a message of JSON-RPC, rest being what stands behind its version.
func rpc(rest string) string { return `{"jsonrpc":"2.0",` + rest + "}" }

// webSocket writes a frame with a text; a key masks it, as a client must.
func webSocket(text string, key []byte) string {
	b := []byte{0x81, byte(len(text))}
	if len(text) > 125 {
		b = be.AppendUint16([]byte{0x81, 126}, uint16(len(text)))
	}
	if key != nil {
		b[1] |= 0x80
		b = append(b, key...)
	}
	for i := range len(text) {
		c := text[i]
		if key != nil {
			c ^= key[i%4]
		}
		b = append(b, c)
	}
	return string(b)
}

// mcpSockets are the carriers without a body of HTTP for each message: lines on a
// connection, tagged for a VLAN, and a WebSocket; and JSON-RPC that is no MCP. The last
// packet comes a minute late, so that what has no answer counts as unanswered.
func mcpSockets() []byte {
	var frames [][]byte
	private := netip.MustParseAddr("10.20.0.15")
	tagged := func(packet []byte, toServer bool) []byte {
		dst, src := serverMAC, clientMAC
		if !toServer {
			dst, src = src, dst
		}
		return ethernet(0x8100, dst, src, cat([]byte{0, 42, 8, 0}, packet))
	}
	plain := func(packet []byte, toServer bool) []byte { return etherIPFrom(packet, toServer) }

	lines := &conversation{frames: &frames, client: endpoint(private, 41000), server: endpoint(netip.MustParseAddr("10.20.0.80"), 7000), wrap: tagged}
	lines.open()
	lines.say(
		">"+rpc(`"id":0,"method":"tools/list"`)+"\n",
		">"+rpc(`"id":"init-1","method":"initialize","params":{"protocolVersion":"2025-03-26","capabilities":{"sampling":{}},"clientInfo":{"name":"lines","version":"0.1"}}`)+"\n",
		"<"+rpc(`"id":"init-1","result":{"protocolVersion":"2024-11-05","capabilities":{"tools":{}},"serverInfo":{"name":"liner","version":"2"}}`)+"\n",
		">"+rpc(`"method":"notifications/initialized"`)+"\n",
		">"+rpc(`"id":1,"method":"tools/call","params":{"name":"read","arguments":{"path":"/etc/hostname","limit":3}}`)+"\n",
		"<"+rpc(`"id":1,"method":"sampling/createMessage","params":{"messages":[]}`)+"\n", // the same number, of the other side
		">"+rpc(`"id":1,"result":{"role":"assistant","content":{"type":"text","text":"yes"}}`)+"\n",
		"<"+rpc(`"id":1,"result":{"content":[],"isError":false}`)+"\n",
		">"+rpc(`"id":2,"method":"tools/call","params":{"name":"slow"}`)+"\n",
		">"+rpc(`"id":2,"method":"tools/call","params":{"name":"slow"}`)+"\n", // again, with the same identifier
		">["+rpc(`"id":3,"method":"ping"`)+","+rpc(`"method":"notifications/cancelled","params":{"requestId":2}`)+"]\n",
		"<["+rpc(`"id":3,"result":{}`)+"]\n",
		"<"+rpc(`"id":77,"result":{}`)+"\n",
		">"+rpc(`"id":4,"method":"tools/call" "params":{}`)+"\n",
		">"+rpc(`"id":5,"method":"tools/call","params":`+strings.Repeat("[", 90)+strings.Repeat("]", 90))+"\n",
		">"+rpc(`"id":`+strings.Repeat("9", 1200)+`,"method":"resources/read","params":{"uri":"file:///a?token=hidden-value"}`)+"\n",
		"<"+rpc(`"id":`+strings.Repeat("9", 1200)+`,"error":{"code":-32601,"message":"Method not found"}`)+"\n",
		">"+rpc(`"id":null,"method":"prompts/list"`)+"\n",
		"<"+rpc(`"id":null,"error":{"code":-32700,"message":"Parse error"}`)+"\n",
		"<"+rpc(`"id":6,"result":{"content":[{"type":"text","text":"never en`),
	)

	web := &conversation{frames: &frames, client: endpoint(client4, 41001), server: endpoint(server4, 80), wrap: plain}
	web.open()
	key := []byte{0x37, 0xfa, 0x21, 0x3d}
	web.say(
		">GET /agents/ws HTTP/1.1\r\nHost: tools.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
		"<HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
		">"+webSocket(rpc(`"id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"socket","version":"1"}}`), key),
		"<"+webSocket(rpc(`"id":1,"result":{"protocolVersion":"2025-11-25","capabilities":{"prompts":{}},"serverInfo":{"name":"s","version":"1"}}`), nil),
		">"+webSocket(rpc(`"id":2,"method":"prompts/get","params":{"name":"review"}`), key),
		"<"+webSocket(rpc(`"id":2,"result":{"messages":[]}`), nil),
		"<"+webSocket(rpc(`"method":"notifications/message","params":{"level":"info","data":"x"}`), nil),
		">.", "<.",
	)

	other := &conversation{frames: &frames, client: endpoint(client6, 41002), server: endpoint(server6, 8545), wrap: plain}
	other.open()
	other.say(">"+rpc(`"id":83,"method":"eth_blockNumber","params":[]`), "<"+rpc(`"id":83,"result":"0x4b7"`), ">.", "<.")

	f := newPcap(linkEthernet)
	f.when = func(i int) int64 {
		if i == len(frames)-1 {
			return timeOf(i) + 60*1_000_000_000
		}
		return timeOf(i)
	}
	return f.write(frames)
}

// etherIPFrom puts a packet into an Ethernet frame of the two hosts.
func etherIPFrom(packet []byte, toServer bool) []byte {
	if toServer {
		return ethernet(etherType(packet), serverMAC, clientMAC, packet)
	}
	return ethernet(etherType(packet), clientMAC, serverMAC, packet)
}

// mcpRefusals are answers of HTTP servers that say no, and streams that break, on a
// loopback interface.
func mcpRefusals() []byte {
	var frames [][]byte
	local := netip.MustParseAddr("127.0.0.1")
	port := uint16(42000)
	wrap := func(packet []byte, _ bool) []byte { return null(binary.LittleEndian, 30)(packet) }
	exchange := func(lines ...string) {
		port++
		c := &conversation{frames: &frames, client: endpoint(local, port), server: endpoint(local, 8787), wrap: wrap}
		c.open()
		c.say(lines...)
	}
	post := func(headers, body string) string {
		return fmt.Sprintf(">POST /rpc HTTP/1.1\r\nHost: localhost:8787\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n%sContent-Length: %d\r\n\r\n%s",
			headers, len(body), body)
	}
	answer := func(status, headers, body string) string {
		return fmt.Sprintf("<HTTP/1.1 %s\r\n%sContent-Length: %d\r\n\r\n%s", status, headers, len(body), body)
	}
	list := rpc(`"id":1,"method":"tools/list"`)
	meta := `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}`
	// The key in the path of a query is made up, as is each token here.
	exchange(post("Authorization: Bearer made-up-token-1\r\n", list),
		answer("401 Unauthorized", "WWW-Authenticate: Bearer resource_metadata=\"http://localhost:8787/meta\"\r\n", ""), ">.", "<.")
	exchange(post("Origin: http://evil.example\r\n", list), answer("403 Forbidden", "", ""), ">.", "<.")
	exchange(post("Mcp-Session-Id: 0123456789abcdef\r\nMCP-Protocol-Version: 2025-06-18\r\n", list), answer("404 Not Found", "", ""), ">.", "<.")
	exchange(post("", rpc(`"id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{}}`)), answer("405 Method Not Allowed", "", ""), ">.", "<.")
	coded := "=?base64?" + base64.StdEncoding.EncodeToString([]byte("Wetter-Übersicht")) + "?="
	exchange(post("MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: "+coded+"\r\n",
		rpc(`"id":2,"method":"tools/call","params":{"name":"Wetter-Übersicht",`+meta+`}`)),
		answer("200 OK", "Content-Type: application/json\r\n", rpc(`"id":2,"result":{"content":[]}`)),
		post("MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/list\r\n", rpc(`"id":3,"method":"prompts/list","params":{`+meta+`}`)),
		answer("400 Bad Request", "Content-Type: application/json\r\n", rpc(`"id":3,"error":{"code":-32020,"message":"header mismatch"}`)),
		post("MCP-Protocol-Version: 2027-01-01\r\nMcp-Method: tools/list\r\n", rpc(`"id":4,"method":"tools/list","params":{`+strings.Replace(meta, "2026-07-28", "2027-01-01", 1)+`}`)),
		answer("400 Bad Request", "Content-Type: application/json\r\n", rpc(`"id":4,"error":{"code":-32022,"message":"no","data":{"supported":["2026-07-28"]}}`)),
		post("MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: long\r\n", rpc(`"id":5,"method":"tools/call","params":{"name":"long",`+meta+`}`)),
		"<HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nid: 1\ndata: "+rpc(`"method":"notifications/progress","params":{"progress":1}`)+"\n\n",
		"<: still here\n\nid: 2\ndata: {\"jsonrpc\":\"2.0\",\"id\":5,\"res", "<.", ">.")
	return newPcap(linkNull).write(frames)
}
