package dissect

import "strconv"

// meaning is how the numbers of a field are said in words: by a table, as the
// one word or the other of a flag, or by a function of the value.
type meaning struct {
	names   valueNames
	no, yes string
	say     func(v *FieldValue) string
}

// Meaning gives the word for a number where Wireshark's packet details have
// one: "SYN, ACK" for tcp.flags, "IPv4" for eth.type, "Set" for a flag; "" if
// there is none.
func (f *Field) Meaning(v *FieldValue) string {
	if f.Kind != KindUint && f.Kind != KindBool && f.Kind != KindInt {
		return ""
	}
	m, ok := meanings[f.Name]
	switch {
	case !ok && f.Kind == KindBool && f.Proto == ProtoTCP:
		m = flagWords[flagSet]
	case !ok:
		return ""
	}
	switch {
	case m.say != nil:
		return m.say(v)
	case m.names != nil:
		return m.names.of(v.Num)
	case v.Num != 0:
		return m.yes
	}
	return m.no
}

// Kinds of flags that many fields are.
const (
	flagSet = iota
	flagYes
	flagIG
	flagLG
)

// flagWords are the words of such flags.
var flagWords = [...]meaning{
	flagSet: {no: "Not set", yes: "Set"},
	flagYes: {no: "No", yes: "Yes"},
	flagIG:  {no: "Individual address (unicast)", yes: "Group address (multicast/broadcast)"},
	flagLG: {
		no: "Globally unique address (factory default)", yes: "Locally administered address (this is NOT the factory default)",
	},
}

func sayIPProtocol(v *FieldValue) string { return ipProtocolName(v.Num) }

// meanings are the fields that have words, by name.
var meanings = map[string]meaning{
	"eth.type": {names: etherTypeNames}, "vlan.etype": {names: etherTypeNames}, "sll.etype": {names: etherTypeNames},
	"null.type": {names: etherTypeNames}, "llc.type": {names: etherTypeNames}, "arp.proto.type": {names: etherTypeNames},
	"geneve.proto_type": {names: etherTypeNames}, "gre.proto": {names: greNames}, "sll.gretype": {names: greNames},
	"eth.dst.ig": flagWords[flagIG], "eth.src.ig": flagWords[flagIG], "eth.ig": flagWords[flagIG], "eth.dst.lg": flagWords[flagLG], "eth.src.lg": flagWords[flagLG], "eth.lg": flagWords[flagLG],
	"vlan.priority": {names: priorityNames}, "vlan.dei": {no: "Ineligible", yes: "Eligible"},
	"arp.hw.type": {names: hardwareNames}, "sll.hatype": {names: hardwareNames}, "arp.opcode": {names: arpOpcodeNames},
	"sll.pkttype": {names: packetTypeNames}, "sll.ltype": {names: cookedNames}, "null.family": {names: familyNames},
	"llc.dsap": {names: serviceNames}, "llc.ssap": {names: serviceNames}, "llc.cisco_pid": {names: ciscoNames},
	"llc.dsap.ig": {no: "Individual", yes: "Group"}, "llc.ssap.cr": {no: "Command", yes: "Response"},
	"llc.control":  {say: sayLLCControl},
	"ppp.protocol": {names: pppNames}, "pppoe.code": {names: pppoeNames}, "mpls.label": {names: labelNames},

	"wlan.fc.type_subtype": {names: wlanTypeNames}, "wlan.fc.type": {names: wlanKindNames}, "wlan.fc.ds": {names: distributionNames},
	"wlan.fc.tods":      {no: "Frame is not entering DS", yes: "Frame is entering DS"},
	"wlan.fc.fromds":    {no: "Frame is not exiting DS", yes: "Frame is exiting DS"},
	"wlan.fc.frag":      {no: "This is the last fragment", yes: "More fragments follow"},
	"wlan.fc.retry":     {no: "Frame is not being retransmitted", yes: "Frame is being retransmitted"},
	"wlan.fc.pwrmgt":    {no: "STA will stay up", yes: "STA will go to sleep"},
	"wlan.fc.moredata":  {no: "No data buffered", yes: "Data is buffered for STA at AP"},
	"wlan.fc.protected": {no: "Data is not protected", yes: "Data is protected"},
	"wlan.fc.order":     {no: "Not strictly ordered", yes: "Strictly ordered"},

	"ip.proto": {say: sayIPProtocol}, "ipv6.nxt": {say: sayIPProtocol}, "ipv6.hopopts.nxt": {say: sayIPProtocol},
	"ipv6.dstopts.nxt": {say: sayIPProtocol}, "ipv6.routing.nxt": {say: sayIPProtocol}, "ipv6.fraghdr.nxt": {say: sayIPProtocol},
	"ah.next_header": {say: sayIPProtocol},
	"ip.dsfield":     {say: sayServices}, "ipv6.tclass": {say: sayServices},
	"ip.dsfield.dscp": {names: dscpNames}, "ipv6.tclass.dscp": {names: dscpNames},
	"ip.dsfield.ecn": {names: ecnNames}, "ipv6.tclass.ecn": {names: ecnNames},
	"ip.flags": {say: sayIPFlags}, "ip.flags.rb": flagWords[flagSet], "ip.flags.df": flagWords[flagSet], "ip.flags.mf": flagWords[flagSet],
	"ip.checksum.status": {names: checksumNames}, "ip.opt.type.copy": flagWords[flagYes], "ip.opt.type.class": {names: ipOptionClassNames},
	"ip.opt.type.number": {names: ipOptionNames}, "ip.opt.ra": {say: sayRouterAlert},
	"ipv6.opt.type": {names: ipv6OptionNames}, "ipv6.opt.type.action": {names: ipv6OptionActionNames},
	"ipv6.opt.type.change": flagWords[flagYes], "ipv6.opt.router_alert": {names: ipv6AlertNames},
	"ipv6.routing.type": {names: ipv6RoutingNames}, "ipv6.fraghdr.more": flagWords[flagYes],

	"icmp.type": {names: icmpNames}, "icmp.code": {say: sayCode(icmpCodeNames)}, "icmp.checksum.status": {names: checksumNames},
	"icmpv6.type": {names: icmpv6Names}, "icmpv6.code": {say: sayCode(icmpv6CodeNames)}, "icmpv6.checksum.status": {names: checksumNames},
	"icmpv6.nd.ra.flag": {say: sayRouterFlags}, "icmpv6.nd.ra.flag.m": flagWords[flagSet], "icmpv6.nd.ra.flag.o": flagWords[flagSet], "icmpv6.nd.ra.flag.h": flagWords[flagSet], "icmpv6.nd.ra.flag.p": flagWords[flagSet],
	"icmpv6.nd.ra.flag.prf": {names: routerPreferenceNames}, "icmpv6.nd.na.flag": {say: sayNeighborFlags},
	"icmpv6.nd.na.flag.r": flagWords[flagSet], "icmpv6.nd.na.flag.s": flagWords[flagSet], "icmpv6.nd.na.flag.o": flagWords[flagSet],
	"icmpv6.opt.type": {names: neighborOptionNames}, "icmpv6.opt.prefix.flag.l": flagWords[flagSet], "icmpv6.opt.prefix.flag.a": flagWords[flagSet],
	"icmpv6.opt.prefix.valid_lifetime":     {names: valueNames{{math32, "Infinity"}}},
	"icmpv6.opt.prefix.preferred_lifetime": {names: valueNames{{math32, "Infinity"}}},
	"icmpv6.opt.rdnss.lifetime":            {names: valueNames{{0, "RDNSS address MUST no longer be used"}, {math32, "Infinity"}}},
	"igmp.type":                            {names: igmpNames}, "igmp.record_type": {names: igmpRecordNames},
	"igmp.checksum.status": {names: checksumNames},

	"tcp.flags": {say: sayTCPFlags}, "tcp.checksum.status": {names: checksumNames}, "tcp.option_kind": {names: tcpOptionNames},
	"tcp.options.mptcp.subtype": {names: multipathNames}, "udp.checksum.status": {names: checksumNames},
	"sctp.chunk_type": {names: sctpChunkNames}, "sctp.data_payload_proto_id": {names: sctpPayloadNames},
	"sctp.data_b_bit": {no: "Subsequent segment", yes: "First segment"},
	"sctp.data_e_bit": {no: "Not the last segment", yes: "Last segment"},
	"sctp.data_u_bit": {no: "Ordered delivery", yes: "Unordered delivery"},

	"gre.flags.checksum": flagWords[flagYes], "gre.flags.routing": flagWords[flagYes], "gre.flags.key": flagWords[flagYes], "gre.flags.sequence_number": flagWords[flagYes],
	"gre.flags.strict_source_route": flagWords[flagYes], "gre.flags.ack": flagWords[flagYes], "gre.flags.version": {names: greVersionNames},
	"gtp.flags.e": flagWords[flagYes], "gtp.flags.s": flagWords[flagYes], "gtp.flags.pn": flagWords[flagYes], "gtp.flags.version": {names: gtpVersionNames},
	"gtp.flags.payload": {names: gtpPayloadNames}, "gtp.message": {names: gtpNames}, "l2tp.type": {names: l2tpNames},
	"vxlan.flags": {say: sayVXLANFlags}, "vxlan.flag_g": {no: "Not defined", yes: "Defined"}, "vxlan.next_proto": {names: vxlanNames},
	"erspan.version": {names: erspanVersionNames}, "erspan.encap": {names: erspanTagNames},
	"erspan.bso": {names: erspanHealthNames}, "erspan.truncated": {names: erspanTruncatedNames},
}

const math32 = 1<<32 - 1 // the largest number of 32 bits

// sayCode says a code, which depends on the type of the message: the value has
// it in Bytes.
func sayCode(codes func(typ uint8) valueNames) func(v *FieldValue) string {
	return func(v *FieldValue) string {
		if len(v.Bytes) == 0 {
			return ""
		}
		return codes(v.Bytes[0]).of(v.Num)
	}
}

// sayLLCControl says a control field, whose last bit but one is called poll or
// final by whether the frame is a response: the value has that in Bytes.
func sayLLCControl(v *FieldValue) string {
	response := len(v.Bytes) > 0 && v.Bytes[0]&1 != 0
	return string(appendLLCControl(nil, uint16(v.Num), response))
}

// sayRouterFlags lists the flags of a router, and its preference among them.
func sayRouterFlags(v *FieldValue) string {
	l := infoLine{}
	for i, name := range [...]string{"Managed address configuration", "Other configuration", "Home Agent"} {
		if v.Num&(0x80>>i) != 0 {
			l.list(0, name)
		}
	}
	l.list(0, "Prf (Default Router Preference): "+routerPreferenceNames.of(v.Num>>3&3))
	if v.Num&0x04 != 0 {
		l.list(0, "Proxy")
	}
	return string(l.text)
}

// sayTCPFlags lists the names of the flags that are set.
func sayTCPFlags(v *FieldValue) string {
	l := infoLine{}
	l.tcpFlags(uint16(v.Num))
	return string(l.text)
}

// sayIPFlags lists the flags of an IPv4 header.
func sayIPFlags(v *FieldValue) string {
	return listBits(v.Num, 2, "Reserved bit", "Don't fragment", "More fragments")
}

func sayNeighborFlags(v *FieldValue) string {
	return listBits(v.Num, 31, "Router", "Solicited", "Override")
}

// sayVXLANFlags lists the flags of VXLAN and of its group policy extension.
func sayVXLANFlags(v *FieldValue) string {
	l := infoLine{}
	for _, flag := range [...]valueName{
		{0x8000, "GBP Extension"}, {0x0800, "VXLAN Network ID (VNI)"}, {0x0040, "Don't Learn"}, {0x0008, "Policy Applied"},
	} {
		if v.Num&uint64(flag.number) != 0 {
			l.list(0, flag.name)
		}
	}
	return string(l.text)
}

// listBits lists the names of the bits that are set, from bit top downwards.
func listBits(n uint64, top int, names ...string) string {
	l := infoLine{}
	for i, name := range names {
		if n>>(top-i)&1 != 0 {
			l.list(0, name)
		}
	}
	return string(l.text)
}

func sayRouterAlert(v *FieldValue) string {
	if v.Num == 0 {
		return "Router shall examine packet"
	}
	return "Reserved"
}

// sayServices says a differentiated services field by the short names of its
// parts (RFC 2474, 2597, 3246, 5865, 8622, 3168).
func sayServices(v *FieldValue) string {
	const lowerEffort, voiceAdmit, expedited = 1, 44, 46
	dscp := v.Num >> 2
	text := "Unknown"
	switch class, drop := dscp>>3, dscp>>1&3; {
	case dscp == lowerEffort:
		text = "LE"
	case dscp == voiceAdmit:
		text = "VOICE-ADMIT"
	case dscp == expedited:
		text = "EF PHB"
	case dscp&7 == 0:
		text = "CS" + strconv.FormatUint(class, 10)
	case dscp&1 == 0 && class >= 1 && class <= 4:
		text = "AF" + strconv.FormatUint(class*10+drop, 10)
	}
	return "DSCP: " + text + ", ECN: " + [...]string{"Not-ECT", "ECT(1)", "ECT(0)", "CE"}[v.Num&3] //nolint:misspell // as in RFC 3168
}
