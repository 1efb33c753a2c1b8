package dissect

// ipv4 speaks of fragments, of protocols that nobody knows, and of headers
// that are not sound.
func (l *infoLine) ipv4() bool {
	h := l.head(ipv4Header)
	if l.bogusIPv4(h) {
		l.told = true
		return true
	}
	if f := l.packet.Fragment; f != nil && int(l.packet.Networks[f.Network].Layer) == l.index {
		l.add("Fragmented IP protocol (proto=%s %d, off=%d, ID=%04x)",
			orUnknown(ipProtocolName(uint64(f.Proto)), "Unknown"), f.Proto, f.Offset, f.ID)
		l.reassembledIn()
		return true
	}
	if next := l.layerAfter(); next != protoNone && next != ProtoData || len(h) < ipv4Header {
		return true // what is inside did not get as far as a line
	}
	if l.reported() > int(h[0]&0xf)*4 {
		l.add("%s (%d)", orUnknown(ipProtocolName(uint64(h[9])), "Unknown"), h[9])
	}
	return true
}

// bogusIPv4 says what is wrong with a header.
func (l *infoLine) bogusIPv4(h []byte) bool {
	if len(h) == 0 {
		return false
	}
	version, length := h[0]>>4, int(h[0]&0xf)*4
	switch {
	case version != 4:
		if version == 6 && l.layerAfter() == ProtoIPv6 {
			return false
		}
		l.add("Bogus IPv4 version (%d, must be 4)", version)
	case length < ipv4Header:
		l.add("Bogus IP header length (%d, must be at least %d)", length, ipv4Header)
	case len(h) == ipv4Header && be16(h, 2) != 0 && int(be16(h, 2)) < length:
		l.add("Bogus IP length (%d, less than header length %d)", be16(h, 2), length)
	default:
		return false
	}
	return true
}

func (l *infoLine) reassembledIn() {
	if n := l.context.ReassembledIn; n != 0 {
		l.add(" [Reassembled in #%d]", n)
	}
}

// ipv6 speaks of fragments, of nothing, and of protocols that nobody knows.
func (l *infoLine) ipv6() bool {
	const noNextHeader = 59
	h := l.head(ipv6Header)
	if len(h) < ipv6Header {
		if reported := l.reported(); reported > 0 && reported < ipv6Header {
			l.add("Invalid IPv6 header (%d bytes, need exactly %d)", reported, ipv6Header)
		}
		return true
	}
	if f := l.packet.Fragment; f != nil && int(l.packet.Networks[f.Network].Layer) == l.index {
		l.add("IPv6 fragment (off=%d more=%c ident=0x%08x nxt=%d)", f.Offset, "ny"[boolIndex(f.More)], f.ID, f.Proto)
		l.reassembledIn()
		return true
	}
	if !l.packet.leafIPv6(l.index) {
		return true
	}
	if l.packet.Problem != OK { // a header that is not there in full has the word
		l.add("%s", extensionNames[l.packet.Layers[len(l.packet.Layers)-1].Proto])
		return true
	}
	for i := range l.packet.Networks {
		n := &l.packet.Networks[i]
		switch {
		case int(n.Layer) != l.index:
		case n.Proto == noNextHeader:
			l.add("IPv6 no next header")
		default:
			l.add("Unknown IP Protocol: %s (%d)", orUnknown(ipProtocolName(uint64(n.Proto)), "Unknown"), n.Proto)
		}
	}
	return true
}

// extensionNames are what the headers are called while they are read.
var extensionNames = map[Proto]string{
	ProtoHopOpts: "IPv6 hop-by-hop options", ProtoRouting: "IPv6 routing", ProtoDstOpts: "IPv6 destination options",
}

// leafIPv6 tells that nothing but extension headers and bytes follow a layer.
func (p *Packet) leafIPv6(index int) bool {
	for i := index + 1; i < len(p.Layers); i++ {
		if !silentLayers[p.Layers[i].Proto] {
			return false
		}
	}
	return true
}

func boolIndex(b bool) int {
	if b {
		return 1
	}
	return 0
}
