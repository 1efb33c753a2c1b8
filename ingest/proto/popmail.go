package proto

import (
	"bytes"

	"pcapidx/index"
)

// take takes bytes of the mail. Where the answer did not tell the size, the fields of the
// header are shown with the frames that brought them, as Wireshark does.
func (l *popMailIn) take(s *Stream, b []byte, at int) {
	if !l.sized && !l.inBody {
		l.headerBytes(s, b, at)
	}
	l.write(s, b, at)
}

// headerBytes takes a line of the header, or a piece of one.
func (l *popMailIn) headerBytes(s *Stream, b []byte, at int) {
	starts := len(l.line) == 0 || l.line[len(l.line)-1] == '\n'
	if starts && len(l.line) > 0 && b[0] != ' ' && b[0] != '\t' {
		l.endField(s)
	}
	if len(l.line) == 0 {
		l.from = s.At(at)
	}
	l.line = append(l.line, b[:min(len(b), maxMailHeader-len(l.line))]...)
	l.to = s.At(at + len(b) - 1)
	if line := bytes.TrimRight(l.line, "\r\n"); len(line) == 0 && b[len(b)-1] == '\n' {
		l.inBody = true
		l.emitHeader(s)
	}
}

// endField reads the field that is complete, and emits those of the frames before.
func (l *popMailIn) endField(s *Stream) {
	if l.to.Frame != l.status {
		for _, f := range parseHeader(l.line) {
			if f.place < 0 || len(l.pending) >= maxHeaderFields {
				continue
			}
			if n := len(l.pending); n > 0 && l.pending[n-1].last.Frame != l.to.Frame {
				l.emitPending(s)
			}
			l.pending = append(l.pending, headerAt{f, l.from, l.to})
		}
	}
	l.line = l.line[:0]
}

// emitHeader emits what is left of the header.
func (l *popMailIn) emitHeader(s *Stream) {
	l.endField(s)
	l.emitPending(s)
}

func (l *popMailIn) emitPending(s *Stream) {
	if len(l.pending) == 0 {
		return
	}
	m := s.Message(l.pending[0].first)
	m.Kind, m.Request, m.Summary = index.Continues, l.asked, "header of a mail"
	for _, f := range l.pending {
		m.Str(popMail+f.place, f.value)
		if f.name == "subject" || f.name == "from" {
			m.Summary = summary(m.Summary + ", " + f.name + ": " + decodeWords(unfold(f.value)))
		}
	}
	s.Emit(m, l.pending[len(l.pending)-1].last)
	l.pending, l.shown = nil, true
}
