package proto

import (
	"bytes"
	"unicode/utf8"

	"pcapidx/index"
)

// Bounds of protocols that speak in lines. RFC 5321 allows 512 bytes to a line, RFC
// 3501 and FTP give no figure; what is longer is taken in pieces of maxLine.
const (
	maxLine    = 8 << 10
	maxReply   = 32 << 10 // of all lines of an answer that are waited for
	maxAsked   = 256      // requests without an answer that a connection keeps
	maxSummary = 200      // bytes of a summary
)

// nextLine gives the first line of data without its end, and how many bytes it takes
// with it, 0 if its end has not come yet.
func nextLine(data []byte) (line []byte, n int) {
	head := data[:min(len(data), maxLine)]
	i := bytes.IndexByte(head, '\n')
	if i < 0 {
		if len(data) >= maxLine {
			return head, maxLine
		}
		return nil, 0
	}
	return bytes.TrimSuffix(head[:i], []byte{'\r'}), i + 1
}

// word splits the first word of a line from the rest, which begins at the word after.
func word(line []byte) (first, rest []byte) {
	i := bytes.IndexByte(line, ' ')
	if i < 0 {
		return line, nil
	}
	return line[:i], bytes.TrimLeft(line[i:], " ")
}

// upper gives a word in capital letters, "" if it is none of at most n letters,
// digits, "-" and "_".
func upper(w []byte, n int) string {
	if len(w) == 0 || len(w) > n {
		return ""
	}
	for _, c := range w {
		if c >= 0x80 || c < '0' && c != '-' || c > '9' && c < 'A' || c > 'Z' && c < 'a' && c != '_' || c > 'z' {
			return ""
		}
	}
	return string(bytes.ToUpper(w))
}

// replyCode reads the three digits that a line of an answer begins with, 0 if it does
// not, and tells whether lines of the same answer follow.
func replyCode(line []byte) (code uint64, more bool) {
	if len(line) < 3 || len(line) > 3 && line[3] != ' ' && line[3] != '-' {
		return 0, false
	}
	for _, c := range line[:3] {
		if c < '0' || c > '9' {
			return 0, false
		}
		code = code*10 + uint64(c-'0')
	}
	return code, len(line) > 3 && line[3] == '-'
}

// summary cuts a text to what a summary may hold, between characters.
func summary(text string) string {
	if len(text) <= maxSummary {
		return text
	}
	cut := maxSummary - len("...")
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "..."
}

// asked are the requests of a connection that no answer was seen to, oldest first.
type asked struct{ list []question }

// question is one of them.
type question struct {
	number uint32
	verb   string
	arg    string
}

func (a *asked) push(q question) {
	if len(a.list) >= maxAsked {
		a.list = a.list[1:]
	}
	a.list = append(a.list, q)
}

// pop takes the oldest one.
func (a *asked) pop() (q question) {
	if len(a.list) > 0 {
		q, a.list = a.list[0], a.list[1:]
	}
	return q
}

// first shows the oldest one.
func (a *asked) first() (q question) {
	if len(a.list) > 0 {
		q = a.list[0]
	}
	return q
}

// reply is the lines of an answer that came with one frame.
type reply struct {
	lines       [][]byte
	first, last Mark
}

// replies splits the lines of a whole answer by the frames that brought their last
// bytes. ends gives the places behind the lines.
func replies(s *Stream, data []byte, ends []int) []reply {
	var all []reply
	begin := 0
	for _, end := range ends {
		line, _ := nextLine(data[begin:end])
		last := s.At(end - 1)
		if n := len(all); n == 0 || all[n-1].last.Frame != last.Frame {
			all = append(all, reply{first: s.At(begin)})
		}
		r := &all[len(all)-1]
		r.lines, r.last = append(r.lines, line), last
		begin = end
	}
	return all
}

// wholeReply looks for the end of an answer whose lines begin with codes, and gives the
// places behind its lines. whole is false if more must come.
func wholeReply(data []byte) (ends []int, whole bool) {
	first, at := uint64(0), 0
	for {
		line, n := nextLine(data[at:])
		if n == 0 {
			return ends, at >= maxReply
		}
		at += n
		ends = append(ends, at)
		code, more := replyCode(line)
		if first == 0 {
			if code == 0 || !more {
				return ends, true
			}
			first = code
		}
		if code == first && !more || at >= maxReply {
			return ends, true
		}
	}
}

// cutOff emits what is left of a direction that ended within a line.
func cutOff(s *Stream, rest []byte, kind index.MessageKind, e End) {
	if len(rest) == 0 {
		return
	}
	m := s.Message(s.At(0))
	m.Kind, m.Outcome, m.Summary = kind, e.Outcome(), "line without an end"
	m.Length = uint64(len(rest))
	s.Emit(m, s.At(0))
}

// frameLeads are the frames of the messages that came last, by side.
type frameLeads [2]uint32

// lead tells whether a message that ends at a mark is the first of its frame in this
// direction. Wireshark looks at the first line of a segment only, so that only that
// message has fields.
func (f *frameLeads) lead(s *Stream, last Mark) bool {
	before := f[s.Side()]
	f[s.Side()] = last.Frame
	return before != last.Frame
}
