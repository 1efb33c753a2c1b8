package proto

import "net/netip"

// dnsReader reads a message. It is bad after a read behind the message's end, and
// emits nothing more then.
type dnsReader struct {
	m   *Message
	b   []byte // from the header on
	at  int
	bad bool
}

// take gives the next bytes.
func (r *dnsReader) take(n int) []byte {
	if r.bad || n < 0 || n > len(r.b)-r.at {
		r.bad = true
		return nil
	}
	r.at += n
	return r.b[r.at-n : r.at]
}

// uint reads a number of some bytes and emits it as a field.
func (r *dnsReader) uint(field, size int) uint64 {
	var v uint64
	for _, c := range r.take(size) {
		v = v<<8 | uint64(c)
	}
	if !r.bad {
		r.m.Uint(field, v)
	}
	return v
}

func (r *dnsReader) u8(field int) int  { return int(r.uint(field, 1)) }
func (r *dnsReader) u16(field int) int { return int(r.uint(field, 2)) }

// name reads a name and emits it.
func (r *dnsReader) name(field int) dnsName {
	n, ok := r.readName()
	if ok {
		r.m.Str(field, n.text)
	}
	return n
}

func (r *dnsReader) readName() (dnsName, bool) {
	if r.bad {
		return dnsName{}, false
	}
	n, end, ok := readName(r.b, r.at)
	if !ok {
		r.bad = true
		return n, false
	}
	r.at = end
	return n, true
}

// text reads an ASCII text of a length.
func (r *dnsReader) text(field, size int) string {
	s := asciiText(r.take(size))
	if !r.bad {
		r.m.Str(field, s)
	}
	return s
}

// bytes reads bytes and emits them.
func (r *dnsReader) bytes(field, size int) {
	if b := r.take(size); !r.bad {
		r.m.Str(field, string(b))
	}
}

// rest reads bytes up to an end, if there are any.
func (r *dnsReader) rest(field, end int) {
	if end > r.at {
		r.bytes(field, end-r.at)
	}
}

// address reads an address of 4 or 16 bytes.
func (r *dnsReader) address(field, size int) netip.Addr {
	a, _ := netip.AddrFromSlice(r.take(size))
	if !r.bad {
		r.m.Str(field, string(a.AsSlice()))
	}
	return a
}
