// Package tcp follows one TCP connection packet by packet. It is a pure state
// machine: segments in, facts out; no I/O, clock, goroutine or log.
//
// Conn says of each packet what tshark 4.0.17 does: which connection it belongs to
// (tcp.stream), relative numbers, tcp.analysis.* and tcp.completeness, and the
// states of both ends; Zeek follows the same packets for conn_state and history, as
// Zeek's conn.log has them. Neither ever ends a connection: whoever owns them does.
package tcp

import "pcapidx/ingest/spill"

// Relative is what the connection adds to the numbers of a segment.
type Relative struct {
	Seq, Ack uint32 // relative sequence and acknowledgement numbers
	// Scale is the shift for the segment's window: 0 to 14, ScaleUnknown or
	// ScaleOff. The window of a SYN is never scaled.
	Scale int8
}

// Window scales that are no shift.
const (
	ScaleUnknown = -1 // the handshake was not seen
	ScaleOff     = -2 // the handshake agreed on none
)

// maxShift is the largest shift that RFC 7323 (section 2.3) allows.
const maxShift = 14

// Conn is the state of one TCP connection. Sequence numbers are as on the wire; 0
// of most of them stands for "not known yet", as in Wireshark.
type Conn struct {
	side         [2]side // by Dir
	synTime      int64   // of the last SYN without ACK
	irtt         int64
	completeness uint8
	fed          bool
	reused       bool // took the place of another connection of the same endpoints
}

// side is what is known of the sender of one direction.
type side struct {
	base    uint32 // what relative sequence number 0 stands for
	baseSet bool
	scale   int8 // one more than the shift that it announced, so that 0 is ScaleUnknown

	next       uint32 // highest sequence end seen: what is expected next
	nextTime   int64  // when it moved, and with which frame
	nextFrame  uint32
	maxAck     uint32 // highest end without a gap before it: what the peer may acknowledge
	lastAck    uint32 // acknowledgement number of the last packet
	lastTime   int64  // time of the last packet
	lastWindow uint16 // raw window of the last packet, if seen
	lastLabels Labels // of the last packet
	seen       bool   // there was a packet
	nonDup     uint32 // frame that brought lastAck
	dup        uint32 // duplicate acknowledgements since; or dupMarker
	sacked     uint32 // bytes in the blocks of the last packet's selective acknowledgement
	unacked    unacked
	noFlight   bool // bytes in flight cannot be told
	firstAck   bool // sent a SYN, and no acknowledgement since: its window is not scaled yet
	pushBytes  uint32
	pushed     bool // the last data packet had PSH

	state  State
	fin    uint32 // sequence number after its FIN
	finSet bool
}

// Splits reports whether s begins a new connection on the same endpoints: a SYN
// without ACK whose number differs from the known base of its sender. RST or
// FIN seen before play no part (Wireshark 4.0; later versions differ).
func (c *Conn) Splits(s *Segment) bool {
	f := &c.side[s.Dir]
	return s.Flags&(SYN|ACK) == SYN && f.baseSet && f.base != s.Seq
}

// Reuse says, before the first packet, that the connection takes the place of
// another one.
func (c *Conn) Reuse() { c.reused = true }

// IRTT gives the initial round-trip time in ns, 0 if it is not known.
func (c *Conn) IRTT() int64 { return c.irtt }

// Feed takes the next packet of the connection. The order of the steps is
// Wireshark's.
func (c *Conn) Feed(s *Segment) (a Analysis) {
	f, r := &c.side[s.Dir], &c.side[1-s.Dir]
	c.identify(s, f, &a)
	f.sacked = 0
	if s.HasLen {
		c.learnBases(s, f, r)
	}
	a.Seq, a.Ack = s.Seq, s.Ack
	if f.baseSet {
		a.Seq -= f.base
	}
	if r.baseSet && s.Flags&ACK != 0 {
		a.Ack -= r.base
	}
	a.Scale = f.scale - 1
	if s.HasLen {
		c.analyse(s, &a)
	}
	a.Completeness = c.completeness
	if !s.BadOffset {
		c.complete(s)
		c.handshake(s, f)
		c.advance(s, f, r)
	}
	a.IRTT, a.States = c.irtt, [2]State{c.side[0].state, c.side[1].state}
	c.learnOptions(s, f, r)
	c.fed = true
	return a
}

// identify handles a connection that takes another's place, and repeated or
// changed opening numbers.
func (c *Conn) identify(s *Segment, f *side, a *Analysis) {
	if !c.fed && c.reused {
		a.Labels |= ReusedPorts
		c.completeness = 1
	}
	switch s.Flags & (SYN | ACK) {
	case SYN:
		if f.baseSet && f.base == s.Seq {
			f.next = f.maxAck // undoes what a RST with a wild number did
		}
	case SYN | ACK:
		if f.baseSet && f.base != s.Seq { // ports used again, seen from the answering side
			f.base = s.Seq
			f.unacked.rebase()
			a.Labels |= ReusedPorts
		}
	}
}

func (c *Conn) learnBases(s *Segment, f, r *side) {
	if !f.baseSet {
		f.baseSet, f.base = true, s.Seq
		if s.Flags&SYN == 0 {
			f.base--
		}
		f.unacked.rebase()
	}
	if !r.baseSet && s.Flags&ACK != 0 {
		r.baseSet, r.base = true, s.Ack-1
		r.unacked.rebase()
	}
}

// complete adds a packet to tcp.completeness. The first packet of a connection
// counts only if it is a SYN.
func (c *Conn) complete(s *Segment) {
	if !c.fed && !c.reused {
		if s.Flags&(SYN|ACK) == SYN {
			c.completeness = 1
			if s.Len > 0 {
				c.completeness |= 8
			}
		}
		return
	}
	switch s.Flags & (SYN | ACK) {
	case SYN | ACK:
		c.completeness |= 2
	case ACK:
		if s.Len > 0 {
			c.completeness |= 8
		} else {
			c.completeness |= 4
		}
	}
	if s.Flags&(FIN|ACK) == FIN|ACK {
		c.completeness |= 16
	}
	if s.Flags&RST != 0 {
		c.completeness |= 32
	}
}

// handshake measures the initial round-trip time, and notes whose window is not
// scaled yet.
func (c *Conn) handshake(s *Segment, f *side) {
	if s.Flags&(SYN|ACK) == SYN {
		c.synTime = s.Time
	}
	if s.Flags&SYN != 0 {
		f.firstAck = true
	}
	if s.Flags&(SYN|ACK) == ACK {
		if c.synTime != 0 && c.irtt == 0 {
			c.irtt = s.Time - c.synTime
		}
		f.firstAck = false
	}
}

// learnOptions notes what a segment says of selective acknowledgement and window
// scaling: any segment with the scale option sets it (as in Wireshark), and a SYN
// or SYN+ACK without it switches scaling off for both sides.
func (c *Conn) learnOptions(s *Segment, f, r *side) {
	if s.NoOptions || s.BadOffset {
		return
	}
	for _, b := range s.SACK[:s.SACKs] {
		f.sacked += b.Right - b.Left
	}
	if s.Scale >= 0 {
		f.scale = int8(min(s.Scale, maxShift)) + 1
	}
	if s.Flags&SYN == 0 {
		return
	}
	if f.scale == ScaleUnknown+1 {
		f.scale, r.scale = ScaleOff+1, ScaleOff+1
	} else if s.Flags&ACK != 0 && r.scale == ScaleOff+1 {
		f.scale = ScaleOff + 1
	}
}

// Code goes over the state.
func (c *Conn) Code(k *spill.Coder) {
	for i := range c.side {
		c.side[i].code(k)
	}
	spill.Int(k, &c.synTime)
	spill.Int(k, &c.irtt)
	spill.Uint(k, &c.completeness)
	k.Bits(&c.fed, &c.reused)
}

func (f *side) code(k *spill.Coder) {
	k.Bits(&f.baseSet, &f.seen, &f.noFlight, &f.firstAck, &f.pushed, &f.finSet)
	for _, v := range []*uint32{&f.base, &f.next, &f.nextFrame, &f.maxAck, &f.lastAck, &f.nonDup, &f.dup, &f.sacked, &f.pushBytes, &f.fin} {
		spill.Uint(k, v)
	}
	spill.Int(k, &f.scale)
	spill.Int(k, &f.nextTime)
	spill.Int(k, &f.lastTime)
	spill.Uint(k, &f.lastWindow)
	spill.Uint(k, &f.lastLabels)
	spill.Uint(k, &f.state)
	f.unacked.code(k, f.base)
}

// Size is about how many bytes of memory the lists of the connection take.
func (c *Conn) Size() int {
	return (cap(c.side[0].unacked.list) + cap(c.side[1].unacked.list)) * sentBytes
}
