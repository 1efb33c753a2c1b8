package source

// Option codes (draft-ietf-opsawg-pcapng, sections 3.5 and 4).
const (
	optEnd     = 0
	optComment = 1

	optHardware    = 2 // section header
	optOS          = 3
	optApplication = 4

	optIfName        = 2
	optIfDescription = 3
	optIfTsresol     = 9
	optIfFilter      = 11
	optIfOS          = 12
	optIfTsoffset    = 14
	optIfHardware    = 15

	optPacketFlags   = 2
	optPacketDrops   = 4
	optPacketID      = 5
	optPacketQueue   = 6
	optPacketVerdict = 7

	optStatReceived  = 4
	optStatDropped   = 5
	optStatOSDropped = 7

	optCustomText    = 2988
	optCustomBytes   = 2989
	optCustomTextOwn = 19372
	optCustomByteOwn = 19373
)

// options walks a list of options: code and length (u16 each), value, padding
// to a multiple of four. It ends with optEnd or with the block.
type options struct {
	ng   *pcapng
	left []byte
	// cut says that the list may be cut off by the window, and is no worse for
	// ending anywhere.
	cut bool
	bad string // what is wrong with the list, "" if nothing
}

// next returns the next option. Behind the last one ok is false, and bad says
// whether the list is broken. Custom options need room for an enterprise number
// in all blocks.
func (o *options) next() (code uint16, value []byte, ok bool) {
	if len(o.left) == 0 {
		return 0, nil, false
	}
	if len(o.left) < 4 {
		o.fail("an option header is cut off")
		return 0, nil, false
	}
	code = o.ng.u16(o.left)
	size := int(o.ng.u16(o.left[2:]))
	padded := (size + 3) &^ 3
	if padded > len(o.left)-4 {
		o.fail("an option is longer than its block")
		return 0, nil, false
	}
	value = o.left[4 : 4+size]
	o.left = o.left[4+padded:]
	switch code {
	case optEnd:
		return 0, nil, false
	case optCustomText, optCustomBytes, optCustomTextOwn, optCustomByteOwn:
		if size < 4 {
			o.bad = "a custom option has no enterprise number"
			return 0, nil, false
		}
	}
	return code, value, true
}

// drain walks the list only to see whether it is broken.
func (o *options) drain() {
	for ok := true; ok; {
		_, _, ok = o.next()
	}
}

func (o *options) fail(what string) {
	if !o.cut {
		o.bad = what
	}
	o.left = nil
}

// badOptions ends the frames if a list of options was broken.
func (r *Reader) badOptions(blk block, bad string) bool {
	if bad != "" {
		r.damage(damageGarbage, blk.at, "in a block (%s) %s", blockName(blk.kind), bad)
		return true
	}
	return false
}

// badPacketOptions checks the options of a packet block, with the lengths that
// Wireshark insists on. whole says that the list is not cut by a window.
func (r *Reader) badPacketOptions(blk block, list []byte, whole bool) bool {
	if len(list) == 0 || blk.kind == blockSimple {
		return false
	}
	o := options{ng: &r.ng, left: list, cut: !whole}
	for code, v, ok := o.next(); ok; code, v, ok = o.next() {
		if badPacketOption(code, v) {
			o.bad = "an option has the wrong length"
			break
		}
	}
	return r.badOptions(blk, o.bad)
}

// badPacketOption checks the length of one packet option.
func badPacketOption(code uint16, v []byte) bool {
	switch code {
	case optPacketFlags, optPacketQueue:
		return len(v) != 4
	case optPacketDrops, optPacketID:
		return len(v) != 8
	case optPacketVerdict: // type 0 is of any length, 1 and 2 have a u64
		return len(v) < 1 || (v[0] == 1 || v[0] == 2) && len(v) != 9
	}
	return false
}
