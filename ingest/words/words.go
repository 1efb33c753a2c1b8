// Package words finds the words of payload bytes that a word index is worth its
// room for. It is pure: bytes in, words out, no state beyond what the caller
// holds.
//
// A word is a run of 2 to 20 letters or of 2 to 4 ASCII digits, inside a
// printable run of at least 4 characters, in lower case. "example3.com" is the
// words "example" and "com", "HTTP/1.1 404" is "http" and "404". Identifiers,
// hexadecimal and base64 fall apart into little or nothing: a scan of the stored
// packets finds them, the index would be three times as large with them.
//
// Split cuts a text, Set collects the words of a chunk once each, Gate decides
// which bytes of a direction are worth looking at.
package words

import (
	"unicode"
	"unicode/utf8"
)

// Bounds of words, in characters.
const (
	minLetters, maxLetters = 2, 20
	minDigits, maxDigits   = 2, 4
	minPrintable           = 4
)

// MaxBytes bounds the length of a word: 20 letters, in UTF-8.
const MaxBytes = maxLetters * utf8.UTFMax

// Word is one word of a text.
type Word struct {
	Text       []byte // lower case; valid until yield returns
	Start, End int    // where it stands in the text
}

// What a character is to the splitter.
const (
	binary = '.' // ends a printable run
	mark   = '-' // printable, of no word
	letter = 'a'
	digit  = '0'
)

// classes tells it of every byte below 0x80.
const classes = "" +
	".........--..-.................." +
	"----------------0000000000------" +
	"-aaaaaaaaaaaaaaaaaaaaaaaaaa-----" +
	"-aaaaaaaaaaaaaaaaaaaaaaaaaa----."

// at tells it of the character at data[i], and its length.
func at(data []byte, i int) (class byte, length int) {
	if c := data[i]; c < utf8.RuneSelf {
		return classes[c], 1
	}
	r, n := utf8.DecodeRune(data[i:])
	switch {
	case r == utf8.RuneError:
		return binary, 1
	case unicode.IsLetter(r):
		return letter, n
	case unicode.IsPrint(r), unicode.Is(unicode.Mn, r):
		return mark, n
	}
	return binary, n
}

// Split calls yield for the words of a text, in order.
func Split(text []byte, yield func(Word)) {
	split(text, minPrintable, yield)
}

// SplitQuery calls yield for the words of what somebody asks for, in order: it
// is split as a text is, but may be shorter than a printable run has to be.
func SplitQuery(text []byte, yield func(Word)) {
	split(text, 1, yield)
}

func split(text []byte, printable int, yield func(Word)) {
	var lower [MaxBytes]byte
	for i := 0; i < len(text); {
		start, chars := i, 0 // of a printable run
		for i < len(text) {
			if c := text[i]; c < utf8.RuneSelf {
				if classes[c] == binary {
					break
				}
				i, chars = i+1, chars+1
				continue
			}
			c, n := at(text, i)
			if c == binary {
				break
			}
			i, chars = i+n, chars+1
		}
		if chars >= printable {
			splitRun(text[:i], start, &lower, yield)
		}
		i++ // what ends a run is one byte, or the first of a character that follows as others that end it
	}
}

// splitRun gives the words of the printable run text[i:].
func splitRun(text []byte, i int, lower *[MaxBytes]byte, yield func(Word)) {
	for i < len(text) {
		kind, n := at(text, i)
		switch kind {
		case letter:
			i = letters(text, i, lower, yield)
		case digit:
			start := i
			for i < len(text) && '0' <= text[i] && text[i] <= '9' {
				i++
			}
			if n := i - start; minDigits <= n && n <= maxDigits {
				yield(Word{Text: text[start:i], Start: start, End: i})
			}
		default:
			i += n
		}
	}
}

// letters gives the word of the letters from text[start] on, and where they end.
func letters(text []byte, start int, lower *[MaxBytes]byte, yield func(Word)) (end int) {
	chars, length, i := 0, 0, start
	for i < len(text) {
		n := 1
		if c := text[i] | 0x20; 'a' <= c && c <= 'z' {
			if chars < maxLetters {
				lower[length] = c
				length++
			}
		} else {
			if c, n = at(text, i); c != letter {
				break
			}
			if chars < maxLetters {
				r, _ := utf8.DecodeRune(text[i:])
				length += utf8.EncodeRune(lower[length:], unicode.ToLower(r))
			}
		}
		i, chars = i+n, chars+1
	}
	if minLetters <= chars && chars <= maxLetters {
		yield(Word{Text: lower[:length], Start: start, End: i})
	}
	return i
}

// Boundary gives the last place in text, at most back bytes before its end,
// where no word is cut; len(text) if there is none.
func Boundary(text []byte, back int) int {
	for i := len(text); i > max(0, len(text)-back); i-- {
		if c := text[i-1]; c < utf8.RuneSelf && classes[c] != letter && classes[c] != digit {
			return i
		}
	}
	return len(text)
}
