package query

import (
	"fmt"
	"net/netip"
	"slices"

	"pcapidx/index"
)

// openRedis looks for Redis servers that do what clients say without a login.
type openRedis struct {
	conns  map[uint32]*redisConn
	last   *redisConn // of the message before
	lastOf uint32
}

type redisConn struct {
	server netip.AddrPort
	login  bool   // a login was sent, or the server wants one
	first  uint32 // frame of the first command that was done
	done   int
	asked  []uint32 // commands that read or write, without an answer yet, in order
}

func newOpenRedis() *openRedis { return &openRedis{conns: map[uint32]*redisConn{}} }

func (o *openRedis) fields() []string { return []string{"resp.command"} }

func (o *openRedis) watch(m *index.Message, t *talkers) {
	x := o.last
	if x == nil || o.lastOf != m.Conn {
		x = o.conns[m.Conn]
	}
	if x == nil {
		if len(o.conns) >= maxObserved {
			return
		}
		x = &redisConn{server: t.server()}
		o.conns[m.Conn] = x
	}
	o.last, o.lastOf = x, m.Conn
	switch {
	case m.Kind == index.Request && warning(m, "cleartext.credentials") != nil:
		x.login = true
	case m.Kind == index.Request:
		switch fieldText(m, "resp.command") {
		case "", "PING", "HELLO", "QUIT", "COMMAND", "CLIENT", "ECHO":
		case "AUTH":
			x.login = true
		default:
			if len(x.asked) < maxWindow {
				x.asked = append(x.asked, m.Number)
			}
		}
	case m.Kind == index.Response && m.Code == "NOAUTH":
		x.login = true
	case m.Kind == index.Response && m.Outcome == index.Fine:
		at, known := slices.BinarySearch(x.asked, m.Request)
		if !known {
			return
		}
		x.asked = slices.Delete(x.asked, at, at+1)
		if x.done++; x.done == 1 {
			x.first = m.Frame
		}
	}
}

func (o *openRedis) report() (out []Observation) {
	by := map[netip.AddrPort]*openSum{}
	for number, x := range o.conns {
		if x.done > 0 && !x.login {
			sumOpen(by, x.server).add(number, x.first, x.done)
		}
	}
	return openReport(by, func(server netip.AddrPort, x *openSum) Observation {
		return Observation{
			Code: "redis.no_auth", Title: "a Redis server that asks for no password",
			Statement: fmt.Sprintf("%s did %d commands on %d connections on which no password was sent", server, x.commands, len(x.conns)),
			Rule:      "a command other than PING, HELLO and the like that was done on a connection without AUTH",
			Benign:    []string{"a server that only trusted hosts can reach", "a client that is known by its certificate or address"},
			Limits:    "a login before the capture began, or among missing bytes, is not seen",
		}
	})
}

// openSum is what a server did without a login.
type openSum struct {
	conns    []uint32
	frames   []uint32
	commands int
}

func sumOpen(by map[netip.AddrPort]*openSum, server netip.AddrPort) *openSum {
	if by[server] == nil {
		by[server] = &openSum{}
	}
	return by[server]
}

func (x *openSum) add(conn, frame uint32, commands int) {
	x.conns, x.frames, x.commands = append(x.conns, conn), append(x.frames, frame), x.commands+commands
}

// openReport describes such servers.
func openReport(by map[netip.AddrPort]*openSum, describe func(server netip.AddrPort, x *openSum) Observation) (out []Observation) {
	for _, server := range largest(by, func(x *openSum) int { return len(x.conns) }, netip.AddrPort.Compare) {
		x := by[server]
		o := describe(server, x)
		o.Who, o.Frames, o.Connections = server.String(), smallest(x.frames), smallest(x.conns)
		if out = append(out, o); len(out) >= maxOfCode {
			break
		}
	}
	return out
}

// openSQL looks for database servers that let clients in without a password.
type openSQL struct {
	conns map[uint32]*sqlConn
}

type sqlConn struct {
	server   netip.AddrPort
	login    uint32 // number of the message that logs in without a password
	settled  bool
	let      bool // in, without a password
	frame    uint32
	protocol string
}

func newOpenSQL() *openSQL { return &openSQL{conns: map[uint32]*sqlConn{}} }

func (o *openSQL) fields() []string {
	return []string{"pgsql.authtype", "mysql.user", "mysql.response_code"}
}

func (o *openSQL) watch(m *index.Message, t *talkers) {
	x := o.conns[m.Conn]
	if x == nil {
		if len(o.conns) >= maxObserved {
			return
		}
		x = &sqlConn{server: t.server(), protocol: m.Protocol}
		o.conns[m.Conn] = x
	}
	switch {
	case x.settled:
	case m.Protocol == "pgsql":
		if kind, has := fieldNumber(m, "pgsql.authtype"); has { // the first answer: 0 is "you are in"
			x.settled, x.let, x.frame = true, kind == 0, m.Frame
		}
	case t.from() != t.server() && x.login == 0:
		if fieldText(m, "mysql.user") != "" {
			x.login = m.Number
			x.settled = warning(m, "cleartext.credentials") != nil
		}
	case t.from() != t.server(): // more of a login follows
		x.settled = true
	case x.login != 0 && m.Kind == index.Response:
		code, has := fieldNumber(m, "mysql.response_code")
		x.settled, x.let, x.frame = true, has && code == 0 && m.Request == x.login && m.Outcome == index.Fine, m.Frame
	}
}

func (o *openSQL) report() (out []Observation) {
	by := map[netip.AddrPort]*openSum{}
	for number, x := range o.conns {
		if x.let {
			sumOpen(by, x.server).add(number, x.frame, 0)
		}
	}
	return openReport(by, func(server netip.AddrPort, x *openSum) Observation {
		return Observation{
			Code: "sql.no_password", Title: "a database that lets clients in without a password",
			Statement: fmt.Sprintf("%s let clients in on %d connections on which no password was sent", server, len(x.conns)),
			Rule:      "a login without a password that the server accepts",
			Benign:    []string{"the server trusts the client's address (PostgreSQL's trust, an account without a password for tests)"},
			Limits:    "what the account may do is not known; logins inside TLS are not seen",
		}
	})
}
