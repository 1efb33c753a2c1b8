package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pcapidx/index"
	"pcapidx/query"
)

// TestServedThresholds: servers answer with the limits that they were started with.
func TestServedThresholds(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PCAPIDX_STORE", filepath.Join(dir, "store"))
	limits, wrong := filepath.Join(dir, "limits.json"), filepath.Join(dir, "wrong.json")
	for file, text := range map[string]string{limits: `{"ManySubdomains": 4}`, wrong: `{"ManySubdomain": 4}`} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if code := run(t.Context(), []string{"ingest", "../../testdata/captures/web-day.pcap"}, nil, new(strings.Builder), new(strings.Builder)); code != exitOK {
		t.Fatalf("ingest: exit code %d", code)
	}
	request := map[string]any{"capture": "web-day.pcap", "code": "dns.many"}
	for want, args := range map[int][]string{0: nil, 1: {"--thresholds", limits}} {
		a := serve(t, args...).call("summarize_capture", request)
		if seen, _ := a["observations"].([]any); len(seen) != want {
			t.Errorf("mcp %v: %v", args, a)
		}
	}
	for _, command := range []string{"mcp", "serve"} {
		var stderr strings.Builder
		if code := run(t.Context(), []string{command, "--thresholds", wrong}, strings.NewReader(""), new(strings.Builder), &stderr); code != exitBadRequest || !strings.Contains(stderr.String(), "did you mean ManySubdomains?") {
			t.Errorf("%s: exit code %d, %s", command, code, stderr.String())
		}
	}
	a := &app{}
	if err := a.readObserving(limits); err != nil {
		t.Fatal(err)
	}
	e, err := a.engines(index.OpenStore(filepath.Join(dir, "store")))("")
	if err != nil {
		t.Fatal(err)
	}
	if o, err := e.Overview(t.Context(), query.OverviewRequest{Capture: "web-day.pcap", Code: "dns.many"}); err != nil || len(o.Observations) != 1 {
		t.Errorf("serve: %+v, %v", o, err)
	}
}
