package source

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"pcapidx/index"
)

const (
	maxLayers  = 2         // compressed once, and that compressed again
	zstdWindow = 128 << 20 // largest zstd window, that of "zstd --long"
)

// layer is one decompressor. The two kinds differ in how they are closed.
type layer struct {
	name string // as in FileInfo.Compression
	src  io.Reader
	zstd *zstd.Decoder // nil for gzip
}

func (l *layer) close() {
	if l.zstd != nil {
		l.zstd.Close()
	}
}

// newLayer starts a decompressor on s. The name is "gzip" or "zstd".
func newLayer(name string, s *stream) (layer, error) {
	l := layer{name: name}
	if name == "gzip" {
		// A bufio.Reader is what the inflater reads fastest. It also reads on
		// through further gzip members.
		z, err := gzip.NewReader(bufio.NewReaderSize(s, 64<<10))
		l.src = z
		return l, err
	}
	z, err := zstd.NewReader(s, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(zstdWindow), zstd.WithDecoderMaxMemory(zstdWindow))
	l.src, l.zstd = z, z
	return l, err
}

// compression names the compression of data with this head, "" for none. A
// zstd file may also begin with a skippable frame.
func compression(head []byte) string {
	switch {
	case len(head) >= 3 && head[0] == 0x1f && head[1] == 0x8b && head[2] == 8:
		return "gzip"
	case len(head) < 4:
		return ""
	}
	m := binary.LittleEndian.Uint32(head)
	if m == 0xfd2fb528 || m&^0xf == 0x184d2a50 {
		return "zstd"
	}
	return ""
}

// open sets up the streams and decompressors between r and the parser.
func (r *Reader) open(src io.Reader) error {
	r.raw = newStream(src)
	r.raw.hash = newHasher()
	s := r.raw
	for name := compression(s.peek(4)); name != ""; name = compression(s.peek(4)) {
		if len(r.layers) == maxLayers {
			return fmt.Errorf("%w: compressed more than %d times", ErrNotCapture, maxLayers)
		}
		l, err := newLayer(name, s)
		if err != nil {
			if hard := r.hardError(); hard != nil {
				return hard
			}
			return fmt.Errorf("%w: broken %s data: %w", ErrNotCapture, name, err)
		}
		r.layers = append(r.layers, l)
		r.info.Compression = append(r.info.Compression, name)
		s = r.unpacked(l.src)
		if err := r.hardError(); err != nil {
			return err
		}
	}
	r.data = s
	if s != r.raw {
		s.hash = newHasher()
	}
	s.max = r.cfg.MaxData
	if s.tooLarge() {
		s.err = ErrTooLarge
	}
	return nil
}

// unpacked gives the stream behind a decompressor. Each is bounded, not only the
// last: what is unpacked in the middle may become nothing in the end.
func (r *Reader) unpacked(src io.Reader) *stream {
	s := newStream(src)
	s.max = r.cfg.MaxData
	if r.cfg.MaxRatio > 0 {
		s.file, s.ratio = r.raw, r.cfg.MaxRatio
	}
	r.unpack = append(r.unpack, s)
	return s
}

// sniff finds out the container format and reads the file header of a pcap.
func (r *Reader) sniff() error {
	head := r.data.peek(12)
	if err := r.hardError(); err != nil && len(head) < 12 {
		return err
	}
	switch {
	case len(head) == 0 && len(r.layers) == 0:
		return nil
	case len(head) == 0 && r.corrupt():
		return fmt.Errorf("%w: broken %s data: %w", ErrNotCapture, r.layers[len(r.layers)-1].name, r.data.err)
	case r.pcap.magic(head):
		r.info.Format = index.FormatPcap
		return r.readFileHeader()
	case sectionOrder(head) != orderNone:
		r.info.Format = index.FormatPcapng
		return nil
	}
	return fmt.Errorf("%w: %s", ErrNotCapture, describe(head))
}

// hardError is the error that no data can be read behind: one of the input
// itself, or ErrTooLarge. A broken compressed stream is none.
func (r *Reader) hardError() error {
	if r.raw.err != nil && !errors.Is(r.raw.err, io.EOF) {
		return r.raw.err
	}
	for _, s := range r.unpack {
		if errors.Is(s.err, ErrTooLarge) {
			return ErrTooLarge
		}
	}
	if r.data != nil && errors.Is(r.data.err, ErrTooLarge) {
		return ErrTooLarge
	}
	return nil
}

// corrupt reports whether the decompressed data ends because its compressed
// form is cut or broken.
func (r *Reader) corrupt() bool {
	return r.data.err != nil && !errors.Is(r.data.err, io.EOF) && r.hardError() == nil
}

// describe says what a head that is no capture looks like, without quoting it
// as text.
func describe(head []byte) string {
	known := []struct{ magic, name string }{
		{"snoop\x00\x00\x00", "a snoop file"},
		{"GMBU", "a Network Monitor capture"},
		{"RTSS", "a Network Monitor capture"},
		{"BZh", "bzip2 data, which has to be unpacked first"},
		{"\xfd7zXZ\x00", "xz data, which has to be unpacked first"},
		{"\x04\x22\x4d\x18", "lz4 data, which has to be unpacked first"},
		{"PK\x03\x04", "a zip archive, which has to be unpacked first"},
		{"7z\xbc\xaf", "a 7z archive, which has to be unpacked first"},
		{"\x7fELF", "an ELF program"},
		{"%PDF", "a PDF document"},
	}
	for _, k := range known {
		if bytes.HasPrefix(head, []byte(k.magic)) {
			return k.name
		}
	}
	switch {
	case len(head) == 0:
		return "compressed data of no length"
	case len(head) < 4:
		return fmt.Sprintf("only %d bytes", len(head))
	case bytes.IndexFunc(head, func(c rune) bool { return c < ' ' && c != '\n' && c != '\r' && c != '\t' || c > '~' }) < 0:
		return "text"
	}
	return fmt.Sprintf("it starts with % x", head[:4])
}
