package proto

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
)

const (
	sseEvent = iota
	sseID
	sseRetry
)

// sseProtocol is the event stream format of server-sent events (WHATWG HTML, section
// 9.2). It comes in bodies of HTTP, whose decoder emits its messages: one for each
// event, with the event's data as text, ahead of the message of the answer.
func sseProtocol() Protocol {
	return Protocol{
		Name: "sse", Title: "Server-Sent Events",
		Fields: []Field{
			sseEvent: {Name: "sse.event", Kind: dissect.KindString, Listed: true, Doc: "Type of an event"},
			sseID:    {Name: "sse.id", Kind: dissect.KindString, Doc: "Identifier with which a client resumes"},
			sseRetry: {Name: "sse.retry", Kind: dissect.KindString, Doc: "Milliseconds after which a client comes again"},
		},
	}
}

// sseReader takes a body of events as it comes.
type sseReader struct {
	protocol *Protocol
	budget   *httpBudget
	stream   *Stream // where the bytes in hand came
	from, to Mark    // of the first and the last of the bytes in hand
	begun    bool
	lost     bool   // bytes are missing: up to the next empty line nothing is known
	afterCR  bool   // the last line ended in CR: an LF belongs to it
	line     []byte // first part of a line
	long     bool   // the line is longer than is kept
	event    sseParts
	events   int
}

// sseParts is the event in hand.
type sseParts struct {
	open            bool // a line of it came
	first           Mark
	size            uint64 // bytes, decoded, with line ends
	kind, id, retry string
	data            []byte
	lines           int // of data
	cut             bool
	charged         int // to budget.text
}

// sseName bounds the values of an event's other fields.
const sseName = 1 << 10

// at says where the bytes that come now are from.
func (r *sseReader) at(s *Stream, from, to Mark) { r.stream, r.from, r.to = s, from, to }

// write takes decoded bytes of the body.
func (r *sseReader) write(b []byte) {
	for len(b) > 0 {
		if r.afterCR && b[0] == '\n' {
			b = b[1:]
			r.afterCR = false
			continue
		}
		r.afterCR = false
		end := bytes.IndexAny(b, "\r\n")
		if end < 0 {
			r.keep(b)
			return
		}
		line := b[:end]
		if len(r.line) > 0 || r.long {
			r.keep(line)
			line = r.line
		}
		r.afterCR = b[end] == '\r'
		b = b[end+1:]
		r.take(line)
		r.line, r.long = r.line[:0], false
	}
}

// keep adds to the line in hand.
func (r *sseReader) keep(b []byte) {
	if !r.event.open && len(b) > 0 {
		r.event.open, r.event.first = true, r.from
	}
	n := min(len(b), index.MaxText-len(r.line))
	if n < len(b) {
		r.long = true
	}
	r.line = append(r.line, b[:n]...)
}

// take takes a line.
func (r *sseReader) take(line []byte) {
	e := &r.event
	if !r.begun {
		r.begun = true
		line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
	}
	e.size += uint64(len(line)) + 1
	if len(line) == 0 {
		r.dispatch()
		return
	}
	if !e.open {
		e.open, e.first = true, r.from
	}
	name, value, _ := bytes.Cut(line, []byte{':'})
	value = bytes.TrimPrefix(value, []byte{' '})
	switch string(name) {
	case "event":
		e.kind = clip(string(value), sseName)
	case "id":
		if bytes.IndexByte(value, 0) < 0 {
			e.id = clip(string(value), sseName)
		}
	case "retry":
		e.retry = clip(string(value), sseName)
	case "data":
		r.data(value)
	}
}

// data adds a line to the data of the event in hand.
func (r *sseReader) data(value []byte) {
	e := &r.event
	if e.lines++; e.lines > 1 {
		value = append([]byte{'\n'}, value...)
	}
	n := min(len(value), index.MaxText-len(e.data))
	if r.budget.text+n > httpTexts {
		n = 0
	}
	e.cut = e.cut || r.long || n < len(value)
	r.budget.text += n
	e.charged += n
	e.data = append(e.data, value[:n]...)
}

// dispatch ends an event at an empty line. One without data is none, but may tell an
// identifier or a time to wait.
func (r *sseReader) dispatch() {
	e := &r.event
	if !r.lost && (e.lines > 0 || e.id != "" || e.retry != "") {
		r.emit(index.Fine)
	}
	r.drop()
}

// drop forgets the event in hand.
func (r *sseReader) drop() {
	r.budget.text -= r.event.charged
	r.event, r.lost = sseParts{}, false
	if cap(r.line) > 64<<10 {
		r.line = nil
	}
}

// gap says that bytes of the body are missing.
func (r *sseReader) gap() {
	if r.event.open {
		r.emit(index.Partial)
	}
	r.drop()
	r.line, r.long, r.afterCR, r.lost, r.begun = r.line[:0], false, false, true, true
}

// end takes what is left when the body ends without an empty line.
func (r *sseReader) end(outcome index.Outcome) {
	if r.stream == nil {
		return
	}
	if len(r.line) > 0 {
		r.take(r.line)
		r.line = r.line[:0]
	}
	if r.event.open && !r.lost && r.event.lines > 0 {
		if outcome == index.Fine || outcome == index.Failed {
			outcome = index.Truncated
		}
		r.emit(outcome)
	}
	r.drop()
}

// emit stores the event in hand.
func (r *sseReader) emit(outcome index.Outcome) {
	e := &r.event
	r.events++
	m := r.stream.MessageOf(r.protocol, e.first)
	m.Kind, m.Outcome, m.Length = index.Continues, outcome, max(e.size, 1)
	kind := e.kind
	if kind == "" {
		kind = "message"
	}
	words := []string{fmt.Sprintf("event %s, %d bytes", clip(kind, 60), len(e.data))}
	if e.kind != "" {
		m.Str(sseEvent, e.kind)
	}
	if e.id != "" {
		m.Str(sseID, e.id)
		words = append(words, "id "+clip(e.id, 40))
	}
	if e.retry != "" {
		m.Str(sseRetry, e.retry)
	}
	if e.lines > 0 {
		m.Message.Text = slices.Clone(e.data)
	}
	if note := jsonRPCNote(m.Message.Text); note != "" {
		words = append(words, note)
	}
	m.Summary = summary(strings.Join(words, ", "))
	if e.cut {
		m.Warn("capped", index.SeverityNote, fmt.Sprintf("the data of the event is longer than what was kept: %d bytes", len(e.data)))
	}
	if outcome != index.Fine {
		m.Warn("sse.short", index.SeverityNote, fmt.Sprintf("the event has no end: %d bytes of its data were seen", len(e.data)))
	}
	r.stream.Emit(m, r.to)
}
