package diag

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pcapidx/index"
	"pcapidx/ingest/tcp"
)

// watch feeds packets to a connection, each through storage, and reports. Each packet is a line: time in ms, > from side 0 or < from side 1, flags,
// sequence number, acknowledgement, payload length; then, if need be, win=N ttl=N
// id=N mss=N scale=N sack=1 ts=1 (timestamps) sum=bad frag=1 dup=1 v6=1 tls=1 wire=N
// sacked=LEFT-RIGHT,... Other lines are "icmp TIME TYPE CODE", an error that quotes
// the connection, and "after TIME closed" or "after TIME open", the connection
// before. The capture ends at the given time (ms).
func watch(t *testing.T, endMs int64, lines string) (map[string]index.Finding, *Report) {
	t.Helper()
	e := New(Defaults())
	var conn tcp.Conn
	w := e.Begin()
	frame := uint32(0)
	for line := range strings.SplitSeq(lines, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		frame++
		if special(t, w, line, frame) {
			continue
		}
		p := packetOf(t, line, frame)
		a := conn.Feed(p.Segment)
		p.Analysis = &a
		p.WindowSize = uint32(p.Window)
		if a.Scale > 0 && p.Flags&tcp.SYN == 0 {
			p.WindowSize <<= a.Scale
		}
		e.Feed(stored(t, p))
	}
	r := &Report{CaptureEnd: endMs * 1e6, TCP: &conn}
	if w.Side[1].SYN.Count > 0 && w.Side[0].SYN.Count == 0 {
		r.Client = 1
	}
	found := map[string]index.Finding{}
	for _, f := range e.Finish(r, false) {
		found[f.Code] = f
		if _, known := Find(f.Code); !known {
			t.Errorf("%s is in no list", f.Code)
		}
		if f.Sentence == "" || len(f.Frames) > index.MaxEvidence || len(f.Frames) > 0 && int(f.Count) < len(f.Frames) {
			t.Errorf("%+v", f)
		}
	}
	return found, r
}

// stored writes a packet and reads it back.
func stored(t *testing.T, p *Packet) *Packet {
	t.Helper()
	b := p.AppendBinary(nil)
	again := &Packet{Segment: &tcp.Segment{}, Analysis: &tcp.Analysis{}}
	if !again.DecodeBinary(b) || !bytes.Equal(again.AppendBinary(nil), b) {
		t.Fatal("a packet does not come back")
	}
	if again.DecodeBinary(b[:len(b)-1]) {
		t.Fatal("a cut packet is taken")
	}
	again.DecodeBinary(b)
	return again
}

// special handles a line that is no packet.
func special(t *testing.T, w *Watch, line string, frame uint32) bool {
	t.Helper()
	f := strings.Fields(line)
	at := func(i int) int64 {
		n, err := strconv.Atoi(f[i])
		if err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		return int64(n)
	}
	switch f[0] {
	case "icmp":
		w.Rejected(frame, at(1)*1e6, uint8(at(2)), uint8(at(3)))
	case "after":
		w.Follows(at(1)*1e6, f[2] == "closed")
	default:
		return false
	}
	return true
}

// finding is one row of a table: packets that lead to a finding, or just do not.
type finding struct {
	name     string
	endMs    int64
	lines    string
	code     string
	severity int    // none: it must not be found
	says     string // part of the sentence
	measure  func(m *index.Measures) bool
}

// none stands for the severity of what is not found.
const none = -1

// check runs a table.
func check(t *testing.T, table []finding) {
	t.Helper()
	for _, row := range table {
		t.Run(row.code+"/"+row.name, func(t *testing.T) {
			found, r := watch(t, row.endMs, row.lines)
			f, ok := found[row.code]
			switch {
			case ok != (row.severity != none):
				t.Errorf("found %t; all: %+v", ok, found)
			case ok && (int(f.Severity) != row.severity || !strings.Contains(f.Sentence, row.says) || f.Count == 0 || len(f.Frames) == 0):
				t.Errorf("%+v", f)
			}
			if row.measure != nil && !row.measure(&r.Measures) {
				t.Errorf("measures: %+v", r.Measures)
			}
		})
	}
}

// both reports whether the table has a row that finds a code and one that does not.
func both(t *testing.T, f Family, table []finding) {
	t.Helper()
	for _, d := range f.Finds {
		has := func(found bool) bool {
			return slices.ContainsFunc(table, func(row finding) bool { return row.code == d.Code && (row.severity != none) == found })
		}
		if !has(true) || !has(false) {
			t.Errorf("%s lacks a trigger or a near miss", d.Code)
		}
	}
}

func packetOf(t testing.TB, line string, frame uint32) *Packet {
	t.Helper()
	f := strings.Fields(line)
	if len(f) < 6 {
		t.Fatalf("packet %q", line)
	}
	number := func(s string) int64 {
		n, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatalf("packet %q: %v", line, err)
		}
		return int64(n * 1e6)
	}
	s := &tcp.Segment{Frame: frame, Time: number(f[0]), HasLen: true, Window: 1000, Options: tcp.Options{Scale: -1}}
	if f[1] == "<" {
		s.Dir = 1
	}
	for _, c := range f[2] {
		s.Flags |= map[rune]uint16{'S': tcp.SYN, 'F': tcp.FIN, 'R': tcp.RST, 'P': tcp.PSH, 'A': tcp.ACK, 'U': tcp.URG}[c]
	}
	s.Seq, s.Ack, s.Len = uint32(number(f[3])/1e6), uint32(number(f[4])/1e6), uint32(number(f[5])/1e6)
	p := &Packet{Segment: s, WireLen: 54 + s.Len, TTL: 64, Checksum: ChecksumGood}
	for _, word := range f[6:] {
		name, value, _ := strings.Cut(word, "=")
		var n int
		if _, err := fmt.Sscan(value, &n); err != nil && value != "bad" {
			t.Fatalf("packet %q: %v", line, err)
		}
		switch name {
		case "win":
			s.Window = uint16(n)
		case "ttl":
			p.TTL = uint8(n)
		case "id":
			p.IPID = uint16(n)
		case "mss":
			s.MSS = uint16(n)
		case "scale":
			s.Scale = int16(n)
		case "sack":
			s.SACKPermitted = true
		case "ts":
			s.Timestamps = true
		case "sum":
			p.Checksum = ChecksumBad
		case "frag":
			p.Reassembled = true
		case "dup":
			p.Duplicate = true
		case "tls":
			p.TLS = true
		case "v6":
			p.IPv6 = true
		case "wire":
			p.WireLen = uint32(n)
		case "sacked":
			for block := range strings.SplitSeq(value, ",") {
				left, right, _ := strings.Cut(block, "-")
				s.SACK[s.SACKs] = tcp.Block{Left: uint32(number(left) / 1e6), Right: uint32(number(right) / 1e6)}
				s.SACKs++
			}
		default:
			t.Fatalf("packet %q: what is %s?", line, word)
		}
	}
	return p
}

// TestDiagnostics: every diagnostic is described, once.
func TestDiagnostics(t *testing.T) {
	var codes []string
	for _, d := range All() {
		if d.Title == "" || d.Doc == "" || d.Group == "" || slices.Contains(codes, d.Code) {
			t.Errorf("%+v", d)
		}
		codes = append(codes, d.Code)
		if Advice(d.Code) == "" {
			t.Errorf("%s: no advice", d.Code)
		}
	}
	for code := range advice() {
		if !slices.Contains(codes, code) {
			t.Errorf("advice for %s, which is never found", code)
		}
	}
}

func TestLimits(t *testing.T) {
	for code, want := range map[string]string{
		"slow_handshake": "[{SlowHandshake 300ms}]", "refused": "[]", "idle_gap": "[{IdlePause 1s} {IdleRTTs 10} {IdleGap 1m0s}]",
		"high_retransmission": "[{ResentNote 0.005} {ResentWarn 0.02} {ResentError 0.1} {ResentMin 3}]",
	} {
		d, ok := Find(code)
		if got := fmt.Sprint(d.Limits()); !ok || got != want {
			t.Errorf("%s: %s, want %s", code, got, want)
		}
	}
}

func TestFacts(t *testing.T) {
	e := New(Defaults())
	w := e.Begin()
	var conn tcp.Conn
	for i, line := range []string{"0 > S 99 0 0 mss=1460", "10 < SA 499 100 0 mss=1400", "20 > A 100 500 0", "30 > PA 100 500 10", "250 > PA 100 500 10", "260 < A 500 110 0", "270 < A 500 110 0 dup=1", "300 < FA 500 110 0"} {
		p := packetOf(t, line, uint32(i+1))
		a := conn.Feed(p.Segment)
		p.Analysis = &a
		e.Feed(p)
	}
	c, s := &w.Side[0], &w.Side[1]
	if c.SYN.Frame != 1 || s.SYNACK.Frame != 2 || c.Options.MSS != 1460 || s.Options.MSS != 1400 || c.Data.Count != 2 || c.Resent.Count != 1 ||
		c.Resent.Frame != 5 || s.FIN.Frame != 8 || w.Duplicates != 1 || c.High != 110 || s.Acked != 110 || s.High != 501 || s.Any.Count != 3 ||
		w.Start != 0 || w.End != 300e6 || w.Before != 270e6 || w.First.Count != 8 {
		t.Errorf("%+v", w.Conn)
	}
}
