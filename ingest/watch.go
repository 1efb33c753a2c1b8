package ingest

import (
	"pcapidx/index"
	"pcapidx/ingest/diag"
	"pcapidx/ingest/dissect"
	"pcapidx/ingest/tcp"
)

// watch keeps a packet for the diagnostics of its connection. data hold the
// transport header and its payload.
func (t *tracker) watch(row *index.Packet, c *conn, s *tcp.Segment, a *tcp.Analysis, tr *dissect.Transport, p *dissect.Packet, data []byte) {
	n := &p.Networks[tr.Network]
	t.packet = diag.Packet{
		Segment: s, Analysis: a, WindowSize: uint32(s.Window), WireLen: row.OrigLen, TTL: n.TTL, IPv6: n.Src.Is6(), IPID: n.ID,
		Reassembled: row.Status&index.StatusReassembled != 0, Sum: tr.Checksum, TLS: beginsTLS(data, tr),
	}
	if a.Scale > 0 && s.Flags&tcp.SYN == 0 {
		t.packet.WindowSize <<= a.Scale
	}
	switch tr.Sum {
	case dissect.ChecksumGood:
		t.packet.Checksum = diag.ChecksumGood
	case dissect.ChecksumBad:
		t.packet.Checksum = diag.ChecksumBad
	}
	if t.packet.Duplicate = t.copies.Seen(c.Number, &c.doubled, &t.packet); t.packet.Duplicate {
		a.Labels |= tcp.CaptureDuplicate
	}
	c.watched = true
	t.log.add(c.Number, logPacket, t.appendPacket)
}

// beginsTLS reports whether a payload begins as a TLS record does: handshake,
// version 3.x (RFC 8446, section 5.1).
func beginsTLS(data []byte, tr *dissect.Transport) bool {
	at := uint64(tr.Payload)
	return tr.Captured >= 3 && at+3 <= uint64(len(data)) && data[at] == 22 && data[at+1] == 3 && data[at+2] <= 4
}

// rejected tells the diagnostics of a connection that an ICMP error quotes a packet
// of it. data hold the message.
func (t *tracker) rejected(row *index.Packet, c *conn, tr *dissect.Transport, p *dissect.Packet, data []byte) {
	if !c.watched { // the packet itself was not captured
		return
	}
	for i := int(tr.Layer) - 1; i >= 0; i-- {
		l := &p.Layers[i]
		if l.Proto != dissect.ProtoICMP && l.Proto != dissect.ProtoICMPv6 {
			continue
		}
		if at := uint64(l.Offset); l.Reassembled == (row.Status&index.StatusReassembled != 0) && at+2 <= uint64(len(data)) {
			r := rejection{row.Number, int64(row.Time), data[at], data[at+1]}
			t.log.add(c.Number, logRejected, r.append)
		}
		return
	}
}
