package filter

import (
	"fmt"
	"strconv"
)

// Error says why a filter was refused, and where: Pos and End are byte offsets
// into the text, from 0. Hint, when not empty, is the way out.
type Error struct {
	Pos, End int
	Msg      string
	Hint     string
}

// Error gives message, place (counted from 1) and hint in one line.
func (e *Error) Error() string {
	s := e.Msg + " at " + strconv.Itoa(e.Pos+1)
	if e.Hint != "" {
		s += ": " + e.Hint
	}
	return s
}

// Span is the place of a part of a filter in its text: byte offsets from 0.
type Span struct{ Pos, End int }

func (s Span) span() Span { return s }

func (s Span) errorf(hint, format string, args ...any) *Error {
	return &Error{Pos: s.Pos, End: s.End, Msg: fmt.Sprintf(format, args...), Hint: hint}
}

// notHere refuses what Wireshark knows and this package does not.
func (s Span) notHere(what string) *Error {
	return s.errorf("valid in Wireshark, not supported here", "%s", what)
}
