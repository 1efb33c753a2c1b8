package upload

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// TestExpiry: of the URL, by a clock; and of the memory of it.
func TestExpiry(t *testing.T) {
	s := serve(t, Config{})
	data := capture(100)
	token, spent := s.create(Request{User: "ann", Name: "a"}), s.create(Request{User: "ann", Name: "b"})
	s.put(spent, bytes.NewReader(data))
	s.forward(DefaultExpiry - time.Second)
	s.fails(token, strings.NewReader("no capture at all"), http.StatusUnsupportedMediaType, "") // it lives
	s.forward(time.Second)
	s.fails(token, bytes.NewReader(data), http.StatusGone, "expired")
	s.fails(spent, bytes.NewReader(data), http.StatusGone, "used")
	s.forward(afterlife + time.Minute)
	s.create(Request{User: "ann", Name: "c"})
	s.fails(token, bytes.NewReader(data), http.StatusNotFound, "no such")
	if len(s.grants) != 1 {
		t.Errorf("%d tokens are remembered", len(s.grants))
	}
	for key := range s.grants {
		if bytes.Contains(key[:], []byte(token)) {
			t.Error("a token is kept")
		}
	}
}

func TestBounds(t *testing.T) {
	s := serve(t, Config{})
	for range maxOpen {
		s.create(Request{User: "ann", Name: "a"})
	}
	wants := func(r Request, status int) {
		t.Helper()
		var own *Error
		if _, err := s.Create(r); !errors.As(err, &own) || own.Status != status {
			t.Errorf("%+v: %v, want %d", r, err, status)
		}
	}
	wants(Request{User: "ann", Name: "a"}, http.StatusTooManyRequests)
	s.create(Request{User: "bob", Name: "a"})
	wants(Request{User: "bob", Bytes: -1}, http.StatusBadRequest)
	wants(Request{User: "bob", Bytes: DefaultMaxBytes + 1}, http.StatusRequestEntityTooLarge)
	wants(Request{User: "bob", SHA256: "beef"}, http.StatusBadRequest)
	wants(Request{User: "bob", SHA256: strings.Repeat("z", 64)}, http.StatusBadRequest)
	s.forward(DefaultExpiry)
	s.create(Request{User: "ann", Name: "a"})
	for n := 0; len(s.grants) < maxGrants; n++ {
		s.create(Request{User: fmt.Sprint(n), Name: "a"})
	}
	s.create(Request{User: "cid", Name: "a"}) // the expired ones make room
	for n := 0; len(s.grants) < maxGrants; n++ {
		s.create(Request{User: fmt.Sprint("more", n), Name: "a"})
	}
	wants(Request{User: "dan", Name: "a"}, http.StatusServiceUnavailable)
}

// slowly opens an upload that hangs after some bytes.
func (s *service) slowly(token string, data []byte) (conn net.Conn) {
	s.t.Helper()
	conn, err := net.Dial("tcp", strings.Split(s.url, "/")[2])
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	fmt.Fprintf(conn, "PUT %s%s HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n", Path, token)
	conn.Write(data)
	return conn
}

// busy waits until so many uploads run.
func (s *service) busy(n int) {
	s.t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		s.Server.mu.Lock()
		total := s.total
		s.Server.mu.Unlock()
		if total == n {
			return
		}
		if time.Now().After(end) {
			s.t.Fatalf("%d uploads run, want %d", total, n)
		}
	}
}

// TestSlow: an upload that makes no progress, or too little, ends and gives the
// URL back.
func TestSlow(t *testing.T) {
	s := serve(t, Config{Stall: 200 * time.Millisecond})
	data := capture(1000)
	for name, drops := range map[string]bool{"nothing": false, "drops": true} {
		token := s.create(Request{User: "ann", Name: "a"})
		for _, begin := range [][]byte{data, data[:3], nil} {
			conn := s.slowly(token, begin)
			if drops {
				go func() {
					for i := range 200 {
						if _, err := conn.Write(data[(len(begin)+i)%len(data):][:1]); err != nil {
							return
						}
						time.Sleep(50 * time.Millisecond) // a capture's first bytes take longer than a pause may be
					}
				}()
			}
			conn.SetReadDeadline(time.Now().Add(10 * time.Second))
			answer := make([]byte, 4096)
			n, err := conn.Read(answer)
			if err != nil || !strings.Contains(string(answer[:n]), " 408 ") || !strings.Contains(string(answer[:n]), "no progress") {
				t.Errorf("%s after %d bytes: %q %v", name, len(begin), answer[:n], err)
			}
			conn.Close()
			s.busy(0)
			if names := s.left(); len(names) > 0 {
				t.Errorf("%s: left %v", name, names)
			}
		}
		if status, m := s.put(token, bytes.NewReader(data)); status != http.StatusCreated || len(s.left()) != 1 {
			t.Errorf("%s: afterwards %d %v, left %v", name, status, m, s.left())
		}
		os.Remove(s.files[len(s.files)-1].Path)
	}
}

// TestSteady: an upload that takes longer than a pause may be is taken when bytes
// come all the time, but not for ever.
func TestSteady(t *testing.T) {
	steady := func(s *service) (int, map[string]any) {
		r, w := io.Pipe()
		go func() {
			_, err := w.Write(capture(0))
			for range 8 {
				if err == nil {
					_, err = w.Write(make([]byte, paceBytes))
				}
				time.Sleep(100 * time.Millisecond)
			}
			w.CloseWithError(err)
		}()
		return s.put(s.create(Request{User: "ann", Name: "a"}), r)
	}
	if status, m := steady(serve(t, Config{Stall: 400 * time.Millisecond})); status != http.StatusCreated {
		t.Errorf("steady: %d %v", status, m)
	}
	if status, m := steady(serve(t, Config{Stall: 400 * time.Millisecond, Longest: 400 * time.Millisecond})); status != http.StatusRequestTimeout {
		t.Errorf("longest: %d %v", status, m)
	}
}

// TestAtOnce: a user's uploads at once are few, those of all too, and a URL takes
// one at a time.
func TestAtOnce(t *testing.T) {
	s := serve(t, Config{PerUser: 2, Total: 3})
	data := capture(100)
	mine := []string{s.create(Request{User: "ann", Name: "a"}), s.create(Request{User: "ann", Name: "b"}), s.create(Request{User: "ann", Name: "c"})}
	first := s.slowly(mine[0], data)
	s.slowly(mine[1], data)
	s.busy(2)
	s.fails(mine[0], bytes.NewReader(data), http.StatusConflict, "coming in")
	s.fails(mine[2], bytes.NewReader(data), http.StatusTooManyRequests, "2 uploads")
	s.slowly(s.create(Request{User: "bob", Name: "a"}), data)
	s.busy(3)
	s.fails(s.create(Request{User: "cid", Name: "a"}), bytes.NewReader(data), http.StatusServiceUnavailable, "no more uploads")
	first.Close() // its client went away
	s.busy(2)
	if status, _ := s.put(mine[2], bytes.NewReader(data)); status != http.StatusCreated {
		t.Errorf("after one has ended: %d", status)
	}
	if status, _ := s.put(mine[0], bytes.NewReader(data)); status != http.StatusCreated {
		t.Errorf("the one that broke off, again: %d", status)
	}
}

// TestQuota: what is running counts, what is not announced counts in the end, and
// a full disk is noticed.
func TestQuota(t *testing.T) {
	quota := func(user string, n int64) error {
		if n > 3000 {
			return errors.New(user + " has no room for that")
		}
		return nil
	}
	s := serve(t, Config{Allow: quota, PerUser: 3})
	if _, err := s.Create(Request{User: "ann", Bytes: 3001}); err == nil || !strings.Contains(err.Error(), "ann has no room") {
		t.Errorf("announced: %v", err)
	}
	token := s.create(Request{User: "ann", Name: "a"})
	s.fails(token, bytes.NewReader(capture(3000)), http.StatusInsufficientStorage, "no room")
	s.fails(token, chunked(capture(3000)), http.StatusInsufficientStorage, "no room")
	conn, _ := net.Dial("tcp", strings.Split(s.url, "/")[2])
	fmt.Fprintf(conn, "PUT %s%s HTTP/1.1\r\nHost: x\r\nContent-Length: 2500\r\n\r\n", Path, s.create(Request{User: "ann", Name: "b"}))
	s.busy(1)
	s.fails(token, bytes.NewReader(capture(600)), http.StatusInsufficientStorage, "no room")
	s.fails(token, chunked(capture(600)), http.StatusInsufficientStorage, "no room")
	conn.Close()
	s.busy(0)
	if status, m := s.put(token, bytes.NewReader(capture(600))); status != http.StatusCreated {
		t.Errorf("in the end: %d %v", status, m)
	}
	if len(s.left()) != 1 || len(s.pending)+len(s.running) != 0 {
		t.Errorf("left %v, %v, %v", s.left(), s.pending, s.running)
	}

	var free uint64 = 10_000
	s = serve(t, Config{KeepFree: 5000, Free: func(string) (uint64, error) { return free, nil }})
	token = s.create(Request{User: "ann", Name: "a"})
	s.fails(token, bytes.NewReader(capture(5000)), http.StatusInsufficientStorage, "disk is full")
	if status, _ := s.put(token, bytes.NewReader(capture(4000))); status != http.StatusCreated {
		t.Errorf("with room: %d", status)
	}
}

// TestStartFails: a file that nobody wants now is not kept, and the URL is.
func TestStartFails(t *testing.T) {
	full := true
	s := serve(t, Config{Start: func(File) (string, error) {
		if full {
			return "", errors.New("too many captures wait to be indexed")
		}
		return "new-2", nil
	}})
	token := s.create(Request{User: "ann", Name: "a"})
	s.fails(token, bytes.NewReader(capture(10)), http.StatusServiceUnavailable, "wait to be indexed")
	if names := s.left(); len(names) > 0 {
		t.Errorf("left %v", names)
	}
	full = false
	if status, m := s.put(token, bytes.NewReader(capture(10))); status != http.StatusCreated || m["capture"] != "new-2" {
		t.Errorf("then: %d %v", status, m)
	}
}
