package query

import (
	"cmp"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"pcapidx/index"
	"pcapidx/query/needle"
)

// seams finds matches that cross the borders of TCP segments. Only the bytes next
// to a border matter: of each run of sequence numbers that a direction has sent, an
// island, its first and last keep bytes are held. A segment adds an island; where
// two touch, the last bytes of one and the first of the other make a text, a seam,
// that is searched. So it does not matter in which order segments come, what was
// sent before is passed over (the bytes that came first count, as in package tcp),
// and nothing joins the two sides of a gap. Numbers are compared modulo 2^32.
//
// Memory is bounded by seamBudget. A direction that finds no room is left for
// another pass over the capture.
type seams struct {
	keep     int
	core     int // needle.Core
	searcher *needle.Searcher
	read     func(frame uint32) (segment, error) // where the ends of a segment are not enough

	directions []*directionPage // by connection number
	ended      []*direction     // that sent a FIN or RST
	size       int              // bytes that they hold, about
	budget     int
	only, late [2]*roaring.Bitmap // connections by side: of this pass (nil: all), of the next

	texts   []byte // of the seams not searched yet
	joined  []seam
	parts   []stretchPart
	scratch []byte
	piece1  [1]stretchPart // of the segment in hand
	piece2  [1]stretchPart
	joins   uint64 // all seams so far
	whole   uint64 // segments that were read again
}

// seamBudget bounds what all directions hold, bytes.
const seamBudget = 64 << 20

type directionKey struct {
	conn uint32
	side index.Side
}

// directionPage holds the directions of connections whose numbers follow each
// other, by side.
type directionPage [1 << directionPageBits][2]*direction

const directionPageBits = 8

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

// segment is a TCP segment as its frame has it.
type segment struct {
	seq     uint32 // as sent, not relative
	payload []byte
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

// segmentEdge is what a worker gathers of a TCP segment.
type segmentEdge struct {
	frame, conn uint32
	seq         uint32
	captured    uint32 // bytes of its payload
	announced   uint32 // by the headers
	at          uint32 // its bytes in the chunk: the first and the last keep, or all
	flags       uint8
	side        index.Side
	touched     bool // a candidate may touch the payload
}

// seam is a text across a border, to be searched.
type seam struct {
	frame      uint32 // in which it is complete
	key        directionKey
	at, n      uint32 // its bytes in texts
	border     uint32 // where the second side begins
	from, to   uint32 // its parts
	streamFrom uint32 // stream offset of its first byte
}

// maxKeep bounds seams.keep. Of expressions that match texts of any length only
// matches that reach less far across a border are found.
const maxKeep = 1 << 10

// fewKept is how many bytes next to a border are searched at once; with more it pays
// to look first whether anything is there.
const fewKept = 64

func newSeams(n *needle.Needle, read func(uint32) (segment, error)) *seams {
	return &seams{keep: min(n.Reach()-1, maxKeep), core: n.Core(), searcher: n.Searcher(), read: read, budget: seamBudget}
}

// wants says whether the direction that sent a packet belongs to this pass.
func (s *seams) wants(p *index.Packet) bool {
	return p.TCP && (s.only[0] == nil || s.only[p.Side&1].Contains(p.Conn))
}

// again prepares the next pass, if directions are left.
func (s *seams) again() bool {
	if s.late[0] == nil {
		return false
	}
	s.only, s.late = s.late, [2]*roaring.Bitmap{}
	s.directions, s.ended, s.size = nil, nil, 0
	return true
}

// edge notes the ends of the segment that a part is the payload of.
func (w *searchWorker) edge(p *index.Packet, part *payloadPart) {
	s := w.scan.seams
	if s == nil || !p.TCP || p.Conn == index.NoConnection || p.Status&index.StatusQuoted != 0 {
		return
	}
	n, c := len(part.data), w.chunkOut
	if n == 0 && p.Length == 0 && p.Flags&(flagSYN|flagFIN|flagRST) == 0 {
		return
	}
	e := segmentEdge{
		frame: p.Number, conn: p.Conn, side: p.Side, seq: p.Seq, flags: uint8(p.Flags),
		captured: uint32(n), announced: max(p.Length, uint32(n)), at: uint32(len(c.bytes)), touched: part.touched,
	}
	if n <= 2*s.keep {
		c.bytes = append(c.bytes, part.data...)
	} else {
		c.bytes = append(append(c.bytes, part.data[:s.keep]...), part.data[n-s.keep:]...)
	}
	c.edges = append(c.edges, e)
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

// add takes the next segment. bytes are those of its chunk.
func (s *seams) add(bytes []byte, e *segmentEdge) error {
	key := directionKey{e.conn, e.side & 1}
	d := s.direction(key)
	if d == nil {
		return nil
	}
	seq := e.seq
	if e.flags&flagSYN != 0 {
		seq++
		if err := s.rebase(d, e); err != nil {
			return err
		}
	}
	length := min(e.announced, far)
	seq = d.place(seq, length)
	if e.flags&flagFIN != 0 && !d.finSet {
		d.fin, d.finSet = seq+length, true
	}
	if e.flags&(flagFIN|flagRST) != 0 && !d.ended {
		d.ended, s.ended = true, append(s.ended, d)
	}
	if length == 0 {
		return nil
	}
	d.frame, d.seq = e.frame, e.seq
	e.announced, e.captured = length, min(e.captured, length)
	return s.insert(key, d, bytes, e, seq)
}

// rebase forgets what a direction has sent if a SYN with ACK begins to count from
// another number: ports are used again, and the capture lacks the SYN before.
func (s *seams) rebase(d *direction, e *segmentEdge) error {
	if e.seq != 0 || e.flags&flagACK == 0 || d.frame == 0 {
		return nil
	}
	first, err := s.read(e.frame)
	if err != nil {
		return err
	}
	last, err := s.read(d.frame)
	if err != nil || last.seq-d.seq == first.seq {
		return err
	}
	s.forget(d, len(d.islands))
	d.finSet, d.stepped, d.frame = false, false, 0
	return nil
}

// direction gives a direction, a new one if it has sent nothing yet; nil if there
// is no room for it.
func (s *seams) direction(key directionKey) *direction {
	page := int(key.conn >> directionPageBits)
	at := key.conn & (1<<directionPageBits - 1)
	if page < len(s.directions) && s.directions[page] != nil {
		if d := s.directions[page][at][key.side]; d != nil {
			return d
		}
	}
	if s.size > s.budget/2 {
		s.release()
	}
	if s.size > s.budget {
		s.leave(key)
		return nil
	}
	for page >= len(s.directions) {
		s.directions = append(s.directions, nil)
	}
	if s.directions[page] == nil {
		s.directions[page] = &directionPage{}
		s.size += 16 << directionPageBits
	}
	d := &direction{}
	s.directions[page][at][key.side] = d
	s.size += directionCost
	return d
}

// release drops the bytes of directions that have ended and have no holes: what
// they have sent is known, and nothing will join it.
func (s *seams) release() {
	for _, d := range s.ended {
		if len(d.islands) == 1 {
			x := &d.islands[0]
			s.size -= x.cost()
			x.head, x.tail, x.open = stretch{}, stretch{}, false
			s.size += x.cost()
		}
	}
	s.ended = nil
}

// leave notes a direction for the next pass.
func (s *seams) leave(key directionKey) {
	if s.late[0] == nil {
		s.late = [2]*roaring.Bitmap{roaring.New(), roaring.New()}
	}
	s.late[key.side&1].Add(key.conn)
}

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
		x := s.piece(bytes, e, seq)
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
func (s *seams) piece(bytes []byte, e *segmentEdge, seq uint32) island {
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

// join notes the seam between two islands.
func (s *seams) join(key directionKey, l, r *island, frame uint32) {
	if len(l.tail.bytes) == 0 || len(r.head.bytes) == 0 || s.keep > fewKept && !s.promising(&l.tail, &r.head) {
		return
	}
	x := seam{
		frame: frame, key: key, at: uint32(len(s.texts)), border: uint32(len(l.tail.bytes)), from: uint32(len(s.parts)),
		n: uint32(len(l.tail.bytes) + len(r.head.bytes)), streamFrom: l.end - uint32(len(l.tail.bytes)) - 1,
	}
	s.texts = append(append(s.texts, l.tail.bytes...), r.head.bytes...)
	s.parts = append(append(s.parts, l.tail.parts...), r.head.parts...)
	x.to = uint32(len(s.parts))
	s.joined = append(s.joined, x)
	s.joins++
}

// promising says whether a match may cross the border between two stretches: there
// is a candidate in one of their segments, or across the border itself.
func (s *seams) promising(l, r *stretch) bool {
	touched := func(p stretchPart) bool { return p.touched }
	if s.core == 0 || slices.ContainsFunc(l.parts, touched) || slices.ContainsFunc(r.parts, touched) {
		return true
	}
	a, b := l.bytes[max(0, len(l.bytes)-s.core):], r.bytes[:min(len(r.bytes), s.core)]
	s.scratch = append(append(s.scratch[:0], a...), b...)
	return s.searcher.Next(s.scratch, 0) >= 0
}

// matches searches the seams noted since the last call, and gives the matches that
// cross a border and are complete in a frame from start on, by that frame.
func (s *seams) matches(start uint32) (found []searchHit) {
	at := -1
	for i := range s.joined {
		x := &s.joined[i]
		if x.frame < start {
			continue
		}
		begin, end := int(x.at), int(x.at+x.n)
		if at < begin {
			if at = s.searcher.Next(s.texts, begin); at < 0 {
				break
			}
		}
		if at >= end {
			continue
		}
		s.searcher.Each(s.texts[begin:end:end], func(m needle.Match) bool {
			if m.Start < int(x.border) && m.End > int(x.border) {
				found = append(found, s.hit(x, m))
			}
			return true
		})
	}
	s.joined, s.texts, s.parts = s.joined[:0], s.texts[:0], s.parts[:0]
	slices.SortStableFunc(found, func(a, b searchHit) int { return cmp.Compare(a.frame, b.frame) })
	return found
}

// hit describes a match in a seam.
func (s *seams) hit(x *seam, m needle.Match) searchHit {
	text := s.texts[x.at : x.at+x.n]
	shown := min(m.End-m.Start, maxMatchShown)
	h := searchHit{
		frame: x.frame, conn: x.key.conn, side: x.key.side, kind: kindTCP, length: uint32(m.End - m.Start), distance: m.Distance, encoding: string(m.Encoding),
		streamed: true, stream: x.streamFrom + uint32(m.Start), text: slices.Clone(text[m.Start : m.Start+shown]), shown: shown,
	}
	at := 0
	for _, p := range s.parts[x.from:x.to] {
		if end := at + int(p.n); m.Start < end && m.End > at {
			if len(h.frames) == 0 {
				h.offset = p.offset + uint32(m.Start-at)
			}
			if n := len(h.frames); n == 0 || h.frames[n-1] != p.frame {
				h.frames = append(h.frames, p.frame)
			}
			h.end = p.offset + uint32(min(m.End, end)-at)
		}
		at += int(p.n)
	}
	return h
}

// surround adds what stands before and behind a match across a border.
func (s *searchScan) surround(h *searchHit) error {
	n := s.page.request.Context
	if n == 0 || h.text == nil {
		return nil
	}
	first, err := s.seams.read(h.frames[0])
	if err != nil {
		return err
	}
	from := min(int(h.offset), len(first.payload))
	before := first.payload[max(0, from-n):from]
	h.text, h.lead = append(slices.Clone(before), h.text...), len(before)
	if h.shown < int(h.length) {
		return nil
	}
	last, err := s.seams.read(h.frames[len(h.frames)-1])
	if err != nil {
		return err
	}
	to := min(int(h.end), len(last.payload))
	h.text = append(h.text, last.payload[to:min(len(last.payload), to+n)]...)
	return nil
}
