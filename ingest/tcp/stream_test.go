package tcp

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// recorder writes down what streams give, and checks that chunks follow each
// other without holes.
type recorder struct {
	t     testing.TB
	lines []string
	next  [2]uint64
	bytes [2][]byte // gaps as zeros, if there are not too many
	gaps  [2]uint64
}

func (r *recorder) Chunk(c Chunk) {
	if c.Offset != r.next[c.Dir] || (len(c.Data) > 0) == (c.Gap > 0) || (c.Gap > 0) != (c.Reason != 0) {
		r.t.Fatalf("chunk %+v where offset %d is next", c, r.next[c.Dir])
	}
	r.next[c.Dir] += uint64(len(c.Data)) + c.Gap
	r.bytes[c.Dir] = append(r.bytes[c.Dir], c.Data...)
	if c.Gap < 1<<20 {
		r.bytes[c.Dir] = append(r.bytes[c.Dir], make([]byte, c.Gap)...)
	}
	r.gaps[c.Dir] += c.Gap
	if c.Gap > 0 {
		r.lines = append(r.lines, fmt.Sprintf("%c%d gap %d %s @%d", "ab"[c.Dir], c.Offset, c.Gap, c.Reason, c.Frame))
		return
	}
	r.lines = append(r.lines, fmt.Sprintf("%c%d %s @%d", "ab"[c.Dir], c.Offset, c.Data, c.Frame))
}

func (r *recorder) Conflict(c Conflict) {
	r.lines = append(r.lines, fmt.Sprintf("%c%d conflict of %d, @%d kept, not @%d", "ab"[c.Dir], c.Offset, c.Differ, c.Kept, c.Dropped))
}

// packet is a step of a table. A time is in seconds.
type packet struct {
	dir      uint8
	flags    uint16
	seq, ack uint32
	data     string
	cut      uint32 // bytes that the snap length took
	t        int64
}

func feedStreams(s *Streams, frame int, p *packet, sink Sink) {
	g := Segment{Dir: p.dir, Flags: p.flags, Seq: p.seq, Ack: p.ack, Len: uint32(len(p.data)) + p.cut, HasLen: true}
	s.Feed(&g, []byte(p.data), uint32(frame), p.t*1e9, sink)
}

// TestStreams: what packets give, frames from 1. "." stands where Flush comes.
func TestStreams(t *testing.T) {
	const high = 0xfffffffa // 6 before the numbers wrap
	for name, c := range map[string]struct {
		packets []packet
		limits  Limits
		want    string
	}{
		"in order":     {[]packet{{flags: SYN, seq: 100}, {seq: 101, data: "ab"}, {seq: 103, data: "cd"}}, Limits{}, "a0 ab @2; a2 cd @3; ."},
		"no SYN":       {[]packet{{seq: 7, data: "ab"}, {seq: 5, data: "xyab"}, {seq: 9, data: "cd"}}, Limits{}, "a0 ab @1; a2 cd @3; ."},
		"data in SYN":  {[]packet{{flags: SYN, seq: 100, data: "ab"}, {seq: 101, data: "abcd"}}, Limits{}, "a0 ab @1; a2 cd @2; ."},
		"swapped":      {[]packet{{flags: SYN, seq: 0}, {seq: 3, data: "cd"}, {seq: 1, data: "ab"}}, Limits{}, "a0 ab @3; a2 cd @2; ."},
		"wrap":         {[]packet{{flags: SYN, seq: high}, {seq: high + 1, data: "abcd"}, {seq: 1, data: "ghi"}, {seq: 0xffffffff, data: "ef"}, {seq: 4, data: "j"}}, Limits{}, "a0 abcd @2; a4 ef @4; a6 ghi @3; a9 j @5; ."},
		"sent again":   {[]packet{{seq: 1, data: "abcd"}, {seq: 1, data: "abcd"}, {seq: 3, data: "cdef"}}, Limits{}, "a0 abcd @1; a4 ef @3; ."},
		"keep-alive":   {[]packet{{seq: 1, data: "abcd"}, {seq: 4, data: "\x00"}, {seq: 5, data: "e"}}, Limits{History: 9}, "a0 abcd @1; a4 e @3; ."},
		"window probe": {[]packet{{seq: 1, data: "abcd"}, {seq: 5, data: "e"}, {seq: 5, data: "ef"}}, Limits{}, "a0 abcd @1; a4 e @2; a5 f @3; ."},
		"FIN": {
			[]packet{{flags: SYN, seq: 1}, {flags: FIN, seq: 2, data: "ab"}, {flags: FIN, seq: 4}, {seq: 2, data: "ab"}, {seq: 5, data: "cd"}, {seq: 5, data: "cde"}},
			Limits{History: 9},
			"a0 ab @2; a2 cd @5; a4 e @6; .",
		},
		"data over a FIN": {[]packet{{flags: FIN, seq: 2, data: "ab"}, {seq: 4, data: "cd"}}, Limits{}, "a0 ab @1; a2 cd @2; ."},
		"after RST":       {[]packet{{seq: 2, data: "ab"}, {flags: RST, seq: 4}, {seq: 4, data: "cd"}}, Limits{}, "a0 ab @1; a2 cd @3; ."},
		"RST first":       {[]packet{{flags: RST | ACK, seq: 0}, {flags: SYN, seq: 9}, {seq: 10, data: "ab"}}, Limits{}, "a0 ab @3; ."},
		"two SYN numbers": {[]packet{{flags: SYN, seq: 9}, {flags: SYN, seq: 99}, {seq: 100, data: "ab"}}, Limits{}, "a0 ab @3; ."},
		"first SYN meant": {[]packet{{flags: SYN, seq: 9}, {flags: SYN, seq: 99}, {seq: 10}, {seq: 10, data: "ab"}}, Limits{}, "a0 ab @4; ."},
		"late SYN":        {[]packet{{flags: SYN, seq: 9}, {seq: 10, data: "ab"}, {flags: SYN, seq: 99}, {seq: 12, data: "c"}}, Limits{}, "a0 ab @2; a2 c @4; ."},
		"acknowledged hole": {
			[]packet{{seq: 1, data: "ab"}, {seq: 7, data: "gh"}, {dir: 1, flags: ACK, ack: 7}, {dir: 1, flags: ACK, ack: 9}, {seq: 9, data: "i"}},
			Limits{},
			"a0 ab @1; a2 gap 4 not captured @4; a6 gh @2; a8 i @5; .",
		},
		"acknowledged before it comes": { // as where two directions were captured in two places
			[]packet{{seq: 1, data: "ab"}, {dir: 1, flags: ACK, ack: 5}, {seq: 3, data: "cd"}}, Limits{}, "a0 ab @1; a2 cd @3; .",
		},
		"unrecovered":    {[]packet{{seq: 1, data: "ab"}, {seq: 7, data: "gh"}}, Limits{}, "a0 ab @1; .; a2 gap 4 not recovered @0; a6 gh @2"},
		"half of a hole": {[]packet{{seq: 1, data: "ab"}, {seq: 7, data: "gh"}, {dir: 1, flags: ACK, ack: 5}}, Limits{}, "a0 ab @1; .; a2 gap 2 not captured @0; a4 gap 2 not recovered @0; a6 gh @2"},
		"end missing":    {[]packet{{seq: 1, data: "ab"}, {dir: 1, flags: ACK, ack: 9}}, Limits{}, "a0 ab @1; .; a2 gap 6 not captured @0"},
		"FIN missing":    {[]packet{{seq: 1, data: "ab"}, {dir: 1, flags: ACK, ack: 4}}, Limits{}, "a0 ab @1; ."},
		"FIN is known":   {[]packet{{seq: 1, data: "ab"}, {flags: FIN, seq: 5}, {dir: 1, flags: ACK, ack: 4}}, Limits{}, "a0 ab @1; .; a2 gap 1 not captured @0; a3 gap 1 not recovered @0"},
		"snap length":    {[]packet{{seq: 1, data: "ab", cut: 3}, {seq: 6, data: "f"}, {seq: 9, data: "i", cut: 1}, {seq: 7, data: "gh"}}, Limits{}, "a0 ab @1; a2 gap 3 cut by the snap length @1; a5 f @2; a6 gh @4; a8 i @3; a9 gap 1 cut by the snap length @3; ."},
		"too many bytes": {[]packet{{seq: 1, data: "a"}, {seq: 4, data: "de"}, {seq: 7, data: "ghi"}, {seq: 6, data: "f"}}, Limits{Bytes: 4}, "a0 a @1; a1 gap 2 over the limit @3; a3 de @2; a5 f @4; a6 ghi @3; ."},
		"too many segments": {
			[]packet{{seq: 1, data: "a"}, {seq: 9, data: "i"}, {seq: 7, data: "g"}, {seq: 5, data: "e"}},
			Limits{Segments: 2},
			"a0 a @1; a1 gap 3 over the limit @4; a4 e @4; .; a5 gap 1 not recovered @0; a6 g @3; a7 gap 1 not recovered @0; a8 i @2",
		},
		"too long": {
			[]packet{{seq: 1, data: "a"}, {seq: 3, data: "c", t: 60}, {seq: 4, data: "d", t: 64}, {seq: 5, t: 66}},
			Limits{Age: 5e9},
			"a0 a @1; a1 gap 1 over the limit @4; a2 c @2; a3 d @3; .",
		},
		"too long for the peer": {[]packet{{seq: 1, data: "a"}, {seq: 3, data: "c"}, {dir: 1, flags: ACK, ack: 2, t: 9}}, Limits{Age: 5e9}, "a0 a @1; a1 gap 1 over the limit @3; a2 c @2; ."},
		"nothing is missing": { // a stray segment does not push the stream on while its sender goes on
			[]packet{{seq: 1, data: "a"}, {seq: 9999, data: "x", t: 1}, {seq: 2, t: 5}, {seq: 2, data: "b", t: 9}, {seq: 3, data: "c", t: 13}},
			Limits{Age: 5e9},
			"a0 a @1; a1 b @4; a2 c @5; .; a3 gap 9995 not recovered @0; a9998 x @2",
		},
		"stray":              {[]packet{{seq: 1, data: "a"}, {seq: 1 << 31, data: "x"}, {seq: 2, data: "b"}}, Limits{}, "a0 a @1; a1 b @3; ."},
		"missed very much":   {[]packet{{seq: 1, data: "a"}, {seq: 1 << 31, data: "xy"}, {seq: 1<<31 + 2, data: "z"}}, Limits{}, "a0 a @1; a1 gap 2147483648 over the limit @3; a2147483649 z @3; ."},
		"conflict":           {[]packet{{seq: 1, data: "abcd"}, {seq: 2, data: "bXXe"}}, Limits{History: 9}, "a0 abcd @1; a2 conflict of 2, @1 kept, not @2; a4 e @2; ."},
		"forgotten conflict": {[]packet{{seq: 1, data: "abcd"}, {seq: 5, data: "efgh"}, {seq: 1, data: "XbcdeXgh"}}, Limits{History: 4}, "a0 abcd @1; a4 efgh @2; a0 conflict of 1, @1 kept, not @3; a5 conflict of 1, @2 kept, not @3; ."},
		"conflict behind a hole": {
			[]packet{{seq: 1, data: "a"}, {seq: 4, data: "de"}, {seq: 2, data: "bcXXfg"}, {seq: 8, data: "h"}},
			Limits{},
			"a0 a @1; a1 bc @3; a3 conflict of 2, @2 kept, not @3; a3 de @2; a5 fg @3; a7 h @4; .",
		},
		"pieces between": {
			[]packet{{seq: 1, data: "a"}, {seq: 4, data: "d"}, {seq: 6, data: "f"}, {seq: 3, data: "cdefg"}, {seq: 2, data: "b"}},
			Limits{},
			"a0 a @1; a1 b @5; a2 c @4; a3 d @2; a4 e @4; a5 f @3; a6 g @4; .",
		},
		"two directions": {
			[]packet{{flags: SYN, seq: 1}, {dir: 1, flags: SYN | ACK, seq: 50, ack: 2}, {flags: ACK, seq: 2, ack: 51, data: "ask"}, {dir: 1, flags: ACK, seq: 51, ack: 5, data: "answer"}},
			Limits{},
			"a0 ask @3; b0 answer @4; .",
		},
	} {
		s, r := NewStreams(&c.limits), &recorder{t: t}
		for i := range c.packets {
			feedStreams(s, i+1, &c.packets[i], r)
		}
		r.lines = append(r.lines, ".")
		s.Flush(r)
		if got := strings.Join(r.lines, "; "); got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, c.want)
		}
		if n := s.Buffered(); n != 0 {
			t.Errorf("%s: %d bytes wait after the end", name, n)
		}
	}
}

// TestStreamEnds: how a stream began and ended.
func TestStreamEnds(t *testing.T) {
	for _, c := range []struct {
		packets      []packet
		began, ended bool
		next         uint64
	}{
		{nil, false, false, 0},
		{[]packet{{flags: SYN, seq: 1}}, true, false, 0},
		{[]packet{{flags: SYN, seq: 1}, {seq: 2, data: "ab"}, {flags: FIN, seq: 4}}, true, true, 2},
		{[]packet{{seq: 2, data: "ab"}, {flags: FIN, seq: 5}}, false, false, 2},
		{[]packet{{seq: 2, data: "ab"}, {flags: FIN, seq: 5}, {seq: 4, data: "c"}}, false, true, 3},
		{[]packet{{flags: FIN, seq: 2, data: "ab"}, {seq: 5, data: "c"}}, false, true, 3},
	} {
		s, r := NewStreams(nil), &recorder{t: t}
		for i := range c.packets {
			feedStreams(s, i+1, &c.packets[i], r)
		}
		if x := s.Side(0); x.Began() != c.began || x.Ended() != c.ended || x.Next() != c.next {
			t.Errorf("%v: began %v, ended %v, next %d", c.packets, x.Began(), x.Ended(), x.Next())
		}
	}
}

// TestStreamBrokenHeaders: what has no length teaches nothing, and an announced
// length that cannot be is not believed.
func TestStreamBrokenHeaders(t *testing.T) {
	s, r := NewStreams(nil), &recorder{t: t}
	s.Feed(&Segment{Seq: 9, Flags: SYN, Len: 4}, []byte("abcd"), 1, 0, r)
	s.Feed(&Segment{Seq: 1, Len: 1<<32 - 1, HasLen: true}, []byte("ab"), 2, 0, r)
	s.Feed(&Segment{Seq: 3, Len: 2, HasLen: true}, []byte("cdef"), 3, 0, r) // more than announced: padding
	s.Flush(r)
	if got, want := strings.Join(r.lines, "; "), "a0 ab @2; a2 cd @3"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// discard is a Sink that keeps nothing.
type discard struct{ bytes int }

func (d *discard) Chunk(c Chunk)     { d.bytes += len(c.Data) }
func (d *discard) Conflict(Conflict) {}

// TestStreamNoAllocation: bytes in order are neither copied nor do they cost
// memory.
func TestStreamNoAllocation(t *testing.T) {
	s, d, data := NewStreams(nil), &discard{}, bytes.Repeat([]byte("x"), 1460)
	seq := uint32(1)
	n := testing.AllocsPerRun(1000, func() {
		s.Feed(&Segment{Flags: ACK, Seq: seq, Len: 1460, HasLen: true}, data, 1, 0, d)
		s.Feed(&Segment{Dir: 1, Flags: ACK, Seq: 1, Ack: seq, HasLen: true}, nil, 2, 0, d)
		seq += 1460
	})
	if n != 0 || d.bytes != 1001*1460 {
		t.Errorf("%v allocations for a packet, %d bytes", n, d.bytes)
	}
}

func BenchmarkStreams(b *testing.B) {
	s, d, data := NewStreams(nil), &discard{}, bytes.Repeat([]byte("x"), 1460)
	b.SetBytes(1460)
	for i := range b.N {
		seq := uint32(i+1) * 1460
		if i%8 == 3 { // each eighth is overtaken by the one behind it
			seq += 1460
		} else if i%8 == 4 {
			seq -= 1460
		}
		s.Feed(&Segment{Flags: ACK, Seq: seq, Len: 1460, HasLen: true}, data, uint32(i), 0, d)
	}
}
