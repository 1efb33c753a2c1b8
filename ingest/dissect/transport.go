package dissect

import "github.com/google/gopacket"

// transport records t, whose header of the given length starts at the current
// position, and fills in the indexes and the payload's place.
func (s *scan) transport(t Transport, data []byte, header int) {
	header = min(header, len(data))
	t.Network = uint16(max(s.network, 0))
	t.Layer = s.layer()
	t.Quoted = s.quoted
	t.Payload = uint32(s.pos + header)
	t.Captured = uint32(len(data) - header)
	if t.HasLength {
		t.Captured = min(t.Captured, t.Length)
	}
	if s.network >= 0 {
		s.packet.Transports = append(s.packet.Transports, t)
	}
}

// tcp is a TCP segment (RFC 9293).
type tcp struct{ *scan }

const (
	tcpHeader   = 20
	portsLength = 4
)

func (tcp) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoTCP) }

func (l tcp) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	t := Transport{Kind: TCP, Options: TCPOptions{Scale: -1}}
	if l.quoted && l.rep < portsLength { // Wireshark does not accept it
		return errStop
	}
	if len(data) < tcpHeader {
		return l.cut(t, data)
	}
	t.SrcPort, t.DstPort = be16(data, 0), be16(data, 2)
	t.Seq, t.Ack, t.Flags, t.Window = be32(data, 4), be32(data, 8), be16(data, 12)&0xfff, be16(data, 14)
	t.HasTCP, t.HasSeq, t.Checksum = true, true, be16(data, 16)
	header := int(data[12]>>4) * 4
	t.HeaderLength = uint8(header)
	t.BadOffset = header < tcpHeader
	l.add(ProtoTCP, max(header, tcpHeader))
	if header <= l.rep && !l.quoted && !l.fragmented {
		t.HasLength, t.Length = true, uint32(l.rep-header)
	}
	switch {
	case t.BadOffset:
		l.transport(t, data, header)
		return errMalformed
	case header > len(data):
		t.OptionsCut = true
		l.transport(t, data, header)
		return l.short(header)
	}
	if header > tcpHeader {
		t.OptionsCut = !t.options(data[tcpHeader:header])
	}
	t.Sum = l.verify(uint8(TCP), data)
	l.transport(t, data, header)
	return l.end()
}

// cut records as much of a TCP header as was captured or quoted.
func (l tcp) cut(t Transport, data []byte) error {
	l.add(ProtoTCP, len(data))
	if len(data) >= portsLength {
		t.SrcPort, t.DstPort, t.Broken = be16(data, 0), be16(data, 2), len(data) < 16
		if len(data) >= 8 {
			t.Seq, t.HasSeq = be32(data, 4), true
		}
		if len(data) >= 16 {
			t.Ack, t.Flags, t.Window, t.HasTCP = be32(data, 8), be16(data, 12)&0xfff, be16(data, 14), true
			header := int(data[12]>>4) * 4
			t.HeaderLength = uint8(header)
			t.BadOffset, t.OptionsCut = header < tcpHeader, true
			if header <= l.rep && !l.quoted && !l.fragmented {
				t.HasLength, t.Length = true, uint32(l.rep-header)
			}
		}
		l.transport(t, data, len(data))
	}
	return l.short(tcpHeader)
}

// options reads the options as far as t holds them, and tells whether Wireshark
// reads them to the end. A length that is impossible just ends the list; only a
// selective acknowledgement without a whole block and a multipath option without
// its subtype make it give the segment up.
func (t *Transport) options(b []byte) bool {
	o := &t.Options
	for len(b) > 0 && b[0] != tcpOptionEnd {
		if b[0] == tcpOptionNop {
			b = b[1:]
			continue
		}
		if len(b) < 2 || b[1] < 2 || int(b[1]) > len(b) {
			return true
		}
		if b[0] == tcpOptionSACK && b[1] < 10 || b[0] == tcpOptionMultipath && b[1] < 4 {
			return false
		}
		o.read(b[0], b[2:b[1]])
		b = b[b[1]:]
	}
	return true
}

// read takes one option, without its kind and length.
func (o *TCPOptions) read(kind uint8, b []byte) {
	switch {
	case kind == tcpOptionMSS && len(b) == 2:
		o.MSS = be16(b, 0)
	case kind == tcpOptionScale && len(b) == 1:
		o.Scale = int16(b[0])
	case kind == tcpOptionSACKPermitted && len(b) == 0:
		o.SACKPermitted = true
	case kind == tcpOptionTime && len(b) == 8:
		o.Timestamps, o.TSVal, o.TSEcr = true, be32(b, 0), be32(b, 4)
	case kind == tcpOptionFastOpen:
		o.FastOpen = true
	case kind == tcpOptionMultipath:
		o.Multipath = true
	case kind == tcpOptionSACK:
		for o.SACKs = 0; int(o.SACKs) < len(o.SACK) && len(b) >= 8; o.SACKs++ {
			o.SACK[o.SACKs], b = [2]uint32{be32(b, 0), be32(b, 4)}, b[8:]
		}
	}
}

// udp is a UDP datagram (RFC 768).
type udp struct{ *scan }

const udpHeader = 8

func (udp) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoUDP) }

func (l udp) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	if l.quoted && l.rep < portsLength { // as in TCP
		return errStop
	}
	l.add(ProtoUDP, udpHeader)
	if len(data) < udpHeader {
		return l.cutPorts(UDP, data, udpHeader)
	}
	length := int(be16(data, 4))
	if length == 0 && l.rep > 0xffff { // jumbogram (RFC 2675, section 4)
		length = l.rep
	}
	if length < udpHeader {
		l.transport(brokenPorts(UDP, data), data, udpHeader)
		return errMalformed
	}
	length = min(length, l.rep) - udpHeader
	return l.ports(UDP, data, udpHeader, length)
}

// udpLite is UDP-Lite (RFC 3828): its length field is the checksum coverage.
type udpLite struct{ *scan }

func (udpLite) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoUDPLite) }

func (l udpLite) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	l.add(ProtoUDPLite, udpHeader)
	if len(data) < udpHeader {
		return l.cutPorts(UDPLite, data, udpHeader)
	}
	return l.ports(UDPLite, data, udpHeader, l.rep-udpHeader)
}

// cutPorts records the ports of a header that is not there in full.
func (s *scan) cutPorts(kind Kind, data []byte, header int) error {
	if len(data) >= portsLength {
		s.transport(brokenPorts(kind, data), data, header)
	}
	return s.short(header)
}

// brokenPorts is a transport of which only the ports are sound.
func brokenPorts(kind Kind, data []byte) Transport {
	return Transport{Kind: kind, SrcPort: be16(data, 0), DstPort: be16(data, 2), Broken: true}
}

// ports records a transport and goes on to the tunnel that its ports mean.
func (s *scan) ports(kind Kind, data []byte, header, length int) error {
	t := Transport{Kind: kind, SrcPort: be16(data, 0), DstPort: be16(data, 2)}
	if length >= 0 && !s.quoted && !s.fragmented { // UDP-Lite may announce less than its header
		t.Length, t.HasLength = uint32(length), true
	}
	s.transport(t, data, header)
	next := udpPayload(t.SrcPort, t.DstPort)
	if next == protoNone || length <= 0 || len(data) == header || !tunnelAccepts(next, data[header:]) {
		return s.end()
	}
	return s.pass(next, data, header, length)
}

// sctp is an SCTP packet (RFC 9260): the common header only.
type sctp struct{ *scan }

func (sctp) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoSCTP) }

func (l sctp) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	const header = 12
	if l.quoted && l.rep < header { // Wireshark does not accept it
		return errStop
	}
	l.add(ProtoSCTP, header)
	if len(data) < header {
		return l.short(header)
	}
	t := Transport{Kind: SCTP, SrcPort: be16(data, 0), DstPort: be16(data, 2)}
	if !l.quoted && !l.fragmented {
		t.Length, t.HasLength = uint32(l.rep-header), true
	}
	l.transport(t, data, header)
	return l.end()
}
