package query

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"pcapidx/index"
)

// MessagesRequest asks what was said: the messages of application protocols, of a
// capture or of one connection.
type MessagesRequest struct {
	Capture    string `json:"capture" jsonschema:"name, id or id prefix"`
	Connection string `json:"connection,omitempty" jsonschema:"number of a connection; without it all are meant"`
	Protocol   string `json:"protocol,omitempty" jsonschema:"http, dns, tls; several with commas"`
	Filter     string `json:"filter,omitempty" jsonschema:"Wireshark display filter that the message's frame must match"`
	// Status keeps messages of one status (MessageRow.Status), Warned those with a
	// warning.
	Status string `json:"status,omitempty" jsonschema:"keep one status: ok, error, no_response, truncated, partial, aborted, malformed, orphan_response, unknown"`
	Warned bool   `json:"warned,omitempty" jsonschema:"keep those with a warning"`
	// Message asks for one message by its number.
	Message uint32 `json:"message,omitempty" jsonschema:"number of one message"`
	// Details adds the fields and the beginning of the text of bodies.
	Details bool `json:"details,omitempty" jsonschema:"add fields and text"`
	// TextOffset and TextLimit choose the part of the text of bodies, in bytes.
	TextOffset int  `json:"text_offset,omitempty" jsonschema:"where to begin in the text of bodies"`
	TextLimit  int  `json:"text_limit,omitempty" jsonschema:"most bytes of text to give of each message; 0 means 2000"`
	Reveal     bool `json:"reveal,omitempty" jsonschema:"show passwords and tokens instead of their length"`
	Page
}

// textPage is how much text of a message is shown when no limit was asked for.
const textPage = 2000

// MessageRow is one message.
type MessageRow struct {
	Number     uint32    `json:"message"` // its number in the capture
	Frame      uint32    `json:"frame"`   // of its last byte
	First      uint32    `json:"first_frame,omitempty"`
	Connection *uint32   `json:"connection,omitempty"`
	RelS       Seconds   `json:"rel_s"` // of its first byte, since frame 1
	Time       Timestamp `json:"time,omitempty"`
	DurationMS float64   `json:"duration_ms,omitempty"` // from its first byte to its last
	Protocol   string    `json:"protocol"`
	From       string    `json:"from"`
	To         string    `json:"to"`
	Kind       string    `json:"kind"` // request, response, notice, continues, conclusion
	Bytes      uint64    `json:"bytes"`
	Summary    string    `json:"summary"`
	// Status: ok, error, truncated, partial, aborted, malformed; of requests that of
	// their answer, or no_response, or unknown where the capture cannot tell; of
	// answers without a request orphan_response.
	Status string `json:"status"`
	Code   string `json:"code,omitempty"` // of an answer
	// Request and Response are the numbers of the messages that belong to it, and
	// LatencyMS the time from the last byte of the request to the first of the answer.
	Request   uint32           `json:"request,omitempty"`
	Response  uint32           `json:"response,omitempty"`
	LatencyMS *float64         `json:"latency_ms,omitempty"`
	Warnings  []MessageWarning `json:"warnings,omitempty"`
	Object    *MessageObject   `json:"object,omitempty"`
	Fields    []DecodedField   `json:"fields,omitempty"`
	// Text is decoded text of the body, if it is text; TextBytes is how long it is.
	Text       string `json:"text,omitempty"`
	TextBytes  int    `json:"text_bytes,omitempty"`
	TextOffset int    `json:"text_offset,omitempty"`
	TextCut    bool   `json:"text_cut,omitempty"` // more follows
}

// MessageWarning is something odd about a message.
type MessageWarning struct {
	Code     string   `json:"code"`
	Severity string   `json:"severity"`
	Text     string   `json:"text"`
	Frames   []uint32 `json:"frames"`
}

// MessageObject is a file that a message carried.
type MessageObject struct {
	Name     string `json:"name,omitempty"`
	Type     string `json:"type,omitempty"`    // as declared
	Sniffed  string `json:"sniffed,omitempty"` // as its first bytes look
	Size     uint64 `json:"size"`              // bytes, decoded
	SHA256   string `json:"sha256"`
	Wire     uint64 `json:"wire_bytes"` // as the stream carried it
	Expected *int64 `json:"expected_bytes,omitempty"`
	Coding   string `json:"coding,omitempty"`
	Verdict  string `json:"verdict"`
}

// MessagesAnswer is a page of messages, in the order of their frames.
type MessagesAnswer struct {
	Capture string       `json:"capture"`
	Rows    []MessageRow `json:"rows"`
	// Application says what is known of the connection asked.
	Application *ApplicationRow `json:"application,omitempty"`
	Paged
}

// messageStatuses lists what MessageRow.Status may be.
func messageStatuses() []string {
	return []string{"ok", "error", "no_response", "truncated", "partial", "aborted", "malformed", "orphan_response", "unknown"}
}

// Messages lists messages. Total is a lower bound where more follow.
func (e *Engine) Messages(ctx context.Context, q MessagesRequest) (*MessagesAnswer, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	f, x, entry, err := e.openFiltered(q.Capture, q.Filter)
	if err != nil {
		return nil, err
	}
	defer x.Close()
	shape := strings.Join([]string{"messages", q.Connection, q.Protocol, q.Filter, q.Status, strconv.FormatBool(q.Warned)}, "\x00")
	after, err := parseCursor(q.Cursor, shape, []string{entry.Build})
	if err != nil {
		return nil, err
	}
	s, err := newMessageScan(ctx, x, &q, f)
	if err != nil {
		return nil, wrap(err)
	}
	a := &MessagesAnswer{Capture: entry.ID, Rows: []MessageRow{}}
	last, before := rowKey{}, 0
	if after != nil {
		last, before = *after, int(after.value)
	}
	more := false
	err = s.each(ctx, last.capture, last.number, func(m *index.Message, answer *index.Message) (bool, error) {
		if q.Limit > 0 && len(a.Rows) == q.Limit {
			more = true
			return false, nil
		}
		row, err := s.row(m, answer)
		if err != nil || row == nil {
			return err == nil, err
		}
		a.Rows = append(a.Rows, *row)
		last = rowKey{value: uint64(before + len(a.Rows)), capture: int(m.Frame), number: m.Number}
		return true, nil
	})
	if err != nil {
		return nil, wrap(err)
	}
	a.Returned, a.Total, a.TotalExact = len(a.Rows), before+len(a.Rows), !more
	if more {
		a.NextCursor = formatCursor(shape, []string{entry.Build}, last)
	}
	if s.connection != nil {
		if a.Application, err = applicationOf(x, s.connection.Number); err != nil {
			return nil, wrap(err)
		}
	}
	s.hint(a, &q)
	return a, nil
}

func (q *MessagesRequest) check() error {
	if err := q.Page.check(); err != nil {
		return err
	}
	names := messageProtocols()
	for _, word := range splitList(q.Protocol) {
		if !slices.Contains(names, word) {
			return UnknownWord("protocol", word, names)
		}
	}
	switch {
	case q.Status != "" && !slices.Contains(messageStatuses(), q.Status):
		return UnknownWord("status", q.Status, messageStatuses())
	case q.TextOffset < 0 || q.TextLimit < 0:
		return badRequest("give 0 or a positive number of bytes", "the part of the text is negative")
	}
	if q.TextLimit == 0 {
		q.TextLimit = textPage
	}
	return nil
}
