package proto

import (
	"bytes"
	"fmt"
	"time"

	"pcapidx/ingest/dissect"
)

const (
	syslogFacility = iota
	syslogLevel
	syslogMessage
	syslogVersion
	syslogTimestamp
	syslogOldTimestamp
	syslogHost
	syslogApp
	syslogProcess
	syslogID
)

// syslogProtocol is syslog in datagrams (RFC 3164, RFC 5424, RFC 5426).
func syslogProtocol() Protocol {
	return Protocol{
		Name: "syslog", Title: "Syslog", On: Datagrams, Ports: []uint16{514},
		Fields: []Field{
			syslogFacility:     {Name: "syslog.facility", Kind: dissect.KindUint, Bits: 8, Listed: true, Doc: "Facility"},
			syslogLevel:        {Name: "syslog.level", Kind: dissect.KindUint, Bits: 8, Listed: true, Doc: "Severity: 0 emergency to 7 debug"},
			syslogMessage:      {Name: "syslog.msg", Kind: dissect.KindString, Doc: "What follows the priority"},
			syslogVersion:      {Name: "syslog.version", Kind: dissect.KindString, Doc: "Version"},
			syslogTimestamp:    {Name: "syslog.timestamp", Kind: dissect.KindAbsTime, Doc: "Time of the message (RFC 5424)"},
			syslogOldTimestamp: {Name: "syslog.timestamp_rfc3164", Kind: dissect.KindString, Doc: "Time of the message (RFC 3164)"},
			syslogHost:         {Name: "syslog.hostname", Kind: dissect.KindString, Doc: "Host"},
			syslogApp:          {Name: "syslog.appname", Kind: dissect.KindString, Doc: "Application"},
			syslogProcess:      {Name: "syslog.procid", Kind: dissect.KindString, Doc: "Process; of RFC 3164 its name"},
			syslogID:           {Name: "syslog.msgid", Kind: dissect.KindString, Doc: "The rest of the message"},
		},
		Detect: detectSyslog,
		New:    func() Decoder { return &syslog{} },
	}
}

// syslogPriority reads <n>, and tells how long it is, 0 if it is not there.
func syslogPriority(b []byte) (priority uint64, n int) {
	if len(b) < 3 || b[0] != '<' {
		return 0, 0
	}
	for i := 1; i < len(b) && i <= 4; i++ {
		switch c := b[i]; {
		case c == '>' && i > 1:
			return priority, i + 1
		case c < '0' || c > '9':
			return 0, 0
		}
		priority = priority*10 + uint64(b[i]-'0')
	}
	return 0, 0
}

// detectSyslog: a priority that there is, and text after it.
func detectSyslog(h *Head) Verdict {
	priority, n := syslogPriority(h.Client)
	if n == 0 || priority > 191 || len(h.Client) == n {
		return No
	}
	for _, c := range h.Client[n:min(len(h.Client), n+64)] {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != 0 {
			return No
		}
	}
	if h.ServerPort == 514 || h.ClientPort == 514 {
		return Yes
	}
	return Likely
}

type syslog struct{}

// Decode implements Decoder.
func (p *syslog) Decode(s *Stream, b []byte) int {
	priority, n := syslogPriority(b)
	if n == 0 {
		return 0
	}
	text, _, _ := bytes.Cut(b[n:], []byte{0}) // some senders end it like that
	m := s.Message(s.At(0))
	m.Uint(syslogFacility, priority>>3)
	m.Uint(syslogLevel, priority&7)
	m.Str(syslogMessage, string(text))
	levels := [...]string{"emergency", "alert", "critical", "error", "warning", "notice", "info", "debug"}
	m.Summary = summary(fmt.Sprintf("%s: %s", levels[priority&7], bytes.TrimRight(text, "\r\n")))
	switch {
	case len(text) > 2 && text[0] == '1' && text[1] == ' ':
		syslogNew(m, text)
	case len(text) > 16 && text[15] == ' ' && oldTimestamp(text[:15]):
		m.Str(syslogOldTimestamp, string(text[:15]))
		syslogOld(m, text[16:])
	}
	s.Emit(m, s.At(len(b)-1))
	return len(b)
}

// oldTimestamp tells "Jan  2 15:04:05".
func oldTimestamp(b []byte) bool {
	_, err := time.Parse("Jan _2 15:04:05", string(b))
	if err != nil {
		_, err = time.Parse("Jan 02 15:04:05", string(b))
	}
	return err == nil
}

// syslogOld reads what follows the time stamp of RFC 3164: the host, and the process up
// to a blank, a colon or a bracket.
func syslogOld(m *Message, b []byte) {
	host, rest, ok := bytes.Cut(b, []byte(" "))
	if !ok {
		return
	}
	m.Str(syslogHost, string(host))
	if i := bytes.IndexAny(rest, " :["); i >= 0 {
		m.Str(syslogProcess, string(rest[:i]))
		m.Str(syslogID, string(rest[i:]))
	}
}

// syslogNew reads the header of RFC 5424.
func syslogNew(m *Message, b []byte) {
	m.Str(syslogVersion, "1")
	parts := bytes.SplitN(b[2:], []byte(" "), 5)
	if t, err := time.Parse(time.RFC3339Nano, string(parts[0])); err == nil {
		m.Uint(syslogTimestamp, uint64(t.UnixNano()))
	} else if string(parts[0]) != "-" {
		return
	}
	for i, field := range []int{syslogHost, syslogApp, syslogProcess, syslogID} {
		if i+1 < len(parts) {
			m.Str(field, string(parts[i+1]))
		}
	}
}

// Gap implements Decoder: datagrams have none.
func (p *syslog) Gap(*Stream, Gap) {}

// End implements Decoder.
func (p *syslog) End(*Stream, []byte, End) {}
