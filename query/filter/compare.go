package filter

import (
	"cmp"
	"math"
	"strings"
)

// compare asks one pair of values. Values that cannot be compared differ in
// nothing and are equal in nothing: a record that gives a field values of
// another kind matches no test of it.
func compare(op Op, a, b *Value) bool {
	if op == Contains {
		return contains(a, b)
	}
	c, ok := order(a, b)
	if !ok {
		return false
	}
	switch op {
	case Eq:
		return c == 0
	case Ne:
		return c != 0
	case Gt:
		return c > 0
	case Ge:
		return c >= 0
	case Lt:
		return c < 0
	case Le:
		return c <= 0
	}
	return false
}

// order compares as Wireshark does: addresses under the shorter of the two
// prefixes, byte sequences by length and then by content, strings by bytes.
func order(a, b *Value) (c int, ok bool) {
	switch a.kind {
	case Bool, Uint:
		switch b.kind {
		case Bool, Uint:
			return cmp.Compare(a.lo, b.lo), true
		case Int:
			if b.Int() < 0 {
				return 1, true
			}
			return cmp.Compare(a.lo, b.lo), true
		}
		return 0, false
	case Int:
		switch {
		case b.kind == Int:
			return cmp.Compare(a.Int(), b.Int()), true
		case b.kind != Bool && b.kind != Uint:
			return 0, false
		case a.Int() < 0:
			return -1, true
		}
		return cmp.Compare(a.lo, b.lo), true
	}
	if a.kind != b.kind {
		return 0, false
	}
	switch a.kind {
	case Float:
		x, y := a.Float(), b.Float()
		return cmp.Compare(x, y), !math.IsNaN(x) && !math.IsNaN(y)
	case String:
		return strings.Compare(a.data, b.data), true
	case Bytes, Protocol:
		if len(a.data) != len(b.data) {
			return cmp.Compare(len(a.data), len(b.data)), true
		}
		return strings.Compare(a.data, b.data), true
	case IPv4:
		m := ^uint64(0) << (32 - min(a.bits, b.bits, 32))
		return cmp.Compare(a.lo&m, b.lo&m), true
	case IPv6:
		hi, lo := ^uint64(0), ^uint64(0)
		if bits := min(a.bits, b.bits, 128); bits <= 64 {
			hi, lo = hi<<(64-bits), 0
		} else {
			lo <<= 128 - bits
		}
		return cmp.Or(cmp.Compare(a.hi&hi, b.hi&hi), cmp.Compare(a.lo&lo, b.lo&lo)), true
	case AbsTime, RelTime:
		return cmp.Compare(a.Int(), b.Int()), true
	}
	return 0, false
}

// contains: Wireshark finds the empty byte sequence in every other, and the
// empty string in none.
func contains(a, b *Value) bool {
	switch {
	case a.kind == String && b.kind == String:
		return b.data != "" && strings.Contains(a.data, b.data)
	case a.kind == b.kind && (a.kind == Bytes || a.kind == Protocol):
		return strings.Contains(a.data, b.data)
	}
	return false
}

// mask gives the bits that a and b have in common; of byte sequences, as many
// bytes as the shorter has.
func mask(a, b Value) Value {
	switch a.kind {
	case IPv4:
		a.bits = 32
	case IPv6:
		a.bits = 128
	case Bytes:
		out := []byte(a.data[:min(len(a.data), len(b.data))])
		for i := range out {
			out[i] &= b.data[i]
		}
		return BytesValue(out)
	}
	a.hi &= b.hi
	a.lo &= b.lo
	return a
}

func nonZero(v *Value) bool {
	return v.hi|v.lo != 0 || v.kind == Bytes && strings.Trim(v.data, "\x00") != ""
}
