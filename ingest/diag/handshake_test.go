package diag

import (
	"testing"

	"pcapidx/index"
)

const (
	opened = `
		0 > S 99 0 0 mss=1460
		10 < SA 499 100 0 mss=1460
		20 > A 100 500 0
	`
	minute = 60_000
)

func ends(result string) func(*index.Measures) bool {
	return func(m *index.Measures) bool { return m.Handshake == result }
}

func TestHandshake(t *testing.T) {
	table := []finding{
		{name: "three attempts", endMs: minute, code: "syn_unanswered", severity: 3, says: "3 connection attempts over 3 s", measure: func(m *index.Measures) bool {
			return m.Handshake == "syn_unanswered" && m.Sides[0].ResentControl == 2
		}, lines: `
			0 > S 99 0 0
			1000 > S 99 0 0
			3000 > S 99 0 0`},
		{name: "capture ends too early", endMs: 2999, code: "syn_unanswered", severity: none, lines: `0 > S 99 0 0`, measure: ends("undecided")},
		{name: "just late enough", endMs: 3000, code: "syn_unanswered", severity: 3, lines: `0 > S 99 0 0`},
		{name: "the client goes on", endMs: minute, code: "syn_unanswered", severity: none, measure: ends("synack_missing"), lines: `
			0 > S 99 0 0
			20 > A 100 500 0`},
		{name: "RST", endMs: minute, code: "refused", severity: 3, says: "10 ms after the SYN", measure: ends("refused"), lines: `
			0 > S 99 0 0
			10 < RA 0 100 0`},
		{name: "RST with another number", endMs: minute, code: "refused", severity: none, measure: ends("mismatch"), lines: `
			0 > S 99 0 0
			10 < RA 0 101 0`},
		{name: "second attempt refused", endMs: minute, code: "refused", severity: 3, says: "5 ms after", lines: `
			0 > S 99 0 0
			1000 > S 99 0 0
			1005 < RA 0 100 0`},
		{name: "admin", endMs: minute, code: "icmp_rejected", severity: 3, says: "communication administratively prohibited (type 3, code 13) 5 ms", measure: ends("icmp_rejected"), lines: `
			0 > S 99 0 0
			icmp 5 3 13`},
		{name: "v6", endMs: minute, code: "icmp_rejected", severity: 3, says: "ICMPv6 error says port unreachable (type 1, code 4)", lines: `
			0 > S 99 0 0 v6=1
			icmp 5 1 4`},
		{name: "too big only", endMs: minute, code: "icmp_rejected", severity: none, measure: ends("syn_unanswered"), lines: `
			0 > S 99 0 0
			icmp 5 3 4`},
		{name: "answered all the same", endMs: minute, code: "icmp_rejected", severity: none, measure: ends("complete"), lines: `
			0 > S 99 0 0
			icmp 5 3 1
			10 < SA 499 100 0
			20 > A 100 500 0`},
		{name: "no ACK", endMs: minute, code: "half_open", severity: 2, says: "answered 10 ms after", measure: ends("half_open"), lines: `
			0 > S 99 0 0
			10 < SA 499 100 0`},
		{name: "capture ends", endMs: 3009, code: "half_open", severity: none, measure: ends("undecided"), lines: `
			0 > S 99 0 0
			10 < SA 499 100 0`},
		{name: "data is an ACK too", endMs: minute, code: "half_open", severity: none, measure: ends("complete"), lines: `
			0 > S 99 0 0
			10 < SA 499 100 0
			20 > PA 100 500 10`},
		{name: "RST at once", endMs: minute, code: "reset_by_client", severity: 1, measure: ends("reset_by_client"), lines: `
			0 > S 99 0 0
			10 < SA 499 100 0
			20 > R 100 0 0`},
		{name: "RST after the ACK", endMs: minute, code: "reset_by_client", severity: none, measure: ends("complete"), lines: opened + `
			30 > R 100 0 0`},
		{name: "no SYN", endMs: minute, code: "synack_only", severity: 0, measure: ends("synack_only"), lines: `
			0 < SA 499 100 0
			10 > A 100 500 0`},
		{name: "SYN", endMs: minute, code: "synack_only", severity: none, lines: opened},
		{name: "no SYN+ACK", endMs: minute, code: "synack_missing", severity: 0, measure: ends("synack_missing"), lines: `
			0 > S 99 0 0
			10 > A 100 500 0
			20 < PA 500 100 10`},
		{name: "nothing else", endMs: minute, code: "synack_missing", severity: none, lines: `0 > S 99 0 0`},
		{name: "wrong number", endMs: minute, code: "handshake_mismatch", severity: 2, measure: ends("mismatch"), lines: `
			0 > S 99 0 0
			10 < SA 499 99 0`},
		{name: "then the right one", endMs: minute, code: "handshake_mismatch", severity: none, measure: ends("complete"), lines: `
			0 > S 99 0 0
			10 < A 499 50 0
			11 > R 50 0 0
			1000 > S 99 0 0
			1010 < SA 999 100 0
			1020 > A 100 1000 0`},
		{name: "fast open", endMs: minute, code: "handshake_mismatch", severity: none, measure: ends("complete"), lines: `
			0 > S 99 0 20
			10 < SA 499 120 0
			20 > A 120 500 0`},
		{name: "both", endMs: minute, code: "simultaneous_open", severity: 1, measure: ends("simultaneous_open"), lines: `
			0 > S 99 0 0
			1 < S 499 0 0
			10 > SA 99 500 0
			11 < SA 499 100 0`},
		{name: "one", endMs: minute, code: "simultaneous_open", severity: none, lines: opened},
		{name: "data", endMs: minute, code: "mid_stream", severity: 0, measure: ends("mid_stream"), lines: `0 > PA 100 500 10`},
		{name: "SYN", endMs: minute, code: "mid_stream", severity: none, lines: opened},
		{name: "301 ms", endMs: minute, code: "slow_handshake", severity: 2, says: "took 301 ms (300 ms until the server answered, 1 ms until the client did; the capture was made near the client)", lines: `
			0 > S 99 0 0
			300 < SA 499 100 0
			301 > A 100 500 0`, measure: func(m *index.Measures) bool {
			return m.ConnectServer == 300e6 && m.ConnectClient == 1e6 && m.IRTT == 301e6
		}},
		{name: "300 ms", endMs: minute, code: "slow_handshake", severity: none, lines: `
			0 > S 99 0 0
			299 < SA 499 100 0
			300 > A 100 500 0`},
		{name: "only the wait was long", endMs: minute, code: "slow_handshake", severity: none, lines: `
			0 > S 99 0 0
			1000 > S 99 0 0
			1010 < SA 499 100 0
			1020 > A 100 500 0`, measure: func(m *index.Measures) bool { return m.ConnectServer == 10e6 && m.ConnectClient == 10e6 }},
		{name: "back-off", endMs: minute, code: "syn_retransmitted", severity: 2, says: "3 times over 3.1 s, which delayed the connection: a packet was lost, or its answer came late (the waits are the standard", lines: `
			0 > S 99 0 0
			1000 > S 99 0 0
			3100 > S 99 0 0
			3110 < SA 499 100 0
			3120 > A 100 500 0`},
		{name: "nobody answers", endMs: minute, code: "syn_retransmitted", severity: 1, says: "2 times over 200 ms.", lines: `
			0 > S 99 0 0
			200 > S 99 0 0`},
		{name: "captured twice", endMs: minute, code: "syn_retransmitted", severity: none, lines: `
			0 > S 99 0 0
			0 > S 99 0 0 dup=1
			10 < SA 499 100 0
			20 > A 100 500 0`},
		{name: "twice", endMs: minute, code: "synack_retransmitted", severity: 2, says: "The server sent its SYN+ACK 2 times over 1 s", lines: `
			0 > S 99 0 0
			10 < SA 499 100 0
			1010 < SA 499 100 0
			1020 > A 100 500 0`, measure: func(m *index.Measures) bool { return m.ConnectClient == 10e6 && m.Sides[1].ResentControl == 1 }},
		{name: "once", endMs: minute, code: "synack_retransmitted", severity: none, lines: opened},
	}
	check(t, table)
	both(t, handshakeFamily(), table)
}

func TestReuse(t *testing.T) {
	table := []finding{
		{name: "59 s", endMs: minute * 3, code: "port_reuse", severity: 1, says: "59 s after their last connection was closed", lines: "after 1000 closed\n60000 > S 99 0 0"},
		{name: "not closed", endMs: minute * 3, code: "port_reuse", severity: 1, says: "that was not closed", lines: "after 1000 open\n60000 > S 99 0 0"},
		{name: "60 s", endMs: minute * 3, code: "port_reuse", severity: none, lines: "after 0 closed\n60000 > S 99 0 0"},
		{name: "no other", endMs: minute * 3, code: "port_reuse", severity: none, lines: "60000 > S 99 0 0"},
		{name: "challenge", endMs: minute * 3, code: "time_wait_challenge", severity: 2, says: "119 s old", lines: `
			after 0 closed
			119000 > S 99 0 0
			119010 < A 7000 50 0
			119020 > R 50 0 0
			120000 > S 99 0 0
			120010 < SA 499 100 0
			120020 > A 100 500 0`},
		{name: "too long ago", endMs: minute * 3, code: "time_wait_challenge", severity: none, lines: `
			after 0 closed
			120000 > S 99 0 0
			120010 < A 7000 50 0`},
		{name: "proper answer", endMs: minute * 3, code: "time_wait_challenge", severity: none, lines: `
			after 0 closed
			30000 > S 99 0 0
			30010 < SA 499 100 0
			30020 > A 100 500 0
			30030 < PA 500 100 10`},
	}
	check(t, table)
	both(t, reuseFamily(), table)
}

func TestRejection(t *testing.T) {
	for _, c := range []struct {
		ipv6       bool
		icmp, code uint8
		want       string
	}{
		{false, 3, 3, "port unreachable"},
		{false, 3, 13, "communication administratively prohibited"},
		{false, 3, 200, "destination unreachable"},
		{false, 11, 0, "the hop limit was used up on the way, as in a routing loop"},
		{false, 12, 0, "a header field is not accepted"},
		{true, 1, 1, "communication administratively prohibited"},
		{true, 3, 1, "fragments were missing for too long"},
		{true, 1, 8, "destination unreachable"},
	} {
		if got := rejection(c.ipv6, c.icmp, c.code); got != c.want {
			t.Errorf("%v: %s", c, got)
		}
	}
}
