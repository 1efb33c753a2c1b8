package proto

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// Bounds of JSON-RPC.
const (
	jsonRPCNoteBytes = 256 << 10 // of a body that is looked into
	jsonRPCDepth     = 64
)

// jsonRPC is what is known of a JSON-RPC message (version 2.0 of the specification).
type jsonRPC struct {
	method string
	id     string // as it stands there
	failed bool
	code   string // of the error
	answer bool
	batch  int // messages, if they come as a list
}

// jsonRPCNote describes a body that is JSON-RPC, "" if it is none.
func jsonRPCNote(body []byte) string {
	if len(body) == 0 || len(body) > jsonRPCNoteBytes || body[0] != '{' && body[0] != '[' || !bytes.Contains(body[:min(len(body), 512)], []byte(`"jsonrpc"`)) &&
		!bytes.Contains(body, []byte(`"jsonrpc"`)) {
		return ""
	}
	j, ok := readJSONRPC(body)
	if !ok {
		return ""
	}
	return j.line()
}

// line describes a message.
func (j *jsonRPC) line() string {
	id := ""
	if j.id != "" {
		id = " id " + clip(j.id, 40)
	}
	batch := ""
	if j.batch > 1 {
		batch = fmt.Sprintf(" (first of %d)", j.batch)
	}
	switch {
	case j.failed:
		return "JSON-RPC error " + clip(j.code, 20) + id + batch
	case j.answer:
		return "JSON-RPC result" + id + batch
	case j.id == "":
		return "JSON-RPC notification " + clip(j.method, 80) + batch
	}
	return "JSON-RPC call " + clip(j.method, 80) + id + batch
}

// readJSONRPC reads one message, or the first of a list.
func readJSONRPC(text []byte) (j jsonRPC, ok bool) {
	if shallow := jsonDepth(text); !shallow {
		return j, false
	}
	var list []json.RawMessage
	if text[0] == '[' {
		if json.Unmarshal(text, &list) != nil || len(list) == 0 {
			return j, false
		}
		text, j.batch = list[0], len(list)
	}
	var m struct {
		Version string          `json:"jsonrpc"`
		Method  *string         `json:"method"`
		ID      json.RawMessage `json:"id"`
		Result  json.RawMessage `json:"result"`
		Error   json.RawMessage `json:"error"`
	}
	if json.Unmarshal(text, &m) != nil || m.Version == "" && m.Method == nil && m.Result == nil && m.Error == nil {
		return j, false
	}
	if id := string(m.ID); id != "null" {
		j.id = strings.Trim(id, `"`)
	}
	switch {
	case m.Method != nil:
		j.method = *m.Method
	case len(m.Error) > 0 && string(m.Error) != "null":
		var e struct {
			Code json.Number `json:"code"`
		}
		_ = json.Unmarshal(m.Error, &e) // of version 1.0 it may be anything
		j.failed, j.answer, j.code = true, true, e.Code.String()
	case m.Result != nil:
		j.answer = true
	default:
		return j, false
	}
	return j, true
}

// jsonDepth tells whether a text is not nested too deeply.
func jsonDepth(text []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > jsonRPCDepth {
				return false
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return true
}
