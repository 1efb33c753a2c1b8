package payload

import "encoding/binary"

// Numbers at an offset; 0 beyond the end.

func u8(b []byte, at int) uint8 {
	if at < 0 || at >= len(b) {
		return 0
	}
	return b[at]
}

func be16(b []byte, at int) int {
	if at < 0 || at+2 > len(b) {
		return 0
	}
	return int(binary.BigEndian.Uint16(b[at:]))
}

func be24(b []byte, at int) int { return be16(b, at)<<8 | int(u8(b, at+2)) }

func be32(b []byte, at int) uint32 {
	if at < 0 || at+4 > len(b) {
		return 0
	}
	return binary.BigEndian.Uint32(b[at:])
}

func le16(b []byte, at int) int {
	if at < 0 || at+2 > len(b) {
		return 0
	}
	return int(binary.LittleEndian.Uint16(b[at:]))
}

func le32(b []byte, at int) uint32 {
	if at < 0 || at+4 > len(b) {
		return 0
	}
	return binary.LittleEndian.Uint32(b[at:])
}

// hasAt reports whether text stands in b at an offset.
func hasAt(b []byte, at int, text string) bool {
	return at >= 0 && at+len(text) <= len(b) && string(b[at:at+len(text)]) == text
}

// printable reports whether all bytes are ASCII text.
func printable(b []byte) bool {
	for _, x := range b {
		if (x < ' ' || x > '~') && x != '\t' && x != '\r' && x != '\n' {
			return false
		}
	}
	return true
}
