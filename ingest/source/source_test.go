package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

func TestOddFiles(t *testing.T) {
	for _, o := range oddFiles(t) {
		t.Run(o.name, func(t *testing.T) {
			c := mustRead(t, o.file)
			damage := ""
			if c.info.Damage != nil {
				damage = c.info.Damage.Kind
			}
			if len(c.frames) != o.frames || damage != o.damage {
				t.Errorf("%d frames, damage %+v; want %d, %q", len(c.frames), c.info.Damage, o.frames, o.damage)
			}
		})
	}
}

// TestWireshark compares frame numbers, lengths and times of every second odd file,
// with SOURCE_ALL of all, with those of tshark: each takes a run of it.
func TestWireshark(t *testing.T) {
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("SKIPPED: no tshark, the odd files were not compared with Wireshark")
	}
	if testing.Short() {
		t.Skip("SKIPPED: -short, the odd files were not compared with Wireshark")
	}
	dir := t.TempDir()
	for i, o := range oddFiles(t) {
		if i%2 != 0 && os.Getenv("SOURCE_ALL") == "" {
			continue
		}
		t.Run(o.name, func(t *testing.T) {
			if o.differs != "" {
				t.Skip("tshark differs: " + o.differs)
			}
			t.Parallel()
			file := filepath.Join(dir, fmt.Sprint(i))
			if err := os.WriteFile(file, o.file, 0o600); err != nil {
				t.Fatal(err)
			}
			// The exit status and messages tell of damage, which is expected.
			want, _ := exec.Command(tshark, "-n", "-r", file, "-T", "fields", "-e", "frame.number",
				"-e", "frame.len", "-e", "frame.cap_len", "-e", "frame.time_epoch").Output()
			got := fields(mustRead(t, o.file))
			if !sameFields(t, got, strings.TrimRight(string(want), "\n")) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// fields writes frames like tshark's -T fields does.
func fields(c *capture) string {
	var b strings.Builder
	for i, f := range c.frames {
		fmt.Fprintf(&b, "%d\t%d\t%d\t", i+1, f.OrigLen, f.CapLen)
		if !f.NoTime {
			fmt.Fprintf(&b, "%d", f.Time)
		}
		b.WriteByte('\n')
	}
	return strings.TrimRight(b.String(), "\n")
}

// sameFields compares lines, with tshark's times converted to nanoseconds.
func sameFields(t *testing.T, got, want string) bool {
	t.Helper()
	var b strings.Builder
	for line := range strings.Lines(want) {
		cols := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(cols) != 4 {
			return false
		}
		if cols[3] != "" {
			cols[3] = fmt.Sprint(int64(epoch(t, cols[3])))
		}
		b.WriteString(strings.Join(cols, "\t") + "\n")
	}
	return got == strings.TrimRight(b.String(), "\n")
}

func TestNotCapture(t *testing.T) {
	for _, c := range []struct {
		file []byte
		want string
	}{
		{[]byte("hello, this is no capture"), "text"},
		{[]byte("x"), "only 1 bytes"},
		{[]byte("\x89PNG\r\n\x1a\n"), "89 50 4e 47"},
		{[]byte("snoop\x00\x00\x00\x00\x00\x00\x02"), "snoop"},
		{[]byte("\x0a\x0d\x0d\x0a\x1c\x00\x00\x00notmagic"), "0a 0d 0d 0a"},
		{le.shb()[:11], "0a 0d 0d 0a"},
		{gz(t, nil), "no length"},
		{gz(t, []byte("hello, this is no capture")), "text"},
		{gz(t, []byte("hello"))[:5], "broken gzip"},
		{gz(t, []byte("hello"))[:11], "broken gzip"},
		{zst(t, le.pcap(pcapFile{}))[:7], "broken zstd"},
		{gz(t, gz(t, gz(t, le.pcap(pcapFile{})))), "compressed more than 2 times"},
	} {
		_, err := NewReader(bytes.NewReader(c.file), Config{})
		if !errors.Is(err, ErrNotCapture) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.20q: %v, want %q", c.file, err, c.want)
		}
	}
}

// TestTruncated cuts files at every byte: the frames are a prefix, the bytes
// are all there, and there is no error.
func TestTruncated(t *testing.T) {
	small := le.pcap(pcapFile{}, rec(60), rec(0), rec(33))
	ng := cat(le.shb(le.option(4, "x")), le.idb(1, 0, le.option(2, "eth0")), le.epb(0, stamp, payload(33), le.option(1, "hi"), uint32(0)),
		le.spb(7, payload(7)), le.block(blockCustom, 9, "abc"), le.block(blockNames, uint32(0)), be.shb(), be.idb(1, 0), be.epb(0, stamp, payload(60)))
	for name, whole := range map[string][]byte{"pcap": small, "pcapng": ng, "gzip": gz(t, small), "zstd": zst(t, ng)} {
		full := mustRead(t, whole)
		for n := range whole {
			c := prefix(t, whole[:n])
			if c == nil || name == "gzip" || name == "zstd" {
				continue
			}
			for i, f := range c.frames {
				if f != full.frames[i] || !bytes.Equal(c.data[i], full.data[i]) {
					t.Fatalf("%s cut at %d: frame %d differs", name, n, i+1)
				}
			}
			if c.info.Damage == nil && len(c.frames) == len(full.frames) {
				t.Errorf("%s cut at %d: no damage", name, n)
			}
		}
	}
}

// TestShortReads reads a byte at a time, and with data and EOF together.
func TestShortReads(t *testing.T) {
	for _, o := range oddFiles(t) {
		if len(o.file) > 5000 {
			continue
		}
		want := mustRead(t, o.file)
		for _, in := range []io.Reader{iotest.OneByteReader(bytes.NewReader(o.file)), iotest.DataErrReader(bytes.NewReader(o.file))} {
			c, err := read(t, in, Config{})
			if err != nil {
				t.Fatal(o.name, err)
			}
			if fields(c) != fields(want) || c.sum != want.sum {
				t.Errorf("%s: other frames than at once", o.name)
			}
		}
	}
}

// TestInputFails checks that errors of the input come out, after the frames
// before them.
func TestInputFails(t *testing.T) {
	broken := errors.New("broken disk")
	file := le.pcap(pcapFile{}, rec(60), rec(60))
	for _, f := range [][]byte{file, gz(t, file), zst(t, file)} {
		for n := range f {
			in := io.MultiReader(bytes.NewReader(f[:n]), iotest.ErrReader(broken))
			c, err := read(t, in, Config{})
			if !errors.Is(err, broken) {
				t.Fatalf("failed after %d of %d bytes: %v", n, len(f), err)
			}
			if &f[0] == &file[0] && n > 24+76 && len(c.frames) != 1 {
				t.Errorf("failed after %d bytes: %d frames", n, len(c.frames))
			}
		}
	}
}

// TestBombs: small files that are large when they are unpacked, at the end or on
// the way, are given up when they are RatioBytes large, not when they end.
func TestBombs(t *testing.T) {
	head := le.pcap(pcapFile{})
	ones := bytes.Repeat([]byte{0xff}, 1<<20)
	bomb := cat(head, bytes.Repeat(ones, 100))
	small, nothing := gz(t, bomb), bytes.Repeat(gz(t, nil), 100<<20/len(gz(t, nil)))
	for name, file := range map[string][]byte{
		"gzip": small, "zstd": zst(t, bomb), "twice": gz(t, small), "gzip in zstd": zst(t, small), "many nothings": gz(t, nothing),
		"many nothings before": gz(t, cat(nothing, gz(t, head))), "empty records": gz(t, cat(head, make([]byte, 100<<20))),
	} {
		n, err := size(file)
		if !errors.Is(err, ErrTooLarge) || n > RatioBytes+1<<20 {
			t.Errorf("%s, %d bytes: %d bytes read, %v", name, len(file), n, err)
		}
	}
	// what is not so large, and what is large because the file is, goes through
	for name, file := range map[string][]byte{"small": gz(t, bomb[:RatioBytes]), "plain": bomb} {
		if n, err := size(file); err != io.EOF || n < RatioBytes-1<<20 {
			t.Errorf("%s, %d bytes: %d bytes read, %v", name, len(file), n, err)
		}
	}
}

// size reads a file to its end and counts the bytes of its records and gaps.
func size(file []byte) (n int, err error) {
	r, err := NewReader(bytes.NewReader(file), Config{MaxRatio: 100})
	if err != nil {
		return 0, err
	}
	defer r.Close()
	var b Batch
	for {
		if err := r.Next(&b); err != nil {
			return n, err
		}
		n += len(b.Data) + 16*len(b.Frames)
		for _, p := range b.Pieces {
			n += len(p.Data)
		}
	}
}

func TestMaxData(t *testing.T) {
	file := le.pcap(pcapFile{}, rec(60), rec(60))
	for _, f := range [][]byte{file, gz(t, file), zst(t, file), gz(t, gz(t, file))} {
		if _, err := read(t, bytes.NewReader(f), Config{MaxData: uint64(len(file))}); err != nil {
			t.Errorf("exactly as much as allowed: %v", err)
		}
		if _, err := read(t, bytes.NewReader(f), Config{MaxData: uint64(len(file)) - 1}); !errors.Is(err, ErrTooLarge) {
			t.Errorf("more than allowed: %v", err)
		}
	}
}

func TestMaxFrames(t *testing.T) {
	r, err := NewReader(bytes.NewReader(le.pcap(pcapFile{}, rec(60), rec(60), rec(60))), Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	r.maxFrames = 2
	var b Batch
	if err := r.Next(&b); err != nil || len(b.Frames) != 2 {
		t.Errorf("%d frames, %v", len(b.Frames), err)
	}
	if err := r.Next(&b); err != ErrTooManyFrames {
		t.Error(err)
	}
}

func TestClose(t *testing.T) {
	for _, f := range [][]byte{le.pcap(pcapFile{}, rec(60)), gz(t, le.pcap(pcapFile{})), zst(t, le.pcap(pcapFile{}, rec(60)))} {
		r, err := NewReader(bytes.NewReader(f), Config{})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		}
		var b Batch
		if err := r.Next(&b); err != errClosed {
			t.Error(err)
		}
		if file, data := r.Sums(); file != data || file != [32]byte{} {
			t.Error("sums of a file that was not read")
		}
	}
}

func TestProgress(t *testing.T) {
	file := le.pcap(pcapFile{}, bytesToRecords(5<<20)...)
	var last uint64
	var frames uint32
	calls := 0
	c, err := read(t, bytes.NewReader(file), Config{Progress: func(n uint64, f uint32) {
		if n < last || f < frames {
			t.Errorf("progress goes back to %d bytes, %d frames", n, f)
		}
		last, frames, calls = n, f, calls+1
	}})
	if err != nil {
		t.Fatal(err)
	}
	if last != uint64(len(file)) || int(frames) != len(c.frames) || calls < 5 || calls > 20 {
		t.Errorf("%d calls, the last with %d bytes, %d frames", calls, last, frames)
	}
}

func bytesToRecords(n int) (out []record) {
	for ; n > 0; n -= 1016 {
		out = append(out, rec(1000))
	}
	return out
}

func TestPlainGapsAreNotStored(t *testing.T) {
	p := le.epb(0, stamp, payload(61))
	for name, file := range map[string][]byte{
		"pcap":   le.pcap(pcapFile{}, rec(60), rec(61), rec(0)),
		"nano":   be.pcap(pcapFile{magic: magicNano}, rec(60), rec(61)),
		"pcapng": cat(le.shb(), le.idb(1, 0), p, p, p),
	} {
		c := mustRead(t, file)
		if len(c.pieces) != 1 || len(c.pieces[1]) != 1 {
			t.Errorf("%s: pieces %v, want one before frame 1", name, c.pieces)
		}
	}
}
