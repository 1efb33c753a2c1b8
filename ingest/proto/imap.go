package proto

import (
	"bytes"
	"strings"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
)

const (
	imapIsRequest = iota
	imapLine
	imapRequest
	imapRequestTag
	imapCommand
	imapUID
	imapFolder
	imapUsername
	imapPassword
	imapResponse
	imapResponseTag
	imapStatus
	imapResponseCommand
	imapUser
	imapMail // the first of imfFields
)

// imapProtocol is the Internet Message Access Protocol (RFC 3501).
func imapProtocol() Protocol {
	return Protocol{
		Name: "imap", Title: "IMAP", On: Streams, Ports: []uint16{143}, Patience: 60e9,
		Fields: append([]Field{
			imapIsRequest:       {Name: "imap.isrequest", Kind: dissect.KindBool, Doc: "Request"},
			imapLine:            {Name: "imap.line", Kind: dissect.KindString, Doc: "Line with its end"},
			imapRequest:         {Name: "imap.request", Kind: dissect.KindString, Doc: "Line of the client"},
			imapRequestTag:      {Name: "imap.request_tag", Kind: dissect.KindString, Doc: "Tag of a request"},
			imapCommand:         {Name: "imap.request.command", Kind: dissect.KindString, Listed: true, Doc: "Command"},
			imapUID:             {Name: "imap.request.command.uid", Kind: dissect.KindBool, Doc: "The command uses unique identifiers"},
			imapFolder:          {Name: "imap.request.folder", Kind: dissect.KindString, Doc: "Mailbox as it was sent"},
			imapUsername:        {Name: "imap.request.username", Kind: dissect.KindString, Doc: "User name of a LOGIN as it was sent"},
			imapPassword:        {Name: "imap.request.password", Kind: dissect.KindString, Secret: true, Doc: "Password of a LOGIN"},
			imapResponse:        {Name: "imap.response", Kind: dissect.KindString, Doc: "Line of the server that has a tag"},
			imapResponseTag:     {Name: "imap.response_tag", Kind: dissect.KindString, Doc: "Tag of the request that is answered"},
			imapStatus:          {Name: "imap.response.status", Kind: dissect.KindString, Listed: true, Doc: "OK, NO or BAD"},
			imapResponseCommand: {Name: "imap.response.command", Kind: dissect.KindString, Doc: "Word after the status"},
			imapUser:            {Name: "imap.auth.user", Kind: dissect.KindString, Doc: "User name, decoded"},
		}, imfFields()...),
		Detect: detectIMAP,
		New:    func() Decoder { return &imap{} },
	}
}

// imapVerb tells whether a line is a tag and a command.
func imapVerb(line []byte) bool {
	tag, rest := word(line)
	if len(tag) == 0 || len(tag) > 32 || bytes.ContainsAny(tag, "*+(){%\\\"") {
		return false
	}
	verb, _ := word(rest)
	switch upper(verb, 16) {
	case "CAPABILITY", "LOGIN", "AUTHENTICATE", "STARTTLS", "SELECT", "EXAMINE", "FETCH", "LIST", "LSUB", "STATUS",
		"UID", "NOOP", "LOGOUT", "APPEND", "SEARCH", "STORE", "COPY", "IDLE", "ID", "NAMESPACE", "ENABLE", "EXPUNGE", "CLOSE":
		return true
	}
	return false
}

// detectIMAP: the server greets with an untagged line, the client sends a tag and a
// command.
func detectIMAP(h *Head) Verdict {
	server, n := nextLine(h.Server)
	client, m := nextLine(h.Client)
	greets := false
	if n > 0 {
		first, rest := word(server)
		second, _ := word(rest)
		switch upper(second, 8) {
		case "OK", "PREAUTH", "BYE":
			greets = string(first) == "*"
		}
		if !greets && (!h.Midstream || m == 0) {
			return No
		}
	}
	if m > 0 && !imapVerb(client) {
		return No
	}
	switch {
	case m > 0 && (greets || n > 0 && imapAnswers(client, server)):
		return Yes
	case greets && bytes.Contains(bytes.ToUpper(server), []byte("IMAP")):
		return Yes
	case greets:
		return Likely
	case m == 0 && len(h.Client) > 64 || n == 0 && len(h.Server) > 256:
		return No
	}
	return More
}

// imapAnswers tells whether a line answers another one, in the middle of a connection.
func imapAnswers(client, server []byte) bool {
	tag, _ := word(client)
	first, _ := word(server)
	return string(first) == "*" || bytes.Equal(tag, first)
}

// imap is the state of a connection.
type imap struct {
	asked   []question // whose arg is the tag
	frames  frameLeads
	begun   bool
	literal [2]imapLiteral
	answer  *Message // of the server, within which a literal came
	login   string   // mechanism of AUTHENTICATE that goes on
	user    string
	idle    bool
}

// imapLiteral is a literal on its way: {n} and n bytes.
type imapLiteral struct {
	left   uint64
	mail   *mail  // it is one, or none
	use    string // what the client's is: "user", "password", "mail"
	value  []byte // of the first two
	tail   bool   // the rest of the line comes after it
	number uint32 // of the request
	last   Mark   // of the last byte
}

// literalSize reads {n}, {n+} or ~{n} at the end of a line.
func literalSize(line []byte) (n uint64, ok bool) {
	if len(line) < 3 || line[len(line)-1] != '}' {
		return 0, false
	}
	i := bytes.LastIndexByte(line, '{')
	if i < 0 {
		return 0, false
	}
	digits := bytes.TrimSuffix(line[i+1:len(line)-1], []byte{'+'})
	if len(digits) == 0 || len(digits) > 18 {
		return 0, false
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	return n, true
}

// Decode implements Decoder.
func (p *imap) Decode(s *Stream, data []byte) int {
	l := &p.literal[s.Side()]
	if l.left > 0 {
		return p.literalBytes(s, l, data)
	}
	line, n := nextLine(data)
	if n == 0 {
		return 0
	}
	if s.FromClient() {
		p.command(s, line, data[:n])
	} else {
		p.reply(s, line, data[:n])
	}
	return n
}

// literalBytes takes what has come of a literal.
func (p *imap) literalBytes(s *Stream, l *imapLiteral, data []byte) int {
	n := int(min(l.left, uint64(len(data))))
	if l.mail != nil {
		l.mail.write(s, data[:n], 0)
	}
	if room := maxLine - len(l.value); l.use != "mail" && s.FromClient() && room > 0 {
		l.value = append(l.value, data[:min(n, room)]...)
	}
	l.last = s.At(n - 1)
	if l.left -= uint64(n); l.left == 0 {
		p.literalEnds(s, l)
	}
	return n
}

// literalEnds makes what it can of a literal.
func (p *imap) literalEnds(s *Stream, l *imapLiteral) {
	if !s.FromClient() {
		if l.mail != nil && p.answer != nil {
			l.mail.describe(p.answer, imapMail)
		}
		l.mail = nil
		return
	}
	switch l.use {
	case "mail":
		m := s.Message(l.mail.first)
		m.Kind, m.Request = index.Continues, l.number
		l.mail.describe(m, imapMail)
		s.Emit(m, l.last)
	case "user":
		p.user = string(l.value)
	case "password":
		m := s.Message(l.last)
		m.Kind, m.Request = index.Continues, l.number
		m.Str(imapPassword, string(l.value))
		if p.user != "" {
			m.Str(imapUser, p.user)
		}
		m.Summary = summary("password of user " + p.user)
		m.clearText("IMAP LOGIN", len(l.value))
		s.Emit(m, l.last)
	}
	l.mail, l.value = nil, nil
}

// leads tells whether a message is the first of its frame: it has imap.isrequest.
func (p *imap) leads(s *Stream, m *Message, last Mark) {
	if p.frames.lead(s, last) {
		m.Fields = append([]index.MessageField{{Name: "imap.isrequest", Num: map[bool]uint64{true: 1}[s.FromClient()]}}, m.Fields...)
	}
}

// request finds the number of the request with a tag, and takes it off the list.
func (p *imap) request(tag string) (q question) {
	for i := range p.asked {
		if p.asked[i].arg == tag {
			q = p.asked[i]
			p.asked = append(p.asked[:i:i], p.asked[i+1:]...)
			return q
		}
	}
	return q
}

// Gap implements Decoder.
func (p *imap) Gap(s *Stream, g Gap) {
	l := &p.literal[s.Side()]
	if n := min(l.left, g.Bytes); n > 0 {
		if l.mail != nil {
			l.mail.missed += n
		}
		if l.left -= n; l.left == 0 {
			p.literalEnds(s, l)
		}
		return
	}
	if !s.FromClient() && p.answer != nil {
		p.emitAnswer(s, index.Partial, s.At(0))
	}
}

// End implements Decoder.
func (p *imap) End(s *Stream, rest []byte, e End) {
	l := &p.literal[s.Side()]
	if !s.FromClient() && p.answer != nil {
		if l.mail != nil {
			l.mail.describe(p.answer, imapMail)
			p.answer.Object.Verdict = cutVerdict(e)
		}
		p.emitAnswer(s, e.Outcome(), l.last)
		return
	}
	if s.FromClient() && l.left > 0 && l.mail != nil && l.mail.size > 0 {
		m := s.Message(l.mail.first)
		m.Kind, m.Request = index.Continues, l.number
		l.mail.describe(m, imapMail)
		m.Outcome, m.Object.Verdict = e.Outcome(), cutVerdict(e)
		s.Emit(m, l.last)
		return
	}
	kind := index.Request
	if !s.FromClient() {
		kind = index.Response
	}
	cutOff(s, rest, kind, e)
}

// emitAnswer emits the server's answer that a literal interrupted.
func (p *imap) emitAnswer(s *Stream, o index.Outcome, last Mark) {
	m := p.answer
	p.answer = nil
	if o != index.Fine {
		m.Outcome = o
	}
	p.leads(s, m, last)
	s.Emit(m, last)
}

// mailLiteral tells whether a literal of a line holds a mail, or the header of one:
// BODY[], BODY[HEADER], BODY[HEADER.FIELDS (...)], RFC822, RFC822.HEADER.
func mailLiteral(line []byte) bool {
	item := strings.ToUpper(string(line[:max(0, bytes.LastIndexByte(line, '{'))]))
	if i := strings.LastIndex(item, "BODY["); i >= 0 {
		item = item[i+len("BODY["):]
		return strings.HasPrefix(item, "]") || strings.HasPrefix(item, "HEADER")
	}
	item = strings.TrimRight(item, " ")
	return strings.HasSuffix(item, " RFC822") || strings.HasSuffix(item, "(RFC822") || strings.HasSuffix(item, "RFC822.HEADER")
}
