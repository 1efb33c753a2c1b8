package query

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"

	"pcapidx/index"
	"pcapidx/ingest/jsonrpc"
)

// Bounds of an analysis.
const (
	maxMCPMessages  = 200_000
	maxMCPExchanges = 200_000
)

// mcpScan collects what may be MCP.
type mcpScan struct {
	*mcpTraffic
	open    map[uint32]*mcpHTTP        // exchanges by the number of the request
	pending map[[2]uint32][]*mcpEvents // events by connection and side, whose answer has not ended
	sockets map[uint32]*mcpHTTP        // by connection: the exchange that became a WebSocket
	all     int
}

// mcpEvents is an event of a stream and the messages in it.
type mcpEvents struct {
	kind, data string
	messages   []*mcpMessage
}

func newMCPScan(t *mcpTraffic) *mcpScan {
	return &mcpScan{mcpTraffic: t, open: map[uint32]*mcpHTTP{}, pending: map[[2]uint32][]*mcpEvents{}, sockets: map[uint32]*mcpHTTP{}}
}

// read walks the messages that carry JSON-RPC, in the order in which they were decoded.
func (s *mcpScan) read(ctx context.Context) error {
	wish := index.MessageWish{
		Protocols: []string{"http", "sse", "websocket", "jsonrpc"},
		Fields: []string{
			"http.request.method", "http.request.uri", "http.host", "http.request.line", "http.response.line", "http.response.code", "sse.event", "sse.id",
			"websocket.opcode", "websocket.mask",
		},
	}
	n := 0
	var failed error
	err := s.capture.EachMessage(1, wish, func(m *index.Message) bool {
		if n++; n&0xff == 0 {
			failed = ctx.Err()
		}
		if failed == nil && m.Conn != index.NoConnection && (s.only == nil || s.only.Contains(m.Conn)) {
			failed = s.take(m)
		}
		return failed == nil && !s.capped
	})
	if failed != nil {
		return failed
	}
	return err
}

func (s *mcpScan) take(m *index.Message) error {
	switch {
	case m.Protocol == "http" && m.Kind == index.Request:
		return s.asked(m)
	case m.Protocol == "http" && m.Kind == index.Response:
		return s.answered(m)
	case m.Protocol == "sse":
		return s.event(m)
	case m.Protocol == "websocket" && m.TextBytes > 0:
		return s.socket(m)
	case m.Protocol == "jsonrpc" && m.TextBytes > 0:
		return s.raw(m)
	}
	return nil
}

// texts gives the messages of JSON-RPC in the text of a message, none if it holds none.
// certain: the text must be JSON-RPC, so that what is not is invalid.
func (s *mcpScan) texts(m *index.Message, carrier string, certain bool) ([]*mcpMessage, error) {
	text, err := s.capture.MessageText(m.Number)
	if err != nil {
		return nil, err
	}
	return s.parse(m, text, carrier, certain), nil
}

func (s *mcpScan) parse(m *index.Message, text []byte, carrier string, certain bool) []*mcpMessage {
	text = bytes.TrimPrefix(bytes.TrimLeft(text, " \t\r\n"), []byte("\xef\xbb\xbf"))
	if len(text) == 0 || !certain && (text[0] != '{' && text[0] != '[' || !bytes.Contains(text, []byte(`"jsonrpc"`))) {
		return nil
	}
	list, batch := jsonrpc.Read(text)
	out := make([]*mcpMessage, 0, len(list))
	for i := range list {
		if s.all++; s.all > maxMCPMessages {
			s.capped = true
			break
		}
		p := newMCPMessage(m, &list[i], carrier)
		p.batch = batch
		if len(text) >= index.MaxText && p.problem == jsonrpc.Cut {
			p.oversized = true
		}
		out = append(out, p)
	}
	return out
}

// asked takes a request of HTTP.
func (s *mcpScan) asked(m *index.Message) error {
	h := &mcpHTTP{
		conn: m.Conn, side: m.Side, asked: m.Number, method: fieldText(m, "http.request.method"), host: fieldText(m, "http.host"), askedFrame: m.Frame,
	}
	h.path, h.query, _ = strings.Cut(fieldText(m, "http.request.uri"), "?")
	eachHeader(m, "http.request.line", func(name, value string) { h.requestLine(name, value, m.Frame) })
	if m.TextBytes > 0 && h.method == "POST" {
		var err error
		if h.messages, err = s.texts(m, "http", h.marked); err != nil {
			return err
		}
		for _, p := range h.messages {
			p.http = h
		}
	}
	if len(h.messages) == 0 && !h.marked && h.method != "POST" && h.method != "GET" {
		return nil
	}
	if len(s.open) >= maxMCPExchanges {
		s.capped = true
		return nil
	}
	s.open[m.Number] = h
	return nil
}

// answered takes an answer of HTTP, with the events that stand before it.
func (s *mcpScan) answered(m *index.Message) error {
	h := s.open[m.Request]
	if h == nil || m.Request == 0 {
		h = &mcpHTTP{conn: m.Conn, side: 1 - m.Side}
	}
	delete(s.open, m.Request)
	h.answered, h.outcome, h.answerFrame = m.Number, m.Outcome, m.Frame
	if code, ok := fieldNumber(m, "http.response.code"); ok {
		h.status = int(code)
	} else {
		h.status = statusNumber(m.Code)
	}
	if m.Object != nil {
		h.media = m.Object.Type
	}
	eachHeader(m, "http.response.line", h.responseLine)
	key := [2]uint32{m.Conn, uint32(m.Side)}
	events := s.pending[key]
	delete(s.pending, key)
	if h.media == "text/event-stream" {
		h.take(events)
	} else if m.TextBytes > 0 {
		list, err := s.texts(m, "http", h.marked && h.media == "application/json" && h.status == 200)
		if err != nil {
			return err
		}
		for _, p := range list {
			p.http = h
		}
		h.messages = append(h.messages, list...)
	}
	if h.status == 101 {
		s.sockets[m.Conn] = h
	}
	if h.isMCP() {
		s.calls = append(s.calls, h)
	}
	return nil
}

// event takes an event of a stream, which belongs to the answer that follows.
func (s *mcpScan) event(m *index.Message) error {
	e := &mcpEvents{kind: fieldText(m, "sse.event")}
	if m.TextBytes > 0 {
		text, err := s.capture.MessageText(m.Number)
		if err != nil {
			return err
		}
		if e.kind == "endpoint" {
			e.data = string(text[:min(len(text), 1024)])
		} else {
			e.messages = s.parse(m, text, "sse", false)
		}
	}
	for _, p := range e.messages {
		p.event, p.eventID = e.kind, fieldText(m, "sse.id")
	}
	if e.data == "" && len(e.messages) == 0 {
		return nil // of another use of events
	}
	if s.all++; s.all > maxMCPMessages {
		s.capped = true
	}
	key := [2]uint32{m.Conn, uint32(m.Side)}
	s.pending[key] = append(s.pending[key], e)
	return nil
}

// socket takes a message of a WebSocket. Only clients mask (RFC 6455, section 5.1).
func (s *mcpScan) socket(m *index.Message) error {
	list, err := s.texts(m, "websocket", false)
	masked, _ := fieldNumber(m, "websocket.mask")
	for _, p := range list {
		p.fromClient, p.told = masked != 0, true
		p.socket = s.sockets[m.Conn]
	}
	s.messages = append(s.messages, list...)
	return err
}

func (s *mcpScan) raw(m *index.Message) error {
	list, err := s.texts(m, "raw", true)
	if err != nil {
		return err
	}
	c, err := s.records.connection(m.Conn)
	if err != nil {
		return err
	}
	for _, p := range list {
		p.fromClient, p.told = m.Side == c.ClientSide(), true
		if m.Outcome == index.Partial || m.Outcome == index.Truncated {
			p.problem = max(p.problem, jsonrpc.Cut)
		}
	}
	s.messages = append(s.messages, list...)
	return nil
}

// join adds the exchanges whose answer was not seen, and puts all messages in the order
// of their frames.
func (s *mcpScan) join() {
	for _, h := range s.open {
		if h.isMCP() {
			s.calls = append(s.calls, h)
		}
	}
	for key, events := range s.pending { // the answer never ended, as where a decoder gave up
		h := &mcpHTTP{conn: key[0], side: 1 - index.Side(key[1]), media: "text/event-stream"}
		if h.take(events); h.isMCP() {
			s.calls = append(s.calls, h)
		}
	}
	slices.SortFunc(s.calls, func(a, b *mcpHTTP) int {
		return cmp.Or(cmp.Compare(max(a.asked, a.answered), max(b.asked, b.answered)), cmp.Compare(a.conn, b.conn), cmp.Compare(a.side, b.side))
	})
	for _, h := range s.calls {
		for _, p := range h.messages {
			if !p.told {
				p.fromClient, p.told = p.side == h.side, true
			}
		}
		s.messages = append(s.messages, h.messages...)
	}
	slices.SortStableFunc(s.messages, func(a, b *mcpMessage) int {
		return cmp.Or(cmp.Compare(a.frame, b.frame), cmp.Compare(a.number, b.number))
	})
}
