// Package query answers questions about indexed captures. Each question is one
// request struct and one answer struct; the command line and the MCP tools are
// thin lines over them, so that both give the same answer.
//
// An Engine reads from a Source (source.go); it knows neither bbolt nor files.
// It never changes a capture: adding and re-indexing are done by a Writer that
// the caller supplies, because only ingest writes.
//
// Errors that a user can act on are *Error: what was wrong, and the way out.
package query

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"pcapidx/index"
)

// Engine answers questions. It is safe for concurrent use.
type Engine struct {
	source Source
	writer Writer
	limits *ObservationThresholds
}

// New gives an Engine over a source. writer may be nil: then nothing can be
// added.
func New(source Source, writer Writer) *Engine {
	t := DefaultObservationThresholds()
	return &Engine{source: source, writer: writer, limits: &t}
}

// WithThresholds gives an Engine whose observations have other thresholds.
func (e *Engine) WithThresholds(t ObservationThresholds) *Engine {
	other := *e
	other.limits = &t
	return &other
}

// Kind classifies an Error; the CLI derives its exit code from it.
type Kind int

// Kinds of errors.
const (
	BadRequest Kind = iota + 1 // the request cannot be meant, or the file is no capture
	NotFound                   // no such file, capture, connection or frame
	Busy                       // another process holds the store
	Gone                       // removed or re-indexed meanwhile
	Corrupt                    // stored data are damaged
	IO                         // reading or writing failed
)

// Error is a failure that a user can act on.
type Error struct {
	Kind Kind
	Msg  string // what went wrong; holds no text from captures
	Hint string // what to do about it, may be empty
	Err  error  // cause, may be nil
}

func (e *Error) Error() string {
	if e.Hint == "" {
		return e.Msg
	}
	return e.Msg + ": " + e.Hint
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

func badRequest(hint, format string, args ...any) *Error {
	return &Error{Kind: BadRequest, Msg: fmt.Sprintf(format, args...), Hint: hint}
}

// wrap turns an error of the store into one that says what to do.
func wrap(err error) error {
	var corrupt *index.CorruptError
	var own *Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &own), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, index.ErrNotFound):
		return &Error{Kind: NotFound, Msg: err.Error(), Hint: "`pcapidx captures` lists what there is", Err: err}
	case errors.Is(err, index.ErrAmbiguous):
		return &Error{Kind: BadRequest, Msg: err.Error(), Hint: "name one of these ids", Err: err}
	case errors.Is(err, index.ErrBusy):
		return &Error{Kind: Busy, Msg: err.Error(), Hint: "another process is writing; try again", Err: err}
	case errors.Is(err, index.ErrGone):
		return &Error{Kind: Gone, Msg: err.Error(), Hint: "it was removed or re-indexed meanwhile; ask again", Err: err}
	case errors.As(err, &corrupt):
		return &Error{Kind: Corrupt, Msg: err.Error(), Hint: "`pcapidx check CAPTURE` says what is damaged; remove and ingest the capture again", Err: err}
	case errors.Is(err, index.ErrOutdated):
		return &Error{Kind: BadRequest, Msg: err.Error(), Hint: "`pcapidx reindex CAPTURE` brings it up to date", Err: err}
	case errors.Is(err, index.ErrNoText):
		return &Error{Kind: BadRequest, Msg: err.Error(), Hint: "`pcapidx reindex CAPTURE` adds the index of its words; `--mode substring` searches without one", Err: err}
	case errors.Is(err, index.ErrNewer):
		return &Error{Kind: IO, Msg: err.Error(), Err: err}
	case errors.Is(err, syscall.ENOSPC):
		return &Error{Kind: IO, Msg: err.Error(), Hint: "free some space or choose another --store; nothing was added", Err: err}
	case errors.Is(err, fs.ErrPermission):
		return &Error{Kind: IO, Msg: err.Error(), Hint: "check the permissions of the store", Err: err}
	}
	return &Error{Kind: IO, Msg: err.Error(), Err: err}
}

// Page asks for a part of an answer. The zero value asks for all of it.
type Page struct {
	Limit  int    `json:"limit,omitempty" jsonschema:"most rows to return; 0 means all"`
	Cursor string `json:"cursor,omitempty" jsonschema:"next_cursor of the answer before, to go on where it ended"`
}

// check refuses a negative limit.
func (p Page) check() error {
	if p.Limit < 0 {
		return badRequest("give 0 for all rows, or a positive number", "limit %d is negative", p.Limit)
	}
	return nil
}

// Paged is what every list answer says about itself.
type Paged struct {
	Returned   int      `json:"returned"`              // rows in this answer
	Total      int      `json:"total"`                 // rows that match
	TotalExact bool     `json:"total_exact"`           // false: Total is a lower bound
	NextCursor string   `json:"next_cursor,omitempty"` // set when there are more
	Hints      []string `json:"hints,omitempty"`       // what to know or do next
}

// Nearest gives the known word that is closest to a mistyped one, the first of several;
// "" if none is close.
func Nearest(word string, known []string) string {
	best, limit := "", max(1, len(word)/2)
	for _, k := range known {
		if d := distance(strings.ToLower(word), strings.ToLower(k)); d <= limit && k != word {
			best, limit = k, d-1
		}
	}
	return best
}

// distance counts the letters to insert, drop, change or swap with their
// neighbour to make one short word of another.
func distance(a, b string) int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := d[i-1][j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			d[i][j] = min(change, d[i-1][j]+1, d[i][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}

// UnknownWord refuses a word that is none of the known ones.
func UnknownWord(what, word string, known []string) *Error {
	hint := "one of " + strings.Join(known, ", ")
	if n := Nearest(word, known); n != "" {
		hint = "did you mean " + n + "? Known: " + strings.Join(known, ", ")
	}
	return badRequest(hint, "unknown %s %q", what, word)
}
