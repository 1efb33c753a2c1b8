package upload

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	bufferBytes = 256 << 10
	paceBytes   = 256 << 10 // that have to come in each Config.Stall
	spaceBytes  = 64 << 20  // after which the disk is looked at again

	partSuffix  = ".part"    // a file that is coming in
	readySuffix = ".capture" // one that is complete
	readyLife   = 24 * time.Hour
)

// ServeHTTP takes one file: PUT of its bytes. The token is the last part of the
// path.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	file, capture, err := s.take(w, r)
	var own *Error
	switch {
	case err == nil:
		reply(w, http.StatusCreated, map[string]any{
			"capture": capture, "name": file.Name, "bytes": file.Bytes, "sha256": file.SHA256, "state": "indexing",
		})
	case errors.As(err, &own):
		if own.Status == http.StatusTooManyRequests || own.Status == http.StatusServiceUnavailable {
			w.Header().Set("Retry-After", "30")
		}
		body := map[string]any{"error": own.Msg}
		if own.Hint != "" {
			body["hint"] = own.Hint
		}
		reply(w, own.Status, body)
	default:
		s.config.Log.Error("upload failed", "error", err)
		reply(w, http.StatusInternalServerError, map[string]any{"error": "internal error; it was logged"})
	}
}

func reply(w http.ResponseWriter, status int, body map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	b, _ := json.Marshal(body) // strings and numbers
	_, _ = w.Write(append(b, '\n'))
}

// take receives a file and starts its indexing.
func (s *Server) take(w http.ResponseWriter, r *http.Request) (f File, capture string, err error) {
	token := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	g, err := s.begin(token, r.ContentLength)
	if err != nil {
		return f, "", err
	}
	defer func() { s.end(g, r.ContentLength, err == nil) }()
	if err = s.allowed(g.User, 0); err != nil {
		return f, "", err
	}
	if err = s.Room(max(r.ContentLength, 0)); err != nil {
		return f, "", err
	}
	f = File{User: g.User, Name: g.Name}
	body := &paced{
		from: http.MaxBytesReader(w, r.Body, g.max), control: http.NewResponseController(w),
		stall: s.config.Stall, end: time.Now().Add(s.config.Longest),
	}
	body.extend()
	if err := s.store(&f, body, g); err != nil {
		return f, "", err
	}
	if r.ContentLength < 0 { // only now it is known how many they are
		if err = s.allowed(g.User, f.Bytes); err != nil {
			_ = os.Remove(f.Path)
			return f, "", err
		}
	}
	if capture, err = s.config.Start(f); err != nil {
		_ = os.Remove(f.Path)
		return f, "", &Error{http.StatusServiceUnavailable, err.Error(), "upload it again in a minute"}
	}
	return f, capture, nil
}

// store writes the body to a file that gets its name when it is complete.
func (s *Server) store(f *File, body io.Reader, g *grant) (err error) {
	base := filepath.Join(s.config.Dir, strings.ToLower(rand.Text()))
	part, err := os.OpenFile(base+partSuffix, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = part.Close()
			_ = os.Remove(base + partSuffix)
		}
	}()
	sum := sha256.New()
	if f.Bytes, err = s.copy(part, sum, body, g.max); err != nil {
		return err
	}
	f.SHA256 = hex.EncodeToString(sum.Sum(nil))
	switch {
	case g.Bytes > 0 && f.Bytes != g.Bytes:
		return &Error{http.StatusBadRequest, fmt.Sprintf("%d bytes came, announced were %d", f.Bytes, g.Bytes), ""}
	case g.SHA256 != "" && !strings.EqualFold(g.SHA256, f.SHA256):
		return &Error{http.StatusUnprocessableEntity, "the file's sha256 is " + f.SHA256 + ", announced was another", "it is another file, or was damaged on its way"}
	}
	if err := part.Sync(); err != nil {
		return err
	}
	if err := part.Close(); err != nil {
		return err
	}
	f.Path = base + readySuffix
	return os.Rename(base+partSuffix, f.Path)
}

// copy writes a body to disk and through the hash, and checks what can be checked
// on the way.
func (s *Server) copy(to io.Writer, sum hash.Hash, body io.Reader, most int64) (n int64, err error) {
	buf := make([]byte, bufferBytes)
	head, err := io.ReadFull(body, buf[:magicBytes])
	if head < magicBytes || !isCapture(buf[:head]) {
		if err := ended(err, int64(head), most); err != nil && !errors.Is(err, io.EOF) {
			return 0, err
		}
		return 0, &Error{http.StatusUnsupportedMediaType, "this is no capture file", "pcap, pcapng, and both compressed with gzip or zstd are taken"}
	}
	for next := int64(spaceBytes); ; {
		if _, err := to.Write(buf[:head]); err != nil {
			return n, err
		}
		sum.Write(buf[:head])
		if n += int64(head); n >= next {
			next += spaceBytes
			if err := s.Room(0); err != nil {
				return n, err
			}
		}
		if head, err = body.Read(buf); head == 0 && errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return n, ended(err, n+int64(head), most)
		}
	}
}

// ended says why a body came to an early end; io.EOF if it did not.
func ended(err error, n, most int64) error {
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return tooLarge(most)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &Error{http.StatusRequestTimeout, "the upload made no progress; " + strconv.FormatInt(n, 10) + " bytes came", "the URL can be used again until it expires"}
	case err == nil || errors.Is(err, io.EOF):
		return io.EOF
	case errors.Is(err, io.ErrUnexpectedEOF) && n < magicBytes: // of ReadFull: a body of some bytes
		return io.EOF
	}
	return &Error{http.StatusBadRequest, "the upload broke off after " + strconv.FormatInt(n, 10) + " bytes", "the URL can be used again until it expires"}
}

// paced reads a body as long as enough of it comes: each paceBytes put off the
// moment at which the connection is given up.
type paced struct {
	from    io.Reader
	control *http.ResponseController
	stall   time.Duration
	end     time.Time
	since   int
}

func (p *paced) Read(b []byte) (int, error) {
	n, err := p.from.Read(b)
	if p.since += n; p.since >= paceBytes {
		p.extend()
	}
	return n, err
}

func (p *paced) extend() {
	p.since = 0
	at := time.Now().Add(p.stall)
	if at.After(p.end) {
		at = p.end
	}
	_ = p.control.SetReadDeadline(at) // a test's recorder has none
}

// magicBytes are enough to tell captures, and what they are compressed with.
const magicBytes = 12

// isCapture reports whether a file begins like a capture that can be indexed:
// pcap in both byte orders (microseconds, nanoseconds, modified, IXIA), pcapng
// (section header with its byte-order magic), gzip (RFC 1952) or zstd (RFC 8878,
// which may begin with a skippable frame).
func isCapture(head []byte) bool {
	if len(head) < magicBytes {
		return false
	}
	for _, magic := range []string{
		"\xa1\xb2\xc3\xd4", "\xd4\xc3\xb2\xa1", "\xa1\xb2\x3c\x4d", "\x4d\x3c\xb2\xa1", "\xa1\xb2\xcd\x34", "\x34\xcd\xb2\xa1",
		"\x1c\x00\x01\xab", "\xab\x01\x00\x1c", "\x1c\x00\x01\xac", "\xac\x01\x00\x1c",
		"\x1f\x8b\x08", "\x28\xb5\x2f\xfd",
	} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return true
		}
	}
	order := string(head[8:12])
	section := bytes.HasPrefix(head, []byte("\n\r\r\n")) && (order == "\x1a\x2b\x3c\x4d" || order == "\x4d\x3c\x2b\x1a")
	return section || head[0]&0xf0 == 0x50 && string(head[1:4]) == "\x2a\x4d\x18"
}

// sweep removes what servers that died have left in the folder, once a minute. A
// file that is coming in and was not written to for longer than an upload may pause
// has nobody who writes it.
func (s *Server) sweep(now time.Time) {
	if now.Sub(s.swept) < time.Minute {
		return
	}
	s.swept = now
	files, err := os.ReadDir(s.config.Dir)
	if err != nil {
		s.config.Log.Error("folder of uploads cannot be read", "error", err)
		return
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		idle := now.Sub(info.ModTime())
		if strings.HasSuffix(f.Name(), partSuffix) && idle > 2*s.config.Stall || strings.HasSuffix(f.Name(), readySuffix) && idle > readyLife {
			if err := os.Remove(filepath.Join(s.config.Dir, f.Name())); err != nil {
				s.config.Log.Error("a file that was left by an upload cannot be removed", "error", err)
			}
		}
	}
}
