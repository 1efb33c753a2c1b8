package mcp

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"pcapidx/mcp/keys"
	"pcapidx/mcp/upload"
)

// uploadTeam is a team whose server takes uploads.
func uploadTeam(t *testing.T, change func(*Config, *HTTPConfig)) *team {
	return newTeam(t, func(c *Config, h *HTTPConfig) {
		c.Uploads = &Uploads{Dir: filepath.Join(t.TempDir(), "uploads"), URL: "http://" + h.Address, KeepFree: 1}
		if change != nil {
			change(c, h)
		}
	})
}

// upload sends a file to a URL of create_upload, with nothing but the URL.
func (m *team) upload(created map[string]any, data []byte) (status int, answer map[string]any) {
	m.t.Helper()
	url, _ := created["url"].(string)
	path, ok := strings.CutPrefix(url, "http://"+m.address)
	if !ok {
		m.t.Fatalf("URL %q is not the server's", url)
	}
	status, text := m.sends(http.MethodPut, path, bytes.NewReader(data))
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		m.t.Errorf("answer %q", text)
	}
	return status, answer
}

// sends is send for who wants the status and the text alone.
func (m *team) sends(method, path string, body io.Reader, header ...string) (status int, text string) {
	m.t.Helper()
	res, text := m.send(method, path, body, header...) //nolint:bodyclose // send closes it
	return res.StatusCode, text
}

// TestUploadOwners: an upload belongs to who created its URL, whoever sends it;
// another user finds nothing of it under any name.
func TestUploadOwners(t *testing.T) {
	m := uploadTeam(t, nil)
	ann, bob := m.connect(m.key("ann", keys.Write), "2025-11-25"), m.connect(m.key("bob", keys.Write), "2026-07-28")
	data := fileBytes(t, "any.pcap")
	created := ann.ok("create_upload", map[string]any{"name": "anns.pcap"})
	status, answer := m.upload(created, data)
	if status != http.StatusCreated {
		t.Fatalf("%d %v", status, answer)
	}
	row := ann.ok("capture_info", map[string]any{"capture": answer["capture"]})
	for _, name := range []any{answer["capture"], row["capture"], "anns.pcap", "new-aaaaaaaaaa"} {
		bob.fails("capture_info", map[string]any{"capture": name}, "no such capture")
		bob.fails("delete_capture", map[string]any{"capture": name, "confirm": true}, "no such capture")
		bob.fails("list_connections", map[string]any{"captures": []any{name}}, "no such capture")
	}
	if m := bob.ok("list_captures", nil); len(rowsIn(m)) != 0 || m["indexing"] != nil {
		t.Errorf("bob sees %v", m)
	}
	if status, answer := m.upload(created, data); status != http.StatusGone {
		t.Errorf("the URL again: %d %v", status, answer)
	}
	// the same bytes are new to bob
	status, answer = m.upload(bob.ok("create_upload", map[string]any{"name": "bobs.pcap"}), data)
	if status != http.StatusCreated {
		t.Fatalf("%d %v", status, answer)
	}
	bob.ok("capture_info", map[string]any{"capture": answer["capture"]})
	if rows := rowsIn(ann.ok("list_captures", nil)); len(rows) != 1 || rows[0].(map[string]any)["name"] != "anns.pcap" {
		t.Errorf("ann has %v", rows)
	}
	if rows := rowsIn(bob.ok("list_captures", nil)); len(rows) != 1 || rows[0].(map[string]any)["name"] != "bobs.pcap" {
		t.Errorf("bob has %v", rows)
	}
}

// TestUploadScopes: who may only read gets no URL; hosts are checked for uploads
// too; no key is asked for, and a key opens nothing.
func TestUploadScopes(t *testing.T) {
	m := uploadTeam(t, nil)
	reader := m.connect(m.key("ann", keys.Read), "")
	if _, err := reader.session.CallTool(t.Context(), &sdk.CallToolParams{Name: "create_upload", Arguments: map[string]any{"name": "x.pcap"}}); err == nil {
		t.Error("a reader gets an upload URL")
	}
	writer := m.key("ann", keys.Write)
	url, _ := m.connect(writer, "").ok("create_upload", map[string]any{"name": "x.pcap"})["url"].(string)
	token := strings.TrimPrefix(url, "http://"+m.address+upload.Path)
	data := string(fileBytes(t, "any.pcap"))
	for _, c := range []struct {
		want         int
		method, path string
		header       []string
	}{
		{http.StatusForbidden, http.MethodPut, token, []string{"Host", "evil.example.org"}},
		{http.StatusForbidden, http.MethodPut, token, []string{"Origin", "https://evil.example.org"}},
		{http.StatusNotFound, http.MethodPut, "x", []string{"Authorization", "Bearer " + writer}},
		{http.StatusMethodNotAllowed, http.MethodPost, token, nil},
		{http.StatusCreated, http.MethodPut, token, nil},
		{http.StatusGone, http.MethodPut, token, nil},
	} {
		if got, text := m.sends(c.method, upload.Path+c.path, strings.NewReader(data), c.header...); got != c.want {
			t.Errorf("%s %s: %d, want %d: %s", c.method, c.header, got, c.want, text)
		}
	}
}

// TestUploadTakesLonger: than the body of any other request may.
func TestUploadTakesLonger(t *testing.T) {
	m := uploadTeam(t, func(_ *Config, h *HTTPConfig) { h.BodyTime = 300 * time.Millisecond })
	url, _ := m.connect(m.key("ann", keys.Write), "").ok("create_upload", map[string]any{"name": "x.pcap"})["url"].(string)
	data := fileBytes(t, "any.pcap")
	status, text := m.sends(http.MethodPut, strings.TrimPrefix(url, "http://"+m.address), &slowReader{data: data, pause: 50 * time.Millisecond, piece: len(data)/15 + 1})
	if status != http.StatusCreated {
		t.Errorf("%d: %s", status, text)
	}
}

// slowReader gives its bytes piece by piece.
type slowReader struct {
	data  []byte
	pause time.Duration
	piece int
}

func (s *slowReader) Read(p []byte) (int, error) {
	time.Sleep(s.pause)
	n := copy(p[:min(len(p), s.piece)], s.data)
	s.data = s.data[n:]
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}
