package proto

import "bytes"

// sniffed gives the media type that the first bytes of a file show, "" if none.
func sniffed(b []byte) string {
	for _, m := range [...]struct{ magic, media string }{
		{"\xff\xd8\xff", "image/jpeg"},
		{"\x89PNG\r\n\x1a\n", "image/png"},
		{"GIF87a", "image/gif"},
		{"GIF89a", "image/gif"},
		{"BM", "image/bmp"},
		{"\x00\x00\x01\x00", "image/x-icon"},
		{"%PDF-", "application/pdf"},
		{"PK\x03\x04", "application/zip"},
		{"\x1f\x8b\x08", "application/gzip"},
		{"BZh", "application/x-bzip2"},
		{"\xfd7zXZ\x00", "application/x-xz"},
		{"\x28\xb5\x2f\xfd", "application/zstd"},
		{"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"},
		{"Rar!\x1a\x07", "application/vnd.rar"},
		{"MZ", "application/vnd.microsoft.portable-executable"},
		{"\x7fELF", "application/x-elf"},
		{"\xca\xfe\xba\xbe", "application/java-vm"},
		{"OggS", "application/ogg"},
		{"ID3", "audio/mpeg"},
		{"\x1aE\xdf\xa3", "video/webm"},
		{"FLV\x01", "video/x-flv"},
		{"CWS", "application/x-shockwave-flash"},
		{"FWS", "application/x-shockwave-flash"},
		{"wOFF", "font/woff"},
		{"wOF2", "font/woff2"},
	} {
		if bytes.HasPrefix(b, []byte(m.magic)) && (m.magic != "MZ" && m.magic != "BM" || !plainText(b)) {
			return m.media
		}
	}
	if len(b) >= 12 && string(b[:4]) == "RIFF" {
		switch string(b[8:12]) {
		case "WEBP":
			return "image/webp"
		case "WAVE":
			return "audio/wav"
		case "AVI ":
			return "video/x-msvideo"
		}
	}
	if len(b) >= 12 && string(b[4:8]) == "ftyp" {
		return "video/mp4"
	}
	return sniffedText(b)
}

// sniffedText does it for text.
func sniffedText(b []byte) string {
	text := bytes.TrimLeft(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")), " \t\r\n")
	if len(text) == 0 || !plainText(text) {
		return ""
	}
	lower := bytes.ToLower(text[:min(len(text), 256)])
	switch {
	case bytes.HasPrefix(lower, []byte("<!doctype html")), bytes.HasPrefix(lower, []byte("<html")), bytes.HasPrefix(lower, []byte("<head")), bytes.HasPrefix(lower, []byte("<body")):
		return "text/html"
	case bytes.HasPrefix(lower, []byte("<svg")):
		return "image/svg+xml"
	case bytes.HasPrefix(lower, []byte("<?xml")):
		return "text/xml"
	case text[0] == '{' || text[0] == '[':
		if rest := bytes.TrimLeft(text[1:], " \t\r\n"); len(rest) > 0 && bytes.IndexByte([]byte(`"{}[]-0123456789tfn`), rest[0]) >= 0 {
			return "application/json"
		}
	}
	return "text/plain"
}

// unfinished tells whether a file of a sniffed type lacks the end that its format
// prescribes. tail is its last bytes.
func unfinished(media string, tail []byte) bool {
	tail = bytes.TrimRight(tail, "\x00\r\n ") // padding, which decoders ignore
	switch media {
	case "image/jpeg":
		return !bytes.HasSuffix(tail, []byte("\xff\xd9"))
	case "image/png":
		return !bytes.Contains(tail, []byte("IEND"))
	case "image/gif":
		return !bytes.HasSuffix(tail, []byte(";"))
	}
	return false
}
