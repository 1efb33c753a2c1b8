package dissect

// view is one layer of a packet as the extractors see it. It is passed to
// them by value: through a function value a pointer would escape to the heap.
type view struct {
	packet      *Packet
	data        []byte // the frame or datagram
	index       int    // of the layer
	start       int    // of the layer in data
	limit       int    // where its header ends, as far as captured
	frameLength int    // original length of frame or datagram
}

// fieldsEnd is where the fields of a layer end: with its header, as far as that
// was captured, or where Wireshark gives up on a header that is not sound. The
// header of Cisco's ISL, which passes for Ethernet here, and what is not 802.11
// on closer inspection have none at all.
func (l *Layer) fieldsEnd(data []byte) int {
	const dataOffset, window = 12, 16
	at := int(l.Offset)
	end := min(at+int(l.Length), len(data))
	if at >= end {
		return end
	}
	switch l.Proto {
	case ProtoEth:
		if end-at >= ethernetHeader && isInterSwitchLink(data[at:]) {
			return at
		}
	case ProtoIP:
		if data[at]>>4 != 4 || data[at]&0xf < 5 {
			return at + 1
		}
	case ProtoTCP:
		if end-at < window { // it wants all up to the window at once
			return min(end, at+portsLength)
		}
		if data[at+dataOffset]>>4 < 5 {
			return at + 8
		}
	case ProtoWLAN:
		if data[at]&wlanVersion > 1 {
			return at
		}
	}
	return end
}

// viewOf is layer i of p. There is none if its bytes are not at hand.
func viewOf(p *Packet, i int, frame, datagram []byte, origLen int) (view, bool) {
	l := &p.Layers[i]
	v := view{packet: p, data: frame, index: i, start: int(l.Offset), frameLength: origLen}
	if l.Reassembled {
		v.data, v.frameLength = datagram, len(datagram)
	}
	v.limit = l.fieldsEnd(v.data)
	if v.start > len(v.data) || l.Reassembled && (datagram == nil || p.replaced(i)) {
		return v, false
	}
	return v, true
}

// replaced tells whether layer i lies in a datagram which was not the last
// one: a fragment of a tunnel inside a fragmented tunnel.
func (p *Packet) replaced(i int) bool {
	for j := i + 1; j < len(p.Layers); j++ {
		if p.Layers[j].Offset < p.Layers[j-1].Offset && p.Layers[j].Offset == 0 {
			return true
		}
	}
	return false
}

func (v *view) reassembled() bool {
	return v.index < len(v.packet.Layers) && v.packet.Layers[v.index].Reassembled
}

// header is what was captured of the layer's header.
func (v *view) header() []byte { return v.data[v.start:v.limit] }

// end is where the layer ends with all that it carries: where the headers up
// to its own say, or where the captured bytes do.
func (v *view) end() int { return max(v.bound(len(v.data)), v.start) }

// reported is the length of the layer with all that it carries, captured or
// not.
func (v *view) reported() int { return max(v.bound(max(v.frameLength, len(v.data)))-v.start, 0) }

// bound lowers end to where the headers up to the layer's own say that it ends.
func (v *view) bound(end int) int {
	for i := 0; i <= v.index; i++ {
		l := &v.packet.Layers[i]
		if l.Reassembled != v.reassembled() {
			continue
		}
		at := min(int(l.Offset), len(v.data))
		if n := announced(l.Proto, v.data[at:min(len(v.data), at+int(l.Length))], i == v.index); n > 0 {
			end = min(end, at+n)
		}
	}
	return end
}

// announced gives the length of a layer which its own header announces, from
// the header's start; 0 if it announces none. The length of an Ethernet frame
// is that of its payload only (own: it is the layer asked for).
func announced(proto Proto, header []byte, own bool) int {
	switch {
	case proto == ProtoIP && len(header) >= ipv4Header:
		return int(be16(header, 2))
	case proto == ProtoIPv6 && len(header) >= ipv6Header:
		if n := int(be16(header, 4)); n > 0 {
			return n + ipv6Header
		}
	case proto == ProtoARP && len(header) >= arpHeader: // the rest is padding
		return arpHeader + 2*(int(header[4])+int(header[5]))
	case proto == ProtoUDP && len(header) >= udpHeader && !own:
		return int(be16(header, 4))
	case proto == ProtoEth && len(header) >= ethernetHeader && !own:
		if n := int(be16(header, 12)); n > 0 && n <= maxLength8023 {
			return n + ethernetHeader
		}
	case proto == ProtoVLAN && len(header) >= tagLength && !own:
		if n := int(be16(header, 2)); n > 0 && n <= maxLength8023 {
			return n + tagLength
		}
	case proto == ProtoPPPoES && len(header) >= 6 && !own:
		return int(be16(header, 4)) + 6
	}
	return 0
}

// transport is the transport that the layer is.
func (v *view) transport() *Transport {
	for i := range v.packet.Transports {
		if int(v.packet.Transports[i].Layer) == v.index {
			return &v.packet.Transports[i]
		}
	}
	return nil
}
