package proto

import (
	"encoding/binary"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of a name.
const (
	// maxNameText is the longest text of a name that Wireshark shows. Real names have
	// 253 bytes at most (RFC 1035, section 2.3.4).
	maxNameText = 255
	// maxNameWalk bounds the way through compression pointers: a name that is longer
	// loops.
	maxNameWalk = 4 << 10
)

// Texts that stand for names that cannot be shown, Wireshark's.
const (
	nameRoot  = "<Root>"
	nameLoops = "<Name contains a pointer that loops>"
	nameLong  = "<Name too long>"
)

// dnsName is a name of a message.
type dnsName struct {
	text  string // as Wireshark shows it
	raw   int    // bytes of the text before what cannot be printed was escaped
	first int    // bytes of the first label
}

// readName reads the name at a place of a message, which may be compressed (RFC
// 1035, section 4.1.4), and tells where it ends. ok is false if the message ends
// within it, or it has a label of an unknown kind.
func readName(b []byte, at int) (n dnsName, end int, ok bool) {
	w := nameWalk{b: b, at: at, end: -1}
	for {
		size, more, ok := w.label()
		switch {
		case !ok:
			return n, w.at, false
		case w.walked > maxNameWalk:
			return textName(nameLoops), w.finish(), true
		case !more && len(w.text) > maxNameText:
			return textName(nameLong), w.finish(), true
		case !more && len(w.text) == 0:
			return textName(nameRoot), w.finish(), true
		case !more:
			n.raw, n.text = len(w.text), nameText(w.text)
			return n, w.finish(), true
		case len(w.text) > maxNameText: // goes on for its end alone
		case len(w.text) == 0:
			n.first = size
		default:
			w.text = append(w.text, '.')
		}
		if len(w.text) <= maxNameText {
			w.text = append(w.text, b[w.at-size:w.at]...)
		}
	}
}

// textName is a text that stands for a name.
func textName(s string) dnsName { return dnsName{text: s, raw: len(s), first: len(s)} }

// nameWalk goes through the labels of a name.
type nameWalk struct {
	b      []byte
	at     int
	end    int // behind the first pointer, -1: none so far
	walked int // bytes
	text   []byte
}

// finish gives the end of the name at the place that it began at.
func (w *nameWalk) finish() int {
	if w.end >= 0 {
		return w.end
	}
	return w.at
}

// label goes behind the next label and gives its length. more is false at the end of
// the name.
func (w *nameWalk) label() (size int, more, ok bool) {
	for {
		if w.at >= len(w.b) {
			return 0, false, false
		}
		size = int(w.b[w.at])
		w.at++
		w.walked += 1 + size
		switch {
		case size == 0:
			return 0, false, true
		case size < 64 && size <= len(w.b)-w.at:
			w.at += size
			return size, true, true
		case size < 0xc0 || w.at >= len(w.b):
			return 0, false, false
		}
		to := int(binary.BigEndian.Uint16(w.b[w.at-1:]) & 0x3fff)
		if w.at++; w.end < 0 {
			w.end = w.at
		}
		if w.at = to; w.walked > maxNameWalk {
			return 0, true, true
		}
	}
}

// nameText writes the bytes of a name as Wireshark does: what is UTF-8 as it is, a
// replacement character for what is not, control characters escaped.
func nameText(b []byte) string {
	plain := true
	for _, c := range b {
		if c < ' ' || c > '~' {
			plain = false
			break
		}
	}
	if plain {
		return string(b)
	}
	var s strings.Builder
	for _, r := range utf8Text(b) {
		switch i := strings.IndexRune("\a\b\f\n\r\t\v", r); {
		case i >= 0:
			s.WriteByte('\\')
			s.WriteByte("abfnrtv"[i])
		case r < ' ' || r == 0x7f:
			s.Write([]byte{'\\', '0' + byte(r>>6), '0' + byte(r>>3&7), '0' + byte(r&7)})
		case unicode.IsPrint(r) || r == utf8.RuneError:
			s.WriteRune(r)
		default:
			s.WriteString(unprintable(r))
		}
	}
	return s.String()
}

// unprintable escapes a character in hexadecimal digits.
func unprintable(r rune) string {
	const digits = "0123456789abcdef"
	out, width := []byte(`\u`), 4
	if r > 0xffff {
		out, width = []byte(`\U`), 8
	}
	for i := width - 1; i >= 0; i-- {
		out = append(out, digits[r>>(4*i)&15])
	}
	return string(out)
}

// utf8Text gives bytes as text: each maximal part of a sequence that is not UTF-8 is
// replaced by one replacement character, as the Unicode standard recommends.
func utf8Text(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	var s strings.Builder
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			n = brokenSequence(b)
		}
		s.WriteRune(r)
		b = b[n:]
	}
	return s.String()
}

// brokenSequence gives the length of the part at the front that could have begun a
// sequence.
func brokenSequence(b []byte) int {
	low, high, want := byte(0x80), byte(0xbf), 0
	switch c := b[0]; {
	case c >= 0xc2 && c <= 0xdf:
		want = 1
	case c >= 0xe0 && c <= 0xef:
		want = 2
	case c >= 0xf0 && c <= 0xf4:
		want = 3
	}
	switch b[0] {
	case 0xe0:
		low = 0xa0
	case 0xed:
		high = 0x9f
	case 0xf0:
		low = 0x90
	case 0xf4:
		high = 0x8f
	}
	n := 1
	for n <= want && n < len(b) && b[n] >= low && b[n] <= high {
		n, low, high = n+1, 0x80, 0xbf
	}
	return n
}
