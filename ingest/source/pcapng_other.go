package source

import (
	"bytes"

	"pcapidx/index"
)

const (
	journalStamp = "__REALTIME_TIMESTAMP="
	journalLeast = len(journalStamp) + 2 // a digit and a line feed
)

// readOther reads a block that Wireshark counts as a frame though it is no
// packet: custom blocks, journal entries, Sysdig events.
func (r *Reader) readOther(b *Batch, blk block) error {
	head, least := 12, uint32(16) // custom: enterprise number
	switch blk.kind {
	case blockJournal:
		head, least = 8, uint32(blockEnds+journalLeast)
	case blockSysdig: // cpu u16, time u64, thread u64, event length u32, event type u16
		head, least = 32, 36
	case blockSysdig2, blockSysdig2Big: // and a number of parameters u32
		head, least = 36, 40
	}
	if r.tooShort(blk, least) {
		return nil
	}
	if blk.size > maxPeek {
		return r.readLongOther(b, blk, head)
	}
	w := r.data.peek(int(blk.size))
	if len(w) < int(blk.size) {
		return r.ends(damageCutPacket, blk.at, len(w), blockName(blk.kind)+" block")
	}
	data := w[head : blk.size-4]
	f, link, ok := r.otherFrame(blk, w[:head], data)
	if !ok || r.badTrailer(blk, w[blk.size-4:]) {
		return nil
	}
	b.Data = append(b.Data, data[:f.CapLen]...)
	if err := r.commitOther(b, blk, w[:head], &f, link); err != nil {
		return err
	}
	r.addGap(b, w[head+int(f.CapLen):])
	r.data.discard(len(w))
	return nil
}

// readLongOther is readOther for a block that is longer than a window.
func (r *Reader) readLongOther(b *Batch, blk block, head int) error {
	start := len(b.Data)
	h, ok := r.take(b, head, blk.size-uint32(head)-4)
	if !ok {
		return r.ends(damageCutPacket, blk.at, 1, blockName(blk.kind)+" block")
	}
	t := r.data.peek(4)
	if len(t) < 4 {
		r.untake(b, h, start)
		return r.ends(damageCutPacket, blk.at, 1, blockName(blk.kind)+" block")
	}
	data := b.Data[start:]
	f, link, ok := r.otherFrame(blk, h, data)
	if !ok || r.badTrailer(blk, t) {
		r.untake(b, h, start)
		return nil
	}
	b.Data = b.Data[:start+int(f.CapLen)]
	if err := r.commitOther(b, blk, h, &f, link); err != nil {
		return err
	}
	r.addGap(b, data[f.CapLen:])
	r.addGap(b, t)
	r.data.discard(4)
	return nil
}

// commitOther commits the frame and counts the block.
func (r *Reader) commitOther(b *Batch, blk block, head []byte, f *index.Frame, link uint32) error {
	f.Iface = r.limits.standIn(link, r.ng.section, r.ng.big)
	r.limits.countBlock(blockName(blk.kind))
	return r.commit(b, head, f, link)
}

// otherFrame makes the frame of a block; ok is false if the block is damaged.
func (r *Reader) otherFrame(blk block, head, data []byte) (f index.Frame, link uint32, ok bool) {
	f.CapLen, f.OrigLen, f.NoTime = uint32(len(data)), uint32(len(data)), true
	switch blk.kind {
	case blockJournal:
		entry := bytes.TrimRight(data, "\x00") // padding is not counted in the block
		if len(entry) < journalLeast {
			r.damage(damageLength, blk.at, "a journal entry has only %d bytes", len(entry))
			return f, 0, false
		}
		f.CapLen, f.OrigLen = uint32(len(entry)), uint32(len(entry))
		if us, found := journalTime(entry); found {
			f.NoTime = false
			f.Time = r.clamp(join(us/1e6, 0, us%1e6*1e3))
		}
		return f, LinkTypeJournal, true
	case blockSysdig, blockSysdig2, blockSysdig2Big:
		ns := r.ng.u64(head[10:])
		f.NoTime = false
		f.Time = r.clamp(join(ns/1e9, 0, ns%1e9))
		f.OrigLen = r.ng.u32(head[26:])
		return f, LinkTypeSysdig, true
	}
	return f, LinkTypeCustom, true
}

// journalTime finds the time of a journal entry in microseconds. Wireshark looks
// at the text before the first NUL, skips white space before the number and
// takes no sign.
func journalTime(entry []byte) (us uint64, ok bool) {
	if end := bytes.IndexByte(entry, 0); end >= 0 {
		entry = entry[:end]
	}
	at := bytes.Index(entry, []byte(journalStamp))
	if at < 0 {
		return 0, false
	}
	digits := bytes.TrimLeft(entry[at+len(journalStamp):], " \t\n\v\f\r")
	n := 0
	for ; n < len(digits) && digits[n] >= '0' && digits[n] <= '9'; n++ {
		d := uint64(digits[n] - '0')
		if us > (1<<64-1-d)/10 {
			return 0, false
		}
		us = us*10 + d
	}
	return us, n > 0
}
