package tcp

import "pcapidx/ingest/spill"

// Zeek follows a TCP connection the way Zeek's TCP analyzer does, as far as
// conn_state and history tell of it. Zeek's originator is the sender of the
// first packet, or its peer where Zeek flips the roles. Checksums are not
// verified (as with `zeek -C`), and the letters G (content gap) and C (bad
// checksum) are not recorded. Unlike Zeek it never times a connection out.
type Zeek struct {
	flip    bool // Dir 0 is the responder
	history []byte
	full    bool // history reached its limit
	end     [2]endpoint
}

// endpoint is Zeek's view of one side; index 0 is the originator.
type endpoint struct {
	state, prev    uint8
	seen           uint8     // letters recorded once: bits of seen*
	kinds          uint8     // SYN, FIN, RST recorded before: the flags' own bits
	started        bool      // start is set
	start          uint32    // sequence number before the first byte
	high           uint32    // highest sequence end, relative to start
	acked          uint32    // highest acknowledgement of this side's data by the peer, relative to start
	firstAck       uint32    // acknowledgement number of the side's first packet
	last           [3]uint32 // relative number of the last SYN, FIN and RST
	zeroWin, resnt uint32    // counts of zero windows and re-sent payload
}

// Endpoint states of Zeek.
const (
	inactive uint8 = iota
	partial
	synSent
	synAckSent
	established
	closed
	reset
)

// Feed takes the next packet; srcPort and dstPort are its ports.
func (z *Zeek) Feed(s *Segment, srcPort, dstPort uint16) {
	if len(z.history) == 0 && !z.end[0].started && !z.end[1].started {
		z.begin(s, srcPort, dstPort)
	}
	e := z.side(s.Dir)
	control := s.Flags & (SYN | FIN | RST)
	if string(z.history) == "H" && control == 0 && (s.Len > 0 || s.Flags&ACK != 0) {
		z.swap()
		z.history = append(z.history[:0], '^', 'h')
		e = z.side(s.Dir)
	}
	e = z.advance(e, s, control)
	z.record(e, s, control)
	z.measure(e, s)
}

// begin decides whether the sender of the first packet is the responder: it
// did not send a plain SYN and speaks from a server's port (Zeek flips roles
// at once then).
func (z *Zeek) begin(s *Segment, srcPort, dstPort uint16) {
	z.flip = s.Dir == 1
	if s.Flags&(SYN|ACK) == SYN || !LikelyServer(srcPort) {
		return
	}
	if LikelyServer(dstPort) && (s.Flags&(SYN|ACK) == SYN|ACK || srcPort >= dstPort) {
		return
	}
	z.flip = !z.flip
	z.history = append(z.history, '^')
}

// side gives 0 for the originator, 1 for the responder.
func (z *Zeek) side(dir uint8) int {
	if z.flip {
		return int(1 - dir)
	}
	return int(dir)
}

func (z *Zeek) swap() {
	z.flip = !z.flip
	z.end[0], z.end[1] = z.end[1], z.end[0]
}

// advance moves the sender's state and gives the sender's side after it, which
// differs from e when the roles were flipped.
func (z *Zeek) advance(e int, s *Segment, control uint16) int {
	me, peer := &z.end[e], &z.end[1-e]
	switch me.state {
	case inactive:
		return z.wake(e, s)
	case synSent, synAckSent:
		if control&FIN != 0 {
			me.set(closed)
		} else if control&RST != 0 {
			me.set(reset)
		}
	case established, partial:
		switch {
		case s.Flags&(SYN|ACK) == SYN && me.state == partial && peer.state == inactive:
			me.set(synSent)
		case control&FIN != 0 && control&RST == 0:
			me.set(closed)
			if peer.state == reset && peer.prev == closed {
				peer.set(closed)
			}
		case control&RST != 0:
			me.set(reset)
		}
	case closed:
		if control&RST != 0 && peer.state != closed {
			me.set(reset)
		}
	}
	return e
}

// wake handles the first packet of a side.
func (z *Zeek) wake(e int, s *Segment) int {
	me, peer := &z.end[e], &z.end[1-e]
	switch {
	case s.Flags&SYN != 0 && e == 0:
		me.set(synSent)
		if s.Flags&ACK != 0 {
			me.set(synAckSent)
		}
	case s.Flags&SYN != 0:
		if s.Flags&ACK == 0 && peer.state == synAckSent && peer.firstAck == s.Seq+1 {
			z.swap()
			z.end[1].set(established)
			z.end[0].set(established)
			return 0
		}
		if peer.state == synSent {
			peer.set(established)
		}
		me.set(established)
	case s.Flags&FIN != 0:
		me.set(closed)
	case s.Flags&RST != 0:
		me.set(reset)
	case e == 1 && s.Len == 0 && peer.state == synSent:
		// an early ACK says nothing
	case s.Flags&ACK != 0 && peer.state == established:
		me.set(established)
	default:
		me.set(partial)
	}
	return e
}

func (p *endpoint) set(state uint8) { p.prev, p.state = p.state, state }

// begin fixes the sequence number before the side's first byte.
func (p *endpoint) begin(s *Segment) {
	if p.started {
		return
	}
	p.started, p.start = true, s.Seq
	if s.Flags&SYN == 0 {
		p.start--
	}
	p.firstAck = s.Ack
}

// measure updates the highest numbers, from which the sizes come.
func (z *Zeek) measure(e int, s *Segment) {
	me, peer := &z.end[e], &z.end[1-e]
	end := s.Seq - me.start + s.Len
	if s.Flags&SYN != 0 {
		end++
	}
	if s.Flags&FIN != 0 {
		end++
	}
	if int32(end-me.high) > 0 && s.Flags&RST == 0 {
		me.high = end
	}
	if peer.started && s.Flags&ACK != 0 {
		if a := s.Ack - peer.start; int32(a-peer.acked) > 0 {
			peer.acked = a
		}
	}
}

// size is the number of payload bytes by sequence numbers, gaps included.
func (p *endpoint) size() uint32 {
	n := int64(max(p.high, p.acked)) - 1
	if p.seen&seenFIN != 0 {
		n--
	}
	return uint32(max(n, 0))
}

// Flipped reports whether the sender of the first packet is the responder.
func (z *Zeek) Flipped() bool { return z.flip }

// Code goes over the state.
func (z *Zeek) Code(k *spill.Coder) {
	k.Bits(&z.flip, &z.full)
	history := string(z.history)
	k.String(&history)
	if k.Reading() && len(history) > HistoryLimit {
		k.Fail()
	} else if k.Reading() {
		z.history = []byte(history)
	}
	for i := range z.end {
		z.end[i].code(k)
	}
}

func (p *endpoint) code(k *spill.Coder) {
	k.Bits(&p.started)
	for _, v := range []*uint8{&p.state, &p.prev, &p.seen, &p.kinds} {
		spill.Uint(k, v)
	}
	for _, v := range []*uint32{&p.start, &p.high, &p.acked, &p.firstAck, &p.last[0], &p.last[1], &p.last[2], &p.zeroWin, &p.resnt} {
		spill.Uint(k, v)
	}
}
