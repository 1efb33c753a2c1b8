package dissect

import "github.com/google/gopacket"

// gre is Generic Routing Encapsulation: RFC 1701 with its routing field, RFC
// 2784/2890, and the enhanced version 1 of PPTP (RFC 2637).
type gre struct{ *scan }

// GRE flags and protocol types.
const (
	greChecksum   = 0x8000
	greRouting    = 0x4000
	greKey        = 0x2000
	greSequence   = 0x1000
	greAck        = 0x0080
	greTypePPP    = 0x880b
	greTypeWCCP   = 0x883e
	greTypeERSPAN = 0x88be
	greVersion    = 0x0007
	greFixedPart  = 4
)

func (gre) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoGRE) }

func (l gre) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	if len(data) < greFixedPart {
		l.add(ProtoGRE, len(data))
		return l.short(greFixedPart)
	}
	flags, protocol := be16(data, 0), be16(data, 2)
	header := greFixedPart
	if flags&(greChecksum|greRouting) != 0 {
		header += 4
	}
	for _, optional := range [...]uint16{greKey, greSequence} {
		if flags&optional != 0 {
			header += 4
		}
	}
	if protocol == greTypePPP && flags&greVersion == 1 && flags&greAck != 0 {
		header += 4
	}
	if flags&greRouting != 0 {
		header = sourceRoutes(data, header)
	}
	if protocol == greTypeWCCP && len(data) > header && data[header]>>4 != 4 {
		header += 4 // redirect header of WCCP version 2
	}
	l.add(ProtoGRE, header)
	if len(data) < header {
		return l.short(header)
	}
	if flags&greSequence == 0 && l.rep <= header {
		return l.end() // a keepalive
	}
	l.stash.greType = protocol
	l.stash.greSequence = flags&greSequence != 0
	return l.pass(grePayload(protocol), data, header, rest)
}

// sourceRoutes skips the source route entries of RFC 1701: address family,
// offset and length, until both family and length are zero.
func sourceRoutes(data []byte, at int) int {
	for at+4 <= len(data) {
		family, length := be16(data, at), int(data[at+3])
		at += 4 + length
		if family == 0 && length == 0 {
			return at
		}
	}
	return at + 4
}

// erspan is a mirrored Ethernet frame: type I has no header, II has 8 bytes,
// III has 12 and perhaps 8 more.
type erspan struct{ *scan }

func (erspan) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoERSPAN) }

func (l erspan) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	if !l.stash.greSequence && l.stash.greType == greTypeERSPAN {
		l.add(ProtoERSPAN, 0)
		return l.pass(ProtoEth, data, 0, rest)
	}
	if len(data) < 2 {
		l.add(ProtoERSPAN, len(data))
		return l.short(8)
	}
	header, next := 8, ProtoEth
	switch data[0] >> 4 {
	case 1:
	case 2:
		header = 12
		if len(data) >= header && data[10]>>2&0x1f != 0 { // frame type
			next = ProtoData
		}
		if len(data) >= header && data[11]&1 != 0 { // platform-specific subheader
			header += 8
		}
	default:
		l.add(ProtoERSPAN, len(data))
		return l.end()
	}
	l.add(ProtoERSPAN, header)
	if len(data) < header {
		return l.short(header)
	}
	return l.pass(next, data, header, rest)
}

// etherIP is Ethernet in IP (RFC 3378): version and 12 reserved bits.
type etherIP struct{ *scan }

func (etherIP) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoEtherIP) }

func (l etherIP) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	const header = 2
	l.add(ProtoEtherIP, header)
	if len(data) < header {
		return l.short(header)
	}
	return l.pass(ProtoEth, data, header, rest)
}

// nsh is a network service header (RFC 8300), length in words.
type nsh struct{ *scan }

func (nsh) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoNSH) }

func (l nsh) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	header := 8
	if len(data) >= 2 {
		header = int(data[1]&0x3f) * 4
	}
	l.add(ProtoNSH, header)
	if len(data) < max(header, 8) {
		return l.short(max(header, 8))
	}
	return l.pass(servicePayload(data[3]), data, header, rest)
}

// servicePayload maps the next protocol of NSH and of VXLAN-GPE.
func servicePayload(next byte) Proto {
	switch next {
	case 1:
		return ProtoIP
	case 2:
		return ProtoIPv6
	case 3:
		return ProtoEth
	case 4:
		return ProtoNSH
	case 5:
		return ProtoMPLS
	}
	return ProtoData
}
