package query

import (
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

// segment is a TCP segment as its frame has it.
type segment struct {
	seq     uint32 // as sent, not relative
	payload []byte
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

// fewKept is how many bytes next to a border are searched at once; with more it pays
// to look first whether anything is there.
const fewKept = 64

func newSeams(n *needle.Needle, read func(uint32) (segment, error)) *seams {
	return &seams{keep: n.Reach() - 1, core: n.Core(), searcher: n.Searcher(), read: read, budget: seamBudget}
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
	n, c := len(part.data), w.out
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
