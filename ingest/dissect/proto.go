package dissect

// Proto is a protocol layer; String gives Wireshark's name for it, as in
// frame.protocols. The numbers are not stable between builds: store names.
type Proto uint8

// Protocols. Those from ProtoEth to ProtoNetlink are decoded, or at least
// passed through where their payload is a packet; the later ones are named
// leafs. ProtoData stands for bytes which no protocol claims.
const (
	protoNone Proto = iota
	ProtoEth
	ProtoEtherType
	ProtoVLAN
	ProtoServiceVLAN
	ProtoPBB
	ProtoVNTag
	ProtoETag
	ProtoCMD
	ProtoFabricPath
	ProtoMACsec
	ProtoHSR
	ProtoTRILL
	ProtoMPLS
	ProtoPWHeuristic
	ProtoPWControl
	ProtoPWNoControl
	ProtoPWACH
	ProtoY1731
	ProtoPPPoED
	ProtoPPPoES
	ProtoPPP
	ProtoCHDLC
	ProtoFR
	ProtoLLC
	ProtoIPX
	ProtoIP
	ProtoIPv6
	ProtoHopOpts
	ProtoRouting
	ProtoFragHdr
	ProtoDstOpts
	ProtoMobility
	ProtoShim6
	ProtoHIP
	ProtoAH
	ProtoESP
	ProtoUDPEncap
	ProtoGRE
	ProtoERSPAN
	ProtoEtherIP
	ProtoVXLAN
	ProtoGeneve
	ProtoGTP
	ProtoGTPPrime
	ProtoTeredo
	ProtoL2TP
	ProtoAYIYA
	ProtoLISPData
	ProtoTZSP
	ProtoCAPWAPData
	ProtoCAPWAP
	ProtoNSH
	ProtoICMP
	ProtoICMPv6
	ProtoIGMP
	ProtoTCP
	ProtoUDP
	ProtoUDPLite
	ProtoSCTP
	ProtoDCCP
	ProtoARP
	ProtoSLL
	ProtoNull
	ProtoRaw
	ProtoRadiotap
	ProtoWLANRadio
	ProtoWLAN
	ProtoWLANAggregate
	ProtoPrism
	ProtoWLANCap
	ProtoPPI
	ProtoNFLog
	ProtoPFLog
	ProtoOldPFLog
	ProtoEnc
	ProtoNetlink
	ProtoClip
	ProtoIPNet
	ProtoJuniper
	ProtoTokenRing
	ProtoFDDI
	ProtoIPFC
	ProtoIPoIB
	ProtoATM
	ProtoARCNET
	ProtoBluetooth
	ProtoUSB
	ProtoWPAN
	ProtoCAN
	ProtoDOCSIS
	ProtoMTP2
	ProtoMTP3
	ProtoLAPD
	ProtoAX25
	ProtoPktap
	ProtoUserDLT
	ProtoExportedPDU
	ProtoLLDP
	ProtoSTP
	ProtoCDP
	ProtoDTP
	ProtoVTP
	ProtoPAgP
	ProtoUDLD
	ProtoCGMP
	ProtoEAPOL
	ProtoWAI
	ProtoLoop
	ProtoSlow
	ProtoMACControl
	ProtoCFM
	ProtoLACP
	ProtoRealtek
	ProtoProfinetRT
	ProtoProfinetMRP
	ProtoEtherCAT
	ProtoPTP
	ProtoGOOSE
	ProtoSV
	ProtoHomePlug
	ProtoHomePlugAV
	ProtoIEEE1905
	ProtoIEEE1722
	ProtoMVRP
	ProtoMMRP
	ProtoMSRP
	ProtoFCoE
	ProtoFIP
	ProtoAoE
	ProtoTIPC
	ProtoLLTD
	ProtoWOL
	ProtoRoCE
	ProtoBatman
	ProtoPowerlink
	ProtoLWAPP
	ProtoAARP
	ProtoDDP
	ProtoDECnet
	ProtoDECSTP
	ProtoXIP
	ProtoVINESIP
	ProtoVINESEcho
	ProtoSNMP
	ProtoWLCCP
	ProtoBRCMTag
	ProtoOSPF
	ProtoEIGRP
	ProtoIGRP
	ProtoPIM
	ProtoVRRP
	ProtoCARP
	ProtoRSVP
	ProtoRSVPE2EI
	ProtoNHRP
	ProtoPGM
	ProtoIPComp
	ProtoSWIPE
	ProtoDSR
	ProtoXTP
	ProtoCOTP
	ProtoBARP
	ProtoLCP
	ProtoIPCP
	ProtoIPv6CP
	ProtoCCP
	ProtoPAP
	ProtoCHAP
	ProtoEAP
	ProtoBAP
	ProtoBACP
	ProtoCBCP
	ProtoMPLSCP
	ProtoOSINLCP
	ProtoCDPCP
	ProtoPPPMux
	ProtoPPPMuxCP
	ProtoMultilinkPPP
	ProtoCompData
	ProtoVJComp
	ProtoROHC
	ProtoSLARP
	ProtoLMI
	ProtoQ933
	ProtoBACnet
	ProtoNetBIOS
	ProtoSNA
	ProtoX25
	ProtoCLNP
	ProtoESIS
	ProtoISIS
	ProtoISO
	ProtoISAKMP
	ProtoGREBonding
	ProtoLowPAN
	ProtoIDP
	ProtoLAT
	ProtoLLAP
	ProtoELMI
	ProtoDLR
	ProtoNCSI
	ProtoHSRSupervision
	ProtoECPRI
	ProtoTECMP
	ProtoRoofnet
	ProtoRTmac
	ProtoRTcfg
	ProtoMint
	ProtoArubaIAP
	ProtoWSMP
	ProtoIEEE802a
	ProtoLINX
	ProtoMIH
	ProtoCESoETH
	ProtoGeoNetworking
	ProtoLAPBEther
	ProtoNSRP
	ProtoHyperSCSI
	ProtoVINESFRP
	ProtoXNS
	ProtoVINESLLC
	ProtoHPExt
	ProtoRPL
	ProtoBCP
	ProtoBCPNCP
	ProtoVSNP
	ProtoVSNCP
	ProtoCRTP
	ProtoM2M
	ProtoTDMoE
	ProtoWReth
	ProtoMCP
	ProtoDVMRP
	ProtoIGAP
	ProtoPPPHDLC
	ProtoPktData
	ProtoBFD
	ProtoData

	protoCount
)

// protoNames are Wireshark's filter names.
var protoNames = [protoCount]string{
	ProtoEth:            "eth",
	ProtoEtherType:      "ethertype",
	ProtoVLAN:           "vlan",
	ProtoServiceVLAN:    "ieee8021ad",
	ProtoPBB:            "ieee8021ah",
	ProtoVNTag:          "vntag",
	ProtoETag:           "etag",
	ProtoCMD:            "cmd",
	ProtoFabricPath:     "cfp",
	ProtoMACsec:         "macsec",
	ProtoHSR:            "hsr",
	ProtoTRILL:          "trill",
	ProtoMPLS:           "mpls",
	ProtoPWHeuristic:    "pwethheuristic",
	ProtoPWControl:      "pwethcw",
	ProtoPWNoControl:    "pwethnocw",
	ProtoPWACH:          "pwach",
	ProtoY1731:          "mpls_y1731",
	ProtoPPPoED:         "pppoed",
	ProtoPPPoES:         "pppoes",
	ProtoPPP:            "ppp",
	ProtoCHDLC:          "chdlc",
	ProtoFR:             "fr",
	ProtoLLC:            "llc",
	ProtoIPX:            "ipx",
	ProtoIP:             "ip",
	ProtoIPv6:           "ipv6",
	ProtoHopOpts:        "ipv6.hopopts",
	ProtoRouting:        "ipv6.routing",
	ProtoFragHdr:        "ipv6.fraghdr",
	ProtoDstOpts:        "ipv6.dstopts",
	ProtoMobility:       "mipv6",
	ProtoShim6:          "shim6",
	ProtoHIP:            "hip",
	ProtoAH:             "ah",
	ProtoESP:            "esp",
	ProtoUDPEncap:       "udpencap",
	ProtoGRE:            "gre",
	ProtoERSPAN:         "erspan",
	ProtoEtherIP:        "etherip",
	ProtoVXLAN:          "vxlan",
	ProtoGeneve:         "geneve",
	ProtoGTP:            "gtp",
	ProtoGTPPrime:       "gtpprime",
	ProtoTeredo:         "teredo",
	ProtoL2TP:           "l2tp",
	ProtoAYIYA:          "ayiya",
	ProtoLISPData:       "lisp-data",
	ProtoTZSP:           "tzsp",
	ProtoCAPWAPData:     "capwap.data",
	ProtoCAPWAP:         "capwap",
	ProtoNSH:            "nsh",
	ProtoICMP:           "icmp",
	ProtoICMPv6:         "icmpv6",
	ProtoIGMP:           "igmp",
	ProtoTCP:            "tcp",
	ProtoUDP:            "udp",
	ProtoUDPLite:        "udplite",
	ProtoSCTP:           "sctp",
	ProtoDCCP:           "dccp",
	ProtoARP:            "arp",
	ProtoSLL:            "sll",
	ProtoNull:           "null",
	ProtoRaw:            "raw",
	ProtoRadiotap:       "radiotap",
	ProtoWLANRadio:      "wlan_radio",
	ProtoWLAN:           "wlan",
	ProtoWLANAggregate:  "wlan_aggregate",
	ProtoPrism:          "prism",
	ProtoWLANCap:        "wlancap",
	ProtoPPI:            "ppi",
	ProtoNFLog:          "nflog",
	ProtoPFLog:          "pflog",
	ProtoOldPFLog:       "pflog-old",
	ProtoEnc:            "enc",
	ProtoNetlink:        "netlink",
	ProtoClip:           "clip",
	ProtoIPNet:          "ipnet",
	ProtoJuniper:        "juniper",
	ProtoTokenRing:      "tr",
	ProtoFDDI:           "fddi",
	ProtoIPFC:           "ipfc",
	ProtoIPoIB:          "ipoib",
	ProtoATM:            "atm",
	ProtoARCNET:         "arcnet",
	ProtoBluetooth:      "bluetooth",
	ProtoUSB:            "usb",
	ProtoWPAN:           "wpan",
	ProtoCAN:            "can",
	ProtoDOCSIS:         "docsis",
	ProtoMTP2:           "mtp2",
	ProtoMTP3:           "mtp3",
	ProtoLAPD:           "lapd",
	ProtoAX25:           "ax25",
	ProtoPktap:          "pktap",
	ProtoUserDLT:        "user_dlt",
	ProtoExportedPDU:    "exported_pdu",
	ProtoLLDP:           "lldp",
	ProtoSTP:            "stp",
	ProtoCDP:            "cdp",
	ProtoDTP:            "dtp",
	ProtoVTP:            "vtp",
	ProtoPAgP:           "pagp",
	ProtoUDLD:           "udld",
	ProtoCGMP:           "cgmp",
	ProtoEAPOL:          "eapol",
	ProtoWAI:            "wai",
	ProtoLoop:           "loop",
	ProtoSlow:           "slow",
	ProtoMACControl:     "macc",
	ProtoCFM:            "cfm",
	ProtoLACP:           "lacp",
	ProtoRealtek:        "realtek",
	ProtoProfinetRT:     "pn_rt",
	ProtoProfinetMRP:    "pn_mrp",
	ProtoEtherCAT:       "ecatf",
	ProtoPTP:            "ptp",
	ProtoGOOSE:          "goose",
	ProtoSV:             "sv",
	ProtoHomePlug:       "homeplug",
	ProtoHomePlugAV:     "homeplug-av",
	ProtoIEEE1905:       "ieee1905",
	ProtoIEEE1722:       "ieee1722",
	ProtoMVRP:           "mrp-mvrp",
	ProtoMMRP:           "mrp-mmrp",
	ProtoMSRP:           "mrp-msrp",
	ProtoFCoE:           "fcoe",
	ProtoFIP:            "fip",
	ProtoAoE:            "aoe",
	ProtoTIPC:           "tipc",
	ProtoLLTD:           "lltd",
	ProtoWOL:            "wol",
	ProtoRoCE:           "infiniband",
	ProtoBatman:         "batadv",
	ProtoPowerlink:      "epl",
	ProtoLWAPP:          "lwapp",
	ProtoAARP:           "aarp",
	ProtoDDP:            "ddp",
	ProtoDECnet:         "dec_dna",
	ProtoDECSTP:         "dec_stp",
	ProtoXIP:            "xip",
	ProtoVINESIP:        "vines_ip",
	ProtoVINESEcho:      "vines_echo",
	ProtoSNMP:           "snmp",
	ProtoWLCCP:          "wlccp",
	ProtoBRCMTag:        "brcm-tag",
	ProtoOSPF:           "ospf",
	ProtoEIGRP:          "eigrp",
	ProtoIGRP:           "igrp",
	ProtoPIM:            "pim",
	ProtoVRRP:           "vrrp",
	ProtoCARP:           "carp",
	ProtoRSVP:           "rsvp",
	ProtoRSVPE2EI:       "rsvp-e2ei",
	ProtoNHRP:           "nhrp",
	ProtoPGM:            "pgm",
	ProtoIPComp:         "ipcomp",
	ProtoSWIPE:          "swipe",
	ProtoDSR:            "dsr",
	ProtoXTP:            "xtp",
	ProtoCOTP:           "cotp",
	ProtoBARP:           "nwp",
	ProtoLCP:            "lcp",
	ProtoIPCP:           "ipcp",
	ProtoIPv6CP:         "ipv6cp",
	ProtoCCP:            "ccp",
	ProtoPAP:            "pap",
	ProtoCHAP:           "chap",
	ProtoEAP:            "eap",
	ProtoBAP:            "bap",
	ProtoBACP:           "bacp",
	ProtoCBCP:           "cbcp",
	ProtoMPLSCP:         "mplscp",
	ProtoOSINLCP:        "osinlcp",
	ProtoCDPCP:          "cdpcp",
	ProtoPPPMux:         "pppmux",
	ProtoPPPMuxCP:       "pppmuxcp",
	ProtoMultilinkPPP:   "mp",
	ProtoCompData:       "comp_data",
	ProtoVJComp:         "vjc",
	ProtoROHC:           "rohc",
	ProtoSLARP:          "slarp",
	ProtoLMI:            "lmi",
	ProtoQ933:           "q933",
	ProtoBACnet:         "bacnet",
	ProtoNetBIOS:        "netbios",
	ProtoSNA:            "sna",
	ProtoX25:            "x25",
	ProtoCLNP:           "clnp",
	ProtoESIS:           "esis",
	ProtoISIS:           "isis",
	ProtoISO:            "osi",
	ProtoISAKMP:         "isakmp",
	ProtoGREBonding:     "grebonding",
	ProtoLowPAN:         "6lowpan",
	ProtoIDP:            "idp",
	ProtoLAT:            "lat",
	ProtoLLAP:           "llap",
	ProtoELMI:           "elmi",
	ProtoDLR:            "dlr",
	ProtoNCSI:           "ncsi",
	ProtoHSRSupervision: "hsr_prp_supervision",
	ProtoECPRI:          "ecpri",
	ProtoTECMP:          "tecmp",
	ProtoRoofnet:        "roofnet",
	ProtoRTmac:          "rtmac",
	ProtoRTcfg:          "rtcfg",
	ProtoMint:           "mint",
	ProtoArubaIAP:       "aruba_iap",
	ProtoWSMP:           "wsmp",
	ProtoIEEE802a:       "ieee802a",
	ProtoLINX:           "linx",
	ProtoMIH:            "mih",
	ProtoCESoETH:        "cesoeth",
	ProtoGeoNetworking:  "gnw",
	ProtoLAPBEther:      "lapbether",
	ProtoNSRP:           "nsrp",
	ProtoHyperSCSI:      "hyperscsi",
	ProtoVINESFRP:       "vines_frp",
	ProtoXNS:            "3comxns",
	ProtoVINESLLC:       "vines_llc",
	ProtoHPExt:          "hpext",
	ProtoRPL:            "rpl",
	ProtoBCP:            "bcp_bpdu",
	ProtoBCPNCP:         "bcp_ncp",
	ProtoVSNP:           "vsnp",
	ProtoVSNCP:          "vsncp",
	ProtoCRTP:           "crtp",
	ProtoM2M:            "m2m",
	ProtoTDMoE:          "tdmoe",
	ProtoWReth:          "wreth",
	ProtoMCP:            "mcp",
	ProtoDVMRP:          "dvmrp",
	ProtoIGAP:           "igap",
	ProtoPPPHDLC:        "ppp_hdlc",
	ProtoPktData:        "pcap_pktdata",
	ProtoBFD:            "bfd",
	ProtoData:           "data",
}

// String gives Wireshark's protocol name.
func (p Proto) String() string {
	if p >= protoCount {
		return ""
	}
	return protoNames[p]
}
