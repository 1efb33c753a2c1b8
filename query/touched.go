package query

import (
	"context"

	"github.com/RoaringBitmap/roaring/v2"

	"pcapidx/index"
	"pcapidx/query/filter"
)

// eachFound finds the frames of a capture that match a filter, segment by
// segment, and calls do for those of each.
func (m *matcher) eachFound(ctx context.Context, do func(segment uint16, frames *roaring.Bitmap) error) error {
	for segment := range uint16(m.capture.Segments()) {
		s, err := m.plan.bounds(m.capture, segment)
		if err != nil {
			return err
		}
		found, err := m.frames(ctx, s, 0, noLimit)
		if err != nil {
			return err
		}
		if found.IsEmpty() {
			continue
		}
		if err := do(segment, found); err != nil {
			return err
		}
	}
	return nil
}

// connectionsOf gives the connections of which a packet matches a filter.
func connectionsOf(ctx context.Context, x Capture, f *filter.Filter) (*roaring.Bitmap, error) {
	m := newMatcher(x, f)
	found := make([]*roaring.Bitmap, len(m.records))
	for i := range found {
		found[i] = roaring.New()
	}
	err := m.eachFound(ctx, func(segment uint16, frames *roaring.Bitmap) error {
		return m.owners(ctx, segment, frames, found)
	})
	return union(found), err
}

// owners adds the connections of some frames of a segment to found, which has a set for
// each worker.
func (m *matcher) owners(ctx context.Context, segment uint16, frames *roaring.Bitmap, found []*roaring.Bitmap) error {
	return m.visit(ctx, segment, frames, index.ColConn|index.ColMore, func(worker int, r *frameRecord) error {
		if r.row.Conn != index.NoConnection {
			found[worker].Add(r.row.Conn)
		}
		for _, other := range r.members() {
			found[worker].Add(other.Conn)
		}
		return nil
	})
}

// negates tells whether a filter is a negation, or an And that holds one alone:
// nearly every connection has a packet that is not something.
func negates(n filter.Node) bool {
	switch n := n.(type) {
	case *filter.Not:
		return true
	case *filter.Or:
		for _, x := range n.X {
			if negates(x) {
				return true
			}
		}
	case *filter.Test:
		return n.Op == filter.Ne
	}
	return false
}
