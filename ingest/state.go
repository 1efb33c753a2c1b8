package ingest

import (
	"pcapidx/index"
	"pcapidx/ingest/dissect"
	"pcapidx/ingest/payload"
	"pcapidx/ingest/spill"
)

// encode appends what is needed to go on with a connection later: its record,
// its key's order, the state of its TCP, and last that of its application.
func (c *conn) encode(b []byte) []byte {
	k := spill.Writer(index.AppendConnection(b, &c.Connection))
	c.code(k)
	b = k.Bytes()
	if c.app != nil {
		b = c.app.AppendBinary(b)
	}
	return b
}

// decode restores what encode wrote; false if it is damaged.
func (c *conn) decode(b []byte) bool {
	rec, rest, err := index.DecodeConnection(b)
	if err != nil {
		return false
	}
	c.Connection, c.key.kind = rec, dissect.Kind(rec.Kind)
	k := spill.Reader(rest)
	if c.code(k); k.Failed() {
		return false
	}
	c.restoreKey()
	if rest = k.Bytes(); len(rest) == 0 {
		return true
	}
	c.app = &payload.Conn{}
	return c.app.DecodeBinary(rest) != nil
}

// restoreKey makes the key from the record.
func (c *conn) restoreKey() {
	low, high := c.A, c.B
	if c.aIsHigh {
		low, high = high, low
	}
	c.key = connKey{
		low: low.Addr(), high: high.Addr(), lowPort: low.Port(), highPort: high.Port(), kind: c.key.kind,
	}
	if isEcho(c.key.kind) {
		c.key.lowPort, c.key.highPort = c.EchoID, c.EchoID
	}
}

// code goes over the state beside the record.
func (c *conn) code(k *spill.Coder) {
	k.Bits(&c.aIsHigh, &c.watched, &c.doubled)
	spill.Uint(k, &c.snmp)
	spill.Int(k, &c.payloadBy)
	spill.Int(k, &c.FirstTime)
	spill.Int(k, &c.last)
	spill.Slice(k, &c.echoes, maxEchoes, func(e *echo) {
		spill.Uint(k, &e.frame)
		spill.Int(k, &e.time)
		spill.Uint(k, &e.seq)
		spill.Uint(k, &e.checksum)
	})
	if c.key.kind != dissect.TCP {
		return
	}
	c.tcp.Code(k)
	c.zeek.Code(k)
}
