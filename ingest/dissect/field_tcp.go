package dissect

// tcpFields are of the fixed TCP header (RFC 9293).
var tcpFields = [...]Field{
	{Name: "tcp.srcport", Kind: KindUint, Bits: 16, Proto: ProtoTCP, in: part{0, 2, 0}, Doc: "Source port"},
	{Name: "tcp.dstport", Kind: KindUint, Bits: 16, Proto: ProtoTCP, in: part{2, 2, 0}, Doc: "Destination port"},
	{Name: "tcp.port", Kind: KindUint, Bits: 16, Proto: ProtoTCP, in: part{0, 2, 0}, times: 2, Doc: "Source, then destination port"},
	{Name: "tcp.len", Kind: KindUint, Bits: 32, Proto: ProtoTCP, get: getTCPLength, Doc: "Length of the payload, captured or not"},
	{Name: "tcp.seq_raw", Kind: KindUint, Bits: 32, Proto: ProtoTCP, in: part{4, 4, 0}, when: tcpSequence, Doc: "Sequence number as it is in the header"},
	{Name: "tcp.ack_raw", Kind: KindUint, Bits: 32, Proto: ProtoTCP, in: part{8, 4, 0}, Doc: "Acknowledgement number as it is in the header"},
	{Name: "tcp.hdr_len", Kind: KindUint, Bits: 8, Proto: ProtoTCP, get: getTCPHeaderLength, Doc: "Header length in bytes"},
	{Name: "tcp.flags", Kind: KindUint, Bits: 16, Hex: true, Proto: ProtoTCP, in: part{12, 2, 0xfff}, Doc: "All flags, reserved bits included"},
	{Name: "tcp.flags.res", Kind: KindBool, Bits: 12, Proto: ProtoTCP, in: part{12, 2, 0xe00}, Doc: "Reserved bits"},
	{Name: "tcp.flags.ae", Kind: KindBool, Bits: 12, Proto: ProtoTCP, in: part{12, 2, 0x100}, Doc: "Accurate ECN"},
	{Name: "tcp.flags.cwr", Kind: KindBool, Bits: 12, Proto: ProtoTCP, in: part{12, 2, 0x080}, Doc: "Congestion window reduced"},
	{Name: "tcp.flags.ece", Kind: KindBool, Bits: 12, Proto: ProtoTCP, in: part{12, 2, 0x040}, Doc: "ECN echo"},
	{Name: "tcp.flags.urg", Kind: KindBool, Bits: 12, Proto: ProtoTCP, in: part{12, 2, 0x020}, Doc: "Urgent pointer is valid"},
	{Name: "tcp.flags.ack", Kind: KindBool, Bits: 12, Proto: ProtoTCP, in: part{12, 2, 0x010}, Doc: "Acknowledgement number is valid"},
	{Name: "tcp.flags.push", Kind: KindBool, Bits: 12, Proto: ProtoTCP, in: part{12, 2, 0x008}, Doc: "Push to the application"},
	{Name: "tcp.flags.reset", Kind: KindBool, Bits: 12, Proto: ProtoTCP, in: part{12, 2, 0x004}, Doc: "Reset the connection"},
	{Name: "tcp.flags.syn", Kind: KindBool, Bits: 12, Proto: ProtoTCP, in: part{12, 2, 0x002}, Doc: "Synchronise sequence numbers"},
	{Name: "tcp.flags.fin", Kind: KindBool, Bits: 12, Proto: ProtoTCP, in: part{12, 2, 0x001}, Doc: "No more data"},
	{Name: "tcp.flags.str", Kind: KindString, Proto: ProtoTCP, get: getTCPFlagText, Doc: "The flags as letters, unset ones as dots"},
	{Name: "tcp.window_size_value", Kind: KindUint, Bits: 16, Proto: ProtoTCP, in: part{14, 2, 0}, Doc: "Window, not scaled"},
	{Name: "tcp.checksum", Kind: KindUint, Bits: 16, Hex: true, Proto: ProtoTCP, in: part{16, 2, 0}, Doc: "Checksum"},
	{Name: "tcp.checksum.status", Kind: KindUint, Bits: 8, Proto: ProtoTCP, in: part{16, 2, 0}, get: getUnverified, Doc: "2: not verified, which is the default"},
	{Name: "tcp.urgent_pointer", Kind: KindUint, Bits: 16, Proto: ProtoTCP, in: part{18, 2, 0}, Doc: "Urgent pointer"},
	{Name: "tcp.payload", Kind: KindBytes, Proto: ProtoTCP, get: getPayload, Doc: "Captured payload"},
}

// tcpSequence tells that Wireshark shows the sequence number as it is: in a
// segment which ICMP for IPv4 quotes it is the relative one that has its value.
func tcpSequence(v view) bool {
	t := v.transport()
	return t != nil && t.HasTCP && !(t.Quoted && v.quotedBy(ProtoICMP))
}

// quotedBy tells whether the layer is in a message of proto which quotes a
// packet, right behind that packet's header.
func (v *view) quotedBy(proto Proto) bool {
	return v.index >= 2 && v.packet.Layers[v.index-2].Proto == proto
}

func getTCPLength(dst []FieldValue, v view, f *Field) []FieldValue {
	t := v.transport()
	if t == nil || !t.HasLength || v.start+16 > len(v.data) {
		return dst
	}
	return append(dst, v.number(f, uint64(t.Length), v.start+12, 0))
}

func getTCPHeaderLength(dst []FieldValue, v view, f *Field) []FieldValue {
	t := v.transport()
	if t == nil || !t.HasTCP || v.start+16 > len(v.data) {
		return dst
	}
	return append(dst, v.number(f, uint64(t.HeaderLength), v.start+12, 1))
}

// getTCPFlagText is a letter or a middle dot for each of the twelve flags.
func getTCPFlagText(dst []FieldValue, v view, f *Field) []FieldValue {
	const letters = "RRRACEUAPRSF"
	if v.start+14 > v.limit {
		return dst
	}
	flags := be16(v.data, v.start+12)
	text := make([]byte, 0, 2*len(letters))
	for i := range len(letters) {
		if flags&(0x800>>i) != 0 {
			text = append(text, letters[i])
			continue
		}
		text = append(text, "·"...)
	}
	value := v.number(f, 0, v.start+12, 2)
	value.Bytes = text
	return append(dst, value)
}

// getPayload is the captured payload of a transport, if there is any.
func getPayload(dst []FieldValue, v view, f *Field) []FieldValue {
	t := v.transport()
	if t == nil || t.Broken || t.Captured == 0 || int(t.Payload)+int(t.Captured) > len(v.data) {
		return dst
	}
	return append(dst, v.bytes(f, int(t.Payload), int(t.Captured)))
}
