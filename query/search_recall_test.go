package query

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
)

// carried is the payload of one transport header of a frame, as the test reads it.
type carried struct {
	frame uint32
	data  []byte
}

// sentByte is a byte of a TCP direction and the frame that brought it first.
type sentByte struct {
	value byte
	frame uint32 // 0: announced, but cut by the snap length
}

// bruteForce knows every payload of a capture and every byte of every direction,
// by number. It shares nothing with the search but the dissection of frames.
type bruteForce struct {
	payloads   []carried
	directions map[string]map[uint32]sentByte
	names      []string
	runs       [][]sentByte // of all directions: bytes that follow each other
	borders    []border
}

// border is a place in a run where one frame follows another.
type border struct {
	run []sentByte
	at  int
}

func newBruteForce(t *testing.T, x Capture) *bruteForce {
	t.Helper()
	b := &bruteForce{directions: map[string]map[uint32]sentByte{}}
	r := &frameRecord{capture: x, file: &x.Summary().File, decoder: dissect.NewDecoder()}
	err := x.EachRows(1, true, func(rows *index.Rows) (bool, error) {
		for i := range rows.Packets {
			r.set(rows, i)
			b.packet(r, r.dissected())
		}
		return true, r.err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range b.names {
		b.split(b.directions[name])
	}
	return b
}

// split adds the runs of a direction.
func (b *bruteForce) split(d map[uint32]sentByte) {
	var begins []uint32
	for at, s := range d {
		if s.frame != 0 && d[at-1].frame == 0 {
			begins = append(begins, at)
		}
	}
	slices.Sort(begins)
	for _, at := range begins {
		var run []sentByte
		for ; d[at].frame != 0; at++ {
			run = append(run, d[at])
		}
		b.runs = append(b.runs, run)
		for at := 1; at < len(run); at++ {
			if run[at].frame != run[at-1].frame {
				b.borders = append(b.borders, border{run, at})
			}
		}
	}
}

func (b *bruteForce) packet(r *frameRecord, p *dissect.Packet) {
	for i := range p.Transports {
		tr := &p.Transports[i]
		if tr.Kind != dissect.TCP && tr.Kind != dissect.UDP && tr.Kind != dissect.UDPLite || tr.Broken {
			continue
		}
		data := r.data()
		if p.Layers[tr.Layer].Reassembled {
			data = r.datagram
		}
		data = bytes.Clone(data[tr.Payload : tr.Payload+tr.Captured])
		if tr.HasLength {
			data = data[:min(len(data), int(tr.Length))]
		}
		b.payloads = append(b.payloads, carried{r.row.Number, data})
		if tr.Kind == dissect.TCP && tr.HasTCP && !tr.Quoted {
			b.segment(r, p, tr, data)
		}
	}
}

// segment writes a segment's bytes at their numbers, unless they are known.
func (b *bruteForce) segment(r *frameRecord, p *dissect.Packet, tr *dissect.Transport, data []byte) {
	n := &p.Networks[tr.Network]
	name := fmt.Sprint(r.row.Conn, netip.AddrPortFrom(n.Src, tr.SrcPort))
	d := b.directions[name]
	if d == nil {
		d = map[uint32]sentByte{}
		b.directions[name] = d
		b.names = append(b.names, name)
	}
	seq := tr.Seq
	if tr.Flags&flagSYN != 0 {
		seq++
	}
	for k := range max(tr.Length, uint32(len(data))) {
		if _, known := d[seq+k]; known {
			continue
		}
		s := sentByte{}
		if int(k) < len(data) {
			s = sentByte{data[k], r.row.Number}
		}
		d[seq+k] = s
	}
}

// find gives the places of a needle as lines: "frame" for each payload that holds
// it, "frames" for each place in a direction where it crosses frames.
func (b *bruteForce) find(needle []byte, fold bool) (single, crossing map[string]bool) {
	single, crossing = map[string]bool{}, map[string]bool{}
	lower := func(c byte) byte {
		if fold && 'A' <= c && c <= 'Z' {
			return c + 'a' - 'A'
		}
		return c
	}
	for _, p := range b.payloads {
		for at := 0; at+len(needle) <= len(p.data); at++ {
			same := true
			for k := range needle {
				if lower(p.data[at+k]) != lower(needle[k]) {
					same = false
					break
				}
			}
			if same {
				single[fmt.Sprint(p.frame)] = true
			}
		}
	}
	for _, run := range b.runs {
		for at := 0; at+len(needle) <= len(run); at++ {
			part, same := run[at:at+len(needle)], true
			for k := 0; k < len(needle) && same; k++ {
				same = lower(part[k].value) == lower(needle[k])
			}
			if !same {
				continue
			}
			if frames := framesIn(part); len(frames) > 1 {
				crossing[fmt.Sprint(frames)] = true
			}
		}
	}
	return single, crossing
}

// framesIn gives the frames of some bytes in their order.
func framesIn(part []sentByte) (frames []uint32) {
	for _, s := range part {
		if n := len(frames); n == 0 || frames[n-1] != s.frame {
			frames = append(frames, s.frame)
		}
	}
	return frames
}

// needles makes some needles of a capture: bytes of its payloads, and of its
// directions where they cross frames; now and then one that is nowhere.
func (b *bruteForce) needles(r *rand.Rand, n int) (out [][]byte) {
	var long []carried
	for _, p := range b.payloads {
		if len(p.data) >= 3 {
			long = append(long, p)
		}
	}
	for len(out) < n {
		size := 3 + r.IntN(58)
		if r.IntN(2) == 0 && len(long) > 0 {
			p := long[r.IntN(len(long))]
			size = min(size, len(p.data))
			at := r.IntN(len(p.data) - size + 1)
			out = append(out, p.data[at:at+size])
			continue
		}
		if s := b.across(r, size); s != nil {
			out = append(out, s)
			continue
		}
		s := make([]byte, size)
		for i := range s {
			s[i] = byte(r.Uint32())
		}
		out = append(out, s)
	}
	return out
}

// across gives bytes of a direction around a place where one frame follows another.
func (b *bruteForce) across(r *rand.Rand, size int) (out []byte) {
	for range 20 {
		if len(b.borders) == 0 {
			return nil
		}
		x := b.borders[r.IntN(len(b.borders))]
		from := max(0, x.at-r.IntN(size-1))
		for _, s := range x.run[from:min(len(x.run), from+size)] {
			out = append(out, s.value)
		}
		if len(out) >= 3 {
			return out
		}
		out = nil
	}
	return nil
}

// TestSearchRecall: a search finds each needle in every payload that holds it and
// at every border that it crosses, and nowhere else, in all captures of the tests:
// whole, lossy, out of order, tunnelled, cut.
func TestSearchRecall(t *testing.T) {
	var files []string
	for _, pattern := range []string{"../testdata/captures/*.pcap*", "../testdata/captures/diag/*.pcap*"} {
		some, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, some...)
	}
	r := rand.New(rand.NewPCG(7, 8))
	needles, across, empty, share := 0, 0, 0, 1
	if testing.Short() {
		share = 5
	}
	for i, file := range files {
		if i%share != 0 {
			continue
		}
		name := strings.TrimPrefix(file, "../testdata/captures/")
		e := engineWith(t)
		if _, err := e.Add(context.Background(), AddRequest{Files: []string{file}}, nil); err != nil {
			continue // not a capture
		}
		x, _, err := e.source.Open(filepath.Base(file))
		if err != nil {
			t.Fatal(err)
		}
		b := newBruteForce(t, x)
		_ = x.Close()
		if len(b.payloads) == 0 {
			continue
		}
		for _, n := range b.needles(r, 12) {
			fold := r.IntN(3) == 0
			single, crossing := b.find(n, fold)
			gotSingle, gotCrossing := searchedFor(t, e, n, fold)
			needles++
			if len(crossing) > 0 {
				across++
			}
			if len(single)+len(crossing) == 0 {
				empty++
			}
			if d := differ(single, gotSingle) + differ(crossing, gotCrossing); d != "" {
				t.Errorf("%s: %x (fold %v): %s", name, n, fold, d)
			}
		}
	}
	if needles < 1000/share || across < 200/share || empty < 10/share {
		t.Errorf("%d needles, %d across packets, %d nowhere", needles, across, empty)
	}
}

// searchedFor asks the engine for bytes, and gives what bruteForce.find does.
func searchedFor(t *testing.T, e *Engine, n []byte, fold bool) (single, crossing map[string]bool) {
	t.Helper()
	single, crossing = map[string]bool{}, map[string]bool{}
	q := SearchRequest{All: true, Needle: string(n), CaseSensitive: !fold}
	if len(n)%4 == 0 { // the same as an expression, that could be longer
		q.Mode, q.Needle = modeRegex, "nowhere.*at all"
		for _, c := range n {
			q.Needle += fmt.Sprintf(`\x%02x`, c)
		}
		q.Needle = strings.Replace(q.Needle, "all", "all|", 1)
	}
	a, err := e.Search(context.Background(), q)
	if err != nil {
		t.Fatalf("%q: %v", n, err)
	}
	if a.Total != len(a.Rows) || a.TotalExact != (len(a.Hints) == 0) {
		t.Errorf("%q: %d rows, total %d", n, len(a.Rows), a.Total)
	}
	for i := range a.Rows {
		row := &a.Rows[i]
		if int(row.Length) != len(n) {
			t.Errorf("%q: a match of %d bytes", n, row.Length)
		}
		if len(row.Frames) == 1 {
			single[fmt.Sprint(row.Frame)] = true
			continue
		}
		key := fmt.Sprint(row.Frames)
		crossing[key] = true
	}
	return single, crossing
}

// differ says which lines are in one set only.
func differ(want, got map[string]bool) string {
	var lines []string
	for k := range want {
		if !got[k] {
			lines = append(lines, "missing "+k)
		}
	}
	for k := range got {
		if !want[k] {
			lines = append(lines, "too many "+k)
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, ", ")
}
