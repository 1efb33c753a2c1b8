package dissect

import "github.com/google/gopacket"

const icmpHeader = 8

// icmp is ICMP for IPv4 (RFC 792).
type icmp struct{ *scan }

func (icmp) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoICMP) }

func (l icmp) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	l.add(ProtoICMP, icmpHeader)
	if len(data) < icmpHeader {
		return l.short(icmpHeader)
	}
	switch data[0] {
	case 0, 8: // echo reply, echo
		l.echo(ICMP, data, data[0] == 8)
		return l.pass(ProtoData, data, icmpHeader, rest)
	case 3, 11, 12: // unreachable, time exceeded, parameter problem
		return l.quote(ProtoIP, data, int(data[5])*4)
	case 4, 5: // source quench, redirect
		return l.quote(ProtoIP, data, 0)
	}
	return l.end()
}

// icmpv6 is ICMP for IPv6 (RFC 4443).
type icmpv6 struct{ *scan }

func (icmpv6) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoICMPv6) }

func (l icmpv6) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	l.add(ProtoICMPv6, icmpHeader)
	if len(data) < icmpHeader {
		return l.short(icmpHeader)
	}
	switch data[0] {
	case 128, 129:
		l.echo(ICMPv6, data, data[0] == 128)
		return l.pass(ProtoData, data, icmpHeader, rest)
	case 1, 3:
		return l.quote(ProtoIPv6, data, int(data[4])*8)
	case 2, 4:
		return l.quote(ProtoIPv6, data, 0)
	}
	return l.end()
}

// echo records an echo message as a transport.
func (s *scan) echo(kind Kind, data []byte, request bool) {
	id := be16(data, 4)
	s.transport(Transport{
		Kind: kind, SrcPort: id, DstPort: id, Request: request, EchoSeq: be16(data, 6),
		Length: uint32(s.rep - icmpHeader), HasLength: !s.quoted && !s.fragmented,
	}, data, icmpHeader)
}

// quote goes on to the packet which an ICMP error quotes. With extensions
// after it (RFC 4884) the quotation is at least 128 bytes long and its length
// is announced, or is 128 by an older custom.
func (s *scan) quote(next Proto, data []byte, announced int) error {
	const minWithExtensions = 128
	length := s.rep - icmpHeader
	if length > minWithExtensions && announced >= minWithExtensions {
		length = min(length, announced)
	}
	s.quoted = true
	return s.pass(next, data, icmpHeader, length)
}
