package proto

import (
	"encoding/base64"
	"strconv"
	"strings"
	"sync"

	"pcapidx/index"
)

// fields adds what Wireshark shows of a message.
func (d *http) fields(x *Message, m *httpMessage) {
	line := httpRequestLine
	if m.response {
		line = httpResponseLine
		m.statusFields(x)
	} else {
		m.requestFields(x)
	}
	for i := range m.lines {
		l := &m.lines[i]
		x.Str(line, l.whole)
		field, ok := httpHeaderField(l.name)
		if !ok {
			continue
		}
		x.Str(field, l.value)
		switch field {
		case httpLengthHeader:
			if n, err := strconv.ParseUint(l.value, 10, 64); err == nil {
				x.Uint(httpLength, n)
			}
		case httpCookie:
			for pair := range strings.SplitSeq(l.value, ";") {
				x.Str(httpCookiePair, strings.TrimSpace(pair))
			}
		case httpAuthorization, httpProxyAuthorization:
			if user, ok := basic(l.value); ok {
				x.Str(httpAuthBasic, user)
			}
		}
	}
	if m.response {
		d.responses++
		x.Uint(httpResponseNumber, d.responses)
	} else {
		if full := m.fullURI(); full != "" {
			x.Str(httpFullURI, full)
		}
		d.requests++
		x.Uint(httpRequestNumber, d.requests)
	}
	for _, n := range m.framer.sizes {
		x.Uint(httpChunkSize, n)
	}
	if t := m.framer.trailers; len(t) > 0 {
		x.Str(httpTrailer, strings.Join(t, ""))
	}
	if b := x.Message.Text; len(b) > 0 && plainText(b[:min(len(b), sniffBytes)]) {
		x.Str(httpFileData, string(b[:min(len(b), index.MaxFieldText)]))
	}
}

func (m *httpMessage) requestFields(x *Message) {
	x.Bool(httpIsRequest, true)
	x.Str(httpMethod, m.method)
	if m.uri != "" {
		x.Str(httpURI, m.uri)
	}
	if path, query, ok := strings.Cut(m.uri, "?"); ok {
		x.Str(httpPath, path)
		x.Str(httpQuery, query)
		for p := range strings.SplitSeq(query, "&") {
			x.Str(httpParameter, p)
		}
	}
	if m.version != "" {
		x.Str(httpRequestVersion, m.version)
	}
	if m.method == "CONNECT" {
		if host, port, ok := strings.Cut(m.uri, ":"); ok {
			x.Str(httpConnectHost, host)
			if n, err := strconv.ParseUint(port, 10, 16); err == nil {
				x.Uint(httpConnectPort, n)
			}
		}
	}
}

func (m *httpMessage) statusFields(x *Message) {
	x.Bool(httpIsResponse, true)
	x.Str(httpResponseVersion, m.version)
	if m.status > 0 {
		x.Uint(httpCode, uint64(m.status))
		x.Str(httpCodeText, httpStatusText(m.status))
	}
	if m.phrase != "" {
		x.Str(httpPhrase, m.phrase)
	}
}

// basic decodes the value of Basic authentication.
func basic(value string) (user string, ok bool) {
	scheme, token, _ := strings.Cut(value, " ")
	if !strings.EqualFold(scheme, "basic") {
		return "", false
	}
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(token))
	return string(b), err == nil
}

// httpStatusText says what a status code means (IANA's registry).
func httpStatusText(code int) string {
	if t, ok := httpStatusTexts()[code]; ok {
		return t
	}
	return "Unknown (" + strconv.Itoa(code) + ")"
}

// httpStatusTexts are the meanings of status codes.
var httpStatusTexts = sync.OnceValue(func() map[int]string {
	return map[int]string{
		100: "Continue", 101: "Switching Protocols", 102: "Processing", 103: "Early Hints",
		200: "OK", 201: "Created", 202: "Accepted", 203: "Non-authoritative Information", 204: "No Content", 205: "Reset Content",
		206: "Partial Content", 207: "Multi-Status", 208: "Already Reported", 226: "IM Used",
		300: "Multiple Choices", 301: "Moved Permanently", 302: "Found", 303: "See Other", 304: "Not Modified", 305: "Use Proxy",
		307: "Temporary Redirect", 308: "Permanent Redirect",
		400: "Bad Request", 401: "Unauthorized", 402: "Payment Required", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
		406: "Not Acceptable", 407: "Proxy Authentication Required", 408: "Request Time-out", 409: "Conflict", 410: "Gone",
		411: "Length Required", 412: "Precondition Failed", 413: "Request Entity Too Large", 414: "Request-URI Too Long",
		415: "Unsupported Media Type", 416: "Requested range not satisfiable", 417: "Expectation Failed", 421: "Misdirected Request",
		422: "Unprocessable Entity", 423: "Locked", 424: "Failed Dependency", 425: "Too Early", 426: "Upgrade Required",
		428: "Precondition Required", 429: "Too Many Requests", 431: "Request Header Fields Too Large", 451: "Unavailable For Legal Reasons",
		500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Time-out",
		505: "HTTP Version not supported", 507: "Insufficient Storage", 508: "Loop Detected", 511: "Network Authentication Required",
	}
})
