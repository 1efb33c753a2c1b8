package ingest

import (
	"net/netip"
	"slices"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
)

// reassembler puts IP fragments together (RFC 791 section 3.2, RFC 8200 section
// 4.5). Like Wireshark it knows no time-out; what it holds is bounded, and the
// datagram begun first is given up when there is no room.
type reassembler struct {
	budget   int // bytes of fragment data held
	held     int
	open     map[fragKey]*datagram
	order    []fragKey // by time of their first fragment; given-up and complete ones are skipped
	counters *index.Counters
}

// fragKey identifies a datagram.
type fragKey struct {
	src, dst netip.Addr
	id       uint32
	proto    uint8
}

// datagram collects the fragments of one IP datagram.
type datagram struct {
	parts []fragPart
	bytes int
	end   int // total payload length, -1 until the last fragment came
}

type fragPart struct {
	frame  uint32
	offset int
	data   []byte
}

const (
	maxDatagram      = 65535 // the 13-bit offset allows no more
	maxFragments     = 8192  // of one datagram
	maxOpenDatagrams = 4096
)

func newReassembler(budget int, counters *index.Counters) *reassembler {
	return &reassembler{budget: budget, open: map[fragKey]*datagram{}, counters: counters}
}

// add takes a fragment's payload. When it completes its datagram the whole
// payload and the frames that it came from are returned.
func (r *reassembler) add(frame uint32, n *dissect.Network, f *dissect.Fragment, data []byte) (whole []byte, from []uint32) {
	r.counters.Fragments++
	if !f.Complete || int(f.Offset)+len(data) > maxDatagram {
		return nil, nil
	}
	key := fragKey{src: n.Src, dst: n.Dst, id: f.ID, proto: f.Proto}
	d := r.open[key]
	if d == nil {
		d = &datagram{end: -1}
		r.open[key] = d
		r.order = append(r.order, key)
	}
	d.parts = append(d.parts, fragPart{frame: frame, offset: int(f.Offset), data: slices.Clone(data)})
	d.bytes += len(data)
	r.held += len(data)
	if !f.More {
		d.end = int(f.Offset) + len(data)
	}
	if whole = d.join(); whole != nil {
		for _, p := range d.parts {
			from = append(from, p.frame)
		}
		slices.Sort(from)
		r.drop(key)
		r.counters.Reassembled++
		return whole, slices.Compact(from)
	}
	if len(d.parts) > maxFragments {
		r.drop(key)
		r.counters.FragmentsDropped++
	}
	r.shrink()
	return nil, nil
}

// join gives the payload if no byte of it is missing; where fragments overlap,
// the one that came first counts.
func (d *datagram) join() []byte {
	if d.end < 0 || d.bytes < d.end {
		return nil
	}
	parts := slices.Clone(d.parts)
	slices.SortStableFunc(parts, func(a, b fragPart) int { return a.offset - b.offset })
	whole := make([]byte, 0, d.end)
	for _, p := range parts {
		if p.offset > len(whole) {
			return nil
		}
		if skip := len(whole) - p.offset; skip < len(p.data) {
			whole = append(whole, p.data[skip:]...)
		}
	}
	if len(whole) < d.end {
		return nil
	}
	return whole[:d.end]
}

func (r *reassembler) drop(key fragKey) {
	r.held -= r.open[key].bytes
	delete(r.open, key)
}

// shrink gives up the oldest datagrams until the budget is kept.
func (r *reassembler) shrink() {
	for len(r.order) > 0 && (r.held > r.budget || len(r.open) > maxOpenDatagrams || len(r.order) > 4*maxOpenDatagrams) {
		key := r.order[0]
		r.order = r.order[1:]
		if r.open[key] != nil {
			r.drop(key)
			r.counters.FragmentsDropped++
		}
	}
}

// finish counts what was never completed.
func (r *reassembler) finish() { r.counters.FragmentsUnfinished = uint64(len(r.open)) }
