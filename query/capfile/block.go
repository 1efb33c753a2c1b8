package capfile

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"
)

// Block types and option codes of pcapng (draft-ietf-opsawg-pcapng, sections
// 3.5, 4 and 11.1).
const (
	blockSection   = 0x0a0d0d0a
	blockInterface = 1
	blockSimple    = 3
	blockNames     = 4
	blockEnhanced  = 6
	blockJournal   = 9

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

	recordIPv4 = 1 // name resolution
	recordIPv6 = 2
)

const (
	maxOption  = 1<<16 - 1 // bytes of one option: its length has 16 bits
	maxOptions = 128 << 10 // bytes of all options of a block; Wireshark wants no more
	keepBytes  = 4 << 20   // a larger buffer is not kept for the next block
)

// block is one pcapng block in the making. All blocks are made in one buffer.
type block struct {
	b       []byte
	options int // bytes of options so far
}

// begin starts a block: type and room for the total length.
func (k *block) begin(kind uint32) {
	if cap(k.b) > keepBytes {
		k.b = nil
	}
	k.b, k.options = k.b[:0], 0
	k.u32(kind)
	k.u32(0)
}

func (k *block) u16(v uint16) { k.b = binary.LittleEndian.AppendUint16(k.b, v) }
func (k *block) u32(v uint32) { k.b = binary.LittleEndian.AppendUint32(k.b, v) }

// padded appends data and fills up to 32 bits.
func (k *block) padded(data ...string) {
	for _, d := range data {
		k.b = append(k.b, d...)
	}
	k.pad()
}

func (k *block) pad() { k.b = append(k.b, make([]byte, -len(k.b)&3)...) }

// option appends an option, and reports whether there was room for it.
func (k *block) option(code uint16, value string) bool {
	size := 4 + (len(value)+3)&^3
	if len(value) > maxOption || k.options+size > maxOptions {
		return false
	}
	k.options += size
	k.u16(code)
	k.u16(uint16(len(value)))
	k.padded(value)
	return true
}

// text appends a text option unless the text is empty. What an option cannot
// hold of it is cut off.
func (k *block) text(code uint16, s string) {
	if s != "" {
		k.option(code, s[:cut(s, maxOption)])
	}
}

// comment appends a comment, and reports whether there was room for it. One that
// is longer than an option becomes several.
func (k *block) comment(s string) bool {
	for len(s) > maxOption {
		n := cut(s, maxOption)
		if !k.option(optComment, s[:n]) {
			return false
		}
		s = s[n:]
	}
	return k.option(optComment, s)
}

// end closes the list of options, if there is one, sets both lengths and gives
// the block.
func (k *block) end() []byte {
	if k.options > 0 {
		k.u32(0)
	}
	size := uint32(len(k.b) + 4)
	binary.LittleEndian.PutUint32(k.b[4:], size)
	k.u32(size)
	return k.b
}

// cut gives the length of the longest start of s that has at most limit bytes
// and does not end within a character.
func cut(s string, limit int) int {
	if len(s) <= limit {
		return len(s)
	}
	for n := limit; n > limit-utf8.UTFMax; n-- {
		if utf8.RuneStart(s[n]) {
			return n
		}
	}
	return limit // no UTF-8
}

// beforeNUL gives the part of a text that a format with NUL at the end of texts
// can hold.
func beforeNUL(s string) string {
	s, _, _ = strings.Cut(s, "\x00")
	return s
}
