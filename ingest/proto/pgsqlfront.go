package proto

import (
	"encoding/binary"
	"fmt"
	"strings"

	"pcapidx/index"
)

// message takes a message of either side, which may be cut at pgWhole.
func (x *pgsql) message(g *pgGroup, b []byte) {
	if !g.front {
		x.begun = true
		x.back(g, b)
		return
	}
	if !x.begun {
		x.startup(g, b)
		return
	}
	x.frontend(g, b)
}

// startup takes a message without a type.
func (x *pgsql) startup(g *pgGroup, b []byte) {
	code := binary.BigEndian.Uint32(b[4:])
	m := g.request()
	m.Bool(pgFrontend, true)
	switch code {
	case pgSSLRequest, pgGSSRequest:
		name := "SSL request"
		if x.asked = 'S'; code == pgGSSRequest {
			x.asked, name = 'G', "GSS encrypt request"
		}
		x.typed(m, name, b, 4)
		addSummary(m, name)
	case pgCancelRequest:
		m.Kind, g.begin = index.Notice, false
		x.typed(m, "Cancel request", b, 4)
		if len(b) >= 16 {
			m.Uint(pgPID, uint64(binary.BigEndian.Uint32(b[8:])))
			m.Uint(pgKey, uint64(binary.BigEndian.Uint32(b[12:])))
			addSummary(m, fmt.Sprintf("cancel request for process %d", binary.BigEndian.Uint32(b[8:])))
		}
	default:
		x.typed(m, "Startup message", b, 4)
		m.Uint(pgMajor, uint64(code>>16))
		m.Uint(pgMinor, uint64(code&0xFFFF))
		x.begun = true
		r := pgReader{reader{b: b[8:]}}
		database := ""
		for len(r.b) > 1 {
			name := r.text()
			value := r.text()
			if r.bad {
				break
			}
			m.ascii(pgParameterName, name)
			m.ascii(pgParameterValue, value)
			switch name {
			case "user":
				x.user = value
			case "database":
				database = value
			}
		}
		addSummary(m, strings.TrimSuffix("startup, user "+x.user+", database "+database, ", database "))
	}
	g.sync = true
	g.close()
}

// typed begins the fields of a message.
func (x *pgsql) typed(m *Message, name string, b []byte, head int) {
	m.Str(pgType, name)
	m.Uint(pgLength, uint64(binary.BigEndian.Uint32(b[head-4:])))
}

var pgFrontNames = map[byte]string{
	'Q': "Simple query", 'P': "Parse", 'B': "Bind", 'E': "Execute", 'D': "Describe", 'C': "Close", 'H': "Flush",
	'S': "Sync", 'F': "Function call", 'd': "Copy data", 'c': "Copy completion", 'f': "Copy failure", 'X': "Termination",
}

// frontend takes a client's message.
func (x *pgsql) frontend(g *pgGroup, b []byte) {
	kind := b[0]
	switch kind {
	case 'Q', 'F':
		g.request()
	case 'P', 'B', 'E', 'D', 'C', 'S':
		if !x.open() && !g.begin {
			g.request()
		}
	}
	m := g.m
	m.Bool(pgFrontend, true)
	name := pgFrontNames[kind]
	if kind == 'p' {
		name = x.passwordName()
	} else if name == "" {
		name = "Unknown"
	}
	x.typed(m, name, b, 5)
	r := pgReader{reader{b: b[5:]}}
	switch kind {
	case 'Q':
		x.query(m, r.text())
	case 'p':
		x.password(m, &r)
	case 'P':
		x.parse(m, &r)
	case 'B':
		x.bind(m, &r)
	case 'E':
		m.ascii(pgPortal, r.text())
		if n := r.uint32(); !r.bad {
			m.Uint(pgReturns, uint64(n))
		}
	case 'D', 'C':
		field := pgPortal
		if what := r.uint8(); what == 'S' {
			field = pgStatement
		}
		m.ascii(field, r.text())
		if kind == 'C' {
			addSummary(m, "close")
		}
	case 'F':
		x.call(m, &r)
	case 'd':
		m.Str(pgCopyData, string(r.b))
	case 'f':
		m.ascii(pgError, r.text())
	}
	x.frontEnd(g, kind)
}

// frontEnd closes a group where an exchange ends.
func (x *pgsql) frontEnd(g *pgGroup, kind byte) {
	switch kind {
	case 'Q', 'F':
		g.sync = true
		g.close()
	case 'S':
		if g.sync = true; g.m.Summary == "" {
			addSummary(g.m, "sync")
		}
		g.close()
	case 'd':
		if g.m.Summary == "" {
			addSummary(g.m, "copy data")
		}
	case 'c', 'f':
		addSummary(g.m, strings.ToLower(pgFrontNames[kind]))
	case 'X':
		if g.m.Summary == "" {
			g.m.Kind = index.Notice
		}
		addSummary(g.m, "terminate")
	}
}

func (x *pgsql) query(m *Message, q string) {
	m.ascii(pgQuery, q)
	if n := normalizeSQL(q); n != "" {
		m.Str(pgNormalized, n)
	}
	addSummary(m, sqlSummary(q))
}

func (x *pgsql) parse(m *Message, r *pgReader) {
	statement, q := r.text(), r.text()
	m.ascii(pgStatement, statement)
	x.query(m, q)
	for range r.count(4) {
		m.Uint(pgTypeOID, uint64(r.uint32()))
	}
	if x.prepared == nil || len(x.prepared) >= pgPrepared {
		x.prepared = map[string]string{}
	}
	x.prepared[statement] = sqlSummary(q)
}

// bind reads Bind; the query is the one that was parsed under the name.
func (x *pgsql) bind(m *Message, r *pgReader) {
	portal, statement := r.text(), r.text()
	m.ascii(pgPortal, portal)
	m.ascii(pgStatement, statement)
	for range r.count(2) {
		m.Uint(pgFormat, uint64(r.uint16()))
	}
	r.values(m, int(r.uint16()))
	for range r.count(2) {
		m.Uint(pgFormat, uint64(r.uint16()))
	}
	if q := x.prepared[statement]; m.Summary == "" && q != "" {
		addSummary(m, q)
	} else if m.Summary == "" {
		addSummary(m, "bind")
	}
}

func (x *pgsql) call(m *Message, r *pgReader) {
	m.Uint(pgOID, uint64(r.uint32()))
	for range r.count(2) {
		m.Uint(pgFormat, uint64(r.uint16()))
	}
	r.values(m, int(r.uint16()))
	if f := r.uint16(); !r.bad {
		m.Uint(pgFormat, uint64(f))
	}
	addSummary(m, "function call")
}

// Authentication requests (section 55.7).
const (
	pgAuthPlain = 3
	pgAuthMD5   = 5
	pgAuthGSS   = 8
	pgAuthSASL  = 10
	pgAuthMore  = 11
)

func (x *pgsql) passwordName() string {
	switch x.auth {
	case pgAuthSASL:
		return "SASLInitialResponse message"
	case pgAuthMore:
		return "SASLResponse message"
	case pgAuthGSS:
		return "GSSResponse message"
	}
	return "Password message"
}

// password reads an answer to an authentication request.
func (x *pgsql) password(m *Message, r *pgReader) {
	switch x.auth {
	case pgAuthSASL:
		mechanism := r.text()
		m.ascii(pgSASLMechanism, mechanism)
		n := int32(r.uint32())
		if r.bad {
			break
		}
		m.Uint(pgSASLLength, uint64(int64(n)))
		if n > 0 {
			m.Str(pgSASLData, string(r.b[:min(len(r.b), int(n))]))
		}
		addSummary(m, "SASL "+mechanism)
	case pgAuthMore:
		m.Str(pgSASLData, string(r.b))
		addSummary(m, "SASL response")
	case pgAuthGSS:
		m.Str(pgGSSData, string(r.b))
		addSummary(m, "GSS response")
	default:
		password := r.text()
		m.ascii(pgPassword, password)
		addSummary(m, fmt.Sprintf("password, %d bytes", len(password)))
		if x.warned || x.auth != pgAuthPlain && x.auth != pgAuthMD5 {
			break
		}
		x.warned = true
		if x.auth == pgAuthMD5 {
			m.Warn("cleartext.credentials", index.SeverityWarn, fmt.Sprintf("an MD5 hash of a password, %d bytes, was sent in the clear", len(password)))
		} else {
			m.Warn("cleartext.credentials", index.SeverityWarn, fmt.Sprintf("a password of %d bytes was sent in the clear", len(password)))
		}
	}
}
