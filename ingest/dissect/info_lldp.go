package dissect

import "encoding/hex"

// Types of LLDP's elements (IEEE 802.1AB, clause 8.4).
const (
	lldpEnd     = 0
	lldpChassis = 1
	lldpPort    = 2
	lldpTime    = 3
	lldpName    = 5
	lldpSystem  = 6
	lldpPrivate = 127
)

// lldpIDKinds are what an identifier is, by subtype, for a chassis and a port.
var lldpIDKinds = [2][8]string{
	{1: "CC", 2: "IA", 3: "PC", 4: "MA", 5: "NA", 6: "IN", 7: "LA"},
	{1: "IA", 2: "PC", 3: "MA", 4: "NA", 5: "IN", 6: "AC", 7: "LA"},
}

// lldp says who and where the neighbor is, and how many seconds that is true.
func (l *infoLine) lldp() bool {
	b := l.body()
	missing := [...]string{"Chassis ID", "Port ID", "Time-to-Live"}
	for at, i := 0, 0; at+2 <= len(b); i++ {
		head := be16(b, at)
		typ, length := int(head>>9), int(head&0x1ff)
		if i < len(missing) && (typ != i+lldpChassis || !validID(typ, b[at+2:min(len(b), at+2+length)])) {
			l.text = l.text[:l.from]
			l.add("Invalid %s TLV", missing[i])
			l.told = true
			return true
		}
		if l.short(at + 2 + length) {
			return true
		}
		at += 2 + length
		if typ == lldpEnd {
			break
		}
		l.lldpElement(typ, b[at-length:at])
	}
	return true
}

// validID tells that an identifier which is an Ethernet address has its length.
func validID(typ int, value []byte) bool {
	if typ > lldpPort || len(value) == 0 || value[0] > 7 || lldpIDKinds[typ-lldpChassis][value[0]] != "MA" {
		return true
	}
	return len(value) == 1+6
}

func (l *infoLine) lldpElement(typ int, value []byte) {
	const organisation, profinet, portStatus = 3, 0x000ecf, 2
	switch {
	case typ == lldpChassis || typ == lldpPort:
		if len(value) > 0 {
			l.lldpID(lldpIDKinds[typ-lldpChassis], value[0], value[1:])
		}
	case typ == lldpTime && len(value) >= 2:
		l.add("%d ", be16(value, 0))
	case typ == lldpName:
		l.add("SysN=%s ", value)
	case typ == lldpSystem:
		l.add("SysD=%s ", value)
	case typ == lldpPrivate && len(value) >= 8 && be32(value, 0)>>8 == profinet && value[organisation] == portStatus:
		if be16(value, 6) == 0 {
			l.add("RTClass3 Port Status = OFF")
		}
	}
}

// lldpID says an identifier of a chassis or port.
func (l *infoLine) lldpID(kinds [8]string, subtype byte, id []byte) {
	const ipv4Family, ipv6Family = 1, 2
	kind := kinds[subtype&7]
	if subtype > 7 || kind == "" {
		l.add("Rs/Reserved ")
		return
	}
	switch {
	case kind == "MA":
		l.add("MA/%s ", textLink(id))
	case kind == "NA" && (len(id) == 5 && id[0] == ipv4Family || len(id) == 17 && id[0] == ipv6Family):
		l.add("NA/%s ", textAddress(id[1:]))
	case kind == "NA" && len(id) > 0:
		l.add("NA/%s ", hex.EncodeToString(id[1:]))
	case kind == "PC":
		l.add("PC/%s ", hex.EncodeToString(id))
	default:
		l.add("%s/%s ", kind, id)
	}
}

// cdp says the same in Cisco's protocol.
func (l *infoLine) cdp() bool {
	const header, elementHeader, device, port = 4, 4, 1, 3
	b := l.body()
	if l.short(l.reported()) {
		return true
	}
	for at := header; at+elementHeader <= len(b); {
		length := int(be16(b, at+2))
		if length < elementHeader || l.short(at+length) {
			break
		}
		value := b[at+elementHeader : at+length]
		value = value[:min(len(value), maxText)]
		switch be16(b, at) {
		case device:
			l.add("Device ID: %s  ", value)
		case port:
			l.add("Port ID: %s  ", value)
		}
		at += length
	}
	return true
}
