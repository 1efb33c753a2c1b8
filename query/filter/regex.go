package filter

import (
	"io"
	"regexp"
	"regexp/syntax"
	"unicode/utf8"
)

// matcher is a regular expression as Wireshark applies one: case is ignored
// (that of ASCII letters), and text is bytes, whatever their encoding. Go's
// regexp reads UTF-8, so bytes are shown to it as the runes 0 to 255, one each;
// where the expression can only meet ASCII there is no difference, and it runs
// on the text itself, which is several times faster.
type matcher struct {
	re    *regexp.Regexp
	ascii bool
	needs *literal // what every match has in it; nil: not known
}

func newMatcher(pattern string) (*matcher, error) {
	re, err := syntax.Parse(asRunes(pattern), syntax.Perl|syntax.FoldCase)
	if err != nil {
		return nil, err
	}
	m := &matcher{ascii: true, needs: requiredLiteral(re)}
	re = m.bytewise(re)
	m.re, err = regexp.Compile(re.String())
	return m, err
}

// private is where bytes from 0x80 on stand while an expression is parsed: runes
// of the private area, which no folding of case joins with others.
const private = 0xe000

// asRunes makes each byte a rune, those written \xHH too.
func asRunes(s string) string {
	var r []rune
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] >= utf8.RuneSelf:
			r = append(r, private+rune(s[i]))
		case s[i] == '\\' && i+1 < len(s) && s[i+1] < utf8.RuneSelf:
			l := lexer{src: s}
			if v, n := l.digits(i+2, 2, 16); s[i+1] == 'x' && n == 2 && v >= utf8.RuneSelf {
				r = append(r, private+rune(v))
				i += 3
				continue
			}
			r = append(r, rune(s[i]), rune(s[i+1]))
			i++
		default:
			r = append(r, rune(s[i]))
		}
	}
	return string(r)
}

// bytewise rewrites an expression from characters to bytes. Folding of case is
// spelled out, because Go's also takes the Kelvin sign for a k; "$" is PCRE's,
// which holds in front of a last line feed too.
func (m *matcher) bytewise(re *syntax.Regexp) *syntax.Regexp {
	for i, sub := range re.Sub {
		re.Sub[i] = m.bytewise(sub)
	}
	switch re.Op {
	case syntax.OpLiteral:
		list := &syntax.Regexp{Op: syntax.OpConcat}
		for _, r := range re.Rune {
			list.Sub = append(list.Sub, m.class(fold(r, re.Flags&syntax.FoldCase != 0)))
		}
		return list
	case syntax.OpCharClass:
		return m.class(re.Rune)
	case syntax.OpAnyChar:
		return m.class([]rune{0, private + 255})
	case syntax.OpAnyCharNotNL:
		return m.class([]rune{0, '\n' - 1, '\n' + 1, private + 255})
	case syntax.OpEndText:
		if re.Flags&syntax.WasDollar != 0 {
			feed := &syntax.Regexp{Op: syntax.OpQuest, Sub: []*syntax.Regexp{m.class([]rune{'\n', '\n'})}}
			end := &syntax.Regexp{Op: syntax.OpEndText}
			return &syntax.Regexp{Op: syntax.OpConcat, Sub: []*syntax.Regexp{feed, end}}
		}
	}
	return re
}

func fold(r rune, ignoreCase bool) []rune {
	if lower := r | 0x20; ignoreCase && lower >= 'a' && lower <= 'z' {
		return []rune{lower - 0x20, lower - 0x20, lower, lower}
	}
	return []rune{r, r}
}

// class makes a class of bytes out of ranges of runes.
func (m *matcher) class(ranges []rune) *syntax.Regexp {
	re := &syntax.Regexp{Op: syntax.OpCharClass}
	for i := 0; i+1 < len(ranges); i += 2 {
		if low, high := ranges[i], min(ranges[i+1], utf8.RuneSelf-1); low <= high {
			re.Rune = append(re.Rune, low, high)
		}
	}
	for i := 0; i+1 < len(ranges); i += 2 {
		if low, high := max(ranges[i]-private, utf8.RuneSelf), min(ranges[i+1]-private, 255); low <= high {
			re.Rune = append(re.Rune, low, high)
			m.ascii = false
		}
	}
	if len(re.Rune) == 0 {
		re.Op = syntax.OpNoMatch
	}
	return re
}

func (m *matcher) match(s string) bool {
	if m.needs != nil && !m.needs.in(s) {
		return false
	}
	if m.ascii {
		return m.re.MatchString(s)
	}
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return m.re.MatchReader(&byteRunes{s: s})
		}
	}
	return m.re.MatchString(s)
}

// byteRunes reads the bytes of a text as runes.
type byteRunes struct {
	s string
	i int
}

func (b *byteRunes) ReadRune() (rune, int, error) {
	if b.i == len(b.s) {
		return 0, 0, io.EOF
	}
	b.i++
	return rune(b.s[b.i-1]), 1, nil
}
