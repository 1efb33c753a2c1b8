package diag

import (
	"math/bits"

	"pcapidx/index"
)

// histogram collects durations (ns) without keeping them: how many, their sum and
// extremes exactly, and quantiles within 1.6 %. Values share a bucket if their
// highest 6 bits are equal, so that a bucket is at most 1/32 of its values wide.
// Only buckets with values are kept, by value: a few, since the durations of one
// connection are alike.
type histogram struct {
	buckets       []bucket
	count         uint64
	sum, min, max int64
}

type bucket struct {
	key   uint16 // see bucketOf
	count uint32
}

// bucketBits is how many bits of a value after its highest one tell its bucket.
const bucketBits = 5

// maxBuckets is the number of buckets that an int64 can fall into.
const maxBuckets = (64 - bucketBits) << bucketBits

// bucketOf gives the bucket of a value that is not negative. Keys rise with values.
func bucketOf(v int64) uint16 {
	shift := max(bits.Len64(uint64(v))-1-bucketBits, 0)
	return uint16(shift<<bucketBits + int(v>>shift))
}

// middle is the value that stands for a bucket.
func (b bucket) middle() int64 {
	if b.key < 2<<bucketBits {
		return int64(b.key)
	}
	shift := b.key>>bucketBits - 1
	low := int64(b.key&(1<<bucketBits-1)|1<<bucketBits) << shift
	return low + int64(1)<<shift>>1
}

// add notes a duration; a negative one (time ran backwards) is none.
func (h *histogram) add(v int64) {
	if v < 0 {
		return
	}
	if h.count == 0 {
		h.min, h.max = v, v
	}
	h.count++
	h.sum += v
	h.min, h.max = min(h.min, v), max(h.max, v)
	key := bucketOf(v)
	i, n := 0, len(h.buckets)
	for n > 0 { // binary search for the first bucket that is not below key
		if half := n / 2; h.buckets[i+half].key < key {
			i, n = i+half+1, n-half-1
		} else {
			n = half
		}
	}
	if i == len(h.buckets) || h.buckets[i].key != key {
		h.buckets = append(h.buckets, bucket{})
		copy(h.buckets[i+1:], h.buckets[i:])
		h.buckets[i] = bucket{key: key}
	}
	h.buckets[i].count++
}

// quantile gives the value below or at which a share of all values lies (nearest
// rank).
func (h *histogram) quantile(percent uint64) int64 {
	rank := (h.count*percent + 99) / 100
	for _, b := range h.buckets {
		if rank <= uint64(b.count) {
			return min(max(b.middle(), h.min), h.max)
		}
		rank -= uint64(b.count)
	}
	return h.max
}

// above counts the durations longer than limit, within the width of its bucket.
func (h *histogram) above(limit int64) (n uint64) {
	for _, b := range h.buckets {
		if b.middle() > limit {
			n += uint64(b.count)
		}
	}
	return n
}

func (h *histogram) spread() index.Spread {
	if h.count == 0 {
		return index.Spread{}
	}
	return index.Spread{Count: int64(h.count), Min: h.min, Median: h.quantile(50), P95: h.quantile(95), Max: h.max, Sum: h.sum}
}
