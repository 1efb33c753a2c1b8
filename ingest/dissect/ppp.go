package dissect

import "github.com/google/gopacket"

// pppoe is a PPPoE session packet (RFC 2516): version and type, code, session,
// length.
type pppoe struct{ *scan }

func (pppoe) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoPPPoES) }

func (l pppoe) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	const header = 6
	l.add(ProtoPPPoES, header)
	if len(data) < header {
		return l.short(header)
	}
	if l.rep <= header || be16(data, 4) == 0 {
		return errMalformed
	}
	return l.pass(ProtoPPP, data, header, int(be16(data, 4)))
}

// ppp is a PPP frame (RFC 1661), with or without the address and control bytes
// of HDLC-like framing, and with the protocol in one byte if it is odd.
type ppp struct{ *scan }

func (ppp) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoPPP) }

func (l ppp) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	if len(data) > 0 && l.previous == protoNone && (data[0] == 0x0f || data[0] == 0x8f) {
		l.add(ProtoPPP, 0)
		return l.pass(ProtoCHDLC, data, 0, rest)
	}
	if l.previous == protoNone && l.link == linkPPPDirection && len(data) > 0 {
		l.pos, l.rep, data = l.pos+1, l.rep-1, data[1:]
	}
	at := 0 // PPPoE forbids the address and control bytes (RFC 2516, section 4)
	if len(data) > 0 && data[0] == 0xff && l.previous != ProtoPPPoES {
		at = 2
	}
	if len(data) <= at {
		l.add(ProtoPPP, at)
		return l.short(at + 1)
	}
	if data[at]&1 != 0 {
		l.add(ProtoPPP, at+1)
		return l.pass(pppPayload(uint16(data[at])), data, at+1, rest)
	}
	l.add(ProtoPPP, at+2)
	if len(data) < at+2 {
		return l.short(at + 2)
	}
	return l.pass(pppPayload(be16(data, at)), data, at+2, rest)
}

// chdlc is Cisco HDLC: address, control, EtherType or the like.
type chdlc struct{ *scan }

func (chdlc) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoCHDLC) }

func (l chdlc) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	const header = 4
	l.add(ProtoCHDLC, header)
	if len(data) < header {
		return l.short(header)
	}
	next := chdlcPayload(be16(data, 2))
	if next == ProtoISO && len(data) >= header+2 && osiPayload(data[header]) == ProtoData && osiPayload(data[header+1]) != ProtoData {
		return l.pass(next, data, header+1, rest) // a byte of padding
	}
	return l.pass(next, data, header, rest)
}

// frameRelay is a Q.922 frame: an address of 2 to 4 bytes, whose last has the
// lowest bit set, then the encapsulation of RFC 2427 or Cisco's.
type frameRelay struct{ *scan }

// NLPID values (RFC 2427, ISO/IEC TR 9577).
const (
	nlpidPadding = 0x00
	nlpidSNAP    = 0x80
	nlpidIPv6    = 0x8e
	nlpidIP      = 0xcc
	nlpidPPP     = 0xcf
)

func (frameRelay) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoFR) }

func (l frameRelay) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	header := 1
	for header < len(data) && header < 4 && data[header-1]&1 == 0 {
		header++
	}
	l.add(ProtoFR, header)
	if len(data) < header+2 {
		return l.short(header + 2)
	}
	control := data[header]
	switch {
	case control&3 == 3:
		header++
	case chdlcProtocols[be16(data, header)] != protoNone:
		return l.pass(chdlcPayload(be16(data, header)), data, header+2, rest)
	default:
		header += 2
	}
	if len(data) <= header {
		return l.short(header + 1)
	}
	if data[header] == nlpidPadding {
		header++
	}
	if len(data) <= header {
		return l.short(header + 1)
	}
	switch data[header] {
	case nlpidSNAP:
		return l.snap(data, header+1)
	case nlpidIP:
		return l.pass(ProtoIP, data, header+1, rest)
	case nlpidIPv6:
		return l.pass(ProtoIPv6, data, header+1, rest)
	case nlpidPPP:
		return l.pass(ProtoPPP, data, header+1, rest)
	}
	return l.pass(osiPayload(data[header]), data, header, rest)
}

// osi is the network layer of ISO, whose protocols name themselves by their
// first byte.
type osi struct{ *scan }

func (osi) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoISO) }

func (l osi) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	l.add(ProtoISO, 0)
	if len(data) == 0 {
		return l.short(1)
	}
	switch data[0] {
	case nlpidIP:
		return l.pass(ProtoIP, data, 1, rest)
	case nlpidIPv6:
		return l.pass(ProtoIPv6, data, 1, rest)
	case nlpidPPP:
		return l.pass(ProtoPPP, data, 1, rest)
	case nlpidPadding:
		return l.pass(ProtoCLNP, data, 0, rest)
	}
	return l.pass(osiPayload(data[0]), data, 0, rest)
}

// osiPayload maps the NLPIDs that are part of the payload's own header.
func osiPayload(nlpid byte) Proto {
	switch nlpid {
	case 0x08:
		return ProtoQ933
	case 0x09:
		return ProtoLMI
	case 0x81:
		return ProtoCLNP
	case 0x82:
		return ProtoESIS
	case 0x83:
		return ProtoISIS
	}
	return ProtoData
}

// l2tp is an L2TP message (RFC 2661); version 3 (RFC 3931) is named only, as
// its session headers depend on what the control connection agreed.
type l2tp struct{ *scan }

func (l2tp) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoL2TP) }

func (l l2tp) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	const control, hasLength, hasSequence, hasOffset = 0x8000, 0x4000, 0x0800, 0x0200
	if len(data) < 2 {
		l.add(ProtoL2TP, len(data))
		return l.short(6)
	}
	flags := be16(data, 0)
	if l.previous == ProtoIP || l.previous == ProtoIPv6 || flags&0xf == 3 {
		return l.version3(data, flags)
	}
	header, length := 6, rest
	if flags&hasLength != 0 {
		header += 2
		if len(data) >= 4 {
			length = int(be16(data, 2))
		}
	}
	if flags&hasSequence != 0 {
		header += 4
	}
	if flags&hasOffset != 0 {
		if len(data) >= header+2 {
			header += int(be16(data, header))
		}
		header += 2
	}
	l.add(ProtoL2TP, header)
	if len(data) < header {
		return l.short(header)
	}
	if flags&control != 0 || len(data) == header || length <= header {
		return l.end()
	}
	l.rep = min(l.rep, length)
	return l.pass(ProtoPPP, data, header, rest)
}

// version3 names the payload of a data message "data".
func (l l2tp) version3(data []byte, flags uint16) error {
	header := 4
	if l.previous == ProtoUDP {
		header = 8
	}
	l.add(ProtoL2TP, header)
	switch {
	case len(data) < header:
		return l.short(header)
	case header == 4 && be32(data, 0) == 0, header == 8 && flags&0x8000 != 0: // control
		return l.end()
	}
	return l.pass(ProtoData, data, header, rest)
}
