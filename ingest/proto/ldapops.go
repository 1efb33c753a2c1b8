package proto

import (
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
