package ingest

import (
	"encoding/binary"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
	"pcapidx/ingest/payload"
)

// encode appends what is needed to go on with a connection later: its record,
// its key's order and its TCP state. The format lives only while one ingest
// runs.
func (c *conn) encode(b []byte) []byte {
	var bits byte
	if c.aIsHigh {
		bits |= 1
	}
	b = append(b, bits|byte(c.snmp)<<1, byte(c.payloadBy))
	b = binary.AppendVarint(b, int64(c.FirstTime))
	b = binary.AppendVarint(b, int64(c.last))
	b = appendEchoes(b, c.echoes)
	b = index.AppendConnection(b, &c.Connection)
	if c.key.kind == dissect.TCP {
		b = c.tcp.AppendBinary(b)
		b = c.repeats.AppendBinary(c.zeek.AppendBinary(b))
	}
	if c.app != nil {
		b = c.app.AppendBinary(b)
	}
	return b
}

// decode restores what encode wrote; false if it is damaged.
func (c *conn) decode(b []byte) bool {
	if len(b) < 2 {
		return false
	}
	c.aIsHigh, c.payloadBy, c.snmp = b[0]&1 != 0, int8(b[1]), snmpState(b[0]>>1)
	first, n := binary.Varint(b[2:])
	last, m := binary.Varint(b[2+max(n, 0):])
	if n <= 0 || m <= 0 {
		return false
	}
	rest, ok := c.decodeEchoes(b[2+n+m:])
	if !ok {
		return false
	}
	rec, rest, err := index.DecodeConnection(rest)
	if err != nil {
		return false
	}
	c.Connection, c.last = rec, index.Time(last)
	c.FirstTime = index.Time(first)
	low, high := rec.A, rec.B
	if c.aIsHigh {
		low, high = high, low
	}
	c.key = connKey{
		low: low.Addr(), high: high.Addr(), lowPort: low.Port(), highPort: high.Port(), kind: dissect.Kind(rec.Kind),
	}
	switch c.key.kind {
	case dissect.ICMP, dissect.ICMPv6:
		c.key.lowPort, c.key.highPort = rec.EchoID, rec.EchoID
	case dissect.TCP:
		if rest = c.tcp.DecodeBinary(rest); rest == nil {
			return false
		}
		if rest = c.zeek.DecodeBinary(rest); rest == nil {
			return false
		}
		rest = c.repeats.DecodeBinary(rest)
	}
	if len(rest) > 0 {
		c.app = &payload.Conn{}
		if rest = c.app.DecodeBinary(rest); rest == nil {
			return false
		}
	}
	return rest != nil || c.key.kind != dissect.TCP
}
