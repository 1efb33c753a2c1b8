package mcp

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pcapidx/mcp/fetch"
)

func fileBytes(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(captureFile(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// arguments names the arguments that a tool is offered with.
func arguments(s *Server, name string) (names []string) {
	for _, t := range s.tools {
		if t.name == name {
			names = slices.Clone(t.input.PropertyOrder)
		}
	}
	return names
}

// TestOneWay: which file is meant is said once.
func TestOneWay(t *testing.T) {
	config := testConfig(t)
	config.AllowURL = true
	c := connect(t, newServer(t, config), "", nil)
	c.fails("add_capture", nil, "which file?", "path, url, data_base64")
	c.fails("add_capture", map[string]any{"path": "/x", "data_base64": "AAAA"}, "only one")
	c.fails("add_capture", map[string]any{"path": "/x", "url": "http://x/"}, "only one")
}

// TestSent: a file as an argument, bounded before it is decoded.
func TestSent(t *testing.T) {
	c := connect(t, newServer(t, testConfig(t)), "", nil)
	data := base64.StdEncoding.EncodeToString(fileBytes(t, "any.pcap"))
	lines := strings.Join(slices.Collect(chunks(data, 76)), "\n") + "\n"
	m := c.ok("add_capture", map[string]any{"data_base64": data, "name": `C:\traces\it's "mine".pcap`})
	row, _ := rowsIn(m)[0].(map[string]any)
	if row["name"] != `it's "mine".pcap` || row["duplicate"] != false {
		t.Errorf("%v", row)
	}
	m = c.ok("add_capture", map[string]any{"data_base64": lines})
	if row, _ := rowsIn(m)[0].(map[string]any); row["duplicate"] != true {
		t.Errorf("again: %v", row)
	}
	list, _ := rowsIn(c.ok("list_captures", nil))[0].(map[string]any)
	if list["name"] != `it's "mine".pcap` || list["file_bytes"] != float64(len(fileBytes(t, "any.pcap"))) || list["added"] == nil {
		t.Errorf("listed as %v", list)
	}
	c.fails("add_capture", map[string]any{"data_base64": "no base64!"}, "no base64")
	c.fails("add_capture", map[string]any{"data_base64": base64.StdEncoding.EncodeToString([]byte("text, and no capture"))}, "not a capture")
	large := strings.Repeat("!", 15_000_000) // no base64 either: it is not looked at
	c.fails("add_capture", map[string]any{"data_base64": large}, "more than 10 MB")
	c.fails("add_capture", map[string]any{"data_base64": strings.Repeat("A", 13_333_336)}, "more than 10 MB")
}

func chunks(s string, n int) func(func(string) bool) {
	return func(yield func(string) bool) {
		for len(s) > n && yield(s[:n]) {
			s = s[n:]
		}
		yield(s)
	}
}

// bomb is a small gzip file that becomes many bytes of a capture.
func bomb(t testing.TB, size int) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(fileBytes(t, "any.pcap")[:24])
	for zeros := make([]byte, 1<<20); size > 0; size -= len(zeros) {
		w.Write(zeros)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestBomb: what becomes too large is given up, and nothing of it stays.
func TestBomb(t *testing.T) {
	config := testConfig(t)
	config.MaxData = 2 << 20
	c := connect(t, newServer(t, config), "", nil)
	c.fails("add_capture", map[string]any{"data_base64": base64.StdEncoding.EncodeToString(bomb(t, 20<<20))}, "too large")
	if rows := rowsIn(c.ok("list_captures", nil)); len(rows) != 0 {
		t.Errorf("it is listed: %v", rows)
	}
}

// TestURL: a file from a server of the tests; what fetch refuses is refused here.
func TestURL(t *testing.T) {
	data := fileBytes(t, "any.pcap")
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/text":
			fmt.Fprint(w, "no capture at all")
		case "/inside":
			http.Redirect(w, r, "http://10.0.0.1/x.pcap", http.StatusFound)
		default:
			w.Write(data)
		}
	}))
	defer web.Close()
	config := testConfig(t)
	config.AllowURL, config.IncomingDir = true, filepath.Join(t.TempDir(), "in")
	config.Fetch = fetch.New(fetch.Config{Allow: func(a netip.Addr) bool { return a == netip.MustParseAddr("127.0.0.1") }})
	c := connect(t, newServer(t, config), "", nil)
	m := c.ok("add_capture", map[string]any{"url": web.URL + "/a/trace%20one.pcap?token=x"})
	if row, _ := rowsIn(m)[0].(map[string]any); row["name"] != "trace one.pcap" {
		t.Errorf("%v", row)
	}
	if row, _ := rowsIn(c.ok("add_capture", map[string]any{"url": web.URL + "/"}))[0].(map[string]any); row["duplicate"] != true {
		t.Errorf("%v", row)
	}
	for url, word := range map[string]string{
		web.URL + "/text": "not a capture", web.URL + "/inside": "not public", "http://u:pw@127.0.0.1/": "password", "file:///etc/passwd": "only http", "ftp://x/y": "only http",
		"http://10.0.0.1/x": "not public", "/etc/passwd": "only http",
	} {
		c.fails("add_capture", map[string]any{"url": url}, word)
	}
	if left, _ := os.ReadDir(config.IncomingDir); len(left) != 0 {
		t.Errorf("left in the folder of downloads: %v", left)
	}

	config.Fetch = nil
	connect(t, newServer(t, config), "", nil).fails("add_capture", map[string]any{"url": web.URL + "/x.pcap"}, "not public")
	config.AllowURL = false
	s := newServer(t, config)
	if got := arguments(s, addTool); slices.Contains(got, "url") {
		t.Errorf("not allowed, and offered: %v", got)
	}
	connect(t, s, "", nil).fails("add_capture", map[string]any{"url": web.URL + "/x.pcap"}, "no argument")
}

// TestPlaces: what is in the works has its place in a user's quota, and gives it
// back; a file that the user has needs none.
func TestPlaces(t *testing.T) {
	data := fileBytes(t, "any.pcap")
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(data) }))
	defer web.Close()
	config := testConfig(t)
	config.Quota, config.AllowURL = Quota{Captures: 1}, true
	config.Fetch = fetch.New(fetch.Config{Allow: func(netip.Addr) bool { return true }})
	s := newServer(t, config)
	c := connect(t, s, "", nil)
	place := func() (release func()) {
		t.Helper()
		release, err := s.Reserve(t.Context(), "", 1)
		if err != nil {
			t.Fatal(err)
		}
		return release
	}
	release := place()
	for _, args := range []map[string]any{
		{"path": captureFile(t, "any.pcap")}, {"url": web.URL + "/any.pcap"}, {"data_base64": base64.StdEncoding.EncodeToString(data)},
	} {
		c.fails("add_capture", args, "quota of 1 captures", "delete_capture")
	}
	release()
	c.fails("add_capture", map[string]any{"data_base64": "AAAA"}, "not a capture")
	place()() // what failed has given its place back
	c.ok("add_capture", map[string]any{"url": web.URL + "/any.pcap"})
	c.ok("add_capture", map[string]any{"path": captureFile(t, "any.pcap")})
	c.fails("add_capture", map[string]any{"path": captureFile(t, "web-day.pcap")}, "quota of 1 captures")
	c.ok("delete_capture", map[string]any{"capture": "any.pcap", "confirm": true})
	c.ok("add_capture", map[string]any{"path": captureFile(t, "web-day.pcap")})
}

var errTest = errors.New("a cause from inside, with /a/path")
