package proto

import (
	"bytes"
	"fmt"
	"strings"

	"pcapidx/index"
)

// telnetPrompt bounds what is kept of the server's last line.
const telnetPrompt = 80

// shown follows what the server shows: the end of its last line may be a prompt.
func (x *telnet) shown(b []byte) {
	if n := bytes.LastIndexAny(b, "\r\n"); n >= 0 {
		if rest := bytes.Trim(b[n+1:], "\x00"); len(rest) == 0 && len(bytes.TrimSpace(b)) == 0 {
			return // an empty line after a prompt is the echo of the answer
		}
		x.prompt, b = x.prompt[:0], b[n+1:]
	}
	x.prompt = append(x.prompt, b[:min(len(b), telnetPrompt)]...)
	if n := len(x.prompt) - telnetPrompt; n > 0 {
		x.prompt = append(x.prompt[:0], x.prompt[n:]...)
	}
	switch p := strings.ToLower(strings.Trim(string(x.prompt), " \x00")); {
	case strings.HasSuffix(p, "password:") || strings.HasSuffix(p, "passwd:") || strings.HasSuffix(p, "passcode:"):
		x.expect(telnetSecret)
	case strings.HasSuffix(p, "login:") || strings.HasSuffix(p, "username:") || strings.HasSuffix(p, "user name:") || p == "user:":
		x.expect(telnetName)
	}
}

// expect says what the client types next, unless it has begun to.
func (x *telnet) expect(l telnetLogin) {
	if x.login != l {
		x.login, x.typed, x.long = l, nil, 0
	}
}

// entry follows what the client types, up to the end of its line.
func (x *telnet) entry(m *Message, b []byte) {
	if x.login == telnetAnything {
		return
	}
	for _, c := range b {
		switch {
		case c == '\r' || c == '\n':
			x.entered(m)
			return
		case c == 0:
		case (c == 8 || c == 127) && len(x.typed) > 0:
			x.typed = x.typed[:len(x.typed)-1]
			x.long--
		default:
			if x.long++; len(x.typed) < telnetTyped {
				x.typed = append(x.typed, c)
			}
		}
	}
}

// entered takes a name or password when its line ends.
func (x *telnet) entered(m *Message) {
	typed, long, was := string(x.typed), x.long, x.login
	x.login, x.typed, x.long, x.prompt = telnetAnything, nil, 0, x.prompt[:0]
	switch {
	case long == 0:
	case was == telnetName:
		m.Kind = index.Request
		m.ascii(telnetUser, typed)
	default:
		m.ascii(telnetPassword, typed)
		m.Warn("cleartext.credentials", index.SeverityWarn, fmt.Sprintf("a password of %d bytes was typed in the clear", long))
		addSummary(m, fmt.Sprintf("password, %d bytes", long))
	}
}
