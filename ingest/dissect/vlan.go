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
	return l.lengthOrType(data, tagLength, be16(data, 2))
}

// serviceVLAN is the outer tag of IEEE 802.1ad. Wireshark takes a second
// service tag into the same layer.
type serviceVLAN struct{ *scan }

func (serviceVLAN) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoServiceVLAN) }

func (l serviceVLAN) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	header := tagLength
	if len(data) >= tagLength && be16(data, 2) == etherTypeServiceVLAN {
		header = 2 * tagLength
	}
	l.add(ProtoServiceVLAN, header)
	for at := 0; at < header && at+2 <= len(data); at += tagLength {
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

// ciscoMetaData is Cisco's security group tag: version, length of the options
// in words, options, EtherType.
type ciscoMetaData struct{ *scan }

func (ciscoMetaData) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoCMD) }

func (l ciscoMetaData) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	header := 8
	l.add(ProtoCMD, header)
	if len(data) < header {
		return l.short(header)
	}
	return l.etherType(data, header, be16(data, header-2))
}

// providerBackbone is the I-tag of IEEE 802.1ah: 4 bytes, then the customer's
// addresses and EtherType.
type providerBackbone struct{ *scan }

func (providerBackbone) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoPBB) }

func (l providerBackbone) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	const header = 4 + ethernetHeader
	l.add(ProtoPBB, header)
	if len(data) < header {
		return l.short(header)
	}
	return l.etherType(data, header, be16(data, header-2))
}

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
