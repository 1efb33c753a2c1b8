package proto

import (
	"bytes"
	"fmt"
	"strings"

	"pcapidx/index"
)

// command takes a line of the client.
func (p *imap) command(s *Stream, line, whole []byte) {
	l := &p.literal[s.Side()]
	last := s.At(len(whole) - 1)
	if l.tail {
		l.tail = false
		if size, ok := literalSize(line); ok { // the next argument is one, too
			p.next(l, size, map[string]string{"user": "password"}[l.use])
		}
		return
	}
	m := s.Message(s.At(0))
	m.Kind = index.Request
	m.Str(imapLine, string(whole))
	m.Str(imapRequest, string(line))
	tag, rest := word(line)
	verb, arg := word(rest)
	name := upper(verb, 16)
	if p.login != "" || p.idle && strings.EqualFold(string(line), "DONE") {
		p.continued(s, m, line, last)
		return
	}
	m.Str(imapRequestTag, string(tag))
	if name == "UID" {
		m.Bool(imapUID, true)
		verb, arg = word(arg)
		name = "UID " + upper(verb, 16)
	}
	if len(verb) > 0 {
		m.Str(imapCommand, string(verb))
	}
	m.Summary = summary(string(line))
	use := ""
	switch name {
	case "LOGIN":
		use = p.logIn(m, arg)
	case "AUTHENTICATE":
		mechanism, initial := word(arg)
		p.login = upper(mechanism, 20)
		m.Summary = "AUTHENTICATE " + p.login
		if len(initial) > 0 {
			m.Fields[0].Secret, m.Fields[1].Secret = true, true
			p.credentials(m, initial)
		}
	case "SELECT", "EXAMINE", "CREATE", "DELETE", "RENAME", "SUBSCRIBE", "UNSUBSCRIBE", "STATUS", "APPEND":
		if folder, _ := word(arg); len(folder) > 0 {
			m.Str(imapFolder, string(folder))
		}
		if name == "APPEND" {
			use = "mail"
		}
	case "IDLE":
		p.idle = true
	case "":
		m.Outcome, m.Summary = index.Malformed, fmt.Sprintf("no command: %d bytes", len(line))
	}
	p.leads(s, m, last)
	number := s.Emit(m, last)
	if len(p.asked) >= maxAsked {
		p.asked = p.asked[1:]
	}
	p.asked = append(p.asked, question{number: number, verb: name, arg: string(tag)})
	if size, ok := literalSize(line); ok {
		l.number = number
		p.next(l, size, use)
	}
}

// next begins a literal of the client.
func (p *imap) next(l *imapLiteral, size uint64, use string) {
	l.left, l.use, l.tail, l.value, l.mail = size, use, true, nil, nil
	if use == "mail" {
		l.mail = newMail()
	}
}

// continued takes a line that belongs to a command before: of AUTHENTICATE, and the
// DONE of IDLE. Wireshark takes its first word for a tag.
func (p *imap) continued(s *Stream, m *Message, line []byte, last Mark) {
	m.Kind = index.Continues
	if n := len(p.asked); n > 0 {
		m.Request = p.asked[n-1].number
	}
	tag, _ := word(line)
	m.Str(imapRequestTag, string(tag))
	if p.login != "" {
		for i := range m.Fields {
			m.Fields[i].Secret = true
		}
		m.Summary = fmt.Sprintf("AUTHENTICATE %s: %d bytes", p.login, len(line))
		p.credentials(m, line)
	} else {
		p.idle, m.Summary = false, "DONE"
	}
	p.leads(s, m, last)
	s.Emit(m, last)
}

// credentials reads a line of AUTHENTICATE.
func (p *imap) credentials(m *Message, line []byte) {
	if p.login == "PLAIN" {
		m.plainLogin(line, imapUser, "IMAP", "AUTHENTICATE PLAIN")
	}
}

// logIn reads the arguments of LOGIN. It tells what a literal at the end of the line is.
func (p *imap) logIn(m *Message, arg []byte) (use string) {
	user, rest := imapString(arg)
	shown, _ := word(arg)
	m.Str(imapUsername, string(shown))
	if _, literal := literalSize(arg); literal && len(rest) == 0 {
		m.Summary = "LOGIN"
		return "user"
	}
	p.user = user
	m.Str(imapUser, user)
	m.Summary = summary("LOGIN of user " + user)
	if _, literal := literalSize(rest); literal {
		return "password"
	}
	password, _ := imapString(rest)
	m.Str(imapPassword, password)
	m.Fields[0].Secret, m.Fields[1].Secret = true, true
	m.clearText("IMAP LOGIN", len(password))
	return ""
}

// imapString reads a word, or a string between quotation marks.
func imapString(b []byte) (text string, rest []byte) {
	if len(b) == 0 || b[0] != '"' {
		first, rest := word(b)
		return string(first), rest
	}
	var out []byte
	for i := 1; i < len(b); i++ {
		switch {
		case b[i] == '"':
			return string(out), bytes.TrimLeft(b[i+1:], " ")
		case b[i] == '\\' && i+1 < len(b):
			i++
		}
		out = append(out, b[i])
	}
	return string(out), nil
}

// reply takes a line of the server, or what of one follows a literal.
func (p *imap) reply(s *Stream, line, whole []byte) {
	m, last := p.answer, s.At(len(whole)-1)
	rest := m != nil
	if !rest {
		m = s.Message(s.At(0))
		m.Kind, m.Summary = index.Continues, summary(string(line))
	}
	m.Str(imapLine, string(whole))
	tag, text := word(line)
	if string(tag) != "*" {
		status, more := word(text)
		m.Str(imapResponse, string(line))
		m.Str(imapResponseTag, string(tag))
		if len(status) > 0 {
			m.Str(imapStatus, string(status))
		}
		if command, _ := word(more); len(command) > 0 {
			m.Str(imapResponseCommand, string(command))
		}
		if !rest && string(tag) != "+" {
			p.judge(s, m, string(tag), upper(status, 8))
		}
	}
	if m.Kind == index.Continues && m.Request == 0 && len(p.asked) > 0 {
		m.Request = p.asked[0].number
	}
	if !p.begun && m.Kind == index.Continues && !s.Midstream() {
		m.Kind = index.Notice // greeting
	}
	p.begun = true
	if size, ok := literalSize(line); ok {
		l := &p.literal[s.Side()]
		p.answer, l.left, l.last = m, size, last
		if size > 0 && mailLiteral(line) {
			l.mail = newMail()
		}
		return
	}
	p.answer = m
	p.emitAnswer(s, index.Fine, last)
}

// judge makes of a message the answer to the request with a tag.
func (p *imap) judge(s *Stream, m *Message, tag, status string) {
	q := p.request(tag)
	m.Kind, m.Request, m.Code = index.Response, q.number, status
	switch status {
	case "OK":
		if q.verb == "STARTTLS" {
			s.Switch("tls")
		}
	case "NO", "BAD":
		m.Outcome = index.Failed
		if q.verb == "LOGIN" || q.verb == "AUTHENTICATE" {
			m.Warn("imap.auth_fail", index.SeverityWarn, "the server refuses the login with "+status)
		}
	default:
		m.Outcome, m.Code = index.Malformed, ""
	}
	switch q.verb {
	case "AUTHENTICATE":
		p.login = ""
	case "IDLE":
		p.idle = false
	}
}
