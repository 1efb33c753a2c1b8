package filter

import (
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// literal is a text that every match of a regular expression has in it, case
// aside. Looking for it first is many times faster than the expression, and
// most values do not have it.
type literal struct {
	text   string // lower case
	anchor int    // place in text of the byte that is looked for
}

// minLiteral is the length below which a literal says too little.
const minLiteral = 2

// requiredLiteral gives the longest text that an expression cannot match
// without; none if there is none.
func requiredLiteral(re *syntax.Regexp) *literal {
	text := longestLiteral(re)
	if len(text) < minLiteral {
		return nil
	}
	l := &literal{text: text}
	for i := range text {
		if rarity(text[i]) > rarity(text[l.anchor]) {
			l.anchor = i
		}
	}
	return l
}

func longestLiteral(re *syntax.Regexp) string {
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			if r >= utf8.RuneSelf {
				return ""
			}
		}
		return upperOf(string(re.Rune), true)
	case syntax.OpCapture, syntax.OpPlus:
		return longestLiteral(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return longestLiteral(re.Sub[0])
		}
	case syntax.OpConcat:
		best := ""
		for _, sub := range re.Sub {
			if s := longestLiteral(sub); len(s) > len(best) {
				best = s
			}
		}
		return best
	}
	return ""
}

// rarity says how seldom a byte is in what networks carry: signs first, then
// letters by how rare English has them.
func rarity(c byte) int {
	if at := strings.IndexByte("\x00 etaoinsrhldcumfpgwybvkxjqz/.-:0123456789", c); at >= 0 {
		return at
	}
	return 99
}

// in tells whether the literal is in s, whatever the case of its letters.
func (l *literal) in(s string) bool {
	c := l.text[l.anchor]
	if c < 'a' || c > 'z' {
		return l.search(s, c, c)
	}
	return l.search(s, c, c-'a'+'A')
}

// search looks at the places of two bytes, which may be the same.
func (l *literal) search(s string, low, up byte) bool {
	end := len(s) - (len(l.text) - l.anchor) // the last place that the anchor may have
	next := func(from int, c byte) int {
		if from <= end {
			if i := strings.IndexByte(s[from:end+1], c); i >= 0 {
				return from + i
			}
		}
		return len(s)
	}
	a, b := next(l.anchor, low), len(s)
	if up != low {
		b = next(l.anchor, up)
	}
	for {
		at := min(a, b)
		if at == len(s) {
			return false
		}
		if l.at(s[at-l.anchor:]) {
			return true
		}
		if at == a {
			a = next(at+1, low)
		} else {
			b = next(at+1, up)
		}
	}
}

// at tells whether s begins with the literal.
func (l *literal) at(s string) bool {
	for i := range len(l.text) {
		c := s[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != l.text[i] {
			return false
		}
	}
	return true
}
