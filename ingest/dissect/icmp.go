package dissect

import "github.com/google/gopacket"

const (
	icmpHeader  = 8
	teredoNonce = 4 // Windows puts one into the echo requests that probe a tunnel
)

// icmp is ICMP for IPv4 (RFC 792).
type icmp struct{ *scan }

func (icmp) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoICMP) }

func (l icmp) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	if l.quoted && l.rep < icmpHeader { // Wireshark does not accept it
		return errStop
	}
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
	case 4: // source quench
		return l.quote(ProtoIP, data, 0)
	case 5: // redirect: Wireshark looks at no more than RFC 792 demands
		if len(data) > icmpHeader {
			l.rep = min(l.rep, icmpHeader+int(data[icmpHeader]&0xf)*4+8)
			data = data[:min(len(data), l.rep)]
		}
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
		header := icmpHeader
		if data[0] == 128 && l.teredoPort() && l.rep >= header+teredoNonce {
			header += teredoNonce
		}
		return l.pass(ProtoData, data, header, rest)
	case 1, 3: // unreachable, time exceeded
		return l.quoteIPv6(data, int(data[4])*8)
	case 2, 4: // too big, parameter problem
		return l.quoteIPv6(data, 0)
	}
	return l.end()
}

// quoteIPv6 is quote, unless what is quoted is not IPv6.
func (s *scan) quoteIPv6(data []byte, announced int) error {
	if len(data) == icmpHeader && s.rep > icmpHeader {
		return s.short(icmpHeader + 1)
	}
	if len(data) > icmpHeader && data[icmpHeader]>>4 != 6 {
		return s.pass(ProtoData, data, icmpHeader, rest)
	}
	return s.quote(ProtoIPv6, data, announced)
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
	if length == 0 {
		return s.end()
	}
	if length > minWithExtensions && announced >= minWithExtensions {
		length = min(length, announced)
	}
	s.quoted = true
	return s.pass(next, data, icmpHeader, length)
}

// teredoPort tells whether the last transport went to a Teredo server.
func (s *scan) teredoPort() bool {
	for i := len(s.packet.Transports) - 2; i >= 0; i-- { // the last is the echo itself
		if s.packet.Transports[i].Kind == UDP {
			return s.packet.Transports[i].DstPort == portTeredo
		}
	}
	return false
}

// igmp is IGMP: Wireshark names the message's version-dependent part as a
// second layer of the same name, and DVMRP and PIM version 1 by theirs.
type igmp struct{ *scan }

func (igmp) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoIGMP) }

func (l igmp) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	l.add(ProtoIGMP, len(data))
	if len(data) == 0 {
		return l.short(8)
	}
	switch data[0] {
	case 0x11, 0x12, 0x16, 0x17, 0x1e, 0x1f, 0x22, 0, 1, 2, 3, 4, 5, 6, 7, 8: // the low ones are RFC 988
		l.add(ProtoIGMP, len(data))
	case 0x13:
		l.add(ProtoDVMRP, len(data))
	case 0x14:
		l.add(ProtoPIM, len(data))
	case 0x40, 0x41, 0x42:
		l.add(ProtoIGAP, len(data))
	}
	return l.end()
}
