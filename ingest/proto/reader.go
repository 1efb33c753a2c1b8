package proto

import "bytes"

// reader takes integers, texts, and the vectors of TLS' presentation language (RFC
// 8446, section 3) from bytes in network order. After a read behind their end it is
// bad, and everything it gives is empty.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) bytes(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.bad, r.b = true, nil
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

// uint takes a big-endian number of n bytes.
func (r *reader) uint(n int) (v uint32) {
	for _, b := range r.bytes(n) {
		v = v<<8 | uint32(b)
	}
	return v
}

func (r *reader) uint8() uint8   { return uint8(r.uint(1)) }
func (r *reader) uint16() uint16 { return uint16(r.uint(2)) }
func (r *reader) uint32() uint32 { return r.uint(4) }

// text reads up to a NUL; a text that is cut ends with the bytes.
func (r *reader) text() string {
	n := bytes.IndexByte(r.b, 0)
	if n < 0 {
		t := string(r.b)
		r.b, r.bad = nil, true
		return t
	}
	t := string(r.b[:n])
	r.b = r.b[n+1:]
	return t
}

// vector takes a vector whose length has n bytes.
func (r *reader) vector(n int) reader {
	size := int(r.uint(n))
	b := r.bytes(size)
	return reader{b: b, bad: r.bad}
}

// uints gives the numbers of n bytes that are left.
func (r *reader) uints(n int) []uint16 {
	out := make([]uint16, 0, len(r.b)/n)
	for len(r.b) >= n {
		out = append(out, uint16(r.uint(n)))
	}
	return out
}
