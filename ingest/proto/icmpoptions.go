package proto

import (
	"encoding/binary"
	"net/netip"

	"pcapidx/ingest/dissect"
)

// Fields of messages, which are not answered from the bytes of frames: those of both
// versions, and those of ICMPv6.
const (
	icmpKind = iota
	icmpUnreachable
	icmp6Prefix
	icmp6PrefixFlags
	icmp6RDNSS
	icmp6DNSSL
	icmp6DNSSLLifetime
	icmp6Nonce
)

// icmpFields are what both versions have, under the name of one of them.
func icmpFields(version string) []Field {
	return []Field{
		icmpKind:        {Name: version + ".kind", Kind: dissect.KindString, Listed: true, Doc: "What a message is, in words (ours)"},
		icmpUnreachable: {Name: version + ".unreachable", Kind: dissect.KindString, Listed: true, Doc: "Address that cannot be reached, from the packet that an error quotes (ours)"},
	}
}

// icmp6Fields are those, and fields of options of neighbour discovery, in the
// order of their constants.
func icmp6Fields() []Field {
	return append(icmpFields("icmpv6"),
		Field{Name: "icmpv6.opt.prefix", Kind: dissect.KindIPv6, Doc: "Prefix of the link"},
		Field{Name: "icmpv6.opt.prefix.flag", Kind: dissect.KindUint, Bits: 8, Hex: true, Doc: "Flags of the prefix"},
		Field{Name: "icmpv6.opt.rdnss", Kind: dissect.KindIPv6, Doc: "DNS server"},
		Field{Name: "icmpv6.opt.dnssl", Kind: dissect.KindString, Doc: "Domain to search"},
		Field{Name: "icmpv6.opt.dnssl.lifetime", Kind: dissect.KindUint, Bits: 32, Doc: "Seconds that the domains to search are good"},
		Field{Name: "icmpv6.opt.nonce", Kind: dissect.KindBytes, Doc: "Number that tells probes apart"},
	)
}

// discovered reads the options of neighbour discovery (RFC 4861, section 4.6), which
// begin at a place of the message, and gives the first prefix.
func discovered(m *Message, b []byte, at int) (prefix string) {
	for len(b)-at >= 8 {
		size := 8 * int(b[at+1])
		if size == 0 || size > len(b)-at {
			return prefix
		}
		o := b[at : at+size]
		switch {
		case o[0] == 3 && size == 32:
			m.Uint(icmp6PrefixFlags, uint64(o[3]))
			m.Str(icmp6Prefix, string(o[16:32]))
			if p := netip.PrefixFrom(netip.AddrFrom16([16]byte(o[16:32])), int(o[2])); prefix == "" {
				prefix = p.String()
			}
		case o[0] == 14:
			m.Str(icmp6Nonce, string(o[2:]))
		case o[0] == 25: // RFC 8106
			for a := o[8:]; len(a) >= 16; a = a[16:] {
				m.Str(icmp6RDNSS, string(a[:16]))
			}
		case o[0] == 31:
			m.Uint(icmp6DNSSLLifetime, uint64(binary.BigEndian.Uint32(o[4:])))
			for next := 8; next < size && o[next] != 0; {
				n, end, ok := readName(o, next)
				if !ok || end <= next {
					break
				}
				m.Str(icmp6DNSSL, n.text)
				next = end
			}
		}
		at += size
	}
	return prefix
}

// discoveryOptions gives where the options of a message begin, 0: it has none.
func discoveryOptions(kind byte) int {
	switch kind {
	case 133:
		return icmpHeader
	case 134:
		return 16
	case 135, 136:
		return 24
	case 137:
		return 40
	}
	return 0
}
