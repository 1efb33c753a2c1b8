package diag

import (
	"cmp"
	"fmt"
	"strings"
	"testing"

	"pcapidx/index"
)

// trigger is a connection and what must be found of it: codes, those of another than
// their usual severity as "code=severity", or codes with "!" that must not be found.
// Other findings do not matter.
type trigger struct {
	name  string
	end   int64 // of the capture, ms
	lines string
	want  string
	says  string // a part of the first code's sentence
}

func pull(t *testing.T, triggers []trigger) {
	t.Helper()
	for _, x := range triggers {
		t.Run(x.name, func(t *testing.T) {
			found, _ := watch(t, x.end, x.lines)
			for i, code := range strings.Fields(x.want) {
				name, unwanted := strings.CutPrefix(code, "!")
				name, other, _ := strings.Cut(name, "=")
				d, known := Find(name)
				if !known {
					t.Fatalf("no diagnostic %s", name)
				}
				f, ok := found[name]
				if ok == unwanted {
					t.Errorf("%s found: %v", name, ok)
				}
				if !ok {
					continue
				}
				if f.Severity.String() != cmp.Or(other, d.Severity.String()) || len(f.Frames) == 0 || len(f.Numbers) == 0 {
					t.Errorf("%+v", f)
				}
				if i == 0 && !strings.Contains(f.Sentence, x.says) {
					t.Errorf("%s\ndoes not say %q", f.Sentence, x.says)
				}
			}
		})
	}
}

// ready is a handshake of 20 ms with window scaling by nothing: the client's next
// number is 100, the server's 500.
const ready = `
	1 > S 99 0 0 mss=1460 scale=0
	11 < SA 499 100 0 mss=1460 scale=0
	21 > A 100 500 0`

// times writes lines of packets.
func times(n int, lines func(i int) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("\n" + lines(i))
	}
	return b.String()
}

// TestClean: nothing is wrong with an ordinary connection.
func TestClean(t *testing.T) {
	lines := ready + times(5, func(i int) string {
		at, seq, ack := 100+i*200, 100+i*300, 500+i*3000
		return fmt.Sprintf("%d > PA %d %d 300\n%d < A %d %d 0\n%d < A %d %d 1460\n%d < PA %d %d 1540\n%d > A %d %d 0",
			at, seq, ack, at+10, ack, seq+300, at+20, ack, seq+300, at+21, ack+1460, seq+300, at+31, seq+300, ack+3000)
	}) + "\n1200 > FA 1600 15500 0\n1210 < FA 15500 1601 0\n1220 > A 1601 15501 0"
	found, r := watch(t, 2000, strings.ReplaceAll(lines, "\n", " win=60000\n")[len(" win=60000"):])
	for _, f := range found {
		if f.Severity > index.SeverityInfo {
			t.Errorf("%+v", f)
		}
	}
	if m := &r.Measures; m.TurnCount != 5 || len(m.Turns) != 5 || m.Sides[0].UniqueBytes != 1500 || m.Sides[1].UniqueBytes != 15000 {
		t.Errorf("%+v", m)
	}
}

// TestNothing: connections without data, or without anything.
func TestNothing(t *testing.T) {
	for _, lines := range []string{"", "1 > S 99 0 0", ready, "1 > R 99 0 0", "1 > A 99 0 1", "1 > A 99 0 1\n1 > A 99 0 1"} {
		watch(t, 1, lines)
	}
}
