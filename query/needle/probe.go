package needle

import (
	"bytes"
	"strings"
)

// probe is how a row of bytes is looked for: by the one of them that is seen least
// often, in both cases if case does not count.
type probe struct {
	bytes []byte // small letters if folds
	folds bool
	at    int // place of the rare byte
	check int // and of another one, compared next
}

func newProbe(b []byte, folds bool) probe {
	p := probe{bytes: b, folds: folds}
	cost := func(i int) int {
		c := frequency(b[i])
		if folds && isSmall(b[i]) {
			c += frequency(b[i]-'a'+'A') + 30 // two bytes to look for
		}
		return c
	}
	for i := range b {
		if cost(i) < cost(p.at) {
			p.at = i
		}
	}
	for i := range b {
		if p.check == p.at || i != p.at && cost(i) < cost(p.check) {
			p.check = i
		}
	}
	return p
}

func isSmall(c byte) bool { return 'a' <= c && c <= 'z' }

// frequency says how often a byte is seen in payload: 0 is seldom. The order of
// letters is that of English.
func frequency(c byte) int {
	const letters = "zqjxkvbpygfwmucldrhsnioate"
	switch {
	case c == 0:
		return 250
	case c == ' ', c == 0xff:
		return 200
	case isSmall(c):
		return 40 + 6*strings.IndexByte(letters, c)
	case isSmall(c | 0x20):
		return 40 + strings.IndexByte(letters, c|0x20)
	case c >= '0' && c <= '9', c < 8, strings.IndexByte("\r\n=-/.\":,", c) >= 0:
		return 60
	}
	return 10
}

// index gives the first place of the bytes in a text; -1: they are not there.
func (p *probe) index(text []byte) int {
	last := len(text) - len(p.bytes)
	if last < 0 || len(p.bytes) == 0 {
		return min(last, 0)
	}
	text = text[:last+len(p.bytes)]
	low := walker{text[:last+p.at+1], p.bytes[p.at], p.at - 1}
	high := walker{at: -1}
	low.next()
	if p.folds && isSmall(low.c) {
		high = walker{low.text, low.c - 'a' + 'A', p.at - 1}
		high.next()
	}
	for low.at >= 0 || high.at >= 0 {
		w := &low
		if low.at < 0 || high.at >= 0 && high.at < low.at {
			w = &high
		}
		if at := w.at - p.at; p.is(text[at : at+len(p.bytes)]) {
			return at
		}
		w.next()
	}
	return -1
}

// walker walks the places of a byte; at is -1 behind the last.
type walker struct {
	text []byte
	c    byte
	at   int
}

func (w *walker) next() {
	from := w.at + 1
	if w.at = bytes.IndexByte(w.text[from:], w.c); w.at >= 0 {
		w.at += from
	}
}

// is compares a text of the same length.
func (p *probe) is(text []byte) bool {
	if !p.folds {
		return text[p.check] == p.bytes[p.check] && bytes.Equal(text, p.bytes)
	}
	if small(text[p.check]) != p.bytes[p.check] {
		return false
	}
	for i, c := range text {
		if small(c) != p.bytes[i] {
			return false
		}
	}
	return true
}

func small(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c | 0x20
	}
	return c
}
