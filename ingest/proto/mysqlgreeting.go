package proto

import (
	"pcapidx/index"
)

// greeting reads the first packet of the server.
func (x *mysql) greeting(g *frameGroup, m *Message, r *mysqlReader) {
	x.phase = mysqlLogin
	m.Kind = index.Notice
	version := r.uint(1)
	if version == mysqlErr {
		x.failed(g, m, r)
		return
	}
	m.Uint(mysqlProtocolVersion, version)
	name := r.text()
	m.ascii(mysqlVersion, name)
	m.Uint(mysqlThread, r.uint(4))
	r.take(9)
	x.greet = uint32(r.uint(2))
	m.Uint(mysqlServerCaps, uint64(x.greet))
	addSummary(m, "greeting, version "+name)
	if len(r.b) == 0 {
		return
	}
	m.Uint(mysqlLanguage, r.uint(1))
	m.Uint(mysqlStatus, r.uint(2))
	high := r.uint(2)
	m.Uint(mysqlServerExt, high)
	x.greet |= uint32(high) << 16
	salt := r.uint(1)
	r.take(10)
	if x.greet&mysqlSecure != 0 {
		r.take(max(13, salt-min(salt, 8)))
	}
	if x.greet&mysqlPluginAuth != 0 && !r.short {
		addText(m, mysqlPlugin, r.text())
	}
}

// verdict takes what the server says to a login.
func (x *mysql) verdict(g *frameGroup, m *Message, r *mysqlReader) {
	code := r.uint(1)
	m.Uint(mysqlResponse, code)
	switch code {
	case mysqlOK:
		x.ok(m, r)
		x.phase = mysqlCommands
		x.opaque = x.caps&x.greet&(mysqlCompress|mysqlZstd) != 0
		x.say(m, "login done")
		if x.opaque {
			m.Warn("mysql.compressed", index.SeverityInfo, "what follows is compressed and not decoded")
		}
		x.answered(g, m)
	case mysqlErr:
		x.failed(g, m, r)
	case mysqlEnd:
		m.Uint(mysqlEOF, mysqlEnd)
		plugin := r.text()
		addText(m, mysqlPlugin, plugin)
		addSummary(m, "another authentication, "+plugin)
	default:
		addSummary(m, "authentication continues")
	}
}
