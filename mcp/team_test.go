package mcp

import (
	"context"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"pcapidx/index"
	"pcapidx/mcp/keys"
	"pcapidx/query"
)

// team is a server over HTTP whose users have keys.
type team struct {
	t       testing.TB
	server  *Server
	http    *HTTP
	store   *index.Store
	keys    *keys.Store
	address string // host:port
	stop    func() // ends the server and gives what Serve said
}

// newTeam starts one; change may change its configuration before.
func newTeam(t testing.TB, change func(*Config, *HTTPConfig)) *team {
	t.Helper()
	dir := t.TempDir()
	m := &team{t: t, store: index.OpenStore(dir), keys: keys.Open(filepath.Join(dir, "keys"))}
	engines := map[string]*query.Engine{}
	for _, user := range []string{"", "ann", "bob"} {
		own := m.store
		if user != "" {
			own = m.store.ForOwner(user)
		}
		engines[user] = query.New(query.NewKeptSource(own, 8, time.Minute), testWriter{store: own})
	}
	c := Config{
		Engine: func(user string) (*query.Engine, error) { return engines[user], nil }, Version: "test", Usage: m.store.Usage,
		Remote: true, ReadDirs: []string{filepath.Dir(captureFile(t, "web-day.pcap"))}, ExportDir: filepath.Join(dir, "exports"),
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m.address = l.Addr().String()
	h := HTTPConfig{Address: m.address, Keys: m.keys}
	if change != nil {
		change(&c, &h)
	}
	m.server = newServer(t, c)
	if m.http, err = m.server.HTTP(h); err != nil {
		t.Fatal(err)
	}
	m.stop = serveHTTP(t, m.http, l)
	return m
}

// serveHTTP serves until stop is called, at the latest when the test ends.
func serveHTTP(t testing.TB, h *HTTP, l net.Listener) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.Serve(ctx, l) }()
	stopped := false
	stop = func() {
		if cancel(); !stopped {
			stopped = true
			if err := <-ended; err != nil {
				t.Errorf("Serve: %v", err)
			}
		}
	}
	t.Cleanup(stop)
	return stop
}

// key makes a key.
func (m *team) key(user, scope string) string {
	m.t.Helper()
	text, _, err := m.keys.Create(keys.Key{Name: user + "'s", User: user, Scope: scope})
	if err != nil {
		m.t.Fatal(err)
	}
	return text
}

// withHeader sends headers with each request.
type withHeader struct {
	header http.Header
	next   http.RoundTripper
}

func (w withHeader) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	for k, v := range w.header {
		r.Header[k] = v
	}
	return w.next.RoundTrip(r)
}

// dial opens a session over HTTP; header has names and values in turn.
func (m *team) dial(key, version string, header ...string) (*client, error) {
	h := http.Header{}
	if key != "" {
		h.Set("Authorization", "Bearer "+key)
	}
	for i := 0; i+1 < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	pool := &http.Transport{}
	m.t.Cleanup(pool.CloseIdleConnections)
	session, err := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, nil).Connect(context.Background(),
		&sdk.StreamableClientTransport{Endpoint: "http://" + m.address + Path, HTTPClient: &http.Client{Transport: withHeader{h, pool}}, MaxRetries: -1},
		&sdk.ClientSessionOptions{ProtocolVersion: version})
	if err != nil {
		return nil, err
	}
	return &client{m.t, m.server, session}, nil
}

// connect is dial for who must come in.
func (m *team) connect(key, version string, header ...string) *client {
	m.t.Helper()
	c, err := m.dial(key, version, header...)
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { c.session.Close() })
	return c
}

const initialize = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}`

// reply is an answer of HTTP that was read to its end.
type reply struct {
	Status     string
	StatusCode int
	Header     http.Header
}

// send sends one request of HTTP and gives the whole answer. header has names and
// values in turn; "Host" is the request's.
func (m *team) send(method, path string, body io.Reader, header ...string) (*reply, string) {
	m.t.Helper()
	ctx, stop := context.WithTimeout(context.Background(), 20*time.Second)
	defer stop()
	r, err := http.NewRequestWithContext(ctx, method, "http://"+m.address+path, body)
	if err != nil {
		m.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	for i := 0; i+1 < len(header); i += 2 {
		if r.Header.Set(header[i], header[i+1]); header[i] == "Host" {
			r.Host = header[i+1]
		}
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		m.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		m.t.Fatalf("%s %s: %v", method, path, err)
	}
	return &reply{res.Status, res.StatusCode, res.Header}, string(b)
}

// status is send for who wants to know how it ends.
func (m *team) status(want int, method, path, body string, header ...string) (*reply, string) {
	m.t.Helper()
	res, text := m.send(method, path, strings.NewReader(body), header...)
	if res.StatusCode != want {
		m.t.Errorf("%s %s %q: %s, want %d: %.300s", method, path, header, res.Status, want, text)
	}
	return res, text
}
