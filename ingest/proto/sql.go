package proto

import (
	"fmt"
	"strings"
)

// count says how many of something there are.
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// normalizeSQL replaces the literals of a query by ?, lists of them by one, and runs
// of white space and comments by a space, so that queries that differ in values only
// become the same.
func normalizeSQL(q string) string {
	const most = 1024
	var b strings.Builder
	gap, i := false, 0
	put := func(s string) {
		if gap && b.Len() > 0 {
			b.WriteByte(' ')
		}
		gap = false
		b.WriteString(s)
	}
	for i < len(q) && b.Len() < most {
		c := q[i]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == 0:
			gap = true
			i++
		case strings.HasPrefix(q[i:], "--"):
			i, gap = i+skipTo(q[i:], "\n"), true
		case strings.HasPrefix(q[i:], "/*"):
			i, gap = i+skipTo(q[i:], "*/"), true
		case c == '\'':
			i += sqlQuoted(q[i:])
			put("?")
		case c >= '0' && c <= '9':
			i += sqlNumber(q[i:])
			put("?")
		case sqlWord(c) || c == '"' || c == '`':
			n := 1
			if c == '"' || c == '`' {
				n = 1 + skipTo(q[i+1:], string(c))
			} else {
				for i+n < len(q) && (sqlWord(q[i+n]) || q[i+n] >= '0' && q[i+n] <= '9') {
					n++
				}
			}
			put(q[i : i+n])
			i += n
		default:
			put(q[i : i+1])
			i++
		}
	}
	s := b.String()
	for _, list := range []string{"?, ?", "?,?"} {
		for strings.Contains(s, list) {
			s = strings.ReplaceAll(s, list, "?")
		}
	}
	return s
}

// skipTo is the length up to and with a mark, or of all.
func skipTo(s, mark string) int {
	if n := strings.Index(s, mark); n >= 0 {
		return n + len(mark)
	}
	return len(s)
}

// sqlQuoted is the length of a text literal; quotes within are doubled or escaped.
func sqlQuoted(s string) int {
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++
		case s[i] == '\'' && i+1 < len(s) && s[i+1] == '\'':
			i++
		case s[i] == '\'':
			return i + 1
		}
	}
	return len(s)
}

func sqlNumber(s string) int {
	n := 1
	for n < len(s) && (s[n] >= '0' && s[n] <= '9' || s[n] == '.' || sqlWord(s[n]) && s[n] < 0x80) {
		n++
	}
	return n
}

// sqlWord tells bytes of names; $1 is a name too.
func sqlWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '$' || c == '@' || c >= 0x80
}

// sqlSummary shows a query on one line. One that speaks of passwords is shown without
// its literals.
func sqlSummary(q string) string {
	const most = 180
	upper := strings.ToUpper(q[:min(len(q), 4096)])
	if strings.Contains(upper, "PASSWORD") || strings.Contains(upper, "IDENTIFIED") || strings.Contains(upper, "SECRET") {
		q = normalizeSQL(q)
	}
	q = strings.Join(strings.Fields(q[:min(len(q), 2*most)]), " ")
	if len(q) > most {
		q = q[:most] + "..."
	}
	return q
}
