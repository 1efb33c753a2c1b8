package dissect

import "github.com/google/gopacket"

// llc is an IEEE 802.2 header: two service access points and a control field
// of one byte in unnumbered frames, else of two.
type llc struct{ *scan }

// Service access points and control values (IEEE 802.2).
const (
	sapSNAP           = 0xaa
	controlUnnumbered = 0x03 // unnumbered information
	controlXID        = 0xaf // exchange identification
	controlPoll       = 0x10
	xidBasicFormat    = 0x81
	snapLength        = 5
)

func (llc) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoLLC) }

func (l llc) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	if len(data) < 3 {
		l.add(ProtoLLC, 3)
		return l.short(3)
	}
	control := data[2]
	header := 4
	if control&3 == 3 {
		header = 3
	}
	if data[0] == sapSNAP && data[1] == sapSNAP {
		l.add(ProtoLLC, header+snapLength)
		return l.snap(data, header)
	}
	l.add(ProtoLLC, header)
	if control&1 == 0 || control == controlUnnumbered {
		return l.pass(llcPayload(data[0]), data, header, rest)
	}
	if control&^controlPoll == controlXID && (len(data) == header || data[header] == xidBasicFormat) {
		return l.end()
	}
	return l.pass(ProtoData, data, header, rest)
}

// Organisations in SNAP headers.
const (
	ouiEthernet  = 0x000000
	ouiCisco     = 0x00000c
	ouiCisco90   = 0x0000f8
	ouiBridged   = 0x0080c2
	ouiCableBPDU = 0x001000
	ouiAppleTalk = 0x080007
)

// snap goes on after a SNAP header (RFC 1042) at the given offset.
func (s *scan) snap(data []byte, at int) error {
	header := at + snapLength
	if len(data) < header {
		return s.short(header)
	}
	pid := be16(data, at+3)
	switch be32(data, at) >> 8 {
	case ouiEthernet, ouiCisco90, ouiAppleTalk:
		return s.pass(etherTypePayload(pid), data, header, rest)
	case ouiCisco:
		return s.pass(ciscoPayload(pid), data, header, rest)
	case ouiCableBPDU:
		return s.pass(ProtoSTP, data, header, rest)
	case ouiBridged:
		return s.pass(bridgedPayload(pid), data, header, rest)
	}
	return s.pass(ProtoData, data, header, rest)
}

// bridgedPayload maps the protocol identifiers of bridged frames (RFC 2684).
func bridgedPayload(pid uint16) Proto {
	switch pid {
	case 1, 7:
		return ProtoEth
	case 3, 9:
		return ProtoTokenRing
	case 4, 10:
		return ProtoFDDI
	case 14:
		return ProtoSTP
	}
	return ProtoData
}

// tokenRing is an IEEE 802.5 frame, with a routing field if the source address
// has its group bit set.
type tokenRing struct{ *scan }

func (tokenRing) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoTokenRing) }

func (l tokenRing) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	header := 14
	if len(data) >= 15 && data[8]&0x80 != 0 {
		header += int(data[14] & 0x1f)
	}
	l.add(ProtoTokenRing, header)
	if len(data) < header {
		return l.short(header)
	}
	if data[1]&0xc0 != 0x40 { // not an LLC frame
		return l.end()
	}
	return l.pass(ProtoLLC, data, header, rest)
}

// fddi is an FDDI frame: frame control and two addresses.
type fddi struct{ *scan }

func (fddi) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoFDDI) }

func (l fddi) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	const header = 13
	l.add(ProtoFDDI, header)
	if len(data) < header {
		return l.short(header)
	}
	if data[0]&0xf0 != 0x50 { // not an asynchronous LLC frame
		return l.pass(ProtoData, data, header, rest)
	}
	return l.pass(ProtoLLC, data, header, rest)
}
