package diag

import (
	"net/netip"

	"pcapidx/ingest/spill"
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

func (m *Mark) code(k *spill.Coder) {
	if spill.Uint(k, &m.Count); m.Count == 0 {
		return
	}
	for _, v := range []*uint32{&m.Frame, &m.LastFrame, &m.Seq, &m.Ack} {
		spill.Uint(k, v)
	}
	spill.Int(k, &m.Time)
	spill.Int(k, &m.LastTime)
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
	Side       [2]Facts
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

func (c *Conn) code(k *spill.Coder) {
	spill.Int(k, &c.Start)
	spill.Int(k, &c.End)
	spill.Int(k, &c.Before)
	spill.Uint(k, &c.Duplicates)
	c.First.code(k)
	for i := range c.Side {
		f := &c.Side[i]
		for _, m := range []*Mark{&f.SYN, &f.SYNACK, &f.FIN, &f.RST, &f.Any, &f.Data, &f.Resent} {
			m.code(k)
		}
		k.Bits(&f.Opened, &f.HighSet, &f.AckSet, &f.Options.SACKPermitted, &f.Options.Timestamps, &f.Options.FastOpen, &f.Options.Multipath)
		spill.Uint(k, &f.Options.MSS)
		spill.Int(k, &f.Options.Scale)
		spill.Uint(k, &f.High)
		spill.Uint(k, &f.Acked)
		spill.Int(k, &f.MinRTT)
	}
}
