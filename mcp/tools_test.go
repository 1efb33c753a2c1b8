package mcp

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"pcapidx/index"
	"pcapidx/query"
)

// TestAnswers asks each tool in both eras; both forms of an answer hold what
// matters, and the same call gives the same bytes.
func TestAnswers(t *testing.T) {
	s := newServer(t, testConfig(t, "web-day.pcap", "hostile-names.pcapng"))
	for _, c := range []struct {
		tool  string
		args  map[string]any
		wants []string // in text and JSON
	}{
		{"list_captures", nil, []string{"5f0a1dd4b1bc4af9", "web-day.pcap", "237"}},
		{"list_captures", map[string]any{"response_format": "detailed"}, []string{"sha256", "index_bytes"}},
		{"list_captures", map[string]any{"name": "WEB"}, []string{"web-day.pcap"}},
		{"list_captures", map[string]any{"name": "zzz"}, []string{"there are 2 captures"}},
		{"capture_info", map[string]any{"capture": "web-day.pcap"}, []string{"hierarchy", "eth:ethertype:ip:udp", "198.51.100.80", "113325"}},
		{"capture_info", map[string]any{"capture": "hostile-names.pcapng", "sections": []string{"file", "comments"}}, []string{"interfaces", `u{202e}gpj.exe`, `u{1b}`}},
		{"list_connections", map[string]any{"captures": []string{"web-day.pcap"}, "state": "REJ"}, []string{"198.51.100.80:8080", "REJ", "192.0.2.10:43222"}},
		{"list_connections", map[string]any{"filter": "tcp.port == 8443", "response_format": "detailed"}, []string{"192.0.2.10:50608", "community_id", "1:"}},
		{"search_packets", map[string]any{"captures": []string{"web-day.pcap"}, "tcp_flags": "RST"}, []string{"197", "198.51.100.80"}},
		{"search_packets", map[string]any{"port": 53, "address": "192.0.2.0/24", "protocol": "udp", "numbers_only": true, "limit": 2}, []string{"frames", "next_cursor"}},
		{"search_packets", map[string]any{"time_from": "2026-11-21T03:40:06.7Z", "time_to": 4.0, "captures": "web-day.pcap"}, []string{"frame.time_epoch >= ", "197"}},
		{"get_packets", map[string]any{"capture": "web-day.pcap", "frames": "17", "payload": "hex", "layers": "full"}, []string{"tcp.srcport", "45444", "ipv6"}},
		{"follow_stream", map[string]any{"capture": "web-day.pcap", "connection": 2, "limit": 200}, []string{"GET /", "next_offset", "client_stream"}},
		{"follow_stream", map[string]any{"capture": "web-day.pcap", "connection": "1", "format": "hex"}, []string{"udp", "server"}},
		{"stats", map[string]any{"captures": []string{"web-day.pcap"}, "by": "port", "metric": "bytes", "top": 3}, []string{"80", "share", "total_packets"}},
		{"plot", map[string]any{"capture": "web-day.pcap", "connection": 4}, []string{"1 re-sent (3.4%", "198.51.100.80:80", "zooms"}},
		{"diagnose_capture", map[string]any{"capture": "web-day.pcap"}, []string{"The capture is sound", "syn_unanswered", "refused", "4 connection attempts"}},
		{"diagnose_capture", map[string]any{"capture": "web-day.pcap", "by": "host", "severity": "ERROR"}, []string{"198.51.100.80", "error"}},
		{"diagnose_connection", map[string]any{"capture": "web-day.pcap", "connections": 13}, []string{"nothing listens on the port", "unfinished_handshake", "198.51.100.80:8080"}},
		{"diagnose_connection", map[string]any{"capture": "web-day.pcap", "connections": "4, 9"}, []string{"high_retransmission", "server_response", "resent_percent"}},
		{"analyze_traffic", map[string]any{"capture": "web-day.pcap", "port": 80, "threshold": "0"}, []string{"198.51.100.80:80", "client_to_server", "worst", "threshold"}},
		{"list_fields", map[string]any{"prefix": "tcp.flags.r"}, []string{"tcp.flags.reset"}},
	} {
		var first string
		for _, era := range eras() {
			session := connect(t, s, era, nil)
			res := session.call(c.tool, c.args)
			b, _ := json.Marshal(res.StructuredContent)
			for _, w := range c.wants {
				if !strings.Contains(textOf(res), w) || !strings.Contains(string(b), strings.ReplaceAll(w, ">", `\u003e`)) {
					t.Errorf("%s %v: %q is missing in\n%s\n%s", c.tool, c.args, w, textOf(res), b)
				}
			}
			all := textOf(res) + string(b)
			if first == "" {
				first = all
			}
			if all != first {
				t.Errorf("%s %v: the eras differ", c.tool, c.args)
			}
			again := session.call(c.tool, c.args)
			if b2, _ := json.Marshal(again.StructuredContent); textOf(again)+string(b2) != first {
				t.Errorf("%s %v: asked twice, answered differently", c.tool, c.args)
			}
		}
	}
}

// TestEmpty: an answer without rows says what there is.
func TestEmpty(t *testing.T) {
	empty := connect(t, newServer(t, testConfig(t)), "", nil)
	for tool, want := range map[string]string{"list_captures": "add_capture", "list_connections": "list_captures", "search_packets": "add_capture", "stats": "add_capture"} {
		if text := textOf(empty.call(tool, nil)); !strings.Contains(text, "hint: ") || !strings.Contains(text, want) {
			t.Errorf("%s of an empty store: %s", tool, text)
		}
	}
	c := connect(t, newServer(t, testConfig(t, "web-day.pcap")), "", nil)
	for tool, args := range map[string]map[string]any{
		"list_connections": {"address": "203.0.113.1"},
		"search_packets":   {"port": "9"},
		"stats":            {"filter": "udp.port == 9"},
	} {
		text := textOf(c.call(tool, args))
		if !strings.Contains(text, "237 packets and 20 connections") || !strings.Contains(text, "icmpv6") || strings.Contains(text, "--") {
			t.Errorf("%s %v: %s", tool, args, text)
		}
	}
	if text := textOf(c.call("list_fields", map[string]any{"prefix": "zzz"})); !strings.Contains(text, "hint: ") {
		t.Errorf("list_fields: %s", text)
	}
}

// TestErrors: what is wrong, what is allowed, what to call next; nothing of the
// program's inside.
func TestErrors(t *testing.T) {
	s := newServer(t, testConfig(t, "web-day.pcap"))
	for _, era := range eras() {
		c := connect(t, s, era, nil)
		c.fails("capture_info", nil, "capture is missing", "capture (required)")
		c.fails("capture_info", map[string]any{"capture": "nope"}, "no such capture", "list_captures")
		c.fails("capture_info", map[string]any{"capture": "web-day.pcap", "sections": "al"}, "there is no section", "overview")
		c.fails("list_connections", map[string]any{"sort": "size"}, "frame, start, duration")
		c.fails("list_connections", map[string]any{"cursor": "x"}, "cursor")
		c.fails("list_connections", map[string]any{"address": "10.0.0.1:80"}, "the port with port")
		c.fails("search_packets", map[string]any{"flter": "tcp"}, "did you mean filter")
		c.fails("search_packets", map[string]any{"filter": "ip.adr == 1.2.3.4"}, "did you mean ip.addr", "list_fields", "pcapidx://docs/filters")
		c.fails("search_packets", map[string]any{"protocol": "tcp && x"}, "filter")
		c.fails("search_packets", map[string]any{"port": "70000"}, "0 to 65535")
		c.fails("search_packets", map[string]any{"address": "localhost"}, "192.0.2.1")
		c.fails("search_packets", map[string]any{"time_from": "noon"}, "12.5")
		c.fails("search_packets", map[string]any{"tcp_flags": "SIN"}, "SYN")
		c.fails("search_packets", map[string]any{"limit": 0}, "limit must be 1 or more")
		c.fails("get_packets", map[string]any{"capture": "web-day.pcap"}, "search_packets")
		c.fails("get_packets", map[string]any{"capture": "web-day.pcap", "frames": "0"}, "3,5-9")
		c.fails("get_packets", map[string]any{"capture": "web-day.pcap", "frames": "100000"}, "frames 1 to 237")
		c.fails("follow_stream", map[string]any{"capture": "web-day.pcap"}, "connection is missing")
		c.fails("follow_stream", map[string]any{"capture": "web-day.pcap", "connection": "20"}, "has 20, numbered from 0")
		c.fails("follow_stream", map[string]any{"capture": "web-day.pcap", "connection": "0"}, "icmp", "get_packets")
		c.fails("follow_stream", map[string]any{"capture": "web-day.pcap", "connection": "2", "offset": -1}, "offset must be 0 or more")
		c.fails("stats", map[string]any{"by": "colour"}, "endpoint")
		c.fails("stats", map[string]any{"by": "time", "bucket": "soon"}, "1s")
		c.fails("export_pcap", map[string]any{"capture": "web-day.pcap", "file_name": "../x.pcap"}, "no folder")
		c.fails("plot", map[string]any{"capture": "web-day.pcap", "connection": 1}, "connection 1 is udp", "list_connections")
		c.fails("plot", map[string]any{"capture": "web-day.pcap", "connection": "99"}, "no connection", "numbered from 0")
		c.fails("plot", map[string]any{"capture": "web-day.pcap", "connection": 4, "kind": "pie"}, "sequence, throughput, rtt")
		c.fails("plot", map[string]any{"capture": "web-day.pcap", "connection": 4, "direction": "up"}, "client, server")
		c.fails("plot", map[string]any{"capture": "web-day.pcap", "connection": 4, "from_s": 2, "to_s": 1}, "not after the begin")
		c.fails("plot", map[string]any{"capture": "web-day.pcap", "connection": 4, "width": 10}, "640 to 4000")
		c.fails("diagnose_capture", map[string]any{"capture": "web-day.pcap", "by": "colour"}, "code, host, connection")
		c.fails("diagnose_capture", map[string]any{"capture": "web-day.pcap", "severity": "bad"}, "info, note, warn, error")
		c.fails("diagnose_connection", map[string]any{"capture": "web-day.pcap"}, "connections is missing")
		c.fails("diagnose_connection", map[string]any{"capture": "web-day.pcap", "connections": []string{"4", "99"}}, "no connection", "numbered from 0")
		c.fails("capture_info", map[string]any{"capture": "\x1b[31m\u202eevil" + strings.Repeat("x", 9000)}, "no such capture")
	}
}

// TestBudget: an answer keeps to its bytes, says what was cut, and its cursor
// goes on where the rows end.
func TestBudget(t *testing.T) {
	c := connect(t, newServer(t, testConfig(t, "web-day.pcap")), "", nil)
	for _, q := range []struct {
		tool string
		args map[string]any
	}{
		{"search_packets", map[string]any{"limit": 500}},
		{"search_packets", map[string]any{"limit": 500, "max_bytes": 3000, "filter": "tcp"}},
		{"list_connections", map[string]any{"limit": 500, "max_bytes": 4000, "response_format": "detailed"}},
		{"get_packets", map[string]any{"capture": "web-day.pcap", "connection": "9", "layers": "full", "payload": "text", "limit": 500, "max_bytes": 20000}},
		{"list_fields", map[string]any{"limit": 100, "max_bytes": 5000, "prefix": "tcp"}},
		{"diagnose_connection", map[string]any{"capture": "web-day.pcap", "connections": "0,2,4,7,9,11,13,15,17", "max_bytes": 8000}},
	} {
		limit := defaultBudget
		if m, ok := q.args["max_bytes"].(int); ok {
			limit = m
		}
		var got []string
		total, cut := 0, false
		for pages := 0; ; pages++ {
			res := c.call(q.tool, q.args)
			b, _ := json.Marshal(res.StructuredContent)
			m, _ := res.StructuredContent.(map[string]any)
			if res.IsError || len(textOf(res)) > limit || len(b) > limit+200 || pages > 100 {
				t.Fatalf("%s %v: %d and %d bytes, %v", q.tool, q.args, len(textOf(res)), len(b), res.IsError)
			}
			for _, r := range rowsIn(m) {
				row, _ := r.(map[string]any)
				got = append(got, fmt.Sprint(row["frame"], row["connection"], row["name"]))
			}
			if m["truncated"] != nil {
				cut = true
				if text, _ := m["truncated"].(string); !strings.Contains(text, "next_cursor") || !strings.Contains(text, "or ") {
					t.Errorf("%s: truncated: %s", q.tool, text)
				}
			}
			n, _ := m["total"].(float64)
			total = int(n)
			if m["next_cursor"] == nil {
				break
			}
			q.args["cursor"] = m["next_cursor"]
		}
		sorted := slices.Clone(got)
		slices.Sort(sorted)
		if len(got) != total || len(slices.Compact(sorted)) != total || !cut {
			t.Errorf("%s: pages give %d rows of %d, %d different, cut: %v", q.tool, len(got), total, len(slices.Compact(sorted)), cut)
		}
	}
}

// TestTrim: what has no pages is cut in its largest part, and says so.
func TestTrim(t *testing.T) {
	c := connect(t, newServer(t, testConfig(t, "web-day.pcap", "hostile-names.pcapng")), "", nil)
	for tool, args := range map[string]map[string]any{
		"capture_info": {"capture": "hostile-names.pcapng", "sections": "file,protocols,comments,sizes", "max_bytes": 2048},
		"stats":        {"captures": "web-day.pcap", "by": "time", "bucket": "100ms", "top": 500, "max_bytes": 2048},
		"get_packets":  {"capture": "web-day.pcap", "frames": "31", "layers": "full", "payload": "hex", "payload_bytes": 60000, "max_bytes": 4096},
	} {
		res := c.call(tool, args)
		b, _ := json.Marshal(res.StructuredContent)
		limit, _ := args["max_bytes"].(int)
		m, _ := res.StructuredContent.(map[string]any)
		if text, _ := m["truncated"].(string); len(textOf(res)) > limit || len(b) > limit+100 || !strings.Contains(text, "cut to fit") || !strings.Contains(text, "raise max_bytes") {
			t.Errorf("%s: %d and %d bytes, truncated %q", tool, len(textOf(res)), len(b), m["truncated"])
		}
	}
}

func TestAddCapture(t *testing.T) {
	config := testConfig(t)
	for _, era := range eras() {
		c := connect(t, newServer(t, config), era, nil)
		m := c.ok("add_capture", map[string]any{"path": captureFile(t, "web-day.pcap")})
		row, _ := rowsIn(m)[0].(map[string]any)
		if m["state"] != "ready" || row["capture"] != "5f0a1dd4b1bc4af9" || row["duplicate"] != (era != eras()[0]) {
			t.Errorf("%s: %v", era, m)
		}
		c.fails("add_capture", map[string]any{"path": "web-day.pcap"}, "absolute")
		c.fails("add_capture", map[string]any{"path": "-"}, "absolute")
		c.fails("add_capture", map[string]any{"path": "/nonexistent/x.pcap"}, "no such file")
		c.fails("add_capture", map[string]any{"path": t.TempDir()}, "is a folder")
		c.fails("add_capture", map[string]any{"path": os.DevNull}, "no regular file")
		c.fails("add_capture", map[string]any{"path": captureFile(t, "not-a-capture.bin")}, "not a capture")
	}
}

// TestAllowedFolders: links do not lead out of the folders, and what is outside
// looks as if it were not there.
func TestAllowedFolders(t *testing.T) {
	in, out := t.TempDir(), t.TempDir()
	data, err := os.ReadFile(captureFile(t, "any.pcap"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(in, "in.pcap"), filepath.Join(out, "out.pcap")} {
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(out, "out.pcap"), filepath.Join(in, "link.pcap")); err != nil {
		t.Fatal(err)
	}
	config := testConfig(t)
	config.ReadDirs = []string{in}
	c := connect(t, newServer(t, config), "", nil)
	c.ok("add_capture", map[string]any{"path": filepath.Join(in, "in.pcap")})
	var texts []string
	for _, path := range []string{
		filepath.Join(out, "out.pcap"), filepath.Join(in, "link.pcap"), filepath.Join(out, "none.pcap"),
		filepath.Join(in, "..", filepath.Base(out), "out.pcap"), in + "x", "/etc/passwd",
	} {
		res := c.call("add_capture", map[string]any{"path": path})
		if !res.IsError {
			t.Errorf("%s was read", path)
		}
		texts = append(texts, textOf(res))
	}
	if slices.Sort(texts); len(slices.Compact(texts)) != 1 {
		t.Errorf("refusals differ: %q", texts)
	}
}

// TestIndexing: a call that does not wait says so, one for the same file joins,
// progress comes, and a cancelled call stops the work that only it waits for.
func TestIndexing(t *testing.T) {
	for _, era := range eras() {
		store := index.OpenStore(t.TempDir())
		slow := make(chan struct{})
		e := query.New(query.StoreSource{Store: store}, testWriter{store, slow})
		s := newServer(t, Config{Engine: func(string) (*query.Engine, error) { return e, nil }})
		told := make(chan *sdk.ProgressNotificationParams, 100)
		c := connect(t, s, era, &sdk.ClientOptions{ProgressNotificationHandler: func(_ context.Context, r *sdk.ProgressNotificationClientRequest) {
			told <- r.Params
		}})
		args := map[string]any{"path": captureFile(t, "any.pcap"), "wait_s": 0}
		if m := c.ok("add_capture", args); m["state"] != "indexing" || !strings.Contains(fmt.Sprint(m["hints"]), "again") {
			t.Errorf("%s: %v", era, m)
		}
		delete(args, "wait_s")
		params := &sdk.CallToolParams{Name: "add_capture", Arguments: args}
		params.SetProgressToken("p")
		done := make(chan *sdk.CallToolResult)
		go func() {
			res, err := c.session.CallTool(context.Background(), params)
			if err != nil {
				t.Error(err)
			}
			done <- res
		}()
		select {
		case p := <-told:
			if p.Progress != 10 || p.Total != 100 || p.ProgressToken != "p" {
				t.Errorf("%s: progress %+v", era, p)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%s: no progress", era)
		}
		close(slow)
		if res := <-done; res == nil || res.IsError || !strings.Contains(textOf(res), "state: ready") {
			t.Errorf("%s: %+v", era, res)
		}
	}
}

func TestCancelIndexing(t *testing.T) {
	for _, era := range eras() {
		store := index.OpenStore(t.TempDir())
		e := query.New(query.StoreSource{Store: store}, testWriter{store, make(chan struct{})})
		s := newServer(t, Config{Engine: func(string) (*query.Engine, error) { return e, nil }})
		c := connect(t, s, era, nil)
		ctx, stop := context.WithCancel(context.Background())
		go func() {
			for len(s.jobs.names()) == 0 {
				time.Sleep(time.Millisecond)
			}
			stop()
		}()
		if _, err := c.session.CallTool(ctx, &sdk.CallToolParams{Name: "add_capture", Arguments: map[string]any{"path": captureFile(t, "any.pcap")}}); err == nil {
			t.Error("a cancelled call answers")
		}
		for deadline := time.Now().Add(20 * time.Second); len(s.jobs.names()) > 0; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s: indexing goes on after the call was cancelled", era)
			}
		}
	}
}

func (j *jobs) names() (keys []string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for k := range j.running {
		keys = append(keys, k)
	}
	return keys
}

func TestExport(t *testing.T) {
	config := testConfig(t, "web-day.pcap", "sections.pcapng")
	c := connect(t, newServer(t, config), "", nil)
	for name, want := range map[string]string{"web-day.pcap": "5f0a1dd4b1bc4af9.pcap", "sections.pcapng": "mine.pcapng"} {
		args := map[string]any{"capture": name}
		if name != "web-day.pcap" {
			args["file_name"] = "mine"
		}
		m := c.ok("export_pcap", args)
		file, _ := m["file"].(string)
		got, err := os.ReadFile(file)
		if err != nil || filepath.Dir(file) != config.ExportDir || filepath.Base(file) != want {
			t.Fatalf("%s: %v, want %s in %s", file, err, want, config.ExportDir)
		}
		if original, _ := os.ReadFile(captureFile(t, name)); string(got) != string(original) {
			t.Errorf("%s: other bytes than the capture", name)
		}
		c.fails("export_pcap", args, "file of this name already", "another file_name")
	}
	for _, bad := range []string{"../up.pcap", "/tmp/x.pcap", "a/b", ".hidden", "-o", "x\x00.pcap", strings.Repeat("n", 200), "é"} {
		c.fails("export_pcap", map[string]any{"capture": "web-day.pcap", "file_name": bad}, "file_name")
	}
	if files, _ := os.ReadDir(config.ExportDir); len(files) != 2 {
		t.Errorf("%d files in the export folder", len(files))
	}
}

// TestDelete: a client that can ask the user does, in both eras; one that
// cannot has to say confirm.
func TestDelete(t *testing.T) {
	for _, era := range eras() {
		config := testConfig(t, "web-day.pcap", "any.pcap")
		s := newServer(t, config)
		c := connect(t, s, era, nil)
		c.fails("delete_capture", map[string]any{"capture": "any.pcap"}, "confirm true", "ask the user")
		if rows := rowsIn(c.ok("delete_capture", map[string]any{"capture": "any.pcap", "confirm": true})); len(rows) != 1 {
			t.Errorf("%s: %v", era, rows)
		}
		c.fails("delete_capture", map[string]any{"capture": "any.pcap", "confirm": true}, "no such capture")
		for _, answer := range []sdk.ElicitResult{
			{Action: "decline"},
			{Action: "cancel"},
			{Action: "accept", Content: map[string]any{"delete": false}},
			{Action: "accept", Content: map[string]any{"delete": true}},
		} {
			asked := ""
			c := connect(t, s, era, &sdk.ClientOptions{ElicitationHandler: func(_ context.Context, r *sdk.ElicitRequest) (*sdk.ElicitResult, error) {
				asked = r.Params.Message
				return &answer, nil
			}})
			res := c.call("delete_capture", map[string]any{"capture": "web-day.pcap", "confirm": true})
			if yes := answer.Content["delete"] == true; res.IsError == yes || !strings.Contains(asked, "5f0a1dd4b1bc4af9") || !strings.Contains(asked, "237 packets") {
				t.Errorf("%s %v: asked %q, then %s", era, answer, asked, textOf(res))
			}
		}
		if rows := rowsIn(c.ok("list_captures", nil)); len(rows) != 0 {
			t.Errorf("%s: still there: %v", era, rows)
		}
	}
}

// TestUsers: an engine is asked for by the user of each request.
func TestUsers(t *testing.T) {
	config := testConfig(t, "web-day.pcap")
	engine := config.Engine
	config.Engine = func(user string) (*query.Engine, error) {
		if user != "" {
			return nil, &query.Error{Kind: query.NotFound, Msg: "no such user"}
		}
		return engine(user)
	}
	connect(t, newServer(t, config), "", nil).ok("list_captures", nil)
	config.Engine = func(string) (*query.Engine, error) { return nil, fmt.Errorf("/secret/path is gone") }
	res := connect(t, newServer(t, config), "", nil).call("list_captures", nil)
	if !res.IsError || strings.Contains(textOf(res), "secret") {
		t.Errorf("an error from inside: %s", textOf(res))
	}
}
