package dissect

import "encoding/binary"

// icmpFields are of ICMP for IPv4 (RFC 792).
var icmpFields = [...]Field{
	{Name: "icmp.type", Kind: KindUint, Bits: 8, Proto: ProtoICMP, in: part{0, 1, 0}, Doc: "Type"},
	{Name: "icmp.code", Kind: KindUint, Bits: 8, Proto: ProtoICMP, get: getMessageCode, Doc: "Code"},
	{Name: "icmp.checksum", Kind: KindUint, Bits: 16, Hex: true, Proto: ProtoICMP, in: part{2, 2, 0}, Doc: "Checksum"},
	{Name: "icmp.checksum.status", Kind: KindUint, Bits: 8, Proto: ProtoICMP, get: getICMPStatus, Doc: "0 bad, 1 good, 2 not verified"},
	{Name: "icmp.ident", Kind: KindUint, Bits: 16, Proto: ProtoICMP, in: part{4, 2, 0}, when: icmpQuery, Doc: "Identifier"},
	{Name: "icmp.ident_le", Kind: KindUint, Bits: 16, Proto: ProtoICMP, in: part{4, 2, 0}, get: getLittleEndian, when: icmpEcho, Doc: "Identifier, read with the low byte first"},
	{Name: "icmp.seq", Kind: KindUint, Bits: 16, Proto: ProtoICMP, in: part{6, 2, 0}, when: icmpQuery, Doc: "Sequence number"},
	{Name: "icmp.seq_le", Kind: KindUint, Bits: 16, Proto: ProtoICMP, in: part{6, 2, 0}, get: getLittleEndian, when: icmpEcho, Doc: "Sequence number, read with the low byte first"},
	{Name: "icmp.mtu", Kind: KindUint, Bits: 16, Proto: ProtoICMP, in: part{6, 2, 0}, when: icmpTooBig, Doc: "MTU of the next hop"},
	{Name: "icmp.redir_gw", Kind: KindIPv4, Proto: ProtoICMP, in: part{4, 4, 0}, when: icmpRedirect, Doc: "Better gateway"},
	{Name: "icmp.num_addrs", Kind: KindUint, Bits: 8, Proto: ProtoICMP, in: part{4, 1, 0}, when: icmpAdvertisement, Doc: "Number of router addresses"},
	{Name: "icmp.addr_entry_size", Kind: KindUint, Bits: 8, Proto: ProtoICMP, in: part{5, 1, 0}, when: icmpAdvertisement, Doc: "Words per router address"},
	{Name: "icmp.lifetime", Kind: KindUint, Bits: 16, Proto: ProtoICMP, in: part{6, 2, 0}, when: icmpAdvertisement, Doc: "Lifetime of the router addresses in seconds"},
	{Name: "icmp.originate_timestamp", Kind: KindUint, Bits: 32, Proto: ProtoICMP, in: part{8, 4, 0}, get: getInMessage, when: icmpTimestamp, Doc: "Time of sending"},
	{Name: "icmp.receive_timestamp", Kind: KindUint, Bits: 32, Proto: ProtoICMP, in: part{12, 4, 0}, get: getInMessage, when: icmpTimestamp, Doc: "Time of arrival"},
	{Name: "icmp.transmit_timestamp", Kind: KindUint, Bits: 32, Proto: ProtoICMP, in: part{16, 4, 0}, get: getInMessage, when: icmpTimestamp, Doc: "Time of the reply"},
	{Name: "icmp.address_mask", Kind: KindIPv4, Proto: ProtoICMP, in: part{8, 4, 0}, get: getInMessage, when: icmpMask, Doc: "Address mask"},
	{Name: "icmp.length", Kind: KindUint, Bits: 8, Proto: ProtoICMP, in: part{5, 1, 0}, when: icmpExtended, Doc: "Words of the quoted packet (RFC 4884)"},
}

// messageType is the first byte of an ICMP message; 255 if it is not there.
func (v *view) messageType() byte {
	if v.start >= v.limit {
		return 255
	}
	return v.data[v.start]
}

// getMessageCode is the code of a message, with the type that it belongs to as
// the value's bytes.
func getMessageCode(dst []FieldValue, v view, f *Field) []FieldValue {
	if v.start+2 > v.limit {
		return dst
	}
	value := v.number(f, uint64(v.data[v.start+1]), v.start+1, 1)
	value.Bytes = v.data[v.start : v.start+1 : v.start+1]
	return append(dst, value)
}

// The messages which have a field, by type.
func icmpEcho(v view) bool { return v.messageType() == 0 || v.messageType() == 8 }

func icmpQuery(v view) bool {
	t := v.messageType()
	return t == 0 || t == 8 || t >= 13 && t <= 18
}

func icmpTimestamp(v view) bool     { return v.messageType() == 13 || v.messageType() == 14 }
func icmpMask(v view) bool          { return v.messageType() == 17 || v.messageType() == 18 }
func icmpRedirect(v view) bool      { return v.messageType() == 5 }
func icmpAdvertisement(v view) bool { return v.messageType() == 9 }

// icmpTooBig is "fragmentation needed".
func icmpTooBig(v view) bool {
	h := v.header()
	return len(h) >= 2 && h[0] == 3 && h[1] == 4
}

// icmpExtended is a message that gives the length of what it quotes.
func icmpExtended(v view) bool {
	h := v.header()
	return len(h) >= icmpHeader && (h[0] == 3 || h[0] == 11 || h[0] == 12) && h[5] != 0
}

func getLittleEndian(dst []FieldValue, v view, f *Field) []FieldValue {
	at := v.start + int(f.in.at)
	if at+2 > v.limit {
		return dst
	}
	return append(dst, v.number(f, uint64(binary.LittleEndian.Uint16(v.data[at:])), at, 2))
}

// getInMessage is a part of a message behind the header that all have.
func getInMessage(dst []FieldValue, v view, f *Field) []FieldValue {
	at := v.start + int(f.in.at)
	if at+int(f.in.size) > v.end() {
		return dst
	}
	return append(dst, v.value(f, at))
}

// getICMPStatus verifies the checksum, which needs the whole message.
func getICMPStatus(dst []FieldValue, v view, f *Field) []FieldValue {
	if v.start+4 > v.limit {
		return dst
	}
	status := uint64(statusUnverified)
	if end, whole := v.message(); whole {
		status = statusBad
		if onesSum(v.data[v.start:end], 0) == 0xffff {
			status = statusGood
		}
	}
	return append(dst, v.number(f, status, v.start+2, 0))
}

// message gives the end of a message in IP, and whether it is there in full:
// not cut, not a fragment, not quoted.
func (v *view) message() (end int, whole bool) {
	end = v.end()
	if v.reassembled() {
		return end, true
	}
	for i := range v.packet.Networks {
		n := &v.packet.Networks[i]
		if int(n.Layer) >= v.index {
			break
		}
		l := &v.packet.Layers[n.Layer]
		length := announced(l.Proto, v.data[min(int(l.Offset), len(v.data)):], true)
		whole = !n.Quoted && int(l.Offset)+length <= len(v.data)
	}
	return end, whole
}
