package needle

import (
	"encoding/base64"
	"strings"
	"unicode/utf16"
)

// encoded gives the finders of text in an encoding.
func encoded(name, text string, fold bool) ([]finder, error) {
	switch name {
	case "utf16le", "utf16be":
		return []finder{newUTF16(name, text, fold)}, nil
	case "percent":
		return []finder{newPercent(text, fold)}, nil
	}
	return newBase64(text)
}

// newUTF16 makes a pattern of text in UTF-16 (RFC 2781).
func newUTF16(name, text string, fold bool) *pattern {
	p := &pattern{encoding: name}
	for _, unit := range utf16.Encode([]rune(text)) {
		bytes, kinds := [2]byte{byte(unit), byte(unit >> 8)}, [2]kind{}
		if l := bytes[0] | 0x20; fold && bytes[1] == 0 && 'a' <= l && l <= 'z' {
			bytes[0], kinds[0] = l, letter
		}
		if name == "utf16be" {
			bytes[0], bytes[1], kinds[0], kinds[1] = bytes[1], bytes[0], kinds[1], kinds[0]
		}
		p.bytes, p.kinds = append(p.bytes, bytes[:]...), append(p.kinds, kinds[:]...)
	}
	p.settle()
	return p
}

// shortestBase64 is how many bytes are needed so that at least four characters are
// known wherever they begin.
const shortestBase64 = 4

// newBase64 makes patterns of text in base64 (RFC 4648, both alphabets). A character
// holds six bits, so there are three ways for text to begin, and the first and last
// character depend on what stands next to it: only those that do not are looked for,
// letters as they are written.
func newBase64(text string) (found []finder, err error) {
	if len(text) < shortestBase64 {
		return nil, refuse("use a longer needle, or leave base64 out", "%d bytes are too few to know base64 by: it needs %d", len(text), shortestBase64)
	}
	for skip := range 3 {
		plain := append(make([]byte, skip, skip+len(text)+2), text...)
		chars := base64.StdEncoding.EncodeToString(append(plain, 0, 0))
		chars = chars[(8*skip+5)/6 : 8*(skip+len(text))/6]
		variants := []string{chars}
		if other := strings.NewReplacer("+", "-", "/", "_").Replace(chars); other != chars {
			variants = append(variants, other)
		}
		for _, v := range variants {
			p := newPattern([]byte(v), false)
			p.encoding = "base64"
			found = append(found, p)
		}
	}
	return found, nil
}

// percent finds text with some of its bytes percent-encoded (RFC 3986, section 2.1), or
// spaces as +, as forms are sent.
type percent struct {
	text []byte // folded if fold
	fold bool
	pure []pattern // what a match holds one of
}

func newPercent(text string, fold bool) *percent {
	p := &percent{text: []byte(text), fold: fold, pure: []pattern{*newPattern([]byte("%"), false)}}
	if fold {
		p.text = appendFolded(nil, p.text)
	}
	if strings.Contains(text, " ") {
		p.pure = append(p.pure, *newPattern([]byte("+"), false))
	}
	return p
}

func (p *percent) find(s *Searcher, text []byte, from int) (m Match, ok bool) {
	for at := from; at < len(text); {
		next := nextOf(p.pure, text, at) // the first encoded byte that is left
		if next < 0 {
			break
		}
		for start := max(from, next-len(p.text)+1); start <= next; start++ {
			if end, some := p.match(text, start); some {
				return Match{Start: start, End: end, Encoding: "percent"}, true
			}
		}
		at, from = next+1, max(from, next-len(p.text)+1)
	}
	return m, false
}

// match reports whether the text stands at a place, with a byte of it encoded, and
// where it ends.
func (p *percent) match(text []byte, at int) (end int, some bool) {
	for _, want := range p.text {
		if at >= len(text) {
			return 0, false
		}
		c, n := text[at], 1
		switch {
		case c == '%' && at+2 < len(text):
			high, ok := hexDigit(text[at+1])
			low, ok2 := hexDigit(text[at+2])
			if ok && ok2 {
				c, n = high<<4|low, 3
			}
		case c == '+' && want == ' ':
			c, some = ' ', true
		}
		if p.fold && 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if c != want {
			return 0, false
		}
		at, some = at+n, some || n > 1
	}
	return at, some
}

func (p *percent) reach() int                  { return 3 * len(p.text) }
func (p *percent) literals() []pattern         { return p.pure }
func (p *percent) anchored() (begin, end bool) { return false, false }
