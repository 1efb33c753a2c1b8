package query

import (
	"context"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/RoaringBitmap/roaring/v2"

	"pcapidx/index"
	"pcapidx/query/filter"
)

// messageScan walks the messages that a request asks for and describes them.
type messageScan struct {
	capture    Capture
	request    *MessagesRequest
	protocols  []string          // asked, none: all
	connection *index.Connection // asked, or nil
	frames     *roaring.Bitmap   // nil: all
	reader     messageReader
	tables     *tables
	ends       endsReader
	patience   map[string]index.Time // by protocol
	texts      messageTexts
}

func newMessageScan(ctx context.Context, x Capture, q *MessagesRequest, f *filter.Filter) (*messageScan, error) {
	s := &messageScan{
		capture: x, request: q, protocols: splitList(q.Protocol), reader: messageReader{capture: x}, tables: newTables(x), ends: endsReader{capture: x},
		patience: patiences(), texts: newMessageTexts(q.Reveal),
	}
	var err error
	if q.Connection != "" {
		if s.connection, err = connectionNamed(x, q.Connection); err != nil {
			return nil, err
		}
		if s.frames, err = framesOf(x, s.connection); err != nil {
			return nil, err
		}
	}
	if f.Root == nil {
		return s, nil
	}
	m, found := newMatcher(x, f), roaring.New()
	err = m.eachFound(ctx, func(segment uint16, frames *roaring.Bitmap) error {
		found.Or(roaring.AddOffset64(frames, int64(segment)*index.SegmentFrames+1))
		return nil
	})
	s.frames = narrowed(s.frames, found)
	return s, err
}

// each calls yield for the wanted messages behind one of a frame, with the answer of
// each, in the order of frames.
func (s *messageScan) each(ctx context.Context, frame int, number uint32, yield func(m, answer *index.Message) (bool, error)) error {
	if n := s.request.Message; n != 0 {
		return s.one(n, yield)
	}
	var failed error
	seen := 0
	err := s.capture.EachFrameMessage(uint32(frame), func(f index.FrameMessage) bool {
		if seen++; seen&0xfff == 0 {
			if failed = ctx.Err(); failed != nil {
				return false
			}
		}
		if int(f.Frame) == frame && f.Number <= number || s.frames != nil && !s.frames.Contains(f.Frame) {
			return true
		}
		var more bool
		more, failed = s.visit(f, yield)
		return more && failed == nil
	})
	if failed != nil {
		return failed
	}
	return err
}

// one gives one message by its number.
func (s *messageScan) one(number uint32, yield func(m, answer *index.Message) (bool, error)) error {
	m, err := s.reader.message(number)
	if err != nil {
		return err
	}
	if m == nil {
		return &Error{Kind: NotFound, Msg: fmt.Sprintf("no message %d", number), Hint: "`pcapidx messages CAPTURE` lists them"}
	}
	f := index.FrameMessage{Frame: m.Frame, Number: number}
	err = s.capture.EachFrameMessage(m.Frame, func(c index.FrameMessage) bool {
		if c.Number == number {
			f = c
		}
		return c.Frame == m.Frame && c.Number != number
	})
	if err == nil {
		_, err = s.visit(f, yield)
	}
	return err
}

func (s *messageScan) visit(f index.FrameMessage, yield func(m, answer *index.Message) (bool, error)) (bool, error) {
	m, err := s.reader.message(f.Number)
	if err != nil || m == nil {
		return err == nil, err
	}
	q := s.request
	if len(s.protocols) > 0 && !slices.Contains(s.protocols, m.Protocol) || q.Warned && len(m.Warnings) == 0 || s.connection != nil && m.Conn != s.connection.Number {
		return true, nil
	}
	var answer *index.Message
	if f.Answer != 0 {
		if answer, err = s.reader.message(f.Answer); err != nil {
			return false, err
		}
	}
	if q.Status != "" && s.status(m, answer) != q.Status {
		return true, nil
	}
	return yield(m, answer)
}

// status says how a message fared, with what became of it.
func (s *messageScan) status(m, answer *index.Message) string {
	switch {
	case m.Kind == index.Response && m.Request == 0 && m.Outcome == index.Fine:
		return "orphan_response"
	case m.Kind != index.Request || m.Outcome != index.Fine:
		return m.Outcome.String()
	case answer != nil:
		return answer.Outcome.String()
	case s.capture.Summary().End-m.End < s.patience[m.Protocol]:
		return "unknown" // the capture ends before the answer is late
	case s.ends.missing(m.Conn) > 0:
		return "unknown" // the answer may be among the missing bytes
	}
	return "no_response"
}

// row describes a message.
func (s *messageScan) row(m, answer *index.Message) (*MessageRow, error) {
	start, err := s.tables.start()
	if err != nil {
		return nil, err
	}
	r := &MessageRow{
		Number: m.Number, Frame: m.Frame, RelS: secondsBetween(start, m.Start), Time: stampOf(m.Start.UTC()), DurationMS: milliseconds(int64(m.End - m.Start)),
		Protocol: m.Protocol, Kind: m.Kind.String(), Bytes: m.Length, Summary: m.Summary, Status: s.status(m, answer), Code: m.Code, Request: m.Request,
	}
	if m.First != m.Frame {
		r.First = m.First
	}
	if m.Conn != index.NoConnection {
		n := m.Conn
		r.Connection = &n
	}
	if r.From, r.To, err = s.ends.of(m); err != nil {
		return nil, err
	}
	r.Warnings = warningRows(m)
	if answer != nil {
		r.Response = answer.Number
		ms := milliseconds(int64(answer.Start - m.End))
		r.LatencyMS = &ms
	}
	r.Object = objectOf(m.Object)
	if s.request.Details {
		r.Fields = s.texts.fields(m)
		if err := s.text(r, m); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func objectOf(o *index.Object) *MessageObject {
	if o == nil {
		return nil
	}
	out := &MessageObject{
		Name: o.Name, Type: o.Type, Sniffed: o.Sniff, Size: o.Size, SHA256: o.SHA256, Wire: o.Wire, Coding: o.Coding, Verdict: o.Verdict,
	}
	if o.Expected >= 0 {
		n := o.Expected
		out.Expected = &n
	}
	return out
}

// text adds the asked part of a body's text.
func (s *messageScan) text(r *MessageRow, m *index.Message) error {
	if r.TextBytes = int(m.TextBytes); r.TextBytes == 0 {
		return nil
	}
	text, err := s.capture.MessageText(m.Number)
	if err != nil || !utf8.Valid(text) || slices.Contains(text, 0) { // no text: its object tells what it is
		return err
	}
	from := min(s.request.TextOffset, len(text))
	to := min(from+s.request.TextLimit, len(text))
	for to > from && to < len(text) && !utf8.RuneStart(text[to]) {
		to--
	}
	r.Text, r.TextOffset, r.TextCut = string(text[from:to]), from, to < len(text)
	if !s.request.Reveal {
		around := max(0, from-redactAround)
		secrets := findSecrets(text[around:min(to+redactAround, len(text))])
		r.Text = hidden(text[from:to], within(secrets, from-around, to-around), func(b []byte) string { return string(b) })
	}
	return nil
}

// hint says what to know of an answer.
func (s *messageScan) hint(a *MessagesAnswer, q *MessagesRequest) {
	apps := s.capture.Summary().Applications
	switch {
	case apps == nil:
		return
	case apps.Dropped > 0:
		a.Hints = append(a.Hints, fmt.Sprintf("%d messages were left out: the index keeps %d", apps.Dropped, index.MaxMessages))
	case a.Total == 0 && q.Protocol != "" && !slices.ContainsFunc(apps.Protocols, func(p index.MessageProtocol) bool { return slices.Contains(s.protocols, p.Name) }):
		a.Hints = append(a.Hints, "the capture has no "+q.Protocol+"; it has "+protocolWords(apps.Protocols))
	}
}

// protocolWords names protocols with the number of their messages.
func protocolWords(all []index.MessageProtocol) string {
	if len(all) == 0 {
		return "no messages of a known protocol"
	}
	words := ""
	for i, p := range all {
		if i > 0 {
			words += ", "
		}
		words += fmt.Sprintf("%s (%d)", p.Name, p.Messages)
	}
	return words
}
