package tcp

// Stream puts the payload of one direction of a connection in order. The zero
// value is ready and has the default limits.
//
// Bytes in order pass through without a copy. What comes behind a hole waits
// until the hole is filled, or until it is certain or likely that it never will
// be: the peer acknowledged bytes behind it, more waits than the limits allow,
// or the capture ends. Then the hole becomes a gap and the stream goes on. Where
// segments overlap, the byte that came first counts (the one that a receiver
// would have taken if it saw what the capture saw).
//
// Sequence numbers are unwrapped into 64-bit offsets. A segment further than
// 2^30 from the next byte cannot be in any window (RFC 7323, section 2.3): it is
// dropped, unless the one after it follows it, which says that the capture
// missed that much.
type Stream struct {
	dir    uint8
	limits *Limits

	begun, syn bool   // a number is known; it is a SYN's
	seq        uint32 // sequence number of the byte at next
	other      uint32 // as long as there is nothing: what it was before another SYN
	next       uint64 // offset of the next byte to give
	since      int64  // when the hole at next came to be, or to be narrower

	fin     bool   // a FIN was seen
	finSeq  uint32 // its number
	stepped bool   // its number was stepped over: data came behind it

	acked uint64 // highest offset that the peer acknowledged

	stray    bool // the last segment was out of reach
	strayEnd uint32

	waiting []piece // behind holes: by offset, none overlaps another
	size    int     // bytes of their data
	history history
}

// reach is the largest distance between a segment and the next byte.
const reach = 1 << 30

// Feed takes the next segment of the direction, at a time in nanoseconds. data
// is what was captured of its payload, s.Len what the headers announce.
func (s *Stream) Feed(g *Segment, data []byte, frame uint32, t int64, sink Sink) {
	if !g.HasLen {
		return
	}
	p := piece{length: g.Len, frame: frame, data: data[:min(uint64(len(data)), uint64(g.Len))]}
	if p.length > reach { // announced by a broken header
		p.length = uint32(min(len(p.data), reach))
	}
	seq := g.Seq
	if g.Flags&SYN != 0 {
		seq++
		s.begin(seq)
		s.syn = true
	}
	switch {
	case s.begun && s.next == 0 && len(s.waiting) == 0 && seq == s.other:
		s.seq = seq // the first SYN was meant
	case s.begun:
	case g.Flags&RST != 0 && p.length == 0: // its number may be anything
		return
	default:
		s.begin(seq)
	}
	s.stepFIN(seq, p.length)
	if !s.inReach(seq, p.length, sink, frame) {
		return
	}
	rel := int64(int32(seq - s.seq))
	if g.Flags&FIN != 0 && !s.fin {
		s.fin, s.finSeq = true, seq+p.length
	}
	if rel == 0 {
		s.since = t // the sender is not past the hole
	}
	keepAlive := p.length == 1 && rel == -1 && g.Flags&(SYN|FIN|RST) == 0
	if p.length > 0 && !keepAlive {
		s.place(rel, p, t, sink)
	}
	s.settle(frame, t, sink)
}

// begin sets the number of the first byte. As long as there is nothing, another
// SYN changes it: a server may answer each SYN of a client with a number of its
// own. Which one holds is known when the sender goes on from it.
func (s *Stream) begin(seq uint32) {
	switch {
	case !s.begun:
		s.begun, s.seq, s.other = true, seq, seq
	case s.next == 0 && len(s.waiting) == 0 && seq != s.seq:
		s.seq, s.other = seq, s.seq
	}
}

// stepFIN steps over the number that a FIN took when data follow it: it stands
// for no byte.
func (s *Stream) stepFIN(seq, length uint32) {
	if s.fin && !s.stepped && length > 0 && s.seq == s.finSeq && seq == s.finSeq+1 {
		s.seq, s.stepped = seq, true
	}
}

// inReach reports whether a segment can be meant for where the stream is. The
// second stray in a row that fits to the one before moves the stream there.
func (s *Stream) inReach(seq, length uint32, sink Sink, frame uint32) bool {
	if d := int32(seq - s.seq); -reach <= d && d <= reach {
		s.stray = false
		return true
	}
	follows := s.stray && s.strayEnd == seq && length > 0
	s.stray, s.strayEnd = length > 0, seq+length
	if !follows {
		return false
	}
	for len(s.waiting) > 0 {
		s.skip(s.waiting[0].off, OverLimit, frame, sink)
		s.drain(sink)
	}
	s.skip(s.next+uint64(seq-s.seq), OverLimit, frame, sink)
	s.stray = false
	return true
}

// place puts the payload of a segment into the stream; rel is where it begins,
// counted from the next byte.
func (s *Stream) place(rel int64, p piece, t int64, sink Sink) {
	if rel < 0 {
		p = s.again(rel, p, sink)
		rel = 0
	}
	if p.length == 0 {
		return
	}
	p.off = s.next + uint64(rel)
	if rel == 0 && len(s.waiting) == 0 {
		s.give(&p, sink)
		s.since = t
		return
	}
	hole, at := len(s.waiting) > 0, s.next
	s.insert(p, sink)
	s.drain(sink)
	if !hole || s.next != at {
		s.since = t
	}
}

// again cuts off the part of a piece that was given, or lies before the first byte
// that was seen, and compares it with what was given.
func (s *Stream) again(rel int64, p piece, sink Sink) (rest piece) {
	back, n := uint64(-rel), uint64(-rel)
	if ahead := int64(int32(s.finSeq-s.seq)) - rel; s.stepped && ahead >= 0 { // it began before the FIN
		back-- // whose number is no byte
		n = uint64(ahead)
	}
	if back <= s.next {
		p.off = s.next - back
		head, _ := p.split(n)
		s.history.compare(s.dir, &head, sink)
	}
	_, rest = p.split(uint64(-rel))
	return rest
}

// Acked says that the peer acknowledged all bytes before a number. Holes before
// bytes that are waiting and were acknowledged will not be filled.
func (s *Stream) Acked(ack, frame uint32, t int64, sink Sink) {
	d := int64(int32(ack - s.seq))
	if s.begun && 0 < d && d <= reach {
		to := s.next + uint64(d)
		s.acked = max(s.acked, to)
		for len(s.waiting) > 0 && to > s.waiting[0].off {
			s.skip(s.waiting[0].off, NotCaptured, frame, sink)
			s.drain(sink)
			s.since = t
		}
	}
	s.settle(frame, t, sink)
}

// settle gives up holes that too much waits for.
func (s *Stream) settle(frame uint32, t int64, sink Sink) {
	for len(s.waiting) > 0 {
		age := s.limits.age()
		over := s.size > s.limits.bytes() || len(s.waiting) > s.limits.segments()
		if !over && (age <= 0 || t-s.since <= age) {
			return
		}
		s.skip(s.waiting[0].off, OverLimit, frame, sink)
		s.drain(sink)
		s.since = t
	}
}

// Flush ends the stream: all that waits is given, with the gaps before it, and
// what is known to be missing at the end.
func (s *Stream) Flush(sink Sink) {
	for len(s.waiting) > 0 {
		s.lose(s.waiting[0].off, sink)
		s.drain(sink)
	}
	end := s.acked
	switch {
	case s.fin && !s.stepped && int32(s.finSeq-s.seq) >= 0:
		end = s.next + uint64(s.finSeq-s.seq)
	case s.acked == s.next+1: // of a FIN that was not captured
		end = s.next
	}
	if end > s.next {
		s.lose(end, sink)
	}
}

// lose makes a gap that the end of the capture decides.
func (s *Stream) lose(to uint64, sink Sink) {
	if had := min(s.acked, to); had > s.next {
		s.skip(had, NotCaptured, 0, sink)
	}
	if to > s.next {
		s.skip(to, Unrecovered, 0, sink)
	}
}

// skip makes a gap of what is missing before an offset.
func (s *Stream) skip(to uint64, why Reason, frame uint32, sink Sink) {
	n := to - s.next
	sink.Chunk(Chunk{Dir: s.dir, Offset: s.next, Gap: n, Reason: why, Frame: frame})
	s.next, s.seq = to, s.seq+uint32(n)
}

// give hands on the piece that begins at next.
func (s *Stream) give(p *piece, sink Sink) {
	if len(p.data) > 0 {
		s.history.add(p, s.limits)
		sink.Chunk(Chunk{Dir: s.dir, Offset: p.off, Data: p.data, Frame: p.frame})
	}
	if n := uint64(len(p.data)); n < uint64(p.length) {
		sink.Chunk(Chunk{Dir: s.dir, Offset: p.off + n, Gap: uint64(p.length) - n, Reason: SnapLen, Frame: p.frame})
	}
	s.next, s.seq = s.next+uint64(p.length), s.seq+p.length
}

// Buffered is how many bytes wait behind holes.
func (s *Stream) Buffered() int { return s.size }

// Next is the offset of the next byte: all before it was given.
func (s *Stream) Next() uint64 { return s.next }

// Began reports whether the stream was seen from its SYN on.
func (s *Stream) Began() bool { return s.syn }

// Ended reports whether all bytes up to a FIN were given.
func (s *Stream) Ended() bool { return s.fin && (s.stepped || s.seq == s.finSeq) }
