package mcp

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"pcapidx/mcp/keys"
)

// TestHTTPVersions: clients with sessions and without use one address.
func TestHTTPVersions(t *testing.T) {
	m := newTeam(t, nil)
	key := m.key("ann", keys.Write)
	for i, v := range []string{"2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28", ""} {
		c := m.connect(key, v)
		added := c.ok("add_capture", map[string]any{"path": captureFile(t, "web-day.pcap")})
		if got := rowsIn(added)[0].(map[string]any)["duplicate"]; got != (i > 0) {
			t.Errorf("%s: duplicate %v", v, got)
		}
		if got := len(rowsIn(c.ok("list_captures", nil))); got != 1 {
			t.Errorf("%s: %d captures", v, got)
		}
		if stateless := v == "" || v >= firstStateless; (c.session.ID() == "") != stateless {
			t.Errorf("%s: session %q", v, c.session.ID())
		}
	}
}

// TestAccess: who has no key, a wrong one, or one that is no more, stays outside.
func TestAccess(t *testing.T) {
	m := newTeam(t, nil)
	key, admin := m.key("ann", keys.Read), m.key("bob", keys.Admin)
	bearer := func(k string) []string { return []string{"Authorization", "Bearer " + k} }
	for _, h := range [][]string{nil, bearer("pcx_aaaaaaaaaa_bbbb"), bearer(key[:len(key)-1]), {"Authorization", "Basic " + key}, {"Authorization", key}, {"X-API-Key", key}} {
		for _, path := range []string{Path, "/metrics"} {
			method := map[string]string{Path: "POST", "/metrics": "GET"}[path]
			res, text := m.status(http.StatusUnauthorized, method, path, initialize, h...)
			if !strings.HasPrefix(res.Header.Get("WWW-Authenticate"), "Bearer") || strings.Contains(text, "pcx_") {
				t.Errorf("%q: %v %s", h, res.Header, text)
			}
		}
	}
	m.status(http.StatusBadRequest, "POST", Path+"?key="+key, initialize, bearer(key)...)
	m.status(http.StatusForbidden, "GET", "/metrics", "", bearer(key)...)
	if _, text := m.status(http.StatusOK, "GET", "/metrics", "", bearer(admin)...); !strings.Contains(text, "pcapidx_captures 0\n") {
		t.Error(text)
	}
	res, _ := m.status(http.StatusOK, "POST", Path, initialize, bearer(key)...)
	session := res.Header.Get("Mcp-Session-Id")
	if session == "" || res.Header.Get("WWW-Authenticate") != "" {
		t.Fatal(res.Header)
	}
	ping := `{"jsonrpc":"2.0","id":2,"method":"ping"}`
	m.status(http.StatusOK, "POST", Path, ping, append(bearer(key), "Mcp-Session-Id", session)...)
	m.status(http.StatusForbidden, "POST", Path, ping, append(bearer(admin), "Mcp-Session-Id", session)...)
	m.status(http.StatusForbidden, "DELETE", Path, "", append(bearer(admin), "Mcp-Session-Id", session)...)
	m.status(http.StatusNotFound, "POST", Path, ping, append(bearer(key), "Mcp-Session-Id", "no-such")...)
	if _, err := m.keys.Revoke("ann's"); err != nil {
		t.Fatal(err)
	}
	m.status(http.StatusUnauthorized, "POST", Path, ping, append(bearer(key), "Mcp-Session-Id", session)...)
}

// TestRevokedStream: a stream that is open does not outlive its key for long.
func TestRevokedStream(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for some seconds; not with -short")
	}
	m := newTeam(t, nil)
	key := m.key("ann", keys.Read)
	res, _ := m.status(http.StatusOK, "POST", Path, initialize, "Authorization", "Bearer "+key)
	r, _ := http.NewRequestWithContext(context.Background(), "GET", "http://"+m.address+Path, nil)
	r.Header = http.Header{"Authorization": {"Bearer " + key}, "Accept": {"text/event-stream"}, "Mcp-Session-Id": {res.Header.Get("Mcp-Session-Id")}}
	stream, err := http.DefaultClient.Do(r) //nolint:bodyclose // closed below
	if err != nil || stream.StatusCode != http.StatusOK {
		t.Fatal(stream, err)
	}
	defer stream.Body.Close()
	if _, err := m.keys.Revoke("ann's"); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { _, err := io.Copy(io.Discard, stream.Body); ended <- err }()
	select {
	case <-ended:
	case <-time.After(recheck + 5*time.Second):
		t.Error("the stream stays open")
	}
}

// TestScopes: a key that may only read sees no tool that writes, and cannot call
// one.
func TestScopes(t *testing.T) {
	m := newTeam(t, nil)
	writer := m.connect(m.key("ann", keys.Write), "2025-11-25")
	writer.ok("add_capture", map[string]any{"path": captureFile(t, "web-day.pcap")})
	key := m.key("ann", keys.Read)
	for _, era := range eras() {
		c := m.connect(key, era)
		c.ok("capture_info", map[string]any{"capture": "web-day.pcap"})
		m.hides(c, "add_capture", "delete_capture", "export_pcap")
	}
}

// hides checks that tools are neither listed nor told of nor answer, and that
// the others are.
func (m *team) hides(c *client, tools ...string) {
	m.t.Helper()
	list, err := c.session.ListTools(context.Background(), nil)
	if err != nil {
		m.t.Fatal(err)
	}
	for _, tool := range m.server.tools {
		listed := slices.ContainsFunc(list.Tools, func(l *sdk.Tool) bool { return l.Name == tool.name })
		if hidden := slices.Contains(tools, tool.name); listed == hidden {
			m.t.Errorf("%s: listed %v", tool.name, listed)
		} else if hidden {
			_, err := c.session.CallTool(context.Background(), &sdk.CallToolParams{Name: tool.name, Arguments: map[string]any{"capture": "web-day.pcap", "confirm": true}})
			if err == nil || !strings.Contains(err.Error(), "unknown tool") {
				m.t.Errorf("%s answers: %v", tool.name, err)
			}
			if strings.Contains(c.session.InitializeResult().Instructions, tool.name+":") {
				m.t.Errorf("instructions tell of %s", tool.name)
			}
		}
	}
}

// TestNarrowing: headers give fewer tools than the server has, never more.
func TestNarrowing(t *testing.T) {
	m := newTeam(t, func(c *Config, _ *HTTPConfig) { c.Toolsets = []string{"captures", "stats"} })
	key := m.key("ann", keys.Write)
	all := make([]string, 0, len(m.server.tools))
	for _, tool := range m.server.tools {
		all = append(all, tool.name)
	}
	but := func(keep ...string) []string {
		return slices.DeleteFunc(slices.Clone(all), func(n string) bool { return slices.Contains(keep, n) })
	}
	for _, c := range []struct {
		header []string
		hidden []string
	}{
		{nil, nil},
		{[]string{toolsetsHeader, "stats"}, but("stats", "list_fields")},
		{[]string{toolsetsHeader, "stats, packets"}, but("stats", "list_fields")},
		{[]string{toolsHeader, "capture_info, search_packets"}, but("capture_info")},
		{[]string{toolsetsHeader, "stats", toolsHeader, "capture_info"}, but("capture_info", "stats", "list_fields")},
		{[]string{excludeHeader, "stats"}, []string{"stats"}},
		{[]string{readOnlyHeader, "true"}, []string{"add_capture", "delete_capture"}},
		{[]string{readOnlyHeader, "yes, please"}, []string{"add_capture", "delete_capture"}},
		{[]string{readOnlyHeader, "false"}, nil},
	} {
		for _, era := range eras() {
			m.hides(m.connect(key, era, c.header...), c.hidden...)
		}
	}
	for _, h := range [][]string{{toolsetsHeader, "stast"}, {toolsHeader, "capture_inf"}} {
		if c, err := m.dial(key, "2025-11-25", h...); err == nil {
			t.Errorf("%q: no error", h)
			c.session.Close()
		}
	}
	m.hides(m.connect(m.key("ann", keys.Read), "", readOnlyHeader, "false"), "add_capture", "delete_capture")
}

// TestHosts: a name that is not the server's, or a page of another site, opens
// nothing, with keys and without.
func TestHosts(t *testing.T) {
	m := newTeam(t, func(_ *Config, h *HTTPConfig) { h.Keys, h.PublicURL = nil, "https://pcap.example.com/base/" })
	if got := m.http.BaseURL(); got != "https://pcap.example.com/base" {
		t.Error(got)
	}
	_, port, _ := net.SplitHostPort(m.address)
	for _, host := range []string{"localhost", "localhost:" + port, "LOCALHOST.:80", "127.0.0.1", "[::1]:" + port, "pcap.example.com", "pcap.example.com:443"} {
		m.status(http.StatusOK, "POST", Path, initialize, "Host", host)
	}
	for _, host := range []string{"evil.example", "evil.example:" + port, "localhost.evil.example", "pcap.example.com.evil.example", "10.0.0.1", "127.0.0.1.evil.example", "[::2]"} {
		m.status(http.StatusForbidden, "POST", Path, initialize, "Host", host)
		m.status(http.StatusOK, "GET", "/healthz", "", "Host", host)
	}
	for _, origin := range []string{"https://evil.example", "http://localhost.evil.example", "null", "http://localhost:1"} {
		m.status(http.StatusForbidden, "POST", Path, initialize, "Origin", origin)
		m.status(http.StatusForbidden, "GET", Path, "", "Origin", origin)
		m.status(http.StatusForbidden, "DELETE", Path, "", "Origin", origin)
	}
	m.status(http.StatusForbidden, "POST", Path, initialize, "Sec-Fetch-Site", "cross-site")
	for _, origin := range []string{"https://pcap.example.com", "http://" + m.address} {
		m.status(http.StatusOK, "POST", Path, initialize, "Origin", origin)
	}
	for _, bad := range []string{"pcap.example.com", "ftp://x", "https://ann:secret@x", "https://x?y", "https://x#y", "http://"} {
		if _, err := BaseURL(bad, m.address, false); err == nil {
			t.Errorf("%s is a public URL", bad)
		}
	}
	for address, want := range map[string]string{":8080": "https://localhost:8080", "0.0.0.0:1": "https://localhost:1", "[::]:1": "https://localhost:1", "192.0.2.1:2": "https://192.0.2.1:2"} {
		if got, err := BaseURL("", address, true); err != nil || got.String() != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}

// TestMount: further handlers are behind the check of hosts, and need no key.
func TestMount(t *testing.T) {
	m := newTeam(t, func(_ *Config, h *HTTPConfig) {
		h.Mount = map[string]http.Handler{"PUT /upload/{token}": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n, _ := io.Copy(io.Discard, r.Body)
			fmt.Fprint(w, r.PathValue("token"), n)
		})}
	})
	if _, text := m.status(http.StatusOK, "PUT", "/upload/abc", strings.Repeat("x", 20<<20)); text != "abc20971520" {
		t.Error(text)
	}
	m.status(http.StatusForbidden, "PUT", "/upload/abc", "x", "Host", "evil.example")
	m.status(http.StatusForbidden, "PUT", "/upload/abc", "x", "Origin", "https://evil.example")
	m.status(http.StatusNotFound, "GET", "/other", "")
}
