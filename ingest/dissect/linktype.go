package dissect

import "strconv"

// LINKTYPE_ values that the code itself looks at.
const (
	linkLoop         = 108
	linkPPPDirection = 204 // a byte with the direction precedes the frame
	linkSLL2         = 276
)

// linkType is a LINKTYPE_ value: capinfos' short name and the first layer.
type linkType struct {
	name  string
	first Proto
}

// linkTypes are the link types with a name. Without a first layer a frame
// stays undecoded.
var linkTypes = map[uint32]linkType{
	0:   {"null", ProtoNull},
	1:   {"ether", ProtoEth},
	3:   {"ax25", ProtoAX25},
	6:   {"tr", ProtoTokenRing},
	7:   {"arcnet", ProtoARCNET},
	8:   {"slip", ProtoData},
	9:   {"ppp", ProtoPPP},
	10:  {"fddi-swapped", ProtoFDDI},
	11:  {"atm-rfc1483", ProtoLLC},
	12:  {"rawip", ProtoRaw},
	13:  {"enc", ProtoEnc},
	14:  {"rawip", ProtoRaw},
	19:  {"linux-atm-clip", ProtoClip},
	50:  {"ppp", ProtoPPP},
	51:  {"pppoes", ProtoPPPoES},
	99:  {"symantec", protoNone},
	100: {"atm-rfc1483", ProtoLLC},
	101: {"rawip", ProtoRaw},
	104: {"chdlc", ProtoCHDLC},
	105: {"ieee-802-11", ProtoWLAN},
	106: {"linux-atm-clip", ProtoClip},
	107: {"frelay", ProtoFR},
	108: {"loop", ProtoNull},
	109: {"enc", ProtoEnc},
	112: {"chdlc", ProtoCHDLC},
	113: {"linux-sll", ProtoSLL},
	114: {"ltalk", ProtoLLAP},
	117: {"pflog", ProtoPFLog},
	119: {"ieee-802-11-prism", ProtoPrism},
	122: {"ip-over-fc", ProtoIPFC},
	123: {"atm-pdus", ProtoATM},
	127: {"ieee-802-11-radiotap", ProtoRadiotap},
	128: {"tzsp", ProtoTZSP},
	129: {"arcnet_linux", ProtoARCNET},
	139: {"mtp2-with-phdr", ProtoMTP2},
	140: {"mtp2", ProtoMTP2},
	141: {"mtp3", ProtoMTP3},
	142: {"sccp", protoNone},
	143: {"docsis", ProtoDOCSIS},
	147: {"user0", ProtoUserDLT},
	148: {"user1", ProtoUserDLT},
	149: {"user2", ProtoUserDLT},
	163: {"ieee-802-11-avs", ProtoWLANCap},
	165: {"bacnet-ms-tp", protoNone},
	187: {"bluetooth-h4", ProtoBluetooth},
	189: {"usb-linux", ProtoUSB},
	192: {"ppi", ProtoPPI},
	195: {"wpan", ProtoWPAN},
	197: {"erf", protoNone},
	201: {"bluetooth-h4-linux", ProtoBluetooth},
	203: {"lapd", ProtoLAPD},
	204: {"ppp-with-direction", ProtoPPP},
	220: {"usb-linux-mmap", ProtoUSB},
	226: {"ipnet", ProtoIPNet},
	227: {"socketcan", ProtoCAN},
	228: {"rawip4", ProtoIP},
	229: {"rawip6", ProtoIPv6},
	230: {"wpan-nofcs", ProtoWPAN},
	239: {"nflog", ProtoNFLog},
	242: {"ip-ib", ProtoIPoIB},
	248: {"sctp", ProtoSCTP},
	249: {"usb-usbpcap", ProtoUSB},
	251: {"bluetooth-le-ll", ProtoBluetooth},
	252: {"wireshark-upper-pdu", ProtoExportedPDU},
	253: {"netlink", ProtoNetlink},
	254: {"bluetooth-linux-monitor", ProtoBluetooth},
	256: {"bluetooth-le-ll-rf", ProtoBluetooth},
	258: {"pktap", ProtoPktap},
	266: {"usb-darwin", ProtoUSB},
	272: {"nordic_ble", protoNone},
	276: {"linux-sll2", ProtoSLL},
	283: {"wpan-tap", protoNone},
}

// LinkTypeName gives the name of a link type as capinfos prints it ("ether",
// "linux-sll"), or "linktype-N" for an unknown one.
func LinkTypeName(linkType uint32) string {
	if t, ok := linkTypes[linkType]; ok {
		return t.name
	}
	return "linktype-" + strconv.FormatUint(uint64(linkType), 10)
}

// firstLayer gives the layer that frames of a link type start with.
func firstLayer(link uint32) Proto {
	if link == 1 {
		return ProtoEth
	}
	return linkTypes[link].first
}
