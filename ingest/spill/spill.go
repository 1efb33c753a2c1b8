// Package spill writes state to memory and reads it back. An ingest keeps the
// state of idle connections on disk; whoever has such state describes it once,
//
//	func (s *state) Code(c *spill.Coder) {
//		spill.Uint(c, &s.frames)
//		c.Bool(&s.closed)
//	}
//
// and the same lines encode and decode it. The format lives only while one ingest
// runs. The package imports the standard library only.
package spill

import "encoding/binary"

// Coder goes over state: a writing one appends it, a reading one sets it. A read
// that meets damaged bytes sets zeros, and Failed tells.
type Coder struct {
	b       []byte
	reading bool
	failed  bool
}

// Writer gives a coder that appends to b.
func Writer(b []byte) *Coder { return &Coder{b: b} }

// Reader gives a coder that reads b.
func Reader(b []byte) *Coder { return &Coder{b: b, reading: true} }

// Bytes gives what was written, or what is not read yet.
func (c *Coder) Bytes() []byte { return c.b }

// Reading tells readers from writers.
func (c *Coder) Reading() bool { return c.reading }

// Failed reports whether the bytes that were read are damaged.
func (c *Coder) Failed() bool { return c.failed }

// Fail marks the bytes as damaged: what they say is impossible.
func (c *Coder) Fail() { c.failed, c.b = true, nil }

// number codes v as an unsigned varint.
func (c *Coder) number(v uint64) uint64 {
	if !c.reading {
		c.b = binary.AppendUvarint(c.b, v)
		return v
	}
	v, n := binary.Uvarint(c.b)
	if n <= 0 {
		c.Fail()
		return 0
	}
	c.b = c.b[n:]
	return v
}

// Uint codes an unsigned number.
func Uint[T ~uint8 | ~uint16 | ~uint32 | ~uint64](c *Coder, v *T) {
	got := c.number(uint64(*v))
	if *v = T(got); uint64(*v) != got {
		*v = 0
		c.Fail()
	}
}

// Int codes a signed number.
func Int[T ~int8 | ~int16 | ~int32 | ~int64 | ~int](c *Coder, v *T) {
	n := int64(*v)
	got := c.number(uint64(n)<<1 ^ uint64(n>>63))
	n = int64(got>>1) ^ -int64(got&1)
	if *v = T(n); int64(*v) != n {
		*v = 0
		c.Fail()
	}
}

// Bool codes a truth value.
func (c *Coder) Bool(v *bool) {
	var n uint8
	if *v {
		n = 1
	}
	Uint(c, &n)
	*v = n != 0
}

// Bits codes several truth values, at most eight, in one byte.
func (c *Coder) Bits(vs ...*bool) {
	var n uint8
	for i, v := range vs {
		if *v {
			n |= 1 << i
		}
	}
	Uint(c, &n)
	for i, v := range vs {
		*v = n>>i&1 != 0
	}
}

// Slice codes a list of at most limit elements.
func Slice[T any](c *Coder, s *[]T, limit int, element func(*T)) {
	n := c.number(uint64(len(*s)))
	switch {
	case n > uint64(limit) || c.reading && n > uint64(len(c.b)): // each element takes a byte at least
		c.Fail()
		*s = nil
		return
	case c.reading && n == 0:
		*s = nil
		return
	case c.reading:
		*s = make([]T, n)
	}
	for i := range *s {
		element(&(*s)[i])
	}
}

// String codes a text.
func (c *Coder) String(s *string) {
	n := c.number(uint64(len(*s)))
	switch {
	case !c.reading:
		c.b = append(c.b, *s...)
	case n > uint64(len(c.b)):
		c.Fail()
		*s = ""
	default:
		*s, c.b = string(c.b[:n]), c.b[n:]
	}
}
