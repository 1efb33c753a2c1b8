package query

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"pcapidx/index"
	"pcapidx/ingest/jsonrpc"
)

// maxMCPOdd bounds the diagnostics of an answer.
const maxMCPOdd = 200

// odd notes something odd about a session, with frames that show it. Equal things are
// counted.
func (t *mcpTraffic) odd(code, severity string, s *mcpSession, text string, frames ...uint32) {
	key := fmt.Sprint(code, "\x00", s.key, "\x00", text)
	d := t.odds[key]
	if d == nil {
		if len(t.odds) >= maxMCPOdd {
			return
		}
		d = &MCPDiagnostic{Code: code, Severity: severity, Text: text}
		t.odds[key], t.about[d] = d, s
	}
	d.Count++
	for _, f := range frames {
		if f > 0 && len(d.Frames) < index.MaxEvidence && !slices.Contains(d.Frames, f) {
			d.Frames = append(d.Frames, f)
		}
	}
}

// diagnose looks at the sessions of MCP; of other JSON-RPC only numbers are told.
func (t *mcpTraffic) diagnose() {
	for _, s := range t.order {
		if !s.mcp || s.row.Evidence == "metadata" {
			continue
		}
		t.diagnoseHandshake(s)
		t.diagnoseClear(s)
		for _, h := range s.calls {
			t.diagnoseHTTP(s, h)
		}
		for _, m := range s.messages {
			t.diagnoseMessage(s, m)
		}
	}
	for _, d := range t.odds {
		d.Session = t.about[d].row.Session
		slices.Sort(d.Frames)
		t.found = append(t.found, *d)
	}
	rank := []string{"error", "warn", "note", "info"}
	slices.SortFunc(t.found, func(a, b MCPDiagnostic) int {
		return cmp.Or(cmp.Compare(slices.Index(rank, a.Severity), slices.Index(rank, b.Severity)), cmp.Compare(a.Session, b.Session),
			cmp.Compare(a.Code, b.Code), cmp.Compare(a.Text, b.Text))
	})
}

// diagnoseHandshake: a legacy session begins with initialize, its result, and
// notifications/initialized (lifecycle, 2025-11-25).
func (t *mcpTraffic) diagnoseHandshake(s *mcpSession) {
	r := &s.row
	switch r.Handshake {
	case "unanswered":
		t.odd("mcp.handshake_incomplete", "warn", s, "initialize has no answer", s.initialize.frame)
	case "failed":
		t.odd("mcp.handshake_incomplete", "warn", s, "initialize failed", s.initialize.frame, s.initialize.answer.frame)
	case "not_confirmed":
		t.odd("mcp.handshake_incomplete", "note", s, "the client never sent notifications/initialized", s.initialize.frame, s.initialized.frame)
	}
	if s.initialized != nil && r.Asked != "" && r.Version != r.Asked {
		t.odd("mcp.version_negotiated", "info", s, "the server chose another version of the protocol than the client asked for", s.initialize.frame, s.initialized.frame)
	}
	for _, m := range s.messages {
		if r.Handshake == "" || s.initialize == nil || m.kind != jsonrpc.Request || !m.fromClient || m.method == "initialize" || m.method == "ping" || m.method == "server/discover" {
			continue
		}
		switch {
		case m.frame < s.initialize.frame:
			t.odd("mcp.request_before_initialize", "warn", s, "requests came before initialize", m.frame)
		case s.confirmed != nil && m.frame < s.confirmed.frame, s.initialized == nil || m.frame < s.initialized.frame:
			t.odd("mcp.request_before_initialized", "note", s, "requests came before notifications/initialized", m.frame)
		}
	}
}

// diagnoseMessage looks at one message.
func (t *mcpTraffic) diagnoseMessage(s *mcpSession, m *mcpMessage) {
	switch {
	case m.kind == jsonrpc.Invalid:
		t.odd("mcp.invalid", "warn", s, "messages are no valid JSON-RPC 2.0: "+cmp.Or(m.problem.String(), "their members contradict each other"), m.frame)
	case m.rpc != "2.0":
		t.odd("mcp.invalid", "warn", s, "messages do not say that they are JSON-RPC 2.0", m.frame)
	case m.status == "no_response":
		t.odd("mcp.no_response", "warn", s, "requests have no answer", m.frame)
	case m.status == "orphan_response":
		t.odd("mcp.orphan_response", "note", s, "answers have no request in the capture", m.frame)
	case m.kind == jsonrpc.Failure:
		t.diagnoseError(s, m)
	case m.toolError:
		t.odd("mcp.tool_error", "note", s, "results say that the tool failed (isError)", m.frame)
	}
	if m.problem == jsonrpc.Cut && m.kind != jsonrpc.Invalid {
		t.odd("mcp.cut", "note", s, "messages are not whole", m.frame)
	}
	if m.oversized || m.size > mcpLarge {
		t.odd("mcp.oversized", "note", s, fmt.Sprintf("messages are larger than %d bytes", mcpLarge), m.frame)
	}
	if m.twice > 0 {
		t.odd("mcp.duplicate_member", "note", s, "members stand twice in a message; the last one counts here, others may take the first", m.frame)
	}
	if m.kind == jsonrpc.Request && (m.idKind == jsonrpc.NullID || m.idKind == jsonrpc.OtherID) {
		t.odd("mcp.bad_id", "warn", s, "the identifier of requests is neither a text nor a number", m.frame)
	}
	if m.batch > 0 && s.row.Version != "2025-03-26" {
		t.odd("mcp.batch_not_allowed", "warn", s, "lists of messages: only version 2025-03-26 has them", m.frame)
	}
	if m.kind == jsonrpc.Request && !m.fromClient && s.row.Era == "modern" {
		t.odd("mcp.server_request_in_modern", "warn", s, "the server sends requests of its own, which this version does not have", m.frame)
	}
	if m.method == "notifications/cancelled" {
		t.odd("mcp.cancelled", "info", s, "requests were cancelled", m.frame)
	}
	if ms, ok := m.latency(); ok && ms > t.request.SlowMS {
		t.odd("mcp.slow", "note", s, fmt.Sprintf("answers took longer than %g ms", t.request.SlowMS), m.frame, m.answer.frame)
	}
	for i := range m.odd {
		t.odd("mcp.suspicious_text", "warn", s, fmt.Sprintf("a text for the model, %s of the list: %s", m.odd[i].what, m.odd[i].counts.words()), m.frame)
	}
	t.diagnoseHeaders(s, m)
}

// mcpLarge is above how many bytes a message is noted for its size.
const mcpLarge = 1 << 20

func (t *mcpTraffic) diagnoseError(s *mcpSession, m *mcpMessage) {
	switch m.code {
	case codeMethodNotFound:
		t.odd("mcp.method_not_found", "note", s, "the other side does not know a method (-32601)", m.frame)
	case codeUnsupportedVersion:
		t.odd("mcp.version_mismatch", "warn", s, "the server does not speak the version that a request names (-32022)", m.frame)
	case codeHeaderMismatch:
		t.odd("mcp.header_mismatch", "warn", s, "the server says that header lines and message contradict each other (-32020)", m.frame)
	default:
		t.odd("mcp.rpc_error", "warn", s, "errors with code "+cmp.Or(m.code, "none"), m.frame)
	}
}

// diagnoseHeaders compares a request with the header lines that name it (streamable
// HTTP, 2026-07-28).
func (t *mcpTraffic) diagnoseHeaders(s *mcpSession, m *mcpMessage) {
	h := m.http
	if h == nil || m.carrier != "http" || !m.fromClient || m.kind != jsonrpc.Request || m.batch > 0 {
		return
	}
	if h.version != "" && m.version != "" && m.method != "initialize" && h.version != m.version {
		t.odd("mcp.version_mismatch", "warn", s, "MCP-Protocol-Version and the version in the message differ", m.frame)
	} else if h.version != "" && s.row.Era == "legacy" && s.initialized != nil && m.frame > s.initialized.frame && h.version != s.row.Version {
		t.odd("mcp.version_mismatch", "warn", s, "MCP-Protocol-Version is not the version that was agreed on", m.frame)
	}
	if h.rpcMethod != "" && h.rpcMethod != m.method || h.rpcName != "" && m.rawName != "" && headerValue(h.rpcName) != m.rawName {
		t.odd("mcp.header_mismatch", "warn", s, "Mcp-Method or Mcp-Name differs from the message", m.frame)
	}
}

// headerValue undoes the encoding of values that a header line cannot hold.
func headerValue(value string) string {
	const begin, end = "=?base64?", "?="
	if coded, ok := strings.CutPrefix(value, begin); ok {
		if b, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(coded, end)); err == nil {
			return string(b)
		}
	}
	return value
}

// diagnoseHTTP looks at one exchange of HTTP.
func (t *mcpTraffic) diagnoseHTTP(s *mcpSession, h *mcpHTTP) {
	calls, answers := 0, 0
	initialize := false
	for _, m := range h.messages {
		if m.fromClient && m.kind == jsonrpc.Request {
			calls++
			initialize = initialize || m.method == "initialize"
		}
		if m.request != nil && m.request.http == h {
			answers++
		}
	}
	accept := strings.ToLower(h.accept)
	both := strings.Contains(accept, "*/*") || strings.Contains(accept, "application/json") && strings.Contains(accept, "text/event-stream")
	if h.method == "POST" && calls > 0 && s.row.Era != "http+sse" && !both {
		t.odd("mcp.bad_accept", "note", s, "Accept does not list both application/json and text/event-stream", h.askedFrame)
	}
	if h.media == "text/event-stream" && calls > answers && h.answered != 0 && h.outcome != index.Partial {
		who := "ended"
		if h.outcome == index.Aborted {
			who = "was closed by the client"
		}
		t.odd("mcp.sse_cut", "warn", s, "a stream of events "+who+" before the answer came", h.askedFrame, h.answerFrame)
	}
	if h.resumes != "" {
		t.odd("mcp.resumed", "info", s, "the client goes on with a stream of events where it was broken (Last-Event-ID)", h.askedFrame)
	}
	if h.method == "DELETE" && h.session != "" {
		t.odd("mcp.session_closed", "info", s, "the client ended the session (DELETE)", h.askedFrame)
	}
	t.diagnoseStatus(s, h, initialize)
}

func (t *mcpTraffic) diagnoseStatus(s *mcpSession, h *mcpHTTP, initialize bool) {
	frames := []uint32{h.askedFrame, h.answerFrame}
	switch {
	case h.status == http.StatusUnauthorized:
		text := "the server demands authorization (401)"
		if h.challenge {
			text += " and says how (WWW-Authenticate)"
		}
		t.odd("mcp.auth_401", "warn", s, text, frames...)
	case h.status == http.StatusForbidden && h.origin:
		t.odd("mcp.origin_403", "warn", s, "the server refuses a request that names its origin (403)", frames...)
	case h.status == http.StatusNotFound && h.session != "" && !h.inAnswer:
		t.odd("mcp.session_lost", "warn", s, "the server does not know the session any more (404)", frames...)
	case (h.status == http.StatusBadRequest || h.status == http.StatusMethodNotAllowed) && initialize:
		t.odd("mcp.legacy_client_modern_server", "warn", s, fmt.Sprintf("the server refuses initialize (%d): it may know only versions without it", h.status), frames...)
	case h.status == http.StatusMethodNotAllowed && h.method == "GET":
		t.odd("mcp.no_stream", "info", s, "the server offers no stream of events (405)", frames...)
	case h.status >= 400 && !slices.ContainsFunc(h.messages, func(m *mcpMessage) bool { return m.kind == jsonrpc.Failure }):
		t.odd("mcp.http_error", "warn", s, fmt.Sprintf("the server answers with status %d", h.status), frames...)
	}
}

// diagnoseClear: what is sent in the clear beyond this host can be read by others.
func (t *mcpTraffic) diagnoseClear(s *mcpSession) {
	for _, conn := range s.row.Connections {
		c, err := t.records.connection(conn)
		if err != nil || scopeOf(c.Server().Addr()) == "loopback" {
			return
		}
	}
	t.odd("mcp.cleartext_remote", "warn", s, "messages went over a network in the clear", s.row.FirstFrame)
	for _, x := range s.secrets() {
		t.odd("mcp.token_in_clear", "warn", s, fmt.Sprintf("%s, a secret of %d bytes, went over a network in the clear", x.What, x.Bytes), x.Frame)
	}
}

// latency gives the time from the last byte of a request to the last of its answer.
func (p *mcpMessage) latency() (ms float64, ok bool) {
	if p.kind != jsonrpc.Request || p.answer == nil || p.answer.end < p.end {
		return 0, false
	}
	return milliseconds(int64(p.answer.end - p.end)), true
}
