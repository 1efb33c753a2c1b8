package proto

import (
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"

	"pcapidx/index"
)

// headerEnds reads the header in hand, whose last byte is at a mark.
func (d *http) headerEnds(s *Stream, side *httpSide, last Mark) {
	h := parseHTTPHeader(side.head, true)
	m := &httpMessage{httpHeader: *h, headBytes: len(side.head), headFrame: last.Frame}
	side.message, side.state = m, httpInBody
	if cap(side.head) > 4<<10 {
		side.head = nil
	}
	d.pair(side, m)
	m.framer = httpFramer{framing: h.framing(m.asked.method), left: uint64(max(h.length, 0))}
	if m.framer.framing != httpNoBody {
		m.sink = newHTTPSink(d.budget, h)
		if h.response && h.media == "text/event-stream" {
			m.sink.events = &sseReader{protocol: d.events, budget: d.budget}
		}
		m.framer.take = m.sink.write
		return
	}
	d.complete(s, side, last)
	switch {
	case strings.HasPrefix(m.method, "RPC_"):
		side.state = httpLost
	case !m.response:
	case m.status == 101 && strings.Contains(m.upgrade, "websocket"):
		s.Switch("websocket")
	case m.status == 101 && strings.Contains(m.upgrade, "h2c"):
		s.Switch("http2")
	case m.status == 101, m.status/100 == 2 && m.asked.method == "CONNECT":
		s.Switch("")
	}
}

// pair notes a request, or finds the one that a response answers.
func (d *http) pair(side *httpSide, m *httpMessage) {
	switch {
	case !m.response:
		// Copies: the header that they are parts of is not to wait for the answer.
		m.asked = &httpAsked{begun: side.first, method: strings.Clone(m.method), uri: strings.Clone(m.uri)}
		if len(d.asked) >= httpMaxAsked {
			d.asked = d.asked[1:]
		}
		d.asked = append(d.asked, m.asked)
	case len(d.asked) == 0:
		m.asked = &httpAsked{}
	default:
		m.asked = d.asked[0]
		if m.status/100 != 1 || m.status == 101 {
			d.asked = d.asked[1:]
		}
	}
}

// emit stores the message in hand.
func (d *http) emit(s *Stream, side *httpSide, last Mark) {
	m := side.message
	x := s.Message(side.first)
	x.Length = uint64(m.headBytes) + m.framer.wire
	x.Object, x.Outcome = m.object(), m.outcome()
	if m.sink != nil && m.sink.keep {
		x.Message.Text = m.sink.text
	}
	d.describe(s, m, x)
	if m.whole {
		d.fields(x, m)
	}
	m.warn(x)
	m.warnBody(x)
	d.store(s, m, x, last)
	if m.sink != nil { // the text is stored
		d.budget.spare.Give(m.sink.text)
		m.sink.text = nil
	}
}

// store emits a message, which a later one may answer.
func (d *http) store(s *Stream, m *httpMessage, x *Message, last Mark) {
	if d.emitted = true; s.user.headless {
		s.Confirm()
	}
	number := s.Emit(x, last)
	if !m.response {
		m.asked.number = number
	}
}

// unfinished emits a message whose header is not whole.
func (d *http) unfinished(s *Stream, side *httpSide, outcome index.Outcome, verdict string, last Mark) {
	if v := httpStarts(side.head); v != Yes && v != Likely && !httpFirst(side.head) || v == More {
		return
	}
	// Of what the snap length cut, Wireshark shows the beginning of the last value.
	h := parseHTTPHeader(side.head, verdict == verdictSnaplen)
	if h.response && h.status == 0 || !h.response && h.method == "" {
		return
	}
	m := &httpMessage{httpHeader: *h, headBytes: len(side.head), headerCut: true}
	d.pair(side, m)
	x := s.Message(side.first)
	x.Length, x.Outcome = uint64(len(side.head)), outcome
	d.describe(s, m, x)
	if verdict == verdictSnaplen && side.first.Frame == last.Frame {
		d.fields(x, m)
	}
	code, why := "http.header_short", "the header is not whole"
	switch verdict {
	case verdictSnaplen:
		why = "the snap length cut the header"
	case verdictMalformed:
		code, why = "http.bad_header", "the header is longer than 64 KiB"
	}
	x.Warn(code, index.SeverityWarn, fmt.Sprintf("%s: %d bytes of it were seen", why, len(side.head)))
	d.store(s, m, x, last)
}

// describe says what a message is, in a line.
func (d *http) describe(s *Stream, m *httpMessage, x *Message) {
	if !m.response {
		x.Kind = index.Request
		x.Summary = summary(m.method + " " + HideSecrets(m.uri))
		if m.method != "CONNECT" {
			s.Host(m.hostName(), HTTPHost)
		}
		if x.Object != nil {
			x.Summary = summary(clip(x.Summary, 120) + ", " + m.bodyLine(x.Object))
		} else if m.headerCut {
			x.Summary = summary(clip(x.Summary, 120) + m.cutLine())
		}
	} else {
		x.Kind, x.Request, x.Code = index.Response, m.asked.number, strconv.Itoa(m.status)
		if m.status/100 == 1 && m.status != 101 {
			x.Kind = index.Continues
		}
		x.Summary = summary(strings.TrimSpace(x.Code + " " + m.phrase))
		switch {
		case x.Object != nil:
			x.Summary = summary(clip(x.Summary, 80) + ", " + m.bodyLine(x.Object))
		case m.headerCut:
			x.Summary = summary(clip(x.Summary, 80) + m.cutLine())
		case m.media != "":
			x.Summary = summary(x.Summary + ", " + m.media + ", no body")
		}
	}
	if note := jsonRPCNote(x.Message.Text); note != "" {
		x.Summary = summary(x.Summary + ", " + note)
	}
}

// cutLine says what a header told before it was cut. Unless the snap length cut it,
// Wireshark shows the frame as a TCP segment and no fields of it, and neither do we:
// display filters would not agree.
func (m *httpMessage) cutLine() (s string) {
	if m.media != "" {
		s = ", " + clip(m.media, 60)
	}
	if m.length >= 0 {
		s += fmt.Sprintf(", %d bytes announced", m.length)
	}
	return s + fmt.Sprintf(", header cut after %d bytes", m.headBytes)
}

// bodyLine says type, size and state of a body.
func (m *httpMessage) bodyLine(o *index.Object) string {
	media := clip(o.Type, 60)
	if media == "" {
		media = "no type given"
	}
	if o.Sniff != "" && o.Sniff != o.Type && otherType(o.Type, o.Sniff) {
		media += " (looks like " + o.Sniff + ")"
	}
	size := fmt.Sprintf("%d bytes", o.Size)
	if o.Verdict != VerdictComplete && o.Expected >= 0 {
		size = fmt.Sprintf("%d of %d bytes", o.Wire, o.Expected)
	}
	return media + ", " + size + ", " + o.Verdict
}

// otherType tells whether a declared media type and a sniffed one contradict each
// other: images, archives and documents are told well, kinds of text are not.
func otherType(declared, sniffed string) bool {
	image := strings.HasPrefix(declared, "image/")
	text := textType(declared)
	switch {
	case strings.HasPrefix(sniffed, "image/"):
		return declared != "" && (!image || text) && declared != "application/octet-stream"
	case sniffed == "text/html", sniffed == "text/plain", sniffed == "application/json", sniffed == "text/xml":
		return image && declared != "image/svg+xml" || strings.HasPrefix(declared, "video/") || declared == "application/pdf" || declared == "application/zip"
	}
	return text && sniffed != ""
}

// pictureName tells request targets that end as the name of a picture does.
func pictureName(uri string) bool {
	if cut := strings.IndexAny(uri, "?#"); cut >= 0 {
		uri = uri[:cut]
	}
	switch strings.ToLower(path.Ext(uri)) {
	case ".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".ico":
		return true
	}
	return false
}

// isPicture tells whether a file may be a picture by its bytes or by what was declared.
func isPicture(o *index.Object) bool {
	return o.Sniff == "" || strings.HasPrefix(o.Sniff, "image/") || strings.HasPrefix(o.Type, "image/")
}

// warn judges the header.
func (m *httpMessage) warn(x *Message) {
	same := true
	for _, l := range m.lengths {
		same = same && l == m.lengths[0]
	}
	if len(m.lengths) > 1 {
		text := "Content-Length stands twice, with the same value"
		if !same {
			text = "Content-Length stands twice, with different values; the first one was taken"
		}
		x.Warn("http.dup_cl", index.SeverityWarn, text)
	} else if len(m.lengths) == 1 && m.length < 0 {
		x.Warn("http.bad_header", index.SeverityWarn, "Content-Length is no number")
	}
	if len(m.lengths) > 0 && m.chunked {
		x.Warn("http.cl_te_conflict", index.SeverityWarn, "both Content-Length and Transfer-Encoding are given; the chunks count (RFC 9112, section 6.3)")
	}
	if m.wrong > 0 {
		x.Warn("http.bad_header", index.SeverityNote, fmt.Sprintf("%d header lines have no colon, or a name that is no token", m.wrong))
	}
	if len(m.lines) >= httpMaxLines {
		x.Warn("http.bad_header", index.SeverityNote, fmt.Sprintf("the header has %d lines or more; no more were read", httpMaxLines))
	}
	switch {
	case m.response && m.status >= 500:
		x.Warn("http.5xx", index.SeverityWarn, fmt.Sprintf("the server failed with status %d", m.status))
	case m.response && m.status >= 400:
		x.Warn("http.4xx", index.SeverityNote, fmt.Sprintf("the server refused with status %d", m.status))
	}
	if o := x.Object; o != nil && otherType(o.Type, o.Sniff) {
		x.Warn("http.type_mismatch", index.SeverityNote, fmt.Sprintf("the body looks like %s, not like the type that the header declares", o.Sniff))
	}
	if o := x.Object; o != nil && m.response && o.Verdict == VerdictComplete && pictureName(m.asked.uri) && !isPicture(o) {
		x.Warn("http.not_a_picture", index.SeverityNote, fmt.Sprintf("the name asked for is a picture's, but the answer, of status %d, is whole with %d bytes that look like %s", m.status, o.Size, o.Sniff))
	}
	if k := m.sink; k != nil {
		m.warnCoding(x, k)
	}
	if !m.response {
		m.warnCredentials(x)
	}
}

// warnCoding warns of a body whose codings could not be undone.
func (m *httpMessage) warnCoding(x *Message, k *httpSink) {
	switch {
	case k.err == nil || m.verdict != VerdictComplete && m.missing == 0 && !errors.Is(k.err, ErrBodyLimit):
	case errors.Is(k.err, ErrBodyLimit):
		x.Warn("http.bomb", index.SeverityWarn, fmt.Sprintf("%d bytes decode to more than 32 MiB or 1000 times as much; decoding was stopped after %d bytes", k.raw.size, k.decoded.size))
	default:
		x.Warn("http.coding", index.SeverityWarn, fmt.Sprintf("the coding of the body could not be undone to its end: %d bytes gave %d", k.raw.size, k.decoded.size))
	}
	if k.missed {
		x.Warn("capped", index.SeverityNote, "the text of the body was not kept: too much text was under way at once")
	}
}
