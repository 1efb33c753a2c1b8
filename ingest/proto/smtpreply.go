package proto

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"

	"pcapidx/index"
)

// smtpLogin is an AUTH exchange (RFC 4954).
type smtpLogin struct {
	mechanism string
	user      string // decoded
	lines     int    // of credentials
	active    bool
}

// auth begins an exchange. rest is what follows the verb.
func (p *smtp) auth(s *Stream, m *Message, rest []byte) {
	mechanism, initial := word(rest)
	p.login = smtpLogin{mechanism: upper(mechanism, 20), active: true}
	p.state = smtpCredentials
	m.Summary = "AUTH " + p.login.mechanism
	if len(initial) == 0 {
		return
	}
	p.take(s, m, initial)
}

// credentials takes a line of the client in an exchange.
func (p *smtp) credentials(s *Stream, line []byte, n int) {
	m := s.Message(s.At(0))
	m.Kind = index.Request
	m.Bool(smtpReq, true)
	if bytes.Equal(line, []byte("*")) {
		m.Summary = "AUTH given up"
		p.login.active, p.state = false, smtpCommands
	} else {
		m.Summary = fmt.Sprintf("AUTH %s: %d bytes", p.login.mechanism, len(line))
		p.take(s, m, line)
	}
	p.waiting.push(question{number: s.Emit(m, s.At(n-1)), verb: "AUTH"})
}

// take reads a line in base64.
func (p *smtp) take(s *Stream, m *Message, line []byte) {
	l := &p.login
	l.lines++
	plain, err := base64.StdEncoding.DecodeString(string(bytes.TrimSpace(line)))
	switch {
	case l.mechanism == "LOGIN" && l.lines == 1:
		m.Str(smtpUsername, string(line))
		if err == nil {
			l.user = string(plain)
		}
	case l.mechanism == "LOGIN":
		m.Str(smtpPassword, string(line))
		p.state = smtpCommands
		m.clearText(l.mechanism, len(plain))
	case l.mechanism == "PLAIN":
		m.Str(smtpUserPass, string(line))
		p.state = smtpCommands
		user, length, ok := splitPlain(plain)
		if ok {
			l.user = user
		}
		m.clearText(l.mechanism, length)
	default:
		// How many lines a mechanism takes is for the server to say.
	}
	if l.user != "" {
		m.Str(smtpUser, l.user)
		m.Summary = summary("AUTH " + l.mechanism + " of user " + l.user)
	}
}

// splitPlain gives the user and the length of the password of a login by PLAIN (RFC
// 4616): a role, the user and the password, with NULs between. What is not that is
// taken for a password.
func splitPlain(login []byte) (user string, length int, ok bool) {
	parts := bytes.SplitN(login, []byte{0}, 3)
	if len(parts) < 3 {
		return "", len(login), false
	}
	return string(parts[1]), len(parts[2]), true
}

// plainLogin reads a line of a login by PLAIN, in base64, which began with a command.
func (m *Message) plainLogin(line []byte, user int, protocol, command string) {
	plain, err := base64.StdEncoding.DecodeString(string(bytes.TrimSpace(line)))
	if err != nil {
		return
	}
	name, length, ok := splitPlain(plain)
	if ok {
		m.Str(user, name)
		m.Summary = summary(command + " of user " + name)
	}
	m.clearText(protocol+" "+command, length)
}

// clearText warns that a password was sent in clear text.
func (m *Message) clearText(how string, length int) {
	m.Warn("cleartext.credentials", index.SeverityWarn,
		fmt.Sprintf("a password of %d bytes is sent in clear text (%s)", length, how))
}

// answer takes the lines of the server.
func (p *smtp) answer(s *Stream, data []byte) int {
	ends, whole := wholeReply(data)
	if !whole {
		return 0
	}
	p.emitReply(s, data, ends)
	return ends[len(ends)-1]
}

// emitReply emits a reply: the last of its frames answers, those before belong to it.
func (p *smtp) emitReply(s *Stream, data []byte, ends []int) {
	pieces := replies(s, data, ends)
	q := p.waiting.pop()
	for i, r := range pieces {
		m := s.Message(r.first)
		m.Kind, m.Request = index.Continues, q.number
		code := uint64(0)
		for _, line := range r.lines {
			c, _ := replyCode(line)
			if c == 0 {
				continue
			}
			if code == 0 {
				code = c
				m.Bool(smtpRsp, true)
				m.Uint(smtpCode, c)
			}
			if len(line) > 4 {
				m.Str(smtpRspParameter, string(line[4:]))
			}
		}
		m.Summary = summary(string(bytes.Join(r.lines, []byte(" | "))))
		if i == len(pieces)-1 {
			p.judgeReply(s, m, q, code, pieces)
		}
		s.Emit(m, r.last)
	}
}

// judgeReply makes of a message the answer to a command.
func (p *smtp) judgeReply(s *Stream, m *Message, q question, code uint64, pieces []reply) {
	m.Kind = index.Response
	if q.number == 0 && !p.begun {
		m.Kind = index.Notice // greeting
	}
	p.begun = true
	if code == 0 {
		m.Outcome = index.Malformed
		return
	}
	m.Code = fmt.Sprint(code)
	auth := q.verb == "AUTH" && p.login.active
	switch {
	case auth && code >= 400:
		m.Outcome = index.Failed
		m.Warn("smtp.auth_fail", index.SeverityWarn, fmt.Sprintf("the server refuses the login with %d", code))
	case code >= 500:
		m.Outcome = index.Failed
		m.Warn("smtp.5xx", index.SeverityWarn, fmt.Sprintf("the server refuses for good with %d", code))
	case code >= 400:
		m.Outcome = index.Failed
		m.Warn("smtp.4xx", index.SeverityNote, fmt.Sprintf("the server refuses for now with %d", code))
	}
	switch {
	case q.verb == "DATA" && code != 354 && p.state == smtpWaits:
		p.state, p.mail = smtpCommands, nil
	case q.verb == "STARTTLS" && code == 220:
		s.Switch("tls")
	case q.verb == "EHLO" || q.verb == "LHLO":
		p.offers = p.offers || offersTLS(pieces)
	case auth && code != 334:
		p.login.active = false
		if p.state == smtpCredentials {
			p.state = smtpCommands
		}
	}
}

func offersTLS(pieces []reply) bool {
	for _, r := range pieces {
		for _, line := range r.lines {
			if len(line) > 4 && strings.EqualFold(string(line[4:]), "STARTTLS") {
				return true
			}
		}
	}
	return false
}

// cutVerdict says of an object why it is not whole.
func cutVerdict(e End) string {
	switch e {
	case Finished:
		return "sender_closed"
	case ResetBySender:
		return "sender_reset"
	case ResetByReceiver:
		return "receiver_abort"
	case Forgotten:
		return "given_up"
	}
	return "capture_ended"
}
