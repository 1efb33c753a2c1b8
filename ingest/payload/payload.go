// Package payload decides what Wireshark shows above TCP and UDP: which
// application protocols a packet has in frame.protocols, where "data" stands for
// bytes that nobody claims, and whether a TCP segment is only a piece of a
// message that ends in a later one (tcp.segment_data).
//
// It follows the rules of Wireshark 4.0 with default preferences in one pass. A
// payload is offered, in this order, to the protocol that was settled for the
// conversation, to those registered for the server's port, the lower and the
// higher port, and to heuristics; each may refuse, and what is left is data.
//
// The package reads packets and keeps state; it does no I/O, and keeps no
// payload beyond the first bytes of an unfinished message.
package payload

import (
	"net/netip"
	"slices"
)

// Kinds of transport: IP protocol numbers.
const (
	TCP = 6
	UDP = 17
)

// Packet is one payload as the headers describe it.
type Packet struct {
	Kind     uint8 // TCP or UDP
	Dir      uint8 // 0 for one end of the connection, 1 for the other
	Src, Dst netip.AddrPort
	// Seq is TCP's sequence number, of the SYN itself if SYN is set.
	Seq                uint32
	SYN, ACK, FIN, RST bool
	// What TCP analysis says of the segment (tcp.analysis.*): a retransmission,
	// neither a fast nor a spurious one; a spurious one; out of order; a
	// keep-alive. Wireshark dissects none of them by itself, but shows the first
	// as segment data and the last as data.
	Retransmission, Spurious, OutOfOrder, KeepAlive bool
	// Length is the payload length that the headers announce. Data is what was
	// captured of it.
	Length int
	Data   []byte
}

// Result is what Wireshark shows for a packet. It is good until the next Feed.
type Result struct {
	// Protocols is what follows tcp or udp in frame.protocols. It is empty if
	// nobody got the payload: a piece of a longer message, or nothing there.
	Protocols []string
	// Segment: the packet has tcp.segment_data.
	Segment bool
	// Opaque: the payload is that of TLS, but none of it is a record ("Continuation Data").
	Opaque      bool
	DataLengths []int // data.len
	PDUSizes    []int // tcp.pdu.size

	records bool // of TLS were seen
}

// Limits of a Result: a hostile packet can hold thousands of tiny messages.
const (
	maxProtocols = 512
	maxNumbers   = 4096
)

// Analyzer holds what connections share. It is not safe for concurrent use.
type Analyzer struct {
	registry *registry
	result   Result
	call     call
	expect   expectations
	scratch  []byte // a message put together
	cut      flow   // of a segment that was cut: it does not join others
}

// New gives an Analyzer.
func New() *Analyzer { return &Analyzer{registry: dissectors()} }

// Conn is the application side of one connection. The zero value is ready. It
// holds at most about 1.6 KiB: two flows with headMax bytes and an unfinished
// HTTP header each, and nothing of them before the first TCP payload.
type Conn struct {
	app      proto  // settled for the conversation, if any
	inner    proto  // what HTTP was upgraded to, or tunnels
	server   uint16 // TCP: the port that a SYN went to
	asked    uint16 // port that HTTP's CONNECT named
	tunnel   uint16 // the same, once the proxy agreed
	client   uint8  // direction of the CONNECT
	marks    uint16 // what protocols remember
	method   uint8  // of the last HTTP request
	number   uint32 // program of remote procedure calls; POP: bytes of the mail to come
	flows    *[2]flow
	channels *channels // of RTSP; nil if there are none
}

// Quoted gives the state for a packet of the connection that another one quotes: what
// is settled of the connection, but none of its unfinished messages.
func (c *Conn) Quoted() Conn {
	q := *c
	q.flows = nil
	if c.channels != nil {
		x := *c.channels
		q.channels = &x
	}
	return q
}

// mark is a fact that a protocol remembers of a connection.
type mark = uint16

const (
	seenHTTP      mark = 1 << iota // there was a whole HTTP header
	seenTLS                        // there was a TLS record, so it is not SSL 2
	askedTLS                       // one side asked to go on with TLS
	mailData                       // a mail is being sent
	announced                      // another connection announced this one
	hasChannels                    // TURN has bound a channel
	challenged                     // the server waits for a secret
	remoteDesktop                  // it began as RDP does
	sshClear                       // the version line of direction 0 was seen, no new keys
	_                              // the same of direction 1
	mailAsked                      // a client of POP asked for a mail
	dataAsked                      // the command DATA waits for its answer
)

// Feed takes the next packet of a connection and tells what is in it.
func (a *Analyzer) Feed(conn *Conn, p *Packet) *Result {
	r := &a.result
	r.Protocols, r.DataLengths, r.PDUSizes, r.Segment = r.Protocols[:0], r.DataLengths[:0], r.PDUSizes[:0], false
	r.Opaque, r.records = false, false
	if p.Kind == TCP && p.SYN {
		conn.server = p.Dst.Port()
		if p.ACK {
			conn.server = p.Src.Port()
		}
	}
	if p.Length <= 0 && !p.FIN || len(p.Data) > p.Length {
		return r
	}
	c := &a.call
	*c = call{analyzer: a, conn: conn, res: r, packet: p, dir: p.Dir & 1, src: p.Src.Port(), dst: p.Dst.Port()}
	if p.Kind == TCP {
		c.tcp()
		r.Opaque = !r.records && len(r.Protocols) > 0 && !slices.ContainsFunc(r.Protocols, func(name string) bool { return name != "tls" })
		return r
	}
	c.b, c.n, c.cut = p.Data, p.Length, len(p.Data) < p.Length
	c.dispatch()
	return r
}

// call is one question to a dissector: the bytes, and what it answers.
type call struct {
	analyzer *Analyzer
	conn     *Conn
	res      *Result
	packet   *Packet
	flow     *flow // TCP
	src, dst uint16
	dir      uint8

	// b are the bytes at hand, n is their announced number: of a packet that
	// was cut, and of a long message, only the beginning is there.
	b []byte
	n int
	// fresh are the bytes that came with this segment: the last of the message.
	fresh []byte
	// resumed: the message began in an earlier segment; exact: its length was
	// known then.
	resumed, exact bool
	// cut: the end of the packet was not captured.
	cut bool
	// nested: this is inside an HTTP connection that was upgraded or tunnels.
	nested bool
	// ask: more bytes can be had, by setting need.
	ask bool

	// off is where the unfinished message begins, need how many bytes it lacks.
	off, need int
}

// Values of need that are no number of bytes.
const (
	oneMore  = -1 // the next segment, whatever its length
	untilFIN = -2 // everything up to the end of the connection
)

// want asks for more bytes for what begins at off.
func (c *call) want(off, need int) { c.off, c.need = off, need }

// add puts a protocol into the result.
func (c *call) add(name string) {
	if len(c.res.Protocols) < maxProtocols {
		c.res.Protocols = append(c.res.Protocols, name)
	}
}

// data puts the last n bytes into the result as data. Of a packet that was cut,
// those count that were captured.
func (c *call) data(n int) {
	if c.cut {
		n = max(0, n-(c.n-len(c.b)))
	}
	c.add("data")
	if len(c.res.DataLengths) < maxNumbers {
		c.res.DataLengths = append(c.res.DataLengths, n)
	}
}

// pdu notes the size of a message.
func (c *call) pdu(n int) {
	if len(c.res.PDUSizes) < maxNumbers {
		c.res.PDUSizes = append(c.res.PDUSizes, n)
	}
}

func (c *call) has(m mark) bool { return c.conn.marks&m != 0 }
func (c *call) set(m mark)      { c.conn.marks |= m }

// dispatch finds the dissector of a payload.
func (c *call) dispatch() {
	if c.conn.app == 0 || c.has(announced) {
		if p := c.analyzer.expect.expected(c.packet); p != 0 {
			c.conn.app = p
			c.set(announced)
		}
	}
	if c.conn.app != 0 && c.try(c.conn.app) {
		return
	}
	if !c.byPorts(c.conn.server, c.src, c.dst) {
		c.data(c.n)
	}
}

// byPorts offers the payload to the protocols of the ports, then to heuristics.
func (c *call) byPorts(server, src, dst uint16) bool {
	r := c.analyzer.registry
	ports := r.udp
	heuristics := r.udpHeuristics
	if c.packet.Kind == TCP {
		ports, heuristics = r.tcp, r.tcpHeuristics
	}
	low, high := min(src, dst), max(src, dst)
	if server != 0 && c.try(ports[server]) {
		return true
	}
	if low != server && c.try(ports[low]) {
		return true
	}
	if high != server && high != low && c.try(ports[high]) {
		return true
	}
	for _, h := range heuristics {
		if h(c) {
			return true
		}
	}
	return false
}

// try offers the payload to one dissector.
func (c *call) try(p proto) bool {
	if p == 0 {
		return false
	}
	d := &c.analyzer.registry.list[p]
	f := d.udp
	if c.packet.Kind == TCP {
		f = d.tcp
	}
	if f == nil {
		c.add(d.name)
		return true
	}
	return f(c)
}

// settle makes a protocol that of the conversation.
func (c *call) settle(name string) { c.conn.app = c.analyzer.registry.names[name] }
