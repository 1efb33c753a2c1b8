package proto

import (
	"bytes"
	"fmt"
	"strings"

	"pcapidx/index"
)

// ldapSearch reads a SearchRequest.
func ldapSearch(m *Message, b []byte, name string) {
	_, base, rest, _ := ber(b)
	m.Str(ldapBase, string(base))
	var scope uint64
	for i, field := range []int{ldapScope, ldapDeref, ldapSizeLimit, ldapTimeLimit, ldapTypesOnly} {
		_, v, more, n := ber(rest)
		if n == 0 {
			m.Outcome = index.Malformed
			return
		}
		value := berUint(v)
		if field == ldapTypesOnly {
			value = min(value, 1)
		}
		m.Uint(field, value)
		if i == 0 {
			scope = value
		}
		rest = more
	}
	var text strings.Builder
	tag, filter, rest, n := ber(rest)
	if n > 0 {
		ldapFilterOf(m, &text, tag, filter, 0)
	}
	_, list, _, _ := ber(rest)
	for range maxLDAPItems {
		_, v, more, n := ber(list)
		if n == 0 {
			break
		}
		m.Str(ldapAttribute, string(v))
		list = more
	}
	shown := string(base)
	if shown == "" {
		shown = "<ROOT>"
	}
	scopes := [...]string{"baseObject", "singleLevel", "wholeSubtree", "scope"}
	m.Summary = summary(name + " " + shown + " " + scopes[min(scope, 3)] + " " + text.String())
}

// ldapFilterOf reads a filter, and writes it as RFC 4515 does, as far as a summary needs it.
func ldapFilterOf(m *Message, w *strings.Builder, tag byte, b []byte, depth int) {
	write := func(parts ...string) {
		for _, p := range parts {
			if w.Len() < maxFilterText {
				w.WriteString(p)
			}
		}
	}
	if depth >= maxLDAPDepth || tag&0xc0 != 0x80 || len(m.Fields) > 1024 {
		return
	}
	kind := tag & 0x1f
	m.Uint(ldapFilter, uint64(kind))
	_, first, rest, _ := ber(b)
	_, second, _, _ := ber(rest)
	write("(")
	switch kind {
	case 0, 1, 2:
		write([]string{"&", "|", "!"}[kind])
		for range maxLDAPItems {
			inner, content, more, n := ber(b)
			if n == 0 {
				break
			}
			ldapFilterOf(m, w, inner, content, depth+1)
			b = more
		}
	case 3, 5, 6, 8:
		m.Str(ldapAttributeDesc, string(first))
		m.Str(ldapAssertion, string(second))
		sign := map[byte]string{3: "=", 5: ">=", 6: "<=", 8: "~="}[kind]
		write(string(first), sign, printable(second))
	case 4:
		m.Str(ldapType, string(first))
		write(string(first), "=")
		ldapSubstrings(m, write, second)
	case 7:
		m.Str(ldapPresent, string(b))
		write(string(b), "=*")
	case 9:
		for range 4 {
			part, v, more, n := ber(b)
			if n == 0 {
				break
			}
			switch part {
			case 0x81:
				m.Str(ldapMatchingRule, string(v))
				write(":", string(v))
			case 0x82:
				m.Str(ldapType, string(v))
				write(string(v))
			case 0x83:
				m.Str(ldapMatchValue, string(v))
				write(":=", printable(v))
			}
			b = more
		}
	}
	write(")")
}

// ldapSubstrings reads the parts of a substring filter.
func ldapSubstrings(m *Message, write func(...string), b []byte) {
	stars := "*"
	for i := range maxLDAPItems {
		tag, v, more, n := ber(b)
		if n == 0 {
			break
		}
		b = more
		switch tag {
		case 0x80:
			m.Str(ldapInitial, string(v))
			write(printable(v), "*")
		case 0x81:
			if m.Str(ldapAny, string(v)); i == 0 {
				write("*")
			}
			write(printable(v), "*")
		case 0x82:
			if m.Str(ldapFinal, string(v)); i == 0 {
				write("*")
			}
			write(printable(v))
		}
		stars = ""
	}
	write(stars)
}

// printable gives a value as a text, or that it is none.
func printable(b []byte) string {
	if bytes.ContainsFunc(b, func(r rune) bool { return r < ' ' || r == '\uFFFD' }) {
		return fmt.Sprintf("(%d bytes)", len(b))
	}
	return string(b)
}
