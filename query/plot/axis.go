package plot

import (
	"math"
	"strconv"
)

// unit is a power of ten with a name.
type unit struct {
	power int
	name  string
}

// The units of times are counted in ns, those of sizes in bytes, and those of rates
// in bits per second.
var (
	timeUnits = []unit{{0, "ns"}, {3, "µs"}, {6, "ms"}, {9, "s"}}
	byteUnits = []unit{{0, "B"}, {3, "kB"}, {6, "MB"}, {9, "GB"}, {12, "TB"}}
	rateUnits = []unit{{0, "bit/s"}, {3, "kbit/s"}, {6, "Mbit/s"}, {9, "Gbit/s"}, {12, "Tbit/s"}}
)

// unitFor gives the largest unit that is not larger than a value.
func unitFor(units []unit, v float64) unit {
	u := units[0]
	for _, next := range units[1:] {
		if math.Abs(v) >= math.Pow10(next.power) {
			u = next
		}
	}
	return u
}

// round is a step of 1, 2 or 5 times a power of ten.
type round struct{ digit, power int }

func (r round) value() float64 { return float64(r.digit) * math.Pow10(r.power) }

// roundStep gives the smallest round step from 10^lowest on that divides a span into
// at most so many parts.
func roundStep(span float64, most, lowest int) round {
	for power := lowest; power < 300; power++ {
		for _, digit := range [...]int{1, 2, 5} {
			if r := (round{digit, power}); span <= r.value()*float64(most) {
				return r
			}
		}
	}
	return round{1, 300}
}

// tick is a place of an axis with a label.
type tick struct {
	value float64
	label string
}

// axis is a range of values with its unit.
type axis struct {
	low, high float64
	unit      unit
	lowest    int // power of ten of the smallest step
	log       bool
}

// norm places a value: 0 is the lower end of the axis, 1 the upper.
func (a *axis) norm(v float64) float64 {
	if a.log {
		return math.Log(v/a.low) / math.Log(a.high/a.low)
	}
	return (v - a.low) / (a.high - a.low)
}

func newAxis(low, high float64, units []unit, lowest int) axis {
	return axis{low: low, high: high, unit: unitFor(units, math.Max(math.Abs(low), math.Abs(high))), lowest: lowest}
}

// ticks gives at most so many steps, and one label more.
func (a *axis) ticks(most int) (all []tick) {
	if a.log {
		return a.logTicks(most)
	}
	step := roundStep(a.high-a.low, max(most, 1), a.lowest)
	first, last := math.Ceil(a.low/step.value()-1e-9), math.Floor(a.high/step.value()+1e-9)
	decimals := max(a.unit.power-step.power, 0)
	for i := first; i <= last && len(all) <= most+1; i++ {
		all = append(all, tick{i * step.value(), a.text(i*step.value(), decimals)})
	}
	return all
}

func (a *axis) text(v float64, decimals int) string {
	if v == 0 {
		return "0"
	}
	return strconv.FormatFloat(v/math.Pow10(a.unit.power), 'f', decimals, 64)
}

// logTicks gives the powers of ten, and 2 and 5 times those where there is room.
func (a *axis) logTicks(most int) (all []tick) {
	first, last := int(math.Floor(math.Log10(a.low))), int(math.Ceil(math.Log10(a.high)))
	digits := []int{1, 2, 5}
	if 3*math.Log10(a.high/a.low) > float64(most) {
		digits = digits[:1]
	}
	for power := first; power <= last; power++ {
		for _, digit := range digits {
			if v := (round{digit, power}).value(); v >= a.low && v <= a.high {
				all = append(all, tick{v, a.text(v, max(a.unit.power-power, 0))})
			}
		}
	}
	return all
}

// inUnits writes a value with three digits and its unit.
func inUnits(units []unit, v float64) string {
	u := unitFor(units, v*1.0005) // 999.95 is a thousand
	scaled := v / math.Pow10(u.power)
	decimals := 0
	switch {
	case u.power == units[0].power && scaled == math.Trunc(scaled):
	case math.Abs(scaled) < 9.995:
		decimals = 2
	case math.Abs(scaled) < 99.95:
		decimals = 1
	}
	return strconv.FormatFloat(scaled, 'f', decimals, 64) + " " + u.name
}

// grouped writes a number with its thousands apart.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
