package proto

import (
	"fmt"

	"pcapidx/index"
)

var pgBackNames = map[byte]string{
	'R': "Authentication request", 'K': "Backend key data", 'S': "Parameter status", '1': "Parse completion", '2': "Bind completion",
	'3': "Close completion", 'C': "Command completion", 't': "Parameter description", 'T': "Row description", 'D': "Data row",
	'I': "Empty query", 'n': "No data", 'E': "Error", 'N': "Notice", 's': "Portal suspended", 'Z': "Ready for query",
	'A': "Notification", 'V': "Function call response", 'G': "CopyIn response", 'H': "CopyOut response", 'd': "Copy data",
	'c': "Copy completion", 'v': "Negotiate protocol version",
}

// back takes a server's message.
func (x *pgsql) back(g *pgGroup, b []byte) {
	m, kind := g.m, b[0]
	var e *pgExchange
	if len(x.queue) > 0 {
		if e = &x.queue[0]; !e.started {
			e.started, e.first = true, g.first
		}
	} else {
		e = &pgExchange{}
	}
	m.Bool(pgFrontend, false)
	name := pgBackNames[kind]
	if name == "" {
		name = "Unknown"
	}
	x.typed(m, name, b, 5)
	r := pgReader{reader{b: b[5:]}}
	switch kind {
	case 'R':
		if x.authentication(m, &r); x.auth == 0 {
			e.tag = "login done"
		}
	case 'S':
		m.ascii(pgParameterName, r.text())
		m.ascii(pgParameterValue, r.text())
	case 'K':
		m.Uint(pgPID, uint64(r.uint32()))
		m.Uint(pgKey, uint64(r.uint32()))
	case 'T':
		x.columns(m, &r)
	case 'D':
		n := r.uint16()
		m.Uint(pgFieldCount, uint64(n))
		r.values(m, int(n))
		e.rows++
		g.rows++
	case 'C':
		e.tag = r.text()
		m.ascii(pgTag, e.tag)
		addSummary(m, e.tag)
	case 'E', 'N':
		x.report(g, &r, kind == 'E')
	case 'Z':
		m.Uint(pgStatus, uint64(r.uint8()))
		g.answered()
	default:
		x.backRare(m, kind, &r)
	}
}

// backRare takes messages that come seldom.
func (x *pgsql) backRare(m *Message, kind byte, r *pgReader) {
	switch kind {
	case 't':
		for range r.count(4) {
			m.Uint(pgTypeOID, uint64(r.uint32()))
		}
	case 'A':
		m.Kind = index.Notice
		m.Uint(pgPID, uint64(r.uint32()))
		channel := r.text()
		m.ascii(pgCondition, channel)
		m.ascii(pgText, r.text())
		addSummary(m, "notification of "+channel)
	case 'V':
		r.values(m, 1)
	case 'G', 'H':
		m.Uint(pgFormat, uint64(r.uint8()))
		addSummary(m, "copy begins")
	case 'd':
		m.Str(pgCopyData, string(r.b))
	case 'v':
		m.Uint(pgSupportedMinor, uint64(r.uint32()))
		n := r.uint32()
		m.Uint(pgUnsupportedCount, uint64(n))
		for range min(n, 64) {
			if option := r.text(); !r.bad {
				m.ascii(pgUnsupported, option)
			}
		}
	}
}

func (x *pgsql) authentication(m *Message, r *pgReader) {
	kind := r.uint32()
	if r.bad {
		return
	}
	x.auth = kind
	m.Uint(pgAuthType, uint64(kind))
	name := fmt.Sprintf("authentication %d", kind)
	switch kind {
	case 0:
		name = "login done"
	case pgAuthPlain:
		name = "password wanted"
	case pgAuthMD5:
		name = "MD5 password wanted"
		m.Str(pgSalt, string(r.b[:min(4, len(r.b))]))
	case pgAuthGSS:
		m.Str(pgGSSData, string(r.b))
	case pgAuthSASL:
		name = "SASL wanted"
		for len(r.b) > 1 {
			m.ascii(pgSASLMechanism, r.text())
		}
	case pgAuthMore, pgAuthMore + 1:
		name = "SASL continues"
		m.Str(pgSASLData, string(r.b))
	}
	addSummary(m, name)
}

// columns reads a row description.
func (x *pgsql) columns(m *Message, r *pgReader) {
	n := int(r.uint16())
	m.Uint(pgFieldCount, uint64(n))
	for range n {
		name := r.text()
		if r.bad || len(r.b) < 18 {
			return
		}
		m.ascii(pgColumnName, name)
		m.Uint(pgTableOID, uint64(r.uint32()))
		m.Uint(pgColumnIndex, uint64(r.uint16()))
		m.Uint(pgTypeOID, uint64(r.uint32()))
		m.Uint(pgValueLength, uint64(int64(int16(r.uint16()))))
		m.Uint(pgTypeMod, uint64(int64(int32(r.uint32()))))
		m.Uint(pgFormat, uint64(r.uint16()))
	}
}

// pgReportFields are the fields of errors and notices by their letter.
var pgReportFields = map[byte]int{
	'S': pgSeverity, 'V': pgText, 'C': pgCode, 'M': pgMessage, 'D': pgDetail, 'H': pgHint, 'P': pgPosition, 'p': pgInternalPosition,
	'q': pgInternalQuery, 'W': pgWhere, 's': pgSchema, 't': pgTable, 'c': pgColumn, 'd': pgTypeName, 'n': pgConstraint,
	'F': pgFile, 'L': pgLine, 'R': pgRoutine,
}

// report reads an error or notice.
func (x *pgsql) report(g *pgGroup, r *pgReader, failed bool) {
	var severity, code, message string
	for len(r.b) > 0 && r.b[0] != 0 {
		kind := r.uint8()
		text := r.text()
		if r.bad {
			break
		}
		if field, known := pgReportFields[kind]; known {
			g.m.ascii(field, text)
		}
		switch kind {
		case 'S':
			if severity == "" {
				severity = text
			}
		case 'V':
			severity = text
		case 'C':
			code = text
		case 'M':
			message = text
		}
	}
	if failed {
		g.failed(severity, code, message)
	} else {
		addSummary(g.m, "notice "+code+": "+message)
	}
}

// pgReader reads the body of a message.
type pgReader struct{ reader }

// count reads how many values of a size follow, no more than there are.
func (r *pgReader) count(size int) int {
	n := int(r.uint16())
	return min(n, len(r.b)/size)
}

// values reads values with their lengths.
func (r *pgReader) values(m *Message, n int) {
	for range n {
		length := int32(r.uint32())
		if r.bad {
			return
		}
		m.Uint(pgValueLength, uint64(int64(length)))
		if length > 0 {
			v := r.b[:min(int(length), len(r.b))]
			r.b = r.b[len(v):]
			m.Str(pgValueData, string(v))
		}
	}
}
