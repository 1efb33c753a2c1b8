package dissect

import (
	"encoding/binary"

	"github.com/google/gopacket"
)

// prism is the header of Prism cards: a message code and length, or the AVS
// header under the same link type.
type prism struct{ *scan }

const avsMagic = 0x80211000 // the low byte is the version

func (prism) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoPrism) }

func (l prism) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	if len(data) >= 4 && be32(data, 0)&^0xff == avsMagic {
		l.add(ProtoPrism, 0)
		return l.pass(ProtoWLANCap, data, 0, rest)
	}
	const header = 144
	l.add(ProtoPrism, header)
	if len(data) < header {
		return l.short(header)
	}
	return l.radio(data, header)
}

// wlanCap is the AVS header: version and length.
type wlanCap struct{ *scan }

func (wlanCap) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoWLANCap) }

func (l wlanCap) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	header := 8
	if len(data) >= header {
		header = int(min(be32(data, 4), 0xffff))
	}
	l.add(ProtoWLANCap, header)
	if len(data) < max(header, 8) {
		return l.short(max(header, 8))
	}
	return l.radio(data, header)
}

// ppi is the per-packet information header: length and the real link type.
type ppi struct{ *scan }

func (ppi) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoPPI) }

func (l ppi) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	if len(data) < 8 {
		l.add(ProtoPPI, len(data))
		return l.short(8)
	}
	header := int(binary.LittleEndian.Uint16(data[2:]))
	l.add(ProtoPPI, header)
	if header < 8 {
		return errMalformed
	}
	if len(data) < header {
		return l.short(header)
	}
	l.link = binary.LittleEndian.Uint32(data[4:])
	first := firstLayer(l.link)
	if first == ProtoWLAN {
		l.stash.wlanFCS = ppiFCS(data[8:header])
		return l.radio(data, header)
	}
	l.addAt(ProtoPktData, l.pos+header, 0)
	if first == protoNone {
		first = ProtoData
	}
	return l.pass(first, data, header, rest)
}

// ppiFCS gives the length of the check sequence that the 802.11 common field
// (type 2) announces in its flags.
func ppiFCS(fields []byte) int {
	const common, flagsAt, fcsAtEnd = 2, 8, 1
	for len(fields) >= 4 {
		typ, length := binary.LittleEndian.Uint16(fields), int(binary.LittleEndian.Uint16(fields[2:]))
		fields = fields[4:]
		if length > len(fields) {
			break
		}
		if typ == common && length > flagsAt && fields[flagsAt]&fcsAtEnd != 0 {
			return fcsLength
		}
		fields = fields[length:]
	}
	return 0
}

// nflog is the header of Linux' netfilter log: attributes of a length, a type
// and a value, in the byte order of the host, taken to be little-endian.
type nflog struct{ *scan }

func (nflog) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoNFLog) }

func (l nflog) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	const header, payload = 4, 9
	if len(data) < header {
		l.add(ProtoNFLog, len(data))
		return l.short(header)
	}
	for at := header; at+4 <= len(data); {
		length, typ := int(binary.LittleEndian.Uint16(data[at:])), binary.LittleEndian.Uint16(data[at+2:])
		if length < 4 {
			break
		}
		if typ&0x7fff == payload {
			l.add(ProtoNFLog, at+4)
			if at+length > len(data) { // Wireshark wants the whole attribute
				return l.short(at + length)
			}
			return l.pass(linuxFamily(data[0]), data, at+4, length-4)
		}
		at += (length + 3) &^ 3
	}
	l.add(ProtoNFLog, len(data))
	return l.end()
}

// linuxFamily maps Linux' address families.
func linuxFamily(family byte) Proto {
	switch family {
	case 2:
		return ProtoIP
	case 10:
		return ProtoIPv6
	}
	return ProtoData
}

// pflog is the header of OpenBSD's packet filter log, padded to four bytes.
type pflog struct{ *scan }

func (pflog) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoPFLog) }

func (l pflog) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	if len(data) < 2 {
		l.add(ProtoPFLog, len(data))
		return l.short(48)
	}
	header := (int(data[0]) + 3) &^ 3
	l.add(ProtoPFLog, header)
	if len(data) < header {
		return l.short(header)
	}
	return l.pass(filterFamily(uint32(data[1])), data, header, rest)
}

// filterFamily maps the address families of OpenBSD, and Linux' IPv6.
func filterFamily(family uint32) Proto {
	switch family {
	case 2:
		return ProtoIP
	case 10, 24, 28, 30:
		return ProtoIPv6
	}
	return ProtoData
}

// enc is the header of OpenBSD's IPsec interface: address family, SPI, flags.
type enc struct{ *scan }

func (enc) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoEnc) }

func (l enc) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	const header = 12
	l.add(ProtoEnc, header)
	if len(data) < header {
		return l.short(header)
	}
	family := be32(data, 0)
	if family > 0xff {
		family = binary.LittleEndian.Uint32(data)
	}
	return l.pass(filterFamily(family), data, header, rest)
}

// clip is classical IP over ATM without any header.
type clip struct{ *scan }

func (clip) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoClip) }

func (l clip) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	l.add(ProtoClip, 0)
	return l.pass(ProtoIP, data, 0, rest)
}

// ipOverFC is IP over Fibre Channel (RFC 2625): a network header of 16 bytes.
type ipOverFC struct{ *scan }

func (ipOverFC) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoIPFC) }

func (l ipOverFC) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	const header = 16
	l.add(ProtoIPFC, header)
	if len(data) < header {
		return l.short(header)
	}
	return l.pass(ProtoLLC, data, header, rest)
}

// ipOverIB is IP over InfiniBand (RFC 4391) as captured: a global routing
// header of 40 bytes, EtherType, two reserved bytes.
type ipOverIB struct{ *scan }

func (ipOverIB) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoIPoIB) }

func (l ipOverIB) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	const header = 44
	l.add(ProtoIPoIB, header)
	if len(data) < header {
		return l.short(header)
	}
	return l.pass(etherTypePayload(be16(data, 40)), data, header, rest)
}
