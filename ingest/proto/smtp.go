package proto

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
)

const (
	smtpReq = iota
	smtpRsp
	smtpLine
	smtpCommand
	smtpParameter
	smtpCode
	smtpRspParameter
	smtpUsername
	smtpPassword
	smtpUserPass
	smtpUser
	smtpEOM
	smtpFragment
	smtpReassembled
	smtpMail // the first of imfFields
)

// smtpProtocol is the Simple Mail Transfer Protocol (RFC 5321), with LMTP (RFC 2033).
func smtpProtocol() Protocol {
	return Protocol{
		Name: "smtp", Title: "SMTP", On: Streams, Ports: []uint16{25, 587, 2525, 24}, Patience: 300e9,
		Fields: append([]Field{
			smtpReq:          {Name: "smtp.req", Kind: dissect.KindBool, Doc: "Request"},
			smtpRsp:          {Name: "smtp.rsp", Kind: dissect.KindBool, Doc: "Response"},
			smtpLine:         {Name: "smtp.command_line", Kind: dissect.KindString, Doc: "Line of a command, with its end"},
			smtpCommand:      {Name: "smtp.req.command", Kind: dissect.KindString, Listed: true, Doc: "Command"},
			smtpParameter:    {Name: "smtp.req.parameter", Kind: dissect.KindString, Doc: "What follows the command"},
			smtpCode:         {Name: "smtp.response.code", Kind: dissect.KindUint, Bits: 32, Listed: true, Doc: "Reply code"},
			smtpRspParameter: {Name: "smtp.rsp.parameter", Kind: dissect.KindString, Doc: "Text of a line of a reply"},
			smtpUsername:     {Name: "smtp.auth.username", Kind: dissect.KindString, Doc: "User name as it was sent, in base64"},
			smtpPassword:     {Name: "smtp.auth.password", Kind: dissect.KindString, Secret: true, Doc: "Password as it was sent, in base64"},
			smtpUserPass:     {Name: "smtp.auth.username_password", Kind: dissect.KindString, Secret: true, Doc: "User name and password as they were sent, in base64"},
			smtpUser:         {Name: "smtp.auth.user", Kind: dissect.KindString, Doc: "User name, decoded"},
			smtpEOM:          {Name: "smtp.eom", Kind: dissect.KindNone, Doc: "End of a mail"},
			smtpFragment:     {Name: "smtp.data.fragment", Kind: dissect.KindUint, Bits: 32, Doc: "Frames that brought the mail"},
			smtpReassembled:  {Name: "smtp.data.reassembled.length", Kind: dissect.KindUint, Bits: 32, Doc: "Bytes of the mail"},
		}, imfFields()...),
		Detect: detectSMTP,
		New:    func() Decoder { return &smtp{} },
	}
}

// smtpVerb tells the verbs of SMTP that no other protocol with lines has.
func smtpVerb(line []byte) bool {
	verb, rest := word(line)
	switch upper(verb, 8) {
	case "EHLO", "HELO", "LHLO", "STARTTLS":
		return true
	case "MAIL", "RCPT":
		return hasFoldPrefix(rest, "FROM:") || hasFoldPrefix(rest, "TO:")
	}
	return false
}

func hasFoldPrefix(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && strings.EqualFold(string(b[:len(prefix)]), prefix)
}

// detectSMTP: the client says EHLO, or the banner of the server says SMTP. FTP servers
// begin with the same code.
func detectSMTP(h *Head) Verdict {
	client, n := nextLine(h.Client)
	if len(h.Client) > 0 && n > 0 {
		if smtpVerb(client) {
			return Yes
		}
		return No
	}
	if len(h.Client) > 0 && (len(h.Client) > 64 || !smtpVerb(append(h.Client[:len(h.Client):len(h.Client)], ' '))) && len(h.Client) >= 5 {
		return No
	}
	if len(h.Server) == 0 {
		return More
	}
	banner, n := nextLine(h.Server)
	if code, _ := replyCode(banner); n > 0 && code != 220 && code != 554 && code != 421 {
		return No
	} else if n == 0 {
		if !bytes.HasPrefix(h.Server, []byte("220")[:min(3, len(h.Server))]) {
			return No
		}
		return More
	}
	b := bytes.ToUpper(h.Server)
	switch {
	case bytes.Contains(b, []byte("FTP")):
		return No
	case bytes.Contains(b, []byte("SMTP")) || bytes.Contains(b, []byte("LMTP")):
		return Yes
	}
	return Likely
}

// smtp is the state of a connection.
type smtp struct {
	waiting asked
	state   smtpState
	mail    *mail
	inLine  bool   // of a mail: the last byte taken did not end a line
	chunk   uint64 // bytes of a BDAT chunk that are still to come
	last    bool   // the chunk is the last one
	begun   bool   // the server has greeted
	login   smtpLogin
	offers  bool // the server offers STARTTLS
	judged  bool // it was said that the mail is in clear text
}

// smtpState says what the next bytes of the client are.
type smtpState uint8

const (
	smtpCommands smtpState = iota
	smtpWaits              // DATA was said; a mail if the server agrees
	smtpMailText
	smtpChunk
	smtpCredentials // a line of an AUTH exchange
)

// Decode implements Decoder.
func (p *smtp) Decode(s *Stream, data []byte) int {
	if !s.FromClient() {
		return p.answer(s, data)
	}
	switch p.state {
	case smtpWaits, smtpMailText:
		p.state = smtpMailText
		return p.text(s, data)
	case smtpChunk:
		return p.bdat(s, data)
	}
	line, n := nextLine(data)
	if n == 0 {
		return 0
	}
	if p.state == smtpCredentials {
		p.credentials(s, line, n)
		return n
	}
	p.command(s, line, data[:n])
	return n
}

// command takes a line of the client. Wireshark takes four letters for the command, even
// of STARTTLS, and what follows the next one for the parameter.
func (p *smtp) command(s *Stream, line, whole []byte) {
	m := s.Message(s.At(0))
	m.Kind = index.Request
	m.Bool(smtpReq, true)
	verb, rest := word(line)
	name := upper(verb, 16)
	_, initial := word(rest)
	secret := name == "AUTH" && len(initial) > 0
	m.Str(smtpLine, string(whole))
	m.hide(secret)
	shown := line[:min(4, len(line))]
	m.Str(smtpCommand, string(shown))
	if len(line) > len(shown)+1 {
		m.Str(smtpParameter, string(line[len(shown)+1:]))
		m.hide(secret)
	}
	m.Summary = summary(string(line))
	switch name {
	case "DATA":
		p.state, p.mail = smtpWaits, newMail()
	case "BDAT":
		size, last := word(rest)
		p.chunk, _ = strconv.ParseUint(string(size), 10, 63)
		p.last = strings.EqualFold(string(bytes.TrimSpace(last)), "LAST")
		if p.mail == nil {
			p.mail = newMail()
		}
		p.state = smtpChunk
	case "AUTH":
		p.auth(s, m, rest)
	case "MAIL":
		p.judge(m)
	case "RSET", "EHLO", "HELO":
		p.mail = nil
	case "":
		if len(line) > 0 {
			m.Outcome, m.Summary = index.Malformed, fmt.Sprintf("no command: %d bytes", len(line))
		}
	}
	number := s.Emit(m, s.At(len(whole)-1))
	p.waiting.push(question{number: number, verb: name})
	if p.state == smtpChunk && p.chunk == 0 {
		p.chunkEnds(s, s.At(len(whole)-1))
	}
}

// judge says once that a mail goes in clear text.
func (p *smtp) judge(m *Message) {
	if p.judged {
		return
	}
	p.judged = true
	text := "the mail is sent in clear text: the server does not offer STARTTLS"
	if p.offers {
		text = "the mail is sent in clear text: the server offers STARTTLS, the client does not use it"
	}
	m.Warn("smtp.no_starttls", index.SeverityNote, text)
}

// text takes the lines of a mail until the one that is a single dot. As in Wireshark,
// an empty line in the same frame before it belongs to the end, not to the mail.
func (p *smtp) text(s *Stream, data []byte) int {
	at := 0
	for at < len(data) {
		rest := data[at:]
		if !p.inLine && rest[0] == '.' {
			switch {
			case len(rest) < 2 || len(rest) == 2 && rest[1] == '\r':
				return at
			case rest[1] == '\n' || rest[1] == '\r' && rest[2] == '\n':
				at += bytes.IndexByte(rest, '\n') + 1
				p.emitMail(s, s.At(at-1))
				return at
			}
			at++ // the dot was added by the sender
			p.inLine = true
			continue
		}
		if !p.inLine && rest[0] == '\r' {
			end := []byte("\r\n.\r\n")
			if len(rest) < len(end) && bytes.HasPrefix(end, rest) {
				return at
			}
			if bytes.HasPrefix(rest, end) && s.FrameEnd(at) >= at+len(end) {
				at += 2
				continue
			}
		}
		n := bytes.IndexByte(rest, '\n') + 1
		p.inLine = n == 0
		if n == 0 {
			n = len(rest)
		}
		p.mail.write(s, rest[:n], at)
		at += n
	}
	return at
}

// bdat takes a chunk of RFC 3030.
func (p *smtp) bdat(s *Stream, data []byte) int {
	n := int(min(p.chunk, uint64(len(data))))
	p.mail.write(s, data[:n], 0)
	if p.chunk -= uint64(n); p.chunk == 0 {
		p.chunkEnds(s, s.At(n-1))
	}
	return n
}

func (p *smtp) chunkEnds(s *Stream, at Mark) {
	p.state = smtpCommands
	if p.last {
		// The answer to the last chunk is the one to the mail.
		if n := len(p.waiting.list); n > 0 {
			p.waiting.list = p.waiting.list[:n-1]
		}
		p.emitMail(s, at)
	}
}

// emitMail emits the mail, whose end is at a mark.
func (p *smtp) emitMail(s *Stream, end Mark) {
	l := p.mail
	if l.first.Frame == 0 {
		l.first = end
	}
	m := s.Message(l.first)
	m.Kind = index.Request
	m.Str(smtpEOM, "")
	for _, f := range l.frames {
		m.Uint(smtpFragment, uint64(f))
	}
	m.Uint(smtpReassembled, l.size)
	l.describe(m, smtpMail)
	number := s.Emit(m, end)
	p.waiting.push(question{number: number, verb: "mail"})
	p.mail, p.state, p.inLine = nil, smtpCommands, false
}

// Gap implements Decoder.
func (p *smtp) Gap(s *Stream, g Gap) {
	if s.FromClient() {
		switch p.state {
		case smtpWaits, smtpMailText:
			p.mail.missed += g.Bytes
			p.inLine = true
		case smtpChunk:
			n := min(p.chunk, g.Bytes)
			p.mail.missed += n
			if p.chunk -= n; p.chunk == 0 {
				p.chunkEnds(s, s.At(0))
			}
		}
		return
	}
	p.waiting = asked{} // answers may be among what is missing
}

// End implements Decoder.
func (p *smtp) End(s *Stream, rest []byte, e End) {
	if s.FromClient() && p.mail != nil && p.mail.size > 0 {
		p.mail.write(s, rest, 0)
		m := s.Message(p.mail.first)
		m.Kind = index.Request
		p.mail.describe(m, smtpMail)
		m.Outcome, m.Object.Verdict = e.Outcome(), cutVerdict(e)
		s.Emit(m, p.mail.last)
		p.mail = nil
		return
	}
	kind := index.Request
	if !s.FromClient() {
		if ends, _ := wholeReply(rest); len(ends) > 0 {
			p.emitReply(s, rest, ends)
			rest = rest[ends[len(ends)-1]:]
		}
		kind = index.Response
	}
	cutOff(s, rest, kind, e)
}
