package diag

import (
	"fmt"
	"strings"
	"testing"

	"pcapidx/index"
)

// talk is n requests, and responses after some time (ms); the next request
// comes another time later.
func talk(n, response, think int) string {
	at := 100
	return times(n, func(i int) string {
		seq, ack := 100+i*100, 500+i*100
		lines := fmt.Sprintf("%d > PA %d %d 100\n%d < PA %d %d 100", at, seq, ack, at+response, ack, seq+100)
		at += response + think
		return lines
	})
}

func TestTurns(t *testing.T) {
	pull(t, []trigger{
		{"1.5 s", 60000, ready + talk(3, 1500, 10), "slow_response", "The server took 1.5 s to begin an answer, of which the network needs 10 ms; 3 of its 3 answers came after more than 1 s."},
		{"1 s", 60000, ready + talk(3, 1000, 10), "!slow_response !idle_push", ""},
		{"the network needs it", 60000, "1 > S 99 0 0\n801 < SA 499 100 0\n802 > A 100 500 0\n900 > PA 100 500 100\n2600 < PA 500 200 100", "!slow_response", ""},
		{"no handshake", 60000, "900 > PA 100 500 100\n2600 < PA 500 200 100", "slow_response", "to begin an answer; 1 of"},
		{"TLS", 60000, ready + strings.Replace(talk(2, 1500, 10), " 100\n", " 100 tls=1\n", 1), "slow_response", "in the TLS handshake"},
		{"after the TLS handshake", 60000, ready + strings.Replace(talk(2, 10, 10)+"\n1000 > PA 300 700 100\n2500 < PA 700 400 100", " 100\n", " 100 tls=1\n", 1), "slow_response", "to begin an answer, of"},
		{"long polling", 60000, ready + talk(1, 31000, 10), "idle_push !slow_response", "more than 30 s 1 time"},
		{"half a minute", 60000, ready + talk(1, 29000, 10), "slow_response !idle_push", ""},
		{"push", 60000, ready + talk(1, 10, 10) + "\n40000 < PA 600 200 100", "idle_push !slow_response", ""},
		{"the server begins", 60000, ready + "\n5000 < PA 500 100 50\n5010 > PA 100 550 10\n5020 < PA 550 110 10", "!slow_response !idle_push", ""},
		{"the request was lost", 60000, ready + "\n100 > PA 100 500 100\n1500 > PA 100 500 100\n1520 < PA 500 200 100", "!slow_response", ""},
		{"the request was repeated for nothing", 60000, ready + "\n100 > PA 100 500 100\n110 < A 500 200 0\n1500 > PA 100 500 100\n1520 < PA 500 200 100", "slow_response", ""},
		{"the response is repeated", 60000, ready + talk(1, 10, 10) + "\n3000 < PA 500 200 100", "!slow_response", ""},
		{"keep-alive", 60000, ready + talk(1, 10, 10) + "\n300 > A 200 600 0\n5000 > A 199 600 1\n9000 < PA 600 200 10", "!slow_response !idle_push", ""},

		{"thinks", 60000, ready + talk(3, 10, 2000), "client_waiting", "The connection mostly waited for the client: 4 s of 4.13 s (96.9 %)"},
		{"thinks shortly", 60000, ready + talk(99, 2, 20), "client_waiting", ""},
		{"does not think much", 60000, ready + talk(9, 100, 200), "!client_waiting", ""},
	})
}

func TestTurnList(t *testing.T) {
	_, r := watch(t, 60000, ready+talk(200, 30, 10))
	m := &r.Measures
	if m.TurnCount != 200 || len(m.Turns) != index.MaxTurns {
		t.Errorf("%d turns of %d", len(m.Turns), m.TurnCount)
	}
	if got, want := m.Turns[63], (index.Turn{
		RequestFrame: 130, ResponseFrame: 131, RequestStart: 2620 * millisecond, RequestEnd: 2620 * millisecond,
		ResponseStart: 2650 * millisecond, ResponseEnd: 2650 * millisecond, RequestBytes: 100, ResponseBytes: 100,
	}); got != want {
		t.Errorf("%+v", got)
	}
	if s := m.Sides[1].Response; s.Count != 200 || s.Min != 30*millisecond || s.Max != 30*millisecond {
		t.Errorf("%+v", s)
	}
	if s := m.Sides[0].Response; s.Count != 199 || s.Sum != 1990*millisecond {
		t.Errorf("%+v", s)
	}
	if s := m.Sides[0].Transfer; s.Count != 200 || s.Max != 0 {
		t.Errorf("%+v", s)
	}
}

// TestTurnRoles: who is the client is known at the end only.
func TestTurnRoles(t *testing.T) {
	_, r := watch(t, 9000, `
		1 > A 500 0 0
		2 < S 99 0 0
		12 > SA 499 100 0
		22 < A 100 500 0
		30 > PA 500 100 50
		40 < PA 100 550 10
		45 < PA 110 550 10
		65 > PA 550 120 100
		66 > PA 650 120 100
		80 < PA 120 750 10`)
	m := &r.Measures
	if r.Client != 1 || m.TurnCount != 2 || len(m.Turns) != 2 {
		t.Fatalf("%d turns, client %d: %+v", m.TurnCount, r.Client, m.Turns)
	}
	if x := m.Turns[0]; x.RequestFrame != 6 || x.RequestBytes != 20 || x.RequestEnd-x.RequestStart != 5*millisecond || x.ResponseFrame != 8 ||
		x.ResponseBytes != 200 || x.ResponseStart-x.RequestEnd != 20*millisecond {
		t.Errorf("%+v", x)
	}
	if x := m.Turns[1]; x.RequestFrame != 10 || x.ResponseFrame != 0 {
		t.Errorf("%+v", x)
	}
	if s := m.Sides[0].Response; s.Count != 1 || s.Sum != 20*millisecond {
		t.Errorf("%+v", s)
	}
}

// TestTurnCrossing: data that was sent before the request arrived does not answer
// it.
func TestTurnCrossing(t *testing.T) {
	_, r := watch(t, 9000, ready+`
		100 > PA 100 500 100
		110 < PA 500 200 100
		120 > PA 200 600 100
		125 < PA 600 200 100
		170 < PA 700 300 100`)
	m := &r.Measures
	if len(m.Turns) != 2 || m.Turns[0].ResponseBytes != 200 || m.Turns[1].ResponseFrame != 8 || m.Sides[1].Response.Max != 50*millisecond {
		t.Errorf("%+v", m)
	}
}

func TestRates(t *testing.T) {
	_, r := watch(t, 9000, ready+`
		1000 > A 100 500 1000
		1100 > A 2100 500 1000
		1200 > A 1600 500 1000
		1300 > A 1100 500 500
		1500 > A 1100 500 500
		2900 > A 3100 500 400
		3001 < A 500 3500 0`)
	// 3400 bytes in 1.9 s; 8 frames with 4400 bytes in 3 s, of them 4 with 3000 bytes
	// in the second second.
	m := r.Measures.Sides[0]
	if m.UniqueBytes != 3400 || m.Goodput != 14315 || m.WireRate != 8*(8*54+4400)/3 || m.PeakRate != 8*(4*54+3000) {
		t.Errorf("%+v", m)
	}
	if m := r.Measures.Sides[1]; m.UniqueBytes != 0 || m.Goodput != 0 || m.PeakRate != 8*54 {
		t.Errorf("%+v", m)
	}
	if _, r := watch(t, 9000, ready+"\n30 > PA 100 500 10"); r.Measures.Sides[0].Goodput != 0 || r.Measures.Sides[0].UniqueBytes != 10 {
		t.Errorf("one segment has a rate: %+v", r.Measures.Sides[0])
	}
}
