package payload

import (
	"bytes"
	"strconv"
	"strings"
)

// read takes the bytes of one message, of which left are announced from its
// beginning. The answer is its length. It is not HTTP if found is false.
func (m *message) read(c *call, data []byte, left int) (used int, found bool) {
	if !m.complete {
		n, ok := m.readHeader(data)
		switch {
		case ok && !m.started && !c.ask: // the line was cut
			return left, m.firstLine(firstLineOf(data))
		case !ok:
			return 0, false
		case !m.complete && c.ask:
			c.need = oneMore
			return 0, true
		case !m.complete:
			return left, true
		}
		m.settleBody(c)
		data = data[n:]
	}
	switch m.body {
	case sized:
		m.look(data)
		if lack := m.header + m.length - left; lack > 0 {
			if c.ask && !c.packet.FIN {
				c.need = lack
			}
			return left, true
		}
		return m.header + m.length, true
	case chunked:
		return m.readChunks(c, data, left), true
	case untilClose:
		m.look(data)
		if c.ask && !c.packet.FIN {
			c.need = untilFIN
		}
		m.length = left - m.header
		return left, true
	}
	return m.header, true
}

// look keeps the first bytes of a body, which tell images.
func (m *message) look(data []byte) {
	m.sniffed += uint8(copy(m.sniff[m.sniffed:], data))
}

// peek looks at a piece that came while the body was incomplete; at is where it
// stands in the message.
func (m *message) peek(at int, data []byte) {
	if m.complete && m.body != chunked && at == m.header+int(m.sniffed) {
		m.look(data)
	}
}

// readHeader takes the lines of a header. It is no HTTP if ok is false.
func (m *message) readHeader(data []byte) (used int, ok bool) {
	if !m.started && m.partial == 0 && len(data) > 0 && (data[0] < ' ' || data[0] > '~') {
		return 0, false
	}
	if !m.started && m.partial > 0 && m.line[m.partial-1] == '\r' && data[0] != '\n' {
		return 0, false // the line ended with the last segment
	}
	for !m.complete {
		end := bytes.IndexByte(data[used:], '\n')
		if !m.started {
			if cr := bytes.IndexByte(data[used:], '\r'); cr >= 0 && (end < 0 || cr < end-1) && cr != len(data)-used-1 {
				return 0, false // ended by a carriage return alone
			}
		}
		if end < 0 {
			m.keep(data[used:])
			m.header += len(data) - used
			return len(data), true
		}
		line := data[used : used+end]
		m.header += end + 1
		used += end + 1
		if m.partial > 0 {
			m.keep(line)
			line = m.line[:m.partial]
			m.partial = 0
		}
		if n := len(line); n > 0 && line[n-1] == '\r' {
			line = line[:n-1]
		}
		switch {
		case !m.started:
			if !m.firstLine(line) {
				return 0, false
			}
		case len(line) == 0:
			m.complete = true
		default:
			m.field(line)
		}
	}
	return used, true
}

// keep stores the beginning of a line that goes on in the next segment; of a
// long line the end does not matter.
func (m *message) keep(b []byte) { m.partial += uint8(copy(m.line[m.partial:], b)) }

// httpMethods are the request methods that Wireshark knows: HTTP, WebDAV and its
// extensions, UPnP, and RPC over HTTP.
const httpMethods = ` GET PUT POST HEAD TRACE PATCH DELETE CONNECT OPTIONS COPY MOVE LOCK MKCOL UNLOCK PROPFIND PROPPATCH
 POLL BCOPY BMOVE SEARCH BDELETE BPROPFIND BPROPPATCH LABEL MERGE REPORT UPDATE CHECKIN CHECKOUT UNCHECKOUT
 MKACTIVITY MKWORKSPACE VERSION-CONTROL BASELINE-CONTROL NOTIFY SUBSCRIBE UNSUBSCRIBE M-SEARCH ICY
 CCM_POST RDG_IN_DATA RDG_OUT_DATA RPC_CONNECT RPC_IN_DATA RPC_OUT_DATA `

// firstLine reads a request or status line.
func (m *message) firstLine(line []byte) bool {
	m.started = true
	if hasAt(line, 0, "HTTP/") || hasAt(line, 0, "ICY") {
		m.response = true
		if i := bytes.IndexByte(line, ' '); i >= 0 {
			n, _ := strconv.ParseUint(string(line[i+1:min(i+4, len(line))]), 10, 16)
			m.status = uint16(n)
		}
		return true
	}
	method, target, _ := bytes.Cut(line, []byte(" "))
	if len(method) < 3 || len(method) > 16 || !strings.Contains(httpMethods, " "+string(method)+" ") {
		return false
	}
	switch string(method) {
	case "HEAD":
		m.method = headMethod
	case "CONNECT":
		m.method = connectMethod
		target, _, _ = bytes.Cut(target, []byte(" "))
		if i := bytes.LastIndexByte(target, ':'); i >= 0 {
			n, _ := strconv.ParseUint(string(target[i+1:]), 10, 16)
			m.tunnel = uint16(n)
		}
	}
	return true
}

// field reads a header line.
func (m *message) field(line []byte) {
	name, value, ok := bytes.Cut(line, []byte(":"))
	if !ok {
		return
	}
	value = bytes.TrimSpace(value)
	switch {
	case fold(name, "content-length"):
		if n, err := strconv.ParseUint(string(value[:min(len(value), 20)]), 10, 40); err == nil {
			m.hasLength, m.length = true, int(n)
		}
	case fold(name, "transfer-encoding"):
		if len(value) >= 7 && fold(value[:7], "chunked") {
			m.isChunked = true
		}
	case fold(name, "content-type"):
		m.media = mediaProtocol(value)
	case fold(name, "content-encoding"):
		m.coding = contentCoding(value)
	case fold(name, "upgrade"):
		switch {
		case fold(value, "websocket"):
			m.upgrade = toWebSocket
		case len(value) >= 3 && fold(value[:3], "h2c"):
			m.upgrade = toHTTP2
		}
	}
}

// coding is what a body is encoded with.
type coding uint8

const (
	plain   coding = iota
	packed         // gzip or deflate, which Wireshark undoes
	unknown        // what it leaves alone
)

func contentCoding(value []byte) coding {
	switch {
	case len(value) == 0, fold(value, "identity"):
		return plain
	case fold(value, "gzip"), fold(value, "x-gzip"), fold(value, "deflate"):
		return packed
	}
	return unknown
}

// fold compares with a lower-case text, without regard to case.
func fold(b []byte, lower string) bool {
	return len(b) == len(lower) && strings.EqualFold(string(b), lower)
}

// settleBody finds out how the body ends (RFC 9112, section 6.3).
func (m *message) settleBody(c *call) {
	m.left = sizeLine
	switch {
	case m.response && (m.status/100 == 1 || m.status == 204 || m.status == 304 || c.conn.method == headMethod ||
		c.conn.method == connectMethod && m.status/100 == 2):
	case m.isChunked:
		m.body = chunked
	case m.hasLength:
		m.body = sized
	case m.response:
		m.body = untilClose
	}
}

// readChunks goes on through a chunked body; left is what was announced from
// the message's beginning. The answer is the length of the message.
func (m *message) readChunks(c *call, data []byte, left int) int {
	at := 0
	for at < len(data) && !m.close {
		if m.left > 0 {
			n := min(m.left, len(data)-at)
			m.look(data[at : at+n])
			at, m.left = at+n, m.left-n
			if m.left == 0 {
				m.left = endOfData
			}
			continue
		}
		end := bytes.IndexByte(data[at:], '\n')
		if end < 0 {
			m.keep(data[at:])
			at = len(data)
			break
		}
		m.keep(data[at : at+end])
		at += end + 1
		m.chunkLine(bytes.TrimSpace(m.line[:m.partial]))
		m.partial = 0
	}
	if m.close {
		return left - (len(data) - at)
	}
	if c.ask {
		c.need = oneMore
	}
	return left
}

// What comes next in a chunked body, if no chunk does.
const (
	sizeLine  = -1
	trailer   = -2
	endOfData = -3 // the line end after a chunk
)

// chunkLine reads a line between chunks: the end of one, a size, a trailer.
func (m *message) chunkLine(line []byte) {
	switch m.left {
	case endOfData:
		m.left = sizeLine
	case trailer:
		m.close = len(line) == 0
	default:
		digits, _, _ := bytes.Cut(line, []byte(";"))
		n, err := strconv.ParseUint(string(bytes.TrimSpace(digits)), 16, 40)
		switch {
		case err != nil:
			m.close = true
		case n == 0:
			m.left = trailer
		default:
			m.left = int(n)
			m.size += int(n)
		}
	}
}
