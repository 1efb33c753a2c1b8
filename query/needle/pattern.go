package needle

import (
	"bytes"
	"encoding/binary"
	"strconv"
)

// pattern is text of a fixed length, of which some bytes may be letters in either case
// and some anything.
type pattern struct {
	bytes    []byte // letters that fold in lower case
	kinds    []kind
	folds    bool // it has letters that fold
	holes    bool // it has bytes that may be anything
	core     []byte
	probe    probe // of core
	at       int   // where core, its longest part without holes, lies in it
	encoding string
}

// kind says what a byte of a pattern stands for.
type kind uint8

const (
	exact  kind = iota
	letter      // an ASCII letter in either case
	anything
)

// newPattern makes a pattern of text; fold lets its ASCII letters match in either case.
func newPattern(text []byte, fold bool) *pattern {
	p := &pattern{bytes: bytes.Clone(text), kinds: make([]kind, len(text))}
	for i, c := range p.bytes {
		if l := c | 0x20; fold && 'a' <= l && l <= 'z' {
			p.bytes[i], p.kinds[i] = l, letter
		}
	}
	p.settle()
	return p
}

// settle derives what the bytes and kinds say.
func (p *pattern) settle() {
	p.folds, p.holes, p.core, p.at = false, false, nil, 0
	for from := 0; from < len(p.bytes); {
		end := from
		for end < len(p.bytes) && p.kinds[end] != anything {
			p.folds = p.folds || p.kinds[end] == letter
			end++
		}
		if end-from > len(p.core) {
			p.core, p.at = p.bytes[from:end], from
		}
		if end < len(p.bytes) {
			p.holes = true
		}
		from = end + 1
	}
	if p.folds { // it is looked for in folded text
		p.core = appendFolded(nil, p.core)
	}
	p.probe = newProbe(p.core, p.folds)
}

// index gives the first place of the pattern's core in a text, less what stands before
// it in the pattern. -1: not there. A core that folds may be found where a byte that
// does not fold differs in case.
func (p *pattern) index(text []byte) int {
	if p.at > len(text) {
		return -1
	}
	return p.probe.index(text[p.at:])
}

// matches reports whether text begins with the pattern.
func (p *pattern) matches(text []byte) bool {
	if len(text) < len(p.bytes) {
		return false
	}
	for i, k := range p.kinds {
		c := text[i]
		if k == letter {
			c |= 0x20
		}
		if k != anything && c != p.bytes[i] {
			return false
		}
	}
	return true
}

func (p *pattern) find(_ *Searcher, text []byte, from int) (m Match, ok bool) {
	one := [1]pattern{*p}
	for from+len(p.bytes) <= len(text) {
		at := nextOf(one[:], text, from)
		if at < 0 {
			break
		}
		if p.matches(text[at:]) {
			return Match{Start: at, End: at + len(p.bytes), Encoding: p.encoding}, true
		}
		from = at + 1
	}
	return m, false
}

func (p *pattern) reach() int                  { return len(p.bytes) }
func (p *pattern) literals() []pattern         { return []pattern{*p} }
func (p *pattern) anchored() (begin, end bool) { return false, false }

func (p *pattern) String() string {
	text := strconv.QuoteToASCII(string(p.core))
	if p.folds {
		text += " in either case"
	}
	return text
}

// appendFolded appends text to dst with ASCII capitals made small, eight bytes at a
// time: adding to the seven low bits of each carries into the eighth where a byte is
// 'A' or more, and where it is above 'Z'.
func appendFolded(dst, text []byte) []byte {
	const (
		low, high = 0x7f7f7f7f7f7f7f7f, 0x8080808080808080
		fromA     = (0x80 - 'A') * (low / 0x7f)
		aboveZ    = (0x7f - 'Z') * (low / 0x7f)
	)
	n := len(dst)
	if cap(dst)-n < len(text) {
		dst = append(make([]byte, 0, n+len(text)), dst...)
	}
	dst = dst[:n+len(text)]
	out := dst[n:]
	for len(text) >= 8 && len(out) >= 8 {
		w := binary.LittleEndian.Uint64(text)
		capital := ((w&low + fromA) ^ (w&low + aboveZ)) & ^w & high
		binary.LittleEndian.PutUint64(out, w|capital>>2)
		text, out = text[8:], out[8:]
	}
	for i, c := range text {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		out[i] = c
	}
	return dst
}
