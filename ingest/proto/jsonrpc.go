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
	rpcMethod = iota
	rpcID
	rpcErrorCode
)

// jsonRPCProtocol is JSON-RPC 2.0 on a connection of its own: one JSON text after the
// other, parted by white space or nothing, or each with a Content-Length header as
// language servers have it.
func jsonRPCProtocol() Protocol {
	return Protocol{
		Name: "jsonrpc", Title: "JSON-RPC", On: Streams, Patience: 30e9,
		Fields: []Field{
			rpcMethod:    {Name: "jsonrpc.method", Kind: dissect.KindString, Listed: true, Doc: "Method that is called"},
			rpcID:        {Name: "jsonrpc.id", Kind: dissect.KindString, Doc: "Identifier that an answer repeats"},
			rpcErrorCode: {Name: "jsonrpc.error.code", Kind: dissect.KindString, Listed: true, Doc: "Code of an error"},
		},
		Detect: detectJSONRPC,
		New:    func() Decoder { return &jsonRPCStream{asked: [2]map[string]uint32{{}, {}}} },
	}
}

// detectJSONRPC: a JSON object, or a list, with the member that names the version.
func detectJSONRPC(h *Head) Verdict {
	for _, b := range [][]byte{h.Client, h.Server} {
		if bytes.HasPrefix(b, []byte("Content-Length:")) {
			if _, rest, ok := bytes.Cut(b, []byte("\r\n\r\n")); ok {
				b = rest
			} else {
				return More
			}
		}
		b = bytes.TrimLeft(b, " \t\r\n")
		if len(b) == 0 {
			continue
		}
		if b[0] != '{' && b[0] != '[' {
			return No
		}
		head := b[:min(len(b), 512)]
		if bytes.Contains(head, []byte(`"jsonrpc"`)) && bytes.Contains(head, []byte(`2.0`)) {
			return Yes
		}
		if rest := bytes.TrimLeft(b[1:], " \t\r\n"); len(rest) > 0 && rest[0] != '"' && rest[0] != '{' {
			return No
		}
		// JSON-RPC 1.0 has no version, but method and params, or result and error.
		if bytes.Contains(head, []byte(`"id"`)) && (bytes.Contains(head, []byte(`"method"`)) && bytes.Contains(head, []byte(`"params"`)) ||
			bytes.Contains(head, []byte(`"result"`)) && bytes.Contains(head, []byte(`"error"`))) {
			return Yes
		}
		if len(b) < 512 && b[len(b)-1] != '\n' {
			return More
		}
	}
	return No
}

// jsonRPCStream decodes one connection.
type jsonRPCStream struct {
	asked [2]map[string]uint32 // by side of the caller: numbers of calls by their ids
	texts [2]jsonText
}

// jsonText is a JSON text whose bytes come in pieces.
type jsonText struct {
	open            bool
	first, last     Mark
	bytes           []byte // at most index.MaxText of them
	size            uint64
	depth           int
	quoted, escaped bool
}

// rpcAsked bounds the calls that wait for an answer, of each side.
const rpcAsked = 1024

// end looks for the end of the text in more of its bytes: how many are its, and whether
// it is over.
func (j *jsonText) end(data []byte) (n int, done bool) {
	for i, c := range data {
		switch {
		case j.escaped:
			j.escaped = false
		case j.quoted && c == '\\':
			j.escaped = true
		case c == '"':
			j.quoted = !j.quoted
		case j.quoted:
		case c == '{' || c == '[':
			j.depth++
		case c == '}' || c == ']':
			if j.depth--; j.depth <= 0 {
				return i + 1, true
			}
		}
	}
	return len(data), false
}

// Decode implements Decoder. Texts are taken as they come.
func (d *jsonRPCStream) Decode(s *Stream, data []byte) int {
	j := &d.texts[s.Side()]
	at := 0
	for at < len(data) {
		if !j.open {
			if data[at] != '{' && data[at] != '[' {
				n := between(data[at:])
				if n == 0 {
					break
				}
				at += n
				continue
			}
			*j = jsonText{open: true, first: s.At(at), bytes: j.bytes[:0]}
		}
		n, done := j.end(data[at:])
		j.bytes = append(j.bytes, data[at:at+min(n, index.MaxText-len(j.bytes))]...)
		j.size += uint64(n)
		at += n
		j.last = s.At(at - 1)
		if done {
			d.message(s, j)
		}
	}
	return at
}

// Held implements Holder.
func (d *jsonRPCStream) Held() int { return cap(d.texts[0].bytes) + cap(d.texts[1].bytes) }

// between passes over what stands between texts: white space, a header, or after a gap
// anything up to the next line that begins an object.
func between(data []byte) int {
	if n := len(data) - len(bytes.TrimLeft(data, " \t\r\n")); n > 0 {
		return n
	}
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1
	}
	if len(data) > 4<<10 {
		return len(data)
	}
	return 0
}

// message emits the text in hand.
func (d *jsonRPCStream) message(s *Stream, t *jsonText) {
	m := s.Message(t.first)
	m.Length, m.Message.Text = t.size, t.close()
	j, ok := readJSONRPC(m.Message.Text)
	switch {
	case !ok && t.size > index.MaxText:
		m.Summary = fmt.Sprintf("JSON text of %d bytes", t.size)
		m.Warn("jsonrpc.oversized", index.SeverityNote, fmt.Sprintf("the text has %d bytes; the first %d of them were kept and it was not looked into", t.size, len(m.Message.Text)))
		s.Emit(m, t.last)
		return
	case !ok:
		m.Outcome, m.Summary = index.Malformed, "JSON that is no JSON-RPC"
		m.Warn("malformed", index.SeverityNote, "the text is no message of JSON-RPC")
		s.Emit(m, t.last)
		return
	}
	m.Summary = strings.TrimPrefix(j.line(), "JSON-RPC ")
	if j.method != "" {
		m.Str(rpcMethod, j.method)
	}
	if j.id != "" {
		m.Str(rpcID, j.id)
	}
	switch {
	case j.answer:
		m.Kind, m.Code = index.Response, clip(j.code, 32)
		other := d.asked[1-s.Side()]
		m.Request = other[j.id]
		delete(other, j.id)
		if j.failed {
			m.Outcome = index.Failed
			m.Str(rpcErrorCode, j.code)
			m.Warn("jsonrpc.error", index.SeverityNote, "the call failed")
		}
	case j.id != "":
		m.Kind = index.Request
	}
	number := s.Emit(m, t.last)
	if mine := d.asked[s.Side()]; m.Kind == index.Request && len(j.id) <= index.MaxFieldText {
		if len(mine) >= rpcAsked {
			clear(mine)
		}
		mine[j.id] = number
	}
}

// close ends the text and gives a copy of its bytes.
func (j *jsonText) close() []byte {
	text := slices.Clone(j.bytes)
	if j.open = false; cap(j.bytes) > 64<<10 {
		j.bytes = nil
	}
	return text
}

// cut emits what is there of the text in hand.
func (d *jsonRPCStream) cut(s *Stream, outcome index.Outcome) {
	t := &d.texts[s.Side()]
	if !t.open {
		return
	}
	m := s.Message(t.first)
	m.Kind, m.Outcome, m.Summary, m.Length = index.Continues, outcome, "JSON text without an end", t.size
	m.Message.Text = t.close()
	m.Warn("jsonrpc.short", index.SeverityNote, fmt.Sprintf("the text is not whole: %d bytes of it were seen", t.size))
	s.Emit(m, t.last)
}

// Gap implements Decoder: the text in hand is given up, and with it everything up to
// the next line that begins one.
func (d *jsonRPCStream) Gap(s *Stream, _ Gap) { d.cut(s, index.Partial) }

// End implements Decoder.
func (d *jsonRPCStream) End(s *Stream, _ []byte, e End) { d.cut(s, e.Outcome()) }
