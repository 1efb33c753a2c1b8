package proto

import (
	"bytes"
	"fmt"
	"strings"

	"pcapidx/index"
)

// Bounds of what a message shows.
const (
	maxLDAPDepth  = 16
	maxLDAPItems  = 256 // attributes, and values of one
	maxFilterText = 120
)

// startTLS is the extended operation of RFC 4511, section 4.14.
const startTLS = "1.3.6.1.4.1.1466.20037"

// message reads an operation.
func (p *ldap) message(s *Stream, m *Message, id uint64, op byte, b []byte) {
	name := ldapOpName(op)
	m.Summary = name
	if ldapRequests(op) {
		if m.Kind = index.Request; op == 0x42 || op == 0x50 {
			m.Kind = index.Notice
		}
		p.requestOf(m, op, b, name)
		return
	}
	m.Kind, m.Request = index.Response, p.asked[id].number
	switch op {
	case 0x64:
		m.Kind = index.Continues
		_, dn, rest, _ := ber(b)
		m.Str(ldapObjectName, string(dn))
		m.Summary = summary(name + " " + string(dn))
		_, list, _, _ := ber(rest)
		ldapAttributes(m, list)
	case 0x73:
		m.Kind = index.Continues
		for range maxLDAPItems {
			tag, url, rest, n := ber(b)
			if n == 0 || tag != 4 {
				break
			}
			m.Str(ldapURL, string(url))
			b = rest
		}
	case 0x79:
		m.Kind = index.Continues
	default:
		p.result(s, m, op, b, name)
		delete(p.asked, id)
	}
}

// ldapAttributes reads the attributes of an entry.
func ldapAttributes(m *Message, b []byte) {
	for range maxLDAPItems {
		_, item, rest, n := ber(b)
		if n == 0 {
			return
		}
		b = rest
		_, kind, set, _ := ber(item)
		_, values, _, _ := ber(set)
		m.Str(ldapType, string(kind))
		at := len(m.Fields)
		m.Uint(ldapVals, 0)
		count := uint64(0)
		for range maxLDAPItems {
			_, v, more, n := ber(values)
			if n == 0 {
				break
			}
			m.Str(ldapValue, string(v))
			m.hide(strings.Contains(strings.ToLower(string(kind)), "password"))
			count++
			values = more
		}
		if at < len(m.Fields) {
			m.Fields[at].Num = count
		}
	}
}

// result reads an LDAPResult.
func (p *ldap) result(s *Stream, m *Message, op byte, b []byte, name string) {
	tag, code, rest, n := ber(b)
	if n == 0 || tag != 10 {
		m.Outcome = index.Malformed
		return
	}
	result := berUint(code)
	m.Uint(ldapResult, result)
	m.Code = ldapResultName(result)
	m.Summary = name + " " + m.Code
	_, dn, rest, _ := ber(rest)
	m.Str(ldapMatchedDN, string(dn))
	_, text, rest, _ := ber(rest)
	m.Str(ldapError, string(text))
	if len(text) > 0 {
		m.Summary = summary(m.Summary + ": " + string(text))
	}
	for range 4 {
		tag, v, more, n := ber(rest)
		if n == 0 {
			break
		}
		if tag == 0x8a {
			m.Str(ldapResponseName, string(v))
		}
		rest = more
	}
	switch result {
	case 0, 5, 6, 10, 14: // success, compareFalse, compareTrue, referral, saslBindInProgress
		if op == 0x78 && p.tls && result == 0 {
			s.Switch("tls")
		}
		return
	}
	m.Outcome = index.Failed
	if op == 0x61 {
		m.Warn("ldap.auth_fail", index.SeverityWarn, fmt.Sprintf("the server refuses to bind with result %d", result))
	}
}

// requestOf reads a request.
func (p *ldap) requestOf(m *Message, op byte, b []byte, name string) {
	switch op {
	case 0x60:
		p.bind(m, b, name)
	case 0x63:
		ldapSearch(m, b, name)
	case 0x66, 0x68, 0x6c, 0x6e:
		_, dn, rest, _ := ber(b)
		field := ldapEntry
		if op == 0x66 {
			field = ldapObject
		}
		m.Str(field, string(dn))
		if _, v, _, n := ber(rest); op == 0x6c && n > 0 {
			m.Str(ldapNewRDN, string(v))
		}
		if _, ava, _, n := ber(rest); op == 0x6e && n > 0 {
			_, kind, value, _ := ber(ava)
			_, value, _, _ = ber(value)
			m.Str(ldapAttributeDesc, string(kind))
			m.Str(ldapAssertion, string(value))
		}
		m.Summary = summary(name + " " + string(dn))
	case 0x4a:
		m.Str(ldapDelete, string(b))
		m.Summary = summary(name + " " + string(b))
	case 0x50:
		m.Uint(ldapAbandon, berUint(b))
		m.Summary = fmt.Sprintf("%s %d", name, berUint(b))
	case 0x77:
		if tag, oid, _, n := ber(b); n > 0 && tag == 0x80 {
			m.Str(ldapRequestName, string(oid))
			m.Summary = summary(name + " " + string(oid))
			p.tls = string(oid) == startTLS
		}
	}
}

// bind reads a BindRequest.
func (p *ldap) bind(m *Message, b []byte, name string) {
	_, version, rest, _ := ber(b)
	_, dn, rest, _ := ber(rest)
	tag, auth, _, n := ber(rest)
	m.Uint(ldapVersion, berUint(version))
	m.Str(ldapName, string(dn))
	shown := string(dn)
	if shown == "" {
		shown = "<ROOT>"
	}
	if n == 0 {
		m.Outcome = index.Malformed
		return
	}
	m.Uint(ldapAuthentication, uint64(tag&0x1f))
	switch tag {
	case 0x80:
		m.Str(ldapSimple, string(auth))
		m.Summary = summary(name + " " + shown + " simple")
		if len(auth) > 0 {
			m.clearText("LDAP simple bind", len(auth))
		}
	case 0xa3:
		_, mechanism, credentials, _ := ber(auth)
		m.Str(ldapMechanism, string(mechanism))
		if _, v, _, n := ber(credentials); n > 0 {
			m.Str(ldapCredentials, string(v))
			if string(mechanism) == "PLAIN" {
				m.clearText("LDAP SASL PLAIN", len(v))
			}
		}
		m.Summary = summary(name + " " + shown + " sasl " + string(mechanism))
	}
}

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
