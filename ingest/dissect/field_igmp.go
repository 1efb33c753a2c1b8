package dissect

// igmpFields are of IGMP (RFC 2236, 3376). The layer is there twice; its
// fields belong to the second, the part that depends on the version.
var igmpFields = [...]Field{
	{Name: "igmp.version", Kind: KindUint, Bits: 8, Proto: ProtoIGMP, get: getIGMPVersion, when: igmpInner, Doc: "Version, by type and length"},
	{Name: "igmp.type", Kind: KindUint, Bits: 8, Hex: true, Proto: ProtoIGMP, in: part{0, 1, 0}, when: igmpInner, Doc: "Type"},
	{Name: "igmp.max_resp", Kind: KindUint, Bits: 8, Proto: ProtoIGMP, in: part{1, 1, 0}, when: igmpTimed, Doc: "Longest delay of a report in tenths of a second"},
	{Name: "igmp.checksum", Kind: KindUint, Bits: 16, Hex: true, Proto: ProtoIGMP, in: part{2, 2, 0}, when: igmpInner, Doc: "Checksum"},
	{Name: "igmp.checksum.status", Kind: KindUint, Bits: 8, Proto: ProtoIGMP, get: getICMPStatus, when: igmpInner, Doc: "0 bad, 1 good, 2 not verified"},
	{Name: "igmp.maddr", Kind: KindIPv4, Proto: ProtoIGMP, get: getIGMPGroups, when: igmpInner, Doc: "Group, or the groups of a report"},
	{Name: "igmp.num_src", Kind: KindUint, Bits: 16, Proto: ProtoIGMP, get: getIGMPSources, when: igmpInner, Doc: "Number of sources"},
	{Name: "igmp.num_grp_recs", Kind: KindUint, Bits: 16, Proto: ProtoIGMP, in: part{6, 2, 0}, when: igmpReport3, Doc: "Number of group records"},
	{Name: "igmp.record_type", Kind: KindUint, Bits: 8, Proto: ProtoIGMP, get: getIGMPRecordTypes, when: igmpReport3, Doc: "Type of each group record"},
}

// IGMP types, and the length from which a query is one of version 3.
const (
	igmpQuery        = 0x11
	igmpTypeReport1  = 0x12
	igmpTypeReport2  = 0x16
	igmpLeave        = 0x17
	igmpTraceReply   = 0x1e
	igmpTrace        = 0x1f
	igmpTypeReport3  = 0x22
	igmpQuery3Length = 12
	igmpRecord       = 8 // a group record before its sources
)

// igmpInner is the second layer of two.
func igmpInner(v view) bool {
	return v.index > 0 && v.packet.Layers[v.index-1].Proto == ProtoIGMP && v.limit > v.start
}

func igmpOuter(v view) bool { return !igmpInner(v) }

func igmpReport3(v view) bool { return igmpInner(v) && v.messageType() == igmpTypeReport3 }

// igmpLong is a query of version 3.
func (v *view) igmpLong() bool {
	return v.messageType() == igmpQuery && v.end()-v.start >= igmpQuery3Length
}

// igmpVersion tells the version of a message.
func (v *view) igmpVersion() uint64 {
	switch typ := v.messageType(); {
	case typ == igmpTypeReport3 || v.igmpLong():
		return 3
	case typ == igmpTypeReport1 || typ == igmpQuery && v.start+2 <= v.limit && v.data[v.start+1] == 0:
		return 1
	case typ < igmpQuery:
		return 0
	}
	return 2
}

// igmpTimed is a message with a time in its second byte.
func igmpTimed(v view) bool { return igmpInner(v) && v.igmpVersion() == 2 }

func getIGMPVersion(dst []FieldValue, v view, f *Field) []FieldValue {
	return append(dst, v.number(f, v.igmpVersion(), v.start, 0))
}

// eachIGMPRecord calls use for the group records of a report.
func (v *view) eachIGMPRecord(use func(at int)) {
	end := v.end()
	at := v.start + 8
	if at > end {
		return
	}
	for n := be16(v.data, v.start+6); n > 0 && at+igmpRecord <= end; n-- {
		use(at)
		at += igmpRecord + 4*int(be16(v.data, at+2)) + 4*int(v.data[at+1])
	}
}

func getIGMPGroups(dst []FieldValue, v view, f *Field) []FieldValue {
	if igmpReport3(v) {
		v.eachIGMPRecord(func(at int) { dst = append(dst, v.bytes(f, at+4, 4)) })
		return dst
	}
	if v.start+8 > v.end() || v.igmpVersion() == 0 {
		return dst
	}
	return append(dst, v.bytes(f, v.start+4, 4))
}

func getIGMPSources(dst []FieldValue, v view, f *Field) []FieldValue {
	if igmpReport3(v) {
		v.eachIGMPRecord(func(at int) { dst = append(dst, v.number(f, uint64(be16(v.data, at+2)), at+2, 2)) })
	}
	if v.igmpLong() {
		return append(dst, v.number(f, uint64(be16(v.data, v.start+10)), v.start+10, 2))
	}
	return dst
}

func getIGMPRecordTypes(dst []FieldValue, v view, f *Field) []FieldValue {
	v.eachIGMPRecord(func(at int) { dst = append(dst, v.number(f, uint64(v.data[at]), at, 1)) })
	return dst
}
