package mcp

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"pcapidx/mcp/keys"
	"pcapidx/query"
)

// endless gives zeros for ever, so slowly that a request does not end.
type endless struct{ pause time.Duration }

func (e endless) Read(p []byte) (int, error) {
	time.Sleep(e.pause)
	return copy(p, "0"), nil
}

// TestBodies: what is too large or too slow ends, and leaves nothing behind.
func TestBodies(t *testing.T) {
	m := newTeam(t, nil)
	auth := []string{"Authorization", "Bearer " + m.key("ann", keys.Write)}
	big := bytes.Repeat([]byte(" "), 20<<20)
	for _, version := range []string{"2025-11-25", firstStateless} {
		for _, body := range []io.Reader{bytes.NewReader(big), io.MultiReader(bytes.NewReader(big))} { // with a length, and without
			if res, text := m.send("POST", Path, body, append(auth, "MCP-Protocol-Version", version)...); res.StatusCode != http.StatusRequestEntityTooLarge {
				t.Errorf("20 MB: %s %s", res.Status, text)
			}
		}
	}
	m = newTeam(t, func(_ *Config, h *HTTPConfig) { h.BodyTime = 300 * time.Millisecond })
	auth = []string{"Authorization", "Bearer " + m.key("ann", keys.Write)}
	begin := time.Now()
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			r, _ := http.NewRequestWithContext(context.Background(), "POST", "http://"+m.address+Path, io.LimitReader(endless{20 * time.Millisecond}, 1000))
			r.Header = http.Header{"Authorization": {auth[1]}, "Content-Type": {"application/json"}, "Accept": {"application/json, text/event-stream"}}
			res, err := http.DefaultClient.Do(r)
			if err != nil { // closed while it still wrote
				return
			}
			res.Body.Close()
			if res.StatusCode != http.StatusRequestTimeout {
				t.Errorf("slow body: %s", res.Status)
			}
		})
	}
	all.Wait()
	if took := time.Since(begin); took > 15*time.Second { // at their own pace they would take 20 s
		t.Errorf("slow bodies took %s", took)
	}
	if n := len(slices.Collect(m.server.sdk.Sessions())); n != 0 || m.http.open.count() != 0 {
		t.Errorf("%d sessions, %d counted", n, m.http.open.count())
	}
	// who has no key does not keep a connection longer either
	conn, err := net.Dial("tcp", m.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n{}", Path)
	_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	answer := bufio.NewReader(conn)
	if line, err := answer.ReadString('\n'); err != nil || !strings.Contains(line, "401") {
		t.Errorf("a body that does not end, without a key: %q, %v", line, err)
	} else if _, err := io.Copy(io.Discard, answer); err != nil {
		t.Errorf("the connection stays open: %v", err)
	}
}

// TestSessionLimit: a thousand sessions and one more; what ended makes room.
func TestSessionLimit(t *testing.T) {
	m := newTeam(t, func(_ *Config, h *HTTPConfig) {
		h.MaxSessions, h.MaxUserSessions, h.SessionTimeout = 1000, 900, 30*time.Second
	})
	ann, bob := []string{"Authorization", "Bearer " + m.key("ann", keys.Read)}, []string{"Authorization", "Bearer " + m.key("bob", keys.Read)}
	open := func(who []string) (session, refused string) {
		t.Helper()
		res, text := m.status(http.StatusOK, "POST", Path, initialize, who...)
		if strings.Contains(text, `"error"`) {
			refused = text
		}
		return res.Header.Get("Mcp-Session-Id"), refused
	}
	first, _ := open(ann)
	for range 899 {
		if _, refused := open(ann); refused != "" {
			t.Fatal(refused)
		}
	}
	if _, refused := open(ann); !strings.Contains(refused, "you have 900 sessions") || !strings.Contains(refused, "30s") {
		t.Errorf("ann's session 901: %q", refused)
	}
	for range 100 {
		if _, refused := open(bob); refused != "" {
			t.Fatal(refused)
		}
	}
	if _, refused := open(bob); !strings.Contains(refused, "this server has 1000 sessions") {
		t.Errorf("session 1001: %q", refused)
	}
	m.status(http.StatusNoContent, "DELETE", Path, "", append(ann, "Mcp-Session-Id", first)...)
	deadline := time.Now().Add(5 * time.Second)
	for m.http.open.count() > 999 && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	if _, refused := open(bob); refused != "" {
		t.Error("after one ended:", refused)
	}
	c := m.connect(m.key("bob", keys.Read), "2026-07-28") // needs none
	c.ok("list_captures", nil)
}

// TestIdleSessions: sessions end by themselves.
func TestIdleSessions(t *testing.T) {
	m := newTeam(t, func(_ *Config, h *HTTPConfig) { h.Keys, h.SessionTimeout = nil, 50*time.Millisecond })
	for range 10 {
		m.status(http.StatusOK, "POST", Path, initialize)
	}
	deadline := time.Now().Add(5 * time.Second)
	for m.http.open.count() > 0 && time.Now().Before(deadline) {
		time.Sleep(5 * time.Millisecond)
	}
	if n := m.http.open.count(); n != 0 {
		t.Errorf("%d sessions stay", n)
	}
}

// TestShutdown: when the server is told to end, a call that runs still gets its
// answer, and streams that would never end are ended.
func TestShutdown(t *testing.T) {
	slow := make(chan struct{})
	m := newTeam(t, func(c *Config, _ *HTTPConfig) {
		e := c.Engine
		c.Engine = func(user string) (*query.Engine, error) {
			if user == "bob" {
				<-slow
			}
			return e(user)
		}
	})
	for _, era := range eras() {
		m.connect(m.key("ann", keys.Read), era).ok("list_captures", nil) // keeps its stream open
	}
	auth := []string{"Authorization", "Bearer " + m.key("bob", keys.Read)}
	res, _ := m.status(http.StatusOK, "POST", Path, initialize, auth...)
	auth = append(auth, "Mcp-Session-Id", res.Header.Get("Mcp-Session-Id"))
	m.status(http.StatusAccepted, "POST", Path, `{"jsonrpc":"2.0","method":"notifications/initialized"}`, auth...)
	answered := make(chan string, 1)
	go func() {
		_, text := m.status(http.StatusOK, "POST", Path, `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"list_captures","arguments":{}}}`, auth...)
		answered <- text
	}()
	for m.server.counts.running() == 0 {
		time.Sleep(time.Millisecond)
	}
	begin := time.Now()
	go func() { time.Sleep(200 * time.Millisecond); close(slow) }()
	m.stop()
	if took := time.Since(begin); took < 200*time.Millisecond || took > shutdownTime-time.Second {
		t.Errorf("took %s", took)
	}
	if text := <-answered; !strings.Contains(text, `"total":0`) {
		t.Errorf("the call that ran: %q", text)
	}
	if _, err := net.Dial("tcp", m.address); err == nil {
		t.Error("the server still listens")
	}
}

// TestQuota: a user who has no more room is told so; what takes more than was to
// be seen is taken back.
func TestQuota(t *testing.T) {
	m := newTeam(t, func(c *Config, _ *HTTPConfig) { c.Quota = Quota{Bytes: 300_000, Captures: 2} })
	ann, bob := m.connect(m.key("ann", keys.Write), ""), m.connect(m.key("bob", keys.Write), "")
	add := func(name string) map[string]any { return map[string]any{"path": captureFile(t, name)} }
	ann.ok("add_capture", add("web-day.pcap"))
	ann.fails("add_capture", add("any.pcap"), "quota of 300000 bytes", "delete_capture")
	if n := len(rowsIn(ann.ok("list_captures", nil))); n != 1 {
		t.Errorf("%d captures are kept", n)
	}
	if got := rowsIn(ann.ok("add_capture", add("web-day.pcap")))[0].(map[string]any)["duplicate"]; got != true {
		t.Error("what is there already counts again")
	}
	if _, err := m.server.Reserve(context.Background(), "ann", 200_000); err == nil {
		t.Error("room for more bytes than there is")
	}
	release, err := m.server.Reserve(context.Background(), "ann", 1000)
	if err != nil {
		t.Fatal(err)
	}
	var q *query.Error
	if _, err := m.server.Reserve(context.Background(), "ann", 1000); !errors.As(err, &q) || !strings.Contains(q.Msg, "2 captures") {
		t.Errorf("a third capture while one is coming: %v", err)
	}
	release()
	release()
	if release, err = m.server.Reserve(context.Background(), "ann", 1000); err != nil {
		t.Error(err)
	}
	release()
	bob.ok("add_capture", add("web-day.pcap"))
}

// TestMetrics: what is counted is told, in the order and form that Prometheus
// reads.
func TestMetrics(t *testing.T) {
	m := newTeam(t, nil)
	c := m.connect(m.key("ann", keys.Write), "2025-11-25")
	c.ok("add_capture", map[string]any{"path": captureFile(t, "web-day.pcap")})
	c.fails("capture_info", map[string]any{"capture": "none"})
	_, _ = c.session.CallTool(context.Background(), &sdk.CallToolParams{Name: `x"} 1`})
	_, text := m.status(http.StatusOK, "GET", "/metrics", "", "Authorization", "Bearer "+m.key("bob", keys.Admin))
	for _, want := range []string{
		"# TYPE pcapidx_requests_total counter\n",
		`pcapidx_requests_total{method="tools/call",outcome="ok",tool="add_capture"} 1` + "\n",
		`pcapidx_requests_total{method="tools/call",outcome="error",tool="capture_info"} 1` + "\n",
		`pcapidx_requests_total{method="tools/call",outcome="refused",tool="unknown"} 1` + "\n",
		`pcapidx_tool_duration_seconds_bucket{tool="add_capture",le="+Inf"} 1` + "\n",
		`pcapidx_tool_duration_seconds_count{tool="add_capture"} 1` + "\n",
		"\npcapidx_sessions 1\n", "\npcapidx_captures 1\n", "\npcapidx_requests_in_flight 0\n", "\npcapidx_indexing_jobs 0\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	for _, never := range []string{"ann", "web-day", "x\\"} {
		if strings.Contains(text, never) {
			t.Errorf("%q is told", never)
		}
	}
	for line := range strings.Lines(text) {
		fields := strings.Fields(strings.TrimSpace(line))
		var n json.Number
		if !strings.HasPrefix(line, "#") && (len(fields) != 2 || json.Unmarshal([]byte(fields[1]), &n) != nil) {
			t.Errorf("line %q", line)
		}
	}
}
