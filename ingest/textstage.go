package ingest

import (
	"math"

	"pcapidx/index"
	"pcapidx/ingest/buffers"
	"pcapidx/ingest/tcp"
	"pcapidx/ingest/words"
)

// textStage makes the documents of the text index: about 16 KiB of the ordered
// bytes of a direction each, without what the gate keeps out. It runs in a
// goroutine of its own behind the tracker.
type textStage struct {
	w       documents
	order   *ordered
	limit   uint64 // of bytes indexed in one direction
	summary index.TextSummary
	payload uint64 // bytes of all payload
	set     words.Set
	spans   []words.Span
	heavy   map[uint32][2]words.Gate // of connections that were given up and may go on
	bytes   *buffers.Pool[byte]      // of chunks
	marks   *buffers.Pool[mark]
	err     error
}

const (
	// textVersion is part of the fingerprint: it rises when the same capture would
	// give other documents.
	textVersion = 1

	textChunk  = 16 << 10
	textBudget = 24 << 20 // of pending chunks and connections
	// textCut is how far before the end of a chunk it may be cut, so that no word is.
	textCut   = 64
	textSpare = 64 << 10 // bytes of chunks of each size that are kept for others
	// Connections that have indexed heavyBytes stay known when they are given up,
	// so that their limit holds: at most maxHeavy, about 8 MB.
	heavyBytes = textChunk / 2
	maxHeavy   = 1 << 17
)

// documents is where they go: an index.TextWriter.
type documents interface {
	Add(*index.TextDoc) error
	Close() (uint64, error)
	Abort()
}

func newTextStage(w documents, limit uint64) *textStage {
	t := &textStage{w: w, limit: limit, summary: index.TextSummary{Cap: limit}, heavy: map[uint32][2]words.Gate{}, bytes: buffers.New[byte](textSpare), marks: buffers.New[mark](textSpare / markBytes)}
	t.order = newOrdered(t, textBudget)
	return t
}

// block takes the rows of a block, the captured bytes of each, and the datagrams
// that some of them completed.
func (t *textStage) block(rows []index.Packet, data func(i int) []byte, datagrams []datagramOf) error {
	for i := range rows {
		r := &rows[i]
		bytes := data(i)
		for ; len(datagrams) > 0 && datagrams[0].frame <= r.Number; datagrams = datagrams[1:] {
			bytes = datagrams[0].data // the last one, if several were nested
		}
		if r.Conn == index.NoConnection || r.Status&index.StatusQuoted != 0 {
			continue
		}
		payload := payloadOf(r, bytes)
		t.payload += uint64(len(payload))
		t.order.row(r, payload)
	}
	return t.err
}

// payloadOf gives what was captured of the transport payload.
func payloadOf(r *index.Packet, data []byte) []byte {
	if uint64(r.Payload) >= uint64(len(data)) {
		return nil
	}
	data = data[r.Payload:]
	return data[:min(uint64(r.Length), uint64(len(data)))]
}

// finish gives what is pending, closes the text index and tells what became of
// the payload.
func (t *textStage) finish() (*index.TextSummary, error) {
	t.order.finish()
	if t.err != nil {
		t.w.Abort()
		return nil, t.err
	}
	s := &t.summary
	s.Scanned = t.payload - min(t.payload, s.Indexed+s.Gated+s.Capped)
	var err error
	s.Documents, err = t.w.Close()
	return s, err
}

// dirChunk is the chunk of a direction in the making.
type dirChunk struct {
	data       []byte
	separators int    // bytes of data that are none of the direction
	offset     uint64 // of the first byte
	next       uint64 // of the byte after the last
	marks      []mark
	gate       words.Gate
	known      bool // gate is the one of an earlier time, if there was one
}

// mark says that the bytes of a chunk before end, and after the mark before, were
// brought by frame or frames up to last.
type mark struct {
	end         int
	frame, last uint32
}

// markBytes is the least that a mark stands for, which bounds how many there are.
const markBytes = 64

// size is the memory that it takes.
func (c *dirChunk) size() int { return len(c.data) + 12*len(c.marks) }

// separator stands where bytes are missing and between datagrams: no word goes
// across. A capture that was cut when it was taken has one after each packet;
// a document for each would cost more than its words.
const separator = 0

// piece implements byteSink.
func (t *textStage) piece(c *orderedConn, side index.Side, offset uint64, data []byte, frame uint32) {
	p := &c.pending[side]
	if !p.known {
		p.gate, p.known = t.heavy[c.number][side], true
	}
	if len(p.data) > 0 && (offset != p.next || c.streams == nil) {
		t.add(p, []byte{separator}, frame)
		p.separators++
	}
	if c.streams == nil { // whole datagrams, so that a frame is in one chunk
		if len(p.data) == 0 {
			p.offset = offset
		}
		t.add(p, data, frame)
		if p.next = offset + uint64(len(data)); len(p.data) >= textChunk {
			t.emit(c, side, len(p.data))
		}
		return
	}
	for len(data) > 0 {
		if len(p.data) == 0 {
			p.offset = offset
		}
		n := min(len(data), max(1, textChunk-len(p.data)))
		t.add(p, data[:n], frame)
		data, offset = data[n:], offset+uint64(n)
		if p.next = offset; len(p.data) >= textChunk {
			t.emit(c, side, words.Boundary(p.data, textCut))
		}
	}
}

// gap and ended implement byteSink: words need none of it.
func (t *textStage) gap(*orderedConn, index.Side, uint64, tcp.Reason) {}

func (t *textStage) ended(*orderedConn, ending) {}

// opened implements byteSink.
func (t *textStage) opened(*orderedConn) {}

// gone implements byteSink.
func (t *textStage) gone(c *orderedConn, early bool) {
	for side := range c.pending {
		if n := len(c.pending[side].data); n > 0 {
			t.emit(c, index.Side(side), n)
		}
		t.bytes.Give(c.pending[side].data)
		t.marks.Give(c.pending[side].marks)
		c.pending[side].data, c.pending[side].marks = nil, nil
	}
	a, b := c.pending[0].gate, c.pending[1].gate
	if early && (a.Taken() >= heavyBytes || b.Taken() >= heavyBytes) && len(t.heavy) < maxHeavy {
		t.heavy[c.number] = [2]words.Gate{a, b}
	}
}

// add appends bytes to a chunk.
func (t *textStage) add(c *dirChunk, data []byte, frame uint32) {
	c.data = append(t.bytes.Grow(c.data, len(c.data)+len(data)), data...)
	if n := len(c.marks); n > 0 {
		from := 0
		if n > 1 {
			from = c.marks[n-2].end
		}
		if m := &c.marks[n-1]; m.end-from < markBytes {
			m.end, m.frame, m.last = len(c.data), min(m.frame, frame), max(m.last, frame)
			return
		}
	}
	c.marks = append(t.marks.Grow(c.marks, len(c.marks)+1), mark{len(c.data), frame, frame})
}

// drop removes the first n bytes.
func (c *dirChunk) drop(n int) {
	c.data = append(c.data[:0], c.data[n:]...)
	c.offset = c.next - min(c.next, uint64(len(c.data)))
	kept := c.marks[:0]
	for _, m := range c.marks {
		if m.end > n {
			m.end -= n
			kept = append(kept, m)
		}
	}
	c.marks = kept
}

// emit makes a document of the first n bytes of a chunk.
func (t *textStage) emit(c *orderedConn, side index.Side, n int) {
	p := &c.pending[side]
	d := &index.TextDoc{Conn: c.number, Side: side, Offset: p.offset, First: p.marks[0].frame}
	for i := range p.marks {
		d.First, d.Last = min(d.First, p.marks[i].frame), max(d.Last, p.marks[i].last)
		if p.marks[i].end >= n {
			break
		}
	}
	t.set.Reset()
	t.spans = p.gate.Judge(t.spans[:0], p.data[:n], t.limit)
	var fates [words.Fates]uint64
	for _, s := range t.spans {
		if fates[s.Fate] += uint64(s.End - s.Start); s.Fate == words.Indexed {
			t.set.Add(p.data[s.Start:s.End])
		}
	}
	t.tally(fates, uint64(p.separators))
	p.separators = 0
	p.drop(n)
	d.Length = uint32(min(p.offset-d.Offset, math.MaxUint32))
	if t.set.Len() == 0 || t.err != nil {
		return
	}
	d.Words = t.set.Words()
	t.err = t.w.Add(d)
}

// tally counts the bytes of a chunk by what became of them, without separators.
func (t *textStage) tally(fates [words.Fates]uint64, separators uint64) {
	for i := range fates {
		n := min(separators, fates[i])
		fates[i], separators = fates[i]-n, separators-n
	}
	t.summary.Indexed += fates[words.Indexed]
	t.summary.Gated += fates[words.Gated]
	t.summary.Capped += fates[words.Capped]
}
