package dissect

import "encoding/binary"

// wlanFields are of the head of an IEEE 802.11 frame, whose numbers are
// little-endian.
var wlanFields = [...]Field{
	{Name: "wlan.fc.type_subtype", Kind: KindUint, Bits: 16, Hex: true, Proto: ProtoWLAN, get: getWLANType, Doc: "Type and subtype as one number"},
	{Name: "wlan.fc.version", Kind: KindUint, Bits: 8, Proto: ProtoWLAN, in: part{0, 1, 0x03}, Doc: "Protocol version"},
	{Name: "wlan.fc.type", Kind: KindUint, Bits: 8, Proto: ProtoWLAN, in: part{0, 1, 0x0c}, Doc: "0 management, 1 control, 2 data"},
	{Name: "wlan.fc.subtype", Kind: KindUint, Bits: 8, Proto: ProtoWLAN, in: part{0, 1, 0xf0}, Doc: "Subtype"},
	{Name: "wlan.flags", Kind: KindUint, Bits: 8, Hex: true, Proto: ProtoWLAN, in: part{1, 1, 0}, Doc: "Flags"},
	{Name: "wlan.fc.ds", Kind: KindUint, Bits: 8, Hex: true, Proto: ProtoWLAN, in: part{1, 1, 0x03}, Doc: "To and from the distribution system"},
	{Name: "wlan.fc.tods", Kind: KindBool, Bits: 8, Proto: ProtoWLAN, in: part{1, 1, 0x01}, Doc: "To the distribution system"},
	{Name: "wlan.fc.fromds", Kind: KindBool, Bits: 8, Proto: ProtoWLAN, in: part{1, 1, 0x02}, Doc: "From the distribution system"},
	{Name: "wlan.fc.frag", Kind: KindBool, Bits: 8, Proto: ProtoWLAN, in: part{1, 1, 0x04}, Doc: "More fragments follow"},
	{Name: "wlan.fc.retry", Kind: KindBool, Bits: 8, Proto: ProtoWLAN, in: part{1, 1, 0x08}, Doc: "Retransmission"},
	{Name: "wlan.fc.pwrmgt", Kind: KindBool, Bits: 8, Proto: ProtoWLAN, in: part{1, 1, 0x10}, Doc: "Station will sleep"},
	{Name: "wlan.fc.moredata", Kind: KindBool, Bits: 8, Proto: ProtoWLAN, in: part{1, 1, 0x20}, Doc: "More data is buffered"},
	{Name: "wlan.fc.protected", Kind: KindBool, Bits: 8, Proto: ProtoWLAN, in: part{1, 1, 0x40}, Doc: "Body is encrypted"},
	{Name: "wlan.fc.order", Kind: KindBool, Bits: 8, Proto: ProtoWLAN, in: part{1, 1, 0x80}, Doc: "Strictly ordered, or HT control present"},
	{Name: "wlan.ra", Kind: KindEther, Proto: ProtoWLAN, in: part{4, 6, 0}, when: wlanOrdinary, Doc: "Receiver address"},
	{Name: "wlan.ta", Kind: KindEther, Proto: ProtoWLAN, in: part{10, 6, 0}, when: wlanDataOrManagement, Doc: "Transmitter address"},
	{Name: "wlan.da", Kind: KindEther, Proto: ProtoWLAN, get: getWLANAddress, option: wlanDestination, when: wlanDataOrManagement, Doc: "Destination address"},
	{Name: "wlan.sa", Kind: KindEther, Proto: ProtoWLAN, get: getWLANAddress, option: wlanSource, when: wlanDataOrManagement, Doc: "Source address"},
	{Name: "wlan.bssid", Kind: KindEther, Proto: ProtoWLAN, get: getWLANAddress, option: wlanNetwork, when: wlanDataOrManagement, Doc: "Address of the network"},
	{Name: "wlan.frag", Kind: KindUint, Bits: 16, Proto: ProtoWLAN, get: getWLANSequence, option: 0, when: wlanDataOrManagement, Doc: "Fragment number"},
	{Name: "wlan.seq", Kind: KindUint, Bits: 16, Proto: ProtoWLAN, get: getWLANSequence, option: 4, when: wlanDataOrManagement, Doc: "Sequence number"},
}

// Roles of addresses that a field is about.
const (
	wlanDestination = iota
	wlanSource
	wlanNetwork
)

func (v *view) wlanType() (typ, subtype byte, ok bool) {
	if v.start+24 > v.limit || v.data[v.start]&wlanVersion != 0 {
		return 0, 0, false
	}
	return v.data[v.start] >> 2 & 3, v.data[v.start] >> 4, true
}

// wlanOrdinary is a frame of any type with a receiver address.
func wlanOrdinary(v view) bool {
	return v.start+10 <= v.limit && v.data[v.start]&wlanVersion == 0 && v.data[v.start]>>2&3 != 3
}

// wlanDataOrManagement is a frame with three addresses.
func wlanDataOrManagement(v view) bool {
	typ, _, ok := v.wlanType()
	return ok && (typ == 0 || typ == wlanData)
}

func getWLANType(dst []FieldValue, v view, f *Field) []FieldValue {
	if v.start+2 > v.limit {
		return dst
	}
	b := v.data[v.start]
	return append(dst, v.number(f, uint64(b>>2&3)<<4|uint64(b>>4), v.start, 1))
}

// getWLANAddress is the address in a role, whose place depends on whether the
// frame goes to or comes from the distribution system.
func getWLANAddress(dst []FieldValue, v view, f *Field) []FieldValue {
	places := [4][3]int{{4, 10, 16}, {16, 10, 4}, {4, 16, 10}, {16, 24, -1}}
	typ, _, _ := v.wlanType()
	ds := v.data[v.start+1] & 3
	if typ == 0 {
		ds = 0
	}
	place := places[ds][f.option]
	if place < 0 || v.start+place+6 > v.limit {
		return dst
	}
	return append(dst, v.bytes(f, v.start+place, 6))
}

func getWLANSequence(dst []FieldValue, v view, f *Field) []FieldValue {
	const place = 22
	control := uint64(binary.LittleEndian.Uint16(v.data[v.start+place:]))
	if f.option == 0 {
		return append(dst, v.number(f, control&0xf, v.start+place, 2))
	}
	return append(dst, v.number(f, control>>f.option, v.start+place, 2))
}
