package source

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// builder writes capture files for tests, in either byte order.
type builder struct {
	binary.AppendByteOrder
}

var (
	le = builder{binary.LittleEndian}
	be = builder{binary.BigEndian}
)

// words appends uint16, uint32, uint64 and bytes.
func (e builder) words(parts ...any) []byte {
	var out []byte
	for _, p := range parts {
		switch v := p.(type) {
		case uint16:
			out = e.AppendUint16(out, v)
		case uint32:
			out = e.AppendUint32(out, v)
		case uint64:
			out = e.AppendUint64(out, v)
		case int:
			out = e.AppendUint32(out, uint32(v))
		case string:
			out = append(out, v...)
		case []byte:
			out = append(out, v...)
		default:
			panic("words: unknown type")
		}
	}
	return out
}

// record is a pcap record; extra stands between header and data.
type record struct {
	sec, frac, incl, orig uint32
	data                  []byte
}

// payload is an Ethernet frame of n >= 14 bytes with a local EtherType.
func payload(n int) []byte {
	d := make([]byte, n)
	for i := range d {
		d[i] = byte(i * 7)
	}
	if n >= 14 {
		copy(d[12:], "\x88\xb5")
	}
	return d
}

// rec is a plain record of n bytes.
func rec(n int) record {
	return record{1700000000, 123456, uint32(n), uint32(n), payload(n)}
}

// pcapFile describes a pcap; zero fields get the usual values.
type pcapFile struct {
	magic        uint32
	major, minor int // minor 0 is taken as such if major is set
	snap, link   uint32
	headerExtra  []byte
	extra        []byte
}

func (e builder) pcap(f pcapFile, recs ...record) []byte {
	if f.magic == 0 {
		f.magic = magicMicro
	}
	if f.major == 0 {
		f.major, f.minor = 2, 4
	}
	if f.snap == 0 {
		f.snap = 262144
	}
	if f.link == 0 {
		f.link = 1
	}
	out := e.words(f.magic, uint16(f.major), uint16(f.minor), 0, 0, f.snap, f.link, f.headerExtra)
	for _, r := range recs {
		out = append(out, e.words(r.sec, r.frac, r.incl, r.orig, f.extra, r.data)...)
	}
	return out
}

func pad4(b []byte) []byte { return append(bytes.Clone(b), make([]byte, -len(b)&3)...) }

// block is a whole pcapng block around a body.
func (e builder) block(kind uint32, body ...any) []byte {
	b := pad4(e.words(body...))
	n := uint32(len(b) + 12)
	return e.words(kind, n, b, n)
}

// lying is a block with lengths of its own.
func (e builder) lying(kind, first, last uint32, body ...any) []byte {
	return e.words(kind, first, pad4(e.words(body...)), last)
}

func (e builder) option(code int, value ...any) []byte {
	v := e.words(value...)
	return e.words(uint16(code), uint16(len(v)), pad4(v))
}

func (e builder) shb(options ...any) []byte { return e.version(1, 0, options...) }

func (e builder) version(major, minor int, options ...any) []byte {
	body := e.words(uint32(0x1a2b3c4d), uint16(major), uint16(minor), ^uint64(0))
	return e.block(blockSection, append([]any{body}, options...)...)
}

func (e builder) idb(link int, snap uint32, options ...any) []byte {
	return e.block(blockInterface, append([]any{uint16(link), uint16(0), snap}, options...)...)
}

const stamp = uint64(1700000000123456)

func (e builder) epb(iface int, ts uint64, data []byte, options ...any) []byte {
	body := e.words(iface, uint32(ts>>32), uint32(ts), len(data), len(data), pad4(data))
	return e.block(blockEnhanced, append([]any{body}, options...)...)
}

func (e builder) spb(orig int, data []byte) []byte { return e.block(blockSimple, orig, data) }

func gz(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zst(t testing.TB, data []byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll(data, nil)
}

func cat(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
