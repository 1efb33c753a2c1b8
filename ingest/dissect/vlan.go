package dissect

import "github.com/google/gopacket"

const tagLength = 4 // tag control information and the next EtherType

// vlan is an IEEE 802.1Q tag: 3 bits priority, 1 bit DEI, 12 bits identifier.
type vlan struct{ *scan }

func (vlan) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoVLAN) }

func (l vlan) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	l.add(ProtoVLAN, tagLength)
	if len(data) >= 2 {
		l.packet.VLANs = append(l.packet.VLANs, be16(data, 0)&0xfff)
	}
	if len(data) < tagLength {
		return l.short(tagLength)
	}
	if typ := be16(data, 2); typ > maxLength8023 {
		return l.etherType(data, tagLength, typ)
	}
	return l.frame8023(data, tagLength, int(be16(data, 2)))
}

// serviceVLAN is the outer tag of IEEE 802.1ad. Wireshark takes a second
// service tag or an I-tag (IEEE 802.1ah) into the same layer.
type serviceVLAN struct{ *scan }

func (serviceVLAN) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoServiceVLAN) }

func (l serviceVLAN) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	header, tags := tagLength, 1
	if len(data) >= tagLength {
		switch be16(data, 2) {
		case etherTypeServiceVLAN:
			header, tags = 2*tagLength, 2
		case etherTypePBB:
			header += backboneLength
		}
	}
	l.add(ProtoServiceVLAN, header)
	for at := 0; at < tags*tagLength && at+2 <= len(data); at += tagLength {
		l.packet.ServiceVLANs = append(l.packet.ServiceVLANs, be16(data, at)&0xfff)
	}
	if len(data) < header {
		return l.short(header)
	}
	return l.etherType(data, header, be16(data, header-2))
}

// etherTag is any other header between two EtherTypes; header includes the
// second.
type etherTag struct {
	*scan
	proto  Proto
	header int
}

func (l etherTag) CanDecode() gopacket.LayerClass { return gopacket.LayerType(l.proto) }

func (l etherTag) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	l.add(l.proto, l.header)
	if len(data) < l.header {
		return l.short(l.header)
	}
	return l.etherType(data, l.header, be16(data, l.header-2))
}

// hsr is the tag of high-availability seamless redundancy (IEC 62439-3). It
// ends with an EtherType too, but Wireshark has no pseudo-layer for it.
type hsr struct{ *scan }

func (hsr) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoHSR) }

func (l hsr) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	const header = 6
	l.add(ProtoHSR, header)
	if len(data) < header {
		return l.short(header)
	}
	return l.pass(etherTypePayload(be16(data, header-2)), data, header, rest)
}

// macsec is IEEE 802.1AE: what follows its tag is encrypted as a rule.
type macsec struct{ *scan }

func (macsec) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoMACsec) }

func (l macsec) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	const hasChannel = 0x20
	header := 6
	if len(data) > 0 && data[0]&hasChannel != 0 {
		header += 8
	}
	l.add(ProtoMACsec, header)
	if len(data) < header {
		return l.short(header)
	}
	return l.pass(ProtoData, data, header, rest)
}

// backboneLength is that of an I-tag: 4 bytes with the service identifier,
// then the customer's addresses and EtherType.
const backboneLength = 4 + ethernetHeader

// trill is a TRILL header (RFC 6325): options in words, then a frame.
type trill struct{ *scan }

func (trill) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoTRILL) }

func (l trill) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	header := 6
	if len(data) >= 2 {
		header += int(be16(data, 0)>>6&0x1f) * 4
	}
	l.add(ProtoTRILL, header)
	if len(data) < header {
		return l.short(header)
	}
	return l.pass(ProtoEth, data, header, rest)
}
