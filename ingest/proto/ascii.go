package proto

import (
	"strings"
	"unicode/utf8"
)

// ascii adds a text field that Wireshark takes for ASCII: every other byte is shown
// as U+FFFD.
func (m *Message) ascii(field int, value string) {
	odd := 0
	for i := range len(value) {
		if value[i] >= utf8.RuneSelf {
			odd++
		}
	}
	if odd == 0 {
		m.Str(field, value)
		return
	}
	var t strings.Builder
	t.Grow(len(value) + 2*odd)
	for i := range len(value) {
		if value[i] < utf8.RuneSelf {
			t.WriteByte(value[i])
		} else {
			t.WriteRune(utf8.RuneError)
		}
	}
	m.Str(field, t.String())
}
