package diag

import (
	"math/rand"
	"testing"
)

// TestRanges compares the union with a map of bytes, around the wrap of the
// numbers too.
func TestRanges(t *testing.T) {
	for _, base := range []uint32{0, 1000, 1<<31 - 50, 1<<32 - 50} {
		for seed := range int64(200) {
			random := rand.New(rand.NewSource(seed))
			var r ranges
			r.begin(base)
			var seen [200]bool
			total := uint64(0)
			for range 40 {
				from, length := random.Intn(180), random.Intn(20)
				want := uint32(0)
				for i := from; i < from+length; i++ {
					if !seen[i] {
						seen[i] = true
						want++
					}
				}
				total += uint64(want)
				if got := r.add(base+uint32(from), uint32(length)); got != want {
					t.Fatalf("seed %d: %d new bytes of %d+%d, want %d", seed, got, from, length, want)
				}
			}
			if r.bytes != total {
				t.Fatalf("seed %d: %d bytes, want %d", seed, r.bytes, total)
			}
		}
	}
}

// TestRangesBounds: holes are bounded, and numbers that come round again fill none.
func TestRangesBounds(t *testing.T) {
	var r ranges
	for i := range uint32(1000) {
		r.add(i*20, 10)
	}
	if len(r.holes) > maxHoles || r.bytes != 10000 {
		t.Errorf("%d holes, %d bytes", len(r.holes), r.bytes)
	}
	r = ranges{}
	r.add(0, 10)
	r.add(20, 10)
	for i := range uint32(1 << 13) {
		r.add(30+i<<19, 1<<19)
	}
	if r.bytes != 20+1<<32 {
		t.Errorf("%d bytes", r.bytes)
	}
}
