package filter

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// quoted reads a string from its first byte at pos on. In a raw one (r"...") a
// backslash is an ordinary character, and keeps a quote behind it from ending
// the string; both stay in the text.
func (l *lexer) quoted(start, pos int, raw bool) (token, error) {
	var text strings.Builder
	for i := pos; i < len(l.src); {
		switch c := l.src[i]; {
		case c == '"':
			l.pos = i + 1
			return token{Span{start, l.pos}, tokString, text.String()}, nil
		case c == '\\' && raw && i+1 < len(l.src):
			text.WriteString(l.src[i : i+2])
			i += 2
		case c == '\\' && !raw:
			s, n, err := l.escape(i)
			if err != nil {
				return token{}, err
			}
			text.WriteString(s)
			i += n
		default:
			text.WriteByte(c)
			i++
		}
	}
	return token{}, Span{start, len(l.src)}.errorf("", "the string has no closing quote")
}

// char reads a character constant: one byte, or one escape that is one byte.
func (l *lexer) char(start int) (token, error) {
	end := start + 1
	for end < len(l.src) && l.src[end] != '\'' {
		if l.src[end] == '\\' {
			end++
		}
		end++
	}
	s := Span{start, min(end+1, len(l.src))}
	if end >= len(l.src) {
		return token{}, s.errorf("text stands in double quotes", "the character constant has no closing quote")
	}
	text, n := l.src[start+1:end], end-start-1
	if strings.HasPrefix(text, `\`) {
		var err error
		if text, n, err = l.escape(start + 1); err != nil {
			return token{}, err
		}
	}
	if len(text) != 1 || n != end-start-1 {
		return token{}, s.errorf("text stands in double quotes", "a character constant is one byte, as in 'A'")
	}
	l.pos = s.End
	return token{s, tokChar, text}, nil
}

// escape reads the escape sequence at i and says how long it is. Wireshark has
// C's: \x with one or two digits, \ with up to three octal ones, \u and \U.
func (l *lexer) escape(i int) (text string, n int, err error) {
	bad := func(n int) (string, int, error) {
		s := Span{i, min(i+n, len(l.src))}
		return "", 0, s.errorf(`write "\\" for a backslash, or r"..." for a raw string`,
			"%s is no escape sequence", l.src[s.Pos:s.End])
	}
	if i+1 >= len(l.src) {
		return bad(1)
	}
	c := l.src[i+1]
	if k := strings.IndexByte(`abfnrtv\"'`, c); k >= 0 {
		return "\a\b\f\n\r\t\v\\\"'"[k : k+1], 2, nil
	}
	switch {
	case c == 'x':
		v, digits := l.digits(i+2, 2, 16)
		if digits == 0 {
			return bad(2)
		}
		return string([]byte{byte(v)}), 2 + digits, nil
	case c == 'u' || c == 'U':
		want := 4
		if c == 'U' {
			want = 8
		}
		v, digits := l.digits(i+2, want, 16)
		if digits != want || v > utf8.MaxRune || !utf8.ValidRune(rune(v)) {
			return bad(2 + digits)
		}
		return string(rune(v)), 2 + digits, nil
	case c >= '0' && c <= '7':
		v, digits := l.digits(i+1, 3, 8)
		if v > 255 {
			return bad(1 + digits)
		}
		return string([]byte{byte(v)}), 1 + digits, nil
	}
	return bad(2)
}

func (l *lexer) digits(i, most, base int) (v, n int) {
	for ; n < most && i+n < len(l.src); n++ {
		d := strings.IndexByte("0123456789abcdef", lowerByte(l.src[i+n]))
		if d < 0 || d >= base {
			break
		}
		v = v*base + d
	}
	return v, n
}

func lowerByte(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// quote writes s as a string that the lexer reads back as s.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	quoteInto(&b, s, '"')
	b.WriteByte('"')
	return b.String()
}

// quoteInto escapes the quote, the backslash, control characters and what is
// not UTF-8; other text stays readable.
func quoteInto(b *strings.Builder, s string, mark byte) {
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case s[0] == mark || s[0] == '\\':
			b.WriteByte('\\')
			b.WriteByte(s[0])
		case s[0] < 0x20 || s[0] == 0x7f || r == utf8.RuneError && n == 1:
			fmt.Fprintf(b, `\x%02x`, s[0])
		default:
			b.WriteString(s[:n])
		}
		s = s[n:]
	}
}
