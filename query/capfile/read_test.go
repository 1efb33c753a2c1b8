package capfile

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pcapidx/index"
	"pcapidx/ingest/source"
)

const corpus = "../../../shared/corpus/captures"

// capture is a capture file read to its end.
type capture struct {
	info   *index.FileInfo
	frames []index.Frame
	data   [][]byte
}

func read(t testing.TB, file io.Reader) (*capture, error) {
	t.Helper()
	r, err := source.NewReader(file, source.Config{})
	if err != nil {
		return nil, err
	}
	defer r.Close()
	c := &capture{info: r.Info()}
	var b source.Batch
	for {
		err := r.Next(&b)
		if errors.Is(err, io.EOF) {
			return c, nil
		}
		if err != nil {
			return nil, err
		}
		for i := range b.Frames {
			c.frames = append(c.frames, b.Frames[i])
			c.data = append(c.data, bytes.Clone(b.Packet(i)))
		}
	}
}

// mustRead reads a file that a Writer wrote: it is whole.
func mustRead(t testing.TB, file []byte) *capture {
	t.Helper()
	c, err := read(t, bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if c.info.Damage != nil {
		t.Fatalf("the file is damaged: %+v", *c.info.Damage)
	}
	return c
}

func (c *capture) iface(n int) *index.Interface { return &c.info.Interfaces[c.frames[n].Iface] }

// leftOut reports whether a frame has no form in a file.
func (c *capture) leftOut(n int, format index.Format) bool {
	link := c.iface(n).LinkType
	return link > maxLink && (format == index.FormatPcap || link != source.LinkTypeJournal)
}

// write writes all frames, or those that keep gives.
func (c *capture) write(t testing.TB, format index.Format, keep func(n int) bool) ([]byte, Result, error) {
	t.Helper()
	var file bytes.Buffer
	var w Writer
	var err error
	if format == index.FormatPcap {
		w = NewPcap(&file, c.info)
	} else if w, err = NewPcapng(&file, c.info); err != nil {
		return nil, Result{}, err
	}
	for n := range c.frames {
		if keep == nil || keep(n) {
			if err := w.Packet(uint32(n+1), &c.frames[n], c.data[n]); err != nil {
				return nil, w.Result(), err
			}
		}
	}
	err = w.Close()
	return file.Bytes(), w.Result(), err
}

// comments gives the comments of each frame, numbered from 0.
func (c *capture) comments() map[int][]string {
	m := make(map[int][]string)
	for _, f := range c.info.Comments {
		m[int(f.Frame)-1] = append(m[int(f.Frame)-1], f.Comment)
	}
	return m
}

// each runs a test for every capture there is.
func each(t *testing.T, withCorpus bool, test func(t *testing.T, path string, c *capture)) {
	files, err := filepath.Glob("../../testdata/captures/*.*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no captures in testdata: %v", err)
	}
	if more, _ := filepath.Glob(corpus + "/*"); withCorpus {
		if len(more) == 0 {
			t.Log("no corpus in " + corpus)
		}
		files = append(files, more...)
	}
	for _, path := range files {
		if strings.HasSuffix(path, ".keys") {
			continue
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			c, err := read(t, f)
			if errors.Is(err, source.ErrNotCapture) {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			test(t, path, c)
		})
	}
}

// compare checks a file that was written with some frames of c.
func compare(t testing.TB, c *capture, file []byte, r Result, format index.Format, keep func(n int) bool) {
	t.Helper()
	got := mustRead(t, file)
	var numbers []int // of the frames that must be there
	for n := range c.frames {
		if (keep == nil || keep(n)) && !c.leftOut(n, format) {
			numbers = append(numbers, n)
		}
	}
	if len(got.frames) != len(numbers) || int(r.Frames) != len(numbers) {
		t.Fatalf("%d frames in the file, %d in the result, want %d", len(got.frames), r.Frames, len(numbers))
	}
	was, is := c.comments(), got.comments()
	for k, n := range numbers {
		compareFrame(t, c, n, got, k, format)
		if format == index.FormatPcapng && !slices.Equal(is[k], was[n]) {
			t.Errorf("frame %d: comments %q, want %q", n+1, is[k], was[n])
		}
	}
	if format == index.FormatPcapng {
		compareInfo(t, c.info, got.info)
	}
}

func compareFrame(t testing.TB, c *capture, n int, got *capture, k int, format index.Format) {
	t.Helper()
	want, f := c.frames[n], got.frames[k]
	// A frame without time may have that of 1970.
	if f.Time != want.Time || f.NoTime && !want.NoTime || f.CapLen != want.CapLen || f.OrigLen != want.OrigLen {
		t.Errorf("frame %d: %+v, want %+v", n+1, f, want)
	}
	if !bytes.Equal(got.data[k], c.data[n]) {
		t.Errorf("frame %d: bytes differ", n+1)
	}
	i, source := got.iface(k), c.iface(n)
	if format == index.FormatPcap {
		if i.LinkType != source.LinkType {
			t.Errorf("frame %d: link type %d, want %d", n+1, i.LinkType, source.LinkType)
		}
		return
	}
	compareInterface(t, i, source)
}

// compareInterface compares all but the numbers and counts. The scale of time
// stamps may be nanoseconds.
func compareInterface(t testing.TB, got, want *index.Interface) {
	t.Helper()
	g := []any{got.LinkType, got.Name, got.Description, got.Hardware, got.OS, got.Filter}
	w := []any{want.LinkType, want.Name, want.Description, want.Hardware, want.OS, want.Filter}
	if !slices.Equal(g, w) || !slices.Equal(got.Comments, want.Comments) {
		t.Errorf("interface %+v\nwant      %+v", *got, *want)
	}
	if got.LinkType <= maxLink && got.SnapLen != want.SnapLen {
		t.Errorf("snapshot length %d, want %d", got.SnapLen, want.SnapLen)
	}
	scales := []scale{scaleOf(want), wide(0), wide(-1)}
	if s := (scale{got.Resolution, got.Offset}); got.LinkType <= maxLink && !slices.Contains(scales, s) {
		t.Errorf("scale %+v, want one of %+v", s, scales)
	}
}

// compareInfo compares what a pcapng file says beside its frames.
func compareInfo(t testing.TB, c, got *index.FileInfo) {
	t.Helper()
	if !slices.Equal(got.Names, c.Names) {
		t.Errorf("names %v, want %v", got.Names, c.Names)
	}
	want := index.Section{Major: 1, Application: application}
	if len(c.Sections) == 1 {
		want.Hardware, want.OS = c.Sections[0].Hardware, c.Sections[0].OS
		if a := c.Sections[0].Application; a != "" {
			want.Application = a
		}
	}
	for _, s := range c.Sections {
		want.Comments = append(want.Comments, s.Comments...)
	}
	if len(got.Sections) != 1 {
		t.Fatalf("%d sections", len(got.Sections))
	}
	s := got.Sections[0]
	if !slices.Equal(s.Comments, want.Comments) || s.Hardware != want.Hardware || s.OS != want.OS || s.Application != want.Application {
		t.Errorf("section %+v, want %+v", s, want)
	}
	isPacket := func(i index.Interface) bool { return i.LinkType <= maxLink }
	var packets []index.Interface
	for _, i := range got.Interfaces {
		if isPacket(i) {
			packets = append(packets, i)
		}
	}
	k := 0
	for _, i := range c.Interfaces {
		if !isPacket(i) {
			continue
		}
		if k == len(packets) {
			t.Fatalf("%d interfaces are not enough", len(packets))
		}
		compareInterface(t, &packets[k], &i)
		k++
	}
}
