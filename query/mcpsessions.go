package query

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"pcapidx/ingest/jsonrpc"
)

// MCPSessionRow is a conversation of one client and one server.
type MCPSessionRow struct {
	Session int    `json:"session"`
	ID      string `json:"id,omitempty"` // the first characters of Mcp-Session-Id, and its length
	// By says what holds it together: mcp-session-id, endpoint (of HTTP+SSE), connection,
	// or client (an address and the endpoint that it asks).
	By       string `json:"by"`
	Client   string `json:"client"`
	Server   string `json:"server"`
	Path     string `json:"path,omitempty"`
	Host     string `json:"host,omitempty"`
	HostFrom string `json:"host_from,omitempty"`
	// Era: legacy (initialize, up to 2025-11-25), http+sse (2024-11-05), modern (since
	// 2026-07-28), unknown, jsonrpc_generic (no MCP), or hidden (TLS).
	Era      string   `json:"era"`
	Evidence string   `json:"evidence"` // content or metadata
	Carriers []string `json:"carriers"`
	Version  string   `json:"version,omitempty"` // agreed on, or named by the requests
	Asked    string   `json:"asked_version,omitempty"`
	// Handshake of legacy sessions: complete, not_confirmed (no initialized), failed,
	// unanswered, not_seen.
	Handshake          string      `json:"handshake,omitempty"`
	ClientInfo         string      `json:"client_info,omitempty"`
	ServerInfo         string      `json:"server_info,omitempty"`
	ClientCapabilities []string    `json:"client_capabilities,omitempty"`
	ServerCapabilities []string    `json:"server_capabilities,omitempty"`
	Connections        []uint32    `json:"connections"`
	FirstFrame         uint32      `json:"first_frame"`
	LastFrame          uint32      `json:"last_frame"`
	Messages           int         `json:"messages"`
	Requests           int         `json:"requests"`
	Failed             int         `json:"failed"` // errors, and results that say isError
	Unanswered         int         `json:"unanswered"`
	Secrets            []MCPSecret `json:"secrets,omitempty"`
	TLS                *MCPTLS     `json:"tls,omitempty"`
	Guess              string      `json:"guess,omitempty"` // of metadata
	Confidence         string      `json:"confidence,omitempty"`
	Why                string      `json:"why,omitempty"`
	Layers             *MCPLayers  `json:"layers,omitempty"` // of its first message
}

// MCPSecret says where a secret went in the clear, and how long it is.
type MCPSecret struct {
	What  string `json:"what"`
	Bytes int    `json:"bytes"`
	Count int    `json:"count"`
	Frame uint32 `json:"frame"` // the first one
}

// mcpSession is a session under way.
type mcpSession struct {
	row         MCPSessionRow
	key         string
	versions    map[string]int // named by requests
	open        [2]map[string]*mcpMessage
	initialize  *mcpMessage
	initialized *mcpMessage
	confirmed   *mcpMessage // notifications/initialized
	mcp         bool        // it has methods or header lines of MCP
	modern      bool
	id          bool // it has a Mcp-Session-Id
	calls       []*mcpHTTP
	messages    []*mcpMessage
	exchanges   []*mcpGuess // of metadata
	secret      map[mcpSecret]*MCPSecret
	first       *mcpMessage
}

// assign finds the session of a message.
func (t *mcpTraffic) assign(m *mcpMessage) error {
	s, err := t.sessionOf(m.http, m.conn)
	if err != nil {
		return err
	}
	m.session = s
	s.note(m)
	return nil
}

// sessionOf gives the session of an exchange of HTTP, or of a connection.
func (t *mcpTraffic) sessionOf(h *mcpHTTP, conn uint32) (*mcpSession, error) {
	if h != nil && h.of != nil {
		return h.of, nil
	}
	c, err := t.records.connection(conn)
	if err != nil {
		return nil, err
	}
	client, server := c.Client(), c.Server()
	if h != nil && h.side != c.ClientSide() { // who asks is the client, whatever the ports say
		client, server = server, client
	}
	key, by, id := "connection\x00"+fmt.Sprint(conn), "connection", ""
	if h != nil {
		key, by, id = t.httpKey(h, client, server)
	}
	s := t.sessions[key]
	if s == nil {
		s = &mcpSession{key: key, versions: map[string]int{}, open: [2]map[string]*mcpMessage{{}, {}}, secret: map[mcpSecret]*MCPSecret{}}
		s.row = MCPSessionRow{By: by, ID: id, Client: client.String(), Server: server.String(), Era: "unknown", Evidence: "content"}
		if by == "client" || by == "mcp-session-id" || by == "endpoint" {
			s.row.Client = client.Addr().String()
		}
		if h != nil {
			s.row.Path = cutBytes(h.path, mcpShown)
		}
		s.id = by == "mcp-session-id"
		if s.row.Host, s.row.HostFrom, err = t.names.ofConnection(conn); err != nil {
			return nil, err
		}
		if s.row.Host == server.Addr().String() {
			s.row.Host, s.row.HostFrom = "", ""
		}
		t.sessions[key] = s
		t.order = append(t.order, s)
	}
	if h != nil {
		h.of = s
		s.calls = append(s.calls, h)
	}
	if !slices.Contains(s.row.Connections, conn) {
		s.row.Connections = append(s.row.Connections, conn)
	}
	return s, nil
}

// httpKey tells which session an exchange belongs to.
func (t *mcpTraffic) httpKey(h *mcpHTTP, client, server netip.AddrPort) (key, by, id string) {
	switch {
	case h.session != "":
		return "id\x00" + server.String() + "\x00" + h.session, "mcp-session-id", shortened(h.session)
	case h.endpoint != "":
		return "endpoint\x00" + server.String() + "\x00" + endpointKey(h.endpoint), "endpoint", ""
	}
	if key := "endpoint\x00" + server.String() + "\x00" + endpointKey(h.path+"?"+h.query); h.query != "" && t.announced(key) {
		return key, "endpoint", ""
	}
	return "client\x00" + client.Addr().String() + "\x00" + server.String() + "\x00" + h.path, "client", ""
}

// endpointKey takes scheme and host off an endpoint, which may be a whole address.
func endpointKey(endpoint string) string {
	endpoint = strings.TrimSpace(endpoint)
	if _, rest, ok := strings.Cut(endpoint, "://"); ok {
		_, path, _ := strings.Cut(rest, "/")
		return "/" + path
	}
	return endpoint
}

// announced tells whether a server named an endpoint in a stream of events.
func (t *mcpTraffic) announced(key string) bool {
	if t.endpoints == nil {
		t.endpoints = map[string]bool{}
		for _, h := range t.calls {
			if c, err := t.records.connection(h.conn); err == nil && h.endpoint != "" {
				server := c.Server()
				if h.side != c.ClientSide() {
					server = c.Client()
				}
				t.endpoints["endpoint\x00"+server.String()+"\x00"+endpointKey(h.endpoint)] = true
			}
		}
	}
	return t.endpoints[key]
}

// shortened shows the beginning of an identifier that lets its owner in.
func shortened(id string) string {
	return fmt.Sprintf("%s... (%d bytes)", strings.ToValidUTF8(id[:min(len(id), min(6, len(id)/2))], ""), len(id))
}

// note takes what a message says of its session.
func (s *mcpSession) note(m *mcpMessage) {
	if s.first == nil {
		s.first = m
	}
	s.messages = append(s.messages, m)
	s.mcp = s.mcp || knownMCP(m.method) || m.http != nil && m.http.marked
	if m.method != "initialize" && (isModern(m.version) || m.http != nil && (m.http.rpcMethod != "" || isModern(m.http.version))) {
		s.modern = true
	}
	if m.kind == jsonrpc.Request && m.method == "initialize" {
		if s.initialize == nil {
			s.initialize, s.row.Asked = m, m.version
		}
	}
	switch {
	case m.method == "notifications/initialized":
		if s.confirmed == nil {
			s.confirmed = m
		}
	case m.kind == jsonrpc.Request && m.version != "" && m.method != "initialize":
		s.versions[m.version]++
	}
	if m.peer != "" {
		if info := &s.row.ServerInfo; !m.fromClient && *info == "" {
			*info = m.peer
		} else if info := &s.row.ClientInfo; m.fromClient && *info == "" {
			*info = m.peer
		}
	}
	if len(m.capabilities) > 0 {
		if m.fromClient && s.row.ClientCapabilities == nil {
			s.row.ClientCapabilities = m.capabilities
		} else if !m.fromClient && s.row.ServerCapabilities == nil {
			s.row.ServerCapabilities = m.capabilities
		}
	}
	if !slices.Contains(s.row.Carriers, m.carrier) {
		s.row.Carriers = append(s.row.Carriers, m.carrier)
	}
}

// modernVersion is the version that knows no initialize.
const modernVersion = "2026-07-28"

// isModern tells versions, which are dates, from this one on.
func isModern(version string) bool {
	return len(version) == len(modernVersion) && version >= modernVersion
}

// reach widens the range of frames.
func (r *MCPSessionRow) reach(frame uint32) {
	if frame == 0 {
		return
	}
	if r.FirstFrame == 0 || frame < r.FirstFrame {
		r.FirstFrame = frame
	}
	r.LastFrame = max(r.LastFrame, frame)
}

// hold notes a secret. Equal ones are counted.
func (s *mcpSession) hold(x mcpSecret) {
	key := mcpSecret{what: x.what, bytes: x.bytes}
	if old := s.secret[key]; old != nil {
		old.Count++
		old.Frame = min(old.Frame, x.frame)
		return
	}
	if len(s.secret) < 32 {
		s.secret[key] = &MCPSecret{What: x.what, Bytes: x.bytes, Count: 1, Frame: x.frame}
	}
}

// secrets lists them.
func (s *mcpSession) secrets() (all []MCPSecret) {
	for _, x := range s.secret {
		all = append(all, *x)
	}
	slices.SortFunc(all, func(a, b MCPSecret) int {
		return cmp.Or(cmp.Compare(a.What, b.What), cmp.Compare(a.Bytes, b.Bytes))
	})
	return all
}
