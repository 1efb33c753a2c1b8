// Package needle finds what a search asks for in payload bytes: text, bytes, regular
// expressions, and text with some bytes wrong. It knows nothing of packets.
//
// A Needle is compiled once and shared; each goroutine searches with a Searcher of its
// own. Next is a quick test over large blocks that leaves out what cannot match; Each
// gives the matches in one text.
package needle

import (
	"fmt"
	"slices"
	"strings"
)

// Mode says what the text of a Spec is.
type Mode string

// Modes.
const (
	Substring Mode = "substring" // text
	Hex       Mode = "hex"       // bytes as hexadecimal digits, ?? for any byte
	Regex     Mode = "regex"     // a regular expression (RE2) over bytes
	Fuzzy     Mode = "fuzzy"     // text of which up to MaxEdits bytes may be wrong
)

// Encodings lists the clothes in which text can be looked for beside its own bytes.
func Encodings() []string { return []string{"utf16le", "utf16be", "percent", "base64"} }

// Limits of a needle.
const (
	MaxText  = 1024 // bytes of text or expression
	MaxEdits = 3
	maxFuzzy = 256 // bytes of a fuzzy needle
)

// Spec says what to look for.
type Spec struct {
	Mode          Mode
	Text          string
	CaseSensitive bool     // otherwise ASCII letters match in either case; Hex always means its bytes
	MaxEdits      int      // Fuzzy: insertions, deletions and replacements of bytes, 1 to 3
	Encodings     []string // Substring: also encoded so
}

// Error says why a Spec cannot be meant, and what to do about it.
type Error struct{ Msg, Hint string }

func (e *Error) Error() string {
	if e.Hint == "" {
		return e.Msg
	}
	return e.Msg + ": " + e.Hint
}

func refuse(hint, format string, args ...any) error {
	return &Error{fmt.Sprintf(format, args...), hint}
}

// Match is a place in a text: bytes Start to before End.
type Match struct {
	Start, End int
	Distance   int    // edits, of a fuzzy needle
	Encoding   string // "": the needle's own bytes
}

// finder is one way in which a needle may occur.
type finder interface {
	// find gives the first match at or after from; ok is false if there is none.
	find(s *Searcher, text []byte, from int) (m Match, ok bool)
	// reach is the length of the longest match, bytes.
	reach() int
	// literals are texts of which every match holds one. none: there are no such.
	literals() []pattern
	// anchored says that a match depends on where the text begins or ends.
	anchored() (begin, end bool)
}

// Needle is what to look for, compiled.
type Needle struct {
	finders  []finder
	literals []pattern // every match holds one of them; empty: anything may match
	about    string
}

// Compile makes a Needle. Errors are *Error.
func Compile(s Spec) (*Needle, error) {
	switch {
	case s.Text == "":
		return nil, refuse("say what to look for", "the needle is empty")
	case len(s.Text) > MaxText:
		return nil, refuse(fmt.Sprintf("use at most %d bytes", MaxText), "the needle has %d bytes", len(s.Text))
	case len(s.Encodings) > 0 && s.Mode != Substring:
		return nil, refuse("leave the encodings out, or search a substring", "mode %s has no encodings", s.Mode)
	case s.MaxEdits != 0 && s.Mode != Fuzzy:
		return nil, refuse("use mode fuzzy", "mode %s has no edits", s.Mode)
	}
	n := &Needle{}
	var err error
	switch s.Mode {
	case Substring:
		err = n.substring(&s)
	case Hex:
		err = n.add(parseHex(s.Text))
	case Regex:
		err = n.add(parseRegex(s.Text, !s.CaseSensitive))
	case Fuzzy:
		err = n.add(newFuzzy(s.Text, s.MaxEdits, !s.CaseSensitive))
	default:
		return nil, refuse("one of substring, hex, regex, fuzzy", "no mode %q", s.Mode)
	}
	if err != nil {
		return nil, err
	}
	n.gather()
	return n, nil
}

func (n *Needle) add(f finder, err error) error {
	n.finders = append(n.finders, f)
	return err
}

// gather collects the literals of all finders; one without any spoils them all.
func (n *Needle) gather() {
	for _, f := range n.finders {
		l := f.literals()
		if len(l) == 0 {
			n.literals = nil
			break
		}
		n.literals = append(n.literals, l...)
	}
	n.about = "every payload is looked at"
	if len(n.literals) > 0 {
		var texts []string
		for i := range n.literals[:min(len(n.literals), 3)] {
			texts = append(texts, n.literals[i].String())
		}
		if more := len(n.literals) - len(texts); more > 0 {
			texts = append(texts, fmt.Sprintf("%d more", more))
		}
		n.about = "scan for " + strings.Join(texts, ", ")
	}
}

// String says how the needle is searched.
func (n *Needle) String() string { return n.about }

// Reach is the length of the longest match, bytes; of an expression without bound it
// is RegexReach. Longer matches are found within one text only.
func (n *Needle) Reach() (longest int) {
	for _, f := range n.finders {
		longest = max(longest, f.reach())
	}
	return longest
}

// Anchored says that matches depend on where a text begins (^) or ends ($).
func (n *Needle) Anchored() (begin, end bool) {
	for _, f := range n.finders {
		b, e := f.anchored()
		begin, end = begin || b, end || e
	}
	return begin, end
}

// Searcher searches for a Needle, in one goroutine.
type Searcher struct {
	needle *Needle
	next   []Match // by finder: its next match
	have   []bool
	fuzzy  fuzzyScratch
	wide   []byte  // bytes as runes
	found  [][]int // matches of an expression that are left
}

// Searcher makes a Searcher.
func (n *Needle) Searcher() *Searcher {
	return &Searcher{needle: n, next: make([]Match, len(n.finders)), have: make([]bool, len(n.finders))}
}

// Windows of Next: they double while nothing is found.
const (
	firstWindow   = 512
	largestWindow = 32 << 10
)

// Next gives the first place at or after from that a match may cover; -1 if there is
// none. A text from a to before b within data has a match only if Next(data, a) gives
// less than b.
func (s *Searcher) Next(data []byte, from int) int {
	if len(s.needle.literals) == 0 {
		if from >= len(data) {
			return -1
		}
		return from
	}
	return nextOf(s.needle.literals, data, from)
}

// nextOf gives the first place at or after from where one of the literals may be.
func nextOf(literals []pattern, data []byte, from int) int {
	longest := 0
	for i := range literals {
		longest = max(longest, len(literals[i].bytes))
	}
	for size := firstWindow; from < len(data); size = min(2*size, largestWindow) {
		end := min(len(data), from+size+longest-1)
		if at := firstOf(literals, data[from:end]); at >= 0 {
			return from + at
		}
		from += size
	}
	return -1
}

// firstOf gives the first place of any of the literals, -1 if there is none.
func firstOf(literals []pattern, data []byte) int {
	at := -1
	for i := range literals {
		p := &literals[i]
		text := data
		if at >= 0 {
			text = text[:min(len(text), at+len(p.bytes)-1)]
		}
		if k := p.index(text); k >= 0 && (at < 0 || k < at) {
			at = k
		}
	}
	return at
}

// Each calls yield for the matches in a text, until it returns false: the leftmost
// first, not overlapping; of several that begin together the needle's own bytes count.
func (s *Searcher) Each(text []byte, yield func(Match) bool) {
	clear(s.have)
	for from := 0; ; {
		best := -1
		for i, f := range s.needle.finders {
			if !s.have[i] || s.next[i].Start < from && s.next[i].End > 0 {
				s.have[i] = true
				m, ok := f.find(s, text, from)
				if !ok {
					m = Match{}
				}
				s.next[i] = m
			}
			if m := &s.next[i]; m.End > 0 && (best < 0 || m.Start < s.next[best].Start) {
				best = i
			}
		}
		if best < 0 || !yield(s.next[best]) {
			return
		}
		from = s.next[best].End
	}
}

func (n *Needle) substring(s *Spec) error {
	_ = n.add(newPattern([]byte(s.Text), !s.CaseSensitive), nil)
	for _, name := range s.Encodings {
		if !slices.Contains(Encodings(), name) {
			return refuse("one of "+strings.Join(Encodings(), ", "), "no encoding %q", name)
		}
		found, err := encoded(name, s.Text, !s.CaseSensitive)
		if err != nil {
			return err
		}
		n.finders = append(n.finders, found...)
	}
	return nil
}
