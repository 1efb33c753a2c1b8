package dissect

// Types of a bridge protocol data unit (IEEE 802.1D, clause 9).
const (
	bpduConfiguration = 0x00
	bpduRapid         = 0x02
	bpduChange        = 0x80
)

// stp says the root that a bridge knows, and what the way to it costs.
func (l *infoLine) stp() bool {
	const typeEnd, lineEnd, multiple = 4, 27, 3
	if l.short(typeEnd) {
		return true
	}
	b := l.body()
	kind := "RST"
	switch {
	case b[3] == bpduChange:
		l.add("Topology Change Notification")
		l.short(l.reported())
		return true
	case b[3] == bpduConfiguration:
		kind = "Conf"
	case b[3] != bpduRapid:
		l.add("Unknown BPDU type (%d)", b[3])
		l.short(l.reported())
		return true
	case b[2] >= multiple:
		kind = "MST"
	}
	if l.short(lineEnd) {
		return true
	}
	change := ""
	if b[4]&1 != 0 {
		change = "TC + "
	}
	priority := be16(b, 5)
	l.add("%s. %sRoot = %d/%d/%s  Cost = %d  Port = 0x%04x",
		kind, change, priority&0xf000, priority&0xfff, textLink(b[7:13]), be32(b, 13), be16(b, 25))
	l.short(l.reported())
	return true
}
