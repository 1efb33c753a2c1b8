package source

import "pcapidx/index"

// readPacket reads an Enhanced Packet Block (interface u32, time high and low,
// captured length, original length, data, padding, options) or an obsolete
// Packet Block, which differs only in having an interface u16 and a drop count
// u16 in place of the interface.
func (r *Reader) readPacket(b *Batch, blk block) error {
	const head = 28
	n := &r.ng
	if r.tooShort(blk, head+4) {
		return nil
	}
	h := r.data.peek(head)
	if len(h) < head {
		return r.ends(damageCutHeader, blk.at, len(h), "packet block")
	}
	id := n.u32(h[8:])
	if blk.kind == blockPacket {
		id = uint32(n.u16(h[8:]))
	}
	f := index.Frame{CapLen: n.u32(h[20:]), OrigLen: n.u32(h[24:])}
	padded := (uint64(f.CapLen) + 3) &^ 3
	if head+padded+4 > uint64(blk.size) {
		r.damage(damageLength, blk.at, "a packet block of %d bytes claims %d bytes of packet data", blk.size, f.CapLen)
		return nil
	}
	if uint64(id) >= uint64(len(n.ifaces)) {
		r.damage(damageUnsupported, blk.at, "a packet names interface %d of a section that has %d", id, len(n.ifaces))
		return nil
	}
	in := &n.ifaces[id]
	if f.CapLen > in.max {
		r.damage(damageLength, blk.at, "a packet has a captured length of %d bytes, allowed are up to %d", f.CapLen, in.max)
		return nil
	}
	f.Iface = in.index
	f.Time = r.clamp(in.time(uint64(n.u32(h[12:]))<<32 | uint64(n.u32(h[16:]))))
	return r.readPacketData(b, blk, head, &f, in.link)
}

// readPacketData reads the rest of a packet block: data, padding, options,
// trailing length. Wireshark drops the packet if anything of it is wrong.
func (r *Reader) readPacketData(b *Batch, blk block, head int, f *index.Frame, link uint32) error {
	if blk.size > maxPeek {
		return r.readLongPacket(b, blk, head, f, link)
	}
	w := r.data.peek(int(blk.size))
	if len(w) < int(blk.size) {
		return r.ends(damageCutPacket, blk.at, len(w), "packet block")
	}
	end := head + int(f.CapLen)
	options := w[head+int((f.CapLen+3)&^3) : blk.size-4]
	if r.badPacketOptions(blk, options, true) || r.badTrailer(blk, w[blk.size-4:]) {
		return nil
	}
	b.Data = append(b.Data, w[head:end]...)
	if err := r.commit(b, w[:head], f, link); err != nil {
		return err
	}
	if len(options) > 0 {
		r.addPacketComments(options)
	}
	r.addGap(b, w[end:])
	r.data.discard(int(blk.size))
	return nil
}

// readLongPacket is readPacketData for a block that is longer than a window.
// Options beyond the first window are not checked.
func (r *Reader) readLongPacket(b *Batch, blk block, head int, f *index.Frame, link uint32) error {
	start := len(b.Data)
	h, ok := r.take(b, head, f.CapLen)
	if !ok {
		return r.ends(damageCutPacket, blk.at, 1, "packet block")
	}
	left := int(blk.size) - head - int(f.CapLen)
	window := min(left, maxPeek)
	whole := window == left
	w := r.data.peek(window)
	if len(w) < window {
		r.untake(b, h, start)
		return r.ends(damageCutPacket, blk.at, 1, "packet block")
	}
	options := w[-f.CapLen&3:]
	if whole {
		options = options[:len(options)-4]
	}
	if r.badPacketOptions(blk, options, whole) || whole && r.badTrailer(blk, w[left-4:]) {
		r.untake(b, h, start)
		return nil
	}
	if err := r.commit(b, h, f, link); err != nil {
		return err
	}
	r.addPacketComments(options)
	if !whole {
		r.startSkip(blk, uint32(left-4))
		return nil
	}
	r.addGap(b, w)
	r.data.discard(len(w))
	return nil
}

// readSimple reads a Simple Packet Block: original length, data, padding. The
// captured length is the smaller one of that and the snapshot length of the
// section's first interface. Wireshark takes the trailing length from behind
// the padding, wherever the block itself is said to end.
func (r *Reader) readSimple(b *Batch, blk block) error {
	const head = 12
	n := &r.ng
	if r.tooShort(blk, head+4) {
		return nil
	}
	h := r.data.peek(head)
	if len(h) < head {
		return r.ends(damageCutHeader, blk.at, len(h), "simple packet block")
	}
	if len(n.ifaces) == 0 {
		r.damage(damageUnsupported, blk.at, "a simple packet block stands before any interface description")
		return nil
	}
	in := &n.ifaces[0]
	f := index.Frame{Iface: in.index, OrigLen: n.u32(h[8:]), NoTime: true}
	f.CapLen = f.OrigLen
	if in.snap > 0 && f.CapLen > in.snap {
		f.CapLen = in.snap
	}
	padded := (uint64(f.CapLen) + 3) &^ 3
	if head+padded+4 > uint64(blk.size) || f.CapLen > in.max {
		r.damage(damageLength, blk.at, "a simple packet block of %d bytes claims %d bytes of packet data", blk.size, f.CapLen)
		return nil
	}
	used := block{kind: blk.kind, size: uint32(head + padded + 4), at: blk.at}
	if used.size != blk.size {
		return r.readPaddedSimple(b, blk, used, &f, in.link)
	}
	return r.readPacketData(b, used, head, &f, in.link)
}

// readPaddedSimple reads a Simple Packet Block that is longer than its data
// needs. It is one only if its own length happens to stand behind the padding,
// which is too strange to read unless it fits a window.
func (r *Reader) readPaddedSimple(b *Batch, blk, used block, f *index.Frame, link uint32) error {
	w := r.data.peek(min(int(used.size), maxPeek))
	if len(w) < int(used.size) {
		return r.ends(damageCutPacket, blk.at, len(w), "simple packet block")
	}
	if r.badTrailer(blk, w[used.size-4:]) {
		return nil
	}
	end := 12 + int(f.CapLen)
	b.Data = append(b.Data, w[12:end]...)
	if err := r.commit(b, w[:12], f, link); err != nil {
		return err
	}
	r.addGap(b, w[end:])
	r.data.discard(int(used.size))
	return nil
}
