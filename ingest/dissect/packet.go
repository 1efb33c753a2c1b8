package dissect

import (
	"net/netip"
	"strings"
)

// Packet is what one frame says by itself, layers 2 to 4, outermost first. It
// is filled by Decoder.Decode and may be reused; nothing in it refers to the
// frame's bytes.
type Packet struct {
	Layers     []Layer     // every layer found, outermost first
	Networks   []Network   // IP headers, outermost first
	Transports []Transport // transport headers, outermost first
	VLANs      []uint16    // identifiers of IEEE 802.1Q tags (vlan.id), outermost first
	// ServiceVLANs are the identifiers of IEEE 802.1ad tags (ieee8021ad.id).
	ServiceVLANs []uint16
	// Fragment is set when the innermost IP packet is a fragment whose payload
	// was not decoded; the caller reassembles and calls DecodeDatagram.
	Fragment *Fragment
	// Problem is the worst thing met while decoding; OK if nothing was.
	Problem Problem

	fragment Fragment // what Fragment points to
}

// Problem says why decoding stopped early.
type Problem uint8

// Problems, in rising order of severity.
const (
	OK        Problem = iota
	Truncated         // the snap length cut a header off; what was captured is right
	Malformed         // a header contradicts itself or the frame (Wireshark: _ws.malformed)
	Panicked          // a decoder panicked and was recovered
)

// String names the problem.
func (p Problem) String() string {
	return [...]string{"ok", "truncated", "malformed", "panicked"}[min(p, Panicked)]
}

// Layer is one protocol layer of a frame.
type Layer struct {
	Proto  Proto
	Offset uint32 // in the frame, or in the reassembled datagram if Reassembled
	Length uint32 // header bytes
	// Reassembled: Offset counts in the datagram given to DecodeDatagram.
	Reassembled bool
}

// Network is one IPv4 or IPv6 header.
type Network struct {
	Src, Dst netip.Addr
	Layer    uint16 // index into Layers
	Proto    uint8  // protocol of the payload (after extension headers)
	TTL      uint8  // or hop limit
	ID       uint16 // IPv4 identification
	// Quoted: the header stands inside an ICMP error message.
	Quoted bool
}

// Kind is the transport of a connection; the values are IP protocol numbers.
type Kind uint8

// Transports that make connections.
const (
	ICMP    Kind = 1 // echo request or reply
	TCP     Kind = 6
	UDP     Kind = 17
	ICMPv6  Kind = 58 // echo request or reply
	SCTP    Kind = 132
	UDPLite Kind = 136
)

// Transport is one transport header. For ICMP only echo requests and replies
// are transports; both ports are then the identifier.
type Transport struct {
	Kind             Kind
	Network          uint16 // index into Networks: its addresses
	Layer            uint16 // index into Layers
	SrcPort, DstPort uint16
	// Payload is where the payload starts, counted as Layer.Offset is, and
	// Captured how many of its bytes were captured.
	Payload, Captured uint32
	// Length is the payload length that the headers announce (spec: the
	// smaller of the IP length and the original frame), whatever was captured:
	// Wireshark's tcp.len; udp.length - 8. Valid if HasLength.
	Length    uint32
	HasLength bool // false: quoted in an ICMP error, cut fragment, or shorter than its own header (TCP analysis is skipped)
	Quoted    bool // inside an ICMP error message: perhaps only the first 8 bytes are there

	// Broken: the header was cut, or its length is impossible, before Wireshark
	// gives the packet a stream number. Only the ports are sound.
	Broken bool

	// TCP only. Valid if HasTCP: the header was captured as far as the window.
	HasTCP   bool
	Flags    uint16 // FIN=1 SYN=2 RST=4 PSH=8 ACK=16 URG=32 ECE=64 CWR=128, reserved bits and AE above
	Seq, Ack uint32
	Window   uint16 // raw, unscaled
	// HeaderLength is the length by the data offset, whatever was captured.
	HeaderLength uint8
	// HasSeq: Seq is valid; more often so than HasTCP, because an ICMP error
	// quotes at least the ports and the sequence number.
	HasSeq bool
	// Options are those that TCP analysis needs.
	Options TCPOptions
	// Checksum is the field of the header, and Sum what verification says of it.
	Checksum uint16
	Sum      ChecksumState
	// BadOffset: data offset below 5 words. OptionsCut: options cut by the
	// snap length, or malformed so that Wireshark stops there.
	BadOffset, OptionsCut bool

	// ICMP echo only.
	Request bool   // echo request, not reply
	EchoSeq uint16 // sequence number
}

// TCPOptions are options of a TCP header as far as they were read. What is not
// there is 0.
type TCPOptions struct {
	MSS   uint16 // maximum segment size (RFC 9293)
	Scale int16  // shift of the window scale option (RFC 7323), as it is in the header; -1 without one

	SACKPermitted, Timestamps, FastOpen, Multipath bool

	TSVal, TSEcr uint32       // if Timestamps
	SACK         [3][2]uint32 // edges of the first blocks that were received (RFC 2018)
	SACKs        uint8        // how many of them are set
}

// ChecksumState says whether a checksum is right.
type ChecksumState uint8

// States of a checksum.
const (
	ChecksumUnknown ChecksumState = iota // the packet is not there in full
	ChecksumGood
	ChecksumBad
)

// Fragment is an IP fragment that was not decoded further.
type Fragment struct {
	Network  uint16 // index into Networks
	ID       uint32
	Proto    uint8  // of the datagram
	Offset   uint32 // in bytes
	More     bool
	Start    uint32 // where its payload starts, counted as Layer.Offset is
	Length   uint32 // its length by the headers
	Complete bool   // all Length bytes were captured (else it cannot be reassembled)
}

// Reset empties p and keeps its memory.
func (p *Packet) Reset() {
	p.Layers, p.Networks, p.Transports = p.Layers[:0], p.Networks[:0], p.Transports[:0]
	p.VLANs, p.ServiceVLANs = p.VLANs[:0], p.ServiceVLANs[:0]
	p.Fragment, p.Problem = nil, OK
}

// Stack gives the names of the layers joined by colons, as in frame.protocols.
func (p *Packet) Stack() string {
	var b strings.Builder
	for i, l := range p.Layers {
		if i > 0 {
			b.WriteByte(':')
		}
		b.WriteString(l.Proto.String())
	}
	return b.String()
}

// AppendStack appends one byte for each layer, its Proto, to dst: a cheap key
// for a dictionary of stacks, good for one build only.
func (p *Packet) AppendStack(dst []byte) []byte {
	for i := range p.Layers {
		dst = append(dst, byte(p.Layers[i].Proto))
	}
	return dst
}
