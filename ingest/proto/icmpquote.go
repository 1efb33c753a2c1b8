package proto

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"

	"pcapidx/index"
)

// quote is the packet that an error is about, as far as it is there: 8 bytes of what
// IP carries are all that RFC 792 demands.
type quote struct {
	src, dst Endpoint
	proto    byte
	payload  []byte // what IP carries
	ports    bool   // src and dst have them
}

// maxExtensions bounds the extension headers of a quoted packet.
const maxExtensions = 8

// quotedPacket reads the packet that an error quotes.
func quotedPacket(b []byte) (*quote, bool) {
	if len(b) < 20 {
		return nil, false
	}
	q := &quote{}
	var first bool // it begins with its transport header
	switch header := int(b[0]&15) * 4; {
	case b[0]>>4 == 4 && header >= 20 && header <= len(b):
		src, dst := netip.AddrFrom4([4]byte(b[12:16])), netip.AddrFrom4([4]byte(b[16:20]))
		q.src, q.dst = netip.AddrPortFrom(src, 0), netip.AddrPortFrom(dst, 0)
		q.proto, first = b[9], binary.BigEndian.Uint16(b[6:])&0x1fff == 0
		if total := int(binary.BigEndian.Uint16(b[2:])); total >= header {
			b = b[:min(total, len(b))]
		}
		q.payload = b[header:]
	case b[0]>>4 == 6 && len(b) >= 40:
		src, dst := netip.AddrFrom16([16]byte(b[8:24])), netip.AddrFrom16([16]byte(b[24:40]))
		q.src, q.dst = netip.AddrPortFrom(src, 0), netip.AddrPortFrom(dst, 0)
		q.proto = b[6]
		q.payload = b[40:min(len(b), 40+int(binary.BigEndian.Uint16(b[4:])))]
		first = q.extensions()
	default:
		return nil, false
	}
	switch q.proto {
	case 6, 17, 132, 136:
		if q.ports = first && len(q.payload) >= 4; q.ports {
			q.src = netip.AddrPortFrom(q.src.Addr(), binary.BigEndian.Uint16(q.payload))
			q.dst = netip.AddrPortFrom(q.dst.Addr(), binary.BigEndian.Uint16(q.payload[2:]))
		}
	}
	return q, true
}

// extensions goes behind the extension headers of IPv6. It tells whether a transport
// header begins there.
func (q *quote) extensions() bool {
	for range maxExtensions {
		b := q.payload
		if len(b) < 8 {
			return q.proto != 0 && q.proto != 43 && q.proto != 44 && q.proto != 60
		}
		size := 8 + int(b[1])*8
		switch q.proto {
		case 0, 43, 60: // hop by hop, routing, destination options
		case 44: // fragment
			if binary.BigEndian.Uint16(b[2:])&0xfff8 != 0 {
				q.proto = b[0]
				return false
			}
			size = 8
		default:
			return true
		}
		q.proto, q.payload = b[0], b[min(size, len(b)):]
	}
	return false
}

// String names the connection: "10.0.0.1:53 UDP from 10.0.0.2:40000".
func (q *quote) String() string {
	name := map[byte]string{1: "ICMP", 6: "TCP", 17: "UDP", 47: "GRE", 50: "ESP", 58: "ICMPv6", 132: "SCTP", 136: "UDP-Lite"}[q.proto]
	if name == "" {
		name = fmt.Sprintf("protocol %d", q.proto)
	}
	if !q.ports {
		return q.dst.Addr().String() + " " + name + " from " + q.src.Addr().String()
	}
	return q.dst.String() + " " + name + " from " + q.src.String()
}

// quotes decodes the datagrams that errors quote, each by itself, with an engine that
// nothing leaves.
type quotes struct {
	protocols []Protocol
	messages  []*index.Message
}

// Message implements Sink.
func (q *quotes) Message(m *index.Message) {
	kept := *m
	kept.Fields = slices.Clone(m.Fields)
	q.messages = append(q.messages, &kept)
}

// Application implements Sink.
func (q *quotes) Application(*index.Application) {}

// fields gives a message the fields of the datagram that it quotes, as Wireshark shows
// them. Only protocols on their own ports are taken: the quotation is the beginning of
// a datagram and no more.
func (q *quotes) fields(m *Message, of *quote) {
	const header = 8
	if of.proto != 17 || !of.ports || len(of.payload) <= header {
		return
	}
	if q.protocols == nil {
		for _, p := range All() {
			if p.On&Datagrams != 0 && len(p.Ports) > 0 && p.Detect != nil {
				q.protocols = append(q.protocols, p)
			}
		}
	}
	var likely []Protocol
	for _, p := range q.protocols {
		if onPort(&p, of.src.Port(), of.dst.Port()) {
			likely = append(likely, p)
		}
	}
	if len(likely) == 0 {
		return
	}
	e := NewEngine(q, likely)
	e.At(m.Frame, m.Start)
	e.Open(0, [2]Endpoint{of.src, of.dst}, true).Datagram(index.SideA, of.payload[header:], m.Frame, m.Start)
	for _, x := range q.messages {
		for _, f := range x.Fields {
			if len(m.Fields) < index.MaxMessageFields {
				m.Fields = append(m.Fields, f)
			}
		}
	}
	q.messages = nil
}
