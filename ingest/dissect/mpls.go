package dissect

import "github.com/google/gopacket"

// mpls is a label stack (RFC 3032), one layer whatever its depth: label 20
// bits, traffic class 3, bottom of stack 1, time to live 8.
type mpls struct{ *scan }

// Reserved labels (RFC 7274) with a payload of their own.
const (
	labelGAL      = 13
	labelOAMAlert = 14
)

func (mpls) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoMPLS) }

func (l mpls) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	const entry, bottom = 4, 0x100
	header := 0
	for {
		header += entry
		if len(data) < header {
			l.add(ProtoMPLS, header)
			return l.short(header)
		}
		if be32(data, header-entry)&bottom != 0 {
			break
		}
	}
	l.add(ProtoMPLS, header)
	if len(data) == header {
		if l.rep == header {
			return l.end()
		}
		return l.short(header + 1)
	}
	label := be32(data, header-entry) >> 12
	switch label {
	case labelOAMAlert:
		return l.pass(ProtoY1731, data, header, rest)
	case labelGAL:
		return l.pass(ProtoPWACH, data, header, rest)
	}
	switch data[header] >> 4 {
	case 4:
		return l.pass(ProtoIP, data, header, rest)
	case 6:
		return l.pass(ProtoIPv6, data, header, rest)
	case 1:
		return l.pass(ProtoPWACH, data, header, rest)
	case 0:
		return l.pass(ProtoPWHeuristic, data, header, rest)
	}
	return l.pass(ProtoData, data, header, rest)
}

// pseudowire is Ethernet in MPLS (RFC 4448) whose first nibble is zero, so that
// a control word may stand in front. Wireshark takes the reading under which
// more of the two addresses belong to a known manufacturer.
type pseudowire struct{ *scan }

func (pseudowire) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoPWHeuristic) }

func (l pseudowire) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	l.add(ProtoPWHeuristic, 0)
	const control = 4
	switch {
	case len(data) < control+ethernetHeader:
		return l.pass(ProtoData, data, 0, rest)
	case knownAddresses(data[control:]) > knownAddresses(data):
		return l.pass(ProtoPWControl, data, 0, rest)
	}
	return l.pass(ProtoPWNoControl, data, 0, rest)
}

// knownAddresses counts the addresses of an Ethernet header that a manufacturer
// may have given, without a list of those: universal and individual, and in
// the densely assigned lowest block unless the type field makes sense.
func knownAddresses(header []byte) int {
	const universalIndividual, denseUpTo = 3, 0x0027
	typ := be16(header, 12)
	plausible := typ <= maxLength8023 || etherTypePayload(typ) != ProtoData
	n := 0
	for _, at := range [...]int{0, 6} {
		dense := be16(header, at) <= denseUpTo
		if header[at]&universalIndividual == 0 && (dense || plausible) {
			n++
		}
	}
	return n
}

// controlWord is the pseudowire control word (RFC 4385), if there is one.
type controlWord struct {
	*scan
	proto  Proto
	length int
}

func (l controlWord) CanDecode() gopacket.LayerClass { return gopacket.LayerType(l.proto) }

func (l controlWord) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	l.add(l.proto, l.length)
	if len(data) < l.length {
		return l.short(l.length)
	}
	return l.pass(ProtoEth, data, l.length, rest)
}

// channel is the associated channel header (RFC 5586).
type channel struct{ *scan }

func (channel) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoPWACH) }

func (l channel) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	const header = 4
	l.add(ProtoPWACH, header)
	if len(data) < header {
		return l.short(header)
	}
	switch be16(data, 2) {
	case 0x0021:
		return l.pass(ProtoIP, data, header, rest)
	case 0x0057:
		return l.pass(ProtoIPv6, data, header, rest)
	case 0x8902:
		return l.pass(ProtoCFM, data, header, rest)
	case 0x0007, 0x0022, 0x0023:
		return l.pass(ProtoBFD, data, header, rest)
	}
	return l.pass(ProtoData, data, header, rest)
}
