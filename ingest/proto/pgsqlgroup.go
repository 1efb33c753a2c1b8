package proto

import (
	"fmt"

	"pcapidx/index"
)

// pgExchange is what the server owes an answer: a startup, a query, or messages up to
// Sync. ReadyForQuery ends it.
type pgExchange struct {
	number uint32
	open   bool // Sync is to come
	gap    bool // bytes of the answer are missing

	started bool
	first   Mark // of the answer
	rows    uint64
	tag     string // the last one
	code    string // SQLSTATE of the first error
	message string
	warning index.Warning // of it
}

// pop takes the oldest exchange and gives the number of its request, 0 for none.
func (x *pgsql) pop() uint32 {
	if len(x.queue) == 0 {
		return 0
	}
	n := x.queue[0].number
	x.queue = x.queue[1:]
	return n
}

// open tells whether messages up to Sync are on their way.
func (x *pgsql) open() bool { return len(x.queue) > 0 && x.queue[len(x.queue)-1].open }

// pgGroup gathers the messages of an exchange that end in the same frame: one message
// of the index.
type pgGroup struct {
	frameGroup
	x     *pgsql
	front bool
	rows  uint64
	begin bool // an exchange begins
	sync  bool // and ends
}

func (x *pgsql) group(s *Stream) *pgGroup {
	g := &pgGroup{frameGroup: frameGroup{s: s}, x: x, front: s.FromClient()}
	g.ending = func(m *Message) {
		if g.rows > 0 && m.Kind != index.Response {
			addSummary(m, count(int(g.rows), "row"))
		}
	}
	g.stored = func(number uint32) {
		if g.begin {
			if len(x.queue) >= pgQueue {
				x.queue = x.queue[1:]
			}
			x.queue = append(x.queue, pgExchange{number: number, open: !g.sync})
		} else if g.sync && x.open() {
			x.queue[len(x.queue)-1].open = false
		}
		g.rows, g.begin, g.sync = 0, false, false
	}
	return g
}

// request makes the message one that asks, by itself.
func (g *pgGroup) request() *Message {
	m := g.alone()
	m.Kind, g.begin = index.Request, true
	return m
}

// answered ends the oldest exchange with the message in hand.
func (g *pgGroup) answered() {
	x, m := g.x, g.m
	m.Kind = index.Response
	if len(x.queue) > 0 {
		e := &x.queue[0]
		m.Request = e.number
		if e.started && e.first.Offset <= m.Offset {
			m.First, m.Start, m.Offset = e.first.Frame, e.first.Time, e.first.Offset
		}
		if e.rows > 0 {
			m.Uint(pgRows, e.rows)
		}
		m.Summary = ""
		switch {
		case e.warning.Code != "":
			m.Outcome, m.Code = index.Failed, e.code
			m.Warnings = append(m.Warnings, e.warning)
			addSummary(m, "error "+e.code+": "+e.message)
		case e.gap:
			m.Outcome = index.Partial
		}
		if e.tag != "" {
			addSummary(m, e.tag)
		}
		if e.rows > 0 {
			addSummary(m, count(int(e.rows), "row"))
		}
		x.queue = x.queue[1:]
	}
	if m.Summary == "" {
		m.Summary = "ready"
	}
	g.close()
}

// failed notes an error of the server.
func (g *pgGroup) failed(severity, code, message string) {
	x, m := g.x, g.m
	m.Outcome, m.Code = index.Failed, code
	kind, text := "sql.error", "the server reports an error"
	if len(code) >= 2 && code[:2] == "28" {
		kind, text = "sql.auth_fail", "the server refuses the login"
	}
	if sqlState(code) {
		text += fmt.Sprintf(", SQLSTATE %s", code)
	}
	if len(x.queue) == 0 {
		m.Warn(kind, index.SeverityWarn, text)
		addSummary(m, "error "+code+": "+message)
	} else if e := &x.queue[0]; e.warning.Code == "" {
		e.code, e.message = code, message
		e.warning = index.Warning{Code: kind, Severity: index.SeverityWarn, Text: text, Frames: []uint32{g.s.At(g.last).Frame}}
	}
	if severity == "FATAL" || severity == "PANIC" {
		g.answered()
	}
}

// sqlState tells codes of five capitals and digits, which are no free text.
func sqlState(code string) bool {
	for i := range len(code) {
		if c := code[i]; (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return len(code) == 5
}
