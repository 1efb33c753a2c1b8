package mcp

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pcapidx/mcp/upload"
)

// withUploads gives a server whose uploads are served over HTTP.
func withUploads(t testing.TB, change func(*Config)) (*Server, *client) {
	t.Helper()
	mux := http.NewServeMux()
	web := httptest.NewUnstartedServer(mux) // its address is known before what it serves
	t.Cleanup(web.Close)
	config := testConfig(t)
	config.Remote = true
	config.Uploads = &Uploads{Dir: filepath.Join(t.TempDir(), "uploads"), URL: "http://" + web.Listener.Addr().String(), KeepFree: 1}
	if change != nil {
		change(&config)
	}
	s := newServer(t, config)
	mux.Handle(upload.Pattern, s.uploads)
	web.Start()
	return s, connect(t, s, "", nil)
}

// curl runs a command of create_upload where the file is, in a shell.
func curl(t testing.TB, command, folder string) (answer map[string]any, err error) {
	t.Helper()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("SKIPPED: there is no curl")
	}
	c := exec.Command("sh", "-c", command)
	c.Dir = folder
	out, err := c.Output()
	if jerr := json.Unmarshal(out, &answer); jerr != nil {
		t.Errorf("%s: answered %q, %v", command, out, err)
	}
	return answer, err
}

// TestUploadByCurl: the commands that create_upload gives, run by a real shell and
// a real curl, whatever the file is called.
func TestUploadByCurl(t *testing.T) {
	_, c := withUploads(t, nil)
	data := fileBytes(t, "any.pcap")
	for _, name := range []string{
		"trace.pcap", "it's a trace.pcap", `'; touch gone; echo '.pcap`, "$HOME `id` \"q\" \\x.pcap", "a[1-3]{b,c}.pcap", "-o", "-", "späth ✓.pcap", "%41&x=1#.pcap", "a,b;type=x.pcap",
	} {
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
		m := c.ok("create_upload", map[string]any{"name": name, "size_bytes": len(data)})
		command, _ := m["curl"].(string)
		answer, err := curl(t, command, folder)
		if err != nil || answer["state"] != "indexing" || answer["bytes"] != float64(len(data)) {
			t.Errorf("%s: %v, %v", command, answer, err)
			continue
		}
		if m := c.ok("capture_info", map[string]any{"capture": answer["capture"]}); m["packets"] == nil {
			t.Errorf("%s: %v", name, m)
		}
		c.ok("delete_capture", map[string]any{"capture": answer["capture"], "confirm": true})
		if _, err := curl(t, command, folder); err == nil {
			t.Errorf("%s: the URL works twice", name)
		}
		if _, err := os.Stat(filepath.Join(folder, "gone")); err == nil {
			t.Errorf("%s: a part of the name was run", name)
		}
	}
}

// TestUpload: what is listed, what the folder holds, what is refused.
func TestUpload(t *testing.T) {
	s, c := withUploads(t, nil)
	data := fileBytes(t, "any.pcap")
	put := func(m map[string]any, data []byte) (int, map[string]any) {
		t.Helper()
		r, _ := http.NewRequest(http.MethodPut, m["url"].(string), strings.NewReader(string(data)))
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		answer := map[string]any{}
		if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
			t.Error(err)
		}
		return res.StatusCode, answer
	}
	m := c.ok("create_upload", map[string]any{"name": `C:\Users\me\traces\day 1.pcap`})
	if m["curl_windows"] != `curl.exe --fail-with-body -g -T "C:\Users\me\traces\day 1.pcap" "`+m["url"].(string)+`"` {
		t.Errorf("for Windows: %s", m["curl_windows"])
	}
	if expires, err := time.Parse(time.RFC3339, fmt.Sprint(m["expires"])); err != nil || time.Until(expires) < 14*time.Minute || m["max_bytes"] != float64(upload.DefaultMaxBytes) {
		t.Errorf("%v", m)
	}
	status, answer := put(m, data)
	if status != http.StatusCreated {
		t.Fatalf("%d %v", status, answer)
	}
	c.ok("capture_info", map[string]any{"capture": answer["capture"]})
	row, _ := rowsIn(c.ok("list_captures", nil))[0].(map[string]any)
	if row["name"] != "day 1.pcap" || row["file_bytes"] != float64(len(data)) || !strings.HasPrefix(fmt.Sprint(row["added"]), "20") {
		t.Errorf("listed as %v", row)
	}
	if left, err := os.ReadDir(s.config.Uploads.Dir); err != nil || len(left) != 0 {
		t.Errorf("left in the folder: %v %v", left, err)
	}
	for _, bad := range []string{"", "a\nb.pcap", "a\x1b[31m.pcap", "a\u202egpj.pcap", "folder/", `folder\`, "..", strings.Repeat("x", 1001)} {
		c.fails("create_upload", map[string]any{"name": bad}, "name")
	}
	c.fails("create_upload", map[string]any{"name": "x.pcap", "size_bytes": 1 << 40}, "a file may have")
	c.fails("create_upload", map[string]any{"name": "x.pcap", "sha256": "beef"}, "64 hexadecimal")

	// a damaged beginning of a gzip file is found out when it is indexed
	status, answer = put(c.ok("create_upload", map[string]any{"name": "bad.gz"}), []byte("\x1f\x8b\x08 and no gzip data behind it"))
	if status != http.StatusCreated {
		t.Fatalf("%d %v", status, answer)
	}
	c.fails("capture_info", map[string]any{"capture": answer["capture"]}, "not a capture")
	if status, answer = put(c.ok("create_upload", map[string]any{"name": "text"}), []byte("text, and no capture")); status != http.StatusUnsupportedMediaType {
		t.Errorf("%d %v", status, answer)
	}
}

// TestUploadOffered: only where files are taken.
func TestUploadOffered(t *testing.T) {
	s, _ := withUploads(t, nil)
	if !s.has(uploadTool) || s.uploads == nil {
		t.Error("not offered")
	}
	s, _ = withUploads(t, func(c *Config) { c.ReadOnly = true })
	if s.has(uploadTool) || s.uploads != nil {
		t.Error("offered by a server that is read-only")
	}
	if s := newServer(t, testConfig(t)); s.has(uploadTool) || s.uploads != nil {
		t.Error("offered without HTTP")
	}
	config := testConfig(t)
	config.Uploads = &Uploads{Dir: t.TempDir()}
	if _, err := New(config); err == nil {
		t.Error("uploads without a URL")
	}
}

// TestUploadedBomb: a file that becomes too large is taken, and its indexing ends
// with a reason, within bounds.
func TestUploadedBomb(t *testing.T) {
	s, c := withUploads(t, func(c *Config) { c.MaxData = 1 << 20 })
	m := c.ok("create_upload", map[string]any{"name": "bomb.pcap.gz"})
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "bomb.pcap.gz"), bomb(t, 50<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	answer, err := curl(t, m["curl"].(string), folder)
	if err != nil {
		t.Fatalf("%v %v", answer, err)
	}
	c.fails("capture_info", map[string]any{"capture": answer["capture"]}, "too large")
	if left, err := os.ReadDir(s.config.Uploads.Dir); err != nil || len(left) != 0 {
		t.Errorf("left in the folder: %v %v", left, err)
	}
	if rows := rowsIn(c.ok("list_captures", nil)); len(rows) != 0 {
		t.Errorf("it is listed: %v", rows)
	}
}

// TestUploadQuota: who has no room is told so before the bytes are sent.
func TestUploadQuota(t *testing.T) {
	s, c := withUploads(t, func(c *Config) { c.Quota = Quota{Bytes: 50 << 20, Captures: 1} })
	c.fails("create_upload", map[string]any{"name": "x.pcap", "size_bytes": 60 << 20}, "your quota of 52428800 bytes")
	m := c.ok("create_upload", map[string]any{"name": "any.pcap"})
	release, err := s.Reserve(t.Context(), "", 1)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := curl(t, m["curl"].(string), filepath.Dir(captureFile(t, "any.pcap")))
	if err == nil || !strings.Contains(fmt.Sprint(answer["error"]), "quota of 1 captures") {
		t.Errorf("%v %v", answer, err)
	}
	release()
	if answer, err = curl(t, m["curl"].(string), filepath.Dir(captureFile(t, "any.pcap"))); err != nil {
		t.Errorf("with room: %v %v", answer, err)
	}
}

func TestWindowsCurl(t *testing.T) {
	for name, want := range map[string]string{
		"a.pcap":        `"a.pcap"`,
		"it's a.pcap":   `"it's a.pcap"`,
		`C:\x y\a.pcap`: `"C:\x y\a.pcap"`,
		"100%.pcap":     `'100%.pcap'`,
		"$x's.pcap":     `'$x''s.pcap'`,
		"a&b’s.pcap":    `'a&b’’s.pcap'`,
		"-o":            `"./-o"`,
	} {
		if got := windowsCurl(name, "http://h/upload/T"); got != "curl.exe --fail-with-body -g -T "+want+` "http://h/upload/T"` {
			t.Errorf("%s: %s", name, got)
		}
	}
	if got := windowsCurl(`a"b.pcap`, "http://h/"); got != "" {
		t.Errorf("a name that Windows does not have: %s", got)
	}
}
