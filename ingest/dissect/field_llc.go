package dissect

import "encoding/binary"

// llcFields are of IEEE 802.2 and SNAP.
var llcFields = [...]Field{
	{Name: "llc.dsap", Kind: KindUint, Bits: 8, Hex: true, Proto: ProtoLLC, in: part{0, 1, 0}, Doc: "Destination service access point"},
	{Name: "llc.dsap.ig", Kind: KindBool, Bits: 8, Proto: ProtoLLC, in: part{0, 1, 0x01}, Doc: "Destination is a group"},
	{Name: "llc.ssap", Kind: KindUint, Bits: 8, Hex: true, Proto: ProtoLLC, in: part{1, 1, 0}, Doc: "Source service access point"},
	{Name: "llc.ssap.cr", Kind: KindBool, Bits: 8, Proto: ProtoLLC, in: part{1, 1, 0x01}, Doc: "Response, not command"},
	{Name: "llc.control", Kind: KindUint, Bits: 16, Hex: true, Proto: ProtoLLC, get: getLLCControl, Doc: "Control field"},
	{Name: "llc.oui", Kind: KindUint, Bits: 24, Proto: ProtoLLC, get: getSNAP, option: snapOrganisation, Doc: "Organisation that numbers the protocol"},
	{Name: "llc.type", Kind: KindUint, Bits: 16, Hex: true, Proto: ProtoLLC, get: getSNAP, option: snapType, Doc: "Protocol, an EtherType"},
	{Name: "llc.pid", Kind: KindUint, Bits: 16, Hex: true, Proto: ProtoLLC, get: getSNAP, option: snapOther, Doc: "Protocol of another organisation"},
	{Name: "llc.cisco_pid", Kind: KindUint, Bits: 16, Hex: true, Proto: ProtoLLC, get: getSNAP, option: snapCisco, Doc: "Protocol of Cisco"},
}

// Parts of a SNAP header that a field is about.
const (
	snapOrganisation = iota
	snapType
	snapCisco
	snapOther
)

// llcControlLength is the length of the control field.
func (v *view) llcControlLength() int {
	if v.start+3 > v.limit {
		return 0
	}
	if v.data[v.start+2]&3 == 3 {
		return 1
	}
	return 2
}

// getLLCControl is the control field, which is little-endian if it is long.
func getLLCControl(dst []FieldValue, v view, f *Field) []FieldValue {
	n := v.llcControlLength()
	at := v.start + 2
	if n == 0 || at+n > v.limit {
		return dst
	}
	control := uint64(v.data[at])
	if n == 2 {
		control = uint64(binary.LittleEndian.Uint16(v.data[at:]))
	}
	value := v.number(f, control, at, n)
	value.Bytes = v.data[at-1 : at : at] // the source service access point
	return append(dst, value)
}

// getSNAP is the organisation, or the protocol in the field that Wireshark has
// for the organisation.
func getSNAP(dst []FieldValue, v view, f *Field) []FieldValue {
	at := v.start + 2 + v.llcControlLength()
	if at+snapLength > v.limit || v.data[v.start] != sapSNAP || v.data[v.start+1] != sapSNAP {
		return dst
	}
	oui := be32(v.data, at) >> 8
	field := uint8(snapOther)
	switch oui {
	case ouiEthernet, ouiCisco90, ouiAppleTalk:
		field = snapType
	case ouiCisco:
		field = snapCisco
	}
	switch f.option {
	case snapOrganisation:
		return append(dst, v.number(f, uint64(oui), at, 3))
	case field:
		return append(dst, v.number(f, uint64(be16(v.data, at+3)), at+3, 2))
	}
	return dst
}

// cookedFields are of Linux' cooked captures and of the loopback header.
var cookedFields = [...]Field{
	{Name: "sll.pkttype", Kind: KindUint, Bits: 16, Proto: ProtoSLL, get: getSLL, option: sllPacketType, Doc: "Direction and kind of destination"},
	{Name: "sll.hatype", Kind: KindUint, Bits: 16, Proto: ProtoSLL, get: getSLL, option: sllHardware, Doc: "Type of the device"},
	{Name: "sll.halen", Kind: KindUint, Bits: 16, Proto: ProtoSLL, get: getSLL, option: sllAddressLength, Doc: "Length of the sender's address"},
	{Name: "sll.src.eth", Kind: KindEther, Proto: ProtoSLL, get: getSLLAddress, option: 6, Doc: "Sender's address, Ethernet"},
	{Name: "sll.src.ipv4", Kind: KindIPv4, Proto: ProtoSLL, get: getSLLAddress, option: 4, Doc: "Sender's address, IPv4"},
	{Name: "sll.src.other", Kind: KindBytes, Proto: ProtoSLL, get: getSLLAddress, option: 0, Doc: "Sender's address, of another kind"},
	{Name: "sll.etype", Kind: KindUint, Bits: 16, Hex: true, Proto: ProtoSLL, get: getSLL, option: sllEtherType, Doc: "Protocol, an EtherType"},
	{Name: "sll.ltype", Kind: KindUint, Bits: 16, Hex: true, Proto: ProtoSLL, get: getSLL, option: sllLinuxType, Doc: "Protocol, a number of Linux"},
	{Name: "sll.gretype", Kind: KindUint, Bits: 16, Hex: true, Proto: ProtoSLL, get: getSLL, option: sllGREType, Doc: "Protocol, of a GRE tunnel"},
	{Name: "sll.ifindex", Kind: KindUint, Bits: 32, Proto: ProtoSLL, in: part{4, 4, 0}, when: sllVersion2, Doc: "Interface index"},
	{Name: "null.type", Kind: KindUint, Bits: 16, Hex: true, Proto: ProtoNull, in: part{2, 2, 0}, when: nullHasType, Doc: "EtherType instead of a family"},
	{Name: "null.family", Kind: KindUint, Bits: 32, Proto: ProtoNull, get: getNullFamily, Doc: "Address family"},
}

// Fields of the cooked header that a field is about.
const (
	sllPacketType = iota
	sllHardware
	sllAddressLength
	sllEtherType
	sllLinuxType
	sllGREType
)

// sllVersion2 tells the versions apart by their lengths.
func sllVersion2(v view) bool { return v.limit-v.start == 20 }

// sllPart gives the place and size of a field of the header.
func (v *view) sllPart(field uint8) (at, size int) {
	second := sllVersion2(*v)
	switch field {
	case sllPacketType:
		if second {
			return 10, 1
		}
		return 0, 2
	case sllHardware:
		if second {
			return 8, 2
		}
		return 2, 2
	case sllAddressLength:
		if second {
			return 11, 1
		}
		return 4, 2
	}
	if second {
		return 0, 2
	}
	return 14, 2
}

// sllNumber reads a field of the header.
func (v *view) sllNumber(field uint8) (n uint64, at, size int, ok bool) {
	at, size = v.sllPart(field)
	at += v.start
	if at+size > v.limit {
		return 0, 0, 0, false
	}
	if size == 1 {
		return uint64(v.data[at]), at, size, true
	}
	return uint64(be16(v.data, at)), at, size, true
}

func getSLL(dst []FieldValue, v view, f *Field) []FieldValue {
	n, at, size, ok := v.sllNumber(f.option)
	if !ok {
		return dst
	}
	if f.option >= sllEtherType {
		hardware, _, _, _ := v.sllNumber(sllHardware)
		kind := uint8(sllEtherType)
		switch {
		case hardware == arphrdIPGRE:
			kind = sllGREType
		case n <= maxLength8023 || hardware == arphrdNetlink:
			kind = sllLinuxType
		}
		if kind != f.option {
			return dst
		}
	}
	return append(dst, v.number(f, n, at, size))
}

// getSLLAddress is the sender's address in the field for its length.
func getSLLAddress(dst []FieldValue, v view, f *Field) []FieldValue {
	n, _, _, ok := v.sllNumber(sllAddressLength)
	at := v.start + 6
	if sllVersion2(v) {
		at = v.start + 12
	}
	length := int(min(n, 8))
	if !ok || length == 0 || at+length > v.limit {
		return dst
	}
	kind := uint8(length)
	if kind != 4 && kind != 6 {
		kind = 0
	}
	if kind != f.option {
		return dst
	}
	return append(dst, v.bytes(f, at, length))
}

// nullFamilyNumber is the family as the decoder reads it: little-endian with
// the exceptions of nullFamily, unless all of the header's small numbers stand
// at its end.
func (v *view) nullFamilyNumber() (uint32, bool) {
	if v.start+4 > v.limit {
		return 0, false
	}
	return nullFamily(binary.LittleEndian.Uint32(v.data[v.start:])), true
}

func nullHasType(v view) bool {
	n, ok := v.nullFamilyNumber()
	return ok && n > maxLength8023
}

func getNullFamily(dst []FieldValue, v view, f *Field) []FieldValue {
	n, ok := v.nullFamilyNumber()
	if !ok || n > maxLength8023 {
		return dst
	}
	return append(dst, v.number(f, uint64(n), v.start, 4))
}
