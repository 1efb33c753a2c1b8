package needle

import "strings"

// parseHex reads bytes as pairs of hexadecimal digits, with spaces, colons, dashes and
// 0x between pairs; ?? stands for any byte.
func parseHex(text string) (finder, error) {
	p := &pattern{}
	known := false
	for i := 0; i < len(text); {
		if strings.ContainsRune(" \t:-,", rune(text[i])) {
			i++
			continue
		}
		if len(text)-i > 2 && text[i] == '0' && text[i+1]|0x20 == 'x' {
			i += 2
		}
		if len(text)-i < 2 || strings.ContainsRune(" \t:-,", rune(text[i+1])) {
			return nil, refuse("write two for each byte, as in de ad be ef", "the hexadecimal digit at position %d stands alone", i+1)
		}
		if text[i] == '?' && text[i+1] == '?' {
			p.bytes, p.kinds, i = append(p.bytes, 0), append(p.kinds, anything), i+2
			continue
		}
		value := byte(0)
		for _, c := range []byte(text[i : i+2]) {
			d, ok := hexDigit(c)
			if !ok {
				return nil, refuse("use the digits 0-9 and a-f, or ?? for any byte", "%q at position %d is no hexadecimal digit", c, i+1)
			}
			value, i = value<<4|d, i+1
		}
		p.bytes, p.kinds, known = append(p.bytes, value), append(p.kinds, exact), true
	}
	if !known {
		return nil, refuse("at least one byte has to be known", "the needle says nothing")
	}
	p.settle()
	return p, nil
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return (c | 0x20) - 'a' + 10, true
	}
	return 0, false
}
