package tcp

import (
	"math/rand/v2"
	"testing"
)

// TestRepeats: what each packet of a conversation is, times in milliseconds.
func TestRepeats(t *testing.T) {
	type packet struct {
		ms       int64
		dir      uint8
		flags    uint16
		seq, ack uint32
		length   uint32
		want     Repeat
	}
	handshake := []packet{{0, 0, SYN, 100, 0, 0, NoRepeat}, {50, 1, SYN | ACK, 500, 101, 0, NoRepeat}, {100, 0, ACK, 101, 501, 0, NoRepeat}}
	for name, rest := range map[string][]packet{
		"in order":       {{110, 0, ACK, 101, 501, 10, NoRepeat}, {120, 0, ACK, 111, 501, 10, NoRepeat}},
		"retransmission": {{110, 0, ACK, 101, 501, 10, NoRepeat}, {900, 0, ACK, 101, 501, 10, Retransmission}},
		"overtaken":      {{110, 0, ACK, 111, 501, 10, NoRepeat}, {112, 0, ACK, 101, 501, 10, OutOfOrder}},
		"late":           {{110, 0, ACK, 111, 501, 10, NoRepeat}, {400, 0, ACK, 101, 501, 10, Retransmission}},
		"spurious":       {{110, 0, ACK, 101, 501, 10, NoRepeat}, {120, 1, ACK, 501, 111, 0, NoRepeat}, {900, 0, ACK, 101, 501, 10, SpuriousRetransmission}},
		"fast": {
			{110, 0, ACK, 101, 501, 10, NoRepeat},
			{120, 0, ACK, 121, 501, 10, NoRepeat},
			{150, 1, ACK, 501, 111, 0, NoRepeat},
			{151, 1, ACK, 501, 111, 0, NoRepeat},
			{152, 1, ACK, 501, 111, 0, NoRepeat},
			{155, 0, ACK, 111, 501, 10, FastRetransmission},
		},
		"keep-alive": {{110, 0, ACK, 101, 501, 10, NoRepeat}, {5000, 0, ACK, 110, 501, 1, KeepAlive}},
		"SYN again":  {{900, 0, SYN, 100, 0, 0, Retransmission}},
	} {
		var c Repeats
		for i, p := range append(append([]packet{}, handshake...), rest...) {
			s := Segment{Dir: p.dir, Flags: p.flags, Seq: p.seq, Ack: p.ack, Len: p.length, Window: 1000, HasLen: true}
			if got := c.Feed(&s, p.ms*1e6); got != p.want {
				t.Errorf("%s: packet %d is %d, want %d", name, i+1, got, p.want)
			}
		}
	}
}

// TestRepeatsRoundTrip: a state that was stored goes on as if it had not been.
func TestRepeatsRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 9))
	for range 200 {
		var a, b Repeats
		for range 40 {
			s := Segment{
				Dir: uint8(r.UintN(2)), Flags: uint16(r.UintN(32)), Seq: r.Uint32N(9), Ack: r.Uint32N(9), Len: r.Uint32N(4),
				Window: uint16(r.UintN(2)), HasLen: r.UintN(5) > 0,
			}
			var c Repeats
			if c.DecodeBinary(b.AppendBinary(nil)) == nil {
				t.Fatal("damaged")
			}
			at := r.Int64N(40_000_000)
			if b = c; a.Feed(&s, at) != b.Feed(&s, at) {
				t.Fatal("they differ")
			}
		}
	}
	if new(Repeats).DecodeBinary(make([]byte, 10)) != nil {
		t.Error("a cut state is taken")
	}
}
