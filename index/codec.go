package index

import (
	"encoding/binary"
	"errors"

	"github.com/klauspost/compress/s2"
)

// errShort is what a decoder returns when a value ends too early or holds a
// number out of range; readers turn it into a CorruptError.
var errShort = errors.New("value is cut or out of range")

// decoder reads varints and byte runs from a value. After the first error every
// read gives zero values; err says so once at the end.
type decoder struct {
	b   []byte
	err error
	// known holds texts that were decoded before, so that one that repeats is not made
	// anew; nil: all are.
	known map[string]string
}

// maxKnownTexts bounds decoder.known.
const maxKnownTexts = 1 << 15

func (d *decoder) fail() { d.b, d.err = nil, errShort }

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.b)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return v
}

// skip reads past n varints.
func (d *decoder) skip(n int) {
	for i, c := range d.b {
		if n == 0 {
			d.b = d.b[i:]
			return
		}
		if c < 0x80 {
			n--
		}
	}
	if d.b = d.b[len(d.b):]; n > 0 {
		d.fail()
	}
}

// uvarints reads as many varints as to takes. After an error what it holds means nothing.
func (d *decoder) uvarints(to []uint64) {
	b := d.b
	for i := range to {
		if len(b) > 0 && b[0] < 0x80 { // most are one byte
			to[i], b = uint64(b[0]), b[1:]
			continue
		}
		v, n := binary.Uvarint(b)
		if n <= 0 {
			d.fail()
			return
		}
		to[i], b = v, b[n:]
	}
	d.b = b
}

// signed gives the number that a varint of a signed one holds.
func signed(v uint64) int64 { return int64(v>>1) ^ -int64(v&1) }

// uint32 reads a varint that must fit 32 bits.
func (d *decoder) uint32() uint32 {
	v := d.uvarint()
	if v > 1<<32-1 {
		d.fail()
		return 0
	}
	return uint32(v)
}

// fixed32 reads a big-endian number of four bytes.
func (d *decoder) fixed32() uint32 {
	if b := d.bytes(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

// count reads a length or number of items, each at least size bytes long, and
// refuses one that the rest of the value cannot hold.
func (d *decoder) count(size int) int {
	v := d.uvarint()
	if v > uint64(len(d.b)/max(size, 1)) {
		d.fail()
		return 0
	}
	return int(v)
}

// bytes reads n bytes without copying.
func (d *decoder) bytes(n int) []byte {
	if n < 0 || n > len(d.b) {
		d.fail()
		return nil
	}
	b := d.b[:n:n]
	d.b = d.b[n:]
	return b
}

func (d *decoder) byte() byte {
	if b := d.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (d *decoder) string() string { return d.text(d.bytes(d.count(1))) }

// text gives bytes as a string.
func (d *decoder) text(b []byte) string {
	if d.known == nil {
		return string(b)
	}
	s, ok := d.known[string(b)]
	if !ok {
		if s = string(b); len(d.known) < maxKnownTexts {
			d.known[s] = s
		}
	}
	return s
}

func appendString(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// Packed bodies begin with one byte that says how the rest is stored.
const (
	packedPlain = 0
	packedS2    = 1
)

// Limits of what unpack may allocate. The largest body ever packed is a block
// with one frame of the largest length a reader accepts; groups of rows,
// connections and pieces are far smaller.
const (
	packLimit  = 512 << 20
	groupLimit = 1 << 20
)

// pack appends src to dst, compressed with s2 where that is smaller.
func pack(dst, src []byte) []byte {
	from := len(dst)
	need := 1 + s2.MaxEncodedLen(len(src))
	if cap(dst)-from < need {
		dst = append(make([]byte, 0, from+need), dst...)
	}
	out := s2.Encode(dst[from+1:cap(dst)], src)
	if len(out) < len(src) {
		dst = dst[:from+1+len(out)]
		dst[from] = packedS2
		return dst
	}
	return append(append(dst[:from], packedPlain), src...)
}

// unpack decodes what pack wrote, up to limit bytes. The answer is either part
// of b or stands in buf (grown as needed).
func unpack(b, buf []byte, limit int) ([]byte, error) {
	if len(b) == 0 {
		return nil, errShort
	}
	if b[0] == packedPlain {
		return b[1:], nil
	}
	n, err := s2.DecodedLen(b[1:])
	if err != nil || b[0] != packedS2 || n > limit {
		return nil, errShort
	}
	if cap(buf) < n {
		buf = make([]byte, n)
	}
	out, err := s2.Decode(buf[:n], b[1:])
	if err != nil {
		return nil, errShort
	}
	return out, nil
}
