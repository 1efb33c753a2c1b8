package proto

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"pcapidx/index"
)

// summary is one line for people.
func (m *sipMessage) summary(media *sdp) string {
	var b strings.Builder
	if m.method != "" {
		b.WriteString("Request: " + m.method + " " + m.uri)
	} else {
		fmt.Fprintf(&b, "Status: %d %s", m.status, m.reason)
		if m.status >= 200 && m.cseqMethod != "" {
			fmt.Fprintf(&b, " (%s)", m.cseqMethod)
		}
	}
	if media != nil {
		b.WriteString(media.summary())
	}
	return clip(b.String(), summaryBytes)
}

// summaryBytes bounds a line for people.
const summaryBytes = 200

func (m *sipMessage) outcome() index.Outcome {
	switch {
	case m.unread:
		return index.Malformed
	case m.cut, m.short:
		return index.Truncated
	case m.status >= 400:
		return index.Failed
	}
	return index.Fine
}

// pair says which request a message answers.
func (d *sip) pair(x *Message, m *sipMessage, l *sipLinks) {
	key := m.transaction()
	if m.method != "" {
		x.Kind = index.Request
		switch {
		case m.method == "ACK":
			x.Kind = index.Continues
			key.method = "INVITE"
			if x.Request = d.transactions.asked.by[key]; x.Request == 0 {
				key.branch = ""
				x.Request = d.transactions.asked.by[key]
			}
		case d.transactions.asked.by[key] != 0:
			x.Kind, x.Request = index.Continues, d.transactions.asked.by[key]
		}
		return
	}
	x.Code = strconv.Itoa(m.status)
	x.Kind, x.Request = index.Response, d.transactions.asked.by[key]
	if m.status < 200 || l.original > 0 {
		x.Kind = index.Continues
	}
}

// judge warns of what is odd about a message.
func (d *sip) judge(x *Message, m *sipMessage, l *sipLinks) {
	switch {
	case m.broken > 0:
		x.Warn("malformed", index.SeverityWarn, fmt.Sprintf("%d header lines have no colon", m.broken))
	case m.cut:
		x.Warn("sip.cut", index.SeverityNote, fmt.Sprintf("the headers do not end after %d lines", len(m.headers)))
	case m.short:
		x.Warn("sip.body_short", index.SeverityNote, "the body is shorter than Content-Length says")
	}
	if l.original > 0 {
		x.Warn("sip.retransmit", index.SeverityNote, fmt.Sprintf("sent before in frame %d", l.original), l.original, x.Frame)
	}
	if l.original == 0 && d.transactions.challenge(m) {
		x.Warn("sip.auth_loop", index.SeverityWarn, fmt.Sprintf("%d answers in a row asked for credentials", authLoop))
	}
	severity := index.SeverityWarn
	switch {
	case m.method != "" || m.status < 400:
		return
	case m.status == 401 || m.status == 407 || m.status == 487:
		severity = index.SeverityNote // asks for credentials; follows a CANCEL
	}
	x.Warn(fmt.Sprintf("sip.%dxx", min(m.status/100, 6)), severity, fmt.Sprintf("the answer is %d", m.status))
}

// judgeMedia warns of addresses for media that cannot be reached from where the
// message goes.
func (d *sip) judgeMedia(s *Stream, x *Message, media *sdp) {
	if to := s.Destination().Addr().Unmap(); privateAddress(to) || !to.IsGlobalUnicast() {
		return
	}
	for i := range media.media {
		if a := media.media[i].address; privateAddress(a) && media.media[i].port > 0 {
			x.Warn("sip.sdp_private_ip", index.SeverityWarn, fmt.Sprintf("media %d is expected at a private address, and the message goes to a public one", i+1))
			return
		}
	}
}

// privateAddress: of RFC 1918, RFC 4193 and the shared space of RFC 6598.
func privateAddress(a netip.Addr) bool {
	b := a.As16()
	return a.IsPrivate() || a.Is4() && b[12] == 100 && b[13]&0xc0 == 64
}
