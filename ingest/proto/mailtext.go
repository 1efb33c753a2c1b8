package proto

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"strings"
)

// Bounds of the parts of a mail.
const (
	maxMailDepth = 4
	maxMailParts = 64
)

// mailText gives the text of a mail: its subject and the parts that are text, decoded.
// What cannot be read is left as it is.
func mailText(h header, body []byte) []byte {
	var b bytes.Buffer
	if subject := decodeWords(unfold(h.get("subject"))); subject != "" {
		b.WriteString(subject + "\n\n")
	}
	parts := 0
	textOf(&b, h.get("content-type"), h.get("content-transfer-encoding"), body, 0, &parts)
	return b.Bytes()
}

// textOf writes the text of a part.
func textOf(b *bytes.Buffer, contentType, coding string, body []byte, depth int, parts *int) {
	kind, params, err := mime.ParseMediaType(unfold(contentType))
	if err != nil && kind == "" {
		kind = "text/plain"
	}
	switch {
	case strings.HasPrefix(kind, "multipart/") && params["boundary"] != "" && depth < maxMailDepth:
		r := multipart.NewReader(bytes.NewReader(body), params["boundary"])
		for *parts < maxMailParts {
			p, err := r.NextRawPart()
			if err != nil {
				return
			}
			*parts++
			part, _ := io.ReadAll(io.LimitReader(p, maxMailText))
			textOf(b, p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), part, depth+1, parts)
		}
	case strings.HasPrefix(kind, "text/") || kind == "message/rfc822":
		text := uncode(coding, body)
		b.Write(text[:min(len(text), max(0, maxMailText-b.Len()))])
		if len(text) > 0 && text[len(text)-1] != '\n' {
			b.WriteByte('\n')
		}
	}
}

// uncode undoes a Content-Transfer-Encoding, as far as the body allows.
func uncode(coding string, body []byte) []byte {
	var r io.Reader
	switch strings.ToLower(strings.TrimSpace(coding)) {
	case "quoted-printable":
		r = quotedprintable.NewReader(bytes.NewReader(body))
	case "base64":
		r = base64.NewDecoder(base64.StdEncoding, bytes.NewReader(body))
	default:
		return body
	}
	text, err := io.ReadAll(io.LimitReader(r, maxMailText))
	if err != nil && len(text) == 0 {
		return body
	}
	return text
}

// decodeWords undoes the encoded words of RFC 2047.
func decodeWords(v string) string {
	if !strings.Contains(v, "=?") {
		return v
	}
	if text, err := new(mime.WordDecoder).DecodeHeader(v); err == nil {
		return text
	}
	return v
}
