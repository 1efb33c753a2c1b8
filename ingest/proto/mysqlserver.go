package proto

import (
	"fmt"
	"strconv"

	"pcapidx/index"
)

// mysqlStage is what an answer brings next.
type mysqlStage uint8

const (
	mysqlNothing     mysqlStage = iota
	mysqlFirst                  // OK, error, or the number of columns
	mysqlParamStage             // definitions of parameters
	mysqlColumnStage            // definitions of columns
	mysqlRowStage
	mysqlInfile // the client sends a file
	mysqlWords  // text
	mysqlStream // events without an end
	mysqlLostStage
)

// First bytes of answers.
const (
	mysqlOK      = 0x00
	mysqlLocal   = 0xfb
	mysqlEnd     = 0xfe
	mysqlErr     = 0xff
	mysqlMoreSet = 0x0008 // status: another result follows
)

// server takes a packet of the server.
func (x *mysql) server(g *frameGroup, begin func() *Message, r *mysqlReader) {
	if x.phase == mysqlStart && (len(r.b) == 0 || r.b[0] != 10 && r.b[0] != mysqlErr) {
		x.phase, x.ask.command = mysqlUnknown, -1
	}
	if x.phase == mysqlStart {
		x.greeting(g, begin(), r)
		return
	}
	if !x.ask.started {
		x.ask.started, x.ask.first = true, g.first
	}
	m := begin()
	if len(r.b) == 0 {
		return
	}
	if x.phase == mysqlAuth {
		x.verdict(g, m, r)
		return
	}
	first, a := r.b[0], &x.ask
	switch {
	case a.stage == mysqlStream && first != mysqlErr:
		addSummary(m, "event")
	case first == mysqlErr && a.stage != mysqlWords:
		m.Uint(mysqlResponse, r.uint(1))
		x.failed(g, m, r)
	case first == mysqlEnd && x.isEnd(r):
		x.end(g, m, r)
	case a.command < 0 || a.stage == mysqlNothing || a.stage == mysqlLostStage:
		if m.Summary == "" {
			addSummary(m, "packet of an unknown answer")
		}
	case a.stage == mysqlFirst:
		x.first(g, m, r)
	case a.stage == mysqlParamStage || a.stage == mysqlColumnStage:
		x.definition(g, m, r)
	case a.stage == mysqlRowStage:
		x.row(m, r)
	case a.stage == mysqlWords:
		m.Str(mysqlMessage, string(r.b))
		x.say(m, "statistics")
		x.answered(g, m)
	}
}

// isEnd tells the end of rows or definitions from a row that begins alike.
func (x *mysql) isEnd(r *mysqlReader) bool {
	return len(r.b) < 9 || x.caps&mysqlDeprecateEOF != 0 && x.ask.stage == mysqlRowStage && len(r.b) < mysqlWhole
}

// ok reads the rest of an OK packet and gives the status.
func (x *mysql) ok(m *Message, r *mysqlReader) uint64 {
	affected, _ := r.length()
	m.Uint(mysqlAffected, affected)
	if id, _ := r.length(); id > 0 {
		m.Uint(mysqlInsertID, id)
	}
	status := r.uint(2)
	if r.short {
		return 0
	}
	m.Uint(mysqlStatus, status)
	if len(r.b) >= 2 {
		m.Uint(mysqlWarnings, r.uint(2))
	}
	if len(r.b) > 0 && x.caps&(1<<23) == 0 { // no session tracking: the rest is text
		addText(m, mysqlMessage, string(r.b))
	}
	if affected > 0 {
		x.say(m, count(int(min(affected, 1<<31)), "row")+" affected")
	}
	return status
}

// failed takes an error.
func (x *mysql) failed(g *frameGroup, m *Message, r *mysqlReader) {
	code := r.uint(2)
	m.Uint(mysqlErrorCode, code)
	state := ""
	if len(r.b) >= 6 && r.b[0] == '#' {
		state = string(r.b[1:6])
		m.ascii(mysqlSQLState, state)
		r.take(6)
	}
	message := string(r.b)
	m.Str(mysqlErrorMessage, message)
	m.Outcome, m.Code = index.Failed, strconv.FormatUint(code, 10)
	kind, text := "sql.error", fmt.Sprintf("the server reports error %d", code)
	switch code {
	case 1044, 1045, 1130, 1131, 1251, 1698, 3118:
		kind, text = "sql.auth_fail", fmt.Sprintf("the server refuses the login with error %d", code)
	}
	m.Warn(kind, index.SeverityWarn, text)
	x.say(m, fmt.Sprintf("error %d: %s", code, message))
	x.answered(g, m)
}

// end takes an EOF packet, or an OK packet in its place.
func (x *mysql) end(g *frameGroup, m *Message, r *mysqlReader) {
	a := &x.ask
	old := len(r.b) <= 5
	m.Uint(mysqlResponse, r.uint(1))
	m.Uint(mysqlEOF, mysqlEnd)
	status := uint64(0)
	if old {
		if len(r.b) >= 4 {
			m.Uint(mysqlWarnings, r.uint(2))
			status = r.uint(2)
			m.Uint(mysqlStatus, status)
		}
	} else {
		status = x.ok(m, r)
	}
	switch {
	case a.stage == mysqlParamStage || a.stage == mysqlColumnStage && a.left == 0 && a.command == mysqlComPrepare:
		x.defined(g, m)
	case a.stage == mysqlColumnStage && a.command != mysqlComFieldList:
		a.stage = mysqlRowStage
	case status&mysqlMoreSet != 0:
		x.another(m)
	default:
		x.answered(g, m)
	}
}

// another says that a further result follows.
func (x *mysql) another(m *Message) {
	a := &x.ask
	x.say(m, count(int(a.rows), "row")+", more results follow")
	a.stage, a.total, a.rows = mysqlFirst, a.total+a.rows, 0
}

// first takes the first packet of an answer.
func (x *mysql) first(g *frameGroup, m *Message, r *mysqlReader) {
	a := &x.ask
	switch r.b[0] {
	case mysqlOK:
		m.Uint(mysqlResponse, r.uint(1))
		if a.command == mysqlComPrepare {
			x.prepared(g, m, r)
			return
		}
		if status := x.ok(m, r); status&mysqlMoreSet != 0 {
			x.another(m)
			return
		}
		x.answered(g, m)
	case mysqlLocal:
		m.Uint(mysqlResponse, r.uint(1))
		a.stage = mysqlInfile
		addSummary(m, "wants a local file")
	default:
		a.columns, _ = r.length()
		m.Uint(mysqlColumns, a.columns)
		a.stage, a.left = mysqlColumnStage, a.columns
	}
}

// prepared takes the answer to a prepare command.
func (x *mysql) prepared(g *frameGroup, m *Message, r *mysqlReader) {
	a := &x.ask
	id := r.uint(4)
	columns, params := r.uint(2), r.uint(2)
	m.Uint(mysqlStatement, id)
	m.Uint(mysqlColumns, columns)
	m.Uint(mysqlParams, params)
	if len(r.b) >= 3 {
		r.take(1)
		m.Uint(mysqlWarnings, r.uint(2))
	}
	if x.names == nil || len(x.names) >= mysqlNames {
		x.names = map[uint32]string{}
	}
	x.names[uint32(id)] = a.query
	x.say(m, fmt.Sprintf("statement %d, %s", id, count(int(params), "parameter")))
	a.stage, a.left, a.then = mysqlParamStage, params, columns
	if params == 0 {
		x.defined(g, m)
	}
}

// defined goes on after definitions of a prepared statement.
func (x *mysql) defined(g *frameGroup, m *Message) {
	a := &x.ask
	if a.stage == mysqlParamStage && a.then > 0 {
		a.stage, a.left, a.then = mysqlColumnStage, a.then, 0
		return
	}
	x.answered(g, m)
}

// definition reads the definition of a column or parameter (ColumnDefinition41).
func (x *mysql) definition(g *frameGroup, m *Message, r *mysqlReader) {
	for field := mysqlFieldCatalog; field <= mysqlFieldOrgName; field++ {
		addText(m, field, r.string())
	}
	r.length()
	if !r.short && len(r.b) >= 10 {
		m.Uint(mysqlFieldCharset, r.uint(2))
		m.Uint(mysqlFieldLength, r.uint(4))
		m.Uint(mysqlFieldType, r.uint(1))
		m.Uint(mysqlFieldFlags, r.uint(2))
		m.Uint(mysqlFieldDecimals, r.uint(1))
	}
	a := &x.ask
	if a.left > 0 {
		a.left--
	}
	if a.left == 0 && x.caps&mysqlDeprecateEOF != 0 {
		if a.command == mysqlComPrepare {
			x.defined(g, m)
		} else {
			a.stage = mysqlRowStage
		}
	}
}

// row takes a row: of texts, or of binary values, which are not read.
func (x *mysql) row(m *Message, r *mysqlReader) {
	a := &x.ask
	a.rows++
	if a.command != mysqlComQuery {
		return
	}
	for range a.columns {
		if len(r.b) == 0 {
			break
		}
		if n, null := r.length(); null {
			m.Str(mysqlRow, "NULL")
		} else {
			addText(m, mysqlRow, string(r.take(n)))
		}
	}
}

// say adds to the summary of the message in hand, and of the whole answer.
func (x *mysql) say(m *Message, text string) {
	addSummary(m, text)
	const most = 160
	if x.ask.said != "" {
		text = ", " + text
	}
	if len(x.ask.said)+len(text) <= most {
		x.ask.said += text
	} else if x.ask.said == "" {
		x.ask.said = text[:most]
	}
}

// answered ends the command in hand with a message.
func (x *mysql) answered(g *frameGroup, m *Message) {
	a := &x.ask
	m.Kind, m.Request = index.Response, a.number
	if a.started && a.number != 0 && a.first.Offset <= m.Offset {
		m.First, m.Start, m.Offset = a.first.Frame, a.first.Time, a.first.Offset
	}
	m.Summary = a.said
	rows := a.rows + a.total
	if a.columns > 0 && m.Outcome != index.Failed && a.command != mysqlComPrepare {
		m.Uint(mysqlRows, rows)
		addSummary(m, count(int(rows), "row"))
	}
	if a.gap && m.Outcome == index.Fine {
		m.Outcome = index.Partial
	}
	if m.Summary == "" {
		m.Summary = "OK"
	}
	x.ask = mysqlAsk{command: -1}
	g.close()
}
