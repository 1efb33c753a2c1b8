package proto

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"

	"pcapidx/index"
)

// stunProtocol is Session Traversal Utilities for NAT (RFC 8489), and TURN (RFC 8656),
// which has the same messages.
func stunProtocol() Protocol {
	return Protocol{
		Name: "stun", Title: "STUN", On: Streams | Datagrams, Ports: []uint16{3478, 5349}, Patience: 40e9, // RFC 8489, section 6.2.1
		Fields: stunFields(),
		Detect: detectSTUN,
		New:    func() Decoder { return &stun{} },
	}
}

const (
	stunHeader = 20
	stunCookie = 0x2112a442
	stunClass  = 0x0110 // of a type: request, indication, success, error
)

// stunLength gives the length of the message at the beginning, with its header; 0 if
// there is none. Microsoft's relays send lengths that are no whole words.
func stunLength(b []byte) int {
	if len(b) < stunHeader || b[0]>>6 != 0 || binary.BigEndian.Uint32(b[4:]) != stunCookie {
		return 0
	}
	n := stunHeader + int(binary.BigEndian.Uint16(b[2:]))
	if n%4 != 0 && n != len(b) {
		return 0
	}
	return n
}

// stunText gives the text of an attribute, which some pad with zeros.
func stunText(v []byte) string {
	v, _, _ = bytes.Cut(v, []byte{0})
	return utf8Text(v)
}

// detectSTUN looks for the cookie. On streams a message may come in a frame of RFC
// 4571, two bytes of length in front of it.
func detectSTUN(h *Head) Verdict {
	if h.Datagram {
		if n := stunLength(h.Client); n > 0 && n <= len(h.Client) {
			return Yes
		}
		return No
	}
	verdict := No
	for _, b := range [][]byte{h.Client, h.Server} {
		switch {
		case stunLength(b) > 0, len(b) > 2 && stunLength(b[2:]) > 0:
			return Yes
		case len(b) > 0 && len(b) < 2+stunHeader && b[0]>>6 == 0:
			verdict = More
		}
	}
	return verdict
}

// stun pairs answers with requests by the transaction's identifier.
type stun struct {
	asked  map[string]stunAsked
	framed [2]bool // RFC 4571: a length stands in front of each message
}

type stunAsked struct {
	number uint32
	frame  uint32
	time   index.Time
}

// stunPending bounds the requests that are kept of a connection.
const stunPending = 1024

// Decode implements Decoder.
func (d *stun) Decode(s *Stream, b []byte) int {
	if s.Datagram() {
		if n := stunLength(b); n > 0 && n <= len(b) {
			d.message(s, b[:n], 0)
			return len(b)
		}
		if n := channelData(b); n > 0 && n <= len(b) && d.asked != nil {
			d.channel(s, b[:n])
			return len(b)
		}
		return 0
	}
	return d.stream(s, b)
}

// stream decodes what is at the beginning of a stream.
func (d *stun) stream(s *Stream, b []byte) int {
	if len(b) < 2+stunHeader {
		if n := channelData(b); n == 0 || n > len(b) {
			return 0
		}
	}
	if n := stunLength(b); n > 0 {
		if n > len(b) {
			return 0
		}
		d.framed[s.Side()] = false
		d.message(s, b[:n], 0)
		return n
	}
	if n := channelData(b); n > 0 && !d.framed[s.Side()] {
		n += (4 - n%4) % 4 // RFC 8656, section 12.5
		if n > len(b) {
			return 0
		}
		d.channel(s, b[:n])
		return n
	}
	size := 2 + int(binary.BigEndian.Uint16(b))
	if n := stunLength(b[2:]); n > 0 && 2+n <= size {
		if size > len(b) {
			return 0
		}
		d.framed[s.Side()] = true
		d.message(s, b[2:2+n], 2)
		return size
	}
	if d.framed[s.Side()] { // media, or DTLS
		if size > len(b) {
			return 0
		}
		return size
	}
	s.Reject()
	return 0
}

// channelData gives the length of data of a channel of TURN at the beginning, 0 if
// there is none (RFC 8656, section 12.4).
func channelData(b []byte) int {
	if len(b) < 4 || b[0] < 0x40 || b[0] > 0x4f {
		return 0
	}
	return 4 + int(binary.BigEndian.Uint16(b[2:]))
}

func (d *stun) channel(s *Stream, b []byte) {
	m := s.Message(s.At(0))
	m.Kind = index.Continues
	channel := binary.BigEndian.Uint16(b)
	m.Uint(stunChannel, uint64(channel))
	m.Uint(stunMessageLength, uint64(binary.BigEndian.Uint16(b[2:])))
	m.Summary = fmt.Sprintf("data of channel 0x%04x, %d bytes", channel, len(b)-4)
	s.Emit(m, s.At(len(b)-1))
}

// message emits a whole message, which begins at a place of the data in hand.
func (d *stun) message(s *Stream, b []byte, at int) {
	kind := binary.BigEndian.Uint16(b)
	id := string(b[8:stunHeader])
	m, last := s.Message(s.At(at)), s.At(at+len(b)-1)
	asked, known := d.asked[id]
	m.Uint(stunType, uint64(kind))
	m.Uint(stunTypeClass, uint64(kind&stunClass))
	m.Uint(stunTypeMethod, uint64(kind&^(stunClass|0xc000)))
	m.Uint(stunMessageLength, uint64(len(b)-stunHeader))
	m.Str(stunCookieField, string(b[4:8]))
	m.Str(stunID, id)
	m.Summary = stunTypeName(kind)
	switch kind & stunClass {
	case 0x000:
		m.Kind = index.Request
		if known {
			m.Kind, m.Request = index.Continues, asked.number
			m.Uint(stunDuplicate, uint64(asked.frame))
			m.Warn("stun.retransmit", index.SeverityInfo, fmt.Sprintf("sent before in frame %d", asked.frame), asked.frame, last.Frame)
		}
	case 0x100, 0x110:
		m.Kind = index.Response
		if known {
			m.Request = asked.number
			m.Uint(stunResponseTo, uint64(asked.frame))
			m.Uint(stunTime, uint64(max(0, last.Time-asked.time)))
		}
	}
	if kind&stunClass == 0x110 {
		m.Outcome = index.Failed
	}
	stunAttributes(m, b)
	number := s.Emit(m, last)
	if m.Kind == index.Request {
		if d.asked == nil || len(d.asked) >= stunPending {
			d.asked = map[string]stunAsked{}
		}
		d.asked[id] = stunAsked{number, last.Frame, last.Time}
	}
}

// stunAttributes emits the attributes of a message.
func stunAttributes(m *Message, b []byte) {
	for i := stunHeader; i+4 <= len(b); {
		kind, n := binary.BigEndian.Uint16(b[i:]), int(binary.BigEndian.Uint16(b[i+2:]))
		m.Uint(stunAttributeType, uint64(kind))
		m.Uint(stunAttributeLength, uint64(n))
		if i+4+n > len(b) {
			m.Outcome = index.Malformed
			m.Warn("malformed", index.SeverityWarn, fmt.Sprintf("attribute 0x%04x has %d bytes, the message ends after %d", kind, n, len(b)-i-4))
			return
		}
		stunAttribute(m, b, kind, b[i+4:i+4+n])
		i += 4 + n + (4-n%4)%4
	}
}

// stunAttribute emits an attribute.
func stunAttribute(m *Message, message []byte, kind uint16, v []byte) {
	switch kind {
	case 0x0001, 0x0002, 0x0004, 0x0005, 0x000b, 0x0011, 0x8023, 0x802b, 0x802c:
		stunAddress(m, v)
	case 0x0012, 0x0016, 0x0020, 0x8020:
		stunXORAddress(m, message, v, kind)
	case 0x0006:
		m.Str(stunUsername, stunText(v))
	case 0x0007:
		m.Str(stunPassword, string(v))
	case 0x0009:
		stunError(m, v)
	case 0x0014:
		m.Str(stunRealm, stunText(v))
	case 0x0015:
		m.Str(stunNonce, stunText(v))
	case 0x8022:
		m.Str(stunSoftware, stunText(v))
	case 0x0024:
		if len(v) >= 4 {
			m.Uint(stunPriority, uint64(binary.BigEndian.Uint32(v)))
		}
	case 0x000d:
		if len(v) >= 4 {
			m.Uint(stunLifetime, uint64(binary.BigEndian.Uint32(v)))
		}
	case 0x000c:
		if len(v) >= 2 {
			m.Uint(stunChannelNumber, uint64(binary.BigEndian.Uint16(v)))
		}
	}
}

// stunAddress emits an address in clear.
func stunAddress(m *Message, v []byte) {
	if len(v) < 4 {
		return
	}
	m.Uint(stunFamily, uint64(v[1]))
	m.Uint(stunPort, uint64(binary.BigEndian.Uint16(v[2:])))
	switch {
	case v[1] == 1 && len(v) >= 8:
		m.Str(stunIPv4, string(v[4:8]))
	case v[1] == 2 && len(v) >= 20:
		m.Str(stunIPv6, string(v[4:20]))
	}
}

// stunXORAddress emits an address that is hidden from NATs: port and address are
// XORed with the cookie, and the identifier behind it (RFC 8489, section 14.2).
func stunXORAddress(m *Message, message, v []byte, kind uint16) {
	if len(v) < 4 {
		return
	}
	m.Uint(stunFamily, uint64(v[1]))
	m.Str(stunXORPort, string(v[2:4]))
	port := binary.BigEndian.Uint16(v[2:]) ^ stunCookie>>16
	m.Uint(stunPort, uint64(port))
	size, plain, hidden := 4, stunIPv4, stunXORIPv4
	if v[1] == 2 {
		size, plain, hidden = 16, stunIPv6, stunXORIPv6
	}
	if v[1] != 1 && v[1] != 2 || len(v) < 4+size {
		return
	}
	address := make([]byte, size)
	for i := range address {
		address[i] = v[4+i] ^ message[4+i]
	}
	m.Str(hidden, string(v[4:4+size]))
	m.Str(plain, string(address))
	if a, ok := netip.AddrFromSlice(address); ok {
		name := map[uint16]string{0x0012: "peer", 0x0016: "relayed", 0x0020: "mapped", 0x8020: "mapped"}[kind]
		m.Summary = clip(m.Summary+", "+name+" "+netip.AddrPortFrom(a, port).String(), summaryBytes)
	}
}

// stunError emits the code of an error, hundreds and the rest apart, and its reason.
func stunError(m *Message, v []byte) {
	if len(v) < 4 {
		return
	}
	class, number := v[2]&7, v[3]
	m.Uint(stunErrorClass, uint64(class))
	m.Uint(stunErrorCode, uint64(number))
	m.Str(stunErrorReason, stunText(v[4:]))
	code := int(class)*100 + int(number)
	m.Code = fmt.Sprint(code)
	m.Summary += fmt.Sprintf(": %d", code)
	severity := index.SeverityWarn
	if code == 401 || code == 438 {
		severity = index.SeverityNote // asks for credentials, or for those with a new nonce
	}
	m.Warn("stun.error", severity, fmt.Sprintf("the answer is error %d", code))
}

// stunTypeName names a type: "Binding request".
func stunTypeName(kind uint16) string {
	name, known := map[uint16]string{
		1: "Binding", 3: "Allocate", 4: "Refresh", 6: "Send", 7: "Data", 8: "CreatePermission", 9: "ChannelBind",
		10: "Connect", 11: "ConnectionBind", 12: "ConnectionAttempt",
	}[kind&^(stunClass|0xc000)]
	if !known {
		name = fmt.Sprintf("method 0x%03x", kind&^(stunClass|0xc000))
	}
	switch kind & stunClass {
	case 0x000:
		return name + " request"
	case 0x010:
		return name + " indication"
	case 0x100:
		return name + " success"
	}
	return name + " error"
}

// Gap implements Decoder: messages have no marks by which the next one is found.
func (d *stun) Gap(s *Stream, _ Gap) { s.Reject() }

// End implements Decoder.
func (d *stun) End(*Stream, []byte, End) {}
