package proto

import (
	"bytes"
	"strings"

	"pcapidx/index"
)

// ssdpProtocol is the Simple Service Discovery Protocol of UPnP (UPnP Device
// Architecture 2.0, section 1): HTTP headers in datagrams. Its fields are HTTP's.
func ssdpProtocol() Protocol {
	return Protocol{
		Name: "ssdp", Title: "SSDP", On: Datagrams, Ports: []uint16{1900}, Patience: 5e9,
		Fields: httpFields(),
		Detect: detectSSDP,
		New:    func() Decoder { return &ssdp{} },
	}
}

// detectSSDP: the first line of a search, a notification, or an answer on its port.
func detectSSDP(h *Head) Verdict {
	if !h.Datagram {
		return No
	}
	for _, begin := range []string{"M-SEARCH * HTTP/1.", "NOTIFY * HTTP/1."} {
		if bytes.HasPrefix(h.Client, []byte(begin)) {
			return Yes
		}
	}
	if httpStarts(h.Client) != Yes {
		return No
	}
	if h.ServerPort == 1900 || h.ClientPort == 1900 || bytes.Contains(bytes.ToUpper(h.Client), []byte("\r\nUSN:")) {
		return Yes
	}
	return Likely
}

// ssdp decodes the datagrams of a connection.
type ssdp struct {
	http   http
	search uint32 // number of the last search
}

// Decode implements Decoder.
func (d *ssdp) Decode(s *Stream, data []byte) int {
	if !httpFirst(data) {
		return 0
	}
	end := httpHeaderEnd(data)
	whole := end > 0
	if !whole {
		end = len(data)
	}
	h := parseHTTPHeader(data[:end], whole)
	m := &httpMessage{httpHeader: *h, headBytes: end, asked: &httpAsked{}}
	x := s.Message(s.At(0))
	x.Length = uint64(len(data))
	switch {
	case m.response:
		x.Kind, x.Request, x.Code = index.Response, d.search, "200"
		x.Summary = summary("answer: " + ssdpSubject(h, "st"))
	case m.method == "NOTIFY":
		x.Summary = summary("notification " + h.value("nts") + ": " + ssdpSubject(h, "nt"))
	case m.method == "M-SEARCH":
		x.Kind, x.Summary = index.Request, summary("search for "+h.value("st"))
	default:
		x.Summary = summary(m.method + " " + HideSecrets(m.uri))
	}
	d.http.fields(x, m)
	if m.method == "NOTIFY" {
		x.Bool(httpIsNotification, true)
	}
	if !whole && !bytes.HasSuffix(data, []byte{'\n'}) {
		x.Outcome = index.Partial
		x.Warn("http.header_short", index.SeverityNote, "the header is not whole")
	}
	number := s.Emit(x, s.At(len(data)-1))
	if x.Kind == index.Request {
		d.search = number
	}
	return len(data)
}

// ssdpSubject says what is offered, and where its description is.
func ssdpSubject(h *httpHeader, kind string) string {
	text := h.value(kind)
	if at := h.value("location"); at != "" {
		text += " at " + HideSecrets(at)
	}
	return strings.TrimSpace(text)
}

// Gap implements Decoder: datagrams have none.
func (d *ssdp) Gap(*Stream, Gap) {}

// End implements Decoder.
func (d *ssdp) End(*Stream, []byte, End) {}
