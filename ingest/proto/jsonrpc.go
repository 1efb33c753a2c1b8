package proto

import (
	"bytes"
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
	scan  [2]jsonScan
}

// jsonScan finds the end of a JSON text whose bytes come in pieces.
type jsonScan struct {
	at              int // bytes looked at
	depth           int
	quoted, escaped bool
	lost            bool
}

// rpcAsked bounds the calls that wait for an answer, of each side.
const rpcAsked = 1024

// end looks on for the end of the text that data begins with, 0 if it has not come.
func (j *jsonScan) end(data []byte) int {
	for ; j.at < len(data); j.at++ {
		switch c := data[j.at]; {
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
				n := j.at + 1
				*j = jsonScan{}
				return n
			}
		}
	}
	return 0
}

// Decode implements Decoder.
func (d *jsonRPCStream) Decode(s *Stream, data []byte) int {
	scan := &d.scan[s.Side()]
	at := 0
	for at < len(data) {
		if scan.at == 0 && data[at] != '{' && data[at] != '[' {
			n := d.between(scan, data[at:])
			if n == 0 {
				break
			}
			at += n
			continue
		}
		n := scan.end(data[at:])
		if n == 0 {
			break
		}
		if !scan.lost {
			d.message(s, data[at:at+n], at)
		}
		at += n
	}
	return at
}

// between passes over what stands between texts: white space, a header, or after a gap
// anything up to the next line that begins an object.
func (d *jsonRPCStream) between(_ *jsonScan, data []byte) int {
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

// message emits a text.
func (d *jsonRPCStream) message(s *Stream, text []byte, at int) {
	m := s.Message(s.At(at))
	last := s.At(at + len(text) - 1)
	j, ok := readJSONRPC(text)
	if !ok {
		m.Outcome, m.Summary = index.Malformed, "JSON that is no JSON-RPC"
		m.Warn("malformed", index.SeverityNote, "the text is no message of JSON-RPC")
		s.Emit(m, last)
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
	number := s.Emit(m, last)
	if mine := d.asked[s.Side()]; m.Kind == index.Request {
		if len(mine) >= rpcAsked {
			clear(mine)
		}
		mine[j.id] = number
	}
}

// Gap implements Decoder: the text in hand is given up, and with it everything up to
// the next line that begins one.
func (d *jsonRPCStream) Gap(s *Stream, _ Gap) { d.scan[s.Side()] = jsonScan{} }

// End implements Decoder.
func (d *jsonRPCStream) End(s *Stream, rest []byte, e End) {
	if len(bytes.TrimSpace(rest)) == 0 {
		return
	}
	m := s.Message(s.At(0))
	m.Outcome, m.Summary = e.Outcome(), "JSON text without an end"
	m.Warn("jsonrpc.short", index.SeverityNote, "the last text of the connection is not whole")
	m.Length = uint64(len(rest))
	s.Emit(m, s.At(0))
}
