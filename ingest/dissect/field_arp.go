package dissect

// arpFields are of ARP (RFC 826) and its reverse. The lengths of the addresses
// are in the header, so what follows the opcode has no fixed place.
var arpFields = [...]Field{
	{Name: "arp.hw.type", Kind: KindUint, Bits: 16, Proto: ProtoARP, in: part{0, 2, 0}, Doc: "Hardware type, 1 is Ethernet"},
	{Name: "arp.proto.type", Kind: KindUint, Bits: 16, Hex: true, Proto: ProtoARP, in: part{2, 2, 0}, Doc: "Protocol type, an EtherType"},
	{Name: "arp.hw.size", Kind: KindUint, Bits: 8, Proto: ProtoARP, in: part{4, 1, 0}, when: arpPlain, Doc: "Length of a hardware address"},
	{Name: "arp.proto.size", Kind: KindUint, Bits: 8, Proto: ProtoARP, in: part{5, 1, 0}, when: arpPlain, Doc: "Length of a protocol address"},
	{Name: "arp.opcode", Kind: KindUint, Bits: 16, Proto: ProtoARP, in: part{6, 2, 0}, Doc: "1 request, 2 reply"},
	{Name: "arp.isgratuitous", Kind: KindBool, Proto: ProtoARP, get: getGratuitous, Doc: "Both protocol addresses are the same"},
	{Name: "arp.isprobe", Kind: KindBool, Proto: ProtoARP, get: getProbe, Doc: "Asks whether an address is in use (RFC 5227)"},
	{Name: "arp.isannouncement", Kind: KindBool, Proto: ProtoARP, get: getAnnouncement, Doc: "Claims an address (RFC 5227)"},
	{Name: "arp.src.hw", Kind: KindBytes, Proto: ProtoARP, get: getARPHardware, option: 0, Doc: "Sender's hardware address, not Ethernet"},
	{Name: "arp.src.hw_mac", Kind: KindEther, Proto: ProtoARP, get: getARPHardware, option: 0, Doc: "Sender's Ethernet address"},
	{Name: "arp.src.proto", Kind: KindBytes, Proto: ProtoARP, get: getARPProtocol, option: 0, Doc: "Sender's protocol address, not IPv4"},
	{Name: "arp.src.proto_ipv4", Kind: KindIPv4, Proto: ProtoARP, get: getARPProtocol, option: 0, Doc: "Sender's IPv4 address"},
	{Name: "arp.dst.hw", Kind: KindBytes, Proto: ProtoARP, get: getARPHardware, option: 1, Doc: "Target's hardware address, not Ethernet"},
	{Name: "arp.dst.hw_mac", Kind: KindEther, Proto: ProtoARP, get: getARPHardware, option: 1, Doc: "Target's Ethernet address"},
	{Name: "arp.dst.proto", Kind: KindBytes, Proto: ProtoARP, get: getARPProtocol, option: 1, Doc: "Target's protocol address, not IPv4"},
	{Name: "arp.dst.proto_ipv4", Kind: KindIPv4, Proto: ProtoARP, get: getARPProtocol, option: 1, Doc: "Target's IPv4 address"},
}

const (
	arpHeader     = 8
	hardwareATM   = 16 // its addresses have a format of their own
	hardwareATM19 = 19
)

// arpPlain tells that the header is RFC 826's, not that of ATM (RFC 2225).
func arpPlain(v view) bool {
	h := v.header()
	return len(h) >= 2 && be16(h, 0) != hardwareATM && be16(h, 0) != hardwareATM19
}

// arpAddress gives the place of an address: the sender's (0) or the target's
// (1), of the hardware or of the protocol.
func (v *view) arpAddress(side uint8, protocol bool) (at, length int, ok bool) {
	h := v.header()
	if len(h) < arpHeader || !arpPlain(*v) {
		return 0, 0, false
	}
	hardware, network := int(h[4]), int(h[5])
	at, length = v.start+arpHeader+int(side)*(hardware+network), hardware
	if protocol {
		at, length = at+hardware, network
	}
	return at, length, length > 0 && at+length <= v.end()
}

// getARPHardware is an address of the hardware if its type is that of f.
func getARPHardware(dst []FieldValue, v view, f *Field) []FieldValue {
	at, length, ok := v.arpAddress(f.option, false)
	if !ok {
		return dst
	}
	typ := be16(v.data, v.start)
	ethernet := (typ == 1 || typ == 6) && length == 6
	if ethernet != (f.Kind == KindEther) {
		return dst
	}
	return append(dst, v.bytes(f, at, length))
}

// getARPProtocol is an address of the protocol if its type is that of f.
func getARPProtocol(dst []FieldValue, v view, f *Field) []FieldValue {
	at, length, ok := v.arpAddress(f.option, true)
	if !ok {
		return dst
	}
	internet := be16(v.data, v.start+2) == etherTypeIPv4 && length == 4
	if internet != (f.Kind == KindIPv4) {
		return dst
	}
	return append(dst, v.bytes(f, at, length))
}

// arpPair gives the two protocol addresses of a request or reply.
func (v *view) arpPair() (src, dst []byte) {
	srcAt, n, ok1 := v.arpAddress(0, true)
	dstAt, m, ok2 := v.arpAddress(1, true)
	if !ok1 || !ok2 {
		return nil, nil
	}
	return v.data[srcAt : srcAt+n], v.data[dstAt : dstAt+m]
}

func getGratuitous(dst []FieldValue, v view, f *Field) []FieldValue {
	if src, target := v.arpPair(); src != nil && string(src) == string(target) {
		return append(dst, v.number(f, 1, 0, 0))
	}
	return dst
}

func getProbe(dst []FieldValue, v view, f *Field) []FieldValue {
	if src, _ := v.arpPair(); src != nil && allZero(src) && be16(v.data, v.start+6) == 1 {
		return append(dst, v.number(f, 1, 0, 0))
	}
	return dst
}

func getAnnouncement(dst []FieldValue, v view, f *Field) []FieldValue {
	at, n, ok := v.arpAddress(1, false)
	if !ok || !allZero(v.data[at:at+n]) || be16(v.data, v.start+6) != 1 {
		return dst
	}
	if src, target := v.arpPair(); src != nil && string(src) == string(target) {
		return append(dst, v.number(f, 1, 0, 0))
	}
	return dst
}
