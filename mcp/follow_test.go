package mcp

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// TestFollowBudget: an answer that does not fit is cut inside a row, says so, and
// next_offset goes on there: the pages together are the whole stream.
func TestFollowBudget(t *testing.T) {
	c := connect(t, newServer(t, testConfig(t, "web-day.pcap")), "", nil)
	for _, direction := range []string{"both", "server"} {
		args := map[string]any{"capture": "web-day.pcap", "connection": "4", "direction": direction, "format": "hex", "limit": 65536, "max_bytes": 2500}
		var stream strings.Builder
		cut, want := false, 0.0
		for pages := 0; ; pages++ {
			res := c.call("follow_stream", args)
			b, _ := json.Marshal(res.StructuredContent)
			m, _ := res.StructuredContent.(map[string]any)
			if res.IsError || len(textOf(res)) > 2500 || len(b) > 2600 || pages > 500 {
				t.Fatalf("page %d: %d and %d bytes: %s", pages, len(textOf(res)), len(b), textOf(res))
			}
			for _, r := range rowsIn(m) {
				row, _ := r.(map[string]any)
				fmt.Fprint(&stream, row["bytes"])
			}
			want = 0
			for _, side := range []string{"client", "server"} {
				if s, _ := m[side+"_stream"].(map[string]any); direction == "both" || direction == side {
					n, _ := s["bytes_captured"].(float64)
					want += n
				}
			}
			cut = cut || strings.Contains(fmt.Sprint(m["truncated"]), "go on with offset")
			if m["next_offset"] == nil {
				break
			}
			args["offset"] = m["next_offset"]
		}
		if got := float64(stream.Len() / 2); got != want || want < 40000 || !cut {
			t.Errorf("%s: %v bytes of %v, cut: %v", direction, got, want, cut)
		}
	}
}
