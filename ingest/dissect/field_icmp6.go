package dissect

// icmpv6Fields are of ICMP for IPv6 (RFC 4443) and multicast listeners.
var icmpv6Fields = [...]Field{
	{Name: "icmpv6.type", Kind: KindUint, Bits: 8, Proto: ProtoICMPv6, in: part{0, 1, 0}, Doc: "Type"},
	{Name: "icmpv6.code", Kind: KindUint, Bits: 8, Proto: ProtoICMPv6, get: getMessageCode, Doc: "Code"},
	{Name: "icmpv6.checksum", Kind: KindUint, Bits: 16, Hex: true, Proto: ProtoICMPv6, in: part{2, 2, 0}, Doc: "Checksum"},
	{Name: "icmpv6.checksum.status", Kind: KindUint, Bits: 8, Proto: ProtoICMPv6, get: getICMPv6Status, Doc: "0 bad, 1 good, 2 not verified"},
	{Name: "icmpv6.mtu", Kind: KindUint, Bits: 32, Proto: ProtoICMPv6, in: part{4, 4, 0}, when: icmpv6TooBig, Doc: "MTU of the next hop"},
	{Name: "icmpv6.pointer", Kind: KindUint, Bits: 32, Proto: ProtoICMPv6, in: part{4, 4, 0}, when: icmpv6Parameter, Doc: "Place of the error in the quoted packet"},
	{Name: "icmpv6.echo.identifier", Kind: KindUint, Bits: 16, Hex: true, Proto: ProtoICMPv6, in: part{4, 2, 0}, when: icmpv6Echo, Doc: "Identifier"},
	{Name: "icmpv6.echo.sequence_number", Kind: KindUint, Bits: 16, Proto: ProtoICMPv6, in: part{6, 2, 0}, when: icmpv6Echo, Doc: "Sequence number"},
	{Name: "icmpv6.mld.maximum_response_delay", Kind: KindUint, Bits: 16, Proto: ProtoICMPv6, in: part{4, 2, 0}, when: icmpv6Listener1, Doc: "Longest delay of a report in milliseconds"},
	{Name: "icmpv6.mld.multicast_address", Kind: KindIPv6, Proto: ProtoICMPv6, in: part{8, 16, 0}, get: getInMessage, when: icmpv6Listener, Doc: "Multicast address asked for or reported"},
	{Name: "icmpv6.mldr.nb_mcast_records", Kind: KindUint, Bits: 16, Proto: ProtoICMPv6, in: part{6, 2, 0}, when: icmpv6Report2, Doc: "Number of records in the report"},
}

// neighborFields are of neighbor discovery (RFC 4861) and its options.
var neighborFields = [...]Field{
	{Name: "icmpv6.nd.ra.cur_hop_limit", Kind: KindUint, Bits: 8, Proto: ProtoICMPv6, in: part{4, 1, 0}, when: icmpv6RouterAdv, Doc: "Hop limit to use"},
	{Name: "icmpv6.nd.ra.flag", Kind: KindUint, Bits: 8, Hex: true, Proto: ProtoICMPv6, in: part{5, 1, 0}, when: icmpv6RouterAdv, Doc: "Flags of a router"},
	{Name: "icmpv6.nd.ra.flag.m", Kind: KindBool, Bits: 8, Proto: ProtoICMPv6, in: part{5, 1, 0x80}, when: icmpv6RouterAdv, Doc: "Addresses come by DHCPv6"},
	{Name: "icmpv6.nd.ra.flag.o", Kind: KindBool, Bits: 8, Proto: ProtoICMPv6, in: part{5, 1, 0x40}, when: icmpv6RouterAdv, Doc: "Other settings come by DHCPv6"},
	{Name: "icmpv6.nd.ra.flag.h", Kind: KindBool, Bits: 8, Proto: ProtoICMPv6, in: part{5, 1, 0x20}, when: icmpv6RouterAdv, Doc: "Home agent"},
	{Name: "icmpv6.nd.ra.flag.prf", Kind: KindUint, Bits: 8, Proto: ProtoICMPv6, in: part{5, 1, 0x18}, when: icmpv6RouterAdv, Doc: "Preference of the router"},
	{Name: "icmpv6.nd.ra.flag.p", Kind: KindBool, Bits: 8, Proto: ProtoICMPv6, in: part{5, 1, 0x04}, when: icmpv6RouterAdv, Doc: "Proxy"},
	{Name: "icmpv6.nd.ra.router_lifetime", Kind: KindUint, Bits: 16, Proto: ProtoICMPv6, in: part{6, 2, 0}, when: icmpv6RouterAdv, Doc: "Seconds for which it is a default router"},
	{Name: "icmpv6.nd.ra.reachable_time", Kind: KindUint, Bits: 32, Proto: ProtoICMPv6, in: part{8, 4, 0}, get: getInMessage, when: icmpv6RouterAdv, Doc: "Milliseconds for which a neighbor counts as reachable"},
	{Name: "icmpv6.nd.ra.retrans_timer", Kind: KindUint, Bits: 32, Proto: ProtoICMPv6, in: part{12, 4, 0}, get: getInMessage, when: icmpv6RouterAdv, Doc: "Milliseconds between solicitations"},
	{Name: "icmpv6.nd.ns.target_address", Kind: KindIPv6, Proto: ProtoICMPv6, in: part{8, 16, 0}, get: getInMessage, when: icmpv6NeighborSol, Doc: "Address asked for"},
	{Name: "icmpv6.nd.na.flag", Kind: KindUint, Bits: 32, Hex: true, Proto: ProtoICMPv6, in: part{4, 4, 0}, when: icmpv6NeighborAdv, Doc: "Flags of a neighbor"},
	{Name: "icmpv6.nd.na.flag.r", Kind: KindBool, Bits: 32, Proto: ProtoICMPv6, in: part{4, 4, 0x80000000}, when: icmpv6NeighborAdv, Doc: "Neighbor is a router"},
	{Name: "icmpv6.nd.na.flag.s", Kind: KindBool, Bits: 32, Proto: ProtoICMPv6, in: part{4, 4, 0x40000000}, when: icmpv6NeighborAdv, Doc: "Answers a solicitation"},
	{Name: "icmpv6.nd.na.flag.o", Kind: KindBool, Bits: 32, Proto: ProtoICMPv6, in: part{4, 4, 0x20000000}, when: icmpv6NeighborAdv, Doc: "Overrides what is cached"},
	{Name: "icmpv6.nd.na.target_address", Kind: KindIPv6, Proto: ProtoICMPv6, in: part{8, 16, 0}, get: getInMessage, when: icmpv6NeighborAdv, Doc: "Address announced"},
	{Name: "icmpv6.nd.rd.target_address", Kind: KindIPv6, Proto: ProtoICMPv6, in: part{8, 16, 0}, get: getInMessage, when: icmpv6Redirect, Doc: "Better first hop"},
	{Name: "icmpv6.rd.na.destination_address", Kind: KindIPv6, Proto: ProtoICMPv6, in: part{24, 16, 0}, get: getInMessage, when: icmpv6Redirect, Doc: "Destination that is redirected"},
	{Name: "icmpv6.opt.type", Kind: KindUint, Bits: 8, Proto: ProtoICMPv6, in: part{0, 1, 0}, get: getNeighborOption, Doc: "Type of each option"},
	{Name: "icmpv6.opt.length", Kind: KindUint, Bits: 8, Proto: ProtoICMPv6, in: part{1, 1, 0}, get: getNeighborOption, Doc: "Length of each option in 8 bytes"},
	{Name: "icmpv6.opt.linkaddr", Kind: KindBytes, Proto: ProtoICMPv6, get: getLinkAddress, option: optionAnyLink, Doc: "Link-layer addresses"},
	{Name: "icmpv6.opt.src_linkaddr", Kind: KindBytes, Proto: ProtoICMPv6, get: getLinkAddress, option: optionSourceLink, Doc: "Link-layer address of the sender"},
	{Name: "icmpv6.opt.target_linkaddr", Kind: KindBytes, Proto: ProtoICMPv6, get: getLinkAddress, option: optionTargetLink, Doc: "Link-layer address of the target"},
	{Name: "icmpv6.opt.prefix.length", Kind: KindUint, Bits: 8, Proto: ProtoICMPv6, in: part{2, 1, 0}, get: getNeighborOption, option: optionPrefix, Doc: "Bits of a prefix"},
	{Name: "icmpv6.opt.prefix.flag.l", Kind: KindBool, Bits: 8, Proto: ProtoICMPv6, in: part{3, 1, 0x80}, get: getNeighborOption, option: optionPrefix, Doc: "Prefix is on the link"},
	{Name: "icmpv6.opt.prefix.flag.a", Kind: KindBool, Bits: 8, Proto: ProtoICMPv6, in: part{3, 1, 0x40}, get: getNeighborOption, option: optionPrefix, Doc: "Addresses may be made from the prefix"},
	{Name: "icmpv6.opt.prefix.valid_lifetime", Kind: KindUint, Bits: 32, Proto: ProtoICMPv6, in: part{4, 4, 0}, get: getNeighborOption, option: optionPrefix, Doc: "Seconds for which a prefix is valid"},
	{Name: "icmpv6.opt.prefix.preferred_lifetime", Kind: KindUint, Bits: 32, Proto: ProtoICMPv6, in: part{8, 4, 0}, get: getNeighborOption, option: optionPrefix, Doc: "Seconds for which a prefix is preferred"},
	{Name: "icmpv6.opt.mtu", Kind: KindUint, Bits: 32, Proto: ProtoICMPv6, in: part{4, 4, 0}, get: getNeighborOption, option: optionMTU, Doc: "MTU of the link"},
	{Name: "icmpv6.opt.rdnss.lifetime", Kind: KindUint, Bits: 32, Proto: ProtoICMPv6, in: part{4, 4, 0}, get: getNeighborOption, option: optionRDNSS, Doc: "Seconds for which the name servers are valid"},
}

// Options of neighbor discovery (IANA, IPv6 Neighbor Discovery Option Formats)
// that a field is about; optionAnyLink is either of the first two.
const (
	optionSourceLink = 1
	optionTargetLink = 2
	optionPrefix     = 3
	optionMTU        = 5
	optionRDNSS      = 25
	optionAnyLink    = 254
)

// The messages which have a field, by type.
func icmpv6TooBig(v view) bool      { return v.messageType() == 2 }
func icmpv6Parameter(v view) bool   { return v.messageType() == 4 }
func icmpv6Echo(v view) bool        { return v.messageType() == 128 || v.messageType() == 129 }
func icmpv6RouterAdv(v view) bool   { return v.messageType() == 134 }
func icmpv6NeighborSol(v view) bool { return v.messageType() == 135 }
func icmpv6NeighborAdv(v view) bool { return v.messageType() == 136 }
func icmpv6Redirect(v view) bool    { return v.messageType() == 137 }
func icmpv6Report2(v view) bool     { return v.messageType() == 143 }

func icmpv6Listener(v view) bool { return v.messageType() >= 130 && v.messageType() <= 132 }

// icmpv6Listener1 leaves out the longer queries of version 2 (RFC 3810).
func icmpv6Listener1(v view) bool {
	const version1 = 24
	return icmpv6Listener(v) && (v.messageType() != 130 || v.end()-v.start == version1)
}

// neighborOptions gives where the options of a message start.
func neighborOptions(typ byte) (at int, ok bool) {
	switch typ {
	case 133: // router solicitation
		return 8, true
	case 134:
		return 16, true
	case 135, 136:
		return 24, true
	case 137:
		return 40, true
	}
	return 0, false
}

// eachNeighborOption calls use for the options of type f.option, or for all.
// An option is never empty, but may be longer than what was captured.
func (v *view) eachNeighborOption(f *Field, use func(at, length int)) {
	at, ok := neighborOptions(v.messageType())
	if !ok {
		return
	}
	end := v.end()
	for at += v.start; at+2 <= end; {
		typ, length := v.data[at], int(v.data[at+1])*8
		link := f.option == optionAnyLink && (typ == optionSourceLink || typ == optionTargetLink)
		if f.option == 0 || f.option == typ || link {
			use(at, min(max(length, 2), end-at))
		}
		if length == 0 {
			break
		}
		at += length
	}
}

// getNeighborOption is a part of every option that is long enough for it.
func getNeighborOption(dst []FieldValue, v view, f *Field) []FieldValue {
	v.eachNeighborOption(f, func(at, length int) {
		if int(f.in.at)+int(f.in.size) <= length {
			dst = append(dst, v.value(f, at+int(f.in.at)))
		}
	})
	return dst
}

// getLinkAddress is all data of an option that holds an address.
func getLinkAddress(dst []FieldValue, v view, f *Field) []FieldValue {
	v.eachNeighborOption(f, func(at, length int) {
		if whole := int(v.data[at+1])*8 == length; whole {
			dst = append(dst, v.bytes(f, at+2, length-2))
		}
	})
	return dst
}

// getICMPv6Status verifies the checksum, whose sum also has the addresses, the
// length and the protocol (RFC 8200, section 8.1).
func getICMPv6Status(dst []FieldValue, v view, f *Field) []FieldValue {
	if v.start+4 > v.limit {
		return dst
	}
	status := uint64(statusUnverified)
	if end, whole := v.message(); whole {
		status = statusBad
		if sum := v.pseudoSum(end - v.start); onesSum(v.data[v.start:end], sum) == 0xffff {
			status = statusGood
		}
	}
	return append(dst, v.number(f, status, v.start+2, 0))
}

// pseudoSum is the sum of the pseudo-header of a message of ICMPv6.
func (v *view) pseudoSum(length int) uint16 {
	var sum uint16
	for i := range v.packet.Networks {
		n := &v.packet.Networks[i]
		if int(n.Layer) >= v.index || !n.Src.Is6() {
			continue
		}
		src, dst := n.Src.As16(), n.Dst.As16()
		sum = onesSum(dst[:], onesSum(src[:], 0))
	}
	tail := [8]byte{0, 0, byte(length >> 8), byte(length), 0, 0, 0, byte(ICMPv6)}
	return onesSum(tail[:], sum)
}
