package ingest

import (
	"pcapidx/index"
	"pcapidx/ingest/dissect"
	"pcapidx/ingest/tcp"
)

// primaryTransport gives the innermost transport that is not quoted in an ICMP
// error, or else the innermost.
func primaryTransport(ts []dissect.Transport) int {
	for i := len(ts) - 1; i >= 0; i-- {
		if !ts[i].Quoted {
			return i
		}
	}
	return len(ts) - 1
}

// lookup finds or makes the connection of a transport header.
func (t *tracker) lookup(row *index.Packet, key connKey, swapped bool, tr *dissect.Transport) (*conn, error) {
	c, err := t.table.find(key)
	if err != nil {
		return nil, err
	}
	var previous *conn // of the same endpoints
	if c != nil && tr.Kind == dissect.TCP && tr.Flags&(tcp.SYN|tcp.ACK) == tcp.SYN {
		s := segmentFor(row, c, swapped, tr)
		if c.tcp.Splits(&s) {
			previous, c = c, nil
		}
	}
	snmp := snmpNone
	if c != nil && c.snmp == snmpReplace {
		c, snmp = nil, snmpReplaced
	}
	if c != nil {
		return c, nil
	}
	var last index.Time
	var closed bool
	if previous != nil { // add may use its memory again
		last, closed = previous.last, previous.tcp.Closed()
	}
	if c, err = t.table.add(key, swapped); c == nil {
		return nil, err
	}
	c.snmp = snmp
	if previous != nil {
		c.tcp.Reuse()
		f := follows{int64(last), closed}
		t.log.add(c.Number, logFollows, f.append)
	}
	return c, err
}

func segmentFor(row *index.Packet, c *conn, swapped bool, tr *dissect.Transport) tcp.Segment {
	o := &tr.Options
	s := tcp.Segment{
		Frame: row.Number, Time: int64(row.Time), Flags: tr.Flags & 0xff, Seq: tr.Seq, Ack: tr.Ack, Window: tr.Window, Len: tr.Length,
		HasLen: tr.HasLength, NoOptions: tr.OptionsCut, BadOffset: tr.BadOffset,
		Options: tcp.Options{
			MSS: o.MSS, Scale: o.Scale, SACKPermitted: o.SACKPermitted, Timestamps: o.Timestamps, FastOpen: o.FastOpen, Multipath: o.Multipath,
			TSVal: o.TSVal, TSEcr: o.TSEcr, SACKs: o.SACKs,
		},
	}
	for i, b := range o.SACK[:o.SACKs] {
		s.SACK[i] = tcp.Block{Left: b[0], Right: b[1]}
	}
	if swapped != c.aIsHigh {
		s.Dir = 1
	}
	return s
}

// feed gives a TCP packet to the connection's state machines and notes what
// tells client and server apart. The analysis is valid until the next call.
func (t *tracker) feed(row *index.Packet, c *conn, side index.Side, tr *dissect.Transport, p *dissect.Packet, data []byte) *tcp.Analysis {
	s, a := &t.tcp, &t.analysis
	*a = tcp.Analysis{}
	switch tr.Kind {
	case dissect.ICMP, dissect.ICMPv6:
		if !tr.Quoted && c.ClientBy == index.ClientUnknown {
			c.ClientBy, c.ClientIsB = index.ClientByRequest, tr.Request == (side == index.SideB)
		}
	case dissect.TCP:
		*s = segmentFor(row, c, (side == index.SideB) != c.aIsHigh, tr)
		*a = c.tcp.Feed(s)
		if err := t.table.grown(c); err != nil && t.err == nil {
			t.err = err
		}
		if tr.HasLength && !tr.BadOffset {
			c.zeek.Feed(s, tr.SrcPort, tr.DstPort)
			c.handshake(side, tr.Flags, t.servers)
			t.watch(row, c, s, a, tr, p, data)
		}
		if tr.Quoted {
			t.rejected(row, c, tr, p, data)
		}
	}
	return a
}

// member counts a frame into a connection; false if it was counted already (a
// frame may hold two headers of one connection).
func (t *tracker) member(row *index.Packet, c *conn, side index.Side, tr *dissect.Transport, p *dissect.Packet) bool {
	for _, n := range t.seen {
		if n == c.Number {
			return false
		}
	}
	t.seen = append(t.seen, c.Number)
	if c.First == 0 {
		c.First, c.Start, c.End = row.Number, row.Time, row.Time
		c.FirstTime, c.last = row.Time, row.Time
		c.VLANs = append(append(c.VLANs, p.ServiceVLANs...), p.VLANs...)
	}
	c.Last = row.Number
	if c.delta = row.Time - c.last; !tr.Quoted || tr.Kind == dissect.TCP { // Wireshark's UDP times leave quotations out
		c.last = row.Time
	}
	c.Start, c.End = min(c.Start, row.Time), max(c.End, row.Time)
	c.Packets[side]++
	c.Bytes[side] += uint64(row.OrigLen)
	if tr.HasLength {
		c.Payload[side] += uint64(tr.Length)
		if tr.Length > 0 && c.payloadBy < 0 {
			c.payloadBy = int8(side)
		}
	}
	return true
}
