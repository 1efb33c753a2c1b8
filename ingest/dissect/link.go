package dissect

import (
	"math/bits"

	"github.com/google/gopacket"
)

// Lengths and limits of Ethernet (IEEE 802.3, clause 3.2).
const (
	ethernetHeader = 14
	maxLength8023  = 1500 // a type field up to this is a length
	minEtherType   = 1536
	fcsLength      = 4
)

// ethernet is an Ethernet frame without preamble; a check sequence and padding
// after the payload stay unused because the layers above know their lengths.
type ethernet struct{ *scan }

func (ethernet) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoEth) }

func (l ethernet) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	l.add(ProtoEth, ethernetHeader)
	if l.stash.ethernetFCS && l.rep >= ethernetHeader+fcsLength {
		l.rep -= fcsLength
		data = data[:min(len(data), l.rep)]
	}
	l.stash.ethernetFCS = false
	if len(data) < ethernetHeader {
		return l.short(ethernetHeader)
	}
	typ := be16(data, 12)
	switch {
	case isInterSwitchLink(data):
		return l.interSwitchLink(data)
	case typ == etherTypeFabricPath:
		return l.fabricPath(data)
	case typ == 0 || typ >= minEtherType:
		return l.etherType(data, ethernetHeader, typ)
	case typ > maxLength8023:
		return l.pass(ProtoData, data, ethernetHeader, rest)
	}
	return l.frame8023(data, ethernetHeader, int(typ))
}

// frame8023 goes on after a header that ends with a length: LLC follows, or
// Novell's raw IPX, which starts with an empty checksum.
func (s *scan) frame8023(data []byte, header, length int) error {
	if len(data) >= header+2 && be16(data, header) == 0xffff {
		return s.pass(ProtoIPX, data, header, length)
	}
	return s.pass(ProtoLLC, data, header, length)
}

// isInterSwitchLink tells ISL by its destination address.
func isInterSwitchLink(data []byte) bool {
	return string(data[1:5]) == "\x00\x0c\x00\x00" && (data[0] == 0x01 || data[0] == 0x0c)
}

// interSwitchLink goes on in a frame of Cisco's ISL: 14 bytes of addresses,
// type and length, 12 of LLC, VLAN and index, then an Ethernet frame with its
// check sequence. The upper half of the sixth byte is the type.
func (l ethernet) interSwitchLink(data []byte) error {
	const header, afterLength = 26, 12
	if len(data) < header {
		return l.short(header)
	}
	if data[5]>>4 != 0 { // not Ethernet
		return l.pass(ProtoData, data, header, rest)
	}
	l.stash.ethernetFCS = true
	return l.pass(ProtoEth, data, header, int(be16(data, 12))-afterLength)
}

// fabricPath goes on in a frame of Cisco's FabricPath, whose 16 bytes end with
// a tag and a time to live, and which holds an Ethernet frame with its check
// sequence.
func (l ethernet) fabricPath(data []byte) error {
	const header = 16
	l.add(ProtoFabricPath, header)
	if len(data) < header {
		return l.short(header)
	}
	l.stash.ethernetFCS = true
	return l.pass(ProtoEth, data, header, rest)
}

// etherType goes on after a header of the given length that ends with an
// EtherType, by way of Wireshark's pseudo-layer of that name.
func (s *scan) etherType(data []byte, header int, typ uint16) error {
	s.addAt(ProtoEtherType, s.pos+header-2, 2)
	return s.pass(etherTypePayload(typ), data, header, rest)
}

// null is the BSD loopback header: an address family of four bytes in the byte
// order of the capturing host, or of the network (DLT_LOOP).
type null struct{ *scan }

func (null) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoNull) }

func (l null) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	if len(data) >= 2 && be16(data, 0) == 0xff03 {
		l.add(ProtoNull, 0)
		return l.pass(ProtoPPP, data, 0, rest)
	}
	l.add(ProtoNull, 4)
	if len(data) < 4 {
		return l.short(4)
	}
	family := be32(data, 0)
	if l.link != linkLoop {
		family = nullFamily(bits.ReverseBytes32(family))
	}
	if family > maxLength8023 {
		return l.pass(etherTypePayload(uint16(family)), data, 4, rest)
	}
	return l.pass(familyPayload(family), data, 4, rest)
}

// nullFamily finds the family in a little-endian number which may have been
// written in the other order, or as 16 bits at either end. Families are small.
func nullFamily(n uint32) uint32 {
	switch {
	case n&0xffff0000 != 0 && n&0xff000000 == 0 && n&0x00ff0000 < 0x00060000:
		return n >> 16
	case n&0xffff0000 != 0:
		return bits.ReverseBytes32(n)
	case n&0xff == 0 && n&0xff00 < 0x0600:
		return n >> 8
	}
	return n
}

// familyPayload maps the address families of the BSDs, which disagree on IPv6.
func familyPayload(family uint32) Proto {
	switch family {
	case 2:
		return ProtoIP
	case 7:
		return ProtoISO
	case 16:
		return ProtoDDP
	case 23:
		return ProtoIPX
	case 24, 28, 30:
		return ProtoIPv6
	}
	return ProtoData
}

// raw is an IP packet without link header. Some captures of this type hold PPP
// after 0, 1 or 6 bytes, or IP after ten zero bytes, as Wireshark knows.
type raw struct{ *scan }

func (raw) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoRaw) }

func (l raw) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	l.add(ProtoRaw, 0)
	switch {
	case len(data) >= 2 && be16(data, 0) == 0xff03:
		return l.pass(ProtoPPP, data, 0, rest)
	case len(data) < 8:
		return l.short(8)
	case be16(data, 6) == 0xff03:
		return l.pass(ProtoPPP, data, 6, rest)
	case be16(data, 1) == 0xff03:
		return l.pass(ProtoPPP, data, 1, rest)
	case len(data) >= 10 && allZero(data[:10]):
		return l.pass(ProtoIP, data, 10, rest)
	}
	switch data[0] >> 4 {
	case 4:
		return l.pass(ProtoIP, data, 0, rest)
	case 6:
		return l.pass(ProtoIPv6, data, 0, rest)
	}
	return l.pass(ProtoData, data, 0, rest)
}

func allZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// sll is the Linux cooked header, version 1 (16 bytes, protocol last) or 2 (20
// bytes, protocol first).
type sll struct{ *scan }

// ARPHRD_ values which change the meaning of the protocol field.
const (
	arphrdFrameRelay = 770
	arphrdIPGRE      = 778
	arphrdRadiotap   = 803
	arphrdNetlink    = 824
)

func (sll) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoSLL) }

func (l sll) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	header, protocolAt, hardwareAt := 16, 14, 2
	if l.link == linkSLL2 {
		header, protocolAt, hardwareAt = 20, 0, 8
	}
	l.add(ProtoSLL, header)
	if len(data) < header {
		return l.short(header)
	}
	protocol := be16(data, protocolAt)
	switch hardware := be16(data, hardwareAt); {
	case hardware == arphrdNetlink:
		return l.pass(ProtoNetlink, data, header, rest)
	case hardware == arphrdRadiotap:
		return l.pass(ProtoRadiotap, data, header, rest)
	case hardware == arphrdFrameRelay:
		return l.pass(ProtoFR, data, header, rest)
	case hardware == arphrdIPGRE:
		return l.pass(grePayload(protocol), data, header, rest)
	case protocol <= maxLength8023:
		return l.pass(sllPayload(protocol), data, header, rest)
	}
	l.addAt(ProtoEtherType, l.pos+protocolAt, 2)
	return l.pass(etherTypePayload(protocol), data, header, rest)
}

// sllPayload maps the ETH_P_ values that are not EtherTypes.
func sllPayload(protocol uint16) Proto {
	switch protocol {
	case 1:
		return ProtoIPX
	case 3:
		return ProtoEth
	case 4:
		return ProtoLLC
	case 7:
		return ProtoPPP
	case 12, 13:
		return ProtoCAN
	case 246:
		return ProtoWPAN
	}
	return ProtoData
}
