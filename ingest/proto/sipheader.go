package proto

import (
	"bytes"
	"strconv"
	"strings"
)

// sipMessage is what is read of a message.
type sipMessage struct {
	line    string // the first one
	method  string // of requests
	uri     string
	status  int // of answers
	reason  string
	headers []sipHeader
	cut     bool // the headers do not end
	short   bool // the body is not whole
	broken  int  // lines without a colon
	unread  bool // the last line is one of them
	// Of well-known headers.
	callID     string
	cseq       uint32
	cseqOK     bool
	cseqMethod string
	from, to   sipAddress
}

// sipHeader is a header with its full name in lower case. Value is as it stands
// there, with the line ends of folded lines.
type sipHeader struct{ name, value string }

// sipCompact gives the names that letters stand for (RFC 3261 section 20 and later
// ones).
var sipCompact = map[string]string{
	"a": "accept-contact", "b": "referred-by", "c": "content-type", "e": "content-encoding", "f": "from", "i": "call-id",
	"j": "reject-contact", "k": "supported", "l": "content-length", "m": "contact", "o": "event", "r": "refer-to",
	"s": "subject", "t": "to", "u": "allow-events", "v": "via", "x": "session-expires",
}

// parseSIP reads a start line and headers.
func parseSIP(b []byte) *sipMessage {
	line, rest, _ := bytes.Cut(b, []byte("\n"))
	m := &sipMessage{line: strings.TrimRight(string(line), "\r")}
	if after, ok := strings.CutPrefix(m.line, "SIP/2.0 "); ok {
		m.status, _ = strconv.Atoi(after[:min(3, len(after))])
		if len(after) > 4 {
			m.reason = after[4:]
		}
	} else {
		m.method, m.uri, _ = strings.Cut(m.line, " ")
		m.uri, _, _ = strings.Cut(m.uri, " ")
	}
	for len(rest) > 0 && len(m.headers) < sipHeaders {
		var value []byte
		if value, rest = sipFolded(rest); len(value) == 0 {
			break
		}
		name, text, ok := bytes.Cut(value, []byte(":"))
		if !ok {
			m.broken++
			m.unread = len(rest) == 0
			continue
		}
		m.header(strings.ToLower(string(bytes.TrimSpace(name))), string(bytes.TrimLeft(text, " \t")))
	}
	return m
}

// sipFolded cuts a line with those that continue it.
func sipFolded(b []byte) (line, rest []byte) {
	end := 0
	for {
		n := bytes.IndexByte(b[end:], '\n')
		if n < 0 {
			return bytes.TrimRight(b, "\r"), nil
		}
		end += n + 1
		blank := len(bytes.TrimRight(b[:end], "\r\n")) == 0
		if blank || end >= len(b) || b[end] != ' ' && b[end] != '\t' {
			return bytes.TrimRight(b[:end], "\r\n"), b[end:]
		}
	}
}

func (m *sipMessage) header(name, value string) {
	if full := sipCompact[name]; full != "" {
		name = full
	}
	m.headers = append(m.headers, sipHeader{name, value})
	switch name {
	case "call-id":
		m.callID = value
	case "cseq":
		number, method, _ := strings.Cut(value, " ")
		method = strings.TrimSpace(method)
		if n, err := strconv.ParseUint(number, 10, 32); err == nil {
			m.cseq, m.cseqOK, m.cseqMethod = uint32(n), true, method
		}
	case "from":
		m.from = parseSIPAddress(value)
	case "to":
		m.to = parseSIPAddress(value)
	}
}

// get gives the first header of a name.
func (m *sipMessage) get(name string) string {
	for _, h := range m.headers {
		if h.name == name {
			return h.value
		}
	}
	return ""
}

func (m *sipMessage) contentLength() (uint64, bool) {
	n, err := strconv.ParseUint(m.get("content-length"), 10, 32)
	return n, err == nil
}

// sipAddress is a From, To or Contact: "name <uri>;parameters".
type sipAddress struct {
	display string
	uri     string
	params  string // without the first semicolon
	sipURI
}

// sipURI are the parts of a SIP URI.
type sipURI struct{ user, host, port string }

func parseSIPAddress(s string) sipAddress {
	var a sipAddress
	open := sipIndex(s, '<')
	if open >= 0 {
		a.display = s[:open]
		if strings.HasPrefix(a.display, `"`) {
			a.display = strings.TrimRight(a.display, " \t\r\n")
		}
		rest := s[open+1:]
		end := strings.IndexByte(rest, '>')
		if end < 0 {
			end = len(rest)
		}
		a.uri = rest[:end]
		rest = strings.TrimLeft(rest[min(end+1, len(rest)):], " \t\r\n")
		a.params = strings.TrimPrefix(rest, ";")
	} else {
		a.uri, a.params, _ = strings.Cut(s, ";")
		a.uri = strings.TrimRight(a.uri, " \t\r\n")
	}
	a.sipURI = parseSIPURI(a.uri)
	return a
}

// sipIndex finds a byte outside of quotes.
func sipIndex(s string, c byte) int {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case !quoted && s[i] == c:
			return i
		}
	}
	return -1
}

func parseSIPURI(s string) sipURI {
	var u sipURI
	scheme, rest, ok := strings.Cut(s, ":")
	if !ok || !strings.EqualFold(scheme, "sip") && !strings.EqualFold(scheme, "sips") {
		return u
	}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		u.user, rest = rest[:at], rest[at+1:]
	}
	if end := strings.IndexAny(rest, ";?> "); end >= 0 {
		rest = rest[:end]
	}
	u.host, u.port = sipHostPort(rest)
	return u
}

// sipHostPort cuts "host", "host:port", "[v6]:port".
func sipHostPort(s string) (host, port string) {
	from := 0
	if strings.HasPrefix(s, "[") {
		from = max(0, strings.IndexByte(s, ']'))
	}
	if n := strings.IndexByte(s[from:], ':'); n >= 0 {
		return s[:from+n], s[from+n+1:]
	}
	return s, ""
}

// sipParameter gives a parameter of a list with semicolons.
func sipParameter(list, name string) string {
	for list != "" {
		var one string
		if n := sipIndex(list, ';'); n >= 0 {
			one, list = list[:n], list[n+1:]
		} else {
			one, list = list, ""
		}
		key, value, _ := strings.Cut(one, "=")
		if strings.EqualFold(strings.TrimSpace(key), name) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// sipSplit cuts a list at a byte that stands outside of quotes and of <>.
func sipSplit(s string, c byte) (parts []string) {
	quoted, angle, from := false, false, 0
	for i := 0; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case quoted:
		case s[i] == '<':
			angle = true
		case s[i] == '>':
			angle = false
		case s[i] == c && !angle:
			parts = append(parts, strings.TrimSpace(s[from:i]))
			from = i + 1
		}
	}
	return append(parts, strings.TrimSpace(s[from:]))
}
