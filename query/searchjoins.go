package query

import (
	"cmp"
	"slices"

	"pcapidx/query/needle"
)

// seam is a text across a border, to be searched.
type seam struct {
	frame      uint32 // in which it is complete
	key        directionKey
	at, n      uint32 // its bytes in texts
	border     uint32 // where the second side begins
	from, to   uint32 // its parts
	streamFrom uint32 // stream offset of its first byte
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
		if m, ok := s.crossing(s.texts[begin:end:end], int(x.border)); ok {
			found = append(found, s.hit(x, m))
		}
	}
	s.joined, s.texts, s.parts = s.joined[:0], s.texts[:0], s.parts[:0]
	slices.SortStableFunc(found, func(a, b searchHit) int { return cmp.Compare(a.frame, b.frame) })
	return found
}

// maxRetries bounds how often crossing looks behind a match that overlaps others.
const maxRetries = 16

// crossing gives the match of a text that begins before a border and ends behind it.
// A match that ends before the border may overlap one that crosses it, and hide it:
// then it is passed over.
func (s *seams) crossing(text []byte, border int) (match needle.Match, ok bool) {
	for from, again := 0, 0; again <= maxRetries; again++ {
		before := -1
		s.searcher.Each(text[from:], func(m needle.Match) bool {
			m.Start, m.End = m.Start+from, m.End+from
			switch {
			case m.Start >= border:
			case m.End > border:
				match, ok = m, true
			default:
				before = m.Start
				return true
			}
			return false
		})
		if ok || before < 0 {
			break
		}
		from = before + 1
	}
	return match, ok
}

// hit describes a match in a seam.
func (s *seams) hit(x *seam, m needle.Match) searchHit {
	text := s.texts[x.at : x.at+x.n]
	shown := min(m.End-m.Start, maxMatchShown)
	h := searchHit{
		frame: x.frame, conn: x.key.conn, side: x.key.side, kind: kindTCP, length: uint32(m.End - m.Start), distance: m.Distance, encoding: m.Encoding,
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
	n := s.page.request.around()
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
