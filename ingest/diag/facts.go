package diag

import (
	"net/netip"

	"pcapidx/ingest/tcp"
)

// Mark is the first packet of a kind, and how often the kind came.
type Mark struct {
	Frame, LastFrame uint32 // 0: none
	Time, LastTime   int64
	Seq, Ack         uint32 // of the first
	Count            uint32
}

func (m *Mark) add(p *Packet) {
	if m.Count++; m.Frame == 0 {
		m.Frame, m.Time, m.Seq, m.Ack = p.Frame, p.Time, p.Seq, p.Ack
	}
	m.LastFrame, m.LastTime = p.Frame, p.Time
}

// Conn is what is known of a connection while it is watched. Capture duplicates
// are counted, and left out of everything else.
type Conn struct {
	T    *Thresholds
	A, B netip.AddrPort // by Dir: 0 is A

	Start, End int64  // earliest and latest packet
	Before     int64  // time of the packet before the one in hand; 0: it is the first
	First      Mark   // the first packet, and how many
	Duplicates uint32 // captured twice
	FirstFlags uint8  // TCP flags of the first packet
	IPv6       bool
	Side       [2]Facts

	Quoted   Quoted
	Previous Previous
}

// Quoted are the ICMP errors that quote a packet of the connection.
type Quoted struct {
	// Frame to Code are those of the first that reports the packet as not
	// delivered, and Count counts them.
	Frame, Count uint32
	Time         int64
	Type, Code   uint8
	// TooBig is the first frame that says the packet was too large for the path.
	TooBig uint32
}

// Previous is the connection before of the same endpoints.
type Previous struct {
	Set, Closed bool
	Time        int64 // when it was closed, or else of its last packet
}

// Facts are those of one sender.
type Facts struct {
	SYN, SYNACK Mark // SYN without and with ACK
	FIN, RST    Mark
	Any         Mark // its packets
	Data        Mark // its data segments, re-sent ones too
	Resent      Mark // of them, those sent before

	Options tcp.Options // of its first SYN or SYN+ACK, if Opened
	Opened  bool

	High    uint32 // highest sequence end, FIN and SYN included, if HighSet
	HighSet bool
	Acked   uint32 // highest acknowledgement that it sent, if AckSet
	AckSet  bool
	MinRTT  int64 // smallest acknowledgement time of its data, ns; 0: none
}

// note adds a packet to the facts.
func (c *Conn) note(p *Packet) {
	if c.First.Count == 0 {
		c.Start, c.End = p.Time, p.Time
		c.FirstFlags, c.IPv6 = uint8(p.Flags), p.IPv6
	} else {
		c.Before = c.First.LastTime
	}
	c.Start, c.End = min(c.Start, p.Time), max(c.End, p.Time)
	c.First.add(p)
	if p.Duplicate {
		c.Duplicates++
		return
	}
	f := &c.Side[p.Dir]
	f.Any.add(p)
	switch p.Flags & (tcp.SYN | tcp.ACK) {
	case tcp.SYN:
		f.SYN.add(p)
	case tcp.SYN | tcp.ACK:
		f.SYNACK.add(p)
	}
	if p.Flags&tcp.SYN != 0 && !f.Opened {
		f.Options, f.Opened = p.Options, true
	}
	if p.Flags&tcp.FIN != 0 {
		f.FIN.add(p)
	}
	if p.Flags&tcp.RST != 0 {
		f.RST.add(p)
	}
	if p.Data() {
		f.Data.add(p)
	}
	if p.Resent() {
		f.Resent.add(p)
	}
	f.numbers(p)
	if peer := &c.Side[1-p.Dir]; p.AckRTT > 0 && (peer.MinRTT == 0 || p.AckRTT < peer.MinRTT) {
		peer.MinRTT = p.AckRTT
	}
}

func (f *Facts) numbers(p *Packet) {
	end := p.Seq + p.Len
	if p.Flags&(tcp.SYN|tcp.FIN) != 0 {
		end++
	}
	if p.Flags&tcp.RST == 0 && (!f.HighSet || int32(end-f.High) > 0) {
		f.High, f.HighSet = end, true
	}
	if p.Flags&tcp.ACK != 0 && (!f.AckSet || int32(p.Ack-f.Acked) > 0) {
		f.Acked, f.AckSet = p.Ack, true
	}
}

// quoted notes an ICMP error. Of ICMP it is destination unreachable, time exceeded
// and parameter problem (RFC 792), of ICMPv6 the same (RFC 4443) that say that the
// packet was not delivered.
func (c *Conn) quoted(frame uint32, time int64, icmpType, icmpCode uint8) {
	q := &c.Quoted
	switch {
	case !c.IPv6 && icmpType == 3 && icmpCode == 4 || c.IPv6 && icmpType == 2:
		if q.TooBig == 0 {
			q.TooBig = frame
		}
	case !c.IPv6 && (icmpType == 3 || icmpType == 11 || icmpType == 12) || c.IPv6 && (icmpType == 1 || icmpType == 3 || icmpType == 4):
		if q.Count++; q.Frame == 0 {
			q.Frame, q.Time, q.Type, q.Code = frame, time, icmpType, icmpCode
		}
	}
}

// unacked gives the bytes of a side that its peer, which was heard, has not
// acknowledged, and whether its FIN is among what waits.
func (c *Conn) unacked(dir uint8, finEnd uint32, fin bool) (bytes uint32, waits bool) {
	f, peer := &c.Side[dir], &c.Side[1-dir]
	if !f.HighSet || !peer.AckSet || !beyond(f.High, peer.Acked) || f.Data.Count == 0 && !fin {
		return 0, false
	}
	bytes = f.High - peer.Acked
	if fin && finEnd == f.High {
		return bytes - 1, true
	}
	return bytes, false
}
