package proto

import (
	"bytes"
	"fmt"
	"strconv"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
)

const (
	ircRequest = iota
	ircRequestPrefix
	ircRequestCommand
	ircRequestParameter
	ircRequestTrailer
	ircResponse
	ircResponsePrefix
	ircResponseCommand
	ircResponseNumber
	ircResponseParameter
	ircResponseTrailer
	ircCTCP
)

// ircProtocol is Internet Relay Chat (RFC 1459, RFC 2812).
func ircProtocol() Protocol {
	return Protocol{
		Name: "irc", Title: "IRC", On: Streams, Ports: []uint16{6667, 6660, 6661, 6662, 6663, 6664, 6665, 6666, 6668, 6669, 7000}, Patience: 60e9,
		Fields: []Field{
			ircRequest:           {Name: "irc.request", Kind: dissect.KindString, Doc: "Line of the client"},
			ircRequestPrefix:     {Name: "irc.request.prefix", Kind: dissect.KindString, Doc: "Sender that the line names"},
			ircRequestCommand:    {Name: "irc.request.command", Kind: dissect.KindString, Listed: true, Doc: "Command"},
			ircRequestParameter:  {Name: "irc.request.command_parameter", Kind: dissect.KindString, Doc: "Parameter"},
			ircRequestTrailer:    {Name: "irc.request.trailer", Kind: dissect.KindString, Doc: "Last parameter, behind a colon"},
			ircResponse:          {Name: "irc.response", Kind: dissect.KindString, Doc: "Line of the server"},
			ircResponsePrefix:    {Name: "irc.response.prefix", Kind: dissect.KindString, Doc: "Sender that the line names"},
			ircResponseCommand:   {Name: "irc.response.command", Kind: dissect.KindString, Listed: true, Doc: "Command or three digits"},
			ircResponseNumber:    {Name: "irc.response.num_command", Kind: dissect.KindUint, Bits: 16, Listed: true, Doc: "Number of an answer"},
			ircResponseParameter: {Name: "irc.response.command_parameter", Kind: dissect.KindString, Doc: "Parameter"},
			ircResponseTrailer:   {Name: "irc.response.trailer", Kind: dissect.KindString, Doc: "Last parameter, behind a colon"},
			ircCTCP:              {Name: "irc.ctcp", Kind: dissect.KindString, Doc: "Tagged data between two bytes of value 1"},
		},
		Detect: detectIRC,
		New:    func() Decoder { return &irc{} },
	}
}

// ircLine is a line, taken apart.
type ircLine struct {
	prefix, command []byte
	parameters      [][]byte
	trailer         []byte
	trails          bool
}

// maxIRCParameters bounds the parameters of a line; RFC 2812 allows 15.
const maxIRCParameters = 32

// parseIRC takes a line apart.
func parseIRC(b []byte) (l ircLine) {
	if len(b) > 0 && b[0] == '@' { // tags of IRCv3
		_, b = word(b)
	}
	if len(b) > 0 && b[0] == ':' {
		l.prefix, b = word(b[1:])
	}
	l.command, b = word(b)
	for len(b) > 0 && len(l.parameters) < maxIRCParameters {
		if b[0] == ':' {
			l.trailer, l.trails = b[1:], true
			return l
		}
		var p []byte
		p, b = word(b)
		l.parameters = append(l.parameters, p)
	}
	return l
}

// detectIRC: the client registers with NICK, USER, CAP or PASS, or the server sends a
// numbered answer, or a notice, with the name of a host in front.
func detectIRC(h *Head) Verdict {
	client, n := nextLine(h.Client)
	server, m := nextLine(h.Server)
	if m > 0 {
		l := parseIRC(server)
		command := string(l.command)
		number, err := strconv.ParseUint(command, 10, 16)
		switch {
		case len(l.prefix) > 0 && server[0] == ':' && (command == "NOTICE" || err == nil && len(command) == 3 && number > 0):
			return Yes
		case command == "NOTICE" && l.trails || command == "PING" && l.trails || command == "ERROR" && l.trails:
			if n > 0 && ircVerb(client) {
				return Yes
			}
			return Likely
		case len(l.prefix) > 0 && n > 0 && ircVerb(client) && server[0] == ':':
			return Yes
		}
		return No
	}
	if n == 0 {
		if len(h.Client) > 256 {
			return No
		}
		return More
	}
	if !ircVerb(client) {
		return No
	}
	// The second line, or the answer, tells NICK and USER from others.
	second, k := nextLine(h.Client[n:])
	if k > 0 && ircVerb(second) {
		return Yes
	}
	if h.Midstream || len(h.Server) == 0 {
		return More
	}
	return No
}

// ircVerb tells the commands that a client registers and talks with.
func ircVerb(line []byte) bool {
	verb, rest := word(line)
	switch upper(verb, 8) {
	case "NICK", "JOIN", "PRIVMSG", "PONG", "WHOIS":
		return len(rest) > 0
	case "CAP":
		sub, _ := word(rest)
		switch upper(sub, 8) {
		case "LS", "REQ", "END", "LIST":
			return true
		}
	case "USER":
		return len(bytes.Fields(rest)) >= 4
	case "PASS":
		return len(rest) > 0
	}
	return false
}

// irc pairs nothing but PING and PONG: answers do not name their requests.
type irc struct {
	pings [2]asked // sent by a side
}

// Decode implements Decoder. A line of the client is a request; what the server sends
// stands for itself.
func (p *irc) Decode(s *Stream, data []byte) int {
	line, n := nextLine(data)
	if n == 0 {
		return 0
	}
	if len(line) == 0 {
		return n
	}
	m := s.Message(s.At(0))
	l := parseIRC(line)
	whole, prefix, command, parameter, trailer := ircResponse, ircResponsePrefix, ircResponseCommand, ircResponseParameter, ircResponseTrailer
	if s.FromClient() {
		whole, prefix, command, parameter, trailer = ircRequest, ircRequestPrefix, ircRequestCommand, ircRequestParameter, ircRequestTrailer
	}
	name := upper(l.command, 16)
	secret := s.FromClient() && (name == "PASS" || name == "OPER" || name == "AUTHENTICATE")
	m.Str(whole, string(line))
	m.hide(secret)
	if len(l.prefix) > 0 {
		m.Str(prefix, string(l.prefix))
	}
	if len(l.command) > 0 {
		m.Str(command, string(l.command))
	}
	m.Summary = summary(string(line))
	if s.FromClient() {
		p.request(m, name, &l)
	} else if code, more := replyCode(l.command); code > 0 && !more && len(l.command) == 3 {
		m.Uint(ircResponseNumber, code)
		m.Code = string(l.command)
		if code >= 400 && code < 600 {
			m.Outcome = index.Failed
		}
		if code == 464 || code == 904 || code == 491 {
			m.Warn("irc.auth_fail", index.SeverityWarn, fmt.Sprintf("the server refuses the login with %d", code))
		}
	}
	for i, v := range l.parameters {
		m.Str(parameter, string(v))
		m.hide(secret && (name != "OPER" || i > 0))
	}
	if l.trails {
		m.Str(trailer, string(l.trailer))
		m.hide(secret)
		if a := bytes.IndexByte(l.trailer, 1); a >= 0 {
			if z := bytes.IndexByte(l.trailer[a+1:], 1); z >= 0 {
				m.Str(ircCTCP, string(l.trailer[a+1:a+1+z]))
			}
		}
	}
	switch name {
	case "PING":
		m.Kind = index.Request
	case "PONG":
		m.Kind, m.Request = index.Response, p.pings[1-s.Side()].pop().number
	case "":
		m.Outcome = index.Malformed
	}
	number := s.Emit(m, s.At(n-1))
	if name == "PING" {
		p.pings[s.Side()].push(question{number: number})
	}
	return n
}

// request looks for secrets of the client.
func (p *irc) request(m *Message, name string, l *ircLine) {
	switch name {
	case "PASS":
		length := len(l.trailer)
		if len(l.parameters) > 0 {
			length = len(l.parameters[0])
		}
		m.Summary = fmt.Sprintf("PASS (%d bytes)", length)
		m.clearText("IRC PASS", length)
	case "OPER":
		if len(l.parameters) > 1 {
			m.Summary = summary(fmt.Sprintf("OPER %s (%d bytes)", l.parameters[0], len(l.parameters[1])))
			m.clearText("IRC OPER", len(l.parameters[1]))
		}
	case "AUTHENTICATE":
		m.Summary = "AUTHENTICATE"
	}
}

// Gap implements Decoder. The rest of a line that was cut is one that is not known.
func (p *irc) Gap(*Stream, Gap) {}

// End implements Decoder.
func (p *irc) End(s *Stream, rest []byte, e End) { cutOff(s, rest, index.Notice, e) }
