package dissect

import "github.com/google/gopacket"

// vxlan is VXLAN (RFC 7348) or its generic protocol extension.
type vxlan struct {
	*scan
	proto Proto
}

func (l vxlan) CanDecode() gopacket.LayerClass { return gopacket.LayerType(l.proto) }

func (l vxlan) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	const header = 8
	l.add(l.proto, header)
	if len(data) < header {
		return l.short(header)
	}
	if l.proto == ProtoVXLANGPE {
		return l.pass(servicePayload(data[3]), data, header, rest)
	}
	return l.pass(ProtoEth, data, header, rest)
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

// gtp is GTP version 1 or 0 (3GPP TS 29.060, 29.281); only the user plane's
// packets have a payload.
type gtp struct{ *scan }

func (gtp) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoGTP) }

func (l gtp) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	const tpdu = 255
	header, ok := gtpHeader(data)
	l.add(ProtoGTP, header)
	if !ok {
		return l.short(header)
	}
	if data[1] != tpdu || l.rep <= header {
		return l.end()
	}
	if len(data) == header {
		return l.short(header + 1)
	}
	switch first := data[header]; {
	case first >= 0x45 && first <= 0x4e:
		return l.pass(ProtoIP, data, header, rest)
	case first>>4 == 6:
		return l.pass(ProtoIPv6, data, header, rest)
	}
	return l.pass(ProtoPPP, data, header, rest)
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
	return l.pass(ipPayload(data[3], false), data, header, rest)
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
