package dissect

import "fmt"

// igmp says what a host wants with which group. The layer is there twice; the
// inner one speaks, unless the type is not known.
func (l *infoLine) igmp() bool {
	m := l.body()
	if len(m) == 0 {
		return false
	}
	if !igmpInner(l.view) {
		l.add("Unknown Type:0x%02x", m[0])
		return true
	}
	if m[0] == igmpQuery && len(m) < 2 {
		return false
	}
	l.protocol = l.igmpColumn()
	switch m[0] {
	case igmpQuery:
		l.igmpQuery(m)
	case igmpTypeReport2, igmpLeave:
		l.add("%s", [...]string{"Membership Report group", "Leave Group"}[m[0]-igmpTypeReport2])
		if !l.short(icmpHeader) {
			l.add(" %s", textAddress(m[4:8]))
		}
	case igmpTypeReport3:
		l.igmpReport(m)
	default:
		l.add("%s", orUnknown(igmpNames.of(uint64(m[0])), fmt.Sprintf("Unknown Type:0x%02x", m[0])))
	}
	return true
}

// igmpColumn gives the version's name.
func (l *infoLine) igmpColumn() string {
	if typ := l.messageType(); typ == igmpTraceReply || typ == igmpTrace {
		return "IGMP"
	}
	return [...]string{"IGMPv0", "IGMPv1", "IGMPv2", "IGMPv3"}[l.igmpVersion()]
}

func (l *infoLine) igmpQuery(m []byte) {
	const sourcesAt = 12
	l.add("Membership Query")
	if l.protocol == "IGMPv1" || l.short(icmpHeader) {
		return
	}
	if allZero(m[4:8]) {
		l.add(", general")
	} else {
		l.add(", specific for group %s", textAddress(m[4:8]))
	}
	if l.protocol != "IGMPv3" || l.short(sourcesAt) {
		return
	}
	if n := int(be16(m, 10)); n > 0 {
		l.add(", sources ")
		l.igmpSources(m, sourcesAt, n)
	}
}

// igmpSources lists n sources from a place in the message on.
func (l *infoLine) igmpSources(m []byte, at, n int) {
	const address = 4
	l.add("{")
	start := len(l.text)
	for ; n > 0; n-- {
		if len(l.text) > start {
			l.add(", ")
		}
		if l.short(at + address) {
			return
		}
		l.add("%s", textAddress(m[at:at+address]))
		at += address
	}
	l.add("}")
}

// igmpReport says the group records of a version 3 report.
func (l *infoLine) igmpReport(m []byte) {
	const recordHeader = 8
	l.add("Membership Report")
	if l.short(icmpHeader) {
		return
	}
	records := int(be16(m, 6))
	if records == 0 {
		l.add(" - General query")
	}
	for at := icmpHeader; records > 0; records-- {
		if l.short(at + recordHeader) {
			return
		}
		sources := int(be16(m, at+2))
		l.igmpRecord(m, at, sources)
		if l.told {
			return
		}
		at += recordHeader + 4*sources + 4*int(m[at+1])
	}
}

// igmpRecord says one group record: what RFC 3376 lets a host ask for, in
// plain words.
func (l *infoLine) igmpRecord(m []byte, at, sources int) {
	const recordHeader = 8
	group := textAddress(m[at+4 : at+8])
	one := 0
	if sources > 1 {
		one = 1
	}
	switch typ := m[at]; {
	case (typ == 1 || typ == 3) && sources == 0:
		l.add(" / Leave group %s", group)
		return
	case typ == 1 || typ == 3:
		l.add(" / Join group %s for %s ", group, [...]string{"source", "sources in"}[one])
	case (typ == 2 || typ == 4) && sources == 0:
		l.add(" / Join group %s for any sources", group)
		return
	case typ == 2 || typ == 4:
		l.add(" / Join group %s, for %s ", group, [...]string{"source not", "sources not in"}[one])
	case (typ == 5 || typ == 6) && sources == 0:
		l.add(" / Group %s, %s but no source specified (?)", group, [...]string{"ALLOW_NEW_SOURCES", "BLOCK_OLD_SOURCES"}[typ-5])
		return
	case typ == 5 || typ == 6:
		l.add(" / Group %s, %s %s ", group, [...]string{"new", "block"}[typ-5], [...]string{"source", "sources"}[one])
	case sources == 0:
		l.add(" / Group %s, unknown record type (?)", group)
		return
	default:
		l.add(" / Group %s, unknown record type (?), sources ", group)
	}
	l.igmpSources(m, at+recordHeader, sources)
}
