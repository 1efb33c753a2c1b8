package source

import (
	"math"
	"math/bits"

	"pcapidx/index"
)

// ngInterface is what reading packets of a pcapng interface needs.
type ngInterface struct {
	index      uint32 // in FileInfo.Interfaces
	link       uint32
	snap       uint32
	max        uint32 // largest captured length
	resolution uint8  // if_tsresol
	offset     int64  // if_tsoffset
	units      uint64 // per second, 0 if that is more than 64 bits or a power of two
	scale      uint64 // decimal: nanoseconds per unit, or units per nanosecond above 9 digits
}

// setResolution prepares the conversion of time stamps: 10^-n seconds, or 2^-n
// with the top bit set.
func (i *ngInterface) setResolution(resolution uint8) {
	i.resolution = resolution
	if resolution < 0x80 {
		i.units, i.scale = pow10(int(resolution)), pow10(max(9-int(resolution), int(resolution)-9))
	}
}

// pow10 is 10^n, or 0 if that does not fit.
func pow10(n int) uint64 {
	if n > 19 {
		return 0
	}
	p := uint64(1)
	for range n {
		p *= 10
	}
	return p
}

// time converts a time stamp to nanoseconds since 1970, cutting off what is
// below one. ok is false if it is out of range and was clamped.
func (i *ngInterface) time(ts uint64) (t index.Time, ok bool) {
	sec, ns := i.split(ts)
	return join(sec, i.offset, ns)
}

// split gives the seconds and nanoseconds of a time stamp without its offset.
func (i *ngInterface) split(ts uint64) (sec, ns uint64) {
	n := uint(i.resolution &^ 0x80)
	switch {
	case i.resolution >= 0x80:
		frac := ts
		if n < 64 {
			sec, frac = ts>>n, ts&(1<<n-1)
		}
		hi, lo := bits.Mul64(frac, 1e9)
		if n < 64 {
			return sec, hi<<(64-n) | lo>>n
		}
		return sec, hi >> (n - 64)
	case n <= 9:
		return ts / i.units, ts % i.units * i.scale
	case i.units > 0:
		return ts / i.units, ts % i.units / i.scale
	case i.scale > 0:
		return 0, ts / i.scale
	}
	return 0, 0
}

const (
	second = 1_000_000_000          // nanoseconds
	maxSec = math.MaxInt64 / second // whole seconds of the last time there is
	maxNs  = math.MaxInt64 % second // and its nanoseconds
	minSec = -maxSec - 1            // the same for the first time, rounded down
	minNs  = second - (maxNs + 1)
)

// join adds seconds, offset and nanoseconds, the latter below 10^9. A sum that
// does not fit is clamped and ok is false.
func join(sec uint64, offset int64, ns uint64) (t index.Time, ok bool) {
	if offset >= 0 && sec > math.MaxInt64-uint64(offset) ||
		offset < 0 && sec > math.MaxInt64+uint64(-(offset+1))+1 {
		return math.MaxInt64, false
	}
	s := int64(sec + uint64(offset))
	switch {
	case s > maxSec || s == maxSec && ns > maxNs:
		return math.MaxInt64, false
	case s < minSec || s == minSec && ns < minNs:
		return math.MinInt64, false
	case s < 0:
		return index.Time((s+1)*second + int64(ns) - second), true
	}
	return index.Time(s*second + int64(ns)), true
}

// clamp passes a converted time on and notes if it was clamped.
func (r *Reader) clamp(t index.Time, ok bool) index.Time {
	if !ok {
		r.limits.capped("time stamps")
	}
	return t
}
