package query

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf8"
)

// show fills Bytes from Data.
func (c *FollowChunk) show(format string) {
	switch format {
	case "hex":
		c.Bytes = hex.EncodeToString(c.Data)
	case "raw":
		c.Bytes = base64.StdEncoding.EncodeToString(c.Data)
	default:
		c.Bytes = hidden(c.Data, within(c.secrets, 0, len(c.Data)), PlainText)
	}
}

// PlainText shows bytes as text: what can be printed as it is, also beyond ASCII
// where it is UTF-8; tabs and line ends (CR LF as one); a dot for any other byte.
func PlainText(data []byte) string {
	var b strings.Builder
	b.Grow(len(data))
	for len(data) > 0 {
		r, n := utf8.DecodeRune(data)
		switch {
		case r == '\r' && len(data) > 1 && data[1] == '\n':
		case r == '\n', r == '\t', r != utf8.RuneError && unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			b.WriteByte('.')
		}
		data = data[n:]
	}
	return b.String()
}

// Cut shortens the answer to its first rows and the first n bytes of one more; at
// least a byte stays. It goes on behind them.
func (a *FollowAnswer) Cut(rows, n int) {
	if rows >= len(a.Rows) {
		return
	}
	c := &a.Rows[rows]
	if n = min(n, len(c.Data)); rows == 0 {
		n = min(max(n, 1), len(c.Data))
	}
	a.NextOffset = c.at + uint64(n)
	if a.Rows = a.Rows[:rows]; n > 0 {
		c.Data, c.Length = c.Data[:n], uint64(n)
		c.show(a.Format)
		a.Rows = a.Rows[:rows+1]
	}
}
