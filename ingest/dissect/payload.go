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

// IP protocol numbers that the code itself looks at.
const (
	protocolHopOpts = 0
	protocolNone    = 59
)

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

// ipPayload gives the protocol of an IP protocol number. In IPv6 "no next
// header" has no payload that means anything.
func ipPayload(protocol uint8, v6 bool) Proto {
	return orData(ipProtocols[protocol])
}

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
	case 12000, 12001, 12002, 12003, 12004:
		return ProtoLLC
	case 37008:
		return ProtoTZSP
	}
	return protoNone
}

// etherTypes are the EtherTypes but for the three commonest.
var etherTypes = map[uint16]Proto{
	0x0059: ProtoPPPMux,
	0x0061: ProtoCRTP,
	0x00fd: ProtoCompData,
	0x0600: ProtoIDP,
	0x0641: ProtoRoofnet,
	0x0643: ProtoRoofnet,
	0x0644: ProtoRoofnet,
	0x0645: ProtoRoofnet,
	0x0806: ProtoARP,
	0x0842: ProtoWOL,
	0x08f0: ProtoM2M,
	0x0bad: ProtoVINESIP,
	0x0baf: ProtoVINESEcho,
	0x2001: ProtoCGMP,
	0x22ea: ProtoMSRP,
	0x22f0: ProtoIEEE1722,
	0x22f1: ProtoROHC,
	0x22f3: ProtoTRILL,
	0x22f4: ProtoISIS,
	0x4305: ProtoBatman,
	0x6000: ProtoLAPBEther,
	0x6003: ProtoDECnet,
	0x6004: ProtoLAT,
	0x6558: ProtoEth,
	0x8021: ProtoIPCP,
	0x8023: ProtoOSINLCP,
	0x8035: ProtoARP,
	0x8038: ProtoDECSTP,
	0x8057: ProtoIPv6CP,
	0x8059: ProtoPPPMuxCP,
	0x809a: ProtoWPAN,
	0x809b: ProtoLLAP,
	0x80e1: ProtoDLR,
	0x80f3: ProtoAARP,
	0x80fd: ProtoCCP,
	0x8103: ProtoLACP,
	0x8133: ProtoNSRP,
	0x8137: ProtoIPX,
	0x814c: ProtoSNMP,
	0x8181: ProtoSTP,
	0x8207: ProtoCDPCP,
	0x8281: ProtoMPLSCP,
	0x872d: ProtoWLCCP,
	0x8783: ProtoMint,
	0x8808: ProtoMACControl,
	0x8809: ProtoSlow,
	0x8847: ProtoMPLS,
	0x8848: ProtoMPLS,
	0x8863: ProtoPPPoED,
	0x8864: ProtoPPPoES,
	0x8870: ProtoLLC,
	0x8874: ProtoBRCMTag,
	0x887b: ProtoHomePlug,
	0x888e: ProtoEAPOL,
	0x8892: ProtoProfinetRT,
	0x8899: ProtoRealtek,
	0x889a: ProtoHyperSCSI,
	0x88a2: ProtoAoE,
	0x88a4: ProtoEtherCAT,
	0x88a8: ProtoServiceVLAN,
	0x88ab: ProtoPowerlink,
	0x88b4: ProtoWAI,
	0x88b7: ProtoIEEE802a,
	0x88b8: ProtoGOOSE,
	0x88ba: ProtoSV,
	0x88bb: ProtoLWAPP,
	0x88c7: ProtoEAPOL,
	0x88ca: ProtoTIPC,
	0x88cc: ProtoLLDP,
	0x88d8: ProtoCESoETH,
	0x88d9: ProtoLLTD,
	0x88dc: ProtoWSMP,
	0x88e1: ProtoHomePlugAV,
	0x88e3: ProtoProfinetMRP,
	0x88e5: ProtoMACsec,
	0x88e7: ProtoPBB,
	0x88ee: ProtoELMI,
	0x88f5: ProtoMVRP,
	0x88f6: ProtoMMRP,
	0x88f7: ProtoPTP,
	0x88f8: ProtoNCSI,
	0x88fb: ProtoHSRSupervision,
	0x8902: ProtoCFM,
	0x8906: ProtoFCoE,
	0x8909: ProtoCMD,
	0x890d: ProtoWLAN,
	0x8911: ProtoLINX,
	0x8914: ProtoFIP,
	0x8915: ProtoRoCE,
	0x8917: ProtoMIH,
	0x8926: ProtoVNTag,
	0x892f: ProtoHSR,
	0x893a: ProtoIEEE1905,
	0x893f: ProtoETag,
	0x8942: ProtoLLDP,
	0x8947: ProtoGeoNetworking,
	0x894f: ProtoNSH,
	0x8ffd: ProtoArubaIAP,
	0x9000: ProtoLoop,
	0x9021: ProtoRTmac,
	0x9022: ProtoRTcfg,
	0x9100: ProtoVLAN,
	0x99fe: ProtoTECMP,
	0xa0ed: ProtoLowPAN,
	0xaaaa: ProtoWReth,
	0xaefe: ProtoECPRI,
	0xbbbb: ProtoLWAPP,
	0xc021: ProtoLCP,
	0xc023: ProtoPAP,
	0xc029: ProtoCBCP,
	0xc02b: ProtoBACP,
	0xc02d: ProtoBAP,
	0xc0de: ProtoXIP,
	0xc0df: ProtoBARP,
	0xc223: ProtoCHAP,
	0xd00d: ProtoTDMoE,
}

// ipProtocols are the IP protocol numbers.
var ipProtocols = [256]Proto{
	0:   ProtoHopOpts,
	1:   ProtoICMP,
	2:   ProtoIGMP,
	4:   ProtoIP,
	6:   ProtoTCP,
	9:   ProtoIGRP,
	17:  ProtoUDP,
	29:  ProtoCOTP,
	33:  ProtoDCCP,
	36:  ProtoXTP,
	41:  ProtoIPv6,
	43:  ProtoRouting,
	44:  ProtoFragHdr,
	46:  ProtoRSVP,
	47:  ProtoGRE,
	48:  ProtoDSR,
	50:  ProtoESP,
	51:  ProtoAH,
	53:  ProtoSWIPE,
	54:  ProtoNHRP,
	58:  ProtoICMPv6,
	60:  ProtoDstOpts,
	62:  ProtoMobility,
	80:  ProtoISO,
	83:  ProtoVINESFRP,
	88:  ProtoEIGRP,
	89:  ProtoOSPF,
	93:  ProtoAX25,
	97:  ProtoEtherIP,
	103: ProtoPIM,
	108: ProtoIPComp,
	112: ProtoVRRP,
	113: ProtoPGM,
	115: ProtoL2TP,
	132: ProtoSCTP,
	134: ProtoRSVPE2EI,
	135: ProtoMobility,
	136: ProtoUDPLite,
	137: ProtoMPLS,
	139: ProtoHIP,
	140: ProtoShim6,
	143: ProtoEth,
}

// pppProtocols are the PPP protocol numbers.
var pppProtocols = map[uint16]Proto{
	0x0021: ProtoIP,
	0x0023: ProtoISO,
	0x0027: ProtoDECnet,
	0x0029: ProtoDDP,
	0x002b: ProtoIPX,
	0x002d: ProtoVJComp,
	0x002f: ProtoVJComp,
	0x0031: ProtoBCP,
	0x0035: ProtoVINESIP,
	0x003d: ProtoMultilinkPPP,
	0x004b: ProtoLLC,
	0x004d: ProtoSNA,
	0x0057: ProtoIPv6,
	0x0059: ProtoPPPMux,
	0x005b: ProtoVSNP,
	0x0061: ProtoCRTP,
	0x00fd: ProtoCompData,
	0x0205: ProtoDECSTP,
	0x0207: ProtoCDP,
	0x0281: ProtoMPLS,
	0x0283: ProtoMPLS,
	0x0800: ProtoIP,
	0x8021: ProtoIPCP,
	0x8023: ProtoOSINLCP,
	0x8031: ProtoBCPNCP,
	0x8057: ProtoIPv6CP,
	0x8059: ProtoPPPMuxCP,
	0x805b: ProtoVSNCP,
	0x80fd: ProtoCCP,
	0x8207: ProtoCDPCP,
	0x8281: ProtoMPLSCP,
	0x86dd: ProtoIPv6,
	0xc021: ProtoLCP,
	0xc023: ProtoPAP,
	0xc029: ProtoCBCP,
	0xc02b: ProtoBACP,
	0xc02d: ProtoBAP,
	0xc223: ProtoCHAP,
	0xc227: ProtoEAP,
}

// chdlcProtocols are the protocol numbers of Cisco HDLC.
var chdlcProtocols = map[uint16]Proto{
	0x0111: ProtoUDLD,
	0x0600: ProtoIDP,
	0x0800: ProtoIP,
	0x2000: ProtoCDP,
	0x4242: ProtoSTP,
	0x6003: ProtoDECnet,
	0x6558: ProtoEth,
	0x8035: ProtoSLARP,
	0x8038: ProtoDECSTP,
	0x809b: ProtoDDP,
	0x80f3: ProtoAARP,
	0x8137: ProtoIPX,
	0x86dd: ProtoIPv6,
	0x8847: ProtoMPLS,
	0x8848: ProtoMPLS,
	0xfefe: ProtoISO,
}

// greProtocols are the GRE protocol types, EtherTypes for the most part.
var greProtocols = map[uint16]Proto{
	0x8881: ProtoPPPHDLC,
	0x88d2: ProtoPPPHDLC,
	0x00fe: ProtoISO,
	0x0101: ProtoGREBonding,
	0x0800: ProtoIP,
	0x0806: ProtoARP,
	0x2000: ProtoCDP,
	0x2001: ProtoNHRP,
	0x22eb: ProtoERSPAN,
	0x6400: ProtoEth,
	0x6558: ProtoEth,
	0x6559: ProtoFR,
	0x8137: ProtoIPX,
	0x86dd: ProtoIPv6,
	0x880b: ProtoPPP,
	0x883e: ProtoIP,
	0x8847: ProtoMPLS,
	0x8848: ProtoMPLS,
	0x88be: ProtoERSPAN,
	0x8909: ProtoCMD,
	0x894f: ProtoNSH,
	0xb7ea: ProtoGREBonding,
}

// llcSAPs are the destination service access points of LLC.
var llcSAPs = [256]Proto{
	0x0004: ProtoSNA,
	0x0006: ProtoIP,
	0x0008: ProtoSNA,
	0x000c: ProtoSNA,
	0x0010: ProtoIPX,
	0x0014: ProtoISO,
	0x0020: ProtoISO,
	0x0034: ProtoISO,
	0x0040: ProtoSNA,
	0x0042: ProtoSTP,
	0x0054: ProtoISO,
	0x007e: ProtoX25,
	0x0080: ProtoXNS,
	0x0082: ProtoBACnet,
	0x00bc: ProtoVINESLLC,
	0x00c8: ProtoSNA,
	0x00e0: ProtoIPX,
	0x00f0: ProtoNetBIOS,
	0x00f8: ProtoHPExt,
	0x00fc: ProtoRPL,
	0x00fe: ProtoISO,
}

// ciscoPIDs are the SNAP protocol identifiers of Cisco's OUI.
var ciscoPIDs = map[uint16]Proto{
	0x0104: ProtoPAgP,
	0x0108: ProtoSTP,
	0x0109: ProtoSTP,
	0x010b: ProtoSTP,
	0x010c: ProtoSTP,
	0x0111: ProtoUDLD,
	0x0139: ProtoMCP,
	0x2000: ProtoCDP,
	0x2001: ProtoCGMP,
	0x2003: ProtoVTP,
	0x2004: ProtoDTP,
}

// udpApplications are the ports below the tunnels' which an application protocol
// is registered for that takes a tunnel packet for one of its own.
var udpApplications = [...]uint16{
	7, 13, 19, 37, 49, 53, 67, 68, 69, 111, 123, 137, 138, 173,
	213, 269, 319, 320, 389, 427, 434, 464, 496, 500, 513, 514, 520, 521,
	524, 525, 546, 547, 631, 664, 701, 853, 854, 910, 921, 925, 1001, 1113,
	1153, 1194, 1293, 1628, 1629, 1718, 1719, 1745, 1900, 2099, 2157, 2221, 2222, 2246,
	2268, 2269, 2313, 2345, 2887, 2944, 2945, 2948, 2949, 3000, 3130, 3250, 3343, 3357,
	3389, 3452, 3455, 3567, 3671, 3784, 3785, 3804, 3863, 4305, 4306, 4307, 4342, 4551,
	4555, 4569, 4729, 4754, 4784, 4791, 4991, 5031, 5246, 5350, 5351, 5353, 5355, 5404,
	5405, 5436, 5567, 5683, 5684, 5868, 6073,
}
