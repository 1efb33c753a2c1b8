package query

import (
	"context"
	"net/netip"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
)

// reviewFrames calls do for some frames, in order.
func reviewFrames(ctx context.Context, x Capture, frames []uint32, do func(r *frameRecord)) error {
	if len(frames) == 0 {
		return nil
	}
	wanted := roaring.BitmapOf(frames...)
	next := func(from uint32) uint32 {
		it := wanted.Iterator()
		if it.AdvanceIfNeeded(from); !it.HasNext() {
			return 0
		}
		return it.PeekNext()
	}
	r := newDetailRecord(x, newTables(x))
	return x.EachBlock(index.ColTime|index.ColCapLen|index.ColOrigLen|index.ColIface, next, func(rows *index.Rows) (bool, error) {
		last := rows.Packets[len(rows.Packets)-1].Number
		for frame := next(rows.Packets[0].Number); frame != 0 && frame <= last; frame = next(frame + 1) {
			r.set(rows, int(frame-rows.Packets[0].Number))
			if do(r); r.err != nil {
				return false, r.err
			}
		}
		return true, ctx.Err()
	})
}

// hardwareSource is who sent the frame in hand on its link: its source address of
// Ethernet, and, where the link has none, that of its first IP header.
func (r *frameRecord) hardwareSource() string {
	if id, ok := dissect.FieldByName("eth.src"); ok {
		if v := r.bytesOf(id); len(v) > 0 {
			return colons(v[0].Bytes)
		}
	}
	if p := r.dissected(); len(p.Networks) > 0 {
		return p.Networks[0].Src.String()
	}
	return ""
}

// quotedEnds gives the sender of an ICMP error, and the ends of the packet that it is
// about.
func (r *frameRecord) quotedEnds() (router, from, to netip.Addr) {
	for _, n := range r.dissected().Networks {
		if !n.Quoted {
			router = n.Src
			continue
		}
		return router, n.Src, n.Dst
	}
	return router, from, to
}

// matchingFrames tells how many frames match a filter.
func matchingFrames(ctx context.Context, x Capture, text string) (n uint64, err error) {
	f, err := parseFilter(text)
	if err != nil {
		return 0, err
	}
	err = newMatcher(x, f).eachFound(ctx, func(_ uint16, frames *roaring.Bitmap) error {
		n += frames.GetCardinality()
		return nil
	})
	return n, err
}

// reviewed gives those frames that are read, each once.
func reviewed(frames []uint32) []uint32 {
	out := slices.Clone(frames)
	slices.Sort(out)
	out = slices.Compact(out)
	return out[:min(len(out), maxReviewed)]
}
