package query

import (
	"cmp"
	"fmt"
	"slices"

	"pcapidx/ingest/jsonrpc"
)

// Bounds of the lists that go with the rows.
const (
	maxMCPSessions = 100
	maxMCPTools    = 100
)

// mcpItem is a row in the making: a message, or an exchange that TLS hides.
type mcpItem struct {
	message *mcpMessage
	guess   *mcpGuess
}

func (i mcpItem) frame() uint32 {
	if i.message != nil {
		return i.message.frame
	}
	return i.guess.first
}

// number gives sessions and rows their numbers.
func (t *mcpTraffic) number() {
	for i, s := range t.order {
		s.row.Session = i + 1
		slices.Sort(s.row.Connections)
	}
	for _, m := range t.messages {
		t.items = append(t.items, mcpItem{message: m})
	}
	for _, s := range t.order {
		for _, g := range s.exchanges {
			t.items = append(t.items, mcpItem{guess: g})
		}
	}
	slices.SortStableFunc(t.items, func(a, b mcpItem) int { return cmp.Compare(a.frame(), b.frame()) })
	for i, x := range t.items {
		if x.message != nil {
			x.message.n = i + 1
		} else {
			x.guess.n = i + 1
		}
	}
}

// answer fills in a page.
func (t *mcpTraffic) answer(a *MCPTrafficAnswer, after *rowKey) (last *rowKey, err error) {
	q := t.request
	t.summary(a)
	if after == nil {
		if err := t.sessionRows(a); err != nil {
			return nil, err
		}
		a.Tools = t.tools()
		a.Diagnostics = t.found
	}
	wanted := t.items
	if q.Category != "" {
		wanted = nil
		for _, x := range t.items {
			if x.message == nil && q.Category == mcpExchangeRow || x.message != nil && x.message.category() == q.Category {
				wanted = append(wanted, x)
			}
		}
	}
	from, to, last := q.slice(len(wanted), after)
	for _, x := range wanted[from:to] {
		row, err := t.row(x)
		if err != nil {
			return nil, err
		}
		a.Rows = append(a.Rows, *row)
	}
	a.Returned, a.Total, a.TotalExact = len(a.Rows), len(wanted), !t.capped
	t.limits(a)
	return last, nil
}

func (t *mcpTraffic) row(x mcpItem) (*MCPRow, error) {
	start, err := t.tables.start()
	if err != nil {
		return nil, err
	}
	if g := x.guess; g != nil {
		e := g.MCPExchange
		r := &MCPRow{
			N: g.n, Message: g.message, Frame: g.frame, Connection: g.conn, Session: g.session.row.Session, RelS: secondsBetween(start, g.begun),
			Direction: "client_to_server", Category: mcpExchangeRow, Kind: "exchange", Carrier: "tls", Bytes: e.RequestBytes + e.ResponseBytes, Status: "unknown", Exchange: &e,
		}
		if g.first != g.frame {
			r.First = g.first
		}
		if t.request.Details {
			if r.Layers, err = t.layers(mcpPlace{g.conn, g.side, g.first, g.frame, g.offset}); err == nil {
				r.Layers.TLS = g.session.row.TLS
			}
		}
		return r, err
	}
	m := x.message
	r := &MCPRow{
		N: m.n, Message: m.number, Frame: m.frame, Connection: m.conn, Session: m.session.row.Session, RelS: secondsBetween(start, m.start), Direction: "server_to_client",
		Category: m.category(), Kind: m.word(), Method: m.method, Name: m.name, ID: m.id, Carrier: m.carrier, Bytes: m.size, ArgumentBytes: m.params,
		ResultBytes: m.result, Arguments: m.arguments, IsError: m.toolError, Code: m.code, Text: m.text, Status: m.status,
	}
	if m.first != m.frame {
		r.First = m.first
	}
	if m.fromClient {
		r.Direction = "client_to_server"
	}
	if m.request != nil {
		r.Request, r.Method, r.Name = m.request.n, m.request.method, m.request.name
	}
	if m.answer != nil {
		r.Answer = m.answer.n
	}
	if ms, ok := m.latency(); ok {
		r.LatencyMS = &ms
	}
	if m.problem != jsonrpc.None {
		r.Text = m.problem.String()
	}
	if t.request.Details {
		r.Layers, err = m.layers(t)
	}
	return r, err
}

// summary counts.
func (t *mcpTraffic) summary(a *MCPTrafficAnswer) {
	s := &a.Summary
	s.Sessions, s.Messages = len(t.order), len(t.messages)
	var times []float64
	for _, x := range t.items {
		m := x.message
		if m == nil {
			s.Exchanges++
			continue
		}
		*map[string]*int{
			mcpSync: &s.Synchronisation, mcpRequest: &s.Requests, mcpResponse: &s.Responses, mcpNotification: &s.Notifications, mcpError: &s.Errors, mcpInvalid: &s.Invalid,
		}[m.category()]++
		if m.toolError {
			s.ToolErrors++
		}
		if m.status == "no_response" {
			s.Unanswered++
		}
		if ms, ok := m.latency(); ok {
			times = append(times, ms)
		}
	}
	s.P50MS, s.P95MS = middle(times)
	eras, content := map[string]int{}, false
	for _, x := range t.order {
		eras[x.row.Era]++
		content = content || x.row.Evidence == "content"
	}
	s.Eras = []string{}
	for _, era := range []string{"legacy", "http+sse", "modern", "unknown", "jsonrpc_generic", "hidden"} {
		if n := eras[era]; n > 0 {
			s.Eras = append(s.Eras, fmt.Sprintf("%s %d", era, n))
		}
	}
	switch a.Mode = "content"; {
	case t.request.Mode == "metadata", eras["hidden"] > 0 && !content:
		a.Mode = "metadata"
	case eras["hidden"] > 0:
		a.Mode = "both"
	}
}

// middle gives the median and the 95th percentile, by nearest rank.
func middle(times []float64) (p50, p95 *float64) {
	if len(times) == 0 {
		return nil, nil
	}
	slices.Sort(times)
	rank := func(percent int) *float64 {
		v := times[max((len(times)*percent+99)/100, 1)-1]
		return &v
	}
	return rank(50), rank(95)
}

// sessionRows describes the sessions.
func (t *mcpTraffic) sessionRows(a *MCPTrafficAnswer) error {
	for _, s := range t.order {
		if len(a.Sessions) == maxMCPSessions {
			a.Hints = append(a.Hints, fmt.Sprintf("%d of %d sessions are described", maxMCPSessions, len(t.order)))
			break
		}
		s.row.Secrets = s.secrets()
		var err error
		switch {
		case !t.request.Details:
		case s.first != nil:
			s.row.Layers, err = s.first.layers(t)
		case len(s.exchanges) > 0:
			g := s.exchanges[0]
			s.row.Layers, err = t.layers(mcpPlace{g.conn, g.side, g.first, g.frame, g.offset})
		}
		if err != nil {
			return err
		}
		a.Sessions = append(a.Sessions, s.row)
	}
	return nil
}

// tools sums up calls by method, and those of tools by tool, the most called first.
func (t *mcpTraffic) tools() []MCPToolRow {
	type key struct{ method, name string }
	rows, times := map[key]*MCPToolRow{}, map[key][]float64{}
	for _, m := range t.messages {
		if m.kind != jsonrpc.Request {
			continue
		}
		k := key{method: m.method}
		if m.method == "tools/call" {
			k.name = m.name
		}
		r := rows[k]
		if r == nil {
			r = &MCPToolRow{Method: k.method, Name: k.name}
			rows[k] = r
		}
		r.Calls++
		if m.status == "error" || m.status == "tool_error" {
			r.Failed++
		}
		if ms, ok := m.latency(); ok {
			times[k] = append(times[k], ms)
		}
	}
	out := make([]MCPToolRow, 0, len(rows))
	for k, r := range rows {
		r.P50MS, r.P95MS = middle(times[k])
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b MCPToolRow) int {
		return cmp.Or(-cmp.Compare(a.Calls, b.Calls), cmp.Compare(a.Method, b.Method), cmp.Compare(a.Name, b.Name))
	})
	return out[:min(len(out), maxMCPTools)]
}

// limits says what the answer cannot know.
func (t *mcpTraffic) limits(a *MCPTrafficAnswer) {
	a.Limits = []string{}
	say := func(format string, args ...any) { a.Limits = append(a.Limits, fmt.Sprintf(format, args...)) }
	if t.request.Mode != "metadata" {
		say("content is read from HTTP/1, events, WebSocket and lines of JSON on TCP; HTTP/2 and HTTP/3 are not, nor is what stdio carries")
	}
	if a.Summary.Exchanges > 0 || a.Mode != "content" {
		say("from lengths and times of TLS records no method, name, identifier, success or error can be told, nor whether it is MCP at all; the confidence is never above medium")
		say("requests that overlap, records that hold several messages or padding, and session tickets make exchanges and their sizes wrong; versions since 2026-07-28 have no handshake, so that its absence says nothing")
	}
	if t.hidden > 0 {
		a.Hints = append(a.Hints, fmt.Sprintf("%d TLS connections without a sign of MCP are left out; name them, or ask with mode metadata", t.hidden))
	}
	if a.Summary.Exchanges > 0 {
		a.Hints = append(a.Hints, "what TLS hides cannot be read without its keys: record the traffic in the clear, behind the end of TLS, to see the messages")
	}
	if t.capped {
		a.Hints = append(a.Hints, "the capture has more messages, events or records than are analysed at once; name connections")
	}
	if len(t.items) == 0 {
		a.Hints = append(a.Hints, "no message of JSON-RPC was found")
	}
}
