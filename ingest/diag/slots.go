package diag

import (
	"cmp"
	"slices"
	"sort"
)

// slots is a table of bounded size for what must be counted by key over a whole
// capture. When it is full, it keeps half of its places for the slots in use
// latest among those marked as hot, and a quarter for the latest others: a flood of
// keys that come once does not drive out those that come again and again.
type slots[K comparable, V any] struct {
	limit int
	keep  int64 // hot slots that were not used for so long go first, ns
	index map[K]int32
	list  []slot[K, V]
}

type slot[K comparable, V any] struct {
	key   K
	last  int64 // latest use
	hot   bool
	value V
}

func newSlots[K comparable, V any](limit int, keep int64) slots[K, V] {
	return slots[K, V]{limit: limit, keep: keep, index: map[K]int32{}}
}

// get finds the slot of a key or makes it. The pointer is valid until the next get.
func (s *slots[K, V]) get(k K, now int64) *slot[K, V] {
	i, ok := s.index[k]
	if !ok {
		if len(s.list) == s.limit {
			s.shrink(now)
		}
		i = int32(len(s.list))
		s.list = append(s.list, slot[K, V]{key: k})
		s.index[k] = i
	}
	x := &s.list[i]
	x.last = max(x.last, now)
	return x
}

// shrink makes room. Among equals the slot that was made later stays.
func (s *slots[K, V]) shrink(now int64) {
	order := make([]int32, len(s.list))
	for i := range order {
		order[i] = int32(i)
	}
	hot := func(i int32) bool { return s.list[i].hot && now-s.list[i].last <= s.keep }
	rank := func(i int32) int {
		if hot(i) {
			return 0
		}
		return 1
	}
	slices.SortFunc(order, func(a, b int32) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(s.list[b].last, s.list[a].last), cmp.Compare(b, a))
	})
	hots := sort.Search(len(order), func(i int) bool { return !hot(order[i]) })
	kept := order[:min(hots, s.limit/2)]
	kept = append(kept, order[hots:min(len(order), hots+s.limit/4)]...)
	slices.Sort(kept)
	list := make([]slot[K, V], len(kept), s.limit)
	clear(s.index)
	for at, i := range kept {
		list[at] = s.list[i]
		s.index[list[at].key] = int32(at)
	}
	s.list = list
}
