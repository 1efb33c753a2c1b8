package capfile

import (
	"math/bits"

	"pcapidx/index"
)

const (
	second   = 1_000_000_000
	nano     = 9              // if_tsresol of nanoseconds
	power2   = 0x80           // if_tsresol: the rest is a power of 2, not of 10
	earliest = -9_223_372_037 // if_tsoffset before every index.Time
	coarsest = power2 | 29    // the finest power of 2 above a nanosecond
)

// scale is how an interface counts time: if_tsresol and if_tsoffset.
type scale struct {
	resolution uint8
	offset     int64
}

// coarse reports whether a unit of if_tsresol is a nanosecond or longer.
func coarse(resolution uint8) bool {
	return resolution <= nano || resolution >= power2 && resolution <= coarsest
}

// scaleOf is the scale for an interface: its own, in nanoseconds if it counts
// less than those, because an index does not hold more.
func scaleOf(i *index.Interface) scale {
	if coarse(i.Resolution) {
		return scale{i.Resolution, i.Offset}
	}
	return scale{nano, i.Offset}
}

// wide is a nanosecond scale that has t.
func wide(t index.Time) scale {
	if t < 0 {
		return scale{nano, earliest}
	}
	return scale{nano, 0}
}

// stamp gives the time stamp from which a reader, cutting off what is below a
// nanosecond, gets t. ok is false if there is none. The resolution is coarse.
func (s scale) stamp(t index.Time) (ts uint64, ok bool) {
	sec, ns := split(t)
	if sec < s.offset {
		return 0, false
	}
	whole := uint64(sec) - uint64(s.offset) // wraps to the right value: it is not negative
	n := uint(s.resolution &^ power2)
	if s.resolution >= power2 {
		units := (ns<<n + second - 1) / second
		return whole<<n | units, units*second>>n == ns && whole>>(64-n) == 0
	}
	unit := uint64(1) // nanoseconds
	for ; n < nano; n++ {
		unit *= 10
	}
	hi, lo := bits.Mul64(whole, second/unit)
	ts, carry := bits.Add64(lo, ns/unit, 0)
	return ts, ns%unit == 0 && hi == 0 && carry == 0
}

// split gives whole seconds, rounded down, and the nanoseconds above them.
func split(t index.Time) (sec int64, ns uint64) {
	sec, rest := int64(t)/second, int64(t)%second
	if rest < 0 {
		sec, rest = sec-1, rest+second
	}
	return sec, uint64(rest)
}
