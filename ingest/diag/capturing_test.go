package diag

import "testing"

func TestCapturing(t *testing.T) {
	table := []finding{
		{name: "acknowledgements only", endMs: minute, code: "one_sided", severity: 2, says: "Only the packets of the client", lines: `
			0 > A 100 500 0
			10 > A 100 700 0`},
		{name: "SYN and ACK", endMs: minute, code: "one_sided", severity: 2, lines: `
			0 > S 99 0 0
			10 > A 100 500 0`},
		{name: "nothing acknowledged", endMs: minute, code: "one_sided", severity: none, lines: `
			0 > PA 100 500 10
			10 > PA 110 500 10`},
		{name: "unanswered", endMs: minute, code: "one_sided", severity: none, lines: `
			0 > S 99 0 0
			1000 > S 99 0 0
			2000 > RA 100 500 0`},
		{name: "the other side is there", endMs: minute, code: "one_sided", severity: none, lines: `
			0 > A 100 500 0
			10 > A 100 700 0
			20 < A 700 100 0`},
		{name: "1 of 19", endMs: minute, code: "capture_duplicates", severity: 2, says: "5.3 % of the connection's packets (1 of 19)", lines: transfer(7, "900 > A 170 500 0 dup=1\n910 > A 170 500 0\n")},
		{name: "1 of 20", endMs: minute, code: "capture_duplicates", severity: none, lines: transfer(8, "900 > A 180 500 0 dup=1\n")},
	}
	check(t, table)
	both(t, capturingFamily(), table)
}

// TestOneSidedIsLow: what else is found of such a connection is uncertain.
func TestOneSidedIsLow(t *testing.T) {
	found, _ := watch(t, 10*minute, "0 > S 99 0 0\n10 > A 100 500 0\n")
	if f := found["silent_end"]; !f.Low {
		t.Errorf("%+v", found)
	}
	if found, _ = watch(t, 10*minute, opened); found["silent_end"].Low {
		t.Errorf("%+v", found)
	}
}
