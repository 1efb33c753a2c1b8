package filter

import (
	"net/netip"
	"strings"
)

type tokenKind uint8

const (
	tokEnd    tokenKind = iota
	tokWord             // field, function or constant without quotes
	tokField            // .name: a field in any case
	tokString           // "text" or r"text"; text is the content
	tokChar             // 'c'
	tokOp               // operators, keywords, punctuation; text is its canonical spelling
)

type token struct {
	Span
	kind tokenKind
	text string
}

// is reports whether t is the operator or keyword op.
func (t token) is(op string) bool { return t.kind == tokOp && t.text == op }

type lexer struct {
	src string
	pos int
}

// next gives the next token. Keywords are lower case, as Wireshark has them.
func (l *lexer) next() (token, error) {
	for l.pos < len(l.src) && strings.IndexByte(" \t\r\n", l.src[l.pos]) >= 0 {
		l.pos++
	}
	start := l.pos
	if start == len(l.src) {
		return token{Span: Span{start, start}}, nil
	}
	c, rest := l.src[start], l.src[start:]
	switch {
	case c == '"':
		return l.quoted(start, start+1, false)
	case (c == 'r' || c == 'R') && len(rest) > 1 && rest[1] == '"':
		return l.quoted(start, start+2, true)
	case c == '\'':
		return l.char(start)
	case c == '.' && len(rest) > 1 && isWordByte(rest[1]) && rest[1] != '-':
		l.pos++
		t, err := l.word()
		t.kind, t.Pos = tokField, start
		return t, err
	case isWordByte(c) && c != '-' || c == ':':
		return l.word()
	}
	return l.operator()
}

// operators, longest first, each with its canonical spelling.
func operators() [][2]string {
	return [][2]string{
		{"===", "==="},
		{"!==", "!=="},
		{"~=", "~="},
		{"==", "=="},
		{"!=", "!="},
		{">=", ">="},
		{"<=", "<="},
		{"&&", "and"},
		{"||", "or"},
		{"..", ".."},
		{">", ">"},
		{"<", "<"},
		{"~", "matches"},
		{"&", "&"},
		{"!", "not"},
		{"(", "("},
		{")", ")"},
		{"{", "{"},
		{"}", "}"},
		{",", ","},
		{"+", "+"},
		{"-", "-"},
		{"*", "*"},
		{"/", "/"},
		{"%", "%"},
		{"[", "["},
		{"]", "]"},
		{"#", "#"},
		{"@", "@"},
		{"$", "$"},
	}
}

func (l *lexer) operator() (token, error) {
	rest := l.src[l.pos:]
	for _, op := range operators() {
		if strings.HasPrefix(rest, op[0]) {
			t := token{Span{l.pos, l.pos + len(op[0])}, tokOp, op[1]}
			l.pos = t.End
			return t, nil
		}
	}
	s := Span{l.pos, l.pos + 1}
	switch c := rest[0]; {
	case c == '=':
		hint := `equality is "=="`
		if len(rest) > 1 && (rest[1] == '>' || rest[1] == '<' || rest[1] == '!') {
			hint = `write "` + rest[1:2] + `="`
		}
		return token{}, s.errorf(hint, `"=" is no operator`)
	case c == '|':
		return token{}, s.errorf(`use "or" or "||"`, `"|" is no operator`)
	case c >= 0x80:
		return token{}, s.errorf("put the text in double quotes", "characters outside ASCII stand only inside quotes")
	case c < 0x20 || c == 0x7f:
		return token{}, s.errorf("", "unexpected control character")
	default:
		return token{}, s.errorf("", "unexpected %q", string(c))
	}
}

// keyword gives the canonical spelling of an operator written as a word.
func keyword(w string) (string, bool) {
	switch w {
	case "and", "or", "not", "in", "contains", "matches", "any", "all":
		return w, true
	case "eq", "any_eq":
		return "==", true
	case "ne", "all_ne":
		return "!=", true
	case "all_eq":
		return "===", true
	case "any_ne":
		return "!==", true
	case "gt":
		return ">", true
	case "ge":
		return ">=", true
	case "lt":
		return "<", true
	case "le":
		return "<=", true
	case "bitwise_and":
		return "&", true
	}
	return "", false
}

// word reads a name or a constant without quotes. Wireshark's rule: letters,
// digits, "_" and "-", with single dots between; colons only where the whole
// is a byte sequence (aa:bb) or an IPv6 address; a prefix length only behind an
// address.
func (l *lexer) word() (token, error) {
	start, colons := l.pos, false
	for l.pos < len(l.src) {
		c := l.src[l.pos]
		if c == '.' && (l.pos == start || l.pos+1 == len(l.src) || !isWordByte(l.src[l.pos+1])) ||
			c != '.' && c != ':' && !isWordByte(c) {
			break
		}
		colons = colons || c == ':'
		l.pos++
	}
	t := token{Span{start, l.pos}, tokWord, l.src[start:l.pos]}
	if colons && !isColonBytes(t.text) && !isAddress(t.text) {
		hint := ""
		if len(t.text) > 8 && strings.Count(t.text[:8], "-") == 2 {
			hint = "put the time in double quotes"
		}
		return t, t.errorf(hint, `%q is neither a byte sequence (aa:bb:cc) nor an IPv6 address`, t.text)
	}
	if isAddress(t.text) && l.pos+1 < len(l.src) && l.src[l.pos] == '/' && isDigit(l.src[l.pos+1]) {
		for l.pos++; l.pos < len(l.src) && (isWordByte(l.src[l.pos]) || l.src[l.pos] == '.'); l.pos++ {
		}
		t.text, t.End = l.src[start:l.pos], l.pos
	}
	if op, ok := keyword(t.text); ok {
		t.kind, t.text = tokOp, op
	}
	return t, nil
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isHex(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

func isWordByte(c byte) bool {
	return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c == '-'
}

// isAddress reports whether s looks like an IPv4 or IPv6 address; 300.1.1.1
// does.
func isAddress(s string) bool {
	if strings.Contains(s, ":") {
		a, err := netip.ParseAddr(s)
		return err == nil && a.Zone() == ""
	}
	return strings.Count(s, ".") == 3 && strings.Trim(s, "0123456789.") == ""
}

// isColonBytes reports whether s is pairs of hexadecimal digits with colons
// between; a colon in front says that one word alone is such a constant.
func isColonBytes(s string) bool {
	if w, ok := strings.CutPrefix(s, ":"); ok && !strings.Contains(w, ":") {
		return w != "" && strings.Trim(w, "0123456789abcdefABCDEF") == ""
	}
	for pair := range strings.SplitSeq(strings.TrimPrefix(s, ":"), ":") {
		if len(pair) != 2 || !isHex(pair[0]) || !isHex(pair[1]) {
			return false
		}
	}
	return true
}
