package diag

import (
	"strconv"
	"strings"

	"pcapidx/index"
)

// beyond reports whether sequence number a comes after b; they wrap (RFC 9293,
// section 3.4).
func beyond(a, b uint32) bool { return int32(a-b) > 0 }

// timeWords writes a duration for a sentence: three digits or a little more, in ms
// or s.
func timeWords(ns int64) string {
	ms, unit := float64(ns)/1e6, " ms"
	if ms >= 1000 {
		ms, unit = ms/1000, " s"
	}
	return digits(ms) + unit
}

// rateWords writes a rate in bytes per second as bits.
func rateWords(bytesPerSecond float64) string {
	v, unit := bytesPerSecond*8, " bit/s"
	for _, next := range []string{" kbit/s", " Mbit/s", " Gbit/s", " Tbit/s"} {
		if v < 1000 {
			break
		}
		v, unit = v/1000, next
	}
	return digits(v) + unit
}

func digits(v float64) string {
	decimals := 3
	switch {
	case v >= 100:
		decimals = 0
	case v >= 10:
		decimals = 1
	case v >= 1:
		decimals = 2
	}
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// countWords writes how often something was: "1 time", "3 times".
func countWords[T uint32 | uint64 | int64](n T, noun string) string {
	s := strconv.FormatUint(uint64(n), 10) + " " + noun
	if n != 1 {
		s += "s"
	}
	return s
}

// inMs and inSeconds make figures of durations.
func inMs(name string, ns int64) index.Number {
	return index.Number{Name: name + "_ms", Value: float64(ns) / 1e6}
}

func inSeconds(name string, ns int64) index.Number {
	return index.Number{Name: name + "_s", Value: float64(ns) / 1e9}
}

func figure[T uint8 | uint32 | uint64 | int64](name string, v T) index.Number {
	return index.Number{Name: name, Value: float64(v)}
}
