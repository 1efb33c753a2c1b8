package dissect

import "github.com/google/gopacket"

// vxlan is VXLAN (RFC 7348) or, on a port of its own, its generic protocol
// extension, which Wireshark's frame.protocols leaves out.
type vxlan struct{ *scan }

func (vxlan) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoVXLAN) }

func (l vxlan) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	const header = 8
	generic := l.tunnelPort() == portVXLANGPE
	if !generic {
		l.add(ProtoVXLAN, header)
	}
	if len(data) < header {
		return l.short(header)
	}
	if generic {
		if servicePayload(data[3]) == ProtoData {
			return l.end()
		}
		return l.pass(servicePayload(data[3]), data, header, rest)
	}
	return l.pass(ProtoEth, data, header, rest)
}

// tunnelAccepts tells whether Wireshark's decoder of a tunnel takes a payload;
// if not, the datagram is an ordinary one.
func tunnelAccepts(tunnel Proto, payload []byte) bool {
	switch tunnel {
	case ProtoGTP, ProtoGTPPrime:
		return payload[0]>>5 <= 2
	case ProtoL2TP:
		return len(payload) < 2 || payload[1]&0xf == 2 || payload[1]&0xf == 3
	}
	return true
}

// tunnelPort is the port that made the last transport a tunnel.
func (s *scan) tunnelPort() uint16 {
	if len(s.packet.Transports) == 0 {
		return 0
	}
	t := &s.packet.Transports[len(s.packet.Transports)-1]
	low, high := min(t.SrcPort, t.DstPort), max(t.SrcPort, t.DstPort)
	if udpTunnel(low) != protoNone {
		return low
	}
	return high
}

// geneve is Geneve (RFC 8926): options in words, then an EtherType.
type geneve struct{ *scan }

func (geneve) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoGeneve) }

func (l geneve) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	header := 8
	if len(data) > 0 {
		header += int(data[0]&0x3f) * 4
	}
	l.add(ProtoGeneve, header)
	if len(data) < header {
		return l.short(header)
	}
	return l.pass(etherTypePayload(be16(data, 2)), data, header, rest)
}

// gtp is GTP version 1 or 0 (3GPP TS 29.060, 29.281), or GTP prime; only the
// packets of the user plane have a payload.
type gtp struct {
	*scan
	proto Proto
}

func (l gtp) CanDecode() gopacket.LayerClass { return gopacket.LayerType(l.proto) }

func (l gtp) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	const tpdu, mandatory = 255, 8
	header, ok := gtpHeader(data)
	l.add(l.proto, header)
	if !ok {
		return l.short(header)
	}
	if data[1] != tpdu || l.rep <= header {
		return l.end()
	}
	if len(data) == header {
		return l.short(header + 1)
	}
	next := gtpPayload(data[header:])
	if next == protoNone {
		return l.end()
	}
	length := mandatory + int(be16(data, 2)) - header
	if data[0]>>5 == 0 {
		length = int(be16(data, 2))
	}
	return l.pass(next, data, header, max(length, 0))
}

// gtpPayload guesses what a T-PDU is, as nothing in it tells: IP by its first
// byte, or Ethernet with IP or ARP inside.
func gtpPayload(data []byte) Proto {
	switch first := data[0]; {
	case first >= 0x45 && first <= 0x4e:
		return ProtoIP
	case first>>4 == 6:
		return ProtoIPv6
	}
	if len(data) > ethernetHeader {
		switch be16(data, 12) {
		case etherTypeIPv4, etherTypeIPv6, etherTypeARP:
			return ProtoEth
		}
	}
	return protoNone
}

// gtpHeader gives the length of a GTP header with its extension headers, and
// whether it was captured.
func gtpHeader(data []byte) (int, bool) {
	if len(data) < 8 {
		return 8, false
	}
	if data[0]>>5 == 0 {
		return 20, len(data) >= 20
	}
	header := 8
	if data[0]&7 != 0 { // sequence number, N-PDU number, next extension type
		header = 12
	}
	if len(data) < header {
		return header, false
	}
	if data[0]&4 == 0 {
		return header, true
	}
	for next := data[11]; next != 0; {
		if header >= len(data) || data[header] == 0 {
			return header, false
		}
		header += int(data[header]) * 4
		if header > len(data) {
			return header, false
		}
		next = data[header-1]
	}
	return header, true
}

// teredo is IPv6 in UDP (RFC 4380), after an authentication and an origin
// indication header, both optional.
type teredo struct{ *scan }

func (teredo) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoTeredo) }

func (l teredo) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	const authentication, origin = 1, 0
	header := 0
	if len(data) >= 4 && be16(data, 0) == authentication {
		header = 4 + int(data[2]) + int(data[3]) + 9
	}
	if len(data) >= header+2 && be16(data, header) == origin {
		header += 8
	}
	l.add(ProtoTeredo, header)
	if len(data) < header {
		return l.short(header)
	}
	return l.pass(ProtoIPv6, data, header, rest)
}

// udpEncap is IPsec through NAT (RFC 3948): IKE after four zero bytes, a
// keepalive of one byte, else ESP.
type udpEncap struct{ *scan }

func (udpEncap) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoUDPEncap) }

func (l udpEncap) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	if len(data) == 1 && data[0] == 0xff {
		l.add(ProtoUDPEncap, 1)
		return l.end()
	}
	if len(data) < 4 {
		l.add(ProtoUDPEncap, len(data))
		return l.short(4)
	}
	if be32(data, 0) == 0 {
		l.add(ProtoUDPEncap, 4)
		if l.rep == 4 {
			return l.end()
		}
		return l.pass(ProtoISAKMP, data, 4, rest)
	}
	l.add(ProtoUDPEncap, 0)
	return l.pass(ProtoESP, data, 0, rest)
}

// ayiya is AYIYA: identity and signature of variable length, then an IP
// protocol.
type ayiya struct{ *scan }

func (ayiya) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoAYIYA) }

func (l ayiya) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	header := 8
	if len(data) >= 2 {
		header += 1<<(data[0]>>4) + int(data[1]>>4)*4
	}
	l.add(ProtoAYIYA, header)
	if len(data) < header {
		return l.short(header)
	}
	if data[2]&0xf != 1 { // not the operation "forward"
		return l.end()
	}
	return l.pass(ipPayload(data[3]), data, header, rest)
}

// lispData is a LISP data packet (RFC 9300).
type lispData struct{ *scan }

func (lispData) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoLISPData) }

func (l lispData) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	const header = 8
	l.add(ProtoLISPData, header)
	if len(data) <= header {
		return l.short(header + 1)
	}
	switch data[header] >> 4 {
	case 4:
		return l.pass(ProtoIP, data, header, rest)
	case 6:
		return l.pass(ProtoIPv6, data, header, rest)
	}
	return l.pass(ProtoData, data, header, rest)
}

// tzsp is the TaZmen sniffer protocol: tags up to an end tag, then a frame.
type tzsp struct{ *scan }

func (tzsp) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoTZSP) }

func (l tzsp) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	const padding, endTag = 0, 1
	header := 4
	for header < len(data) && data[header] != endTag {
		if data[header] == padding {
			header++
			continue
		}
		if header+1 >= len(data) {
			header = len(data)
			break
		}
		header += 2 + int(data[header+1])
	}
	header++
	l.add(ProtoTZSP, header)
	if len(data) < header {
		return l.short(header)
	}
	if data[1] > 1 { // neither received nor to be sent
		return l.end()
	}
	switch be16(data, 2) {
	case 1:
		return l.pass(ProtoEth, data, header, rest)
	case 18:
		return l.pass(ProtoWLAN, data, header, rest)
	}
	return l.pass(ProtoData, data, header, rest)
}

// capwapData is a CAPWAP data packet (RFC 5415): in its second to fourth byte
// 5 bits of length in words, 5 of radio, 5 of binding, then flags.
type capwapData struct{ *scan }

func (capwapData) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoCAPWAPData) }

func (l capwapData) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	const native, fragment, keepAlive, bindingWLAN = 0x100, 0x80, 0x08, 1
	if len(data) < 8 {
		l.add(ProtoCAPWAPData, len(data))
		return l.short(8)
	}
	if data[0]&0xf != 0 { // DTLS
		l.add(ProtoCAPWAPData, 4)
		return l.end()
	}
	word := be32(data, 0) & 0xffffff
	header := int(word>>19) * 4
	l.add(ProtoCAPWAPData, header)
	switch {
	case header < 8:
		return errMalformed
	case word&keepAlive != 0:
		return l.end()
	case word&fragment != 0:
		return l.pass(ProtoData, data, header, rest)
	case word&native == 0:
		return l.pass(ProtoEth, data, header, rest)
	case word>>9&0x1f == bindingWLAN:
		l.stash.wlanSwapped = true // as Cisco does, against the RFC
		return l.pass(ProtoWLAN, data, header, rest)
	}
	return l.pass(ProtoData, data, header, rest)
}
