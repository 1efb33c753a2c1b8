package dissect

// frameFields are of the frame as a whole.
var frameFields = [...]Field{
	{Name: "frame", Kind: KindProtocol, get: getFrame, Doc: "All captured bytes"},
	{Name: "frame.interface_id", Kind: KindUint, Bits: 32, Stored: true, Doc: "Number of the capturing interface in its section"},
	{Name: "frame.interface_name", Kind: KindString, Stored: true, Doc: "Name of the capturing interface"},
	{Name: "frame.interface_description", Kind: KindString, Stored: true, Doc: "Description of the capturing interface"},
	{Name: "frame.section_number", Kind: KindUint, Bits: 32, Stored: true, Doc: "Number of the file's section"},
	{Name: "frame.encap_type", Kind: KindInt, Bits: 16, Stored: true, Doc: "Link type, in Wireshark's numbering"},
	{Name: "frame.time", Kind: KindAbsTime, Stored: true, Doc: "Time of capture"},
	{Name: "frame.offset_shift", Kind: KindRelTime, Stored: true, Doc: "Time shift applied to the packet"},
	{Name: "frame.time_epoch", Kind: KindRelTime, Stored: true, Doc: "Time of capture in seconds since 1970"},
	{Name: "frame.time_delta", Kind: KindRelTime, Stored: true, Doc: "Time since the frame before"},
	{Name: "frame.time_delta_displayed", Kind: KindRelTime, Stored: true, Doc: "Time since the frame displayed before"},
	{Name: "frame.time_relative", Kind: KindRelTime, Stored: true, Doc: "Time since the first frame"},
	{Name: "frame.number", Kind: KindUint, Bits: 32, Stored: true, Doc: "Number of the frame, from 1"},
	{Name: "frame.len", Kind: KindUint, Bits: 32, get: getFrameLength, Doc: "Original length"},
	{Name: "frame.cap_len", Kind: KindUint, Bits: 32, get: getCapturedLength, Doc: "Captured length"},
	{Name: "frame.marked", Kind: KindBool, Stored: true, Doc: "Marked by the user"},
	{Name: "frame.ignored", Kind: KindBool, Stored: true, Doc: "Ignored by the user"},
	{Name: "frame.protocols", Kind: KindString, Stored: true, Doc: "Names of all layers, applications included"},
	{Name: "frame.comment", Kind: KindString, Stored: true, Doc: "Comment of the capture file"},
	{Name: "frame.packet_flags", Kind: KindUint, Bits: 32, Hex: true, Stored: true, Doc: "Flags of the capture file"},
	{Name: "frame.packet_flags_direction", Kind: KindUint, Bits: 32, Hex: true, Stored: true, Doc: "Inbound or outbound"},
	{Name: "frame.packet_id", Kind: KindUint, Bits: 64, Stored: true, Doc: "Packet identifier of the capture file"},
	{Name: "frame.drop_count", Kind: KindUint, Bits: 64, Stored: true, Doc: "Packets lost since the one before"},
	{Name: "frame.file_off", Kind: KindInt, Bits: 64, Stored: true, Doc: "Position in the capture file"},
}

func getFrame(dst []FieldValue, v view, f *Field) []FieldValue {
	return append(dst, FieldValue{Bytes: v.data, Length: uint32(len(v.data)), Kind: f.Kind})
}

func getFrameLength(dst []FieldValue, v view, f *Field) []FieldValue {
	return append(dst, FieldValue{Num: uint64(v.frameLength), Kind: f.Kind})
}

func getCapturedLength(dst []FieldValue, v view, f *Field) []FieldValue {
	return append(dst, FieldValue{Num: uint64(len(v.data)), Kind: f.Kind})
}

// ethFields are of Ethernet II and IEEE 802.3. The first two bits of an
// address' first byte are its group bit (lowest) and its local bit.
var ethFields = [...]Field{
	{Name: "eth.dst", Kind: KindEther, Proto: ProtoEth, in: part{0, 6, 0}, Doc: "Destination address"},
	{Name: "eth.dst.oui", Kind: KindUint, Bits: 24, Proto: ProtoEth, in: part{0, 3, 0}, Doc: "Manufacturer's part of the destination"},
	{Name: "eth.dst.lg", Kind: KindBool, Bits: 24, Proto: ProtoEth, in: part{0, 3, 0x20000}, Doc: "Destination is locally administered"},
	{Name: "eth.dst.ig", Kind: KindBool, Bits: 24, Proto: ProtoEth, in: part{0, 3, 0x10000}, Doc: "Destination is a group"},
	{Name: "eth.src", Kind: KindEther, Proto: ProtoEth, in: part{6, 6, 0}, Doc: "Source address"},
	{Name: "eth.src.oui", Kind: KindUint, Bits: 24, Proto: ProtoEth, in: part{6, 3, 0}, Doc: "Manufacturer's part of the source"},
	{Name: "eth.src.lg", Kind: KindBool, Bits: 24, Proto: ProtoEth, in: part{6, 3, 0x20000}, Doc: "Source is locally administered"},
	{Name: "eth.src.ig", Kind: KindBool, Bits: 24, Proto: ProtoEth, in: part{6, 3, 0x10000}, Doc: "Source is a group, which it must not be"},
	{Name: "eth.addr", Kind: KindEther, Proto: ProtoEth, in: part{0, 6, 0}, times: 2, Doc: "Destination, then source address"},
	{Name: "eth.addr.oui", Kind: KindUint, Bits: 24, Proto: ProtoEth, in: part{0, 3, 0}, get: getBothAddresses, Doc: "Manufacturers' parts of both addresses"},
	{Name: "eth.lg", Kind: KindBool, Bits: 24, Proto: ProtoEth, in: part{0, 3, 0x20000}, get: getBothAddresses, Doc: "Locally administered, of both addresses"},
	{Name: "eth.ig", Kind: KindBool, Bits: 24, Proto: ProtoEth, in: part{0, 3, 0x10000}, get: getBothAddresses, Doc: "Group, of both addresses"},
	{Name: "eth.type", Kind: KindUint, Bits: 16, Hex: true, Proto: ProtoEth, in: part{12, 2, 0}, when: hasEtherType, Doc: "EtherType"},
	{Name: "eth.len", Kind: KindUint, Bits: 16, Proto: ProtoEth, in: part{12, 2, 0}, when: hasLength8023, Doc: "Length of the payload (IEEE 802.3)"},
	{Name: "eth.invalid_lentype", Kind: KindUint, Bits: 16, Hex: true, Proto: ProtoEth, in: part{12, 2, 0}, when: hasBadLength8023, Doc: "Neither an EtherType nor a length"},
}

// getBothAddresses is a part of the first address and the same of the second.
func getBothAddresses(dst []FieldValue, v view, f *Field) []FieldValue {
	for at := v.start; at <= v.start+6 && at+6 <= v.limit; at += 6 {
		dst = append(dst, v.value(f, at))
	}
	return dst
}

func hasEtherType(v view) bool {
	h := v.header()
	return len(h) >= ethernetHeader && (be16(h, 12) >= minEtherType || be16(h, 12) == 0)
}

func hasLength8023(v view) bool {
	h := v.header()
	return len(h) >= ethernetHeader && be16(h, 12) <= maxLength8023 && be16(h, 12) > 0
}

func hasBadLength8023(v view) bool {
	h := v.header()
	return len(h) >= ethernetHeader && be16(h, 12) > maxLength8023 && be16(h, 12) < minEtherType
}

// vlanFields are of the tags of IEEE 802.1Q and 802.1ad.
var vlanFields = [...]Field{
	{Name: "vlan.priority", Kind: KindUint, Bits: 16, Proto: ProtoVLAN, in: part{0, 2, 0xe000}, Doc: "Priority code point"},
	{Name: "vlan.dei", Kind: KindBool, Bits: 16, Proto: ProtoVLAN, in: part{0, 2, 0x1000}, Doc: "Drop eligible"},
	{Name: "vlan.id", Kind: KindUint, Bits: 16, Proto: ProtoVLAN, in: part{0, 2, 0xfff}, Doc: "VLAN identifier"},
	{Name: "vlan.etype", Kind: KindUint, Bits: 16, Hex: true, Proto: ProtoVLAN, in: part{2, 2, 0}, when: tagHasType, Doc: "EtherType after the tag"},
	{Name: "vlan.len", Kind: KindUint, Bits: 16, Proto: ProtoVLAN, in: part{2, 2, 0}, when: tagHasLength, Doc: "Length after the tag (IEEE 802.3)"},
	{Name: "ieee8021ad.priority", Kind: KindUint, Bits: 16, Proto: ProtoServiceVLAN, in: part{0, 2, 0xe000}, get: getServiceTags, Doc: "Priority code point"},
	{Name: "ieee8021ad.dei", Kind: KindUint, Bits: 16, Proto: ProtoServiceVLAN, in: part{0, 2, 0x1000}, get: getServiceTags, Doc: "Drop eligible"},
	{Name: "ieee8021ad.id", Kind: KindUint, Bits: 16, Proto: ProtoServiceVLAN, in: part{0, 2, 0xfff}, get: getServiceTags, Doc: "Service VLAN identifier"},
}

func tagHasType(v view) bool {
	h := v.header()
	return len(h) >= tagLength && be16(h, 2) > maxLength8023
}

func tagHasLength(v view) bool {
	h := v.header()
	return len(h) >= tagLength && be16(h, 2) <= maxLength8023
}

// getServiceTags is a part of each tag of the layer: one, or two if the first
// says that another follows.
func getServiceTags(dst []FieldValue, v view, f *Field) []FieldValue {
	for at := v.start; at+2 <= v.limit; at += tagLength {
		dst = append(dst, v.value(f, at))
		if at+tagLength > v.limit || be16(v.data, at+2) != etherTypeServiceVLAN {
			break
		}
	}
	return dst
}

// pppFields are of PPP (RFC 1661) and PPPoE (RFC 2516).
var pppFields = [...]Field{
	{Name: "pppoe.version", Kind: KindUint, Bits: 8, Proto: ProtoPPPoES, also: ProtoPPPoED, in: part{0, 1, 0xf0}, Doc: "Version, 1"},
	{Name: "pppoe.type", Kind: KindUint, Bits: 8, Proto: ProtoPPPoES, also: ProtoPPPoED, in: part{0, 1, 0x0f}, Doc: "Type, 1"},
	{Name: "pppoe.code", Kind: KindUint, Bits: 8, Hex: true, Proto: ProtoPPPoES, also: ProtoPPPoED, in: part{1, 1, 0}, Doc: "Stage of discovery, 0 in a session"},
	{Name: "pppoe.session_id", Kind: KindUint, Bits: 16, Hex: true, Proto: ProtoPPPoES, also: ProtoPPPoED, in: part{2, 2, 0}, Doc: "Session"},
	{Name: "pppoe.payload_length", Kind: KindUint, Bits: 16, Proto: ProtoPPPoES, also: ProtoPPPoED, in: part{4, 2, 0}, Doc: "Length of the payload"},
	{Name: "ppp.address", Kind: KindUint, Bits: 8, Hex: true, Proto: ProtoPPP, in: part{0, 1, 0}, when: pppFramed, Doc: "Address of HDLC-like framing"},
	{Name: "ppp.control", Kind: KindUint, Bits: 8, Hex: true, Proto: ProtoPPP, in: part{1, 1, 0}, when: pppFramed, Doc: "Control of HDLC-like framing"},
	{Name: "ppp.protocol", Kind: KindUint, Bits: 16, Hex: true, Proto: ProtoPPP, get: getPPPProtocol, Doc: "Protocol of the payload"},
}

// pppFramed tells that address and control bytes precede the protocol.
func pppFramed(v view) bool {
	if v.limit-v.start < 3 || v.data[v.start] != 0xff {
		return false
	}
	return v.index == 0 || v.packet.Layers[v.index-1].Proto != ProtoPPPoES
}

// getPPPProtocol is the last field of the header, one byte long if it is odd.
func getPPPProtocol(dst []FieldValue, v view, f *Field) []FieldValue {
	at := v.start
	if pppFramed(v) {
		at += 2
	}
	switch {
	case at >= v.limit:
		return dst
	case v.data[at]&1 != 0:
		return append(dst, v.number(f, uint64(v.data[at]), at, 1))
	case at+2 > v.limit:
		return dst
	}
	return append(dst, v.number(f, uint64(be16(v.data, at)), at, 2))
}

// mplsFields are of each entry in a label stack (RFC 3032).
var mplsFields = [...]Field{
	{Name: "mpls.label", Kind: KindUint, Bits: 32, Proto: ProtoMPLS, in: part{0, 4, 0xfffff000}, get: getLabels, Doc: "Labels"},
	{Name: "mpls.exp", Kind: KindUint, Bits: 32, Proto: ProtoMPLS, in: part{0, 4, 0x00000e00}, get: getLabels, Doc: "Traffic classes"},
	{Name: "mpls.bottom", Kind: KindUint, Bits: 32, Proto: ProtoMPLS, in: part{0, 4, 0x00000100}, get: getLabels, Doc: "Bottom of the stack"},
	{Name: "mpls.ttl", Kind: KindUint, Bits: 32, Proto: ProtoMPLS, in: part{0, 4, 0x000000ff}, get: getLabels, Doc: "Times to live"},
}

func getLabels(dst []FieldValue, v view, f *Field) []FieldValue {
	for at := v.start; at+4 <= v.limit; at += 4 {
		dst = append(dst, v.value(f, at))
	}
	return dst
}
