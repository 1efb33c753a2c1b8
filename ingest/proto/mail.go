package proto

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"strings"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
)

// Bounds of a mail.
const (
	maxMailHeader = 64 << 10 // of its header that is read
	maxMailText   = 1 << 20  // of it that is kept for its text
)

// mail is a message of RFC 5322 as it comes in. It is hashed in passing; its beginning
// is kept for the header and the text.
type mail struct {
	hash   hash.Hash
	size   uint64
	head   []byte
	first  Mark
	last   Mark
	frames []uint32 // that brought it
	missed uint64   // bytes that are not in the capture
}

// maxMailFrames bounds the frames of a mail that are named.
const maxMailFrames = 1024

func newMail() *mail { return &mail{hash: sha256.New()} }

// write takes the next bytes of the mail, which begin at byte at of the data in hand.
func (l *mail) write(s *Stream, b []byte, at int) {
	if len(b) == 0 {
		return
	}
	if l.size == 0 && l.first.Frame == 0 {
		l.first = s.At(at)
	}
	l.last = s.At(at + len(b) - 1)
	l.hash.Write(b)
	l.size += uint64(len(b))
	l.head = append(l.head, b[:min(len(b), maxMailText-len(l.head))]...)
	for i := 0; i < len(b) && len(l.frames) < maxMailFrames; {
		f := s.At(at + i).Frame
		if n := len(l.frames); n == 0 || l.frames[n-1] < f {
			l.frames = append(l.frames, f)
		}
		if s.marks == nil {
			return
		}
		i = max(i+1, s.marks.endOf(at+i)-at)
	}
}

// describe fills a message with what the mail is: fields of its header, its text, the
// object. base is the place of the first of imfFields in the protocol's table.
func (l *mail) describe(m *Message, base int) {
	header, body := splitMail(l.head)
	h := parseHeader(header)
	for _, f := range h {
		if f.place >= 0 {
			m.Str(base+f.place, f.value)
		}
	}
	subject := h.get("subject")
	m.Text = mailText(h, body)
	m.Object = &index.Object{
		Name: decodeWords(unfold(subject)), Type: "message/rfc822", Size: l.size, Wire: l.size, Expected: -1,
		SHA256: hex.EncodeToString(l.hash.Sum(nil)), Verdict: "complete",
	}
	if m.Object.Name != "" {
		m.Object.Name += ".eml"
	}
	if l.missed > 0 {
		m.Outcome, m.Object.Verdict = index.Partial, "capture_loss"
	}
	m.Summary = summary("mail from " + unfold(h.get("from")) + ": " + decodeWords(unfold(subject)))
}

// splitMail parts header and body at the empty line.
func splitMail(b []byte) (header, body []byte) {
	for at := 0; at < len(b); {
		i := bytes.IndexByte(b[at:], '\n')
		if i < 0 {
			break
		}
		if line := b[at : at+i]; len(line) == 0 || len(line) == 1 && line[0] == '\r' {
			return b[:min(at, maxMailHeader)], b[at+i+1:]
		}
		at += i + 1
	}
	return b[:min(len(b), maxMailHeader)], nil
}

// headerField is a line of a header with those that continue it.
type headerField struct {
	name  string // small letters
	value string // as it stands, with the line breaks in it, without the last one
	place int    // among imfFields, -1: none of them
}

type header []headerField

// get gives the value of the first field of a name.
func (h header) get(name string) string {
	for _, f := range h {
		if f.name == name {
			return f.value
		}
	}
	return ""
}

// maxHeaderFields bounds the fields of a header.
const maxHeaderFields = 256

// parseHeader reads a header. Lines without a colon are left out. A line whose end is
// missing is, too: it may be cut.
func parseHeader(b []byte) (h header) {
	for len(b) > 0 && len(h) < maxHeaderFields {
		end := 0
		for {
			i := bytes.IndexByte(b[end:], '\n')
			if i < 0 {
				return h
			}
			if end += i + 1; end >= len(b) || b[end] != ' ' && b[end] != '\t' {
				break
			}
		}
		line := bytes.TrimSuffix(bytes.TrimSuffix(b[:end], []byte("\n")), []byte("\r"))
		b = b[end:]
		colon := bytes.IndexByte(line, ':')
		if colon <= 0 {
			continue
		}
		name := strings.ToLower(string(bytes.TrimRight(line[:colon], " \t")))
		place, known := imfPlaces()[name]
		if !known {
			place = -1
		}
		h = append(h, headerField{name, string(bytes.TrimLeft(line[colon+1:], " \t")), place})
	}
	return h
}

// unfold makes one line of a value.
func unfold(v string) string {
	return strings.Join(strings.Fields(v), " ")
}

// imfFields is the table of the fields of a mail's header (RFC 5322 and others), for the
// end of the tables of protocols that carry mails.
func imfFields() []Field {
	all := make([]Field, 0, len(imfNames()))
	for _, n := range imfNames() {
		all = append(all, Field{Name: n.field, Kind: dissect.KindString, Doc: "Mail header: " + n.name})
	}
	return all
}
