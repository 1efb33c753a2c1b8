package proto

import (
	"bytes"
	"net/netip"
	"strconv"
	"strings"
)

// httpHeader is the first line of a message and its header lines, as far as they
// were there.
type httpHeader struct {
	response        bool
	method, uri     string
	version, phrase string
	status          int
	lines           []httpLine
	wrong           int // lines without a colon, or with a bad name
	lengths         []string
	length          int64 // Content-Length, -1 without one
	chunked         bool
	codings         []string // to undo, the last one applied first
	media           string   // Content-Type without parameters, in lower case
	host            string
	hosted          bool // it has a Host line
	upgrade         string
}

// httpLine is a header line.
type httpLine struct {
	name  string // in lower case
	value string
	whole string // as it came, with its end
}

// Bounds of a header.
const (
	httpMaxHeader = 64 << 10
	httpMaxLines  = 200
)

// httpMethods are the methods that Wireshark knows: HTTP, WebDAV and what extends it,
// UPnP, and RPC over HTTP.
const httpMethods = " " +
	"GET PUT POST HEAD TRACE PATCH DELETE CONNECT OPTIONS COPY MOVE LOCK MKCOL UNLOCK PROPFIND " +
	"PROPPATCH POLL BCOPY BMOVE SEARCH BDELETE BPROPFIND BPROPPATCH LABEL MERGE REPORT UPDATE " +
	"CHECKIN CHECKOUT UNCHECKOUT MKACTIVITY MKWORKSPACE VERSION-CONTROL BASELINE-CONTROL NOTIFY " +
	"SUBSCRIBE UNSUBSCRIBE M-SEARCH CCM_POST RDG_IN_DATA RDG_OUT_DATA RPC_CONNECT RPC_IN_DATA " +
	"RPC_OUT_DATA "

// httpStarts judges the first bytes of a message: Yes with a whole first line, More
// if it may become one, Likely if a line without a version is a known method's.
func httpStarts(b []byte) Verdict {
	line := b
	end := bytes.IndexByte(b, '\n')
	if end >= 0 {
		line = bytes.TrimSuffix(b[:end], []byte{'\r'})
	}
	if bytes.HasPrefix(line, []byte("HTTP/1.")) {
		if len(line) < 12 && end < 0 {
			return More
		}
		if len(line) >= 12 && line[8] == ' ' && line[9] >= '1' && line[9] <= '9' {
			return Yes
		}
		return No
	}
	if end < 0 && len(line) < 7 && string(line) == "HTTP/1."[:len(line)] {
		return More
	}
	i := bytes.IndexByte(line, ' ')
	if i < 0 {
		if end < 0 && len(line) < 20 && httpToken(line) {
			return More
		}
		return No
	}
	if i < 1 || i > 32 || !httpToken(line[:i]) {
		return No
	}
	if end < 0 {
		if httpKnownMethod(line[:i]) && httpTarget(line[i+1:]) {
			return Likely
		}
		return More
	}
	v := bytes.LastIndexByte(line, ' ')
	if v > i && bytes.HasPrefix(line[v+1:], []byte("HTTP/1.")) {
		return Yes
	}
	if v == i && (string(line[:i]) == "GET" || string(line[:i]) == "POST") && httpTarget(line[i+1:]) {
		return Likely // HTTP/0.9
	}
	return No
}

// httpKnownMethod tells whether a word is a known method.
func httpKnownMethod(word []byte) bool {
	return strings.Contains(httpMethods, " "+string(word)+" ") && httpToken(word)
}

// httpTarget tells whether bytes begin as the target of a request does.
func httpTarget(b []byte) bool {
	return len(b) > 0 && (b[0] == '/' || b[0] == '*' || bytes.HasPrefix(b, []byte("http")))
}

// httpToken tells whether b is made of the characters of a token (RFC 9110, section
// 5.6.2).
func httpToken[T string | []byte](b T) bool {
	for i := range len(b) {
		c := b[i]
		if c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			continue
		}
		if strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return len(b) > 0
}

// parseHTTPHeader reads a header. Of one that was cut, whole is false, and its last
// line is left out; with whole it is taken for what is there of it.
func parseHTTPHeader(head []byte, whole bool) *httpHeader {
	h := &httpHeader{length: -1}
	first := true
	b := string(head) // of which all that the header says are parts
	for len(b) > 0 {
		end := strings.IndexByte(b, '\n') + 1
		if end == 0 {
			if whole || first || b[len(b)-1] == '\r' { // nothing but the line feed is missing
				end = len(b)
			} else {
				break
			}
		}
		line := b[:end]
		b = b[end:]
		text := strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		switch {
		case first:
			h.first(strings.TrimSuffix(text, "\r"), whole || line[len(line)-1] == '\n' || line[len(line)-1] == '\r')
			first = false
			h.lines = make([]httpLine, 0, min(strings.Count(b, "\n"), httpMaxLines))
		case len(text) == 0:
			b = ""
		default:
			h.line(text, line)
		}
	}
	return h
}

// first reads the first line. Of one without an end only the words before the last
// are whole.
func (h *httpHeader) first(line string, whole bool) {
	word, rest, more := strings.Cut(line, " ")
	h.response = strings.HasPrefix(line, "HTTP/")
	if !more && !whole {
		return
	}
	second, third, more := strings.Cut(rest, " ")
	if !h.response {
		h.method = word
		if whole || more {
			h.uri = second
		}
		if whole {
			h.version = third
		}
		return
	}
	h.version = word
	if n, err := strconv.ParseUint(second, 10, 16); err == nil && (whole || more) {
		h.status = int(n)
	}
	if whole {
		h.phrase = third
	}
}

func (h *httpHeader) line(text, whole string) {
	if text[0] == ' ' || text[0] == '\t' { // folded (RFC 9112, section 5.2)
		if n := len(h.lines); n > 0 {
			l := &h.lines[n-1]
			l.value += " " + strings.TrimSpace(text)
			l.whole += whole
			return
		}
	}
	name, value, ok := strings.Cut(text, ":")
	name = strings.TrimRight(name, " \t")
	if !ok || !httpToken(name) {
		h.wrong++
	}
	if len(h.lines) >= httpMaxLines {
		return
	}
	l := httpLine{value: strings.TrimSpace(value), whole: whole}
	if ok {
		l.name = strings.ToLower(name)
	}
	h.lines = append(h.lines, l)
	h.meaning(&l)
}

// meaning notes what a line says about the body.
func (h *httpHeader) meaning(l *httpLine) {
	switch l.name {
	case "content-length":
		h.lengths = append(h.lengths, l.value)
		if n, err := strconv.ParseInt(l.value, 10, 64); err == nil && n >= 0 && len(h.lengths) == 1 {
			h.length = n
		}
	case "transfer-encoding":
		for c := range strings.SplitSeq(strings.ToLower(l.value), ",") {
			switch c = strings.TrimSpace(c); c {
			case "chunked":
				h.chunked = true
			case "", "identity":
			default:
				h.codings = append(h.codings, c)
			}
		}
	case "content-encoding":
		var codings []string
		for c := range strings.SplitSeq(strings.ToLower(l.value), ",") {
			if c = strings.TrimSpace(c); c != "" && c != "identity" {
				codings = append(codings, c)
			}
		}
		h.codings = append(codings, h.codings...) // a transfer coding is around it
	case "content-type":
		media, _, _ := strings.Cut(l.value, ";")
		h.media = strings.ToLower(strings.TrimSpace(media))
	case "host":
		if !h.hosted {
			h.host, h.hosted = l.value, true
		}
	case "upgrade":
		h.upgrade = strings.ToLower(l.value)
	}
}

// fullURI gives the target with scheme and host, "" if the host is not known.
func (h *httpHeader) fullURI() string {
	switch {
	case strings.HasPrefix(h.uri, "http://"), strings.HasPrefix(h.uri, "https://"):
		return h.uri
	case !h.hosted:
		return ""
	case h.method == "CONNECT":
		return h.uri
	}
	return "http://" + h.host + h.uri
}

// hostName gives a Host header without its port.
func (h *httpHeader) hostName() string {
	name := h.host
	if p, err := netip.ParseAddrPort(name); err == nil {
		return p.Addr().String()
	}
	if i := strings.LastIndexByte(name, ':'); i >= 0 && !strings.Contains(name[:i], ":") {
		name = name[:i]
	}
	return strings.Trim(name, "[]")
}

// value gives the first line of a name.
func (h *httpHeader) value(name string) string {
	for i := range h.lines {
		if h.lines[i].name == name {
			return h.lines[i].value
		}
	}
	return ""
}

// httpHeaderLike gives how many first bytes of a fragment are taken for header lines,
// as Wireshark does: lines with a colon, up to an empty line. Where a last line has
// neither a colon nor an end, that is all of it.
func httpHeaderLike(b []byte) int {
	at := 0
	for at < len(b) && b[0] >= ' ' && b[0] <= '~' {
		line := b[at:]
		end := bytes.IndexAny(line, "\r\n") + 1
		if end > 0 {
			if rest := line[end:]; line[end-1] == '\r' && (len(rest) == 0 || rest[0] == '\n') {
				end += min(1, len(rest))
			}
			line = bytes.TrimRight(line[:end], "\r\n")
		}
		header := bytes.IndexByte(line, ':') >= 0
		if at > 0 && end == 0 && !header {
			return len(b)
		}
		if !header && (len(line) > 0 || at == 0) {
			break
		}
		if end == 0 {
			return len(b)
		}
		at += end
		if !header {
			break
		}
	}
	return at
}
