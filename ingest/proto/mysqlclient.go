package proto

import (
	"fmt"
	"strings"

	"pcapidx/index"
)

// Commands (MySQL internals, "Command Phase").
const (
	mysqlComQuit       = 1
	mysqlComInitDB     = 2
	mysqlComQuery      = 3
	mysqlComFieldList  = 4
	mysqlComStatistics = 9
	mysqlComKill       = 12
	mysqlComChangeUser = 17
	mysqlComBinlogDump = 18
	mysqlComPrepare    = 22
	mysqlComExecute    = 23
	mysqlComLongData   = 24
	mysqlComClose      = 25
	mysqlComFetch      = 28
	mysqlComBinlogGTID = 30
)

// mysqlCommandName names a command.
func mysqlCommandName(c byte) string {
	names := [...]string{
		"sleep", "quit", "use", "query", "show fields", "create database", "drop database", "refresh", "shutdown", "statistics",
		"process list", "connect", "kill", "debug", "ping", "time", "delayed insert", "change user", "send binlog", "send table",
		"connect slave", "register slave", "prepare", "execute", "send long data", "close statement", "reset statement", "set option",
		"fetch", "daemon", "send binlog", "reset connection",
	}
	if int(c) < len(names) {
		return names[c]
	}
	return fmt.Sprintf("command %d", c)
}

// client takes a packet of the client.
func (x *mysql) client(g *frameGroup, begin func() *Message, number byte, r *mysqlReader) {
	switch {
	case x.phase == mysqlLogin:
		m := g.alone()
		begin()
		x.handshake(g, m, r)
	case x.phase == mysqlAuth && number != 0:
		m := begin()
		if len(r.b) > 0 {
			m.Str(mysqlPassword, string(r.b))
		}
		addSummary(m, fmt.Sprintf("authentication, %d bytes", len(r.b)))
	case x.ask.stage == mysqlInfile && number != 0:
		m := begin()
		addSummary(m, "data of a local file")
		if len(r.b) == 0 {
			x.ask.stage = mysqlFirst
		}
	case len(r.b) == 0:
		begin()
	default:
		if x.phase == mysqlAuth {
			x.phase = mysqlCommands
		}
		g.alone()
		x.command(g, begin(), r)
	}
}

// handshake reads the client's answer to the greeting (HandshakeResponse41 and 320).
func (x *mysql) handshake(g *frameGroup, m *Message, r *mysqlReader) {
	x.phase = mysqlAuth
	x.ask = mysqlAsk{command: -1, stage: mysqlFirst}
	low := uint32(r.uint(2))
	m.Uint(mysqlClientCaps, uint64(low))
	x.caps = low
	if low&mysql41 != 0 {
		high := uint32(r.uint(2))
		m.Uint(mysqlClientExt, uint64(high))
		x.caps |= high << 16
		m.Uint(mysqlMaxPacket, r.uint(4))
		m.Uint(mysqlCharset, r.uint(1))
		r.take(23)
		if len(r.b) == 0 && low&mysqlSSL != 0 {
			addSummary(m, "TLS begins")
			g.close()
			g.s.Switch("tls")
			return
		}
	} else {
		m.Uint(mysqlMaxPacket, r.uint(3))
	}
	m.Kind = index.Request
	user := r.text()
	addText(m, mysqlUser, user)
	password := x.scramble(r)
	addText(m, mysqlPassword, password)
	schema := ""
	if x.caps&mysqlWithDB != 0 {
		schema = r.text()
		addText(m, mysqlSchema, schema)
	}
	if x.caps&mysqlPluginAuth != 0 {
		addText(m, mysqlClientPlugin, r.text())
	}
	if x.caps&mysqlAttributes != 0 {
		n, _ := r.length()
		attributes := mysqlReader{b: r.take(n)}
		for len(attributes.b) > 0 {
			m.Str(mysqlAttrName, attributes.string())
			m.Str(mysqlAttrValue, attributes.string())
		}
	}
	addSummary(m, "login, user "+user)
	if schema != "" {
		addSummary(m, "database "+schema)
	}
	if x.caps&(mysqlCompress|mysqlZstd) != 0 {
		addSummary(m, "compression")
	}
	if password != "" {
		m.Warn("cleartext.credentials", index.SeverityWarn, fmt.Sprintf("a scrambled password of %d bytes was sent without encryption", len(password)))
	}
	x.asked(g)
}

// scramble reads the password of a login.
func (x *mysql) scramble(r *mysqlReader) string {
	switch {
	case x.caps&mysql41 == 0:
		return r.text()
	case x.caps&mysqlAuthLenenc != 0:
		return r.string()
	case x.caps&mysqlSecure != 0:
		return string(r.take(r.uint(1)))
	}
	return r.text()
}

// asked stores the message in hand, and keeps its number for the answer.
func (x *mysql) asked(g *frameGroup) {
	g.stored = func(number uint32) { x.ask.number = number }
	g.close()
	g.stored = nil
}

// command reads a command.
func (x *mysql) command(g *frameGroup, m *Message, r *mysqlReader) {
	code := byte(r.uint(1))
	m.Uint(mysqlCommand, uint64(code))
	m.Kind = index.Request
	x.ask = mysqlAsk{command: int(code), stage: mysqlFirst}
	name := mysqlCommandName(code)
	switch code {
	case mysqlComQuery, mysqlComPrepare:
		if code == mysqlComQuery && x.caps&mysqlQueryAttrs != 0 && x.phase == mysqlCommands {
			if n, _ := r.length(); n > 0 {
				addSummary(m, fmt.Sprintf("query with %d attributes", n))
				break
			}
			r.length()
		}
		q := string(r.b)
		m.ascii(mysqlQuery, q)
		addText(m, mysqlNormalized, normalizeSQL(q))
		x.ask.query = sqlSummary(q)
		if code == mysqlComPrepare {
			addSummary(m, "prepare "+x.ask.query)
		} else {
			addSummary(m, x.ask.query)
		}
	case mysqlComInitDB:
		schema := string(r.b)
		m.Str(mysqlSchema, schema)
		addSummary(m, "use "+schema)
	case mysqlComExecute, mysqlComClose, mysqlComLongData, mysqlComFetch, mysqlComClose + 1:
		id := uint32(r.uint(4))
		m.Uint(mysqlStatement, uint64(id))
		addSummary(m, strings.TrimSpace(name+" "+x.names[id]))
		if code == mysqlComFetch {
			x.ask.stage = mysqlRowStage
		}
		if code == mysqlComClose {
			delete(x.names, id)
		}
	case mysqlComStatistics:
		x.ask.stage = mysqlWords
	case mysqlComFieldList:
		x.ask.stage, x.ask.left = mysqlColumnStage, 1<<32
	case mysqlComBinlogDump, mysqlComBinlogGTID:
		x.ask.stage = mysqlStream
	case mysqlComChangeUser:
		user := r.text()
		addText(m, mysqlUser, user)
		if x.caps&mysqlSecure != 0 {
			addText(m, mysqlPassword, string(r.take(r.uint(1))))
		} else {
			addText(m, mysqlPassword, r.text())
		}
		addText(m, mysqlSchema, r.text())
		addSummary(m, "change user to "+user)
		x.phase = mysqlAuth
	case mysqlComKill:
		m.Uint(mysqlThread, r.uint(4))
	}
	if m.Summary == "" {
		m.Summary = name
	}
	if code == mysqlComQuit || code == mysqlComClose || code == mysqlComLongData {
		m.Kind, x.ask = index.Notice, mysqlAsk{command: -1}
		g.close()
		return
	}
	if x.phase == mysqlUnknown && code > mysqlComBinlogGTID+1 {
		x.ask.command = -1 // no command: the beginning of a login, or data
	}
	x.asked(g)
}
