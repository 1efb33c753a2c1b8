package source

import (
	"slices"
	"strings"
	"unicode/utf8"

	"pcapidx/index"
)

// Limits of FileInfo. What exceeds them is left out of the description and
// named in FileInfo.Capped; the bytes and the frames are not touched.
const (
	maxInterfaces    = 1 << 16  // interfaces described, and interfaces of one section
	maxSections      = 1 << 16  // sections described
	maxText          = 1 << 10  // bytes of one text
	maxTexts         = 16 << 20 // bytes of all texts together
	maxFrameComments = 10_000
	maxNames         = 10_000
	maxBlockKinds    = 64 // different unknown block types counted on their own
	textOverhead     = 32 // counted for each text, so that empty ones run out too
)

// limits keeps a FileInfo within its bounds.
type limits struct {
	info  *index.FileInfo
	texts int               // bytes used of maxTexts
	extra map[uint32]uint32 // entries that stand for a link type, see standIn
}

// capped notes that something was left out.
func (l *limits) capped(what string) {
	if !slices.Contains(l.info.Capped, what) {
		l.info.Capped = append(l.info.Capped, what)
	}
}

// text copies a text out of the capture as valid UTF-8 without trailing NULs.
// ok is false if there is no room for it.
func (l *limits) text(b []byte) (s string, ok bool) {
	for len(b) > 0 && b[len(b)-1] == 0 {
		b = b[:len(b)-1]
	}
	if len(b) > maxText {
		b = b[:maxText]
		for i := 1; i < utf8.UTFMax; i++ { // do not leave a half character at the cut
			if last := b[len(b)-i:]; utf8.RuneStart(last[0]) {
				if !utf8.FullRune(last) {
					b = b[:len(b)-i]
				}
				break
			}
		}
		l.capped("texts")
	}
	if l.texts+len(b)+textOverhead > maxTexts {
		l.capped("texts")
		return "", false
	}
	l.texts += len(b) + textOverhead
	return strings.ToValidUTF8(string(b), "\uFFFD"), true
}

// setText stores a text unless there is one; Wireshark too takes the first of
// repeated options.
func (l *limits) setText(dst *string, b []byte) {
	if *dst == "" {
		*dst, _ = l.text(b)
	}
}

// addText appends a text to a list.
func (l *limits) addText(dst *[]string, b []byte) {
	if s, ok := l.text(b); ok {
		*dst = append(*dst, s)
	}
}

// addInterface adds an interface and returns its index. Behind the limit all
// interfaces of one link type share one entry.
func (l *limits) addInterface(i *index.Interface) uint32 {
	if len(l.info.Interfaces) < maxInterfaces {
		l.info.Interfaces = append(l.info.Interfaces, *i)
		return uint32(len(l.info.Interfaces) - 1)
	}
	l.capped("interfaces")
	return l.standIn(i.LinkType, -1, i.BigEndian)
}

// standIn returns the index of the entry that stands for a link type as a
// whole: its ID is -1, and its section is that of its first use.
func (l *limits) standIn(link uint32, section int, big bool) uint32 {
	if n, ok := l.extra[link]; ok {
		return n
	}
	if l.extra == nil {
		l.extra = make(map[uint32]uint32)
	}
	n := uint32(len(l.info.Interfaces))
	l.info.Interfaces = append(l.info.Interfaces, index.Interface{
		Section: section, ID: -1, LinkType: link,
		Format: index.FormatPcapng, BigEndian: big, Resolution: 6,
	})
	l.extra[link] = n
	return n
}

// addSection adds a section to the description.
func (l *limits) addSection(s *index.Section) {
	if len(l.info.Sections) == maxSections {
		l.capped("sections")
		return
	}
	l.info.Sections = append(l.info.Sections, *s)
}

// countBlock counts a block by name.
func (l *limits) countBlock(name string) {
	if l.info.Blocks == nil {
		l.info.Blocks = make(map[string]int)
	}
	if _, ok := l.info.Blocks[name]; !ok && len(l.info.Blocks) >= maxBlockKinds {
		l.capped("block types")
		name = "unknown"
	}
	l.info.Blocks[name]++
}

// countSecrets counts a Decryption Secrets Block.
func (l *limits) countSecrets(name string) {
	if l.info.Secrets == nil {
		l.info.Secrets = make(map[string]int)
	}
	l.info.Secrets[name]++
}
