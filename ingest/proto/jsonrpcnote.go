package proto

import (
	"bytes"
	"fmt"

	"pcapidx/ingest/jsonrpc"
)

// jsonRPCNoteBytes bounds the bodies that are looked into.
const jsonRPCNoteBytes = 256 << 10

// jsonRPC is what is known of a JSON-RPC message, or of the first one of a list.
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
	if len(body) == 0 || len(body) > jsonRPCNoteBytes || body[0] != '{' && body[0] != '[' || !bytes.Contains(body, []byte(`"jsonrpc"`)) {
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

// readJSONRPC reads one message, or the first of a list. ok is false if it is not whole.
func readJSONRPC(text []byte) (j jsonRPC, ok bool) {
	list, batch := jsonrpc.Read(text)
	m := &list[0]
	if m.Problem != jsonrpc.None || !m.Called && m.Result == nil && m.Error == nil {
		return j, false
	}
	j = jsonRPC{method: m.Method, id: m.ID, batch: batch}
	if !m.Called {
		j.answer, j.failed, j.code = true, m.Error != nil, m.Code
	}
	return j, true
}
