package proto

import (
	"bytes"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
)

const (
	rtspRequest = iota
	rtspMethod
	rtspURL
	rtspResponse
	rtspStatus
	rtspSession
	rtspTransport
	rtspContentType
	rtspContentLength
	rtspCSeq
	rtspUserAgent
	rtspServer
	rtspChannel
	rtspDataLength
	rtspSDP // the fields of SDP follow
)

// rtspProtocol is the Real Time Streaming Protocol (RFC 2326, RFC 7826).
func rtspProtocol() Protocol {
	text := func(name, doc string) Field { return Field{Name: name, Kind: dissect.KindString, Doc: doc} }
	few := func(name, doc string) Field {
		return Field{Name: name, Kind: dissect.KindString, Listed: true, Doc: doc}
	}
	fields := []Field{
		rtspRequest:       text("rtsp.request", "First line of a request"),
		rtspMethod:        few("rtsp.method", "Method"),
		rtspURL:           text("rtsp.url", "URL of a request"),
		rtspResponse:      text("rtsp.response", "First line of an answer"),
		rtspStatus:        {Name: "rtsp.status", Kind: dissect.KindUint, Bits: 32, Listed: true, Doc: "Code of an answer"},
		rtspSession:       text("rtsp.session", "Session"),
		rtspTransport:     text("rtsp.transport", "How media are sent"),
		rtspContentType:   few("rtsp.content-type", "Media type of the body"),
		rtspContentLength: {Name: "rtsp.content-length", Kind: dissect.KindUint, Bits: 32, Doc: "Bytes of the body"},
		rtspCSeq:          {Name: "rtsp.cseq", Kind: dissect.KindUint, Bits: 32, Doc: "Number of the request"},
		rtspUserAgent:     few("rtsp.user_agent", "Software of the client"),
		rtspServer:        few("rtsp.server", "Software of the server"),
		rtspChannel:       {Name: "rtsp.channel", Kind: dissect.KindUint, Bits: 8, Hex: true, Listed: true, Doc: "Channel of media between messages"},
		rtspDataLength:    {Name: "rtsp.length", Kind: dissect.KindUint, Bits: 16, Doc: "Bytes of these media"},
	}
	return Protocol{
		Name: "rtsp", Title: "RTSP", On: Streams, Ports: []uint16{554, 8554}, Repeats: true,
		Fields: append(fields, sdpFields()...),
		Detect: detectRTSP,
		New:    func() Decoder { return &rtsp{asked: newBounded[string, uint32](rtspPending), channels: newRTSPMedia()} },
	}
}

// rtspStart tells whether a line begins a message, or may do so once it is whole.
func rtspStart(line []byte) (is, more bool) {
	const version = "RTSP/"
	if bytes.HasPrefix(line, []byte(version)) {
		return true, false
	}
	if len(line) < len(version) && strings.HasPrefix(version, string(line)) {
		return false, true
	}
	end := bytes.IndexByte(line, '\n')
	method, rest, spaced := bytes.Cut(line, []byte(" "))
	if len(method) > 32 || !isSIPToken(method) {
		return false, false
	}
	if !spaced || end < 0 {
		return false, end < 0
	}
	n := bytes.LastIndexByte(bytes.TrimRight(rest[:max(0, end-len(method)-1)], "\r"), ' ')
	return n >= 0 && bytes.HasPrefix(rest[n+1:], []byte(version)), false
}

func detectRTSP(h *Head) Verdict {
	verdict := No
	for _, b := range [][]byte{h.Client, h.Server} {
		if len(b) == 0 {
			continue
		}
		switch is, more := rtspStart(b[:min(len(b), sipLine)]); {
		case is:
			return Yes
		case more && len(b) < sipLine:
			verdict = More
		}
	}
	return verdict
}

// rtspPending bounds the requests that are kept of a connection.
const rtspPending = 256

// rtsp is the decoder of a connection.
type rtsp struct {
	asked    *bounded[string, uint32] // number of a request, by CSeq
	body     [2]uint64                // bytes to come of a body that is not read
	channels *rtspMedia               // of media between messages
}

// Decode implements Decoder.
func (d *rtsp) Decode(s *Stream, b []byte) int {
	side := s.Side()
	if left := d.body[side]; left > 0 {
		n := min(left, uint64(len(b)))
		d.body[side] -= n
		return int(n)
	}
	switch b[0] {
	case '\r', '\n':
		return 1
	case '$':
		return d.media(s, b)
	}
	if is, more := rtspStart(b[:min(len(b), sipLine)]); !is {
		if more && len(b) < sipLine {
			return 0
		}
		return sipSkipLine(b)
	}
	end, whole := sipHeadEnd(b[:min(len(b), sipHead)])
	if !whole && len(b) < sipHead {
		return 0
	}
	m := parseSIP(b[:end])
	m.cut = !whole
	length, _ := m.contentLength()
	here := min(length, uint64(len(b)-end))
	if here < length && length <= sipBody {
		return 0
	}
	d.body[side] = length - here
	d.message(s, b[:end], m, b[end:end+int(here)], s.At(0), s.At(end+int(here)-1))
	return end + int(here)
}

// message emits a message.
func (d *rtsp) message(s *Stream, head []byte, m *sipMessage, body []byte, first, last Mark) {
	x := s.Message(first)
	line, _, _ := bytes.Cut(head, []byte("\n"))
	line = head[:min(len(head), len(line)+1)]
	status, isAnswer := strings.CutPrefix(m.line, "RTSP/")
	if isAnswer {
		_, status, _ = strings.Cut(status, " ")
		d.response(x, string(line), status)
	} else {
		x.Kind = index.Request
		x.Str(rtspRequest, string(line))
		x.Str(rtspMethod, m.method)
		x.Str(rtspURL, m.uri)
		x.Summary = clip(m.method+" "+m.uri, summaryBytes)
	}
	emitRTSPHeaders(x, m)
	description := sdpOf(m.get("content-type"), body)
	if description != nil {
		description.emit(x, rtspSDP)
		x.Summary = clip(x.Summary+description.summary(), summaryBytes)
	}
	d.transport(s, m.get("transport"), isAnswer)
	cseq := strings.TrimSpace(m.get("cseq"))
	if isAnswer {
		x.Request = d.asked.by[cseq]
	}
	if m.cut {
		x.Outcome = index.Truncated
	}
	number := s.Emit(x, last)
	if !isAnswer && cseq != "" {
		d.asked.put(cseq, number)
	}
}

// response emits the first line of an answer.
func (d *rtsp) response(x *Message, line, status string) {
	x.Kind = index.Response
	x.Str(rtspResponse, line)
	x.Summary = clip(status, summaryBytes)
	code, _, _ := strings.Cut(status, " ")
	n, err := strconv.ParseUint(code, 10, 16)
	if err != nil {
		return
	}
	x.Code = code
	x.Uint(rtspStatus, n)
	if n >= 400 {
		x.Outcome = index.Failed
		severity := index.SeverityWarn
		if n == 401 {
			severity = index.SeverityNote
		}
		x.Warn(fmt.Sprintf("rtsp.%dxx", min(n/100, 5)), severity, fmt.Sprintf("the answer is %d", n))
	}
}

func emitRTSPHeaders(x *Message, m *sipMessage) {
	for i := range m.headers {
		h := &m.headers[i]
		switch h.name {
		case "session":
			x.Str(rtspSession, h.value)
		case "transport":
			x.Str(rtspTransport, h.value)
		case "content-type":
			x.Str(rtspContentType, h.value)
		case "content-length":
			sipNumber(x, rtspContentLength, h.value)
		case "cseq":
			sipNumber(x, rtspCSeq, h.value)
		case "user-agent":
			x.Str(rtspUserAgent, h.value)
		case "server":
			x.Str(rtspServer, h.value)
		case "authorization":
			if scheme, rest, _ := strings.Cut(h.value, " "); strings.EqualFold(scheme, "basic") {
				x.Warn("cleartext.credentials", index.SeverityWarn, fmt.Sprintf("name and password of %d bytes (base64) are sent in clear", len(strings.TrimSpace(rest))))
			}
		}
	}
}

// transport announces the ports of media: "RTP/AVP;unicast;client_port=4588-4589".
// Media in the connection itself have channels, which an answer settles.
func (d *rtsp) transport(s *Stream, value string, answer bool) {
	if value == "" || !strings.Contains(value, "RTP/") {
		return
	}
	if strings.Contains(value, "interleaved=") {
		if answer {
			d.channels.agree(value)
		}
		return
	}
	client, server := s.Source(), s.Destination()
	if !s.FromClient() {
		client, server = server, client
	}
	for _, name := range []string{"client_port", "server_port"} {
		end := client
		if name == "server_port" {
			end = server
		}
		low, high, ranged := strings.Cut(sipParameter(value, name), "-")
		if n, err := strconv.ParseUint(low, 10, 16); err == nil && n > 0 {
			s.ExpectFor(netip.AddrPortFrom(end.Addr(), uint16(n)), "rtp", &rtpOffer{})
		}
		if n, err := strconv.ParseUint(high, 10, 16); err == nil && n > 0 && ranged {
			s.Expect(netip.AddrPortFrom(end.Addr(), uint16(n)), "rtcp")
		}
	}
}

// Gap implements Decoder.
func (d *rtsp) Gap(s *Stream, g Gap) {
	side := s.Side()
	d.body[side] -= min(d.body[side], g.Bytes)
}

// End implements Decoder.
func (d *rtsp) End(s *Stream, rest []byte, _ End) {
	defer d.channels.end(s)
	if is, _ := rtspStart(rest[:min(len(rest), sipLine)]); !is {
		return
	}
	end, whole := sipHeadEnd(rest)
	m := parseSIP(rest[:end])
	m.cut = true
	last := s.At(0)
	first := last
	first.Offset -= min(first.Offset, uint64(len(rest)))
	last.Offset -= min(last.Offset, 1)
	if whole {
		d.message(s, rest[:end], m, rest[end:], first, last)
	}
}
