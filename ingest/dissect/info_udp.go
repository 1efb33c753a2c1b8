package dissect

// udp says "46558 → 53 Len=33".
func (l *infoLine) udp() bool {
	const lengthEnd = 6
	h := l.head(udpHeader)
	if len(h) < portsLength {
		return false
	}
	l.add("%d → %d", be16(h, 0), be16(h, 2))
	if len(h) < lengthEnd {
		return true
	}
	length, reported := int(be16(h, 4)), l.reported()
	jumbo := length == 0 && l.overIPv6()
	switch {
	case jumbo:
		length = reported
	case length < udpHeader:
		l.add(" [BAD UDP LENGTH %d < %d]", length, udpHeader)
		l.told = true
		return true
	case length > reported && !l.partial():
		l.add(" [BAD UDP LENGTH %d > IP PAYLOAD LENGTH]", length)
	}
	l.add(" Len=%d", length-udpHeader)
	if jumbo {
		l.add(" [Jumbogram]")
	}
	if len(h) == udpHeader && be16(h, 6) == 0 && l.overIPv6() && !l.partial() {
		l.add(" [ILLEGAL CHECKSUM (0)]")
	}
	return true
}

// udpLite says the same of UDP-Lite, whose length is that of the packet.
func (l *infoLine) udpLite() bool {
	const coverageEnd = 6
	h := l.head(udpHeader)
	if len(h) < portsLength {
		return false
	}
	l.add("%d → %d", be16(h, 0), be16(h, 2))
	if len(h) < coverageEnd {
		return true
	}
	reported := l.reported()
	coverage := int(be16(h, 4))
	if coverage == 0 {
		coverage = reported
	}
	if coverage < udpHeader || coverage > reported {
		l.add(" [BAD LIGHTWEIGHT UDP CHECKSUM COVERAGE LENGTH %d < %d or > %d]", coverage, udpHeader, reported)
	}
	l.add(" Len=%d", uint32(reported-udpHeader))
	if len(h) == udpHeader && be16(h, 6) == 0 {
		l.add(" [ILLEGAL CHECKSUM (0)]")
	}
	return true
}

// overIPv6 tells whether the innermost IP header around the layer is IPv6.
func (l *infoLine) overIPv6() bool {
	n := l.network()
	return n != nil && n.Src.Is6()
}

// network is the innermost IP header around the layer.
func (l *infoLine) network() *Network {
	var found *Network
	for i := range l.packet.Networks {
		if int(l.packet.Networks[i].Layer) < l.index {
			found = &l.packet.Networks[i]
		}
	}
	return found
}

// partial tells that the layer is in the first fragment of a datagram which
// was not put together.
func (l *infoLine) partial() bool {
	n := l.network()
	if n == nil || l.reassembled() || !n.Src.Is4() {
		return false
	}
	const more = 0x20
	at := int(l.packet.Layers[n.Layer].Offset) + 6
	return at < len(l.data) && l.data[at]&more != 0
}
