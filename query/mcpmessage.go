package query

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"pcapidx/index"
	"pcapidx/ingest/jsonrpc"
	"pcapidx/ingest/proto"
)

// mcpMessage is a message of JSON-RPC: what is kept of its text.
type mcpMessage struct {
	number        uint32 // of the message that carried it
	conn          uint32
	side          index.Side
	first, frame  uint32
	start, end    index.Time
	offset        uint64
	carrier       string
	http          *mcpHTTP // that carried it, or nil
	socket        *mcpHTTP // that became the WebSocket, or nil
	event         string
	eventID       string
	fromClient    bool
	told          bool // fromClient is known
	batch         int  // messages of the list that it was in; 0: none
	oversized     bool // more than is kept of a text
	kind          jsonrpc.Kind
	problem       jsonrpc.Problem
	twice         int
	size          int
	rpc           string // version of JSON-RPC
	method        string
	id            string // as it is shown
	key           string // id for pairing
	idKind        jsonrpc.IDKind
	params        int // bytes
	result        int
	code, text    string // of an error
	toolError     bool
	name          string // tool, prompt, or URI of a resource
	rawName       string // as the message has it
	arguments     []string
	version       string // of the protocol, that it names
	supported     []string
	peer          string // name and version of who speaks
	capabilities  []string
	inputRequests bool // a result that asks back, instead of a request by the server
	odd           []mcpOddText

	n       int // row
	session *mcpSession
	request *mcpMessage
	answer  *mcpMessage
	status  string
}

// Lengths of what is shown, in bytes.
const (
	mcpShown     = 200
	mcpShownID   = 64
	mcpArguments = 16
)

// newMCPMessage takes what is kept of a message.
func newMCPMessage(m *index.Message, r *jsonrpc.Message, carrier string) *mcpMessage {
	p := &mcpMessage{
		number: m.Number, conn: m.Conn, side: m.Side, first: m.First, frame: m.Frame, start: m.Start, end: m.End, offset: m.Offset, carrier: carrier,
		kind: r.Kind(), problem: r.Problem, twice: r.Twice, size: r.Size, rpc: cutBytes(r.Version, 16), method: cutBytes(r.Method, mcpShown),
		id: cutBytes(r.ID, mcpShownID), key: idKey(r), idKind: r.IDKind, params: len(r.Params), result: len(r.Result), code: cutBytes(r.Code, 32),
	}
	if p.kind == jsonrpc.Invalid {
		return p
	}
	if r.Error != nil {
		text, _ := jsonrpc.Text(jsonrpc.Lookup(r.Error, "message"))
		p.text = cutBytes(text, mcpShown)
		p.supported = texts(jsonrpc.Lookup(r.Error, "data", "supported"), 16)
	}
	p.meaning(r)
	return p
}

// idKey gives what pairs a request with its answer: 1 and "1" are two identifiers.
func idKey(r *jsonrpc.Message) string {
	key := r.ID
	if len(key) > 256 {
		sum := sha256.Sum256([]byte(key))
		key = hex.EncodeToString(sum[:])
	}
	return string(rune('0'+r.IDKind)) + key
}

// cutBytes cuts a text for showing.
func cutBytes(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "..."
}

// texts gives the texts in a JSON list.
func texts(b []byte, most int) (all []string) {
	for _, e := range jsonrpc.Elements(b, most) {
		if s, ok := jsonrpc.Text(e); ok {
			all = append(all, cutBytes(s, mcpShownID))
		}
	}
	return all
}

// textAt gives a text inside an object.
func textAt(b []byte, path ...string) string {
	s, _ := jsonrpc.Text(jsonrpc.Lookup(b, path...))
	return s
}

// metaPrefix is that of MCP's own names in _meta (specification of 2026-07-28).
const metaPrefix = "io.modelcontextprotocol/"

// meaning reads what MCP puts into params and result.
func (p *mcpMessage) meaning(r *jsonrpc.Message) {
	body := r.Params
	if r.Result != nil {
		body = r.Result
	}
	if len(body) == 0 || body[0] != '{' {
		return
	}
	m := mcpMembers(body)
	p.version, _ = jsonrpc.Text(m["protocolVersion"])
	if v := textAt(m["_meta"], metaPrefix+"protocolVersion"); v != "" {
		p.version = v
	}
	p.version = cutBytes(p.version, 32)
	info := m["clientInfo"]
	for _, b := range [][]byte{m["serverInfo"], jsonrpc.Lookup(m["_meta"], metaPrefix+"clientInfo"), jsonrpc.Lookup(m["_meta"], metaPrefix+"serverInfo")} {
		if info == nil {
			info = b
		}
	}
	p.peer = cutBytes(strings.TrimSpace(textAt(info, "name")+" "+textAt(info, "version")), mcpShownID)
	capabilities := m["capabilities"]
	if capabilities == nil {
		capabilities = jsonrpc.Lookup(m["_meta"], metaPrefix+"clientCapabilities")
	}
	p.capabilities = memberNames(capabilities, mcpArguments)
	if r.Result != nil {
		p.toolError = string(m["isError"]) == "true"
		p.inputRequests = m["inputRequests"] != nil
		p.supported = append(p.supported, texts(m["supportedVersions"], 16)...)
		p.descriptions(m)
		return
	}
	for _, key := range []string{"name", "uri"} {
		if s, ok := jsonrpc.Text(m[key]); ok && p.rawName == "" {
			p.rawName = cutBytes(s, 4096)
		}
	}
	if ref := m["ref"]; p.rawName == "" && ref != nil {
		p.rawName = cutBytes(textAt(ref, "name")+textAt(ref, "uri"), 4096)
	}
	p.name = cutBytes(proto.HideSecrets(p.rawName), mcpShown)
	p.arguments = memberNames(m["arguments"], mcpArguments)
}

// mcpMembers gives the members of an object that MCP knows.
func mcpMembers(b []byte) map[string][]byte {
	m := map[string][]byte{}
	jsonrpc.Members(b, func(key string, value []byte) bool {
		switch key {
		case "protocolVersion", "_meta", "clientInfo", "serverInfo", "capabilities", "isError", "inputRequests", "supportedVersions", "name", "uri", "ref",
			"arguments", "tools", "prompts", "instructions":
			m[key] = value
		}
		return true
	})
	return m
}

// memberNames gives the names of an object's members, sorted.
func memberNames(b []byte, most int) (names []string) {
	jsonrpc.Members(b, func(key string, _ []byte) bool {
		names = append(names, cutBytes(key, mcpShownID))
		return len(names) < most
	})
	slices.Sort(names)
	return names
}

// known tells methods of MCP, in all its versions, from those of other uses of JSON-RPC.
func knownMCP(method string) bool {
	switch group, _, _ := strings.Cut(method, "/"); group {
	case "initialize", "ping", "tools", "resources", "prompts", "completion", "logging", "sampling", "elicitation", "roots", "server", "subscriptions", "tasks":
		return method == "initialize" || method == "ping" || strings.Contains(method, "/")
	case "notifications":
		return true
	}
	return false
}

// synchronises tells the methods by which client and server agree on how they speak.
func synchronises(method string) bool {
	switch method {
	case "initialize", "notifications/initialized", "server/discover", "ping":
		return true
	}
	return false
}

// Codes of errors of MCP (specification of 2026-07-28) and of JSON-RPC.
const (
	codeHeaderMismatch     = "-32020"
	codeUnsupportedVersion = "-32022"
	codeMethodNotFound     = "-32601"
)

// category sorts a message as people do who look at MCP with Wireshark.
func (p *mcpMessage) category() string {
	about := p.method
	if p.request != nil {
		about = p.request.method
	}
	switch {
	case p.kind == jsonrpc.Invalid:
		return mcpInvalid
	case synchronises(about) && p.kind != jsonrpc.Failure, p.code == codeUnsupportedVersion:
		return mcpSync
	case p.kind == jsonrpc.Request:
		return mcpRequest
	case p.kind == jsonrpc.Notification:
		return mcpNotification
	case p.kind == jsonrpc.Failure:
		return mcpError
	}
	return mcpResponse
}

// word names what a message is.
func (p *mcpMessage) word() string {
	switch p.kind {
	case jsonrpc.Request:
		return "request"
	case jsonrpc.Notification:
		return "notification"
	case jsonrpc.Failure:
		return "error"
	case jsonrpc.Response:
		if p.toolError {
			return "tool_error"
		}
		return "response"
	}
	return "invalid"
}
