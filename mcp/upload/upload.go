// Package upload takes capture files over HTTP, each through a URL that works once.
//
// Create gives such a URL's token to a user. Who has the URL may PUT one file, and
// nothing else: no key is asked for. A file is streamed to disk, hashed on the way,
// and refused as soon as it is known to be wrong: by its length before anything is
// read, by its first bytes, by its hash. A failure leaves nothing behind and the URL
// usable. A complete file is handed to Config.Start, which begins to index it; the
// answer does not wait for the end of that.
//
// Of a token only the SHA-256 is kept, in memory: a restart ends all of them.
package upload

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"os"
	"sync"
	"time"
)

// Pattern is what a Server is mounted under, as http.ServeMux takes it; the URL of
// an upload is the server's, Path and the token.
const (
	Pattern = "PUT " + Path + "{token}"
	Path    = "/upload/"
)

// Config says how much may be uploaded and what becomes of it. Dir and Start are
// required.
type Config struct {
	// Dir is where files lie until they are indexed, on the file system of the
	// store. It is made when it is not there, and is for uploads alone.
	Dir string
	// Start begins the indexing of a complete file and gives the name under which
	// its state can be asked for. It returns at once. From then on the file is its
	// to remove; with an error it is not.
	Start func(File) (capture string, err error)
	// Allow says whether a user may have so many bytes more; the error is told to
	// who uploads. nil: any.
	Allow func(user string, bytes int64) error

	MaxBytes       int64 // of a file; 0: DefaultMaxBytes
	PerUser, Total int   // uploads at once; 0: DefaultPerUser, DefaultTotal
	KeepFree       int64 // bytes of the disk that stay free; 0: DefaultKeepFree

	Expiry  time.Duration // of an unused URL; 0: DefaultExpiry
	Stall   time.Duration // in which paceBytes have to come; 0: DefaultStall
	Longest time.Duration // of one upload; 0: DefaultLongest

	Now  func() time.Time                 // nil: time.Now
	Free func(dir string) (uint64, error) // free bytes of a disk; nil: asks the system
	Log  *slog.Logger                     // nil: nothing is logged
}

// What a Config means that says nothing.
const (
	DefaultMaxBytes = 4 << 30
	DefaultPerUser  = 2
	DefaultTotal    = 8
	DefaultKeepFree = 1 << 30
	DefaultExpiry   = 15 * time.Minute
	DefaultStall    = 30 * time.Second
	DefaultLongest  = 6 * time.Hour
)

const (
	maxOpen   = 64        // unused URLs of a user
	maxGrants = 4096      // URLs that are remembered
	afterlife = time.Hour // for which a used or expired URL is known as such
)

// File is an upload that is complete.
type File struct {
	User, Name string // as given to Create
	Path       string
	Bytes      int64
	SHA256     string // hexadecimal
}

// Request is what Create is asked for.
type Request struct {
	User   string
	Name   string // to list the capture under; it is never used as a path
	Bytes  int64  // that the file will have; 0: not known
	SHA256 string // that it will have, hexadecimal; "": not known
}

// Ticket is the right to upload one file.
type Ticket struct {
	Token    string
	Expires  time.Time
	MaxBytes int64
}

// Error says why an upload is refused; its text is for who uploads.
type Error struct {
	Status int // of HTTP
	Msg    string
	Hint   string // what to do, may be empty
}

func (e *Error) Error() string { return e.Msg }

// Server hands out tokens and takes the files. It is safe for concurrent use.
type Server struct {
	config Config

	mu      sync.Mutex
	grants  map[[sha256.Size]byte]*grant
	running map[string]int   // uploads of each user
	total   int              // uploads of all
	pending map[string]int64 // bytes that the running uploads of each user may bring
	swept   time.Time        // when the folder was looked through
}

// grant is a token that was handed out.
type grant struct {
	Request
	max     int64
	expires time.Time
	state   state
}

type state uint8

const (
	unused state = iota
	busy         // a file is coming in
	used
)

// New makes a Server and its folder, and removes what a dead one left there.
func New(c Config) (*Server, error) {
	if c.Dir == "" || c.Start == nil {
		return nil, errors.New("upload: no folder, or nothing to do with a file")
	}
	def(&c.MaxBytes, DefaultMaxBytes)
	def(&c.PerUser, DefaultPerUser)
	def(&c.Total, DefaultTotal)
	def(&c.KeepFree, DefaultKeepFree)
	def(&c.Expiry, DefaultExpiry)
	def(&c.Stall, DefaultStall)
	def(&c.Longest, DefaultLongest)
	if c.Allow == nil {
		c.Allow = func(string, int64) error { return nil }
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Free == nil {
		c.Free = freeBytes
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make folder of uploads: %w", err)
	}
	s := &Server{
		config: c, grants: map[[sha256.Size]byte]*grant{}, running: map[string]int{}, pending: map[string]int64{},
	}
	s.sweep(c.Now())
	return s, nil
}

func def[T int | int64 | time.Duration](v *T, d T) {
	if *v <= 0 {
		*v = d
	}
}

// Create gives a user the right to upload one file. Errors are *Error.
func (s *Server) Create(r Request) (Ticket, error) {
	most, err := s.limit(&r)
	if err != nil {
		return Ticket{}, err
	}
	if err := s.allowed(r.User, r.Bytes); err != nil {
		return Ticket{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.config.Now()
	s.sweep(now)
	s.forget(now)
	open := 0
	for _, g := range s.grants {
		if g.User == r.User && g.state == unused && g.expires.After(now) {
			open++
		}
	}
	switch {
	case open >= maxOpen:
		return Ticket{}, &Error{http.StatusTooManyRequests, fmt.Sprintf("%d upload URLs wait to be used", open), "use one of them, or wait until they expire"}
	case len(s.grants) >= maxGrants:
		return Ticket{}, &Error{http.StatusServiceUnavailable, "the server has too many upload URLs open", "try again in some minutes"}
	}
	t := Ticket{Token: rand.Text(), Expires: now.Add(s.config.Expiry), MaxBytes: most}
	s.grants[sha256.Sum256([]byte(t.Token))] = &grant{Request: r, max: most, expires: t.Expires}
	return t, nil
}

// limit checks what is said of a file and gives the most bytes it may have.
func (s *Server) limit(r *Request) (int64, error) {
	if r.SHA256 != "" {
		if b, err := hex.DecodeString(r.SHA256); err != nil || len(b) != sha256.Size {
			return 0, &Error{Status: http.StatusBadRequest, Msg: "the sha256 is none", Hint: "it has 64 hexadecimal digits, as sha256sum prints it"}
		}
	}
	switch {
	case r.Bytes < 0:
		return 0, &Error{Status: http.StatusBadRequest, Msg: "a file has no negative size"}
	case r.Bytes > s.config.MaxBytes:
		return 0, &Error{http.StatusRequestEntityTooLarge, fmt.Sprintf("a file may have %d bytes", s.config.MaxBytes), "gzip or zstd it, or split it with editcap -c"}
	case r.Bytes > 0:
		return r.Bytes, nil
	}
	return s.config.MaxBytes, nil
}

// forget drops the tokens that need no answer any more.
func (s *Server) forget(now time.Time) {
	crowded := len(s.grants) >= maxGrants
	for key, g := range s.grants {
		over := g.state == used || !g.expires.After(now)
		if g.state != busy && over && (crowded || now.Sub(g.expires) > afterlife) {
			delete(s.grants, key)
		}
	}
}

// begin lets an upload with a token start, with as many bytes as its sender
// announces, -1 if it does not. end has to be called for it.
func (s *Server) begin(token string, announced int64) (*grant, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.grants[sha256.Sum256([]byte(token))]
	switch {
	case g == nil:
		return nil, &Error{http.StatusNotFound, "there is no such upload URL", "create_upload gives a new one"}
	case g.state == used:
		return nil, &Error{http.StatusGone, "this upload URL was used", "it is for one file; create_upload gives a new one"}
	case g.state == busy:
		return nil, &Error{http.StatusConflict, "a file is coming in through this upload URL", "wait for its end"}
	case !g.expires.After(s.config.Now()):
		return nil, &Error{http.StatusGone, "this upload URL has expired", "create_upload gives a new one"}
	case announced > g.max:
		return nil, tooLarge(g.max)
	case announced >= 0 && g.Bytes > 0 && announced != g.Bytes:
		return nil, &Error{http.StatusBadRequest, fmt.Sprintf("the file has %d bytes, announced were %d", announced, g.Bytes), "create_upload without size_bytes takes any size"}
	case s.running[g.User] >= s.config.PerUser:
		return nil, &Error{http.StatusTooManyRequests, fmt.Sprintf("%d uploads are running, which is all a user may have at once", s.running[g.User]), "wait for one to end"}
	case s.total >= s.config.Total:
		return nil, &Error{http.StatusServiceUnavailable, "the server takes no more uploads at once", "try again in a minute"}
	}
	g.state = busy
	s.running[g.User]++
	s.total++
	s.pending[g.User] += max(announced, 0)
	return g, nil
}

// allowed asks whether a user may have what the running uploads bring, and bytes
// beyond that.
func (s *Server) allowed(user string, bytes int64) error {
	s.mu.Lock()
	bytes += s.pending[user]
	s.mu.Unlock()
	if err := s.config.Allow(user, bytes); err != nil {
		return &Error{Status: http.StatusInsufficientStorage, Msg: err.Error()}
	}
	return nil
}

// end makes the token of a running upload used, or usable again.
func (s *Server) end(g *grant, announced int64, complete bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g.state = unused; complete {
		g.state = used
	}
	s.total--
	s.pending[g.User] -= max(announced, 0)
	if s.running[g.User]--; s.running[g.User] == 0 {
		delete(s.running, g.User)
		delete(s.pending, g.User)
	}
}

// Room checks that the disk has place for so many bytes. Errors are *Error.
func (s *Server) Room(bytes int64) error {
	free, err := s.config.Free(s.config.Dir)
	if err != nil {
		s.config.Log.Error("free space of the uploads' folder is not known", "error", err)
		return nil
	}
	if free > math.MaxInt64 || int64(free)-bytes >= s.config.KeepFree {
		return nil
	}
	return &Error{http.StatusInsufficientStorage, "the server's disk is full", "whoever runs it has to make room"}
}

func tooLarge(most int64) error {
	return &Error{http.StatusRequestEntityTooLarge, fmt.Sprintf("the file has more than %d bytes", most), ""}
}
