package source

import "pcapidx/index"

// readMeta reads a block that is no packet. All of it becomes gap. Of a block
// that is longer than a window only the start is looked into.
func (r *Reader) readMeta(b *Batch, blk block) error {
	if r.tooShort(blk, leastMeta(blk.kind)) {
		return nil
	}
	window := min(int(blk.size), maxPeek)
	whole := window == int(blk.size)
	w := r.data.peek(window)
	if len(w) < window {
		return r.ends(damageCutHeader, blk.at, len(w), blockName(blk.kind)+" block")
	}
	body := w[8:]
	if whole {
		body = w[8 : blk.size-4]
		if r.badTrailer(blk, w[blk.size-4:]) {
			return nil
		}
	}
	r.parseMeta(blk, body, whole)
	if r.state != inRecords {
		return nil
	}
	if !whole {
		r.startSkip(blk, blk.size-4)
		return nil
	}
	r.addGap(b, w)
	r.data.discard(len(w))
	return nil
}

// leastMeta is the least length of a block.
func leastMeta(kind uint32) uint32 {
	switch kind {
	case blockSection:
		return blockEnds + 16
	case blockInterface:
		return blockEnds + 8
	case blockNames:
		return blockEnds + 4
	case blockStatistics:
		return blockEnds + 12
	case blockSecrets:
		return blockEnds + 8
	}
	return blockEnds
}

// parseMeta looks into a block. A broken one ends the frames, like in Wireshark.
func (r *Reader) parseMeta(blk block, body []byte, whole bool) {
	switch blk.kind {
	case blockSection:
		r.parseSection(blk, body, whole)
		return
	case blockInterface:
		r.parseInterface(blk, body, whole)
		return
	case blockNames:
		r.parseNames(blk, body, whole)
	case blockStatistics:
		r.parseStatistics(blk, body, whole)
	case blockSecrets:
		r.parseSecrets(blk, body)
	}
	if r.state == inRecords {
		r.limits.countBlock(blockName(blk.kind))
	}
}

// parseSection reads a Section Header Block: byte-order magic, version (2 x
// u16), section length (u64, of no use here), options. Interfaces are numbered
// anew in each section.
func (r *Reader) parseSection(blk block, body []byte, whole bool) {
	n := &r.ng
	s := index.Section{BigEndian: n.big, Major: n.u16(body[4:]), Minor: n.u16(body[6:])}
	if n.sections == 0 {
		r.info.Major, r.info.Minor = s.Major, s.Minor
	}
	if s.Major != 1 || s.Minor != 0 && s.Minor != 2 {
		r.damage(damageUnsupported, blk.at, "a section has pcapng version %d.%d", s.Major, s.Minor)
		return
	}
	o := options{ng: n, left: body[16:], cut: !whole}
	for code, v, ok := o.next(); ok; code, v, ok = o.next() {
		switch code {
		case optComment:
			r.limits.addText(&s.Comments, v)
		case optHardware:
			r.limits.setText(&s.Hardware, v)
		case optOS:
			r.limits.setText(&s.OS, v)
		case optApplication:
			r.limits.setText(&s.Application, v)
		}
	}
	if r.badOptions(blk, o.bad) {
		return
	}
	n.section, n.sections, n.ifaces = n.sections, n.sections+1, n.ifaces[:0]
	r.limits.addSection(&s)
}

// parseInterface reads an Interface Description Block: link type and reserved
// (u16 each), snapshot length (u32), options.
func (r *Reader) parseInterface(blk block, body []byte, whole bool) {
	n := &r.ng
	i := index.Interface{
		Section: n.section, ID: len(n.ifaces), LinkType: uint32(n.u16(body)), SnapLen: n.u32(body[4:]),
		Format: index.FormatPcapng, BigEndian: n.big, Resolution: 6,
	}
	o := options{ng: n, left: body[8:], cut: !whole}
	var resolved, shifted bool
	for code, v, ok := o.next(); ok; code, v, ok = o.next() {
		switch {
		case code == optIfTsresol && len(v) == 1 && !resolved:
			i.Resolution, resolved = v[0], true
		case code == optIfTsoffset && len(v) == 8 && !shifted:
			i.Offset, shifted = int64(n.u64(v)), true
		case code == optIfFilter && len(v) == 0:
			o.bad, o.left = "a filter option has no type", nil
		default:
			r.interfaceText(&i, code, v)
		}
	}
	if r.badOptions(blk, o.bad) {
		return
	}
	if len(n.ifaces) >= maxInterfaces {
		r.damage(damageUnsupported, blk.at, "a section has more than %d interfaces", maxInterfaces)
		return
	}
	in := ngInterface{link: i.LinkType, snap: i.SnapLen, max: maxCapLen(i.LinkType), offset: i.Offset}
	in.setResolution(i.Resolution)
	in.index = r.limits.addInterface(&i)
	n.ifaces = append(n.ifaces, in)
}

// interfaceText stores a text option. A filter is a text if its first byte is 0.
func (r *Reader) interfaceText(i *index.Interface, code uint16, v []byte) {
	switch code {
	case optComment:
		r.limits.addText(&i.Comments, v)
	case optIfName:
		r.limits.setText(&i.Name, v)
	case optIfDescription:
		r.limits.setText(&i.Description, v)
	case optIfHardware:
		r.limits.setText(&i.Hardware, v)
	case optIfOS:
		r.limits.setText(&i.OS, v)
	case optIfFilter:
		if v[0] == 0 {
			r.limits.setText(&i.Filter, v[1:])
		}
	}
}

// parseStatistics reads an Interface Statistics Block: interface, time high and
// low (u32 each), options.
func (r *Reader) parseStatistics(blk block, body []byte, whole bool) {
	n := &r.ng
	var received, dropped, osDropped *uint64
	o := options{ng: n, left: body[12:], cut: !whole}
	for code, v, ok := o.next(); ok; code, v, ok = o.next() {
		if len(v) != 8 {
			continue
		}
		count := n.u64(v)
		switch code {
		case optStatReceived:
			received = &count
		case optStatDropped:
			dropped = &count
		case optStatOSDropped:
			osDropped = &count
		}
	}
	id := n.u32(body)
	if r.badOptions(blk, o.bad) || uint64(id) >= uint64(len(n.ifaces)) {
		return
	}
	i := &r.info.Interfaces[n.ifaces[id].index]
	i.Received, i.Dropped, i.OSDropped = received, dropped, osDropped
}

// parseSecrets counts a Decryption Secrets Block: type and length (u32 each),
// secrets, padding, options.
func (r *Reader) parseSecrets(blk block, body []byte) {
	if size := r.ng.u32(body[4:]); uint64(size) > uint64(blk.size-blockEnds-8) {
		r.damage(damageLength, blk.at, "a decryption secrets block of %d bytes claims %d bytes of secrets", blk.size, size)
		return
	}
	name := "unknown"
	switch r.ng.u32(body) {
	case 0x544c534b:
		name = "tls"
	case 0x5353484b:
		name = "ssh"
	case 0x57474b4c:
		name = "wireguard"
	case 0x5a4e574b:
		name = "zigbee-nwk"
	case 0x5a415053:
		name = "zigbee-aps"
	}
	r.limits.countSecrets(name)
}

// addPacketComments collects the comments of the packet block just committed.
func (r *Reader) addPacketComments(list []byte) {
	o := options{ng: &r.ng, left: list}
	for code, v, ok := o.next(); ok; code, v, ok = o.next() {
		if code != optComment {
			continue
		}
		if len(r.info.Comments) >= maxFrameComments {
			r.limits.capped("frame comments")
			return
		}
		if s, ok := r.limits.text(v); ok {
			r.info.Comments = append(r.info.Comments, index.FrameComment{Frame: r.frames, Comment: s})
		}
	}
}
