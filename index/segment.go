package index

import (
	"encoding/binary"

	"github.com/RoaringBitmap/roaring/v2"
)

// Segment collects what is indexed over 2^20 frames: posting lists and the
// frames of connections. Lists got from it may be kept and used until
// Writer.Segment returns another one.
type Segment struct {
	number   uint16
	postings *postings
	members  memberList
}

// PostingList is the list of one field value in a segment. The zero value
// belongs to a field over its budget and takes frames without storing them.
type PostingList struct{ bitmap *roaring.Bitmap }

// Add puts a frame of the segment into the list.
func (l PostingList) Add(frame uint32) {
	if l.bitmap != nil {
		l.bitmap.Add((frame - 1) & segmentMask)
	}
}

// List gives the posting list of a value, made if there is none yet.
func (s *Segment) List(field PostingField, value []byte) PostingList {
	return PostingList{s.postings.list(field, value)}
}

// AddMember notes that a frame belongs to a connection.
func (s *Segment) AddMember(m Member) {
	_, offset := segmentOf(m.Frame)
	s.members.add(m.Conn, offset, m.Side)
}

// Segment gives the segment of a frame; frames must not go down. The segment
// before is complete when a new one begins, and is written.
func (w *Writer) Segment(frame uint32) *Segment {
	number, _ := segmentOf(frame)
	if w.segment == nil || w.segment.number != number {
		w.rotate(&Segment{number: number, postings: newPostings()})
	}
	return w.segment
}

// rotate makes next the current segment and queues the one before for writing.
func (w *Writer) rotate(next *Segment) {
	s := w.segment
	w.segment = next
	if s == nil {
		return
	}
	w.jobs <- func(p *put) error {
		if p == nil {
			return nil
		}
		return s.write(p)
	}
}

func (s *Segment) write(p *put) error {
	for _, over := range s.postings.overflow {
		if over {
			p.overBudget++
		}
	}
	err := s.postings.write(s.number, func(key, body []byte) error { return p.put(bucketPostings, key, body) })
	if err != nil {
		return err
	}
	return s.members.write(s.number, func(key, body []byte) error { return p.put(bucketMembers, key, body) })
}

// connWriter collects connection records and their sort columns into groups.
type connWriter struct {
	next    uint32 // number of the next connection
	records []byte
	base    Connection
	inGroup int
	columns [][]uint64 // by position in SortColumns
}

// WriteConnection stores the next connection; its Number is set. Connections
// come in the order of their numbers, from 0.
func (w *Writer) WriteConnection(c *Connection) error {
	g := &w.conns
	c.Number = g.next
	if g.columns == nil {
		g.columns = make([][]uint64, len(SortColumns()))
	}
	g.records = appendConnection(g.records, c, &g.base)
	g.base = *c
	g.inGroup++
	for i, column := range SortColumns() {
		g.columns[i] = append(g.columns[i], c.SortValue(column))
	}
	g.next++
	if g.inGroup == connGroup {
		w.flushRecords()
	}
	if len(g.columns[0]) == sortGroup {
		w.flushColumns()
	}
	return w.Err()
}

func (w *Writer) flushConnections() {
	w.flushRecords()
	w.flushColumns()
}

func (w *Writer) flushRecords() {
	g := &w.conns
	if g.inGroup == 0 {
		return
	}
	key := key32(g.next - uint32(g.inGroup))
	body := pack(nil, append(binary.AppendUvarint(nil, uint64(g.inGroup)), g.records...))
	g.records, g.inGroup, g.base = g.records[:0], 0, Connection{}
	w.jobs <- func(p *put) error {
		if p == nil {
			return nil
		}
		return p.put(bucketConnections, key, body)
	}
}

func (w *Writer) flushColumns() {
	g := &w.conns
	if len(g.columns) == 0 || len(g.columns[0]) == 0 {
		return
	}
	first := g.next - uint32(len(g.columns[0]))
	for i, column := range SortColumns() {
		key, body := keySort(column, first), pack(nil, appendPlanes(nil, g.columns[i]))
		g.columns[i] = g.columns[i][:0]
		w.jobs <- func(p *put) error {
			if p == nil {
				return nil
			}
			return p.put(bucketSort, key, body)
		}
	}
}

// appendPlanes stores fixed-width numbers as eight planes, all most significant
// bytes first: planes of equal bytes cost next to nothing after packing.
func appendPlanes(dst []byte, values []uint64) []byte {
	for shift := 56; shift >= 0; shift -= 8 {
		for _, v := range values {
			dst = append(dst, byte(v>>shift))
		}
	}
	return dst
}

// decodePlanes appends the numbers to dst.
func decodePlanes(dst []uint64, body []byte) ([]uint64, error) {
	n := len(body) / 8
	if len(body)%8 != 0 || n > sortGroup {
		return dst, errShort
	}
	for i := range n {
		var v uint64
		for plane := range 8 {
			v = v<<8 | uint64(body[plane*n+i])
		}
		dst = append(dst, v)
	}
	return dst, nil
}

// appendFrameList stores rising frame numbers as varint deltas.
func appendFrameList(dst []byte, frames []uint32) []byte {
	var last uint32
	for _, f := range frames {
		dst = binary.AppendUvarint(dst, uint64(f-last))
		last = f
	}
	return dst
}

func decodeFrameList(body []byte) ([]uint32, error) {
	d := &decoder{b: body}
	var frames []uint32
	var last uint32
	for len(d.b) > 0 {
		last += d.uint32()
		frames = append(frames, last)
	}
	return frames, d.err
}
