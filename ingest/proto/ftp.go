package proto

import (
	"bytes"
	"fmt"
	"strings"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
)

const (
	ftpRequest = iota
	ftpResponse
	ftpCommand
	ftpArg
	ftpCode
	ftpRspArg
	ftpPassiveIP
	ftpPassivePort
	ftpPassiveNAT
	ftpActiveIP
	ftpActivePort
	ftpActiveNAT
	ftpEPRTFamily
	ftpEPRTIPv4
	ftpEPRTIPv6
	ftpEPRTPort
	ftpEPSVIPv4
	ftpEPSVIPv6
	ftpEPSVPort
	ftpDirectory
)

// ftpProtocol is the control connection of the File Transfer Protocol (RFC 959, RFC
// 2428, RFC 4217).
func ftpProtocol() Protocol {
	return Protocol{
		Name: "ftp", Title: "FTP", On: Streams, Ports: []uint16{21, 2121}, Patience: 60e9,
		Fields: []Field{
			ftpRequest:     {Name: "ftp.request", Kind: dissect.KindBool, Doc: "Request"},
			ftpResponse:    {Name: "ftp.response", Kind: dissect.KindBool, Doc: "Response"},
			ftpCommand:     {Name: "ftp.request.command", Kind: dissect.KindString, Listed: true, Doc: "Command"},
			ftpArg:         {Name: "ftp.request.arg", Kind: dissect.KindString, Doc: "What follows the command"},
			ftpCode:        {Name: "ftp.response.code", Kind: dissect.KindUint, Bits: 32, Listed: true, Doc: "Reply code"},
			ftpRspArg:      {Name: "ftp.response.arg", Kind: dissect.KindString, Doc: "Text of the first line of a reply"},
			ftpPassiveIP:   {Name: "ftp.passive.ip", Kind: dissect.KindIPv4, Doc: "Address that the server waits at"},
			ftpPassivePort: {Name: "ftp.passive.port", Kind: dissect.KindUint, Bits: 16, Doc: "Port that the server waits at"},
			ftpPassiveNAT:  {Name: "ftp.passive.nat", Kind: dissect.KindBool, Doc: "The address is not the server's"},
			ftpActiveIP:    {Name: "ftp.active.cip", Kind: dissect.KindIPv4, Doc: "Address that the client waits at"},
			ftpActivePort:  {Name: "ftp.active.port", Kind: dissect.KindUint, Bits: 16, Doc: "Port that the client waits at"},
			ftpActiveNAT:   {Name: "ftp.active.nat", Kind: dissect.KindBool, Doc: "The address is not the client's"},
			ftpEPRTFamily:  {Name: "ftp.eprt.af", Kind: dissect.KindUint, Bits: 8, Doc: "Address family: 1 IPv4, 2 IPv6"},
			ftpEPRTIPv4:    {Name: "ftp.eprt.ip", Kind: dissect.KindIPv4, Doc: "Address that the client waits at (EPRT)"},
			ftpEPRTIPv6:    {Name: "ftp.eprt.ipv6", Kind: dissect.KindIPv6, Doc: "Address that the client waits at (EPRT)"},
			ftpEPRTPort:    {Name: "ftp.eprt.port", Kind: dissect.KindUint, Bits: 16, Doc: "Port that the client waits at (EPRT)"},
			ftpEPSVIPv4:    {Name: "ftp.epsv.ip", Kind: dissect.KindIPv4, Doc: "Address of the server (EPSV)"},
			ftpEPSVIPv6:    {Name: "ftp.epsv.ipv6", Kind: dissect.KindIPv6, Doc: "Address of the server (EPSV)"},
			ftpEPSVPort:    {Name: "ftp.epsv.port", Kind: dissect.KindUint, Bits: 16, Doc: "Port that the server waits at (EPSV)"},
			ftpDirectory:   {Name: "ftp.current-working-directory", Kind: dissect.KindString, Doc: "Working directory, once the message is carried out"},
		},
		Detect: detectFTP,
		New:    func() Decoder { return &ftp{} },
	}
}

// ftpVerb tells commands that open an FTP connection.
func ftpVerb(line []byte) bool {
	verb, _ := word(line)
	switch upper(verb, 4) {
	case "USER", "FEAT", "SYST", "AUTH", "OPTS", "HOST", "CLNT", "ADAT", "PBSZ", "PROT", "PASS":
		return true
	}
	return false
}

// detectFTP: the server greets with 220 and the client logs in, or the banner says FTP.
// In the middle of a connection a command that only FTP has, with a reply, will do.
func detectFTP(h *Head) Verdict {
	client, n := nextLine(h.Client)
	banner, m := nextLine(h.Server)
	code, _ := replyCode(banner)
	if m > 0 && code == 0 {
		return No
	}
	if n > 0 {
		verb, _ := word(client)
		switch upper(verb, 4) {
		case "PASV", "EPSV", "PORT", "EPRT", "RETR", "STOR", "MLSD", "NLST":
			if code >= 100 && code < 600 {
				return Yes
			}
			return More
		}
		if !ftpVerb(client) {
			return No
		}
		if m == 0 {
			return More
		}
		if code == 220 || code == 331 || code == 230 || code == 120 {
			return Yes
		}
		return No
	}
	switch {
	case len(h.Client) >= 8:
		return No
	case m == 0:
		return More
	case code != 220 && code != 120 && code != 421:
		return No
	case bytes.Contains(bytes.ToUpper(h.Server), []byte("FTP")):
		return Yes
	}
	return Likely
}

// ftp is the state of a control connection.
type ftp struct {
	waiting   asked
	user      string
	directory string // working directory, "" if not known
	frames    frameLeads
	transfer  *ftpTransfer // the one that was announced last
}

// Decode implements Decoder.
func (p *ftp) Decode(s *Stream, data []byte) int {
	if s.FromClient() {
		line, n := nextLine(data)
		if n > 0 {
			p.command(s, line, n)
		}
		return n
	}
	ends, whole := wholeReply(data)
	if !whole {
		return 0
	}
	p.answer(s, data, ends)
	return ends[len(ends)-1]
}

// command takes a line of the client.
func (p *ftp) command(s *Stream, line []byte, n int) {
	m, last := s.Message(s.At(0)), s.At(n-1)
	m.Kind = index.Request
	leads := p.frames.lead(s, last)
	verb, arg := word(line)
	name := upper(verb, 8)
	if leads {
		m.Bool(ftpRequest, true)
		m.Bool(ftpResponse, false)
		m.Str(ftpCommand, string(verb))
		if len(arg) > 0 {
			m.Str(ftpArg, string(arg))
			m.hide(name == "PASS" || name == "ACCT" || name == "ADAT")
		}
	}
	m.Summary = summary(string(line))
	switch name {
	case "":
		m.Outcome, m.Summary = index.Malformed, fmt.Sprintf("no command: %d bytes", len(line))
	case "USER":
		p.user = string(arg)
	case "PASS", "ACCT":
		m.Summary = fmt.Sprintf("%s (%d bytes)", name, len(arg))
		if name == "PASS" && len(arg) > 0 && !strings.EqualFold(p.user, "anonymous") && !strings.EqualFold(p.user, "ftp") {
			m.clearText("FTP", len(arg))
		}
	case "ADAT":
		m.Summary = fmt.Sprintf("%s (%d bytes)", name, len(arg))
	case "PORT":
		p.port(s, m, arg, leads)
	case "EPRT":
		p.eprt(s, m, arg, leads)
	}
	if leads {
		m.Str(ftpDirectory, p.directory)
	}
	number := s.Emit(m, last)
	p.waiting.push(question{number: number, verb: name, arg: string(arg)})
	if t := p.transfer; t != nil && ftpTransfers(name) && t.command == "" {
		t.command, t.frame, t.number, t.directory = string(line), last.Frame, number, p.directory
		t.verb, t.name = name, string(arg)
	}
}

// ftpTransfers tells the commands that use the data connection.
func ftpTransfers(verb string) bool {
	switch verb {
	case "RETR", "STOR", "STOU", "APPE", "LIST", "NLST", "MLSD":
		return true
	}
	return false
}

// answer takes a whole reply.
func (p *ftp) answer(s *Stream, data []byte, ends []int) {
	pieces := replies(s, data, ends)
	q := p.waiting.first()
	for i, r := range pieces {
		m := s.Message(r.first)
		m.Kind, m.Request = index.Continues, q.number
		leads := p.frames.lead(s, r.last)
		first, end := r.lines[0], r.lines[len(r.lines)-1]
		code, _ := replyCode(first)
		if leads {
			m.Bool(ftpRequest, false)
			m.Bool(ftpResponse, true)
			if code != 0 {
				m.Uint(ftpCode, code)
				if len(first) > 4 {
					m.Str(ftpRspArg, string(first[4:]))
				}
			} else if len(first) > 0 {
				m.Str(ftpRspArg, string(first))
			}
		}
		m.Summary = summary(string(bytes.Join(r.lines, []byte(" | "))))
		if i == len(pieces)-1 {
			code, _ = replyCode(end)
			p.judge(s, m, code, end, leads)
		}
		if leads {
			m.Str(ftpDirectory, p.directory)
		}
		s.Emit(m, r.last)
	}
}

// judge makes of a message the answer to the oldest command. Preliminary replies, 1xx,
// leave the command waiting.
func (p *ftp) judge(s *Stream, m *Message, code uint64, line []byte, leads bool) {
	q := p.waiting.first()
	if code == 0 {
		m.Outcome = index.Malformed
		return
	}
	m.Code = fmt.Sprint(code)
	if code < 200 {
		return
	}
	p.waiting.pop()
	if m.Kind = index.Response; q.number == 0 {
		m.Kind = index.Notice
	}
	if code >= 400 {
		m.Outcome = index.Failed
	}
	switch {
	case (q.verb == "PASS" || q.verb == "USER") && code >= 400:
		m.Warn("ftp.auth_fail", index.SeverityWarn, fmt.Sprintf("the server refuses the login with %d", code))
	case q.verb == "AUTH" && (code == 234 || code == 334) && hasFoldPrefix([]byte(q.arg), "TLS"),
		q.verb == "AUTH" && code == 234 && hasFoldPrefix([]byte(q.arg), "SSL"):
		s.Switch("tls")
	case code == 227:
		p.pasv(s, m, line, leads)
	case code == 229:
		p.epsv(s, m, line, leads)
	case code == 257:
		if dir, ok := quoted(line[min(4, len(line)):]); ok {
			p.directory = dir
		}
	case (q.verb == "CWD" || q.verb == "XCWD") && code == 250:
		p.directory = changeDirectory(p.directory, q.arg)
	case (q.verb == "CDUP" || q.verb == "XCUP") && code < 300:
		p.directory = changeDirectory(p.directory, "..")
	}
}

// Gap implements Decoder.
func (p *ftp) Gap(*Stream, Gap) { p.waiting = asked{} }

// End implements Decoder.
func (p *ftp) End(s *Stream, rest []byte, e End) {
	if len(rest) == 0 {
		return
	}
	kind := index.Request
	if !s.FromClient() {
		kind = index.Response
		if ends, _ := wholeReply(rest); len(ends) > 0 {
			p.answer(s, rest, ends)
			rest = rest[ends[len(ends)-1]:]
		}
	}
	cutOff(s, rest, kind, e)
}
