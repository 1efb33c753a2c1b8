package tcp

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"pcapidx/ingest/spill"
)

// parse reads packets written as "> SA 100 200 5": direction (> is Dir 0), flag
// letters (S F R P A, - for none), sequence, acknowledgement, length; a window
// may follow as w=N.
func parse(t *testing.T, text string) []Segment {
	t.Helper()
	var out []Segment
	for line := range strings.SplitSeq(strings.TrimSpace(text), ";") {
		f := strings.Fields(line)
		if len(f) < 5 {
			t.Fatalf("packet %q", line)
		}
		s := Segment{HasLen: true, Window: 1000, Options: Options{Scale: -1}}
		if f[0] == "<" {
			s.Dir = 1
		}
		for _, c := range f[1] {
			s.Flags |= map[rune]uint16{'S': SYN, 'F': FIN, 'R': RST, 'P': PSH, 'A': ACK, '-': 0}[c]
		}
		var numbers [3]uint32
		for i := range numbers {
			n, err := strconv.ParseUint(f[2+i], 10, 32)
			if err != nil {
				t.Fatal(err)
			}
			numbers[i] = uint32(n)
		}
		s.Seq, s.Ack, s.Len = numbers[0], numbers[1], numbers[2]
		if len(f) > 5 {
			if _, err := fmt.Sscanf(f[5], "w=%d", &s.Window); err != nil {
				t.Fatal(err)
			}
		}
		out = append(out, s)
	}
	return out
}

const handshake = "> S 99 0 0; < SA 499 100 0; > A 100 500 0; "

func TestZeek(t *testing.T) {
	for _, c := range []struct {
		name, packets string
		sport, dport  uint16
		state         ZeekState
		history       string
	}{
		{"no answer", "> S 99 0 0", 40000, 80, "S0", "S"},
		{"SYN sent again", "> S 99 0 0; > S 99 0 0", 40000, 80, "S0", "S"},
		{"another SYN number", "> S 99 0 0; > S 77 0 0", 40000, 80, "S0", "SS"},
		{"refused", "> S 99 0 0; < RA 0 100 0", 40000, 80, "REJ", "Sr"},
		{"open", handshake + "> PA 100 500 10; < PA 500 110 20; > A 110 520 0", 40000, 80, "S1", "ShADd"},
		{"closed by both", handshake + "> PA 100 500 10; < A 500 110 0; < PA 500 110 20; > A 110 520 0; > FA 110 520 0; < FA 520 111 0; > A 111 521 0", 40000, 80, "SF", "ShADadFf"},
		{"originator closed", handshake + "> FA 100 500 0; < A 500 101 0", 40000, 80, "S2", "ShAFa"},
		{"responder closed", handshake + "< FA 500 100 0; > A 100 501 0", 40000, 80, "S3", "ShAf"},
		{"reset by originator", handshake + "> PA 100 500 10; > R 110 0 0", 40000, 80, "RSTO", "ShADR"},
		{"reset by responder", handshake + "> PA 100 500 10; < R 500 0 0", 40000, 80, "RSTR", "ShADr"},
		{"SYN then RST, no answer", "> S 99 0 0; > R 100 0 0", 40000, 80, "RSTOS0", "SR"},
		{"SYN then FIN, no answer", "> S 99 0 0; > F 100 0 0", 40000, 80, "SH", "SF"},
		{"mid-stream", "> A 100 500 10; < A 500 110 0", 40000, 50000, "OTH", "Da"},
		{"mid-stream from a server's port", "> PA 100 500 10; < A 500 110 0", 80, 40000, "OTH", "^dA"},
		{"SYN+ACK first", "> SA 499 100 0; < A 100 500 0", 50000, 40000, "OTH", "^hA"},
		{"FIN and RST in one", handshake + "> FRA 100 500 0", 40000, 80, "RSTO", "ShAI"},
		{"SYN and FIN in one", "> SF 99 0 0", 40000, 80, "S0", "Q"},
		{"zero windows", handshake + "< A 500 100 0 w=0; < A 500 100 0 w=0", 40000, 80, "S1", "ShAaw"},
		{"sent again", handshake + "> PA 100 500 10; > PA 100 500 10", 40000, 80, "S1", "ShADT"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var z Zeek
			for _, s := range parse(t, c.packets) {
				feed(&z, s, c.sport, c.dport)
			}
			if h, _ := z.History(); z.State() != c.state || h != c.history {
				t.Errorf("got %s %s, want %s %s", z.State(), h, c.state, c.history)
			}
			w := spill.Writer(nil)
			z.Code(w)
			r := spill.Reader(append(w.Bytes(), "rest"...))
			var again Zeek
			again.Code(r)
			rest := r.Bytes()
			if h, _ := again.History(); string(rest) != "rest" || again.State() != c.state || h != c.history {
				t.Errorf("after a round trip: %s %s, rest %q", again.State(), h, rest)
			}
		})
	}
}

// feed gives the ports as the packet has them: sport is Dir 0's.
func feed(z *Zeek, s Segment, sport, dport uint16) {
	if s.Dir == 1 {
		sport, dport = dport, sport
	}
	z.Feed(&s, sport, dport)
}

func TestHistoryIsBounded(t *testing.T) {
	var z Zeek
	for i := range uint32(1000) {
		z.Feed(&Segment{Flags: RST, Seq: i * 7, HasLen: true, Window: 1}, 40000, 80)
	}
	if h, full := z.History(); len(h) != HistoryLimit || !full {
		t.Errorf("history of %d letters, full %v", len(h), full)
	}
}

// TestSplits follows tshark's rule: a SYN without ACK whose number differs from
// the known base of its sender begins a new stream.
func TestSplits(t *testing.T) {
	for _, c := range []struct {
		name, packets string
		splits        bool // the last packet
	}{
		{"first SYN", "> S 99 0 0", false},
		{"same SYN again", "> S 99 0 0; > S 99 0 0", false},
		{"another SYN", "> S 99 0 0; > S 100 0 0", true},
		{"SYN of the other side, first", "> S 99 0 0; < S 100 0 0", false},
		{"SYN+ACK with another number stays", "> S 99 0 0; < SA 499 100 0; < SA 777 100 0", false},
		{"base learnt mid-stream", "> A 100 500 10; > S 5000 0 0", true},
		{"SYN equal to the base learnt mid-stream", "> A 100 500 10; > S 99 0 0", false},
		{"base learnt from the peer's ACK", "> A 100 500 10; < S 700 0 0", true},
		{"after a RST", "> S 99 0 0; < RA 0 100 0; > S 99 0 0", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var conn Conn
			got := false
			for _, s := range parse(t, c.packets) {
				if got = conn.Splits(&s); !got {
					conn.Feed(&s)
				}
			}
			if got != c.splits {
				t.Errorf("splits %v, want %v", got, c.splits)
			}
		})
	}
}

func TestRelativeNumbers(t *testing.T) {
	var c Conn
	for i, want := range [][2]uint32{{0, 0}, {0, 1}, {1, 1}, {1, 1}, {1, 11}} {
		s := parse(t, "> S 4294967295 0 0; < SA 499 0 0; > A 0 500 0; > PA 0 500 10; < A 500 10 0")[i]
		if r := c.Feed(&s); r.Seq != want[0] || r.Ack != want[1] {
			t.Errorf("packet %d: seq %d ack %d, want %v", i+1, r.Seq, r.Ack, want)
		}
	}
	var mid Conn
	s := Segment{Flags: ACK, Seq: 1000, Ack: 2000, HasLen: true}
	if r := mid.Feed(&s); r.Seq != 1 || r.Ack != 1 {
		t.Errorf("mid-stream: seq %d ack %d, want 1 1", r.Seq, r.Ack)
	}
	quoted := Segment{Flags: ACK, Seq: 7, Ack: 9}
	var none Conn
	if r := none.Feed(&quoted); r.Seq != 7 || r.Ack != 9 {
		t.Errorf("without a length no base is learnt: seq %d ack %d", r.Seq, r.Ack)
	}
}

// TestWindowScale: the scale in force for each packet, by who sent the option.
func TestWindowScale(t *testing.T) {
	const none = -1
	type step struct {
		dir   uint8
		flags uint16
		scale int16
		want  int8
	}
	for name, steps := range map[string][]step{
		"both":            {{0, SYN, 7, ScaleUnknown}, {1, SYN | ACK, 3, ScaleUnknown}, {0, ACK, none, 7}, {1, ACK, none, 3}},
		"no SYN seen":     {{0, ACK, none, ScaleUnknown}, {1, ACK, none, ScaleUnknown}},
		"client without":  {{0, SYN, none, ScaleUnknown}, {1, SYN | ACK, 3, ScaleOff}, {0, ACK, none, ScaleOff}, {1, ACK, none, ScaleOff}},
		"server without":  {{0, SYN, 7, ScaleUnknown}, {1, SYN | ACK, none, ScaleUnknown}, {0, ACK, none, ScaleOff}, {1, ACK, none, ScaleOff}},
		"SYN again":       {{0, SYN, 7, ScaleUnknown}, {0, SYN, none, 7}, {1, SYN | ACK, 3, ScaleUnknown}, {0, ACK, none, 7}},
		"beyond RFC 7323": {{0, SYN, 200, ScaleUnknown}, {1, SYN | ACK, 0, ScaleUnknown}, {0, ACK, none, 14}, {1, ACK, none, 0}},
		"SYN not seen":    {{1, SYN | ACK, 3, ScaleUnknown}, {0, ACK, none, ScaleUnknown}, {1, ACK, none, 3}},
	} {
		var c Conn
		for i, p := range steps {
			s := Segment{Dir: p.dir, Flags: p.flags, HasLen: true, Options: Options{Scale: p.scale}}
			if got := c.Feed(&s).Scale; got != p.want {
				t.Errorf("%s: packet %d has scale %d, want %d", name, i+1, got, p.want)
			}
		}
	}
	var c Conn
	if c.Feed(&Segment{Flags: SYN, Options: Options{Scale: 7}, NoOptions: true}); c.Feed(&Segment{Flags: ACK, Options: Options{Scale: none}}).Scale != ScaleUnknown {
		t.Error("options that were not read to the end set a scale")
	}
}
