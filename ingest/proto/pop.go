package proto

import (
	"bytes"
	"fmt"
	"strconv"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
)

const (
	popIndicator = iota
	popDescription
	popCommand
	popParameter
	popUser
	popMail // the first of imfFields
)

// popProtocol is the Post Office Protocol, version 3 (RFC 1939, RFC 2449, RFC 5034).
func popProtocol() Protocol {
	return Protocol{
		Name: "pop", Title: "POP3", On: Streams, Ports: []uint16{110}, Patience: 60e9,
		Fields: append([]Field{
			popIndicator:   {Name: "pop.response.indicator", Kind: dissect.KindString, Listed: true, Doc: "+OK or -ERR"},
			popDescription: {Name: "pop.response.description", Kind: dissect.KindString, Doc: "What follows the indicator"},
			popCommand:     {Name: "pop.request.command", Kind: dissect.KindString, Doc: "Command"},
			popParameter:   {Name: "pop.request.parameter", Kind: dissect.KindString, Doc: "What follows the command"},
			popUser:        {Name: "pop.auth.user", Kind: dissect.KindString, Doc: "User name of an AUTH exchange, decoded"},
		}, imfFields()...),
		Detect: detectPOP,
		New:    func() Decoder { return &pop{} },
	}
}

// popVerb tells the commands of POP.
func popVerb(line []byte) bool {
	verb, _ := word(line)
	switch upper(verb, 4) {
	case "USER", "PASS", "CAPA", "APOP", "AUTH", "STLS", "QUIT", "STAT", "LIST", "UIDL", "RETR", "DELE", "TOP", "NOOP":
		return true
	}
	return false
}

// detectPOP: the server says +OK, the client a command, the server first.
func detectPOP(h *Head) Verdict {
	server, n := nextLine(h.Server)
	ok := bytes.HasPrefix(server, []byte("+OK")) && (len(server) == 3 || server[3] == ' ')
	if n > 0 && !ok && !(h.Midstream && bytes.HasPrefix(server, []byte("-ERR"))) {
		return No
	}
	client, m := nextLine(h.Client)
	if m > 0 {
		if !popVerb(client) {
			return No
		}
		if n > 0 {
			return Yes
		}
		return More
	}
	switch {
	case len(h.Client) > 4 && !popVerb(append(bytes.Clone(h.Client), ' ')) && !bytes.Contains(h.Client, []byte(" ")):
		return No
	case n == 0:
		return More
	case bytes.Contains(server, []byte("POP")) || bytes.Contains(server, []byte("<")) && bytes.Contains(server, []byte("@")):
		return Yes
	}
	return Likely
}

// pop is the state of a connection.
type pop struct {
	waiting asked
	frames  frameLeads
	login   string // mechanism of an AUTH exchange that goes on
	list    bool   // lines follow, until the single dot
	inLine  bool
	mail    *popMailIn // what they are, nil: a list
	begun   bool
	user    string
}

// popMailIn is a mail on its way.
type popMailIn struct {
	mail
	asked   uint32 // number of the request
	status  uint32 // frame of the +OK
	sized   bool   // the answer told the size: Wireshark shows the mail as a whole then
	inBody  bool
	shown   bool // fields of its header were emitted
	pending []headerAt
	line    []byte // of the header, as long as it is not over
	from    Mark
	to      Mark
}

// headerAt is a field of a header and the frame of its last byte.
type headerAt struct {
	headerField
	first, last Mark
}

// Decode implements Decoder.
func (p *pop) Decode(s *Stream, data []byte) int {
	if !s.FromClient() && p.list {
		return p.lines(s, data)
	}
	line, n := nextLine(data)
	if n == 0 {
		return 0
	}
	if s.FromClient() {
		p.command(s, line, n)
	} else {
		p.answer(s, line, n)
	}
	return n
}

// command takes a line of the client.
func (p *pop) command(s *Stream, line []byte, n int) {
	m, last := s.Message(s.At(0)), s.At(n-1)
	m.Kind = index.Request
	leads := p.frames.lead(s, last)
	verb, arg := word(line)
	name := upper(verb, 4)
	secret := p.login != "" || name == "PASS" || name == "APOP" || name == "AUTH"
	if leads {
		m.Str(popCommand, string(verb))
		m.hide(p.login != "")
		if len(arg) > 0 {
			m.Str(popParameter, string(arg))
			m.hide(secret)
		}
	}
	q := question{verb: name, arg: string(arg)}
	switch {
	case p.login != "":
		m.Summary, q.verb = fmt.Sprintf("AUTH %s: %d bytes", p.login, len(line)), "AUTH"
		q.arg = p.login
		p.credentials(m, line)
	case name == "USER":
		p.user, m.Summary = string(arg), summary(string(line))
	case name == "PASS":
		m.Summary = fmt.Sprintf("PASS (%d bytes)", len(arg))
		m.clearText("POP3", len(arg))
	case name == "APOP":
		user, _ := word(arg)
		m.Summary = summary("APOP " + string(user))
	case name == "AUTH":
		mechanism, initial := word(arg)
		m.Summary = "AUTH " + upper(mechanism, 20)
		if len(mechanism) > 0 {
			p.login = upper(mechanism, 20)
		}
		if len(initial) > 0 {
			p.credentials(m, initial)
		}
	case name == "":
		m.Outcome, m.Summary = index.Malformed, fmt.Sprintf("no command: %d bytes", len(line))
	default:
		m.Summary = summary(string(line))
	}
	q.number = s.Emit(m, last)
	p.waiting.push(q)
}

// credentials reads a line of an AUTH exchange.
func (p *pop) credentials(m *Message, line []byte) {
	if p.login == "PLAIN" {
		m.plainLogin(line, popUser, "POP3", "AUTH PLAIN")
	}
}

// answer takes the first line of an answer.
func (p *pop) answer(s *Stream, line []byte, n int) {
	m, last := s.Message(s.At(0)), s.At(n-1)
	leads := p.frames.lead(s, last)
	first, text := word(line)
	m.Summary = summary(string(line))
	if string(first) == "+" { // the next line of an AUTH exchange is asked for
		m.Kind, m.Request = index.Continues, p.waiting.pop().number
		s.Emit(m, last)
		return
	}
	ok := string(first) == "+OK"
	if !ok && string(first) != "-ERR" {
		m.Outcome = index.Malformed
		s.Emit(m, last)
		return
	}
	q := p.waiting.pop()
	m.Kind, m.Request, m.Code = index.Response, q.number, string(first)
	if q.number == 0 && !p.begun {
		m.Kind = index.Notice
	}
	p.begun = true
	if leads {
		m.Str(popIndicator, string(first))
		if len(text) > 0 {
			m.Str(popDescription, string(text))
		}
	}
	if !ok {
		m.Outcome = index.Failed
		if q.verb == "PASS" || q.verb == "APOP" || q.verb == "AUTH" && p.login != "" {
			m.Warn("pop.auth_fail", index.SeverityWarn, "the server refuses the login")
		}
	}
	p.login = ""
	s.Emit(m, last)
	if ok {
		p.follows(s, q, text, last)
	}
}

// follows says what comes after the first line of a good answer.
func (p *pop) follows(s *Stream, q question, text []byte, last Mark) {
	switch q.verb {
	case "STLS":
		s.Switch("tls")
	case "RETR", "TOP":
		size, _ := word(text)
		_, err := strconv.ParseUint(string(size), 10, 63)
		p.list, p.mail = true, &popMailIn{mail: *newMail(), asked: q.number, status: last.Frame, sized: err == nil}
	case "CAPA":
		p.list = true
	case "LIST", "UIDL", "AUTH":
		p.list = q.arg == ""
	}
}

// lines takes what follows an answer, until the line that is a single dot.
func (p *pop) lines(s *Stream, data []byte) int {
	at := 0
	for at < len(data) {
		rest := data[at:]
		if !p.inLine && rest[0] == '.' {
			switch {
			case len(rest) < 2 || len(rest) == 2 && rest[1] == '\r':
				return at
			case rest[1] == '\n' || rest[1] == '\r' && rest[2] == '\n':
				at += bytes.IndexByte(rest, '\n') + 1
				p.frames.lead(s, s.At(at-1))
				p.listEnds(s, s.At(at-1))
				return at
			}
			at++
			p.inLine = true
			continue
		}
		n := bytes.IndexByte(rest, '\n') + 1
		p.inLine = n == 0
		if n == 0 {
			n = len(rest)
		}
		if p.mail != nil {
			p.mail.take(s, rest[:n], at)
		}
		at += n
	}
	p.frames.lead(s, s.At(at-1))
	return at
}

// listEnds is called at the single dot.
func (p *pop) listEnds(s *Stream, end Mark) {
	l := p.mail
	p.list, p.mail, p.inLine = false, nil, false
	if l == nil {
		return
	}
	l.emitHeader(s)
	if l.first.Frame == 0 {
		l.first = end
	}
	m := s.Message(l.first)
	m.Kind, m.Request = index.Continues, l.asked
	l.describe(m, popMail)
	if l.shown {
		m.Fields = nil
	}
	s.Emit(m, end)
}

// Gap implements Decoder.
func (p *pop) Gap(s *Stream, g Gap) {
	if !s.FromClient() && p.list {
		if p.mail != nil {
			p.mail.missed += g.Bytes
		}
		p.inLine = true
		return
	}
	p.waiting = asked{}
}

// End implements Decoder.
func (p *pop) End(s *Stream, rest []byte, e End) {
	if !s.FromClient() && p.mail != nil && p.mail.size > 0 {
		l := p.mail
		l.emitHeader(s)
		m := s.Message(l.first)
		m.Kind, m.Request = index.Continues, l.asked
		l.describe(m, popMail)
		if l.shown {
			m.Fields = nil
		}
		m.Outcome, m.Object.Verdict = e.Outcome(), cutVerdict(e)
		s.Emit(m, l.last)
		p.mail = nil
		return
	}
	kind := index.Request
	if !s.FromClient() {
		kind = index.Response
	}
	cutOff(s, rest, kind, e)
}
