package query

import (
	"encoding/binary"

	"github.com/RoaringBitmap/roaring/v2"

	"pcapidx/index"
)

// bounds is what the index knows of the frames of one segment before any is
// looked at: those in must match for certain, and none outside of may does. A nil
// may stands for all frames, a nil must for none. The bitmaps are never changed.
type bounds struct{ must, may *roaring.Bitmap }

// lists reads posting lists of one segment of a capture.
type lists struct {
	capture  Capture
	segment  uint16
	frames   uint32          // in the segment
	universe *roaring.Bitmap // all of them
	// complex are the frames that may have several values of a field, or none
	// (index.StatusComplex); in an index that does not know, all frames.
	complex *roaring.Bitmap
	// unlisted are the frames of which a value may be in no list: in an index of
	// content 1 those whose headers were cut or quoted.
	unlisted  *roaring.Bitmap
	silent    *roaring.Bitmap // see unseen; nil: not known
	protocols map[string]*roaring.Bitmap
	err       error // first error of reading
}

func newLists(x Capture, segment uint16) *lists {
	s := x.Summary()
	frames := uint32(min(uint64(s.Frames)-uint64(segment)*index.SegmentFrames, index.SegmentFrames))
	l := &lists{capture: x, segment: segment, frames: frames, universe: roaring.New(), protocols: map[string]*roaring.Bitmap{}}
	l.universe.AddRange(0, uint64(frames))
	if l.complex = l.universe; s.Content >= 2 {
		l.complex, _ = l.list(index.PostStatus, []byte{byte(index.StatusComplex)})
	}
	if l.unlisted = roaring.New(); s.Content >= 2 {
		return l
	}
	cut := []*roaring.Bitmap{l.protocol("icmp", "icmpv6")}
	for _, status := range []index.Status{index.StatusMalformed, index.StatusTruncated, index.StatusPanicked} {
		b, _ := l.list(index.PostStatus, []byte{byte(status)})
		cut = append(cut, b)
	}
	l.unlisted = roaring.And(l.complex, union(cut))
	return l
}

// list gives the frames that have a value; ok is false where the field has no
// lists.
func (l *lists) list(field index.PostingField, value []byte) (b *roaring.Bitmap, ok bool) {
	b, ok, err := l.capture.Posting(l.segment, field, value)
	if err != nil && l.err == nil {
		l.err = err
	}
	if b == nil {
		b = roaring.New()
	}
	return b, ok
}

// between gives the frames that have a value from low to high.
func (l *lists) between(field index.PostingField, low, high []byte) (b *roaring.Bitmap, ok bool) {
	if string(low) == string(high) {
		return l.list(field, low)
	}
	var all []*roaring.Bitmap
	ok, err := l.capture.EachPosting(l.segment, field, low, high, func(_ []byte, frames *roaring.Bitmap) bool {
		all = append(all, frames)
		return true
	})
	if err != nil && l.err == nil {
		l.err = err
	}
	return union(all), ok
}

// union of many bitmaps: pairs first, so that large ones are not copied for each
// small one.
func union(all []*roaring.Bitmap) *roaring.Bitmap {
	switch len(all) {
	case 0:
		return roaring.New()
	case 1:
		return all[0]
	}
	return roaring.FastOr(all...)
}

// protocol gives the frames that have a layer of one of some protocols.
func (l *lists) protocol(names ...string) *roaring.Bitmap {
	var all []*roaring.Bitmap
	for _, name := range names {
		b := l.protocols[name]
		if b == nil {
			var ok bool
			if b, ok = l.list(index.PostProtocol, []byte(name)); !ok {
				b = l.universe
			}
			l.protocols[name] = b
		}
		all = append(all, b)
	}
	return union(all)
}

// simple are the frames of b that are not complex.
func (l *lists) simple(b *roaring.Bitmap) *roaring.Bitmap { return roaring.AndNot(b, l.complex) }

// having makes bounds of the frames in which some value is one of a set, which is
// what a list tells exactly.
func (l *lists) having(list, present *roaring.Bitmap) bounds {
	if l.capture.Summary().Content >= 2 {
		return bounds{list, list}
	}
	return bounds{nil, roaring.Or(list, roaring.And(l.unlisted, present))}
}

// only makes bounds of the frames of simple ∩ present in which every value is one
// of a set; of complex frames nothing is known but that the field is present.
func (l *lists) only(list, present *roaring.Bitmap) bounds {
	must := l.simple(list)
	return bounds{must, roaring.Or(must, roaring.And(l.complex, present))}
}

// lacking makes bounds of the frames that have the field, and no value of those
// that list has.
func (l *lists) lacking(list, present *roaring.Bitmap) bounds {
	must := l.simple(roaring.AndNot(present, list))
	return bounds{must, roaring.Or(must, roaring.And(l.complex, present))}
}

// members gives the frames of a connection in the segment.
func (l *lists) members(conn uint32) *roaring.Bitmap {
	b := roaring.New()
	records, err := l.capture.ConnectionsByNumber([]uint32{conn})
	if err == nil {
		first := uint64(l.segment) * index.SegmentFrames
		err = l.capture.Members(&records[0], func(m index.Member) bool {
			at := uint64(m.Frame - 1)
			if at >= first && at < first+uint64(l.frames) {
				b.Add(uint32(at - first))
			}
			return at < first+uint64(l.frames)
		})
	}
	if err != nil && l.err == nil {
		l.err = err
	}
	return b
}

// span gives the frames of the segment whose numbers lie from low to high.
func (l *lists) span(low, high uint64) *roaring.Bitmap {
	b := roaring.New()
	first := uint64(l.segment)*index.SegmentFrames + 1
	low, high = max(low, first), min(high, first+uint64(l.frames)-1)
	if low <= high {
		b.AddRange(low-first, high-first+1)
	}
	return b
}

func u16(v uint64) []byte { return binary.BigEndian.AppendUint16(nil, uint16(v)) }

// both, either and negated combine bounds.
func both(a, b bounds) bounds {
	r := bounds{may: a.may}
	switch {
	case a.may == nil:
		r.may = b.may
	case b.may != nil:
		r.may = roaring.And(a.may, b.may)
	}
	if a.must != nil && b.must != nil {
		r.must = roaring.And(a.must, b.must)
	}
	return r
}

func either(a, b bounds) bounds {
	r := bounds{must: a.must}
	switch {
	case a.must == nil:
		r.must = b.must
	case b.must != nil:
		r.must = roaring.Or(a.must, b.must)
	}
	if a.may != nil && b.may != nil {
		r.may = roaring.Or(a.may, b.may)
	}
	return r
}

// negated turns what is certain round.
func (l *lists) negated(a bounds) (r bounds) {
	if a.must != nil {
		r.may = roaring.AndNot(l.universe, a.must)
	}
	if a.may != nil {
		r.must = roaring.AndNot(l.universe, a.may)
	}
	return r
}
