package source

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"slices"
	"testing"

	"pcapidx/index"
)

// capture is a file read to its end.
type capture struct {
	frames []index.Frame
	links  []uint32
	data   [][]byte
	pieces map[uint32][][]byte
	info   *index.FileInfo
	sum    [32]byte // of the decompressed data
}

// read reads a whole capture and checks what holds for every one: numbering,
// bounds of batches, lengths, both sums, and that the file can be rebuilt.
func read(t testing.TB, file io.Reader, c Config) (*capture, error) {
	t.Helper()
	given := sha256.New()
	r, err := NewReader(io.TeeReader(file, given), c)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	out := &capture{pieces: map[uint32][][]byte{}, info: r.Info()}
	var b Batch
	for {
		err := r.Next(&b)
		if err == io.EOF {
			break
		}
		if err != nil {
			return out, err
		}
		out.add(t, r, &b)
	}
	if len(b.Frames)+len(b.Pieces) > 0 {
		t.Error("the batch is not empty at io.EOF")
	}
	fileSum, dataSum := r.Sums()
	if fileSum != [32]byte(given.Sum(nil)) {
		t.Error("SHA-256 of the file as given is wrong")
	}
	out.sum = dataSum
	rebuilt := out.rebuild(t)
	if sha256.Sum256(rebuilt) != dataSum || uint64(len(rebuilt)) != out.info.DataBytes {
		t.Errorf("rebuilt file has %d bytes and differs, want %d", len(rebuilt), out.info.DataBytes)
	}
	checkInfo(t, out)
	return out, nil
}

func (c *capture) add(t testing.TB, r *Reader, b *Batch) {
	t.Helper()
	if b.First != uint32(len(c.frames))+1 || len(b.Frames) > BatchFrames ||
		len(b.Offset) != len(b.Frames)+1 || len(b.Links) != len(b.Frames) {
		t.Fatalf("batch of %d frames starts at %d after %d frames", len(b.Frames), b.First, len(c.frames))
	}
	for i, f := range b.Frames {
		if len(b.Packet(i)) != int(f.CapLen) {
			t.Fatalf("frame %d has %d bytes of data, CapLen %d", int(b.First)+i, len(b.Packet(i)), f.CapLen)
		}
		if b.Links[i] != r.Link(f.Iface) {
			t.Fatalf("frame %d has link type %d, its interface %d", int(b.First)+i, b.Links[i], r.Link(f.Iface))
		}
		c.data = append(c.data, bytes.Clone(b.Packet(i)))
	}
	c.frames = append(c.frames, b.Frames...)
	c.links = append(c.links, b.Links...)
	last := uint32(0)
	for _, p := range b.Pieces {
		if len(p.Data) > PieceBytes || p.Before < b.First || p.Before < last || p.Before > b.First+uint32(len(b.Frames)) {
			t.Fatalf("piece of %d bytes before frame %d in batch of frame %d", len(p.Data), p.Before, b.First)
		}
		last = p.Before
		c.pieces[p.Before] = append(c.pieces[p.Before], bytes.Clone(p.Data))
	}
}

// rebuild joins pieces, what index.AppendGap tells, and packet data.
func (c *capture) rebuild(t testing.TB) []byte {
	t.Helper()
	var out []byte
	for i := range len(c.frames) + 1 {
		var prev, next *index.Frame
		if i > 0 {
			prev = &c.frames[i-1]
		}
		if i < len(c.frames) {
			next = &c.frames[i]
		}
		if p, ok := c.pieces[uint32(i+1)]; ok {
			out = append(out, slices.Concat(p...)...)
		} else if out, ok = index.AppendGap(out, c.info.Interfaces, prev, next); !ok {
			t.Fatalf("the gap before frame %d can not be told and has no piece", i+1)
		}
		if next != nil {
			out = append(out, c.data[i]...)
		}
	}
	return out
}

// checkInfo checks what must hold in a description whatever the file is.
func checkInfo(t testing.TB, c *capture) {
	t.Helper()
	counts := make([]uint64, len(c.info.Interfaces))
	for _, f := range c.frames {
		counts[f.Iface]++
	}
	for i, in := range c.info.Interfaces {
		if in.Packets != counts[i] {
			t.Errorf("interface %d counts %d packets, has %d", i, in.Packets, counts[i])
		}
	}
	if d := c.info.Damage; d != nil {
		if d.Offset > c.info.DataBytes || d.AfterFrame != uint32(len(c.frames)) || d.Kind == "" || d.Message == "" {
			t.Errorf("damage %+v in a file of %d bytes and %d frames", *d, c.info.DataBytes, len(c.frames))
		}
	}
}

// mustRead is read for files that have to be captures.
func mustRead(t testing.TB, file []byte) *capture {
	t.Helper()
	c, err := read(t, bytes.NewReader(file), Config{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// prefix reads a file that may be no capture at all; then nil is returned.
func prefix(t testing.TB, file []byte) *capture {
	t.Helper()
	c, err := read(t, bytes.NewReader(file), Config{})
	if errors.Is(err, ErrNotCapture) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}
