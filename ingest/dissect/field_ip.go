package dissect

import "net/netip"

// ipFields are of the IPv4 header (RFC 791).
var ipFields = [...]Field{
	{Name: "ip.version", Kind: KindUint, Bits: 8, Proto: ProtoIP, also: ProtoIPv6, in: part{0, 1, 0xf0}, Doc: "Version, that of IPv6 too"},
	{Name: "ip.hdr_len", Kind: KindUint, Bits: 8, Proto: ProtoIP, get: getIPHeaderLength, Doc: "Header length in bytes"},
	{Name: "ip.dsfield", Kind: KindUint, Bits: 8, Hex: true, Proto: ProtoIP, in: part{1, 1, 0}, Doc: "Differentiated services field"},
	{Name: "ip.dsfield.dscp", Kind: KindUint, Bits: 8, Proto: ProtoIP, in: part{1, 1, 0xfc}, Doc: "Differentiated services codepoint"},
	{Name: "ip.dsfield.ecn", Kind: KindUint, Bits: 8, Proto: ProtoIP, in: part{1, 1, 0x03}, Doc: "Explicit congestion notification"},
	{Name: "ip.len", Kind: KindUint, Bits: 16, Proto: ProtoIP, get: getIPLength, Doc: "Length of header and payload"},
	{Name: "ip.id", Kind: KindUint, Bits: 16, Hex: true, Proto: ProtoIP, in: part{4, 2, 0}, Doc: "Identification of the datagram"},
	{Name: "ip.flags", Kind: KindUint, Bits: 8, Hex: true, Proto: ProtoIP, in: part{6, 1, 0xe0}, Doc: "The three flags"},
	{Name: "ip.flags.rb", Kind: KindBool, Bits: 8, Proto: ProtoIP, in: part{6, 1, 0x80}, Doc: "Reserved flag"},
	{Name: "ip.flags.df", Kind: KindBool, Bits: 8, Proto: ProtoIP, in: part{6, 1, 0x40}, Doc: "Don't fragment"},
	{Name: "ip.flags.mf", Kind: KindBool, Bits: 8, Proto: ProtoIP, in: part{6, 1, 0x20}, Doc: "More fragments follow"},
	{Name: "ip.frag_offset", Kind: KindUint, Bits: 16, Proto: ProtoIP, in: part{6, 2, 0x1fff}, Doc: "Place of the fragment in the datagram, in 8 bytes"},
	{Name: "ip.ttl", Kind: KindUint, Bits: 8, Proto: ProtoIP, in: part{8, 1, 0}, Doc: "Time to live"},
	{Name: "ip.proto", Kind: KindUint, Bits: 8, Proto: ProtoIP, in: part{9, 1, 0}, Doc: "Protocol of the payload"},
	{Name: "ip.checksum", Kind: KindUint, Bits: 16, Hex: true, Proto: ProtoIP, in: part{10, 2, 0}, Doc: "Header checksum"},
	{Name: "ip.checksum.status", Kind: KindUint, Bits: 8, Proto: ProtoIP, in: part{10, 2, 0}, get: getUnverified, Doc: "2: not verified, which is the default"},
	{Name: "ip.src", Kind: KindIPv4, Proto: ProtoIP, in: part{12, 4, 0}, Doc: "Source address"},
	{Name: "ip.src_host", Kind: KindString, Proto: ProtoIP, in: part{12, 4, 0}, get: getHosts, option: hostSource, Doc: "Source address as text"},
	{Name: "ip.dst", Kind: KindIPv4, Proto: ProtoIP, get: getIPDestination, Doc: "Destination address, behind a source route the last"},
	{Name: "ip.dst_host", Kind: KindString, Proto: ProtoIP, get: getHosts, option: hostDestination, Doc: "Destination address as text"},
	{Name: "ip.addr", Kind: KindIPv4, Proto: ProtoIP, get: getIPAddresses, Doc: "Source, then destination address"},
	{Name: "ip.host", Kind: KindString, Proto: ProtoIP, get: getHosts, option: hostSource | hostDestination, Doc: "Source, then destination address as text"},
}

const (
	statusBad        = 0
	statusGood       = 1
	statusUnverified = 2
	statusNone       = 3 // no checksum present
)

func getIPHeaderLength(dst []FieldValue, v view, f *Field) []FieldValue {
	if v.start >= v.limit {
		return dst
	}
	return append(dst, v.number(f, uint64(v.data[v.start]&0xf)*4, v.start, 1))
}

// getIPLength is the total length; Wireshark shows that of the frame for the 0
// of segmentation offload.
func getIPLength(dst []FieldValue, v view, f *Field) []FieldValue {
	if v.start+4 > v.limit {
		return dst
	}
	length := uint64(be16(v.data, v.start+2))
	if length == 0 {
		length = uint64(max(0, v.frameLength-v.start))
	}
	return append(dst, v.number(f, length, v.start+2, 2))
}

// getUnverified is the status of a checksum that Wireshark does not verify by
// default, if the checksum is there.
func getUnverified(dst []FieldValue, v view, f *Field) []FieldValue {
	at := v.start + int(f.in.at)
	if at+int(f.in.size) > v.limit {
		return dst
	}
	return append(dst, v.number(f, statusUnverified, at, 0))
}

// ipDestination is the place of the destination address.
func (v *view) ipDestination() (at int, ok bool) {
	if v.start+ipv4Header > v.limit {
		return 0, false
	}
	h := v.header()
	return v.start + finalDestinationAt(h, int(h[0]&0xf)*4), true
}

// finalDestinationAt is the place of what finalDestination returns.
func finalDestinationAt(data []byte, header int) int {
	const plain = 16
	if header == ipv4Header {
		return plain
	}
	dst := finalDestination(data, header)
	for at := ipv4Header; at+4 <= min(header, len(data)) && dst != [4]byte(data[plain:plain+4]); at++ {
		if dst == [4]byte(data[at:at+4]) {
			return at
		}
	}
	return plain
}

func getIPDestination(dst []FieldValue, v view, f *Field) []FieldValue {
	if at, ok := v.ipDestination(); ok {
		dst = append(dst, v.bytes(f, at, 4))
	}
	return dst
}

func getIPAddresses(dst []FieldValue, v view, f *Field) []FieldValue {
	if v.start+16 <= v.limit {
		dst = append(dst, v.bytes(f, v.start+12, 4))
	}
	return getIPDestination(dst, v, f)
}

// Which addresses getHosts gives.
const (
	hostSource      = 1
	hostDestination = 2
)

// getHosts is addresses as text: the names of hosts if nothing is resolved.
func getHosts(dst []FieldValue, v view, f *Field) []FieldValue {
	if v.start+16 <= v.limit && f.option&hostSource != 0 {
		dst = append(dst, v.host(f, v.start+12, 4))
	}
	if at, ok := v.ipDestination(); ok && f.option&hostDestination != 0 {
		dst = append(dst, v.host(f, at, 4))
	}
	return dst
}

// host is the address at a place as text.
func (v *view) host(f *Field, at, length int) FieldValue {
	a, _ := netip.AddrFromSlice(v.data[at : at+length])
	return FieldValue{Bytes: a.AppendTo(nil), Offset: uint32(at), Length: uint32(length), Kind: f.Kind, Reassembled: v.reassembled()}
}

// ipOptionFields are of the options in an IPv4 header.
var ipOptionFields = [...]Field{
	{Name: "ip.opt.type", Kind: KindUint, Bits: 8, Proto: ProtoIP, in: part{0, 1, 0}, get: getIPOption, Doc: "Type of each option"},
	{Name: "ip.opt.type.copy", Kind: KindBool, Bits: 8, Proto: ProtoIP, in: part{0, 1, 0x80}, get: getIPOption, Doc: "Option is copied to all fragments"},
	{Name: "ip.opt.type.class", Kind: KindUint, Bits: 8, Proto: ProtoIP, in: part{0, 1, 0x60}, get: getIPOption, Doc: "Class of each option"},
	{Name: "ip.opt.type.number", Kind: KindUint, Bits: 8, Proto: ProtoIP, in: part{0, 1, 0x1f}, get: getIPOption, Doc: "Number of each option"},
	{Name: "ip.opt.len", Kind: KindUint, Bits: 8, Proto: ProtoIP, in: part{1, 1, 0}, get: getIPOption, Doc: "Length of each option that has one"},
	{Name: "ip.opt.ra", Kind: KindUint, Bits: 16, Proto: ProtoIP, in: part{2, 2, 0}, get: getIPOption, option: ipOptionAlert, Doc: "Value of the router alert option"},
	{Name: "ip.opt.mtu", Kind: KindUint, Bits: 16, Proto: ProtoIP, in: part{2, 2, 0}, get: getIPOption, option: ipOptionMTU, Doc: "Value of the MTU probe option"},
	{Name: "ip.opt.sid", Kind: KindUint, Bits: 16, Proto: ProtoIP, in: part{2, 2, 0}, get: getIPOption, option: ipOptionStream, Doc: "Value of the stream identifier option"},
}

// Options (IANA, IP Option Numbers) that a field is about.
const (
	ipOptionMTU    = 11
	ipOptionStream = 136
	ipOptionAlert  = 148
)

// getIPOption is a part of every option, or of those of type f.option. End of
// list and no operation are a byte without length.
func getIPOption(dst []FieldValue, v view, f *Field) []FieldValue {
	const endOfList, noOperation = 0, 1
	for at := v.start + ipv4Header; at < v.limit; {
		typ, length := v.data[at], 1
		if typ > noOperation {
			if at+2 > v.limit {
				break
			}
			length = max(int(v.data[at+1]), 2)
		}
		in := int(f.in.at) + int(f.in.size)
		if (f.option == 0 || f.option == typ) && in <= length && at+in <= v.limit {
			dst = append(dst, v.value(f, at+int(f.in.at)))
		}
		if typ == endOfList {
			break
		}
		at += length
	}
	return dst
}
