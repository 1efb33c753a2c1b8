package mcp

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// readmeCall is a call that the README shows, and what follows it there. A line "..."
// stands for any number of lines.
type readmeCall struct {
	tool   string
	args   map[string]any
	answer []string
}

// readmeCalls reads the calls of a part of the README: "> tool {arguments}" in a block,
// with the answer up to an empty line or the end of the block.
func readmeCalls(t *testing.T, text string) (calls []readmeCall) {
	t.Helper()
	inside := false
	for _, line := range strings.Split(text, "\n") {
		tool, args, ok := strings.Cut(strings.TrimPrefix(line, "> "), " {")
		switch {
		case strings.HasPrefix(line, "> ") && ok:
			c := readmeCall{tool: tool}
			if err := json.Unmarshal([]byte("{"+args), &c.args); err != nil {
				t.Errorf("%s: %v", line, err)
			}
			calls, inside = append(calls, c), true
		case line == "" || strings.HasPrefix(line, "```"):
			inside = false
		case inside:
			last := &calls[len(calls)-1]
			last.answer = append(last.answer, line)
		}
	}
	return calls
}

// shows reports whether lines are those of a pattern, in which "..." stands for any.
func shows(pattern, lines []string) bool {
	for i, p := range pattern {
		if p == "..." {
			for skip := range len(lines) + 1 {
				if shows(pattern[i+1:], lines[skip:]) {
					return true
				}
			}
			return false
		}
		if len(lines) == 0 || lines[0] != p {
			return false
		}
		lines = lines[1:]
	}
	return len(lines) == 0
}

// TestReadme makes every call that the README shows: the answers are those of this
// program. Run with UPDATE_GOLDEN=1 to write new answers there; those shown in part are
// changed by hand.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	calls := readmeCalls(t, string(readme))
	if len(calls) < 5 {
		t.Errorf("only %d calls", len(calls))
	}
	config := testConfig(t, "web-day.pcap", "http/half-image.pcap")
	config.Toolsets, config.ReadDirs = append(Toolsets(), mcpcapSet), nil
	c := connect(t, newServer(t, config), "", nil)
	text, changed := string(readme), false
	for _, call := range calls {
		got := strings.TrimSuffix(textOf(c.call(call.tool, call.args)), "\n")
		if len(call.answer) > 0 && shows(call.answer, strings.Split(got, "\n")) {
			continue
		}
		said := strings.Join(call.answer, "\n")
		if os.Getenv("UPDATE_GOLDEN") != "" && said != "" && !slices.Contains(call.answer, "...") {
			text, changed = strings.Replace(text, said, got, 1), true
			continue
		}
		t.Errorf("%s %v: the README says\n%s\nbut the answer is\n%s", call.tool, call.args, said, got)
	}
	if changed {
		if err := os.WriteFile("../README.md", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestHalfImage checks what the README answers: why the downloaded pictures are only
// half there.
func TestHalfImage(t *testing.T) {
	c := connect(t, newServer(t, testConfig(t, "http/half-image.pcap")), "", nil)
	const capture = "half-image.pcap"
	var cut []any
	rows := rowsIn(c.ok("extract_objects", map[string]any{"capture": capture, "incomplete": true}))
	for _, r := range rows {
		row := r.(map[string]any)
		cut = append(cut, row["connection"])
		if row["verdict"] != "short_server_close" || row["size"] != 12106.0 || row["expected_bytes"] != 24212.0 || row["name"] != "5345617217620803711.jpg" {
			t.Errorf("%v", row)
		}
	}
	if fmt.Sprint(cut) != "[0 3]" {
		t.Fatalf("cut are %v", cut)
	}
	for _, r := range rowsIn(c.ok("diagnose_connection", map[string]any{"capture": capture, "connections": cut})) {
		row := r.(map[string]any)
		sent := row["server_sent"].(map[string]any)
		if row["closed_by"] != "server" || row["close"] != "fin_fin" || sent["resent_segments"] != 0.0 || sent["capture_lost_bytes"] != 0.0 || sent["unacked_bytes"] != 0.0 {
			t.Errorf("%v", row)
		}
	}
	whole := map[string]bool{}
	for _, r := range rowsIn(c.ok("extract_objects", map[string]any{"capture": capture})) {
		if row := r.(map[string]any); row["complete"] == true {
			whole[row["name"].(string)] = true
		}
	}
	names := []string{"logo.jpg", "metrics_delay", "metrics_state", "no-such.jpg"}
	for _, n := range names {
		if !whole[n] {
			t.Errorf("%s is not whole", n)
		}
	}
	resent := rowsIn(c.ok("list_connections", map[string]any{"captures": capture, "min_retransmissions": 1}))
	if len(resent) != 1 || slices.Contains(cut, resent[0].(map[string]any)["connection"]) {
		t.Errorf("sent again: %v", resent)
	}
}

func TestShows(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"a b", "a b", true},
		{"a", "a b", false},
		{"a ... c", "a b b c", true},
		{"a ... c", "a c", true},
		{"a ...", "a", true},
		{"... c", "a b", false},
		{"a c", "a b c", false},
	} {
		if got := shows(strings.Fields(c.pattern), strings.Fields(c.text)); got != c.want {
			t.Errorf("%q %q: %v", c.pattern, c.text, got)
		}
	}
}
