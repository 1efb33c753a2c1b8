package proto

// tlsReader takes integers and vectors from the presentation language of TLS
// (RFC 8446, section 3). After bad became true everything it gives is empty.
type tlsReader struct {
	b   []byte
	bad bool
}

func (r *tlsReader) bytes(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.bad, r.b = true, nil
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

// uint takes a big-endian number of n bytes.
func (r *tlsReader) uint(n int) (v uint32) {
	for _, b := range r.bytes(n) {
		v = v<<8 | uint32(b)
	}
	return v
}

func (r *tlsReader) uint8() uint8   { return uint8(r.uint(1)) }
func (r *tlsReader) uint16() uint16 { return uint16(r.uint(2)) }

// vector takes a vector whose length has n bytes.
func (r *tlsReader) vector(n int) tlsReader {
	size := int(r.uint(n))
	b := r.bytes(size)
	return tlsReader{b: b, bad: r.bad}
}

// uints gives the numbers of n bytes that are left.
func (r *tlsReader) uints(n int) []uint16 {
	out := make([]uint16, 0, len(r.b)/n)
	for len(r.b) >= n {
		out = append(out, uint16(r.uint(n)))
	}
	return out
}
