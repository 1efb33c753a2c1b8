package query

import (
	"cmp"
	"container/heap"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"

	"pcapidx/index"
	"pcapidx/query/filter"
)

// rowKey places a connection in the order of an answer.
type rowKey struct {
	value   uint64 // of the sort column, turned so that smaller comes first
	capture int    // place in the list of captures asked
	number  uint32
}

func (k rowKey) compare(o rowKey) int {
	return cmp.Or(cmp.Compare(k.value, o.value), cmp.Compare(k.capture, o.capture), cmp.Compare(k.number, o.number))
}

// sortOrder is a column and its direction; by frame there is no column.
type sortOrder struct {
	name    string
	column  index.SortColumn
	reverse bool // largest first
}

func parseSort(name string, reverse bool) (sortOrder, error) {
	switch name {
	case "", "frame":
		return sortOrder{name: "frame", reverse: reverse}, nil
	case "start":
		return sortOrder{name, index.SortStart, reverse}, nil
	case "duration":
		return sortOrder{name, index.SortDuration, !reverse}, nil
	case "bytes":
		return sortOrder{name, index.SortBytes, !reverse}, nil
	case "packets":
		return sortOrder{name, index.SortPackets, !reverse}, nil
	case "rtt":
		return sortOrder{name, index.SortIRTT, !reverse}, nil
	case "retransmissions":
		return sortOrder{name, index.SortResent, !reverse}, nil
	}
	return sortOrder{}, UnknownWord("sort order", name, []string{"frame", "start", "duration", "bytes", "packets", "rtt", "retransmissions"})
}

// value turns a column's value so that smaller comes first.
func (o sortOrder) value(v uint64) uint64 {
	if o.reverse {
		return ^v
	}
	return v
}

// selection gathers the first limit rows after a cursor over all captures.
type selection struct {
	*openSet
	sort    sortOrder
	filter  connectionFilter
	words   []string       // that a connection must have
	display *filter.Filter // one packet of a connection must match
	limit   int
	after   *rowKey
	keys    keyHeap // the best so far, the worst of them on top
	total   int     // matching rows
	all     int     // rows before filtering
}

// shape is what must be the same for a cursor to go on.
func (s *selection) shape(q *ConnectionsRequest) string {
	reverse := ""
	if s.sort.reverse {
		reverse = "reverse"
	}
	return strings.Join([]string{s.sort.name, reverse, q.Address, q.Port, q.Protocol, q.State, q.Filter, q.Finding, strconv.FormatUint(q.MinRetransmissions, 10), strings.Join(strings.Fields(strings.ToLower(q.Words)), " ")}, "\x00")
}

// gather takes the rows of one capture. Without an address or port only
// fixed-width columns are read, no record.
func (s *selection) gather(ctx context.Context, i int) error {
	x := s.captures[i]
	n := x.Summary().Connections
	s.all += int(n)
	var values, kinds []uint64
	var touched *roaring.Bitmap // nil: all
	var err error
	if s.display.Root != nil {
		if err = answerable(s.display, s.ids[i], x.Summary().Content); err != nil {
			return err
		}
		if touched, err = connectionsOf(ctx, x, s.display); err != nil {
			return err
		}
	}
	if s.sort.column != 0 {
		if values, err = x.SortColumn(s.sort.column); err != nil {
			return err
		}
	}
	if s.filter.set() {
		if kinds, err = x.SortColumn(index.SortKind); err != nil {
			return err
		}
	}
	if touched, err = s.analysed(x, touched); err != nil {
		return err
	}
	take := func(number uint32) {
		if touched != nil && !touched.Contains(number) {
			return
		}
		k := rowKey{capture: i, number: number}
		switch {
		case values != nil:
			k.value = s.sort.value(values[number])
		case s.sort.reverse: // by frame, last first
			k.value = ^(uint64(i)<<32 | uint64(number))
		}
		s.take(k)
	}
	words, err := s.wordsIn(ctx, x)
	if err != nil {
		return err
	}
	if s.filter.records() || len(words) > 0 {
		return x.EachConnection(0, func(c *index.Connection) bool {
			if (kinds == nil || s.filter.kind(kinds[c.Number])) && s.filter.record(c) && hasWords(words, c) {
				take(c.Number)
			}
			return true
		})
	}
	for number := range n {
		if kinds == nil || s.filter.kind(kinds[number]) {
			take(number)
		}
	}
	return nil
}

// analysed narrows a set of connections (nil: all) by what TCP analysis found.
func (s *selection) analysed(x Capture, set *roaring.Bitmap) (*roaring.Bitmap, error) {
	if s.filter.findings != nil {
		found := roaring.New()
		for _, code := range s.filter.findings {
			one, err := x.Found(code)
			if err != nil {
				return nil, err
			}
			found.Or(one)
		}
		set = narrowed(set, found)
	}
	if s.filter.resent > 0 {
		column, err := x.SortColumn(index.SortResent)
		if err != nil {
			return nil, err
		}
		found := roaring.New()
		for number, n := range column {
			if n >= s.filter.resent {
				found.Add(uint32(number))
			}
		}
		set = narrowed(set, found)
	}
	return set, nil
}

func narrowed(set, by *roaring.Bitmap) *roaring.Bitmap {
	if set == nil {
		return by
	}
	return roaring.And(set, by)
}

// take counts a matching row and keeps it if it belongs to the page.
func (s *selection) take(k rowKey) {
	s.total++
	if s.after != nil && k.compare(*s.after) <= 0 {
		return
	}
	if s.limit == 0 {
		s.keys = append(s.keys, k)
		return
	}
	if len(s.keys) <= s.limit { // one more than asked tells whether there are more
		heap.Push(&s.keys, k)
	} else if k.compare(s.keys[0]) < 0 {
		s.keys[0] = k
		heap.Fix(&s.keys, 0)
	}
}

// chosen gives the rows of the page in order; more says that others follow.
func (s *selection) chosen() (keys []rowKey, more bool) {
	slices.SortFunc(s.keys, rowKey.compare)
	if s.limit > 0 && len(s.keys) > s.limit {
		return s.keys[:s.limit], true
	}
	return s.keys, false
}

// keyHeap is a heap with the largest key on top.
type keyHeap []rowKey

func (h keyHeap) Len() int           { return len(h) }
func (h keyHeap) Less(i, j int) bool { return h[i].compare(h[j]) > 0 }
func (h keyHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push appends x; use heap.Push.
func (h *keyHeap) Push(x any) { *h = append(*h, x.(rowKey)) }

// Pop removes the last element; use heap.Pop.
func (h *keyHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
