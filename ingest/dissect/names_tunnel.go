package dissect

// The names of numbers in tunnels, as Wireshark 4.0 shows them.

// greNames are GRE protocol types. Aruba's are left out.
var greNames = valueNames{
	{0x0000, "Possible GRE keepalive packet"},
	{0x00fe, "OSI"},
	{0x0800, "IP"},
	{0x0806, "ARP"},
	{0x2000, "CDP (Cisco)"},
	{0x2001, "NHRP"},
	{0x22eb, "ERSPAN III"},
	{0x6400, "MIKROTIK EoIP"},
	{0x6558, "Transparent Ethernet bridging"},
	{0x6559, "Frame Relay"},
	{0x8137, "IPX"},
	{0x86dd, "IPv6"},
	{0x880b, "PPP"},
	{0x883e, "WCCP"},
	{0x8847, "MPLS label switched packet"},
	{0x8881, "CDMA2000 A10 Unstructured byte stream"},
	{0x88be, "ERSPAN"},
	{0x88d2, "CDMA2000 A10 3GPP2 Packet"},
	{0x8909, "CiscoMetaData"},
	{0x894f, "Network Service Header"},
	{0xb7ea, "Huawei GRE bonding"},
	{0xfeae, "AIROHIVE AP AP"},
}

// greVersionNames are GRE versions.
var greVersionNames = valueNames{
	{0, "GRE"}, {1, "Enhanced GRE"},
}

// vxlanNames are payloads of VXLAN-GPE.
var vxlanNames = valueNames{
	{1, "IPv4"}, {2, "IPv6"}, {3, "Ethernet"}, {4, "Network Service Header"}, {5, "MPLS"},
}

// gtpNames are GTP messages.
var gtpNames = valueNames{
	{0, "For future use"},
	{1, "Echo request"},
	{2, "Echo response"},
	{3, "Version not supported"},
	{4, "Node alive request"},
	{5, "Node alive response"},
	{6, "Redirection request"},
	{7, "Redirection response"},
	{16, "Create PDP context request"},
	{17, "Create PDP context response"},
	{18, "Update PDP context request"},
	{19, "Update PDP context response"},
	{20, "Delete PDP context request"},
	{21, "Delete PDP context response"},
	{22, "Initiate PDP Context Activation Request"},
	{23, "Initiate PDP Context Activation Response"},
	{24, "Delete AA PDP Context Request"},
	{25, "Delete AA PDP Context Response"},
	{26, "Error indication"},
	{27, "PDU notification request"},
	{28, "PDU notification response"},
	{29, "PDU notification reject request"},
	{30, "PDU notification reject response"},
	{31, "Supported extension header notification"},
	{32, "Send routing information for GPRS request"},
	{33, "Send routing information for GPRS response"},
	{34, "Failure report request"},
	{35, "Failure report response"},
	{36, "Note MS GPRS present request"},
	{37, "Note MS GPRS present response"},
	{48, "Identification request"},
	{49, "Identification response"},
	{50, "SGSN context request"},
	{51, "SGSN context response"},
	{52, "SGSN context acknowledgement"},
	{53, "Forward relocation request"},
	{54, "Forward relocation response"},
	{55, "Forward relocation complete"},
	{56, "Relocation cancel request"},
	{57, "Relocation cancel response"},
	{58, "Forward SRNS context"},
	{59, "Forward relocation complete acknowledge"},
	{60, "Forward SRNS context acknowledge"},
	{61, "UE Registration Query Request"},
	{62, "UE Registration Query Response"},
	{70, "RAN Information Relay"},
	{96, "MBMS Notification Request"},
	{97, "MBMS Notification Response"},
	{98, "MBMS Notification Reject Request"},
	{99, "MBMS Notification Reject Response"},
	{100, "Create MBMS Context Request"},
	{101, "Create MBMS Context Response"},
	{102, "Update MBMS Context Request"},
	{103, "Update MBMS Context Response"},
	{104, "Delete MBMS Context Request"},
	{105, "Delete MBMS Context Response"},
	{112, "MBMS Registration Request"},
	{113, "MBMS Registration Response"},
	{114, "MBMS De-Registration Request"},
	{115, "MBMS De-Registration Response"},
	{116, "MBMS Session Start Request"},
	{117, "MBMS Session Start Response"},
	{118, "MBMS Session Stop Request"},
	{119, "MBMS Session Stop Response"},
	{120, "MBMS Session Update Request"},
	{121, "MBMS Session Update Response"},
	{128, "MS Info Change Notification Request"},
	{129, "MS Info Change Notification Response"},
	{240, "Data record transfer request"},
	{241, "Data record transfer response"},
	{254, "End Marker"},
	{255, "T-PDU"},
}

// gtpVersionNames are GTP versions.
var gtpVersionNames = valueNames{
	{0, "GTP release 97/98 version"}, {1, "GTP release 99 version"}, {2, "GTPv2-C"},
}

// gtpPayloadNames are the two protocols named GTP.
var gtpPayloadNames = valueNames{
	{0, "GTP'"}, {1, "GTP"},
}

// l2tpNames are L2TP messages.
var l2tpNames = valueNames{
	{0, "Data Message"}, {1, "Control Message"},
}

// erspanVersionNames are ERSPAN versions.
var erspanVersionNames = valueNames{
	{1, "Type II"}, {2, "Type III"},
}

// erspanTagNames are what became of a mirrored frame's tag.
var erspanTagNames = valueNames{
	{0, "Originally without VLAN tag"},
	{1, "Originally ISL encapsulated"},
	{2, "Originally 802.1Q encapsulated"},
	{3, "VLAN tag preserved in frame"},
}

// erspanHealthNames are states of a mirrored frame.
var erspanHealthNames = valueNames{
	{0, "Good or unknown integrity"}, {1, "Short frame"}, {2, "Oversized frame"}, {3, "CRC or alignment error"},
}

// erspanTruncatedNames tell whether a mirrored frame was cut.
var erspanTruncatedNames = valueNames{
	{0, "Not truncated"}, {1, "Truncated"},
}
