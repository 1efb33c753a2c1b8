package query

import (
	"strings"

	"pcapidx/index"
)

// mcpHTTP is a request of HTTP and its answer, as far as MCP cares.
type mcpHTTP struct {
	conn            uint32
	side            index.Side // of the request
	asked, answered uint32     // numbers of messages; 0: not seen
	method, path    string
	query           string
	host            string
	session         string // Mcp-Session-Id, of the request or of the answer
	inAnswer        bool   // the answer gave it
	version         string // MCP-Protocol-Version
	rpcMethod       string // Mcp-Method
	rpcName         string // Mcp-Name
	accept          string
	origin          bool
	resumes         string // Last-Event-ID
	secrets         []mcpSecret
	marked          bool // its header lines say that it is MCP
	askedFrame      uint32
	status          int
	media           string
	challenge       bool // WWW-Authenticate
	outcome         index.Outcome
	answerFrame     uint32
	messages        []*mcpMessage // of both directions
	endpoint        string        // of the older transport: where the client is to post
	of              *mcpSession
}

// mcpSecret is a secret in a header line: where it is, and how long.
type mcpSecret struct {
	what  string
	bytes int
	frame uint32
}

// eachHeader gives the header lines of a message.
func eachHeader(m *index.Message, field string, yield func(name, value string)) {
	for i := range m.Fields {
		if m.Fields[i].Name == field {
			name, value, _ := strings.Cut(m.Fields[i].Text, ":")
			yield(strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value))
		}
	}
}

func (h *mcpHTTP) requestLine(name, value string, frame uint32) {
	h.marked = h.marked || strings.HasPrefix(name, "mcp-")
	switch name {
	case "mcp-session-id":
		h.session = value
		h.secrets = append(h.secrets, mcpSecret{"Mcp-Session-Id", len(value), frame})
	case "mcp-protocol-version":
		h.version = value
	case "mcp-method":
		h.rpcMethod = value
	case "mcp-name":
		h.rpcName = value
	case "accept":
		h.accept = value
	case "origin":
		h.origin = true
	case "last-event-id":
		h.resumes = value
	case "authorization", "proxy-authorization":
		scheme, token, ok := strings.Cut(value, " ")
		if !ok {
			scheme, token = "", value
		}
		h.secrets = append(h.secrets, mcpSecret{strings.TrimSpace("Authorization " + authScheme(scheme)), len(strings.TrimSpace(token)), frame})
	case "cookie":
		h.secrets = append(h.secrets, mcpSecret{"Cookie", len(value), frame})
	case "x-api-key", "api-key":
		h.secrets = append(h.secrets, mcpSecret{"API key", len(value), frame})
	}
}

// authScheme names the schemes of authentication that are known.
func authScheme(scheme string) string {
	for _, known := range []string{"Basic", "Bearer", "Digest", "DPoP", "Negotiate"} {
		if strings.EqualFold(scheme, known) {
			return known
		}
	}
	return ""
}

func (h *mcpHTTP) responseLine(name, value string) {
	h.marked = h.marked || strings.HasPrefix(name, "mcp-")
	switch name {
	case "mcp-session-id":
		if h.session == "" {
			h.session, h.inAnswer = value, true
			h.secrets = append(h.secrets, mcpSecret{"Mcp-Session-Id", len(value), h.answerFrame})
		}
	case "www-authenticate":
		h.challenge = true
	case "content-type":
		media, _, _ := strings.Cut(value, ";")
		h.media = strings.ToLower(strings.TrimSpace(media))
	}
}

func statusNumber(code string) (n int) {
	for _, c := range code {
		if c < '0' || c > '9' || n > 999 {
			return 0
		}
		n = n*10 + int(c-'0')
	}
	return n
}

// take adds the events of the answer's body.
func (h *mcpHTTP) take(events []*mcpEvents) {
	for _, e := range events {
		if e.kind == "endpoint" && h.endpoint == "" {
			h.endpoint = e.data
		}
		for _, p := range e.messages {
			p.http = h
		}
		h.messages = append(h.messages, e.messages...)
	}
}

// isMCP tells whether an exchange has something to do with MCP.
func (h *mcpHTTP) isMCP() bool { return len(h.messages) > 0 || h.marked || h.endpoint != "" }
