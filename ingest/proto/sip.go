package proto

import (
	"bytes"
	"strings"

	"pcapidx/index"
)

// sipProtocol is the Session Initiation Protocol (RFC 3261). One decoder takes all
// connections, because a call may use several of them; it tells them apart by their
// numbers, and never gives one up.
func sipProtocol() Protocol {
	return Protocol{
		Name: "sip", Title: "SIP", On: Streams | Datagrams, Ports: []uint16{5060, 5061}, Shared: true, Repeats: true,
		// Timer B: a transaction without a final answer is given up after 64*T1.
		Patience: 32e9,
		Fields:   sipFields(),
		Detect:   detectSIP,
		New:      func() Decoder { return newSIP() },
	}
}

// sipStart tells whether a line begins a message. A line that is not whole is judged
// as far as it goes: more says that it may become one.
func sipStart(line []byte) (is, more bool) {
	const version = "SIP/2.0"
	if len(line) <= len(version) && strings.HasPrefix(version, string(line)) {
		return false, true
	}
	if after, ok := bytes.CutPrefix(line, []byte(version+" ")); ok {
		code := after[:min(3, len(after))]
		digits := allDigits(code)
		return digits && len(code) == 3, len(code) == 0 || digits && len(code) < 3
	}
	method, rest, spaced := bytes.Cut(line, []byte(" "))
	if len(method) > 32 || !isSIPToken(method) {
		return false, false
	}
	if !spaced {
		return false, true
	}
	uri, rest, spaced := bytes.Cut(rest, []byte(" "))
	if !spaced {
		return false, bytes.IndexByte(uri, '\n') < 0 && (len(uri) < 5 || bytes.IndexByte(uri, ':') > 0)
	}
	colon := bytes.IndexByte(uri, ':')
	if colon <= 0 || !isSIPToken(uri[:colon]) {
		return false, false
	}
	if len(rest) < len(version) {
		return false, strings.HasPrefix(version, string(rest))
	}
	return bytes.HasPrefix(rest, []byte(version)), false
}

func allDigits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) > 0
}

// isSIPToken tells whether bytes are a token of RFC 3261, section 25.1.
func isSIPToken(b []byte) bool {
	for _, c := range b {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && bytes.IndexByte([]byte("-.!%*_+`'~"), c) < 0 {
			return false
		}
	}
	return len(b) > 0
}

// detectSIP judges the first line of either direction. Blank lines in front of it
// keep a connection alive (RFC 5626, section 3.5.1).
func detectSIP(h *Head) Verdict {
	verdict := No
	for _, b := range [][]byte{h.Client, h.Server} {
		b = bytes.TrimLeft(b, "\r\n")
		if len(b) == 0 {
			continue
		}
		is, more := sipStart(b[:min(len(b), sipLine)])
		if is {
			return Yes
		}
		if more && !h.Datagram {
			verdict = More
		}
	}
	return verdict
}

// Bounds of what is read of a message and of what is kept of others.
const (
	sipLine    = 2 << 10  // of a start line
	sipHead    = 32 << 10 // of start line and headers
	sipHeaders = 512      // headers of a message
	sipBody    = 32 << 10 // of a body that is read, as SDP is
	sipStreams = 4 << 10  // connections in the middle of a body
)

// sip is the decoder of all connections.
type sip struct {
	transactions sipTransactions
	calls        sipCalls
	bodies       map[sipDirection]uint64 // bytes of a long body that are to come
}

// sipDirection is a direction of a stream.
type sipDirection struct {
	conn uint32
	side index.Side
}

func newSIP() *sip {
	return &sip{transactions: newSIPTransactions(), calls: newSIPCalls(), bodies: map[sipDirection]uint64{}}
}

// Decode implements Decoder.
func (d *sip) Decode(s *Stream, data []byte) int {
	if s.Datagram() {
		return d.datagram(s, data)
	}
	at := sipDirection{s.Conn(), s.Side()}
	if left := d.bodies[at]; left > 0 {
		n := min(left, uint64(len(data)))
		if d.bodies[at] -= n; d.bodies[at] == 0 {
			delete(d.bodies, at)
		}
		return int(n)
	}
	blank := 0
	for blank < len(data) && (data[blank] == '\r' || data[blank] == '\n') {
		blank++
	}
	if blank > 0 {
		return blank
	}
	return d.stream(s, at, data)
}

// datagram decodes a datagram, which is one message.
func (d *sip) datagram(s *Stream, data []byte) int {
	begin := len(data) - len(bytes.TrimLeft(data, "\r\n"))
	text := data[begin:]
	if len(text) == 0 {
		if len(data) > 4 {
			return 0
		}
		return len(data) // keeps the way through a NAT open
	}
	if is, _ := sipStart(text[:min(len(text), sipLine)]); !is {
		return 0
	}
	end, whole := sipHeadEnd(text)
	m := parseSIP(text[:end])
	m.cut = !whole
	body := text[end:]
	if n, ok := m.contentLength(); ok && n < uint64(len(body)) {
		body = body[:n]
	} else if ok && n > uint64(len(body)) {
		m.short = true
	}
	d.message(s, m, body, s.At(begin), s.At(len(data)-1))
	return len(data)
}

// stream decodes the message at the beginning of what a stream holds.
func (d *sip) stream(s *Stream, at sipDirection, data []byte) int {
	is, more := sipStart(data[:min(len(data), sipLine)])
	if !is {
		if more && len(data) < sipLine {
			return 0
		}
		return sipSkipLine(data)
	}
	end, whole := sipHeadEnd(data[:min(len(data), sipHead)])
	if !whole && len(data) < sipHead {
		return 0
	}
	m := parseSIP(data[:end])
	m.cut = !whole
	length, _ := m.contentLength() // none is none, on streams (RFC 3261, section 18.3)
	here := min(length, uint64(len(data)-end))
	if here < length && length <= sipBody {
		return 0
	}
	if length > here && len(d.bodies) < sipStreams {
		d.bodies[at] = length - here
	}
	d.message(s, m, data[end:end+int(here)], s.At(0), s.At(end+int(here)-1))
	return end + int(here)
}

// sipHeadEnd gives the length of the start line and headers with the blank line
// after them.
func sipHeadEnd(b []byte) (end int, whole bool) {
	for i := 0; i < len(b); {
		n := bytes.IndexByte(b[i:], '\n')
		if n < 0 {
			break
		}
		if i > 0 && len(bytes.TrimRight(b[i:i+n], "\r")) == 0 {
			return i + n + 1, true
		}
		i += n + 1
	}
	return len(b), false
}

// sipSkipLine gives how many bytes of a stream are skipped to find a message: lines are
// skipped whole.
func sipSkipLine(data []byte) int {
	n := bytes.IndexByte(data, '\n')
	if n < 0 && len(data) >= sipLine {
		return len(data)
	}
	return n + 1
}

// Gap implements Decoder. The next start line is where decoding goes on.
func (d *sip) Gap(s *Stream, g Gap) {
	at := sipDirection{s.Conn(), s.Side()}
	if left, ok := d.bodies[at]; ok && left > g.Bytes {
		d.bodies[at] = left - g.Bytes
		return
	}
	delete(d.bodies, at)
}

// End implements Decoder.
func (d *sip) End(s *Stream, rest []byte, _ End) {
	delete(d.bodies, sipDirection{s.Conn(), s.Side()})
	if is, _ := sipStart(rest[:min(len(rest), sipLine)]); is {
		end, whole := sipHeadEnd(rest)
		lines := end
		if !whole { // the last line may be a part
			lines = bytes.LastIndexByte(rest, '\n') + 1
		}
		m := parseSIP(rest[:lines])
		m.cut, m.short = !whole, true
		last := s.last
		first := last
		first.Offset -= min(first.Offset, uint64(len(rest)))
		if last.Offset > 0 {
			last.Offset--
		}
		d.message(s, m, rest[end:], first, last)
	}
	d.calls.gone(s)
}
