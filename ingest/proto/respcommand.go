package proto

import (
	"fmt"
	"slices"
	"strings"

	"pcapidx/index"
)

// value ends a value: a command, an answer, or what the server sends by itself.
func (x *resp) value(s *Stream, d *respSide, m *Message, last int) {
	v := &d.value
	if s.FromClient() {
		x.command(m, v)
		if x.answered {
			x.doubt, x.answered = false, false
		}
		number := s.Emit(m, s.At(last))
		if !x.doubt && len(v.words) > 0 {
			if len(x.queue) >= respQueue {
				x.queue = x.queue[1:]
			}
			x.queue = append(x.queue, number)
		}
		return
	}
	x.answered = true
	m.Summary = v.describe()
	if v.kind == '>' {
		m.Kind, m.Summary = index.Notice, "push, "+m.Summary
		s.Emit(m, s.At(last))
		return
	}
	switch {
	case len(x.queue) > 0:
		m.Kind, m.Request = index.Response, x.queue[0]
		x.queue = x.queue[1:]
	case s.Midstream() || x.doubt:
		m.Kind = index.Response
	default:
		m.Kind = index.Notice // a feed: subscriptions, MONITOR
	}
	if v.err != "" {
		code, _, _ := strings.Cut(v.err, " ")
		m.Outcome, m.Code, m.Summary = index.Failed, code, v.err
		text := "the server reports an error"
		if slices.Contains([]string{"WRONGPASS", "NOAUTH", "NOPERM"}, code) {
			text = "the server refuses the login, or wants one"
		}
		m.Warn("resp.error", index.SeverityNote, text)
	}
	s.Emit(m, s.At(last))
}

// command describes a command.
func (x *resp) command(m *Message, v *respValue) {
	m.Kind = index.Request
	if len(v.words) == 0 {
		m.Kind, m.Summary = index.Notice, "empty line"
		return
	}
	name := strings.ToUpper(v.words[0])
	m.Str(respCommand, name)
	m.Summary = name
	secret := v.secret()
	x.hide(m, v, secret)
	if secret > 0 && secret < len(v.words) {
		m.Summary += fmt.Sprintf(", password of %d bytes", v.sizes[secret])
		if !x.warned {
			x.warned = true
			m.Warn("cleartext.credentials", index.SeverityWarn, fmt.Sprintf("a password of %d bytes was sent in the clear", v.sizes[secret]))
		}
		return
	}
	if slices.Contains([]string{"AUTH", "HELLO", "ACL", "CONFIG", "MIGRATE", "SENTINEL", "EVAL", "REPLCONF"}, name) {
		if len(v.words) > 1 && name != "AUTH" && name != "EVAL" {
			m.Summary += " " + v.words[1]
		}
		return
	}
	for i, w := range v.words[1:] {
		switch {
		case v.sizes[i+1] > 40 || strings.ContainsAny(w, "\r\n\x00"):
			m.Summary += fmt.Sprintf(" (%d bytes)", v.sizes[i+1])
		default:
			m.Summary += " " + w
		}
		if len(m.Summary) > 120 {
			break
		}
	}
	if more := v.count - int64(len(v.words)); more > 0 {
		m.Summary += fmt.Sprintf(" and %d more", more)
	}
}

// secret is which word of a command is a password, -1 if none is.
func (v *respValue) secret() int {
	switch {
	case strings.EqualFold(v.words[0], "AUTH"):
		return len(v.words) - 1
	case strings.EqualFold(v.words[0], "HELLO"):
		for i, w := range v.words {
			if strings.EqualFold(w, "AUTH") {
				return i + 2
			}
		}
	case len(v.words) == 4 && strings.EqualFold(v.words[0], "CONFIG") && strings.EqualFold(v.words[1], "SET") &&
		(strings.EqualFold(v.words[2], "requirepass") || strings.EqualFold(v.words[2], "masterauth")):
		return 3
	}
	return -1
}

// hide marks the value of a word as a secret. Each word has one, unless it is empty.
func (x *resp) hide(m *Message, v *respValue, word int) {
	if word <= 0 || word >= len(v.words) || v.sizes[word] == 0 {
		return
	}
	for _, n := range v.sizes[:word] {
		if n == 0 {
			word--
		}
	}
	for i := range m.Fields {
		if f := &m.Fields[i]; f.Name == m.protocol.Fields[respBulkValue].Name {
			if word--; word < 0 {
				f.Secret = true
				return
			}
		}
	}
}
