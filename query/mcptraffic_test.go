package query

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// mcpCaptures are those of testdata/captures/mcp.
var mcpCaptures = []string{"streamable", "events", "modern", "sockets", "refusals", "tls_h1", "tls_h2"}

// mcpText writes an answer, each session, diagnostic and row in a line of its own.
func mcpText(t *testing.T, a *MCPTrafficAnswer) []byte {
	t.Helper()
	var b bytes.Buffer
	line := func(what string, v any) {
		j, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s %s\n", what, j)
	}
	line("mode", a.Mode)
	line("summary", a.Summary)
	for i := range a.Sessions {
		line("session", a.Sessions[i])
	}
	for i := range a.Tools {
		line("method", a.Tools[i])
	}
	for i := range a.Diagnostics {
		line("diagnostic", a.Diagnostics[i])
	}
	for i := range a.Rows {
		line("row", a.Rows[i])
	}
	line("limits", a.Limits)
	line("hints", a.Hints)
	return b.Bytes()
}

// TestMCPTraffic: what is said of the captures of MCP. UPDATE_GOLDEN=1 accepts a change.
func TestMCPTraffic(t *testing.T) {
	var files []string
	for _, name := range mcpCaptures {
		files = append(files, "mcp/"+name+".pcap")
	}
	e := engineWith(t, files...)
	for _, name := range mcpCaptures {
		a, err := e.MCPTraffic(context.Background(), MCPTrafficRequest{Capture: name + ".pcap", Details: true})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := mcpText(t, a)
		path := filepath.Join("../testdata/golden/mcptraffic", name+".txt")
		if os.Getenv("UPDATE_GOLDEN") != "" {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		gotLines, wantLines := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
		for i := range max(len(gotLines), len(wantLines)) {
			if i >= len(gotLines) || i >= len(wantLines) || gotLines[i] != wantLines[i] {
				t.Errorf("%s: line %d\ngot  %s\nwant %s", name, i+1, at(gotLines, i), at(wantLines, i))
				break
			}
		}
		for _, secret := range []string{"not-a-secret-token-of-anyone", "made-up-token-1", "hidden-value", "0123456789abcdef"} {
			if bytes.Contains(got, []byte(secret)) {
				t.Errorf("%s: the answer shows the secret %s", name, secret)
			}
		}
	}
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "nothing"
}

// TestMCPTalk: the same conversation, which mcptalk had over each carrier, is read the
// same way from all of them.
func TestMCPTalk(t *testing.T) {
	e := engineWith(t, "mcp/streamable.pcap", "mcp/events.pcap", "mcp/modern.pcap")
	want := []string{
		"tools/list  ok", "tools/call forecast ok", "tools/call forecast tool_error", "tools/call archive ok", "resources/read weather://stations/7 ok", "prompts/get missing error",
	}
	for name, era := range map[string]string{"streamable": "legacy 1", "events": "http+sse 1", "modern": "modern 1"} {
		a, err := e.MCPTraffic(context.Background(), MCPTrafficRequest{Capture: name + ".pcap", Category: "request"})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for i := range a.Rows {
			r := &a.Rows[i]
			got = append(got, r.Method+" "+r.Name+" "+r.Status)
			if r.LatencyMS == nil || *r.LatencyMS <= 0 || r.Answer <= r.N || r.Direction != "client_to_server" {
				t.Errorf("%s: %+v", name, r)
			}
			if r.Name == "archive" && *r.LatencyMS < 1350 {
				t.Errorf("%s: three pauses of 450 ms are answered after %g ms", name, *r.LatencyMS)
			}
		}
		if !slices.Equal(got, want) || !slices.Equal(a.Summary.Eras, []string{era}) || a.Summary.Unanswered != 0 {
			t.Errorf("%s: %q, %+v", name, got, a.Summary)
		}
	}
}

// TestMCPSizes: what is estimated of TLS is as long as what the same conversation takes in
// the clear, where each request has a line with a token besides.
func TestMCPSizes(t *testing.T) {
	e := engineWith(t, "mcp/streamable.pcap", "mcp/tls_h1.pcap")
	plain, err := e.Messages(context.Background(), MessagesRequest{Capture: "streamable.pcap", Protocol: "http"})
	if err != nil {
		t.Fatal(err)
	}
	line := uint64(len("Authorization: Bearer not-a-secret-token-of-anyone\r\n"))
	requests, pairs := map[uint32]uint64{}, map[[2]int]int{}
	for i := range plain.Rows {
		switch r := &plain.Rows[i]; r.Kind {
		case "request":
			requests[r.Number] = r.Bytes - line
		case "response":
			pairs[[2]int{int(requests[r.Request]), int(r.Bytes)}]++
		}
	}
	hidden, err := e.MCPTraffic(context.Background(), MCPTrafficRequest{Capture: "tls_h1.pcap"})
	if err != nil || len(hidden.Rows) != len(requests) {
		t.Fatalf("%d exchanges, %d requests in the clear (%v)", len(hidden.Rows), len(requests), err)
	}
	wrong := 0
	for i := range hidden.Rows {
		x := hidden.Rows[i].Exchange
		key := [2]int{x.RequestBytes, x.ResponseBytes}
		if pairs[key]--; pairs[key] < 0 {
			wrong++
			t.Logf("%d and %d bytes were not said", key[0], key[1])
		}
		if x.Confidence != "medium" || x.TTFBMS == nil {
			t.Errorf("%+v", x)
		}
	}
	if wrong > 0 {
		t.Errorf("%d of %d exchanges have other sizes than in the clear", wrong, len(hidden.Rows))
	}
}

// TestMCPPages: pages join to the whole; what stands above the rows is on the first one.
func TestMCPPages(t *testing.T) {
	e := engineWith(t, "mcp/sockets.pcap")
	q := MCPTrafficRequest{Capture: "sockets.pcap"}
	all, err := e.MCPTraffic(context.Background(), q)
	if err != nil || len(all.Rows) < 20 {
		t.Fatal(err, len(all.Rows))
	}
	var numbers []int
	for q.Limit = 7; ; {
		p, err := e.MCPTraffic(context.Background(), q)
		if err != nil || p.Total != len(all.Rows) || (p.Sessions == nil) != (q.Cursor != "") {
			t.Fatalf("%+v %v", p.Paged, err)
		}
		for i := range p.Rows {
			numbers = append(numbers, p.Rows[i].N)
		}
		if q.Cursor = p.NextCursor; q.Cursor == "" {
			break
		}
	}
	for i, n := range numbers {
		if n != i+1 {
			t.Fatalf("rows %v", numbers)
		}
	}
	if len(numbers) != len(all.Rows) {
		t.Errorf("%d rows in pages, %d at once", len(numbers), len(all.Rows))
	}
}

func TestMCPRequests(t *testing.T) {
	e := engineWith(t, "mcp/sockets.pcap", "web-day.pcap")
	for _, c := range []struct {
		q    MCPTrafficRequest
		part string
	}{
		{MCPTrafficRequest{Mode: "contents"}, "content"},
		{MCPTrafficRequest{Category: "requests"}, "did you mean request"},
		{MCPTrafficRequest{SlowMS: -1}, "positive"},
		{MCPTrafficRequest{Page: Page{Limit: -1}}, "positive"},
	} {
		c.q.Capture = "sockets.pcap"
		_, err := e.MCPTraffic(context.Background(), c.q)
		wantError(t, err, BadRequest, c.part)
	}
	_, err := e.MCPTraffic(context.Background(), MCPTrafficRequest{Capture: "sockets.pcap", Connections: []string{"9"}})
	wantError(t, err, NotFound, "no connection")
	one, err := e.MCPTraffic(context.Background(), MCPTrafficRequest{Capture: "sockets.pcap", Connections: []string{"1"}})
	if err != nil || len(one.Sessions) != 1 || one.Sessions[0].Carriers[0] != "websocket" {
		t.Errorf("%+v %v", one, err)
	}
	none, err := e.MCPTraffic(context.Background(), MCPTrafficRequest{Capture: "web-day.pcap"})
	if err != nil || len(none.Rows) != 0 || len(none.Hints) != 2 {
		t.Errorf("a capture without MCP: %+v %v", none, err)
	}
	hidden, err := e.MCPTraffic(context.Background(), MCPTrafficRequest{Capture: "web-day.pcap", Mode: "metadata"})
	if err != nil || len(hidden.Rows) == 0 || hidden.Rows[0].Exchange.Confidence != "low" || len(hidden.Limits) == 0 {
		t.Errorf("TLS without a sign of MCP: %+v %v", hidden, err)
	}
}

// TestMCPOld: an index that lacks events and texts says that it has to be built anew.
func TestMCPOld(t *testing.T) {
	x, _ := openOld(t)
	_, err := New(oneCapture{x: x}, nil).MCPTraffic(context.Background(), MCPTrafficRequest{Capture: "http-loss.pcapng"})
	wantError(t, err, BadRequest, "pcapidx reindex")
}
