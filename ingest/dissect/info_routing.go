package dissect

// ospf says the packet's type (RFC 2328).
func (l *infoLine) ospf() bool {
	if l.short(2) {
		return true
	}
	typ := l.data[l.start+1]
	if int(typ) < len(ospfNames) && ospfNames[typ] != "" {
		l.add("%s", ospfNames[typ])
	} else {
		l.add("Unknown (%d)", typ)
	}
	l.short(l.reported())
	return true
}

var ospfNames = [...]string{"", "Hello Packet", "DB Description", "LS Request", "LS Update", "LS Acknowledge"}

// pim says the message; version 1 comes inside IGMP (RFC 7761).
func (l *infoLine) pim() bool {
	if l.short(1) {
		return true
	}
	if l.index > 0 && l.packet.Layers[l.index-1].Proto == ProtoIGMP {
		return l.pim1()
	}
	first := l.data[l.start]
	l.protocol = "PIMv" + string([]byte{'0' + first>>4%10})
	l.add("%s", orUnknown(pimNames[first&0xf], "Unknown"))
	if first&0xf == 0 { // the options of a hello are read to the end
		l.short(l.reported())
	}
	return true
}

func (l *infoLine) pim1() bool {
	l.protocol = "PIMv1"
	if l.short(2) {
		return true
	}
	code := l.data[l.start+1]
	if int(code) < len(pim1Names) {
		l.add("%s", pim1Names[code])
	} else {
		l.add("Unknown (%d)", code)
	}
	return true
}

var pimNames = [16]string{
	"Hello", "Register", "Register-stop", "Join/Prune", "Bootstrap", "Assert", "Graft", "Graft-Ack",
	"Candidate-RP-Advertisement", "State-Refresh", "DF election", "ECMP redirect", "PFM source discovery",
}

var pim1Names = [...]string{
	"Query", "Register", "Register-stop", "Join/Prune", "RP-Reachable", "Assert", "Graft", "Graft-Ack", "Mode",
}

// vrrp says the version of an announcement (RFC 9568).
func (l *infoLine) vrrp() bool {
	if !l.short(1) {
		l.add("Announcement (v%d)", l.data[l.start]>>4)
	}
	return true
}

// eigrp says what the packet wants (RFC 7868).
func (l *infoLine) eigrp() bool {
	if l.short(2) {
		return true
	}
	opcode := l.data[l.start+1]
	if int(opcode) < len(eigrpNames) && eigrpNames[opcode] != "" {
		l.add("%s", eigrpNames[opcode])
	} else {
		l.add("Unknown OpCode (0x%02x)", opcode)
	}
	l.short(l.reported())
	return true
}

var eigrpNames = [...]string{"", "Update", "Request", "Query", "Reply", "Hello", "IPX/SAP Update", "Route Probe"}
