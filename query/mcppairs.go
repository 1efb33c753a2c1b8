package query

import (
	"cmp"
	"slices"

	"pcapidx/index"
	"pcapidx/ingest/jsonrpc"
)

// pair finds the answers of requests.
func (t *mcpTraffic) pair() {
	for _, m := range t.messages {
		s, from := m.session, 0
		if !m.fromClient {
			from = 1
		}
		switch m.kind {
		case jsonrpc.Request:
			if old := s.open[from][m.key]; old != nil && old.answer == nil && (old.http == nil || s.id) {
				t.odd("mcp.duplicate_id", "warn", s, "requests have the identifier of one that waits for its answer", old.frame, m.frame)
			}
			s.open[from][m.key] = m
		case jsonrpc.Response, jsonrpc.Failure:
			if asked := s.answered(m, 1-from); asked != nil {
				asked.answer, m.request = m, asked
				if asked.method == "initialize" && m.kind == jsonrpc.Response && s.initialized == nil {
					s.initialized = m
				}
			}
		}
	}
}

// answered finds the request that a message answers: first in its own exchange.
func (s *mcpSession) answered(m *mcpMessage, by int) *mcpMessage {
	if m.http != nil {
		for _, asked := range m.http.messages {
			if asked.kind == jsonrpc.Request && asked.key == m.key && asked.fromClient != m.fromClient && asked.answer == nil {
				return asked
			}
		}
	}
	asked := s.open[by][m.key]
	if asked == nil && m.idKind == jsonrpc.NullID && m.http != nil { // an error before the id was read
		for _, c := range m.http.messages {
			if c.kind == jsonrpc.Request && c.answer == nil {
				return c
			}
		}
	}
	if asked == nil || asked.answer != nil || asked.frame > m.frame {
		return nil
	}
	return asked
}

// settle says how each message fared and what each session is.
func (t *mcpTraffic) settle() error {
	for _, h := range t.calls { // exchanges without messages: streams, closing of sessions, refusals
		if _, err := t.sessionOf(h, h.conn); err != nil {
			return err
		}
	}
	for _, m := range t.messages {
		status, err := t.status(m)
		if err != nil {
			return err
		}
		m.status = status
	}
	for _, s := range t.order {
		s.settle()
	}
	slices.SortStableFunc(t.order, func(a, b *mcpSession) int { return cmp.Compare(a.row.FirstFrame, b.row.FirstFrame) })
	return nil
}

// mcpPatience is after how long a request counts as unanswered.
const mcpPatience = index.Time(30e9)

func (t *mcpTraffic) status(m *mcpMessage) (string, error) {
	switch {
	case m.kind == jsonrpc.Invalid:
		return m.problem.String(), nil
	case m.kind == jsonrpc.Notification:
		return "ok", nil
	case m.kind != jsonrpc.Request && m.request == nil:
		return "orphan_response", nil
	case m.kind == jsonrpc.Failure:
		return "error", nil
	case m.kind == jsonrpc.Response:
		if m.toolError {
			return "tool_error", nil
		}
		return "ok", nil
	case m.answer != nil:
		return t.status(m.answer)
	}
	if t.ends.missing(m.conn) > 0 {
		return "unknown", nil // the answer may be among the missing bytes
	}
	if h := m.http; h != nil && h.answered != 0 {
		switch over := h.outcome != index.Partial; {
		case h.status >= 300:
			return "http_error", nil
		case over && h.media == "application/json", over && h.media == "text/event-stream" && h.session == "":
			return "no_response", nil // of sessions the answer may come with another stream
		}
	}
	c, err := t.records.connection(m.conn)
	if err != nil {
		return "", err
	}
	closed := m.http == nil && slices.Contains([]string{"SF", "RSTO", "RSTR"}, c.State.String())
	if !closed && t.capture.Summary().End-m.end < mcpPatience {
		return "unknown", nil // the capture ends before the answer is late
	}
	return "no_response", nil
}

// settle completes the row of a session.
func (s *mcpSession) settle() {
	r := &s.row
	for _, h := range s.calls {
		s.mcp = s.mcp || h.marked
		if h.endpoint != "" {
			r.Era = "http+sse"
		}
		for _, x := range h.secrets {
			s.hold(x)
		}
		for _, f := range []uint32{h.askedFrame, h.answerFrame} {
			r.reach(f)
		}
		if h.version != "" && r.Version == "" {
			r.Version = cutBytes(h.version, 32)
		}
	}
	for _, m := range s.messages {
		r.Messages++
		r.reach(m.first)
		r.reach(m.frame)
		switch {
		case m.kind == jsonrpc.Request:
			r.Requests++
			if m.status == "no_response" {
				r.Unanswered++
			}
		case m.kind == jsonrpc.Failure, m.toolError:
			r.Failed++
		}
	}
	s.settleEra()
}

func (s *mcpSession) settleEra() {
	r := &s.row
	switch {
	case r.Era == "http+sse":
	case s.initialized != nil, s.id:
		r.Era = "legacy"
	case s.modern:
		r.Era = "modern"
	case s.initialize != nil:
		r.Era = "legacy"
	case !s.mcp:
		r.Era = "jsonrpc_generic"
	case r.Version != "" && r.Version < modernVersion:
		r.Era = "legacy"
	}
	if s.initialized != nil && s.initialized.version != "" {
		r.Version = s.initialized.version
	}
	if most := mostNamed(s.versions); r.Era == "modern" && most != "" {
		r.Version = most
	}
	if r.Era != "legacy" && r.Era != "http+sse" {
		return
	}
	switch {
	case s.initialize == nil:
		r.Handshake = "not_seen"
	case s.initialize.answer == nil:
		r.Handshake = "unanswered"
	case s.initialized == nil:
		r.Handshake = "failed"
	case s.confirmed == nil:
		r.Handshake = "not_confirmed"
	default:
		r.Handshake = "complete"
	}
}

// mostNamed gives the version that most requests name.
func mostNamed(versions map[string]int) (most string) {
	for v, n := range versions {
		if most == "" || n > versions[most] || n == versions[most] && v > most {
			most = v
		}
	}
	return most
}
