package proto

import (
	"bytes"
	"encoding/binary"
	"fmt"

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
