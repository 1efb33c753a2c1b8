package upload

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// service is a Server on a real port, with what it was given to index.
type service struct {
	*Server
	t   *testing.T
	url string

	mu    sync.Mutex
	files []File
	clock time.Time
}

func (s *service) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clock
}

func (s *service) forward(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clock = s.clock.Add(d)
}

func serve(t *testing.T, c Config) *service {
	t.Helper()
	s := &service{t: t, clock: time.Now()}
	if c.Dir == "" {
		c.Dir = t.TempDir()
	}
	if c.Start == nil {
		c.Start = func(f File) (string, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.files = append(s.files, f)
			return "new-1", nil
		}
	}
	c.Now = s.now
	var err error
	if s.Server, err = New(c); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(Pattern, s)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	s.url = server.URL + Path
	return s
}

func (s *service) create(r Request) string {
	s.t.Helper()
	ticket, err := s.Create(r)
	if err != nil {
		s.t.Fatal(err)
	}
	return ticket.Token
}

// put sends a body and gives the status and the answer.
func (s *service) put(token string, body io.Reader) (int, map[string]any) {
	s.t.Helper()
	r, err := http.NewRequest(http.MethodPut, s.url+token, body)
	if err != nil {
		s.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	m := map[string]any{}
	if err := json.Unmarshal(b, &m); err != nil && res.Header.Get("Content-Type") == "application/json" {
		s.t.Errorf("answer %q", b)
	}
	return res.StatusCode, m
}

// fails puts a body that is refused with a status and words.
func (s *service) fails(token string, body io.Reader, status int, word string) {
	s.t.Helper()
	got, m := s.put(token, body)
	if got != status || !strings.Contains(fmt.Sprint(m["error"], m["hint"]), word) {
		s.t.Errorf("status %d, %v; want %d, %q", got, m, status, word)
	}
}

// left gives the names of the files in the folder.
func (s *service) left() (names []string) {
	s.t.Helper()
	all, err := os.ReadDir(s.config.Dir)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, f := range all {
		names = append(names, f.Name())
	}
	return names
}

func capture(n int) []byte {
	return append([]byte("\xd4\xc3\xb2\xa1\x02\x00\x04\x00\x00\x00\x00\x00"), bytes.Repeat([]byte{7}, n)...)
}

func hexOf(b []byte) string { sum := sha256.Sum256(b); return hex.EncodeToString(sum[:]) }

// chunked hides the length of a body.
func chunked(b []byte) io.Reader { return io.MultiReader(bytes.NewReader(b)) }

func TestUpload(t *testing.T) {
	s := serve(t, Config{})
	data := capture(1 << 20)
	for i, body := range []io.Reader{bytes.NewReader(data), chunked(data)} {
		token := s.create(Request{User: "ann", Name: "it's ../a trace.pcap", Bytes: int64(len(data)), SHA256: strings.ToUpper(hexOf(data))})
		status, m := s.put(token, body)
		if status != http.StatusCreated || m["capture"] != "new-1" || m["bytes"] != float64(len(data)) || m["sha256"] != hexOf(data) || m["state"] != "indexing" {
			t.Fatalf("status %d, %v", status, m)
		}
		f := s.files[i]
		if got, err := os.ReadFile(f.Path); err != nil || !bytes.Equal(got, data) || filepath.Dir(f.Path) != s.config.Dir || strings.Contains(f.Path, "trace") {
			t.Errorf("%s: %d bytes, %v", f.Path, len(got), err)
		}
		if f.User != "ann" || f.Name != "it's ../a trace.pcap" || f.SHA256 != hexOf(data) || f.Bytes != int64(len(data)) {
			t.Errorf("%+v", f)
		}
		s.fails(token, bytes.NewReader(data), http.StatusGone, "was used")
	}
	if len(s.files) != 2 || len(s.left()) != 2 {
		t.Errorf("%d files, left %v", len(s.files), s.left())
	}
}

// TestRefused: what is wrong is told, leaves nothing behind, and the URL works
// for the right file afterwards.
func TestRefused(t *testing.T) {
	s := serve(t, Config{MaxBytes: 5000})
	data := capture(1000)
	exact := s.create(Request{User: "ann", Name: "a", Bytes: int64(len(data)), SHA256: hexOf(data)})
	free := s.create(Request{User: "ann", Name: "a"})
	other := append(capture(999), 8)
	for _, c := range []struct {
		token  string
		body   io.Reader
		status int
		word   string
	}{
		{exact, bytes.NewReader(capture(1001)), http.StatusRequestEntityTooLarge, "more than 1012 bytes"},
		{exact, bytes.NewReader(capture(999)), http.StatusBadRequest, "has 1011 bytes, announced were 1012"},
		{exact, chunked(capture(1001)), http.StatusRequestEntityTooLarge, "more than 1012"},
		{exact, chunked(capture(999)), http.StatusBadRequest, "1011 bytes came"},
		{exact, bytes.NewReader(other), http.StatusUnprocessableEntity, "another file"},
		{exact, bytes.NewReader(bytes.Repeat([]byte("x"), len(data))), http.StatusUnsupportedMediaType, "no capture"},
		{free, bytes.NewReader(capture(5000)), http.StatusRequestEntityTooLarge, "more than 5000"},
		{free, chunked(capture(1 << 20)), http.StatusRequestEntityTooLarge, "more than 5000"},
		{free, http.NoBody, http.StatusUnsupportedMediaType, "no capture"},
		{free, strings.NewReader("\xd4\xc3\xb2\xa1"), http.StatusUnsupportedMediaType, "no capture"},
		{free, strings.NewReader("PK\x03\x04 a zip archive"), http.StatusUnsupportedMediaType, "gzip or zstd"},
		{free, strings.NewReader("\n\r\r\n12345678 no pcapng"), http.StatusUnsupportedMediaType, "no capture"},
		{"", bytes.NewReader(data), http.StatusNotFound, ""},
		{"AAAAAAAAAAAAAAAAAAAAAAAAAA", bytes.NewReader(data), http.StatusNotFound, "no such upload"},
		{strings.ToLower(exact), bytes.NewReader(data), http.StatusNotFound, "no such upload"},
		{exact + "/../" + free, bytes.NewReader(data), http.StatusNotFound, ""},
		{"..%2f..%2fetc%2fpasswd", bytes.NewReader(data), http.StatusNotFound, "no such upload"},
	} {
		if strings.Contains(c.token, "/../") {
			c.token = strings.ReplaceAll(c.token, "/../", "%2f..%2f") + "x"
		}
		s.fails(c.token, c.body, c.status, c.word)
		if names := s.left(); len(names) > 0 {
			t.Fatalf("%s: left %v", c.word, names)
		}
	}
	for _, token := range []string{exact, free} {
		if status, m := s.put(token, bytes.NewReader(data)); status != http.StatusCreated {
			t.Errorf("the right file: %d %v", status, m)
		}
	}
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
		r, _ := http.NewRequest(method, s.url+exact, http.NoBody)
		res, err := http.DefaultClient.Do(r)
		if err != nil || res.StatusCode != http.StatusMethodNotAllowed {
			t.Fatalf("%s: %v %v", method, res, err)
		}
		res.Body.Close()
	}
}

func TestMagic(t *testing.T) {
	rest := strings.Repeat("\x00", 12)
	for head, want := range map[string]bool{
		"\xa1\xb2\xc3\xd4" + rest: true, "\x4d\x3c\xb2\xa1" + rest: true, "\x34\xcd\xb2\xa1" + rest: true, "\x1c\x00\x01\xab" + rest: true,
		"\x1f\x8b\x08" + rest: true, "\x28\xb5\x2f\xfd" + rest: true, "\x5a\x2a\x4d\x18" + rest: true,
		"\n\r\r\n\x1c\x00\x00\x00\x4d\x3c\x2b\x1a": true, "\n\r\r\n\x00\x00\x00\x1c\x1a\x2b\x3c\x4d": true,
		"\n\r\r\n" + rest: false, "\x1f\x8b\x09" + rest: false, "\x1f\x8b\x08": false, "": false, "\x7fELF" + rest: false, "<!DOCTYPE html>": false,
	} {
		if isCapture([]byte(head)) != want {
			t.Errorf("%q: want %v", head, want)
		}
	}
}

// TestSweep: what a dead server left goes, what lives stays.
func TestSweep(t *testing.T) {
	dir := t.TempDir()
	old := time.Now().Add(-2 * time.Hour)
	for name, stale := range map[string]bool{"a.part": true, "b.part": false, "c.capture": true, "d.txt": true} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if stale {
			os.Chtimes(path, old, old)
		}
	}
	s := serve(t, Config{Dir: dir})
	if got := strings.Join(s.left(), " "); got != "b.part c.capture d.txt" {
		t.Errorf("at the start: %s", got)
	}
	s.forward(2 * time.Minute)
	s.create(Request{User: "ann", Name: "a"})
	if got := strings.Join(s.left(), " "); got != "c.capture d.txt" {
		t.Errorf("later: %s", got)
	}
	s.forward(25 * time.Hour)
	s.create(Request{User: "ann", Name: "a"})
	if got := strings.Join(s.left(), " "); got != "d.txt" {
		t.Errorf("a day later: %s", got)
	}
}

// TestCurl: the program that people use.
func TestCurl(t *testing.T) {
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skip("SKIPPED: there is no curl")
	}
	s := serve(t, Config{MaxBytes: 4 << 20})
	put := func(token string, data []byte) (string, error) {
		path := filepath.Join(t.TempDir(), "it's a trace.pcap")
		os.WriteFile(path, data, 0o600)
		out, err := exec.Command(curl, "-sS", "--fail-with-body", "-T", path, s.url+token).Output()
		return string(out), err
	}
	token := s.create(Request{User: "ann", Name: "a"})
	if out, err := put(token, capture(8<<20)); err == nil || !strings.Contains(out, "more than 4194304 bytes") {
		t.Errorf("too large: %q %v", out, err)
	}
	if out, err := put(token, bytes.Repeat([]byte("text "), 700_000)); err == nil || !strings.Contains(out, "no capture file") {
		t.Errorf("no capture: %q %v", out, err)
	}
	if out, err := put(token, capture(3<<20)); err != nil || !strings.Contains(out, `"capture":"new-1"`) {
		t.Errorf("the file: %q %v", out, err)
	}
	if out, err := put(token, capture(3<<20)); err == nil || !strings.Contains(out, "was used") {
		t.Errorf("again: %q %v", out, err)
	}
}
