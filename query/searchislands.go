package query

import "slices"

// direction is what is known of one direction of a connection.
type direction struct {
	islands []island // by sequence number, none touches another
	at      int      // the one that grew last
	fin     uint32   // number of a FIN, if finSet
	finSet  bool
	stepped bool // data came behind it: from there on numbers are one less
	ended   bool // a FIN or RST was seen

	frame, seq uint32 // of its last segment with payload; frame 0: none
}

// island is a run of sequence numbers that were sent.
type island struct {
	start, end uint32
	head, tail stretch
	// open: head holds all bytes of the island, and may grow. Where the snap length
	// cut bytes off, what is behind them is another stretch.
	open bool
}

// stretch is some bytes in a row, and where they come from.
type stretch struct {
	bytes []byte
	parts []stretchPart
}

type stretchPart struct {
	frame   uint32
	offset  uint32 // in the frame's payload
	n       uint32
	touched bool // segmentEdge.touched
}

// far is a distance of sequence numbers that is beyond any window (RFC 7323,
// section 2.3): what is further away does not belong together.
const far = 1 << 30

// Costs of a direction and of an island, beside their bytes.
const (
	directionCost = 128
	islandCost    = 192
)

// maxIslands bounds the islands of a direction; the lowest go first.
const maxIslands = 1024

// place gives the number of a segment's first byte when a FIN that data follow
// takes no number.
func (d *direction) place(seq, length uint32) uint32 {
	if d.finSet && !d.stepped && length > 0 && seq == d.fin+1 && len(d.islands) > 0 && d.islands[d.at].end == d.fin {
		d.stepped = true
	}
	if d.stepped && after(seq, d.fin) > 0 {
		seq--
	}
	return seq
}

// after is the distance from b to a: below 0, a is before b.
func after(a, b uint32) int32 { return int32(a - b) }

// insert adds what is new of a segment to the islands of its direction.
func (s *seams) insert(key directionKey, d *direction, bytes []byte, e *segmentEdge, seq uint32) error {
	d.prune(s, seq)
	end := seq + e.announced
	var whole []byte
	for pos := seq; after(end, pos) > 0; {
		i := d.find(pos)
		if i > 0 && after(d.islands[i-1].end, pos) > 0 { // sent before
			pos = d.islands[i-1].end
			continue
		}
		limit := end
		if i < len(d.islands) && after(end, d.islands[i].start) > 0 {
			limit = d.islands[i].start
		}
		x := s.piece(bytes, e)
		if pos != seq || limit != end {
			if whole == nil && int(e.captured) > 2*s.keep {
				s.whole++
				again, err := s.read(e.frame)
				if err != nil {
					return err
				}
				whole = again.payload[:min(len(again.payload), int(e.captured))]
			}
			x = s.fragment(bytes, whole, e, pos-seq, limit-seq)
		}
		x.start, x.end = pos, limit
		s.settle(key, d, i, &x, e.frame)
		pos = limit
	}
	return nil
}

// find gives the place of the first island that begins behind a number.
func (d *direction) find(pos uint32) int {
	if i := d.at; i < len(d.islands) && after(pos, d.islands[i].start) >= 0 && (i+1 == len(d.islands) || after(d.islands[i+1].start, pos) > 0) {
		return i + 1
	}
	i, _ := slices.BinarySearchFunc(d.islands, pos, func(x island, pos uint32) int {
		if after(x.start, pos) <= 0 {
			return -1
		}
		return 1
	})
	return i
}

// prune drops islands that are out of reach, so that all others compare, and the
// lowest if there are too many.
func (d *direction) prune(s *seams, seq uint32) {
	n := 0
	for n < len(d.islands) && (after(seq, d.islands[n].end) > far || after(d.islands[n].start, seq) > far || len(d.islands)-n > maxIslands) {
		n++
	}
	if last := len(d.islands) - 1; n <= last && after(d.islands[last].start, seq) > far {
		n = last + 1
	}
	if n == 0 && s.size > s.budget && len(d.islands) > 1 {
		n = 1
	}
	s.forget(d, n)
}

// forget drops the first n islands of a direction.
func (s *seams) forget(d *direction, n int) {
	for i := range d.islands[:n] {
		s.size -= d.islands[i].cost()
	}
	d.islands = slices.Delete(d.islands, 0, n)
	d.at = max(0, d.at-n)
}

func (x *island) cost() int {
	const part = 12
	return islandCost + len(x.head.bytes) + len(x.tail.bytes) + part*(len(x.head.parts)+len(x.tail.parts))
}

// piece makes an island of a whole segment. Its bytes are borrowed.
func (s *seams) piece(bytes []byte, e *segmentEdge) island {
	n, keep := e.captured, uint32(s.keep)
	stored := min(n, 2*keep)
	b := bytes[e.at : e.at+stored]
	return s.ends(e, 0, n, b[:min(n, keep)], b[stored-min(n, keep):], n < e.announced)
}

// fragment makes an island of the bytes of a segment from one place to another.
func (s *seams) fragment(bytes, whole []byte, e *segmentEdge, from, to uint32) island {
	if whole == nil {
		whole = bytes[e.at : e.at+e.captured]
	}
	have := min(to, uint32(len(whole)))
	from = min(from, have)
	b := whole[from:have]
	k := min(len(b), s.keep)
	return s.ends(e, from, uint32(len(b)), b[:k], b[len(b)-k:], have < to)
}

// ends makes an island of n bytes at an offset of a segment's payload; cut says
// that bytes behind them are missing. It borrows the bytes, and the parts until the
// next call.
func (s *seams) ends(e *segmentEdge, offset, n uint32, head, tail []byte, cut bool) (x island) {
	x.open = int(n) < s.keep && !cut
	if len(head) > 0 {
		s.piece1[0] = stretchPart{e.frame, offset, uint32(len(head)), e.touched}
		x.head = stretch{head, s.piece1[:]}
	}
	if len(tail) > 0 && !cut {
		s.piece2[0] = stretchPart{e.frame, offset + n - uint32(len(tail)), uint32(len(tail)), e.touched}
		x.tail = stretch{tail, s.piece2[:]}
	}
	return x
}

// settle puts an island at its place, i, and joins it with its neighbours.
func (s *seams) settle(key directionKey, d *direction, i int, x *island, frame uint32) {
	left := i > 0 && d.islands[i-1].end == x.start
	right := i < len(d.islands) && d.islands[i].start == x.end
	switch {
	case left:
		i--
		l := &d.islands[i]
		s.size -= l.cost()
		s.join(key, l, x, frame)
		s.grow(l, x)
	default:
		own := island{start: x.start, end: x.end, open: x.open, head: x.head.clone(), tail: x.tail.clone()}
		d.islands = slices.Insert(d.islands, i, own)
	}
	if right {
		l, r := &d.islands[i], &d.islands[i+1]
		s.size -= r.cost()
		s.join(key, l, r, frame)
		s.grow(l, r)
		d.islands = slices.Delete(d.islands, i+1, i+2)
	}
	d.at = i
	s.size += d.islands[i].cost()
}

// grow appends an island that begins where another ends.
func (s *seams) grow(l, r *island) {
	if l.open {
		l.head.add(&r.head, s.keep-len(l.head.bytes))
		l.open = r.open && len(l.head.bytes) < s.keep
	}
	if r.open { // shorter than what is kept
		l.tail.add(&r.tail, s.keep)
		l.tail.trim(s.keep)
	} else {
		l.tail.bytes = append(l.tail.bytes[:0], r.tail.bytes...)
		l.tail.parts = append(l.tail.parts[:0], r.tail.parts...)
	}
	l.end = r.end
	if l.end-l.start > far {
		l.start, l.head, l.open = l.end-far, stretch{}, false
	}
}

func (t *stretch) clone() stretch { return stretch{slices.Clone(t.bytes), slices.Clone(t.parts)} }

// add appends at most n bytes of another stretch.
func (t *stretch) add(o *stretch, n int) {
	n = min(n, len(o.bytes))
	t.bytes = append(t.bytes, o.bytes[:n]...)
	for _, p := range o.parts {
		if n == 0 {
			break
		}
		p.n = min(p.n, uint32(n))
		t.parts = append(t.parts, p)
		n -= int(p.n)
	}
}

// trim leaves the last n bytes.
func (t *stretch) trim(n int) {
	drop := len(t.bytes) - n
	if drop <= 0 {
		return
	}
	t.bytes = t.bytes[:copy(t.bytes, t.bytes[drop:])]
	k := 0
	for ; drop >= int(t.parts[k].n); k++ {
		drop -= int(t.parts[k].n)
	}
	t.parts = t.parts[:copy(t.parts, t.parts[k:])]
	t.parts[0].offset += uint32(drop)
	t.parts[0].n -= uint32(drop)
}
