package dissect

import (
	"net/netip"

	"github.com/google/gopacket"
)

const ipv4Header = 20 // RFC 791, without options

// ipv4 is an IPv4 packet (RFC 791).
type ipv4 struct{ *scan }

func (ipv4) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoIP) }

func (l ipv4) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	if len(data) < 1 {
		l.add(ProtoIP, 0)
		return l.short(ipv4Header)
	}
	if data[0]>>4 == 6 { // announced as IPv4 all the same
		l.add(ProtoIP, 0)
		return l.pass(ProtoIPv6, data, 0, rest)
	}
	header := int(data[0]&0xf) * 4
	l.add(ProtoIP, header)
	if data[0]>>4 != 4 || header < ipv4Header {
		return errMalformed
	}
	if len(data) < ipv4Header {
		return l.short(header)
	}
	total := int(be16(data, 2))
	if total == 0 { // the sending host's segmentation offload fills it in later
		total = l.rep
	}
	if total < header {
		return errMalformed
	}
	l.rep = min(l.rep, total)
	data = data[:min(len(data), l.rep)]
	l.packet.Networks = append(l.packet.Networks, Network{
		Src: netip.AddrFrom4([4]byte(data[12:16])), Dst: netip.AddrFrom4(finalDestination(data, header)),
		Layer: l.layer(), Proto: data[9], TTL: data[8], ID: be16(data, 4), Quoted: l.quoted,
	})
	l.network = len(l.packet.Networks) - 1
	if len(data) < header {
		return l.short(header)
	}
	if l.rep == header {
		return l.end()
	}
	const more, offsetMask = 0x2000, 0x1fff
	flags := be16(data, 6)
	l.fragmented = flags&more != 0
	if flags&(more|offsetMask) != 0 {
		f := Fragment{
			ID: uint32(be16(data, 4)), Proto: data[9], More: flags&more != 0,
			Offset: uint32(flags&offsetMask) * 8, Length: uint32(total - header),
		}
		// A first fragment which was cut cannot be reassembled, so it is decoded
		// as far as it goes.
		if f.Offset > 0 || int(f.Length) <= len(data)-header {
			l.fragment(f, len(data)-header, header)
			return l.pass(ProtoData, data, header, rest)
		}
	}
	return l.pass(ipPayload(data[9]), data, header, rest)
}

// finalDestination is the destination address, or the end of the source route
// among the options if the packet is still on its way along it.
func finalDestination(data []byte, header int) [4]byte {
	const endOfList, noOperation, looseRoute, strictRoute = 0, 1, 131, 137
	dst := [4]byte(data[16:20])
	for at := ipv4Header; at < min(header, len(data)) && data[at] != endOfList; {
		if data[at] == noOperation {
			at++
			continue
		}
		if at+3 > len(data) || data[at+1] < 2 {
			break
		}
		end := at + int(data[at+1])
		if (data[at] == looseRoute || data[at] == strictRoute) && end <= min(header, len(data)) && int(data[at+2]) < end-at && end-at >= 7 {
			return [4]byte(data[end-4 : end])
		}
		at = end
	}
	return dst
}

// fragment records f, of which some bytes were captured after a header of the
// given length.
func (s *scan) fragment(f Fragment, captured, header int) {
	f.Complete = int(f.Length) <= captured
	f.Network = uint16(s.network)
	f.Start = uint32(s.pos + header)
	s.packet.fragment = f
	s.packet.Fragment = &s.packet.fragment
}
