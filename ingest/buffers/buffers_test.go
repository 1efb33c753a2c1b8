package buffers

import (
	"slices"
	"testing"
)

// TestPool: slices keep what stands in them as they grow, no two have the same
// memory, and those given back are used again.
func TestPool(t *testing.T) {
	b := New[int](1 << 16)
	var all [][]int
	for n := range 50 {
		var s []int
		for i := range n * n * 3 {
			s = append(b.Grow(s, len(s)+1), n<<20+i)
		}
		all = append(all, s)
		if n%3 == 2 { // given back while others are in use
			b.Give(all[n-1])
			all[n-1] = nil
		}
	}
	for n, s := range all {
		if s == nil {
			continue
		}
		if want := n * n * 3; len(s) != want {
			t.Fatalf("slice %d has %d values, want %d", n, len(s), want)
		}
		for i, v := range s {
			if v != n<<20+i {
				t.Fatalf("slice %d has %d at %d", n, v, i)
			}
		}
	}
	s := b.Grow(nil, 100)
	s = append(s, 1)
	b.Give(s)
	again := b.Grow(nil, 128)
	if again = append(again, 2); &s[0] != &again[0] {
		t.Error("a slice that was given back is not used again")
	}
	if long := b.Grow(slices.Clone(again), 1<<21); cap(long) < 1<<21 || long[0] != 2 {
		t.Errorf("a long slice has room for %d", cap(long))
	}
}

// TestSizes: a slice has room for what was asked for, and no more than half as much again.
func TestSizes(t *testing.T) {
	for n := 1; n <= sizeOf(sizes-1); n += 1 + n/50 {
		class := classFor(n)
		if sizeOf(class) < n || class > 0 && sizeOf(class-1) >= n {
			t.Fatalf("%d values: class %d with room for %d", n, class, sizeOf(class))
		}
		if got := cap(New[byte](0).Grow(nil, n)); got != sizeOf(class) {
			t.Fatalf("%d values: room for %d", n, got)
		}
	}
}

// TestKept: a pool keeps no more than it was told.
func TestKept(t *testing.T) {
	p := New[byte](1 << 10)
	for range 100 {
		for size := 1; size < 1<<22; size *= 2 {
			p.Give(make([]byte, size))
		}
	}
	for class, spare := range p.spare {
		n := len(spare) * sizeOf(class)
		if len(spare) > 1 && n > 1<<10 || len(spare) == 0 && class%2 == 0 {
			t.Errorf("%d slices of %d bytes are kept", len(spare), sizeOf(class))
		}
	}
	var text []*int
	q := New[*int](1 << 10)
	text = append(q.Grow(text, 1), new(int))
	q.Give(text)
	if s := q.Grow(nil, 1); s[:1][0] != nil {
		t.Error("a spare slice holds on to what stood in it")
	}
}

// BenchmarkPool is a chunk that grows by packets and is given back.
func BenchmarkPool(b *testing.B) {
	pool := New[byte](1 << 16)
	packet := make([]byte, 1400)
	b.ReportAllocs()
	for b.Loop() {
		var s []byte
		for range 12 {
			s = append(pool.Grow(s, len(s)+len(packet)), packet...)
		}
		pool.Give(s)
	}
}
