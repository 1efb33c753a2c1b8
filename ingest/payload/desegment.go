package payload

// headMax is how many first bytes of an unfinished message are kept.
const headMax = 256

// flow is one direction of a TCP connection: the message that its last segments
// are pieces of. Sequence numbers are compared modulo 2^32.
type flow struct {
	start, next uint32 // the message: where it begins, and where the next one does
	edge        uint32 // everything from start to here has come
	late        [8]span
	lates       uint8 // spans in use: what came beyond a gap
	pending     bool  // there is, or was, a message in pieces
	done        bool  // it is complete
	whole       bool  // it takes all of the next segment; next is a guess
	untilFIN    bool  // it takes everything
	exact       bool  // next was said by its dissector
	fin         bool  // the end was seen
	head        []byte
	http        *message
}

// span is a run of bytes: from first up to end.
type span struct{ first, end uint32 }

// before reports whether a comes before b.
func before(a, b uint32) bool { return int32(a-b) < 0 }

// later is the one of two sequence numbers that comes later.
func later(a, b uint32) uint32 {
	if before(a, b) {
		return b
	}
	return a
}

// tcp handles a segment.
func (c *call) tcp() {
	p := c.packet
	if p.RST && p.Length > 0 {
		return // a reason in words, which nobody dissects
	}
	seq := p.Seq
	if p.SYN {
		seq++
	}
	if c.conn.flows == nil {
		if p.Length == 0 {
			return
		}
		c.conn.flows = new([2]flow)
	}
	c.flow = &c.conn.flows[c.dir]
	if len(p.Data) < p.Length {
		c.alone()
		return
	}
	if p.FIN && !c.flow.fin {
		c.flow.fin = true
		if c.flow.untilFIN && c.finish(seq) {
			return
		}
	}
	if p.Length > 0 {
		c.desegment(seq, p.Data)
	}
}

// alone has a segment dissected whose end was not captured: it joins no others.
func (c *call) alone() {
	p := c.packet
	if p.OutOfOrder || p.Retransmission || p.Spurious || len(p.Data) == 0 {
		return
	}
	c.analyzer.cut = flow{}
	c.flow = &c.analyzer.cut
	c.b, c.n, c.fresh, c.cut = p.Data, p.Length, p.Data, true
	c.dispatch()
}

// finish completes a message that ends with the connection.
func (c *call) finish(seq uint32) bool {
	f := c.flow
	end := seq + uint32(len(c.packet.Data))
	if !f.pending || f.done || before(seq, f.start) {
		return false
	}
	f.take(seq, c.packet.Data)
	if before(f.edge, end) {
		return false
	}
	f.next, f.done, f.untilFIN = end, true, false
	c.reassembled(c.packet.Data, false)
	return true
}

// desegment puts messages together out of segments and has each dissected when
// it is complete. A segment may end one message, hold others and begin the next.
func (c *call) desegment(seq uint32, data []byte) {
	f := c.flow
	for len(data) > 0 {
		end := seq + uint32(len(data))
		switch {
		case f.pending && seq == f.start && !before(f.next, end), c.packet.Retransmission:
			c.res.Segment = true
			return
		case c.packet.Spurious:
			return
		case f.pending && !before(seq, f.start) && before(seq, f.next):
		case c.packet.OutOfOrder: // what comes late and belongs to no message is ignored
			return
		case c.packet.KeepAlive:
			c.b, c.n = data, 1
			c.data(1)
			return
		default:
			c.first(seq, data)
			return
		}
		if f.done {
			return
		}
		n := c.continued(seq, data)
		if n == 0 {
			return
		}
		data, seq = data[n:], seq+uint32(n)
	}
}

// first has a segment dissected that continues nothing.
func (c *call) first(seq uint32, data []byte) {
	c.b, c.n, c.fresh, c.resumed, c.ask, c.off, c.need = data, len(data), data, false, true, 0, 0
	c.flow.http = nil
	c.dispatch()
	if c.need == 0 {
		return
	}
	c.res.Segment = true
	c.begin(seq+uint32(c.off), data[min(c.off, len(data)):])
}

// begin starts a message with its first bytes.
func (c *call) begin(seq uint32, data []byte) {
	f := c.flow
	f.start, f.edge, f.lates = seq, seq, 0
	f.pending, f.done, f.whole, f.untilFIN = true, false, false, false
	f.head = f.head[:0]
	f.take(seq, data)
	f.extend(f.edge, c.need)
}

// extend sets where the message ends that has come up to end and lacks need.
func (f *flow) extend(end uint32, need int) {
	const everything = 1 << 30
	f.exact = need > 0
	switch {
	case need == oneMore:
		f.next, f.whole = end+1, true
	case need == untilFIN:
		f.next, f.untilFIN = f.start+everything, true
	default:
		f.next = end + uint32(min(need, everything))
	}
}

// continued adds a segment to the message in hand. The answer is the number of
// bytes of it when others follow, else 0.
func (c *call) continued(seq uint32, data []byte) int {
	f := c.flow
	end := seq + uint32(len(data))
	n := len(data)
	if !f.whole && before(f.next, end) {
		n = int(f.next - seq)
	}
	f.take(seq, data[:n])
	if f.http != nil {
		f.http.peek(int(seq-f.start), data[:n])
	}
	if f.whole {
		f.whole, f.next = false, end
	}
	follow := 0
	if n < len(data) {
		follow = n
	}
	c.res.Segment = true
	if before(f.edge, f.next) {
		return follow
	}
	if before(end, f.next) { // complete, but only the last piece has it dissected
		f.done = true
		return follow
	}
	old := int(f.next-f.start) - n
	c.reassembled(data[:n], true)
	switch {
	case c.need == 0:
		f.done = true
	case c.off <= old:
		f.extend(later(end, f.next), c.need)
		return 0
	default:
		at := f.start + uint32(c.off)
		c.begin(at, data[min(int(at-seq), len(data)):])
		return 0
	}
	return follow
}

// reassembled has a complete message dissected; fresh is its last piece.
func (c *call) reassembled(fresh []byte, ask bool) {
	f := c.flow
	total := int(f.next - f.start)
	c.b = f.head
	if old := total - len(fresh); old <= len(f.head) && f.lates == 0 { // nothing is missing between
		a := c.analyzer
		a.scratch = append(a.scratch[:0], f.head[:max(old, 0)]...)
		a.scratch = append(a.scratch, fresh...)
		c.b = a.scratch
	}
	c.n, c.fresh, c.resumed, c.exact, c.ask, c.off, c.need = total, fresh, true, f.exact, ask, 0, 0
	c.dispatch()
}

// take notes that bytes have come.
func (f *flow) take(seq uint32, data []byte) {
	end := seq + uint32(len(data))
	if before(f.edge, seq) {
		if len(data) > 0 {
			f.keep(span{seq, end})
		}
		return
	}
	if at := int(seq - f.start); at == len(f.head) && at < headMax && f.edge == seq {
		f.head = append(f.head, data[:min(len(data), headMax-len(f.head))]...)
	}
	f.edge = later(f.edge, end)
	for again := true; again; {
		again = false
		for i := range f.late[:f.lates] {
			if s := f.late[i]; !before(f.edge, s.first) && before(f.edge, s.end) {
				f.edge, again = s.end, true
			}
		}
	}
}

// keep notes bytes beyond a gap, joined with those they touch. Without room they
// are forgotten, and the message is never complete.
func (f *flow) keep(s span) {
	for i := 0; i < int(f.lates); {
		l := f.late[i]
		if before(l.end, s.first) || before(s.end, l.first) {
			i++
			continue
		}
		if before(l.first, s.first) {
			s.first = l.first
		}
		s.end = later(s.end, l.end)
		f.lates--
		f.late[i] = f.late[f.lates]
	}
	if int(f.lates) < len(f.late) {
		f.late[f.lates] = s
		f.lates++
	}
}
