package proto

import (
	"strings"
	"unicode/utf8"
)

// ascii adds a text field that Wireshark takes for ASCII (asciiText).
func (m *Message) ascii(field int, value string) { m.Str(field, asciiText(value)) }

// asciiText gives bytes as text, with a replacement character for each that is not
// ASCII.
func asciiText[T string | []byte](b T) string {
	odd := 0
	for i := range len(b) {
		if b[i] >= utf8.RuneSelf {
			odd++
		}
	}
	if odd == 0 {
		return string(b)
	}
	var t strings.Builder
	t.Grow(len(b) + 2*odd)
	for i := range len(b) {
		if b[i] < utf8.RuneSelf {
			t.WriteByte(b[i])
		} else {
			t.WriteRune(utf8.RuneError)
		}
	}
	return t.String()
}
