package dissect

// greFields are of GRE (RFC 2784, 2890, 2637). What is optional follows the
// first four bytes in a fixed order.
var greFields = [...]Field{
	{Name: "gre.flags_and_version", Kind: KindUint, Bits: 16, Hex: true, Proto: ProtoGRE, in: part{0, 2, 0}, Doc: "Flags and version"},
	{Name: "gre.flags.checksum", Kind: KindBool, Bits: 16, Proto: ProtoGRE, in: part{0, 2, greChecksum}, Doc: "Checksum present"},
	{Name: "gre.flags.routing", Kind: KindBool, Bits: 16, Proto: ProtoGRE, in: part{0, 2, greRouting}, Doc: "Routing present"},
	{Name: "gre.flags.key", Kind: KindBool, Bits: 16, Proto: ProtoGRE, in: part{0, 2, greKey}, Doc: "Key present"},
	{Name: "gre.flags.sequence_number", Kind: KindBool, Bits: 16, Proto: ProtoGRE, in: part{0, 2, greSequence}, Doc: "Sequence number present"},
	{Name: "gre.flags.strict_source_route", Kind: KindBool, Bits: 16, Proto: ProtoGRE, in: part{0, 2, 0x0800}, Doc: "Strict source route"},
	{Name: "gre.flags.recursion_control", Kind: KindUint, Bits: 16, Proto: ProtoGRE, in: part{0, 2, 0x0700}, Doc: "Recursion control"},
	{Name: "gre.flags.ack", Kind: KindBool, Bits: 16, Proto: ProtoGRE, in: part{0, 2, greAck}, when: greEnhanced, Doc: "Acknowledgement present"},
	{Name: "gre.flags.reserved", Kind: KindUint, Bits: 16, Proto: ProtoGRE, in: part{0, 2, 0x00f8}, get: getGREReserved, Doc: "Reserved bits"},
	{Name: "gre.flags.version", Kind: KindUint, Bits: 16, Proto: ProtoGRE, in: part{0, 2, greVersion}, Doc: "Version, 1 for PPTP"},
	{Name: "gre.proto", Kind: KindUint, Bits: 16, Hex: true, Proto: ProtoGRE, in: part{2, 2, 0}, Doc: "Protocol of the payload, an EtherType"},
	{Name: "gre.checksum", Kind: KindUint, Bits: 16, Hex: true, Proto: ProtoGRE, in: part{0, 2, 0}, get: getGREOption, option: greOptionChecksum, Doc: "Checksum"},
	{Name: "gre.offset", Kind: KindUint, Bits: 16, Proto: ProtoGRE, in: part{2, 2, 0}, get: getGREOption, option: greOptionChecksum, Doc: "Place of the active source route"},
	{Name: "gre.key", Kind: KindUint, Bits: 32, Hex: true, Proto: ProtoGRE, in: part{0, 4, 0}, get: getGREOption, option: greOptionKey, when: grePlain, Doc: "Key"},
	{Name: "gre.key.payload_length", Kind: KindUint, Bits: 16, Proto: ProtoGRE, in: part{0, 2, 0}, get: getGREOption, option: greOptionKey, when: greEnhanced, Doc: "Length of the payload (PPTP)"},
	{Name: "gre.key.call_id", Kind: KindUint, Bits: 16, Proto: ProtoGRE, in: part{2, 2, 0}, get: getGREOption, option: greOptionKey, when: greEnhanced, Doc: "Call (PPTP)"},
	{Name: "gre.sequence_number", Kind: KindUint, Bits: 32, Proto: ProtoGRE, in: part{0, 4, 0}, get: getGREOption, option: greOptionSequence, Doc: "Sequence number"},
	{Name: "gre.ack_number", Kind: KindUint, Bits: 32, Proto: ProtoGRE, in: part{0, 4, 0}, get: getGREOption, option: greOptionAck, Doc: "Acknowledgement number (PPTP)"},
}

// Optional fields of GRE, in their order.
const (
	greOptionChecksum = iota
	greOptionKey
	greOptionSequence
	greOptionAck
)

// greEnhanced tells that the header is PPTP's.
func greEnhanced(v view) bool {
	h := v.header()
	return len(h) >= greFixedPart && be16(h, 2) == greTypePPP
}

func grePlain(v view) bool { return !greEnhanced(v) }

// getGREReserved leaves the bit out which PPTP took for its acknowledgement.
func getGREReserved(dst []FieldValue, v view, f *Field) []FieldValue {
	if v.start+2 > v.limit {
		return dst
	}
	value := v.value(f, v.start)
	if greEnhanced(v) {
		value.Num &= 0xf
	}
	return append(dst, value)
}

// getGREOption is a part of the optional field f.option.
func getGREOption(dst []FieldValue, v view, f *Field) []FieldValue {
	h := v.header()
	if len(h) < greFixedPart {
		return dst
	}
	present := [...]uint16{greChecksum | greRouting, greKey, greSequence, greAck}
	flags := be16(h, 0)
	if flags&present[f.option] == 0 || f.option == greOptionAck && !greEnhanced(v) {
		return dst
	}
	at := v.start + greFixedPart + int(f.in.at)
	for i := range f.option {
		if flags&present[i] != 0 {
			at += 4
		}
	}
	if at+int(f.in.size) > v.limit {
		return dst
	}
	return append(dst, v.value(f, at))
}

// tunnelFields are of VXLAN (RFC 7348), Geneve (RFC 8926) and ERSPAN.
var tunnelFields = [...]Field{
	{Name: "vxlan.flags", Kind: KindUint, Bits: 16, Hex: true, Proto: ProtoVXLAN, in: part{0, 2, 0}, Doc: "Flags"},
	{Name: "vxlan.flag_g", Kind: KindBool, Bits: 16, Proto: ProtoVXLAN, in: part{0, 2, 0x8000}, Doc: "Group policy present"},
	{Name: "vxlan.flag_i", Kind: KindBool, Bits: 16, Proto: ProtoVXLAN, in: part{0, 2, 0x0800}, Doc: "Network identifier present"},
	{Name: "vxlan.flag_d", Kind: KindBool, Bits: 16, Proto: ProtoVXLAN, in: part{0, 2, 0x0040}, Doc: "Don't learn"},
	{Name: "vxlan.flag_a", Kind: KindBool, Bits: 16, Proto: ProtoVXLAN, in: part{0, 2, 0x0008}, Doc: "Policy applied"},
	{Name: "vxlan.gbp", Kind: KindUint, Bits: 16, Proto: ProtoVXLAN, in: part{2, 2, 0}, Doc: "Group policy"},
	{Name: "vxlan.vni", Kind: KindUint, Bits: 24, Proto: ProtoVXLAN, also: ProtoUDP, in: part{4, 3, 0}, get: getVXLAN, Doc: "Network identifier"},
	{Name: "vxlan.reserved8", Kind: KindUint, Bits: 8, Proto: ProtoVXLAN, also: ProtoUDP, in: part{7, 1, 0}, get: getVXLAN, Doc: "Reserved byte"},
	{Name: "vxlan.next_proto", Kind: KindUint, Bits: 8, Proto: ProtoUDP, in: part{3, 1, 0}, get: getVXLAN, Doc: "Protocol of the payload (generic protocol extension)"},
	{Name: "geneve.version", Kind: KindUint, Bits: 8, Proto: ProtoGeneve, in: part{0, 1, 0xc0}, Doc: "Version, 0"},
	{Name: "geneve.flags", Kind: KindUint, Bits: 8, Hex: true, Proto: ProtoGeneve, in: part{1, 1, 0}, Doc: "Flags"},
	{Name: "geneve.flags.oam", Kind: KindBool, Bits: 8, Proto: ProtoGeneve, in: part{1, 1, 0x80}, Doc: "Control message"},
	{Name: "geneve.flags.critical", Kind: KindBool, Bits: 8, Proto: ProtoGeneve, in: part{1, 1, 0x40}, Doc: "Critical options present"},
	{Name: "geneve.flags.reserved", Kind: KindBool, Bits: 8, Proto: ProtoGeneve, in: part{1, 1, 0x3f}, Doc: "Reserved bits"},
	{Name: "geneve.proto_type", Kind: KindUint, Bits: 16, Hex: true, Proto: ProtoGeneve, in: part{2, 2, 0}, Doc: "Protocol of the payload, an EtherType"},
	{Name: "geneve.vni", Kind: KindUint, Bits: 24, Hex: true, Proto: ProtoGeneve, in: part{4, 3, 0}, Doc: "Network identifier"},
	{Name: "erspan.version", Kind: KindUint, Bits: 16, Proto: ProtoERSPAN, in: part{0, 2, 0xf000}, Doc: "Version: 1 is type II, 2 is type III"},
	{Name: "erspan.vlan", Kind: KindUint, Bits: 16, Proto: ProtoERSPAN, in: part{0, 2, 0x0fff}, when: erspanKnown, Doc: "VLAN of the mirrored frame"},
	{Name: "erspan.cos", Kind: KindUint, Bits: 16, Proto: ProtoERSPAN, in: part{2, 2, 0xe000}, when: erspanKnown, Doc: "Class of service"},
	{Name: "erspan.encap", Kind: KindUint, Bits: 16, Proto: ProtoERSPAN, in: part{2, 2, 0x1800}, when: erspanSecond, Doc: "How the VLAN was tagged"},
	{Name: "erspan.bso", Kind: KindUint, Bits: 16, Proto: ProtoERSPAN, in: part{2, 2, 0x1800}, when: erspanThird, Doc: "Bad, short or oversized frame"},
	{Name: "erspan.truncated", Kind: KindUint, Bits: 16, Proto: ProtoERSPAN, in: part{2, 2, 0x0400}, when: erspanKnown, Doc: "Mirrored frame was cut"},
	{Name: "erspan.spanid", Kind: KindUint, Bits: 16, Proto: ProtoERSPAN, in: part{2, 2, 0x03ff}, when: erspanKnown, Doc: "Session"},
	{Name: "erspan.index", Kind: KindUint, Bits: 32, Proto: ProtoERSPAN, in: part{4, 4, 0x000fffff}, when: erspanSecond, Doc: "Port index"},
	{Name: "erspan.timestamp", Kind: KindUint, Bits: 32, Proto: ProtoERSPAN, in: part{4, 4, 0}, when: erspanThird, Doc: "Timestamp"},
}

// getVXLAN is a part of the header: of VXLAN's own layer, or of the payload of
// a datagram to the port of its generic protocol extension, which has none.
func getVXLAN(dst []FieldValue, v view, f *Field) []FieldValue {
	if v.packet.Layers[v.index].Proto == ProtoUDP && !v.toVXLANGPE() {
		return dst
	}
	at := v.start + int(f.in.at)
	if at+int(f.in.size) > v.limit {
		return dst
	}
	return append(dst, v.value(f, at))
}

func getVXLANLayer(dst []FieldValue, v view, f *Field) []FieldValue {
	if v.packet.Layers[v.index].Proto == ProtoUDP && !v.toVXLANGPE() {
		return dst
	}
	return append(dst, v.bytes(f, v.start, v.end()-v.start))
}

// toVXLANGPE moves the view from a datagram to the header of the extension in
// it, if there is one.
func (v *view) toVXLANGPE() bool {
	const header = 8
	t := v.transport()
	if t == nil || !t.HasLength || t.SrcPort != portVXLANGPE && t.DstPort != portVXLANGPE || t.Captured < header {
		return false
	}
	v.start = int(t.Payload)
	v.limit = min(v.start+header, len(v.data))
	return true
}

func erspanSecond(v view) bool { return v.limit > v.start && v.data[v.start]>>4 == 1 }
func erspanThird(v view) bool  { return v.limit > v.start && v.data[v.start]>>4 == 2 }
func erspanKnown(v view) bool  { return erspanSecond(v) || erspanThird(v) }

// gtpFields are of GTP version 1 and 0 (3GPP TS 29.060, 29.281) and L2TP
// version 2 (RFC 2661).
var gtpFields = [...]Field{
	{Name: "gtp.flags", Kind: KindUint, Bits: 8, Hex: true, Proto: ProtoGTP, in: part{0, 1, 0}, Doc: "Version and flags"},
	{Name: "gtp.flags.version", Kind: KindUint, Bits: 8, Proto: ProtoGTP, in: part{0, 1, 0xe0}, Doc: "Version"},
	{Name: "gtp.flags.payload", Kind: KindUint, Bits: 8, Proto: ProtoGTP, in: part{0, 1, 0x10}, Doc: "GTP, not GTP prime"},
	{Name: "gtp.flags.e", Kind: KindBool, Bits: 8, Proto: ProtoGTP, in: part{0, 1, 0x04}, when: gtpVersion1, Doc: "Extension header present"},
	{Name: "gtp.flags.s", Kind: KindBool, Bits: 8, Proto: ProtoGTP, in: part{0, 1, 0x02}, when: gtpVersion1, Doc: "Sequence number present"},
	{Name: "gtp.flags.pn", Kind: KindBool, Bits: 8, Proto: ProtoGTP, in: part{0, 1, 0x01}, when: gtpVersion1, Doc: "N-PDU number present"},
	{Name: "gtp.message", Kind: KindUint, Bits: 8, Hex: true, Proto: ProtoGTP, in: part{1, 1, 0}, Doc: "Message type, 255 is user data"},
	{Name: "gtp.length", Kind: KindUint, Bits: 16, Proto: ProtoGTP, in: part{2, 2, 0}, Doc: "Length of what follows"},
	{Name: "gtp.teid", Kind: KindUint, Bits: 32, Hex: true, Proto: ProtoGTP, in: part{4, 4, 0}, when: gtpVersion1, Doc: "Tunnel endpoint"},
	{Name: "gtp.seq_number", Kind: KindUint, Bits: 16, Hex: true, Proto: ProtoGTP, get: getGTPSequence, Doc: "Sequence number"},
	{Name: "gtp.flow_label", Kind: KindUint, Bits: 16, Hex: true, Proto: ProtoGTP, in: part{6, 2, 0}, when: gtpVersion0, Doc: "Flow label (version 0)"},
	{Name: "l2tp.flags", Kind: KindUint, Bits: 16, Hex: true, Proto: ProtoL2TP, in: part{0, 2, 0}, when: l2tpVersion2, Doc: "Flags and version"},
	{Name: "l2tp.type", Kind: KindUint, Bits: 16, Proto: ProtoL2TP, in: part{0, 2, 0x8000}, when: l2tpVersion2, Doc: "Control message, not data"},
	{Name: "l2tp.version", Kind: KindUint, Bits: 16, Proto: ProtoL2TP, in: part{0, 2, 0x000f}, when: l2tpVersion2, Doc: "Version"},
	{Name: "l2tp.length", Kind: KindUint, Bits: 16, Proto: ProtoL2TP, in: part{2, 2, 0}, when: l2tpHasLength, Doc: "Length of header and payload"},
	{Name: "l2tp.tunnel", Kind: KindUint, Bits: 16, Proto: ProtoL2TP, get: getL2TPIdentifier, option: 0, when: l2tpVersion2, Doc: "Tunnel"},
	{Name: "l2tp.session", Kind: KindUint, Bits: 16, Proto: ProtoL2TP, get: getL2TPIdentifier, option: 2, when: l2tpVersion2, Doc: "Session"},
}

func gtpVersion0(v view) bool { return v.start < v.limit && v.data[v.start]>>5 == 0 }
func gtpVersion1(v view) bool { return v.start < v.limit && v.data[v.start]>>5 == 1 }

// getGTPSequence is the sequence number, which version 1 has on demand.
func getGTPSequence(dst []FieldValue, v view, f *Field) []FieldValue {
	const sequencePresent = 2
	at := v.start + 8
	if gtpVersion0(v) {
		at = v.start + 4
	} else if v.start >= v.limit || v.data[v.start]&sequencePresent == 0 {
		return dst
	}
	if at+2 > v.limit {
		return dst
	}
	return append(dst, v.number(f, uint64(be16(v.data, at)), at, 2))
}

func l2tpVersion2(v view) bool {
	h := v.header()
	return len(h) >= 2 && h[1]&0xf == 2
}

func l2tpHasLength(v view) bool {
	const length = 0x40
	return l2tpVersion2(v) && v.data[v.start]&length != 0
}

// getL2TPIdentifier is the tunnel or the session, behind the length if there
// is one.
func getL2TPIdentifier(dst []FieldValue, v view, f *Field) []FieldValue {
	at := v.start + 2 + int(f.option)
	if l2tpHasLength(v) {
		at += 2
	}
	if at+2 > v.limit {
		return dst
	}
	return append(dst, v.number(f, uint64(be16(v.data, at)), at, 2))
}
