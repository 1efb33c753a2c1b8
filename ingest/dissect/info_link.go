package dissect

// ethernet says of which kind the frame is, or what its EtherType means if
// nobody goes on from there.
func (l *infoLine) ethernet() bool {
	h := l.head(ethernetHeader)
	switch {
	case l.unknownType():
		l.typeName("Ethernet II")
	case len(h) == ethernetHeader && be16(h, 12) > maxLength8023 && be16(h, 12) < minEtherType && be16(h, 12) != 0:
		l.add("Ethernet Unknown: Invalid length/type: 0x%04x (%d)", be16(h, 12), be16(h, 12))
	}
	return true
}

// unknownType tells that the layer ends with an EtherType behind which nothing
// is decoded, and makes the type the protocol.
func (l *infoLine) unknownType() bool {
	layers := l.packet.Layers[l.index+1:]
	if len(layers) == 0 || layers[0].Proto != ProtoEtherType || len(layers) > 1 && layers[1].Proto != ProtoData {
		return false
	}
	at := int(layers[0].Offset)
	if layers[0].Reassembled != l.reassembled() || at+2 > len(l.data) {
		return false
	}
	l.protocol = hex16(be16(l.data, at))
	return true
}

// typeName says the EtherType that is the protocol, or something else if it
// has no name.
func (l *infoLine) typeName(otherwise string) {
	at := int(l.packet.Layers[l.index+1].Offset)
	l.add("%s", orUnknown(etherTypeNames.of(uint64(be16(l.data, at))), otherwise))
}

// hex16 is a number that stands for a protocol without a name.
func hex16(n uint16) string {
	const digits = "0123456789abcdef"
	return string([]byte{'0', 'x', digits[n>>12], digits[n>>8&0xf], digits[n>>4&0xf], digits[n&0xf]})
}

// vlan says the tag.
func (l *infoLine) vlan() bool {
	return l.tag("PRI: %d  DEI: %d  ID: %d")
}

// serviceVLAN says the same in other words.
func (l *infoLine) serviceVLAN() bool {
	return l.tag("PRI: %d  DROP: %d ID: %d")
}

func (l *infoLine) tag(format string) bool {
	h := l.header()
	if len(h) >= 2 {
		tag := be16(h, 0)
		l.add(format, tag>>13, tag>>12&1, tag&0xfff)
	}
	l.unknownType()
	return true
}

func (l *infoLine) mpls() bool {
	l.add("MPLS Label Switched Packet")
	return true
}

// sll says where the frame went.
func (l *infoLine) sll() bool {
	n, _, _, ok := l.sllNumber(sllPacketType)
	if !ok {
		return true
	}
	if name := packetTypeNames.of(n); name != "" {
		l.add("%s", name)
	} else {
		l.add("Unknown (%d)", n)
	}
	l.unknownType()
	return true
}

// gre says what is inside.
func (l *infoLine) gre() bool {
	h := l.header()
	if len(h) < greFixedPart {
		return false
	}
	if name := greNames.of(uint64(be16(h, 2))); name != "" {
		l.add("Encapsulated %s", name)
	} else {
		l.add("Encapsulated 0x%04x (unknown)", be16(h, 2))
	}
	return true
}

// esp says the security association; the rest is encrypted.
func (l *infoLine) esp() bool {
	const headerLength = 8
	if !l.short(headerLength) {
		l.add("ESP (SPI=0x%08x)", be32(l.data, l.start))
	}
	return true
}

// authentication says the same of a header whose payload nobody knows.
func (l *infoLine) authentication() bool {
	const spiEnd = 8
	if !l.short(spiEnd) {
		l.add("AH (SPI=0x%08x)", be32(l.data, l.start+4))
	}
	return true
}

// loop says what Ethernet's configuration test wants (the function is
// little-endian, behind a skip count).
func (l *infoLine) loop() bool {
	h := l.body()
	if l.short(4) {
		return true
	}
	at := 2 + int(h[0]) + int(h[1])<<8
	if at+2 > len(h) {
		return true
	}
	switch uint16(h[at]) | uint16(h[at+1])<<8 {
	case 1:
		l.add("Reply")
	case 2:
		l.add("Forward Data")
	default:
		l.add("Invalid function")
	}
	return true
}
