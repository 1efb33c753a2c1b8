package dissect

import "slices"

// The dispatch tables of Wireshark 4.0: which protocol follows a number. What
// is missing from them is ProtoData.

// EtherTypes that the code itself looks at.
const (
	etherTypeIPv4        = 0x0800
	etherTypeARP         = 0x0806
	etherTypeVLAN        = 0x8100
	etherTypeIPv6        = 0x86dd
	etherTypeServiceVLAN = 0x88a8
	etherTypePBB         = 0x88e7
	etherTypeFabricPath  = 0x8903
)

const protocolHopOpts = 0 // the IP protocol number that the code itself looks at

// etherTypePayload gives the protocol of an EtherType.
func etherTypePayload(typ uint16) Proto {
	switch typ {
	case etherTypeIPv4:
		return ProtoIP
	case etherTypeIPv6:
		return ProtoIPv6
	case etherTypeVLAN:
		return ProtoVLAN
	}
	return orData(etherTypes[typ])
}

func ipPayload(protocol uint8) Proto     { return orData(ipProtocols[protocol]) }
func pppPayload(protocol uint16) Proto   { return orData(pppProtocols[protocol]) }
func chdlcPayload(protocol uint16) Proto { return orData(chdlcProtocols[protocol]) }
func ciscoPayload(pid uint16) Proto      { return orData(ciscoPIDs[pid]) }
func llcPayload(dsap uint8) Proto        { return orData(llcSAPs[dsap]) }

// grePayload gives the protocol of a GRE protocol type. Wireless controllers
// use 0x8200 to 0x8370 for 802.11 frames.
func grePayload(protocol uint16) Proto {
	if protocol >= 0x8200 && protocol <= 0x8370 && protocol&0xf == 0 {
		return ProtoWLAN
	}
	return orData(greProtocols[protocol])
}

func orData(p Proto) Proto {
	if p == protoNone {
		return ProtoData
	}
	return p
}

// udpPayload gives the tunnel that a UDP datagram carries: the lower port
// decides if what is registered for it accepts the packet, then the higher. protoNone is an
// application, or nothing known.
func udpPayload(src, dst uint16) Proto {
	low, high := min(src, dst), max(src, dst)
	if p := udpTunnel(low); p != protoNone {
		return p
	}
	p := udpTunnel(high)
	if p != protoNone {
		if _, taken := slices.BinarySearch(udpApplications[:], low); taken {
			return protoNone
		}
	}
	return p
}

// Ports that the code itself looks at.
const (
	portTeredo   = 3544
	portVXLANGPE = 4790
)

// udpTunnel gives the tunnel registered for a port.
func udpTunnel(port uint16) Proto {
	switch port {
	case 1701:
		return ProtoL2TP
	case 2123, 2152:
		return ProtoGTP
	case 3386:
		return ProtoGTPPrime
	case portTeredo:
		return ProtoTeredo
	case 4341:
		return ProtoLISPData
	case 4500:
		return ProtoUDPEncap
	case 4789:
		return ProtoVXLAN
	case portVXLANGPE:
		return ProtoVXLAN
	case 5072:
		return ProtoAYIYA
	case 5247:
		return ProtoCAPWAPData
	case 6081:
		return ProtoGeneve
	case 6635:
		return ProtoMPLS
	case 9899: // SCTP in UDP (RFC 6951)
		return ProtoSCTP
	case 12000, 12001, 12002, 12003, 12004:
		return ProtoLLC
	case 37008:
		return ProtoTZSP
	}
	return protoNone
}
