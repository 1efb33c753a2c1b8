package query

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"pcapidx/ingest/jsonrpc"
)

// mcpOddText is a text that a model reads, with characters that people do not see.
type mcpOddText struct {
	what   string // "tool 3"
	counts mcpCharacters
}

// mcpCharacters counts the characters of a text that are made to be overlooked, and its
// length in bytes.
type mcpCharacters struct {
	invisible int // zero widths, joiners, variation selectors, fillers
	direction int // marks that turn the direction of writing
	tags      int // the tag characters of plane 14
	control   int // control characters, escapes among them
	bytes     int
}

// mcpLongText is above how many bytes a description is noted for its length.
const mcpLongText = 4096

// descriptions looks at the texts of a result that a server gives to a model.
func (p *mcpMessage) descriptions(m map[string][]byte) {
	look := func(what, text string) {
		c := countCharacters(text)
		if c.odd() && len(p.odd) < 64 {
			p.odd = append(p.odd, mcpOddText{what, c})
		}
	}
	if s, ok := jsonrpc.Text(m["instructions"]); ok {
		look("instructions", s)
	}
	for _, list := range []string{"tools", "prompts"} {
		for i, e := range jsonrpc.Elements(m[list], 1000) {
			what := fmt.Sprintf("%s %d", strings.TrimSuffix(list, "s"), i+1)
			text := textAt(e, "name") + textAt(e, "title") + textAt(e, "description")
			jsonrpc.Members(jsonrpc.Lookup(e, "inputSchema", "properties"), func(key string, value []byte) bool {
				text += key + textAt(value, "description")
				return true
			})
			look(what, text)
		}
	}
}

func (c *mcpCharacters) odd() bool {
	return c.invisible+c.direction+c.tags+c.control > 0 || c.bytes > mcpLongText
}

func countCharacters(text string) (c mcpCharacters) {
	c.bytes = len(text)
	for _, r := range text {
		switch {
		case r >= 0xe0000 && r <= 0xe007f:
			c.tags++
		case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x200e, r == 0x200f, r == 0x061c:
			c.direction++
		case r >= 0x200b && r <= 0x200d, r == 0x2060, r == 0xfeff, r == 0x034f, r == 0x180e, r >= 0xe0100 && r <= 0xe01ef, r == 0x115f, r == 0x1160, r == 0x3164, r == 0xffa0:
			c.invisible++
		case unicode.IsControl(r) && !slices.Contains([]rune{'\n', '\r', '\t'}, r):
			c.control++
		}
	}
	return c
}

// words says what was counted.
func (c *mcpCharacters) words() string {
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{{c.invisible, "invisible characters"}, {c.direction, "marks of writing direction"}, {c.tags, "tag characters"}, {c.control, "control characters"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	if c.bytes > mcpLongText {
		parts = append(parts, fmt.Sprintf("%d bytes", c.bytes))
	}
	return strings.Join(parts, ", ")
}
