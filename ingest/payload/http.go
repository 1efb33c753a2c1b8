package payload

import "bytes"

// Methods of requests that decide about a response's body.
const (
	otherMethod = iota
	headMethod
	connectMethod
)

// bodyKind is how the end of a body is found.
type bodyKind uint8

const (
	noBody     bodyKind = iota
	sized               // Content-Length
	chunked             // RFC 9112, section 7.1
	untilClose          // the connection's end
)

// message is an HTTP/1 message that is being read. All of it that is needed
// later is here, so that a header may come in any number of pieces.
type message struct {
	started, complete bool // the first line, the whole header was read
	response          bool
	close             bool // the chunk list ended
	method            uint8
	body              bodyKind
	upgrade           upgrade
	coding            coding
	hasLength         bool
	isChunked         bool
	status            uint16
	tunnel            uint16 // port that CONNECT names
	partial           uint8  // bytes of line in use
	sniffed           uint8  // bytes of sniff in use
	header            int    // bytes of the header
	length            int    // Content-Length
	size              int    // bytes of chunks so far
	left              int    // of the chunk in hand, or what comes next
	line              [120]byte
	media             string // what dissects the body; "" without a Content-Type
	sniff             [12]byte
}

// upgrade is what a 101 response switches to.
type upgrade uint8

const (
	noUpgrade upgrade = iota
	toWebSocket
	toHTTP2
)

// http dissects HTTP/1 on a TCP connection.
func http(c *call) bool {
	if c.nested {
		return false
	}
	if c.conn.inner != 0 || c.conn.tunnel != 0 {
		return httpInner(c)
	}
	if hasAt(c.b, 0, "PRI * HTTP/2.0\r\n\r\n") {
		c.conn.inner = c.analyzer.registry.names["http2"]
		return httpInner(c)
	}
	at := 0 // of the message in c's bytes
	m, data := message{}, c.b
	if c.resumed && c.flow.http != nil {
		m, data = *c.flow.http, c.fresh
		c.flow.http = nil
	}
	named := false
	for at < c.n {
		used, found := m.read(c, data, c.n-at)
		switch {
		case c.need != 0:
			c.off = at
			keep := m
			c.flow.http = &keep
			return true
		case !found:
			c.continuation(at, &named)
			return true
		}
		c.httpName(&named)
		c.set(seenHTTP)
		c.httpBody(&m, used)
		at += used
		if c.switched(&m) {
			if at < c.n && at <= len(c.b) {
				c.b, c.n, c.resumed = c.b[at:], c.n-at, false
				c.innermost(at)
			}
			return true
		}
		m, data = message{}, c.b[min(at, len(c.b)):]
		if at < c.n && len(data) == 0 {
			return true // the rest was cut off
		}
	}
	return true
}

func (c *call) httpName(named *bool) {
	if !*named {
		*named = true
		c.add("http")
	}
}

// continuation is what is no HTTP message: lines with a colon are shown as if
// they were a header, up to an empty line, the rest as data. Nothing is shown of
// a last line without an end and a colon, nor of all if there is no such line
// and the connection had no HTTP before.
func (c *call) continuation(at int, named *bool) {
	from := at
	for at < len(c.b) && c.b[from] >= ' ' && c.b[from] <= '~' {
		line, next, ended := firstLine(c.b[at:])
		header := bytes.IndexByte(line, ':') >= 0
		if at > from && !ended && !header {
			c.httpName(named)
			return
		}
		empty := len(line) == 0 && at > from
		if header || empty {
			at += next
		}
		if !header {
			break
		}
	}
	if at == from && !c.has(seenHTTP) {
		return
	}
	c.httpName(named)
	if n := c.n - at; n > 0 && at < len(c.b) {
		c.data(n)
	}
}

// firstLine gives the first line of b, where the next begins, and whether the
// line has an end.
func firstLine(b []byte) (line []byte, next int, ended bool) {
	for i, x := range b {
		switch {
		case x == '\n', x == '\r' && i+1 < len(b) && b[i+1] != '\n':
			return b[:i], i + 1, true
		case x == '\r':
			return b[:i], min(i+2, len(b)), true
		}
	}
	return b, len(b), false
}

// switched notes what a complete message says about those that follow.
func (c *call) switched(m *message) bool {
	if !m.response {
		c.conn.method = m.method
		if m.method == connectMethod {
			c.conn.asked, c.conn.client = m.tunnel, c.dir
		}
		return false
	}
	switch {
	case m.status == 101 && m.upgrade == toWebSocket:
		c.conn.inner = c.analyzer.registry.names["websocket"]
	case m.status == 101 && m.upgrade == toHTTP2:
		c.conn.inner = c.analyzer.registry.names["http2"]
	case m.status/100 == 2 && c.conn.method == connectMethod && c.conn.asked != 0:
		c.conn.tunnel = c.conn.asked
	default:
		return false
	}
	return true
}

// httpInner dissects what HTTP was upgraded to, or what it tunnels.
func httpInner(c *call) bool {
	c.add("http")
	c.innermost(0)
	if c.need != 0 && c.off == 0 { // nothing was dissected
		c.res.Protocols = c.res.Protocols[:len(c.res.Protocols)-1]
	}
	return true
}

// innermost dissects the payload of an upgraded connection; base is where it
// begins in the segment.
func (c *call) innermost(base int) {
	c.nested = true
	defer func() { c.nested = false }()
	switch {
	case c.conn.inner != 0:
		c.try(c.conn.inner)
	case !c.tunnelled():
		c.data(c.n)
	}
	c.off += base
}

func (c *call) tunnelled() bool {
	src, dst := c.src, c.dst
	if c.dir == c.conn.client {
		dst = c.conn.tunnel
	} else {
		src = c.conn.tunnel
	}
	return c.byPorts(0, src, dst)
}
