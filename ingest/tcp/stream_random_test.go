package tcp

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

// cut is a segment of a stream that a test cuts up: bytes from to end.
type cut struct{ from, end int }

// cutUp covers n bytes with segments, some of them twice or across each other, in
// an order where none is more than window bytes late.
func cutUp(r *rand.Rand, n, window int) (out []cut) {
	for at := 0; at < n; {
		end := min(n, at+1+r.IntN(300))
		out = append(out, cut{at, end})
		for r.IntN(4) == 0 { // again, with other borders
			from := max(0, at-r.IntN(200))
			out = append(out, cut{from, min(n, from+1+r.IntN(400))})
		}
		at = end
	}
	key := make(map[cut]int, len(out))
	for _, s := range out {
		key[s] = s.from + r.IntN(window)
	}
	slices.SortStableFunc(out, func(a, b cut) int { return key[a] - key[b] })
	return out
}

// TestStreamAnyOrder: however a stream is cut, repeated and shuffled within the
// budget, and wherever its numbers wrap, the same bytes come out; also if the
// state is stored at any moment.
func TestStreamAnyOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for round := range 400 {
		data := make([]byte, r.IntN(20000))
		for i := range data {
			data[i] = byte(r.Uint32())
		}
		isn := r.Uint32()
		if round%2 == 0 {
			isn = -uint32(r.IntN(len(data) + 2)) // they wrap inside
		}
		limits := &Limits{Bytes: 8000, Segments: 1000, History: 2000}
		s, rec := NewStreams(limits), &recorder{t: t}
		s.Feed(&Segment{Flags: SYN, Seq: isn, HasLen: true}, nil, 1, 0, rec)
		for i, x := range cutUp(r, len(data), 3000) {
			g := Segment{Flags: ACK, Seq: isn + 1 + uint32(x.from), Len: uint32(x.end - x.from), HasLen: true}
			s.Feed(&g, data[x.from:x.end], uint32(i+2), 0, rec)
			// the receiver acknowledges what it has, and no more
			s.Feed(&Segment{Dir: 1, Flags: ACK, Ack: isn + 1 + uint32(s.Side(0).Next()), HasLen: true}, nil, uint32(i+2), 0, rec)
			if r.IntN(50) == 0 {
				s = stored(t, s, limits)
			}
		}
		if s.Buffered() != 0 {
			t.Fatalf("round %d: %d bytes wait though nothing is missing", round, s.Buffered())
		}
		s.Flush(rec)
		if !bytes.Equal(rec.bytes[0], data) || rec.gaps[0] > 0 {
			t.Fatalf("round %d: %d bytes and %d missing, want %d", round, len(rec.bytes[0]), rec.gaps[0], len(data))
		}
		for _, l := range rec.lines {
			if bytes.Contains([]byte(l[:min(len(l), 20)]), []byte("conflict")) {
				t.Fatalf("round %d: %s", round, l)
			}
		}
	}
}

// stored gives the streams as they come back from their marshalled form.
func stored(t testing.TB, s *Streams, limits *Limits) *Streams {
	b := s.AppendBinary([]byte("head"))
	var back Streams
	back.SetLimits(limits)
	rest := back.DecodeBinary(append(b, "tail"...)[4:])
	if string(rest) != "tail" {
		t.Fatalf("%q is left of a stored state", rest)
	}
	if again := back.AppendBinary([]byte("head")); !bytes.Equal(again, b) {
		t.Fatalf("stored again, it is another state")
	}
	if back.Buffered() != s.Buffered() {
		t.Fatalf("%d bytes wait, %d before it was stored", back.Buffered(), s.Buffered())
	}
	return &back
}

// TestStreamFirstWins: with segments missing and overlaps that differ, each byte
// is the one that came first, and the gaps are the bytes that never came.
func TestStreamFirstWins(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	conflicts := 0
	for round := range 400 {
		n := 1 + r.IntN(10000)
		first, has := make([]byte, n), make([]bool, n)
		s, rec := NewStreams(&Limits{History: 1 << 20}), &recorder{t: t}
		isn, differ := r.Uint32(), false
		s.Feed(&Segment{Flags: SYN, Seq: isn, HasLen: true}, nil, 1, 0, rec)
		for i, x := range cutUp(r, n, 3000) {
			if r.IntN(10) == 0 {
				continue
			}
			data := make([]byte, x.end-x.from)
			for k := range data {
				at := x.from + k
				if data[k] = byte(at); r.IntN(500) == 0 {
					data[k] = byte(r.Uint32())
				}
				if !has[at] {
					first[at], has[at] = data[k], true
				}
				differ = differ || first[at] != data[k]
			}
			s.Feed(&Segment{Seq: isn + 1 + uint32(x.from), Len: uint32(len(data)), HasLen: true}, data, uint32(i+2), 0, rec)
		}
		s.Flush(rec)
		end := n
		for end > 0 && !has[end-1] {
			end--
		}
		missing := uint64(0)
		for _, h := range has[:end] {
			if !h {
				missing++
			}
		}
		if !bytes.Equal(rec.bytes[0], first[:end]) || rec.gaps[0] != missing {
			t.Fatalf("round %d: other bytes, %d missing, want %d", round, rec.gaps[0], missing)
		}
		found := slices.ContainsFunc(rec.lines, func(l string) bool { return bytes.Contains([]byte(l[:min(len(l), 20)]), []byte(" conflict of ")) })
		if found != differ {
			t.Fatalf("round %d: conflict reported: %v, there is one: %v", round, found, differ)
		}
		if found {
			conflicts++
		}
	}
	if conflicts < 20 || conflicts > 395 {
		t.Errorf("%d of 400 rounds have conflicts", conflicts)
	}
}

// FuzzStreams: whatever comes, chunks follow each other, memory is bounded, and a
// stored state goes on as if it had not been stored.
func FuzzStreams(f *testing.F) {
	f.Add([]byte("\x02\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x10\x00\x00\x00\x02\x00\x00\x00\x00\x05\x00"))
	f.Add(bytes.Repeat([]byte{0x10, 0xff, 0xff, 0xff, 0xf0, 0x80, 0, 0, 1, 40, 3}, 9))
	f.Fuzz(func(t *testing.T, b []byte) {
		limits := &Limits{Bytes: 500, Segments: 5, Age: 1e9, History: 64}
		s, rec := NewStreams(limits), &recorder{t: t}
		other, otherRec := NewStreams(limits), &recorder{t: t}
		other.side[0].limits, other.side[1].limits = &Limits{Bytes: 500, Segments: 5, Age: 1e9}, &Limits{Bytes: 500, Segments: 5, Age: 1e9}
		data := bytes.Repeat([]byte("abcdefg"), 40)
		for frame := uint32(1); len(b) >= 11; b, frame = b[11:], frame+1 {
			g := Segment{
				Dir: b[0] >> 7, Flags: uint16(b[0] & 0x1f), HasLen: b[0]&0x20 == 0, Len: uint32(b[9]) + uint32(b[10]>>4),
				Seq: uint32(b[1])<<24 | uint32(b[2])<<16 | uint32(b[3])<<8 | uint32(b[4]),
				Ack: uint32(b[5])<<24 | uint32(b[6])<<16 | uint32(b[7])<<8 | uint32(b[8]),
			}
			at := int(frame % 7)
			payload := data[at : at+int(b[9])%250]
			when := int64(frame) * 3e8
			s.Feed(&g, payload, frame, when, rec)
			other = stored(t, other, other.side[0].limits)
			other.Feed(&g, payload, frame, when, otherRec)
			for dir := range s.side {
				if x := &s.side[dir]; x.size > limits.Bytes || len(x.waiting) > limits.Segments || len(x.history.data) > 2*limits.History {
					t.Fatalf("%d bytes in %d pieces, history of %d", x.size, len(x.waiting), len(x.history.data))
				}
			}
		}
		s.Flush(rec)
		other.Flush(otherRec)
		for dir := range s.side {
			if !bytes.Equal(rec.bytes[dir], otherRec.bytes[dir]) || rec.gaps[dir] != otherRec.gaps[dir] {
				t.Fatal("a stored state went another way")
			}
		}
		var x Streams
		x.DecodeBinary(b)
	})
}

// FuzzStreamState: a stored state that is damaged is refused or usable.
func FuzzStreamState(f *testing.F) {
	s := NewStreams(nil)
	s.Feed(&Segment{Seq: 1, Len: 2, HasLen: true}, []byte("ab"), 1, 0, &discard{})
	s.Feed(&Segment{Seq: 9, Len: 2, HasLen: true}, []byte("ij"), 2, 0, &discard{})
	f.Add(s.AppendBinary(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		var s Streams
		s.SetLimits(nil)
		if s.DecodeBinary(b) == nil {
			return
		}
		rec := &recorder{t: t, next: [2]uint64{s.side[0].next, s.side[1].next}}
		s.Feed(&Segment{Seq: s.side[0].seq, Flags: ACK, Ack: s.side[1].seq + 5, Len: 20, HasLen: true}, []byte("0123456789"), 9, 0, rec)
		s.Flush(rec)
	})
}
