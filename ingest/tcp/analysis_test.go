package tcp

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pcapidx/ingest/spill"
)

// text names labels as tests write them; fast and spurious retransmissions without
// "retransmission".
func (n Labels) text() string {
	var out []string
	for bit, name := range Names() {
		if n>>bit&1 != 0 {
			out = append(out, name)
		}
	}
	return strings.Join(out, "+")
}

// TestStream is the stream of one connection with the answers of tshark 4.0.17:
// raw IPv4, no options.
func TestStream(t *testing.T) {
	type packet struct {
		ms       int64
		dir      uint8
		seq, ack uint32
		flags    uint16
		window   uint16
		length   uint32
		labels   Labels
		inFlight uint32
		acks     uint32
		rttMs    int64
		dup      uint32
	}
	const retransmission = Retransmission
	packets := []packet{
		{0, 0, 99, 0, SYN, 1000, 0, 0, 0, 0, 0, 0},
		{10, 1, 499, 100, SYN | ACK, 100, 0, 0, 0, 1, 10, 0},
		{20, 0, 100, 500, ACK, 1000, 0, 0, 0, 2, 10, 0},
		{30, 1, 500, 100, ACK, 0, 0, ZeroWindow, 0, 0, 0, 0},
		{300, 0, 100, 500, ACK, 1000, 1, ZeroWindowProbe, 1, 0, 0, 0},
		{310, 1, 500, 100, ACK, 0, 0, ZeroWindow | ZeroWindowProbeAck, 0, 0, 0, 0},
		{400, 1, 500, 100, ACK, 100, 0, WindowUpdate, 0, 0, 0, 0},
		{401, 0, 100, 500, PSH | ACK, 1000, 100, WindowFull, 100, 0, 0, 0},
		{411, 1, 500, 200, ACK, 100, 0, 0, 0, 8, 10, 0},
		{412, 1, 500, 200, ACK, 100, 0, DuplicateAck, 0, 0, 0, 1},
		{413, 1, 500, 200, ACK, 100, 0, DuplicateAck, 0, 0, 0, 2},
		{5000, 0, 199, 500, ACK, 1000, 1, KeepAlive, 1, 0, 0, 0},
		{5010, 1, 500, 200, ACK, 100, 0, KeepAliveAck, 0, 12, 10, 0},
		{5011, 0, 200, 500, ACK, 1000, 50, 0, 50, 0, 0, 0},
		{5012, 0, 300, 500, ACK, 1000, 50, LostSegment, 0, 0, 0, 0},
		{5013, 0, 250, 500, ACK, 1000, 50, OutOfOrder | WindowFull, 0, 0, 0, 0},
		{5020, 1, 500, 400, ACK, 100, 0, AckLostSegment, 0, 0, 0, 0},
		{5300, 0, 250, 500, ACK, 1000, 50, retransmission | SpuriousRetransmission, 50, 0, 0, 0},
	}
	var c Conn
	for i, p := range packets {
		s := Segment{
			Frame: uint32(i + 1), Time: p.ms * 1e6, Dir: p.dir, Flags: p.flags, Seq: p.seq, Ack: p.ack, Window: p.window, Len: p.length,
			HasLen: true, Options: Options{Scale: -1},
		}
		c = reload(t, &c)
		a := c.Feed(&s)
		if a.Labels != p.labels || a.InFlight != p.inFlight || a.AcksFrame != p.acks || a.AckRTT != p.rttMs*1e6 || a.DupNum != p.dup {
			t.Errorf("packet %d: %s, in flight %d, acks %d after %d ns, dup %d; want %+v", i+1, a.Labels.text(), a.InFlight, a.AcksFrame, a.AckRTT, a.DupNum, p)
		}
		if p.dup > 0 && a.DupFrame != 9 {
			t.Errorf("packet %d repeats frame %d, want 9", i+1, a.DupFrame)
		}
	}
	again := Segment{Frame: 19, Time: 6e9, Flags: SYN, Seq: 7777, Window: 1000, HasLen: true, Options: Options{Scale: -1}}
	if !c.Splits(&again) {
		t.Fatal("a SYN with another number does not begin a new connection")
	}
	var next Conn
	next.Reuse()
	if a := next.Feed(&again); a.Labels != ReusedPorts || a.Completeness != 1 {
		t.Errorf("ports used again: %s, completeness %d", a.Labels.text(), a.Completeness)
	}
}

// reload writes the state and reads it back.
func reload(t *testing.T, c *Conn) (again Conn) {
	t.Helper()
	w := spill.Writer(nil)
	c.Code(w)
	r := spill.Reader(w.Bytes())
	if again.Code(r); r.Failed() || len(r.Bytes()) > 0 {
		t.Fatal("the state does not come back")
	}
	return again
}

// TestConnRoundTrip: a connection that was stored and restored goes on as if
// it had not been, wherever that happens.
func TestConnRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for range 300 {
		var a, b Conn
		for i := range 60 {
			s := randomSegment(r, uint32(i+1))
			b = reload(t, &b)
			if a.Splits(&s) != b.Splits(&s) {
				t.Fatal("splits differ")
			}
			if x, y := a.Feed(&s), b.Feed(&s); x != y {
				t.Fatalf("packet %d: %+v, after storing %+v", i, x, y)
			}
		}
	}
	var c Conn
	if k := spill.Reader([]byte{1, 2, 3}); true {
		if c.Code(k); !k.Failed() {
			t.Error("a cut state is taken")
		}
	}
}

func randomSegment(r *rand.Rand, frame uint32) Segment {
	around := func() uint32 { return r.Uint32N(40) - 10 } // wraps
	s := Segment{
		Frame: frame, Time: int64(frame)*2_000_000 + r.Int64N(5_000_000), Dir: uint8(r.UintN(2)), Flags: uint16(r.UintN(64)), Seq: around(), Ack: around(),
		Len: r.Uint32N(9), HasLen: r.UintN(9) > 0, Window: uint16(r.UintN(3)), NoOptions: r.IntN(9) == 0, Options: Options{Scale: int16(r.IntN(16)) - 1},
	}
	if r.UintN(2) == 0 {
		s.Flags = ACK
	}
	if r.UintN(5) == 0 {
		s.SACK[0], s.SACKs = Block{around(), around()}, 1
	}
	return s
}

// plain is the list of unacknowledged segments as the rules say it, without what
// makes it fast: newest first.
type plain struct{ list []sent }

func (u *plain) push(s sent) { u.list = slices.Insert(u.list, 0, s) }

func (u *plain) ack(ack uint32) (exact sent, ok bool) {
	var kept []sent
	for _, e := range u.list {
		switch {
		case ack == e.end:
			exact, ok = e, true
			continue
		case after(ack, e.seq) && !after(ack, e.end):
			e.seq = ack
		case !after(e.end, ack):
			continue
		}
		kept = append(kept, e)
	}
	u.list = kept
	return exact, ok
}

func (u *plain) span(base uint32) (low, high uint32) {
	low, high = u.list[0].seq, u.list[0].end
	for _, e := range u.list {
		if e.seq-base < low-base {
			low = e.seq
		}
		if e.end-base > high-base {
			high = e.end
		}
	}
	return low, high
}

// TestUnacked: the fast list does what the plain one does, in order and out of it,
// around every wrap.
func TestUnacked(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for round := range 4000 {
		var fast unacked
		var slow plain
		base := r.Uint32()
		next := base + 1
		wild := round%2 == 0
		for i := range uint32(60) {
			if wild && r.UintN(20) == 0 {
				base = r.Uint32()
				fast.rebase()
			}
			s := sent{seq: next, end: next + 1 + r.Uint32N(50), frame: i + 1, time: int64(i)}
			if wild && r.UintN(6) == 0 {
				s.seq = next - r.Uint32N(300)
				s.end = s.seq + 1 + r.Uint32N(80)
			}
			if wild && r.UintN(30) == 0 {
				s.seq = r.Uint32()
				s.end = s.seq + 1
			}
			next = s.end
			fast.push(s, base)
			slow.push(s)
			if r.UintN(2) == 0 {
				ack := next - r.Uint32N(200)
				if wild && r.UintN(20) == 0 {
					ack = r.Uint32()
				}
				a, okA := fast.ack(ack)
				b, okB := slow.ack(ack)
				if a != b || okA != okB || fast.len() != len(slow.list) {
					t.Fatalf("round %d: acknowledging %d gives %v %v, want %v %v", round, ack, a, okA, b, okB)
				}
			}
			if fast.len() == 0 {
				continue
			}
			if *fast.oldest() != slow.list[len(slow.list)-1] {
				t.Fatalf("round %d: oldest differs", round)
			}
			l, h := fast.span(base)
			if wl, wh := slow.span(base); l != wl || h != wh {
				t.Fatalf("round %d: span %d-%d, want %d-%d", round, l, h, wl, wh)
			}
		}
	}
}

// TestStates: the states of both ends after each packet.
func TestStates(t *testing.T) {
	for name, c := range map[string]struct{ packets, want string }{
		"handshake and close": {
			handshake + "> PA 100 500 10; < A 500 110 0; > FA 110 500 0; < A 500 111 0; < FA 500 111 0; > A 111 501 0",
			"SYN_SENT/LISTEN SYN_SENT/SYN_RECEIVED ESTABLISHED/ESTABLISHED ESTABLISHED/ESTABLISHED ESTABLISHED/ESTABLISHED " +
				"FIN_WAIT_1/CLOSE_WAIT FIN_WAIT_2/CLOSE_WAIT TIME_WAIT/LAST_ACK TIME_WAIT/CLOSED",
		},
		"both close at once": {
			handshake + "> FA 100 500 0; < FA 500 100 0; > A 101 501 0; < A 501 101 0",
			"SYN_SENT/LISTEN SYN_SENT/SYN_RECEIVED ESTABLISHED/ESTABLISHED FIN_WAIT_1/CLOSE_WAIT " +
				"CLOSING/LAST_ACK CLOSING/CLOSED TIME_WAIT/CLOSED",
		},
		"refused":    {"> S 99 0 0; < RA 0 100 0", "SYN_SENT/LISTEN CLOSED/CLOSED"},
		"both open":  {"> S 99 0 0; < S 499 0 0; > SA 99 500 0; < SA 499 100 0; > A 100 500 0", "SYN_SENT/LISTEN SYN_RECEIVED/SYN_RECEIVED SYN_RECEIVED/SYN_RECEIVED SYN_RECEIVED/SYN_RECEIVED ESTABLISHED/ESTABLISHED"},
		"mid-stream": {"> PA 100 500 10; < A 500 110 0", "ESTABLISHED/ESTABLISHED ESTABLISHED/ESTABLISHED"},
	} {
		var conn Conn
		var got []string
		for _, s := range parse(t, c.packets) {
			a := conn.Feed(&s)
			got = append(got, fmt.Sprintf("%s/%s", a.States[0], a.States[1]))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, strings.Join(got, " "), c.want)
		}
	}
}

// BenchmarkUnacked: segments of which 10,000 wait for acknowledgement, in order.
func BenchmarkUnacked(b *testing.B) {
	for name, every := range map[string]int{"acknowledged": 2, "never": 0} {
		b.Run(name, func(b *testing.B) {
			var c Conn
			seq := uint32(1000)
			b.ReportAllocs()
			for i := range b.N {
				s := Segment{Frame: uint32(i + 1), Time: int64(i) * 1000, Flags: ACK, Seq: seq, Ack: 500, Len: 1000, Window: 1000, HasLen: true, Options: Options{Scale: -1}}
				c.Feed(&s)
				seq += 1000
				if every > 0 && i%every == 1 && i > 9900 {
					s := Segment{Frame: uint32(i + 1), Time: int64(i) * 1000, Dir: 1, Flags: ACK, Seq: 500, Ack: seq - 9800*1000, Window: 1000, HasLen: true, Options: Options{Scale: -1}}
					c.Feed(&s)
				}
			}
		})
	}
}
