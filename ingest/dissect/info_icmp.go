package dissect

// icmp says the message and its code; of queries also their identity.
func (l *infoLine) icmp() bool {
	const lineEnd, timestampEnd = 6, 20 // Wireshark reads as much before it says anything
	if l.short(lineEnd) {
		return true
	}
	m := l.body()
	l.add("%-20s", orUnknown(icmpNames.of(uint64(m[0])), "Unknown ICMP (obsolete or malformed?)"))
	if m[0] == icmpRouterAdvertisement && l.mobileAgent(m) {
		l.text = append(l.text[:l.from], "Mobile IP Advertisement"...)
	}
	if codes := icmpCodeNames(m[0]); codes != nil {
		l.add(" (")
		if name := codes.of(uint64(m[1])); name != "" {
			l.add("%s)", name)
		} else {
			l.add("Unknown code: %d)", m[1])
		}
	}
	if l.short(icmpHeader) {
		return true
	}
	if icmpQuery(l.view) {
		l.add(" id=0x%04x, seq=%d/%d, ttl=%d", be16(m, 4), be16(m, 6), be16(m, 6)<<8|be16(m, 6)>>8, l.hops())
	}
	l.echoPair(m[0] == icmpEchoRequest, m[0] == icmpEchoReply)
	if icmpTimestamp(l.view) {
		l.short(timestampEnd)
	}
	l.quotation()
	return true
}

// ICMP types that the code itself looks at.
const (
	icmpEchoReply           = 0
	icmpEchoRequest         = 8
	icmpRouterAdvertisement = 9
	icmpv6EchoRequest       = 128
	icmpv6EchoReply         = 129
)

// mobileAgent tells whether a router advertisement has the extension of a
// mobility agent (RFC 5944) behind its addresses.
func (l *infoLine) mobileAgent(m []byte) bool {
	const agent, routesNothing = 16, 16
	if len(m) < icmpHeader {
		return false
	}
	at := icmpHeader + int(m[4])*int(m[5])*4
	return m[1] == routesNothing || at+2 <= len(m) && m[at] == agent
}

// hops is the time to live, or hop limit, of the IP header around the layer.
func (l *infoLine) hops() uint8 {
	if n := l.network(); n != nil {
		return n.TTL
	}
	return 0
}

// echoPair names the other frame of a request and its reply.
func (l *infoLine) echoPair(request, reply bool) {
	switch {
	case request && l.context.ReplyFrame != 0:
		l.add(" (reply in %d)", l.context.ReplyFrame)
	case reply && l.context.RequestFrame != 0:
		l.add(" (request in %d)", l.context.RequestFrame)
	}
}

// quotation remarks on a quoted packet whose headers the capture cut off.
func (l *infoLine) quotation() {
	p := l.packet
	if l.layerAfter() == protoNone && l.reported() == icmpHeader || p.Problem != OK {
		return
	}
	last := &p.Layers[len(p.Layers)-1]
	if len(p.Layers)-1 < l.index || l.reported() <= len(l.data)-l.start {
		return
	}
	need := map[Proto]int{ProtoIP: ipv4Header, ProtoIPv6: ipv6Header, ProtoUDP: udpHeader, ProtoICMP: icmpHeader, ProtoTCP: tcpHeader}[last.Proto]
	if int(last.Length) < need {
		l.problem(Truncated)
	}
}

// icmpv6 says the message and its code, or whom it is about.
func (l *infoLine) icmpv6() bool {
	if l.short(1) {
		return true
	}
	m := l.body()
	if name := icmpv6Names.of(uint64(m[0])); name != "" {
		l.add("%s", name)
	} else {
		l.add("Unknown (%d)", m[0])
	}
	if l.short(2) {
		return true
	}
	if codes := icmpv6CodeNames(m[0]); codes != nil {
		l.icmpv6Code(codes, m)
	}
	if l.short(icmpHeader) {
		return true
	}
	if icmpv6Echo(l.view) {
		l.add(" id=0x%04x, seq=%d, hop limit=%d", be16(m, 4), be16(m, 6), l.hops())
		l.echoPair(m[0] == icmpv6EchoRequest, m[0] == icmpv6EchoReply)
	}
	l.neighbor(m)
	if m[0] < icmpv6EchoRequest && !l.told {
		l.quotation()
	}
	return true
}

func (l *infoLine) icmpv6Code(codes valueNames, m []byte) {
	name := codes.of(uint64(m[1]))
	switch {
	case name != "":
		l.add(" (%s)", name)
	case m[0] == 1:
		l.add(" (Unknown)")
	default:
		l.add(" (Unknown (%d))", m[1])
	}
}

// neighbor says whom a message of neighbor discovery is about.
func (l *infoLine) neighbor(m []byte) {
	const targetEnd = 24
	switch {
	case icmpv6NeighborSol(l.view):
		if l.short(targetEnd) {
			return
		}
		l.add(" for %s", textAddress(m[8:24]))
	case icmpv6NeighborAdv(l.view):
		if l.short(targetEnd) {
			return
		}
		l.add(" %s (", textAddress(m[8:24]))
		before := len(l.text)
		for i, name := range [...]string{"rtr", "sol", "ovr"} {
			if m[4]&(0x80>>i) != 0 {
				l.list(before, name)
			}
		}
		if len(l.text) == before {
			l.add("none")
		}
		l.add(")")
	}
	l.neighborLinks()
}

// neighborLinks says the link-layer addresses among the options.
func (l *infoLine) neighborLinks() {
	at, ok := neighborOptions(l.messageType())
	if !ok {
		return
	}
	for at += l.start; at < l.start+l.reported(); {
		if l.short(at + 2 - l.start) {
			return
		}
		typ, length := l.data[at], int(l.data[at+1])*8
		if length == 0 {
			return
		}
		if l.short(at + length - l.start) {
			return
		}
		switch typ {
		case optionSourceLink:
			l.add(" from %s", textLink(linkAddress(l.data[at+2:at+length])))
		case optionTargetLink:
			l.add(" is at %s", textLink(linkAddress(l.data[at+2:at+length])))
		}
		at += length
	}
}

// linkAddress is the address in an option: 6 bytes, or 8 and padding.
func linkAddress(b []byte) []byte {
	const long = 8
	return b[:min(len(b), long)]
}
