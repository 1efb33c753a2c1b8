package query

import (
	"net/netip"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
	"pcapidx/ingest/jsonrpc"
)

// MCPLayers shows a message layer by layer, from the frame of its last byte.
type MCPLayers struct {
	Link        MCPLink         `json:"link"`
	Network     MCPNetwork      `json:"network"`
	Transport   MCPTransport    `json:"transport"`
	TLS         *MCPTLS         `json:"tls,omitempty"`
	Application *MCPApplication `json:"application,omitempty"`
}

// MCPLink is the link layer.
type MCPLink struct {
	Type   string   `json:"type"` // the outermost layer: eth, sll, null, raw
	Source string   `json:"source,omitempty"`
	Dest   string   `json:"destination,omitempty"`
	VLANs  []uint16 `json:"vlans,omitempty"` // outermost first
}

// MCPNetwork is the network layer.
type MCPNetwork struct {
	Version int         `json:"ip_version"`
	Source  MCPEndpoint `json:"source"`
	Dest    MCPEndpoint `json:"destination"`
}

// MCPEndpoint is an address: what kind it is, and the name that the capture knows.
type MCPEndpoint struct {
	Address  string `json:"address"`
	Scope    string `json:"scope"` // private, public, loopback, link-local, documentation ...
	Name     string `json:"name,omitempty"`
	NameFrom string `json:"name_from,omitempty"` // tls sni, http host, certificate, dns
}

// MCPTransport is the transport layer.
type MCPTransport struct {
	Protocol   string `json:"protocol"`
	SourcePort uint16 `json:"source_port"`
	DestPort   uint16 `json:"destination_port"`
	Stream     uint32 `json:"stream"` // tcp.stream
	// Seq is the relative sequence number of the first byte of the message that carried
	// it; of an event that of the first byte of its first frame.
	Seq        uint64 `json:"seq"`
	FirstFrame uint32 `json:"first_frame"`
	LastFrame  uint32 `json:"last_frame"`
}

// MCPApplication are HTTP, events, WebSocket and JSON-RPC.
type MCPApplication struct {
	Protocols []string `json:"protocols"` // outermost first
	Method    string   `json:"http_method,omitempty"`
	Path      string   `json:"http_path,omitempty"`
	// QueryBytes is the length of the query, which may hold secrets.
	QueryBytes int    `json:"http_query_bytes,omitempty"`
	Host       string `json:"http_host,omitempty"`
	Status     int    `json:"http_status,omitempty"`
	Media      string `json:"http_content_type,omitempty"` // of the answer
	Version    string `json:"mcp_protocol_version,omitempty"`
	Event      string `json:"sse_event,omitempty"`
	EventID    string `json:"sse_id,omitempty"`
	RPC        string `json:"jsonrpc,omitempty"` // version
	RPCMethod  string `json:"jsonrpc_method,omitempty"`
	RPCID      string `json:"jsonrpc_id,omitempty"`
	RPCKind    string `json:"jsonrpc_kind,omitempty"`
	Batch      int    `json:"jsonrpc_batch,omitempty"` // messages of the list that it was in
}

// mcpNames tells the hosts of connections.
type mcpNames struct {
	capture Capture
	known   map[uint32][2]string
}

func newMCPNames(x Capture) *mcpNames { return &mcpNames{capture: x, known: map[uint32][2]string{}} }

// ofConnection gives the name of a connection's server and where it is from.
func (n *mcpNames) ofConnection(conn uint32) (host, from string, err error) {
	if k, ok := n.known[conn]; ok {
		return k[0], k[1], nil
	}
	err = n.capture.EachApplication(conn, func(a *index.Application) bool {
		if a.Conn == conn {
			host, from = a.Host, a.HostFrom
		}
		return false
	})
	if len(n.known) >= keptEnds {
		n.known = map[uint32][2]string{}
	}
	n.known[conn] = [2]string{host, from}
	return host, from, err
}

// mcpPlace is where a message was seen.
type mcpPlace struct {
	conn         uint32
	side         index.Side
	first, frame uint32
	offset       uint64
}

// layers decodes the frame of a message down to its transport.
func (t *mcpTraffic) layers(p mcpPlace) (*MCPLayers, error) {
	c, err := t.records.connection(p.conn)
	if err != nil {
		return nil, err
	}
	ends := [2]netip.AddrPort{c.A, c.B}
	from, to := ends[p.side], ends[1-p.side]
	l := &MCPLayers{
		Network: MCPNetwork{Version: 4, Source: endpointOf(from.Addr()), Dest: endpointOf(to.Addr())},
		Transport: MCPTransport{
			Protocol: transportName(c.Kind), SourcePort: from.Port(), DestPort: to.Port(), Stream: c.Stream, Seq: p.offset + 1, FirstFrame: p.first, LastFrame: p.frame,
		},
	}
	if from.Addr().Is6() {
		l.Network.Version = 6
	}
	name, nameFrom, err := t.names.ofConnection(p.conn)
	if err != nil {
		return nil, err
	}
	server := &l.Network.Dest
	if p.side != c.ClientSide() {
		server = &l.Network.Source
	}
	if name != server.Address {
		server.Name, server.NameFrom = name, nameFrom
	}
	return l, t.link(&l.Link, p.frame)
}

func endpointOf(a netip.Addr) MCPEndpoint {
	return MCPEndpoint{Address: a.Unmap().String(), Scope: scopeOf(a)}
}

// link decodes the link layer of a frame.
func (t *mcpTraffic) link(l *MCPLink, frame uint32) error {
	row, _, data, err := t.capture.Packet(frame)
	if err != nil {
		return err
	}
	kind := uint32(0)
	if all := t.capture.Summary().File.Interfaces; int(row.Iface) < len(all) {
		kind = all[row.Iface].LinkType
	}
	if t.decoder == nil {
		t.decoder = dissect.NewDecoder()
	}
	p := &t.packet
	t.decoder.Decode(kind, data, int(row.OrigLen), p)
	if len(p.Layers) > 0 {
		l.Type = p.Layers[0].Proto.String()
	}
	l.VLANs = append(append(l.VLANs, p.ServiceVLANs...), p.VLANs...)
	for name, to := range map[string]*string{"eth.src": &l.Source, "eth.dst": &l.Dest} {
		id, _ := dissect.FieldByName(name)
		if v := dissect.AppendValues(nil, id, data, nil, int(row.OrigLen), p); len(v) > 0 {
			*to = colons(v[0].Bytes)
		}
	}
	return nil
}

// layers adds what the application layer has of a message.
func (p *mcpMessage) layers(t *mcpTraffic) (*MCPLayers, error) {
	l, err := t.layers(mcpPlace{p.conn, p.side, p.first, p.frame, p.offset})
	if err != nil {
		return nil, err
	}
	a := &MCPApplication{RPC: p.rpc, RPCMethod: p.method, RPCID: p.id, RPCKind: p.word(), Batch: p.batch, Event: p.event, EventID: cutBytes(p.eventID, mcpShownID)}
	l.Application = a
	h := p.http
	switch p.carrier {
	case "http":
		a.Protocols = []string{"http", "jsonrpc"}
	case "sse":
		a.Protocols = []string{"http", "sse", "jsonrpc"}
	case "websocket":
		a.Protocols, h = []string{"http", "websocket", "jsonrpc"}, p.socket
	default:
		a.Protocols = []string{"jsonrpc"}
	}
	if p.kind == jsonrpc.Invalid {
		a.Protocols = a.Protocols[:len(a.Protocols)-1]
	}
	if h == nil {
		return l, nil
	}
	a.Method, a.Path, a.QueryBytes, a.Host, a.Version = h.method, cutBytes(h.path, mcpShown), len(h.query), cutBytes(h.host, mcpShown), cutBytes(h.version, 32)
	if !p.fromClient || p.carrier == "websocket" {
		a.Status, a.Media = h.status, cutBytes(h.media, mcpShownID)
	}
	return l, nil
}
