package source

import (
	"encoding/binary"
	"fmt"
)

// Block types of pcapng (draft-ietf-opsawg-pcapng, section 11.1).
const (
	blockSection    = 0x0a0d0d0a
	blockInterface  = 1
	blockPacket     = 2 // obsolete
	blockSimple     = 3
	blockNames      = 4
	blockStatistics = 5
	blockEnhanced   = 6
	blockJournal    = 9
	blockSecrets    = 10
	blockSysdig     = 0x204
	blockSysdig2    = 0x216
	blockSysdig2Big = 0x221
	blockCustom     = 0xbad
	blockCustomOwn  = 0x40000bad // custom block that is not to be copied
)

const (
	blockEnds = 12 // type, total length, and total length again at the end
	// maxBlock is Wireshark's limit: the largest packet (D-Bus) and 128 KiB of
	// options.
	maxBlock = 32 + maxPacketDBus + 128<<10
)

// order is the byte order of a section.
type order uint8

const (
	orderNone order = iota
	orderLittle
	orderBig
)

// pcapng is the state of a pcapng file.
type pcapng struct {
	endian
	section  int // number of the current section, from 0; sections counts them
	sections int
	ifaces   []ngInterface // of the current section

	// skip is what is left of a block that is passed over, trailing length
	// excluded. The other two describe that block.
	skip    uint32
	skipLen uint32
	skipAt  uint64
}

// block is the head of a block. Its length is rounded up to a multiple of four,
// like Wireshark does: some writers do not count the padding.
type block struct {
	kind uint32
	size uint32
	at   uint64 // offset in the file
}

// sectionOrder tells the byte order of a Section Header Block by its
// byte-order magic, the third word. It needs 12 bytes.
func sectionOrder(head []byte) order {
	if len(head) < 12 || binary.LittleEndian.Uint32(head) != blockSection {
		return orderNone
	}
	switch binary.LittleEndian.Uint32(head[8:]) {
	case 0x1a2b3c4d:
		return orderLittle
	case 0x4d3c2b1a:
		return orderBig
	}
	return orderNone
}

// readBlocks reads blocks until the batch is full.
func (r *Reader) readBlocks(b *Batch) error {
	for !b.full() && r.state == inRecords {
		blk, ok, err := r.blockHead()
		if err != nil || !ok {
			return err
		}
		switch blk.kind {
		case blockEnhanced, blockPacket:
			err = r.readPacket(b, blk)
		case blockSimple:
			err = r.readSimple(b, blk)
		case blockCustom, blockCustomOwn, blockJournal, blockSysdig, blockSysdig2, blockSysdig2Big:
			err = r.readOther(b, blk)
		default:
			err = r.readMeta(b, blk)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// blockHead looks at the next block and checks its length. A Section Header
// Block may change the byte order, also of its own length.
func (r *Reader) blockHead() (blk block, ok bool, err error) {
	h := r.data.peek(8)
	blk.at = r.data.off
	if len(h) < 8 {
		return blk, false, r.ends(damageCutHeader, blk.at, len(h), "block header")
	}
	blk.kind, blk.size = r.ng.u32(h), r.ng.u32(h[4:])
	if binary.LittleEndian.Uint32(h) == blockSection {
		blk.kind = blockSection
		h = r.data.peek(12)
		if len(h) < 12 {
			return blk, false, r.ends(damageCutHeader, blk.at, len(h), "section header")
		}
		o := sectionOrder(h)
		if o == orderNone {
			r.damage(damageGarbage, blk.at, "a section header has no byte-order magic")
			return blk, false, nil
		}
		r.ng.big = o == orderBig
		blk.size = r.ng.u32(h[4:])
	}
	if blk.size = (blk.size + 3) &^ 3; blk.size > maxBlock {
		r.damage(damageLength, blk.at, "a block has a length of %d bytes, allowed are up to %d", blk.size, maxBlock)
		return blk, false, nil
	}
	return blk, true, nil
}

// tooShort checks the length of a block against the least one for its type. If
// it is too short the frames end here.
func (r *Reader) tooShort(blk block, least uint32) bool {
	if blk.size >= least {
		return false
	}
	r.damage(damageLength, blk.at, "a block (%s) has a length of %d bytes, the least is %d",
		blockName(blk.kind), blk.size, least)
	return true
}

// badTrailer checks the total length at the end of a block against the one at
// its start. If they differ the frames end here.
func (r *Reader) badTrailer(blk block, trailer []byte) bool {
	if again := (r.ng.u32(trailer) + 3) &^ 3; again != blk.size {
		r.damage(damageLength, blk.at, "the two lengths of a block differ: %d and %d", blk.size, again)
		return true
	}
	return false
}

// startSkip goes on to pass a block over that is too long for one window. Its
// bytes become gap.
func (r *Reader) startSkip(blk block, left uint32) {
	r.state = inSkip
	r.ng.skip, r.ng.skipLen, r.ng.skipAt = left, blk.size, blk.at
}

// skipBlock passes over the rest of a block and checks its trailing length.
func (r *Reader) skipBlock(b *Batch) error {
	n := &r.ng
	for n.skip > 0 && !b.full() {
		if len(r.data.peek(1)) == 0 {
			return r.ends(damageCutHeader, n.skipAt, 1, "block")
		}
		k := min(len(r.data.win), int(n.skip), PieceBytes)
		r.addGap(b, r.data.win[:k])
		r.data.discard(k)
		n.skip -= uint32(k)
	}
	if n.skip > 0 {
		return nil
	}
	t := r.data.peek(4)
	if len(t) < 4 {
		return r.ends(damageCutHeader, n.skipAt, 1, "block")
	}
	r.state = inRecords
	if !r.badTrailer(block{size: n.skipLen, at: n.skipAt}, t) {
		r.addGap(b, t)
		r.data.discard(4)
	}
	return nil
}

// blockName names a block type in FileInfo.Blocks and messages.
func blockName(kind uint32) string {
	switch kind {
	case blockSection:
		return "section header"
	case blockInterface:
		return "interface description"
	case blockPacket:
		return "obsolete packet"
	case blockSimple:
		return "simple packet"
	case blockEnhanced:
		return "enhanced packet"
	case blockNames:
		return "name resolution"
	case blockStatistics:
		return "interface statistics"
	case blockSecrets:
		return "decryption secrets"
	case blockCustom, blockCustomOwn:
		return "custom"
	case blockJournal:
		return "systemd journal export"
	case blockSysdig, blockSysdig2, blockSysdig2Big:
		return "sysdig event"
	}
	return fmt.Sprintf("unknown 0x%08x", kind)
}
