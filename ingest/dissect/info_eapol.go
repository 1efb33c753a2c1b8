package dissect

// eapol says the step of port access control (IEEE 802.1X).
func (l *infoLine) eapol() bool {
	const header, packet, key = 4, 0, 3
	if l.short(header) {
		return true
	}
	b := l.body()
	switch typ := b[1]; {
	case typ == packet && len(b) > header:
		l.protocol = "EAP"
		l.eapMessage(b[header:])
	case int(typ) < len(eapolNames):
		l.add("%s", eapolNames[typ])
		if typ == key {
			l.eapolKey()
		}
	default:
		l.add("Unknown Type (0x%02x)", typ)
	}
	return true
}

var eapolNames = [...]string{
	"EAP Packet", "Start", "Logoff", "Key", "Encapsulated ASF Alert", "MKA", "Announcement (Generic)",
	"Announcement (Specific)", "Announcement Request",
}

// eapolKey says which message of the handshake it is (IEEE 802.11, 12.7.2).
func (l *infoLine) eapolKey() {
	const header, descriptor, descriptorWPA, lengthAt = 4, 2, 254, 93
	const pairwise, ack, mic = 0x0008, 0x0080, 0x0100
	if l.short(header + 1) {
		return
	}
	k := l.body()[header:]
	if k[0] != descriptor && k[0] != descriptorWPA || l.short(header+lengthAt+2) {
		return
	}
	info, data := be16(k, 1), be16(k, lengthAt) != 0
	switch {
	case info&pairwise == 0:
		l.add(" (Group Message %d of 2)", 2-boolIndex(info&ack != 0))
	case info&ack != 0:
		l.add(" (Message %d of 4)", 1+2*boolIndex(info&mic != 0))
	default:
		l.add(" (Message %d of 4)", 4-2*boolIndex(data))
	}
}

// eap is the line of a layer of its own.
func (l *infoLine) eap() bool {
	l.eapMessage(l.body())
	return true
}

// eapMessage says code and method (RFC 3748).
func (l *infoLine) eapMessage(b []byte) {
	const request, response, methodAt = 1, 2, 4
	if len(b) == 0 {
		return
	}
	if int(b[0]) >= len(eapCodeNames) || b[0] == 0 {
		l.add("Unknown code (0x%02X)", b[0])
		return
	}
	l.add("%s", eapCodeNames[b[0]])
	if (b[0] == request || b[0] == response) && len(b) > methodAt {
		l.add(", %s", orUnknown(eapMethodNames.of(uint64(b[methodAt])), "Unknown type"))
	}
}

var eapCodeNames = [...]string{"", "Request", "Response", "Success", "Failure", "Initiate", "Finish"}
