package diag

import (
	"strconv"

	"pcapidx/index"
)

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

// digits writes a number with three digits or a little more.
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
	return trimmed(v, decimals)
}

// countWords writes how often something was: "1 time", "3 times".
func countWords[T ~int | ~int64 | ~uint32 | ~uint64](n T, noun string) string {
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

// shareText says a share of 1 as a percentage.
func shareText(share float64) string {
	digits := 1
	if share < 0.01 {
		digits = 2
	}
	return trimmed(share*100, digits) + " %"
}

// trimmed writes a number without zeros at its end.
func trimmed(v float64, digits int) string {
	s := strconv.FormatFloat(v, 'f', digits, 64)
	for digits > 0 && s[len(s)-1] == '0' {
		s, digits = s[:len(s)-1], digits-1
	}
	if s[len(s)-1] == '.' {
		s = s[:len(s)-1]
	}
	return s
}

// either gives the word for one or for several.
func either(several bool, word, other string) string {
	if several {
		return word
	}
	return other
}

func seconds(ns int64) float64 { return float64(ns) / 1e9 }

func millis(ns int64) float64 { return float64(ns) / 1e6 }

// share is a part of a whole; 0 of nothing.
func share[P, W ~int | ~int64 | ~uint32](part P, whole W) float64 {
	if whole <= 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// beyond compares sequence numbers, which wrap: a comes after b.
func beyond(a, b uint32) bool { return int32(a-b) > 0 }

// evidence lists frames, those that are not there (0) left out.
func evidence(frames ...uint32) (e Evidence) {
	for _, f := range frames {
		if f != 0 {
			e.Add(f)
		}
	}
	return e
}
