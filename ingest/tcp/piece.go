package tcp

import (
	"bytes"
	"slices"
	"sort"
)

// piece is a run of bytes of a stream that one frame brought.
type piece struct {
	off    uint64
	length uint32 // as the headers announce it
	frame  uint32
	data   []byte // what was captured: the first bytes, or all
}

func (p *piece) end() uint64 { return p.off + uint64(p.length) }

// split cuts off the first n bytes.
func (p *piece) split(n uint64) (head, rest piece) {
	head, rest = *p, *p
	cut := uint32(min(n, uint64(p.length)))
	at := min(int(cut), len(p.data))
	head.length, head.data = cut, p.data[:at]
	rest.off, rest.length, rest.data = p.off+uint64(cut), p.length-cut, p.data[at:]
	return head, rest
}

// insert puts a piece among those that wait, where none is yet. It begins at or
// behind the next byte; a part that begins there is given at once.
func (s *Stream) insert(p piece, sink Sink) {
	i := sort.Search(len(s.waiting), func(i int) bool { return s.waiting[i].end() > p.off })
	for p.length > 0 {
		if i == len(s.waiting) || p.end() <= s.waiting[i].off {
			s.keep(i, p, sink)
			return
		}
		w := &s.waiting[i]
		var head piece
		if p.off < w.off {
			head, p = p.split(w.off - p.off)
			if s.keep(i, head, sink) {
				i++
			}
			continue
		}
		head, p = p.split(w.end() - p.off)
		at := int(head.off - w.off) // below 2^30
		compare(s.dir, head.off, w.data[min(at, len(w.data)):], head.data, w.frame, head.frame, sink)
		i++
	}
}

// keep lets a piece wait at place i, or gives it if it is the next one.
func (s *Stream) keep(i int, p piece, sink Sink) (kept bool) {
	if p.off == s.next {
		s.give(&p, sink)
		return false
	}
	p.data = bytes.Clone(p.data)
	s.waiting = slices.Insert(s.waiting, i, p)
	s.size += len(p.data)
	return true
}

// drain gives the pieces that wait for nothing any more.
func (s *Stream) drain(sink Sink) {
	n := 0
	for n < len(s.waiting) && s.waiting[n].off == s.next {
		s.size -= len(s.waiting[n].data)
		s.give(&s.waiting[n], sink)
		n++
	}
	if n == len(s.waiting) {
		s.waiting = nil // a stream in order holds no memory
	} else if n > 0 {
		s.waiting = slices.Delete(s.waiting, 0, n)
	}
}

// history holds the bytes that were given last, and which frames they came from.
type history struct {
	data  []byte
	spans []span
}

// span is a run of bytes in a history.
type span struct {
	off   uint64 // in the stream
	at, n int    // in data
	frame uint32
}

// maxSpans bounds the frames of a history.
const maxSpans = 1024

// add appends bytes; the oldest go when there are twice as many as wanted.
func (h *history) add(p *piece, l *Limits) {
	if l == nil || l.History <= 0 {
		return
	}
	b, off := p.data, p.off
	if cut := len(b) - l.History; cut > 0 {
		b, off = b[cut:], off+uint64(cut)
	}
	if len(h.data)+len(b) > 2*l.History || len(h.spans) == 2*maxSpans {
		h.forget(l.History - len(b))
	}
	h.spans = append(h.spans, span{off, len(h.data), len(b), p.frame})
	h.data = append(h.data, b...)
}

// forget keeps the youngest spans with up to n bytes.
func (h *history) forget(n int) {
	k := len(h.spans)
	for k > 0 && k > len(h.spans)-maxSpans && len(h.data)-h.spans[k-1].at <= n {
		k--
	}
	cut := len(h.data)
	if k < len(h.spans) {
		cut = h.spans[k].at
	}
	h.data = append(h.data[:0], h.data[cut:]...)
	h.spans = append(h.spans[:0], h.spans[k:]...)
	for i := range h.spans {
		h.spans[i].at -= cut
	}
}

// compare looks for conflicts between bytes that were given and those that were
// sent again.
func (h *history) compare(dir uint8, p *piece, sink Sink) {
	end := p.off + uint64(len(p.data))
	i := sort.Search(len(h.spans), func(i int) bool { return h.spans[i].off+uint64(h.spans[i].n) > p.off })
	for ; i < len(h.spans) && h.spans[i].off < end; i++ {
		v := &h.spans[i]
		kept, off, again := h.data[v.at:v.at+v.n], v.off, p.data
		if off < p.off {
			kept, off = kept[p.off-off:], p.off
		}
		compare(dir, off, kept, again[off-p.off:], v.frame, p.frame, sink)
	}
}

// compare reports where two versions of the same bytes differ.
func compare(dir uint8, off uint64, kept, again []byte, keptFrame, againFrame uint32, sink Sink) {
	n := min(len(kept), len(again))
	if bytes.Equal(kept[:n], again[:n]) {
		return
	}
	c := Conflict{Dir: dir, Kept: keptFrame, Dropped: againFrame}
	for i := range n {
		if kept[i] != again[i] {
			if c.Differ == 0 {
				c.Offset = off + uint64(i)
			}
			c.Differ++
		}
	}
	sink.Conflict(c)
}
