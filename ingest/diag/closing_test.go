package diag

import (
	"testing"

	"pcapidx/index"
)

// exchange is a request and its response after the handshake.
const exchange = opened + `
	100 > PA 100 500 10
	110 < PA 500 110 100
	120 > A 110 600 0
`

func closes(result string) func(*index.Measures) bool {
	return func(m *index.Measures) bool { return m.Close == result }
}

func TestClosing(t *testing.T) {
	table := []finding{
		{name: "server", endMs: minute, code: "reset_before_data", severity: 2, says: "The server reset the connection before", measure: closes("rst_by_server_before_data"), lines: opened + `
			30 < RA 500 100 0`},
		{name: "client", endMs: minute, code: "reset_before_data", severity: 1, says: "a port scan or a health check", measure: closes("rst_by_client_before_data"), lines: opened + `
			30 > RA 100 500 0`},
		{name: "refused", endMs: minute, code: "reset_before_data", severity: none, measure: closes("rst_by_server_after_syn"), lines: `
			0 > S 99 0 0
			10 < RA 0 100 0`},
		{name: "data", endMs: minute, code: "reset_before_data", severity: none, lines: exchange + `
			130 < RA 600 110 0`},
		{name: "server", endMs: minute, code: "reset_after_data", severity: 2, says: "20 ms after the last data; the last response may be incomplete", lines: exchange + `
			130 < RA 600 110 0`, measure: func(m *index.Measures) bool { return m.Close == "rst_by_server_after_data" && m.ClosedBy == 1 }},
		{name: "after a silence", endMs: 2 * minute, code: "reset_after_data", severity: 2, says: "causes: an idle time-out of a host, firewall or load balancer (60 s of silence", lines: exchange + `
			60120 > RA 110 600 0`},
		{name: "after the FIN", endMs: minute, code: "reset_after_data", severity: none, lines: exchange + `
			130 > FA 110 600 0
			140 < RA 600 111 0`},
		{name: "request dropped", endMs: minute, code: "reset_unacked", severity: 2, says: "10 bytes of the client were not acknowledged", measure: closes("rst_by_server_with_unacked_data"), lines: opened + `
			100 > PA 100 500 10
			110 < R 500 0 0`},
		{name: "given up", endMs: minute, code: "reset_unacked", severity: 2, says: "the sender gave up after sending its data again", lines: opened + `
			100 > PA 100 500 10
			500 > PA 100 500 10
			5000 > RA 110 500 0`},
		{name: "acknowledged by the RST", endMs: minute, code: "reset_unacked", severity: none, lines: opened + `
			100 > PA 100 500 10
			110 < RA 500 110 0`},
		{name: "instead of a FIN", endMs: minute, code: "reset_after_fin", severity: 1, measure: closes("rst_by_client_after_peer_fin"), lines: exchange + `
			130 < FA 600 110 0
			140 > RA 110 601 0`},
		{name: "after both FINs", endMs: minute, code: "reset_after_fin", severity: none, measure: closes("fin_fin"), lines: exchange + `
			130 < FA 600 110 0
			140 > FA 110 601 0
			150 < A 601 111 0
			160 > R 111 0 0`},
		{name: "late data", endMs: minute, code: "fin_then_rst", severity: 1, says: "answered 50 bytes of the server with a RST", measure: closes("fin_then_rst"), lines: exchange + `
			130 > FA 110 600 0
			140 < PA 600 111 50
			150 > R 111 0 0`},
		{name: "nothing lost", endMs: minute, code: "fin_then_rst", severity: 0, says: "Both sides had closed", lines: exchange + `
			130 < FA 600 110 0
			140 > FA 110 601 0
			160 > R 111 0 0`},
		{name: "of the peer", endMs: minute, code: "fin_then_rst", severity: none, lines: exchange + `
			130 < FA 600 110 0
			140 > R 110 0 0`},
		{name: "9.88 s", endMs: 10_010, code: "half_closed", severity: 1, says: "in the 9.88 s until", lines: exchange + `
			130 > FA 110 600 0
			140 < A 600 111 0`, measure: func(m *index.Measures) bool {
			return m.Close == "half_closed" && m.ClosedBy == 0 && m.CloseDelay == 20e6
		}},
		{name: "used", endMs: minute, code: "half_closed", severity: 0, says: "100 bytes more: a half-close", lines: exchange + `
			130 > FA 110 600 0
			140 < PA 600 111 100
			150 > A 111 700 0`},
		{name: "nothing answers", endMs: minute, code: "half_closed", severity: 1, says: "nothing of the server answers", measure: closes("fin_unanswered"), lines: exchange + `
			130 > FA 110 600 0`},
		{name: "both", endMs: minute, code: "half_closed", severity: none, measure: closes("fin_fin"), lines: exchange + `
			130 > FA 110 600 0
			140 < FA 600 111 0
			150 > A 111 601 0`},
		{name: "60 s", endMs: minute + 120, code: "silent_end", severity: 1, says: "60 s before the end", measure: closes("silent_end"), lines: exchange},
		{name: "less", endMs: minute + 119, code: "silent_end", severity: none, measure: closes("open"), lines: exchange},
		{name: "never set up", endMs: 10 * minute, code: "silent_end", severity: none, measure: closes(""), lines: "0 > S 99 0 0"},
		{name: "less than 60 s", endMs: minute + 119, code: "still_open", severity: 0, lines: exchange},
		{name: "60 s", endMs: minute + 120, code: "still_open", severity: none, lines: exchange},
		{name: "1001 ms", endMs: 2011, code: "unacked_at_end", severity: 2, says: "The last 200 bytes from the server were never acknowledged; the oldest of 2 segments had waited 1 s", lines: exchange + `
			1010 < A 600 110 100
			1020 < PA 700 110 100`, measure: func(m *index.Measures) bool { return m.Sides[1].Unacked == 200 && m.Sides[0].Unacked == 0 }},
		{name: "young", endMs: 2010, code: "unacked_at_end", severity: 0, lines: exchange + `
			1010 < A 600 110 100`},
		{name: "acknowledged", endMs: minute, code: "unacked_at_end", severity: none, lines: exchange},
		{name: "peer never heard", endMs: minute, code: "unacked_at_end", severity: none, lines: "0 > PA 100 500 10"},
		{name: "last FIN", endMs: minute, code: "unacked_at_end", severity: 0, says: "The FIN of the server was never", measure: closes("fin_fin_unacked"), lines: exchange + `
			130 > FA 110 600 0
			140 < FA 600 111 0`},
		{name: "only FIN", endMs: minute, code: "unacked_at_end", severity: 1, lines: exchange + `
			130 > FA 110 600 0`},
		{name: "FIN answered by RST", endMs: minute, code: "unacked_at_end", severity: none, lines: exchange + `
			130 > FA 110 600 0
			140 < R 600 0 0`},
	}
	check(t, table)
	both(t, closingFamily(), table)
}

// TestUnackedFrames: the evidence is what was not acknowledged, re-sends too.
func TestUnackedFrames(t *testing.T) {
	found, _ := watch(t, minute, opened+`
		100 > PA 100 500 10
		110 < A 500 110 0
		200 > PA 110 500 10
		900 > PA 110 500 10
	`)
	f := found["unacked_at_end"]
	if len(f.Frames) != 2 || f.Frames[0] != 6 || f.Frames[1] != 7 || f.Numbers[1].Value != 1 || f.Numbers[2].Value != 59.8 {
		t.Errorf("%+v", f)
	}
}
