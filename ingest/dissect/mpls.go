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
	nibble := data[header] >> 4
	if label == labelOAMAlert {
		return l.pass(ProtoY1731, data, header, rest)
	}
	switch nibble {
	case 4:
		return l.pass(ProtoIP, data, header, rest)
	case 6:
		return l.pass(ProtoIPv6, data, header, rest)
	case 1:
		return l.pass(ProtoPWACH, data, header, rest)
	}
	return l.pass(ProtoPWHeuristic, data, header, rest)
}

// pseudowire is Ethernet in MPLS (RFC 4448) as Wireshark guesses it: with a
// control word in front if the first nibble is zero.
type pseudowire struct{ *scan }

func (pseudowire) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoPWHeuristic) }

func (l pseudowire) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	l.add(ProtoPWHeuristic, 0)
	if len(data) > 0 && data[0]>>4 == 0 {
		return l.pass(ProtoPWControl, data, 0, rest)
	}
	return l.pass(ProtoPWNoControl, data, 0, rest)
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
	}
	return l.end()
}
