package mcp

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"pcapidx/index"
	"pcapidx/ingest"
	"pcapidx/query"
)

// eras are the protocol versions that differ: the last with a handshake, and
// the one without.
func eras() []string { return []string{"2025-11-25", "2026-07-28"} }

// testWriter adds captures as the command does.
type testWriter struct {
	store *index.Store
	slow  chan struct{} // closed: go on; nil: do not wait
}

func (w testWriter) Add(ctx context.Context, path string, progress func(query.Progress)) (*query.Added, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return w.AddOpen(ctx, query.OpenFile{Name: filepath.Base(path), Content: f}, progress)
}

func (w testWriter) AddOpen(ctx context.Context, f query.OpenFile, progress func(query.Progress)) (*query.Added, error) {
	if w.slow != nil {
		progress(query.Progress{Bytes: 10, Total: 100, Frames: 1})
		select {
		case <-w.slow:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	r, err := ingest.Ingest(ctx, w.store, ingest.Input{
		Name: f.Name, Reader: f.Content, Seeker: f.Content, Size: f.Size, MaxData: f.MaxData, MaxRatio: f.MaxRatio,
	}, ingest.Config{}, nil)
	if err != nil {
		return nil, &query.Error{Kind: query.BadRequest, Msg: "not a capture file, or too large", Err: err}
	}
	return &query.Added{Entry: r.Entry, Duplicate: r.Duplicate}, nil
}

func (w testWriter) Reindex(context.Context, string, func(query.Progress)) (*query.Added, error) {
	return nil, os.ErrInvalid
}

func captureFile(t testing.TB, name string) string {
	t.Helper()
	path, err := filepath.Abs("../testdata/captures/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// testConfig is a configuration over a new store with some captures.
func testConfig(t testing.TB, captures ...string) Config {
	t.Helper()
	store := index.OpenStore(t.TempDir())
	e := query.New(query.StoreSource{Store: store}, testWriter{store: store})
	for _, name := range captures {
		if _, err := e.Add(context.Background(), query.AddRequest{Files: []string{captureFile(t, name)}}, nil); err != nil {
			t.Fatal(err)
		}
	}
	return Config{Engine: func(string) (*query.Engine, error) { return e, nil }, Version: "test", ExportDir: filepath.Join(t.TempDir(), "out")}
}

// everything is a configuration that offers all tools with all arguments.
func everything(t testing.TB) Config {
	t.Helper()
	c := testConfig(t)
	c.AllowURL, c.Uploads = true, &Uploads{Dir: t.TempDir(), URL: "https://pcap.example.org"}
	return c
}

func newServer(t testing.TB, c Config) *Server {
	t.Helper()
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// client is a session with a server, in memory.
type client struct {
	t       testing.TB
	server  *Server
	session *sdk.ClientSession
}

// connect opens a session in a protocol version.
func connect(t testing.TB, s *Server, version string, options *sdk.ClientOptions) *client {
	t.Helper()
	a, b := sdk.NewInMemoryTransports()
	ctx := context.Background()
	ss, err := s.sdk.Connect(ctx, a, nil)
	if err != nil {
		t.Fatal(err)
	}
	cs, err := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, options).Connect(ctx, b, &sdk.ClientSessionOptions{ProtocolVersion: version})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cs.Close()
		ss.Wait()
	})
	return &client{t, s, cs}
}

// call uses a tool. A protocol error fails the test, and so does an answer that
// does not fit the tool's output schema, the budget, or holds what must be
// escaped.
func (c *client) call(name string, args any) *sdk.CallToolResult {
	c.t.Helper()
	ctx, stop := context.WithTimeout(context.Background(), 60*time.Second)
	defer stop()
	res, err := c.session.CallTool(ctx, &sdk.CallToolParams{Name: name, Arguments: args})
	if err != nil {
		c.t.Fatalf("%s %v: protocol error %v", name, args, err)
	}
	c.checkResult(name, args, res)
	return res
}

func (c *client) checkResult(name string, args any, res *sdk.CallToolResult) {
	c.t.Helper()
	text := textOf(res)
	if bad := harmful(strings.ReplaceAll(text, "\t", "")); bad != "" || text == "" {
		c.t.Errorf("%s %v: the text holds %q: %q", name, args, bad, text)
	}
	if len(text) > maxBudget {
		c.t.Errorf("%s %v: %d bytes of text", name, args, len(text))
	}
	if res.IsError {
		if res.StructuredContent != nil || strings.Contains(text, "captured-") || len(text) > 3000 {
			c.t.Errorf("%s %v: error with content: %s", name, args, text)
		}
		return
	}
	b, err := json.Marshal(res.StructuredContent)
	if err != nil || len(b) > maxBudget+200 {
		c.t.Errorf("%s %v: %d bytes of JSON %v", name, args, len(b), err)
	}
	if bad := harmful(string(b)); bad != "" {
		c.t.Errorf("%s %v: the JSON holds %q", name, args, bad)
	}
	if holdsNull(res.StructuredContent) {
		c.t.Errorf("%s %v: null in %s", name, args, b)
	}
	i := slices.IndexFunc(c.server.tools, func(t *tool) bool { return t.name == name })
	resolved, err := c.server.tools[i].output.Resolve(&jsonschema.ResolveOptions{})
	if err != nil {
		c.t.Fatal(err)
	}
	if err := resolved.Validate(res.StructuredContent); err != nil {
		c.t.Errorf("%s %v: %v", name, args, err)
	}
}

func holdsNull(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case []any:
		return slices.ContainsFunc(v, holdsNull)
	case map[string]any:
		for _, item := range v {
			if holdsNull(item) {
				return true
			}
		}
	}
	return false
}

// harmful gives the first character that must not reach a model, by a list that
// is not the program's.
func harmful(s string) string {
	for i, r := range s {
		switch {
		case r == '\n':
		case r < 0x20, 0x7f <= r && r <= 0x9f, r == 0xad, 0x200b <= r && r <= 0x200f, 0x2028 <= r && r <= 0x202e,
			0x2060 <= r && r <= 0x206f, r == 0xfeff, 0xe0000 <= r && r <= 0xe007f, 0xfe00 <= r && r <= 0xfe0f:
			return string(r)
		case r == 0xfffd && !strings.HasPrefix(s[i:], "\ufffd"):
			return "invalid UTF-8"
		}
	}
	return ""
}

func textOf(res *sdk.CallToolResult) string {
	var b strings.Builder
	for _, c := range res.Content {
		if t, ok := c.(*sdk.TextContent); ok {
			b.WriteString(t.Text)
		}
	}
	return b.String()
}

// ok is call for an answer that must not be an error; it gives the content.
func (c *client) ok(name string, args map[string]any) map[string]any {
	c.t.Helper()
	res := c.call(name, args)
	if res.IsError {
		c.t.Fatalf("%s %v: %s", name, args, textOf(res))
	}
	m, _ := res.StructuredContent.(map[string]any)
	return m
}

// fails is call for an answer that must be an error with these words.
func (c *client) fails(name string, args any, words ...string) {
	c.t.Helper()
	res := c.call(name, args)
	if !res.IsError {
		c.t.Errorf("%s %v: no error: %s", name, args, textOf(res))
	}
	for _, w := range words {
		if !strings.Contains(textOf(res), w) {
			c.t.Errorf("%s %v: error %q lacks %q", name, args, textOf(res), w)
		}
	}
}

func rowsIn(m map[string]any) []any { rows, _ := m["rows"].([]any); return rows }

// TestVersions: every protocol version that is named is spoken.
func TestVersions(t *testing.T) {
	if text := instructions(newServer(t, everything(t)).has); len(text) >= 2048 || !strings.Contains(text, "create_upload") {
		t.Errorf("instructions of %d bytes: %s", len(text), text)
	}
	s := newServer(t, testConfig(t, "web-day.pcap"))
	for _, v := range []string{"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"} {
		c := connect(t, s, v, nil)
		if got := len(rowsIn(c.ok("list_captures", nil))); got != 1 {
			t.Errorf("%s: %d captures", v, got)
		}
		r := c.session.InitializeResult()
		if len(r.Instructions) < 500 || len(r.Instructions) >= 2048 || !strings.Contains(r.Instructions, "never obey") {
			t.Errorf("%s: instructions of %d bytes", v, len(r.Instructions))
		}
		if r.Capabilities.Logging != nil || r.Capabilities.Completions == nil {
			t.Errorf("%s: capabilities %+v", v, r.Capabilities)
		}
	}
}

// TestToolsets: what is offered is what the configuration allows, and what is
// not offered cannot be called.
func TestToolsets(t *testing.T) {
	base := testConfig(t, "web-day.pcap")
	for _, c := range []struct {
		change func(*Config)
		want   string
	}{
		{func(*Config) {}, "add_capture analyze_mcp_traffic analyze_traffic capture_info decode_connection delete_capture diagnose_capture diagnose_connection export_pcap extract_objects follow_stream get_packets list_captures list_connections list_fields plot search_packets search_payload stats summarize_capture summarize_protocol"},
		{func(c *Config) { c.ReadOnly = true }, "analyze_mcp_traffic analyze_traffic capture_info decode_connection diagnose_capture diagnose_connection extract_objects follow_stream get_packets list_captures list_connections list_fields plot search_packets search_payload stats summarize_capture summarize_protocol"},
		{func(c *Config) { *c = everything(t); c.Toolsets = []string{"captures"} }, "add_capture capture_info create_upload delete_capture list_captures"},
		{func(c *Config) { c.Toolsets = []string{"captures", "export"} }, "add_capture capture_info delete_capture export_pcap list_captures"},
		{func(c *Config) { c.Toolsets, c.ReadOnly = []string{"captures", "export"}, true }, "capture_info list_captures"},
		{func(c *Config) { c.ExportDir, c.Toolsets = "", []string{"export", "stats"} }, "stats"},
	} {
		config := base
		c.change(&config)
		s := newServer(t, config)
		session := connect(t, s, "", nil).session
		list, err := session.ListTools(context.Background(), nil)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, tool := range list.Tools {
			names = append(names, tool.Name)
			if ro := tool.Annotations.ReadOnlyHint; ro != !slices.Contains([]string{"add_capture", "create_upload", "delete_capture", "export_pcap"}, tool.Name) {
				t.Errorf("%s: read-only %v", tool.Name, ro)
			}
			if d := tool.Annotations.DestructiveHint; (d == nil) != tool.Annotations.ReadOnlyHint || d != nil && *d != (tool.Name == "delete_capture") {
				t.Errorf("%s: destructive %v", tool.Name, d)
			}
		}
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("offered %s, want %s", got, c.want)
		}
		if !slices.Contains(names, "delete_capture") {
			_, err := session.CallTool(context.Background(), &sdk.CallToolParams{Name: "delete_capture", Arguments: map[string]any{"capture": "web-day.pcap", "confirm": true}})
			if err == nil {
				t.Error("a tool that is not offered answers")
			}
		}
	}
	base.Toolsets = []string{"captrues"}
	if _, err := New(base); err == nil || !strings.Contains(err.Error(), "captures, connections") {
		t.Errorf("a toolset that does not exist: %v", err)
	}
}

// TestListSize: all that a host loads before the first question.
func TestListSize(t *testing.T) {
	s := newServer(t, everything(t))
	list, err := connect(t, s, "", nil).session.ListTools(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(list)
	if err != nil || len(b) >= 30_000 || len(b) < 10_000 {
		t.Errorf("tools/list takes %d bytes (%v)", len(b), err)
	}
	t.Logf("tools/list: %d bytes", len(b))
	for _, tool := range list.Tools {
		if n := len(tool.Description); n < 50 || n > 1000 || tool.Title == "" {
			t.Errorf("%s: description of %d bytes, title %q", tool.Name, n, tool.Title)
		}
		for name, p := range tool.InputSchema.(map[string]any)["properties"].(map[string]any) {
			if _, one := p.(map[string]any)["type"].(string); !one || p.(map[string]any)["description"] == "" {
				t.Errorf("%s: argument %s: %v", tool.Name, name, p)
			}
		}
	}
}

// TestGoldenSchemas: what hosts know of the tools changes only on purpose. Run
// with UPDATE_GOLDEN=1 to accept a change.
func TestGoldenSchemas(t *testing.T) {
	s := newServer(t, everything(t))
	list, err := connect(t, s, "", nil).session.ListTools(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tool := range list.Tools {
		got, err := json.MarshalIndent(tool, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, '\n')
		path := "../testdata/golden/mcp/" + tool.Name + ".json"
		if os.Getenv("UPDATE_GOLDEN") != "" {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil || string(want) != string(got) {
			t.Errorf("%s differs from %s (%v); now\n%s", tool.Name, path, err, got)
		}
	}
	files, err := filepath.Glob("../testdata/golden/mcp/*.json")
	if err != nil || len(files) != len(list.Tools) {
		t.Errorf("%d goldens for %d tools: %v", len(files), len(list.Tools), err)
	}
}
