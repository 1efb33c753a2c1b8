package dissect

import (
	"net/netip"

	"github.com/google/gopacket"
)

const ipv6Header = 40 // RFC 8200

// ipv6 is the fixed header of an IPv6 packet (RFC 8200).
type ipv6 struct{ *scan }

func (ipv6) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoIPv6) }

func (l ipv6) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	if len(data) >= 1 && data[0]>>4 != 6 { // Wireshark does not accept it
		_ = l.leaf(ProtoData, data)
		return errMalformed
	}
	l.add(ProtoIPv6, ipv6Header)
	if len(data) < ipv6Header {
		return l.short(ipv6Header)
	}
	l.packet.Networks = append(l.packet.Networks, Network{
		Src: netip.AddrFrom16([16]byte(data[8:24])), Dst: netip.AddrFrom16([16]byte(data[24:40])),
		Layer: l.layer(), Proto: data[6], TTL: data[7], Quoted: l.quoted,
	})
	l.network = len(l.packet.Networks) - 1
	l.fragmented = false
	length := int(be16(data, 4))
	if length == 0 && data[6] == protocolHopOpts {
		if jumbo := jumboLength(data[ipv6Header:]); jumbo > 0xffff {
			length = jumbo
		}
	}
	return l.pass(ipPayload(data[6]), data, ipv6Header, length)
}

// jumboLength finds the jumbo payload option (RFC 2675) at the start of a
// hop-by-hop header; 0 without.
func jumboLength(data []byte) int {
	if len(data) < 2 {
		return 0
	}
	data = data[:min(len(data), int(data[1])*8+8)]
	for at := 2; at < len(data); {
		if data[at] == 0 { // Pad1
			at++
			continue
		}
		if at+2 > len(data) {
			break
		}
		if data[at] == 0xc2 && data[at+1] == 4 && at+6 <= len(data) {
			return int(be32(data, at+2))
		}
		at += 2 + int(data[at+1])
	}
	return 0
}

// extension is an IPv6 extension header of the common form: next header, and
// length in units of 8 bytes without the first.
type extension struct {
	*scan
	proto Proto
}

func (l extension) CanDecode() gopacket.LayerClass { return gopacket.LayerType(l.proto) }

func (l extension) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	if len(data) < 2 {
		l.add(l.proto, len(data))
		return l.short(8)
	}
	header := int(data[1])*8 + 8
	l.add(l.proto, header)
	return l.nextHeader(data[0], data, header)
}

// nextHeader goes on to the IP protocol that an extension header names.
func (s *scan) nextHeader(protocol uint8, data []byte, header int) error {
	if s.network >= 0 && s.packet.Networks[s.network].Src.Is6() {
		s.packet.Networks[s.network].Proto = protocol
	}
	return s.pass(ipPayload(protocol), data, header, rest)
}

// ipv6Fragment is the fragment header. One with offset 0 and no more to come
// is atomic (RFC 6946) and decoded on.
type ipv6Fragment struct{ *scan }

func (ipv6Fragment) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoFragHdr) }

func (l ipv6Fragment) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	const header = 8
	l.add(ProtoFragHdr, header)
	if len(data) < header {
		return l.short(header)
	}
	word := be16(data, 2)
	if word&^6 == 0 || l.network < 0 {
		return l.nextHeader(data[0], data, header)
	}
	l.packet.Networks[l.network].Proto = data[0]
	l.fragmented = word&1 != 0
	f := Fragment{
		ID: be32(data, 4), Proto: data[0], More: word&1 != 0,
		Offset: uint32(word &^ 7), Length: uint32(l.rep - header),
	}
	// Unlike in IPv4, a first fragment which was cut is not decoded either.
	l.fragment(f, len(data)-header, header)
	return l.pass(ProtoData, data, header, rest)
}

// authentication is the AH header (RFC 4302), length in words minus 2.
type authentication struct{ *scan }

func (authentication) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoAH) }

func (l authentication) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	if len(data) < 2 {
		l.add(ProtoAH, len(data))
		return l.short(12)
	}
	header := (int(data[1]) + 2) * 4
	l.add(ProtoAH, header)
	return l.nextHeader(data[0], data, header)
}
