package needle

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// RegexReach is the length of the longest match of an expression without bound that is
// looked for across texts, bytes.
const RegexReach = 1024

// maxProgram bounds the instructions of a compiled expression.
const maxProgram = 4000

// regex finds an expression over bytes. Go's expressions match runes: the expression is
// rewritten so that the rune of a number stands for the byte of that number, and texts
// with bytes above 0x7f are searched in that form, two bytes for each such byte.
type regex struct {
	re         *regexp.Regexp
	required   []pattern
	longest    int
	begin, end bool
}

func parseRegex(text string, fold bool) (finder, error) {
	bytewise, err := bytePattern(text)
	if err != nil {
		return nil, err
	}
	flags := syntax.Perl &^ syntax.UnicodeGroups
	tree, err := syntax.Parse(bytewise, flags)
	if err != nil {
		return nil, badRegex(err)
	}
	if plain := tree; fold {
		if tree, err = syntax.Parse(bytewise, flags|syntax.FoldCase); err != nil {
			return nil, badRegex(err)
		}
		tree = ofBytes(tree, plain)
	} else {
		tree = ofBytes(tree, nil)
	}
	program, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return nil, badRegex(err)
	}
	if len(program.Inst) > maxProgram {
		return nil, refuse("use fewer or smaller repetitions", "the expression is too large")
	}
	re, err := regexp.Compile(tree.String())
	if err != nil {
		return nil, badRegex(err)
	}
	r := &regex{re: re, required: required(tree)}
	r.longest, r.begin, r.end = bounds(tree)
	return r, nil
}

// badRegex says what is wrong with an expression.
func badRegex(err error) error {
	var parse *syntax.Error
	if !errors.As(err, &parse) {
		return refuse("see github.com/google/re2/wiki/Syntax", "the expression cannot be used: %v", err)
	}
	hint := "see github.com/google/re2/wiki/Syntax"
	switch parse.Code {
	case syntax.ErrMissingParen:
		hint = `close every "(", or write "\(" for the character`
	case syntax.ErrMissingBracket:
		hint = `close every "[", or write "\[" for the character`
	case syntax.ErrMissingRepeatArgument:
		hint = `write "\` + strings.TrimLeft(parse.Expr, `\`) + `" for the character`
	case syntax.ErrInvalidRepeatSize, syntax.ErrLarge:
		hint = "repeat at most 1000 times in all"
	case syntax.ErrInvalidPerlOp:
		hint = "look-around is not supported: an expression takes time that grows with the text only"
	case syntax.ErrInvalidEscape, syntax.ErrInvalidCharRange:
		hint = "bytes have no Unicode classes, and back-references are not supported"
	}
	return refuse(hint, "the expression has a mistake: %s in %q", parse.Code, parse.Expr)
}

// bytePattern rewrites characters beyond ASCII as the bytes that they have in UTF-8.
func bytePattern(text string) (string, error) {
	var b strings.Builder
	class, quoted := false, false
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c >= utf8.RuneSelf:
			if class {
				return "", refuse("write alternatives, as in (?:ä|ö)", "a character beyond ASCII is several bytes, and cannot stand in [...]")
			}
			_, n := utf8.DecodeRuneInString(text[i:])
			if quoted {
				b.WriteString(`\E`)
			}
			b.WriteString("(?:")
			for _, c := range []byte(text[i : i+n]) {
				fmt.Fprintf(&b, `\x%02x`, c)
			}
			b.WriteString(")")
			if quoted {
				b.WriteString(`\Q`)
			}
			i += n
			continue
		case quoted:
			quoted = !strings.HasPrefix(text[i:], `\E`)
		case c == '\\' && i+1 < len(text):
			if text[i+1] == 'Q' && !class {
				quoted = true
			}
			if text[i+1] < utf8.RuneSelf {
				b.WriteByte(c)
				i++
				c = text[i]
			}
		case c == '[' && !class:
			class = true
			if strings.HasPrefix(text[i+1:], "^") {
				b.WriteByte(c)
				i++
				c = '^'
			}
			if strings.HasPrefix(text[i+1:], "]") { // it stands for itself
				b.WriteByte(c)
				i++
				c = ']'
			}
		case c == ']':
			class = false
		}
		b.WriteByte(c)
		i++
	}
	return b.String(), nil
}

// ofBytes rewrites a tree: runes are bytes, and only ASCII letters fold. plain is the
// same part of the expression as it was before folding; nil if that is not known.
func ofBytes(re, plain *syntax.Regexp) *syntax.Regexp {
	if plain != nil && (plain.Op != re.Op || len(plain.Sub) != len(re.Sub)) {
		plain = nil
	}
	for i, sub := range re.Sub {
		var same *syntax.Regexp
		if plain != nil {
			same = plain.Sub[i]
		}
		re.Sub[i] = ofBytes(sub, same)
	}
	switch re.Op {
	case syntax.OpLiteral:
		runes := re.Rune
		if plain != nil && len(plain.Rune) == len(runes) { // folding writes one letter of each pair
			runes = plain.Rune
		}
		return literalOfBytes(runes, re.Flags&syntax.FoldCase != 0)
	case syntax.OpCharClass:
		has := members(re.Rune)
		if plain != nil { // folding pairs letters beyond ASCII too, as é and É
			high := members(plain.Rune)
			copy(has[0x80:], high[0x80:])
		}
		return class(&has)
	case syntax.OpAnyChar:
		return ofBytes(&syntax.Regexp{Op: syntax.OpCharClass, Rune: []rune{0, 0xff}}, nil)
	case syntax.OpAnyCharNotNL:
		return ofBytes(&syntax.Regexp{Op: syntax.OpCharClass, Rune: []rune{0, '\n' - 1, '\n' + 1, 0xff}}, nil)
	}
	re.Flags &^= syntax.FoldCase
	return re
}

func literalOfBytes(runes []rune, fold bool) *syntax.Regexp {
	all := &syntax.Regexp{Op: syntax.OpConcat}
	add := func(r rune) {
		if l := r | 0x20; fold && 'a' <= l && l <= 'z' {
			all.Sub = append(all.Sub, &syntax.Regexp{Op: syntax.OpCharClass, Rune: []rune{l &^ 0x20, l &^ 0x20, l, l}})
			return
		}
		all.Sub = append(all.Sub, &syntax.Regexp{Op: syntax.OpLiteral, Rune: []rune{r}})
	}
	for _, r := range runes {
		if r <= 0xff {
			add(r)
			continue
		}
		for _, c := range utf8.AppendRune(nil, r) { // written as \x{...}
			add(rune(c))
		}
	}
	if len(all.Sub) == 1 {
		return all.Sub[0]
	}
	return all
}

// members gives the bytes of a class, which is pairs of runes.
func members(pairs []rune) (has [256]bool) {
	for i := 0; i+1 < len(pairs); i += 2 {
		for r := pairs[i]; r <= min(pairs[i+1], 0xff); r++ {
			has[r] = true
		}
	}
	return has
}

// class makes a class of bytes.
func class(has *[256]bool) *syntax.Regexp {
	re := &syntax.Regexp{Op: syntax.OpCharClass}
	for r := rune(0); r < 256; r++ {
		if !has[r] {
			continue
		}
		from := r
		for r < 255 && has[r+1] {
			r++
		}
		re.Rune = append(re.Rune, from, r)
	}
	if len(re.Rune) == 0 {
		return &syntax.Regexp{Op: syntax.OpNoMatch}
	}
	return re
}

func (r *regex) reach() int                  { return r.longest }
func (r *regex) literals() []pattern         { return r.required }
func (r *regex) anchored() (begin, end bool) { return r.begin, r.end }

// find takes the matches one after the other; all are searched with the first.
// Matches without a byte are none.
func (r *regex) find(s *Searcher, text []byte, from int) (m Match, ok bool) {
	if from == 0 {
		s.found = r.all(s, text)
	}
	for len(s.found) > 0 {
		f := s.found[0]
		s.found = s.found[1:]
		if f[0] >= from && f[1] > f[0] {
			return Match{Start: f[0], End: f[1]}, true
		}
	}
	return m, false
}

func (r *regex) all(s *Searcher, text []byte) [][]int {
	wide := false
	for _, c := range text {
		if wide = c >= utf8.RuneSelf; wide {
			break
		}
	}
	if !wide {
		return r.re.FindAllIndex(text, -1)
	}
	s.wide = s.wide[:0]
	for _, c := range text {
		s.wide = utf8.AppendRune(s.wide, rune(c))
	}
	found := r.re.FindAllIndex(s.wide, -1)
	at, bytes := 0, 0 // a place in both
	for _, f := range found {
		for i, place := range f {
			for ; at < place; at++ {
				if utf8.RuneStart(s.wide[at]) {
					bytes++
				}
			}
			f[i] = bytes
		}
	}
	return found
}
