package mcp

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"pcapidx/query"
)

// TestCorpus asks all tools about a third of the small captures of the corpus: no
// answer breaks its schema, its budget or the rules for captured text, whatever
// real traffic and broken files hold. client.call checks that.
func TestCorpus(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: indexing the corpus takes some seconds")
	}
	files, _ := filepath.Glob("../../shared/corpus/captures/*")
	if len(files) == 0 {
		t.Skip("SKIPPED: no corpus of captures")
	}
	config := testConfig(t)
	config.Toolsets = append(Toolsets(), mcpcapSet)
	e, err := config.Engine("")
	if err != nil {
		t.Fatal(err)
	}
	c := connect(t, newServer(t, config), "", nil)
	asked := 0
	for i, file := range files {
		if info, err := os.Stat(file); err != nil || info.Size() > 30_000 || i%3 > 0 {
			continue
		}
		path, err := filepath.Abs(file)
		if err != nil {
			t.Fatal(err)
		}
		a, err := e.Add(context.Background(), query.AddRequest{Files: []string{path}}, nil)
		if err != nil {
			continue
		}
		asked++
		id := a.Rows[0].Capture
		for _, budget := range []int{minBudget, maxBudget} {
			c.ok("capture_info", map[string]any{"capture": id, "sections": "overview,protocols,endpoints,sizes,file,comments", "max_bytes": budget})
			c.ok("list_connections", map[string]any{"captures": id, "response_format": "detailed", "limit": 500, "max_bytes": budget})
			c.ok("search_packets", map[string]any{"captures": id, "limit": 500, "max_bytes": budget})
			if a.Rows[0].Packets > 0 {
				c.ok("get_packets", map[string]any{"capture": id, "frames": "1-10", "layers": "full", "payload": "text", "payload_bytes": 2000, "max_bytes": budget})
			}
			c.ok("stats", map[string]any{"captures": id, "by": "pair", "top": 500, "max_bytes": budget})
			for _, tool := range mcpcapTools() {
				args := map[string]any{"pcap_file": id, "max_bytes": budget}
				if tool.name == "analyze_traffic_flow" {
					args["server_ip"] = "192.168.0.0/16"
				}
				c.ok(tool.name, args)
			}
		}
		if _, err := c.read(capturesURI + id); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
	if asked < 25 {
		t.Errorf("only %d captures were asked about", asked)
	}
	t.Logf("%d captures", asked)
	c.ok("list_captures", map[string]any{"max_bytes": maxBudget})
}
