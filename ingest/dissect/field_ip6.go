package dissect

// ipv6Fields are of the fixed header of IPv6 (RFC 8200), whose first word is 4
// bits version, 8 traffic class and 20 flow label.
var ipv6Fields = [...]Field{
	{Name: "ipv6.version", Kind: KindUint, Bits: 8, Proto: ProtoIPv6, in: part{0, 1, 0xf0}, Doc: "Version, 6"},
	{Name: "ipv6.tclass", Kind: KindUint, Bits: 32, Hex: true, Proto: ProtoIPv6, in: part{0, 4, 0x0ff00000}, Doc: "Traffic class"},
	{Name: "ipv6.tclass.dscp", Kind: KindUint, Bits: 32, Proto: ProtoIPv6, in: part{0, 4, 0x0fc00000}, Doc: "Differentiated services codepoint"},
	{Name: "ipv6.tclass.ecn", Kind: KindUint, Bits: 32, Proto: ProtoIPv6, in: part{0, 4, 0x00300000}, Doc: "Explicit congestion notification"},
	{Name: "ipv6.flow", Kind: KindUint, Bits: 24, Hex: true, Proto: ProtoIPv6, in: part{1, 3, 0x0fffff}, Doc: "Flow label"},
	{Name: "ipv6.plen", Kind: KindUint, Bits: 16, Proto: ProtoIPv6, in: part{4, 2, 0}, Doc: "Length of what follows the fixed header"},
	{Name: "ipv6.nxt", Kind: KindUint, Bits: 8, Proto: ProtoIPv6, in: part{6, 1, 0}, Doc: "Protocol of the next header"},
	{Name: "ipv6.hlim", Kind: KindUint, Bits: 8, Proto: ProtoIPv6, in: part{7, 1, 0}, Doc: "Hop limit"},
	{Name: "ipv6.src", Kind: KindIPv6, Proto: ProtoIPv6, in: part{8, 16, 0}, Doc: "Source address"},
	{Name: "ipv6.src_host", Kind: KindString, Proto: ProtoIPv6, get: getIPv6Hosts, option: hostSource, Doc: "Source address as text"},
	{Name: "ipv6.dst", Kind: KindIPv6, Proto: ProtoIPv6, in: part{24, 16, 0}, Doc: "Destination address"},
	{Name: "ipv6.dst_host", Kind: KindString, Proto: ProtoIPv6, get: getIPv6Hosts, option: hostDestination, Doc: "Destination address as text"},
	{Name: "ipv6.addr", Kind: KindIPv6, Proto: ProtoIPv6, in: part{8, 16, 0}, times: 2, Doc: "Source, then destination address"},
	{Name: "ipv6.host", Kind: KindString, Proto: ProtoIPv6, get: getIPv6Hosts, option: hostSource | hostDestination, Doc: "Source, then destination address as text"},
}

func getIPv6Hosts(dst []FieldValue, v view, f *Field) []FieldValue {
	if v.start+24 <= v.limit && f.option&hostSource != 0 {
		dst = append(dst, v.host(f, v.start+8, 16))
	}
	if v.start+40 <= v.limit && f.option&hostDestination != 0 {
		dst = append(dst, v.host(f, v.start+24, 16))
	}
	return dst
}

// ipv6OptionFields are of the extension headers and of the options in them.
var ipv6OptionFields = [...]Field{
	{Name: "ipv6.hopopts.nxt", Kind: KindUint, Bits: 8, Proto: ProtoHopOpts, in: part{0, 1, 0}, Doc: "Protocol of the next header"},
	{Name: "ipv6.hopopts.len", Kind: KindUint, Bits: 8, Proto: ProtoHopOpts, in: part{1, 1, 0}, Doc: "Length in 8 bytes, without the first"},
	{Name: "ipv6.hopopts.len_oct", Kind: KindUint, Bits: 16, Proto: ProtoHopOpts, in: part{1, 1, 0}, get: getExtensionLength, Doc: "Length in bytes"},
	{Name: "ipv6.dstopts.nxt", Kind: KindUint, Bits: 8, Proto: ProtoDstOpts, in: part{0, 1, 0}, Doc: "Protocol of the next header"},
	{Name: "ipv6.dstopts.len", Kind: KindUint, Bits: 8, Proto: ProtoDstOpts, in: part{1, 1, 0}, Doc: "Length in 8 bytes, without the first"},
	{Name: "ipv6.dstopts.len_oct", Kind: KindUint, Bits: 16, Proto: ProtoDstOpts, in: part{1, 1, 0}, get: getExtensionLength, Doc: "Length in bytes"},
	{Name: "ipv6.opt.type", Kind: KindUint, Bits: 8, Hex: true, Proto: ProtoHopOpts, also: ProtoDstOpts, in: part{0, 1, 0}, get: getIPv6Option, Doc: "Type of each option"},
	{Name: "ipv6.opt.type.action", Kind: KindUint, Bits: 8, Proto: ProtoHopOpts, also: ProtoDstOpts, in: part{0, 1, 0xc0}, get: getIPv6Option, Doc: "What to do if the option is unknown"},
	{Name: "ipv6.opt.type.change", Kind: KindBool, Bits: 8, Proto: ProtoHopOpts, also: ProtoDstOpts, in: part{0, 1, 0x20}, get: getIPv6Option, Doc: "May change on the way"},
	{Name: "ipv6.opt.type.rest", Kind: KindUint, Bits: 8, Hex: true, Proto: ProtoHopOpts, also: ProtoDstOpts, in: part{0, 1, 0x1f}, get: getIPv6Option, Doc: "Low bits of the type"},
	{Name: "ipv6.opt.length", Kind: KindUint, Bits: 8, Proto: ProtoHopOpts, also: ProtoDstOpts, in: part{1, 1, 0}, get: getIPv6Option, Doc: "Length of each option's data"},
	{Name: "ipv6.opt.router_alert", Kind: KindUint, Bits: 16, Proto: ProtoHopOpts, also: ProtoDstOpts, in: part{2, 2, 0}, get: getIPv6Option, option: ipv6OptionAlert, Doc: "Value of the router alert option"},
	{Name: "ipv6.opt.jumbo", Kind: KindUint, Bits: 32, Proto: ProtoHopOpts, also: ProtoDstOpts, in: part{2, 4, 0}, get: getIPv6Option, option: ipv6OptionJumbo, Doc: "Payload length of a jumbogram"},
	{Name: "ipv6.routing.nxt", Kind: KindUint, Bits: 8, Proto: ProtoRouting, in: part{0, 1, 0}, Doc: "Protocol of the next header"},
	{Name: "ipv6.routing.len", Kind: KindUint, Bits: 8, Proto: ProtoRouting, in: part{1, 1, 0}, Doc: "Length in 8 bytes, without the first"},
	{Name: "ipv6.routing.len_oct", Kind: KindUint, Bits: 16, Proto: ProtoRouting, in: part{1, 1, 0}, get: getExtensionLength, Doc: "Length in bytes"},
	{Name: "ipv6.routing.type", Kind: KindUint, Bits: 8, Proto: ProtoRouting, in: part{2, 1, 0}, Doc: "Routing type"},
	{Name: "ipv6.routing.segleft", Kind: KindUint, Bits: 8, Proto: ProtoRouting, in: part{3, 1, 0}, Doc: "Segments left"},
	{Name: "ipv6.fraghdr.nxt", Kind: KindUint, Bits: 8, Proto: ProtoFragHdr, in: part{0, 1, 0}, Doc: "Protocol of the datagram"},
	{Name: "ipv6.fraghdr.reserved_octet", Kind: KindUint, Bits: 8, Hex: true, Proto: ProtoFragHdr, in: part{1, 1, 0}, Doc: "Reserved byte"},
	{Name: "ipv6.fraghdr.offset", Kind: KindUint, Bits: 16, Proto: ProtoFragHdr, in: part{2, 2, 0xfff8}, Doc: "Place of the fragment, in 8 bytes"},
	{Name: "ipv6.fraghdr.reserved_bits", Kind: KindUint, Bits: 16, Proto: ProtoFragHdr, in: part{2, 2, 0x0006}, Doc: "Reserved bits"},
	{Name: "ipv6.fraghdr.more", Kind: KindBool, Bits: 16, Proto: ProtoFragHdr, in: part{2, 2, 0x0001}, Doc: "More fragments follow"},
	{Name: "ipv6.fraghdr.ident", Kind: KindUint, Bits: 32, Hex: true, Proto: ProtoFragHdr, in: part{4, 4, 0}, Doc: "Identification of the datagram"},
	{Name: "ah.next_header", Kind: KindUint, Bits: 8, Proto: ProtoAH, in: part{0, 1, 0}, Doc: "Protocol of the next header"},
	{Name: "ah.length", Kind: KindUint, Bits: 8, Proto: ProtoAH, in: part{1, 1, 0}, Doc: "Length in words, less 2"},
	{Name: "ah.reserved", Kind: KindBytes, Proto: ProtoAH, in: part{2, 2, 0}, Doc: "Reserved bytes"},
	{Name: "ah.spi", Kind: KindUint, Bits: 32, Hex: true, Proto: ProtoAH, in: part{4, 4, 0}, Doc: "Security parameters index"},
	{Name: "ah.sequence", Kind: KindUint, Bits: 32, Proto: ProtoAH, in: part{8, 4, 0}, Doc: "Sequence number"},
	{Name: "esp.spi", Kind: KindUint, Bits: 32, Hex: true, Proto: ProtoESP, in: part{0, 4, 0}, Doc: "Security parameters index"},
	{Name: "esp.sequence", Kind: KindUint, Bits: 32, Proto: ProtoESP, in: part{4, 4, 0}, Doc: "Sequence number"},
}

// Options (IANA, IPv6 Hop-by-Hop Options) that a field is about.
const (
	ipv6OptionAlert = 0x05
	ipv6OptionJumbo = 0xc2
)

func getExtensionLength(dst []FieldValue, v view, f *Field) []FieldValue {
	if v.start+2 > v.limit {
		return dst
	}
	return append(dst, v.number(f, uint64(v.data[v.start+1])*8+8, v.start+1, 1))
}

// getIPv6Option is a part of every option, or of those of type f.option. Pad1
// is a byte without length.
func getIPv6Option(dst []FieldValue, v view, f *Field) []FieldValue {
	for at := v.start + 2; at < v.limit; {
		typ, length := v.data[at], 1
		if typ != 0 {
			if at+2 > v.limit {
				break
			}
			length = 2 + int(v.data[at+1])
		}
		in := int(f.in.at) + int(f.in.size)
		if (f.option == 0 || f.option == typ) && in <= length && at+in <= v.limit {
			dst = append(dst, v.value(f, at+int(f.in.at)))
		}
		at += length
	}
	return dst
}
