package proto

import (
	"fmt"
	"strconv"
	"strings"

	"pcapidx/index"
)

// message emits a message and follows its call.
func (d *sip) message(s *Stream, m *sipMessage, body []byte, first, last Mark) {
	x := s.Message(first)
	links := sipLinks{}
	if !m.unread {
		links = d.transactions.link(s, m, last)
	}
	d.startLine(x, m, &links, last)
	for i := range m.headers {
		emitSIPHeader(x, &m.headers[i])
	}
	var media *sdp
	if !m.cut {
		media = sdpOf(m.get("content-type"), body)
	}
	if media != nil {
		media.emit(x, sdpFirst)
		d.judgeMedia(s, x, media)
	}
	x.Summary, x.Outcome = m.summary(media), m.outcome()
	d.pair(x, m, &links)
	d.judge(x, m, &links)
	number := s.Emit(x, last)
	if key := m.transaction(); m.method != "" && m.cseqOK && d.transactions.asked.by[key] == 0 {
		d.transactions.asked.put(key, number)
		if m.method == "INVITE" { // an ACK of a 2xx has a branch of its own
			key.branch = ""
			d.transactions.asked.put(key, number)
		}
	}
	if m.callID != "" && m.cseqOK && links.original == 0 {
		d.calls.follow(s, m, media, first, last)
	} else if media != nil {
		media.announce(s, nil)
	}
}

// startLine emits the fields of the first line, and those of the transaction, which
// Wireshark leaves out where it cannot read the headers to their end.
func (d *sip) startLine(x *Message, m *sipMessage, l *sipLinks, at Mark) {
	if m.method != "" {
		x.Str(sipRequestLine, m.line)
		x.Str(sipMethod, m.method)
		x.Str(sipRURI, m.uri)
		u := parseSIPURI(m.uri)
		userName(x, sipRURIUser, u.user)
		sipText(x, sipRURIHost, u.host)
		sipText(x, sipRURIPort, u.port)
	} else {
		x.Str(sipStatusLine, m.line)
		x.Uint(sipStatusCode, uint64(m.status))
	}
	if m.unread {
		return
	}
	x.Bool(sipResend, l.original > 0)
	if l.original > 0 {
		x.Uint(sipResendOriginal, uint64(l.original))
	}
	if l.request > 0 {
		x.Uint(sipResponseRequest, uint64(l.request))
		x.Uint(sipResponseTime, sipTime(l.asked, at.Time))
		if m.method == "" && m.cseqMethod == "BYE" {
			x.Uint(sipReleaseTime, sipTime(l.asked, at.Time))
		}
	}
}

// sipTime gives the milliseconds between two times as Wireshark does for SIP: the
// difference of the fractions of their seconds is cut towards zero before it is added
// to that of the seconds.
func sipTime(from, to index.Time) uint64 {
	const second, milli = 1e9, 1e6
	return uint64(max(0, (to/second-from/second)*1000+(to%second-from%second)/milli))
}

// sipMillis rounds a duration to milliseconds.
func sipMillis(d index.Time) uint64 { return uint64(max(0, d)+5e5) / 1e6 }

// sipText adds a text that is there.
func sipText(x *Message, field int, value string) {
	if value != "" {
		x.Str(field, value)
	}
}

// userName adds a user's name. Wireshark leaves out those of one character.
func userName(x *Message, field int, value string) {
	if len(value) > 1 {
		x.Str(field, value)
	}
}

// emitSIPHeader emits the fields of a header.
func emitSIPHeader(x *Message, h *sipHeader) {
	switch h.name {
	case "from":
		emitSIPAddress(x, h.value, sipFrom)
	case "to":
		emitSIPAddress(x, h.value, sipTo)
	case "contact":
		x.Str(sipContact, h.value)
		for _, c := range sipSplit(h.value, ',') {
			emitSIPContact(x, c)
		}
	case "via":
		for _, v := range sipSplit(h.value, ',') {
			emitVia(x, v)
		}
	case "cseq":
		x.Str(sipCSeq, h.value)
		number, method, _ := strings.Cut(h.value, " ")
		sipNumber(x, sipCSeqSeq, number)
		sipText(x, sipCSeqMethod, strings.TrimSpace(method))
	case "expires":
		sipNumber(x, sipExpires, h.value)
	case "max-forwards":
		sipNumber(x, sipMaxForwards, h.value)
	case "content-length":
		sipNumber(x, sipContentLength, h.value)
	case "authorization", "proxy-authorization", "www-authenticate", "proxy-authenticate":
		emitSIPAuth(x, h)
	default:
		if field, ok := sipPlain[h.name]; ok {
			x.Str(field, h.value)
		}
	}
}

// sipPlain are headers whose field is their text.
var sipPlain = map[string]int{
	"call-id": sipCallID, "content-type": sipContentType, "user-agent": sipUserAgent, "server": sipServer, "allow": sipAllow,
	"supported": sipSupported, "subject": sipSubject, "reason": sipReason, "warning": sipWarning, "date": sipDate,
	"event": sipEvent, "p-asserted-identity": sipAsserted, "route": sipRoute, "record-route": sipRecordRoute,
}

// sipNumber adds a number in front of what else a text holds.
func sipNumber(x *Message, field int, value string) {
	end := 0
	for end < len(value) && value[end] >= '0' && value[end] <= '9' {
		end++
	}
	if n, err := strconv.ParseUint(value[:end], 10, 32); err == nil {
		x.Uint(field, n)
	}
}

// emitSIPAddress emits From or To, whose fields stand in the same order.
func emitSIPAddress(x *Message, value string, field int) {
	a := parseSIPAddress(value)
	x.Str(field, value)
	sipText(x, field+sipFromDisplay-sipFrom, a.display)
	sipText(x, field+sipFromAddr-sipFrom, a.uri)
	userName(x, field+sipFromUser-sipFrom, a.user)
	sipText(x, field+sipFromHost-sipFrom, a.host)
	sipText(x, field+sipFromPort-sipFrom, a.port)
	if tag := sipParameter(a.params, "tag"); tag != "" {
		x.Str(field+sipFromTag-sipFrom, tag)
		x.Str(sipTag, tag)
	}
}

func emitSIPContact(x *Message, value string) {
	a := parseSIPAddress(value)
	if a.uri == "" || a.uri == "*" {
		return
	}
	x.Str(sipContactURI, a.uri)
	userName(x, sipContactUser, a.user)
	sipText(x, sipContactHost, a.host)
	sipText(x, sipContactPort, a.port)
	if a.params != "" {
		for _, p := range sipSplit(a.params, ';') {
			sipText(x, sipContactParameter, p)
		}
	}
}

// viaParts cuts a Via header into protocol with address, and parameters.
func viaParts(value string) (sentBy, params string) {
	sentBy, params, _ = strings.Cut(value, ";")
	return strings.TrimSpace(sentBy), params
}

func emitVia(x *Message, value string) {
	x.Str(sipVia, value)
	sentBy, params := viaParts(value)
	protocol, address, _ := strings.Cut(sentBy, " ")
	if n := strings.LastIndexByte(protocol, '/'); n >= 0 {
		sipText(x, sipViaTransport, protocol[n+1:])
	}
	host, port := sipHostPort(strings.TrimSpace(address))
	sipText(x, sipViaAddress, strings.Trim(host, "[]"))
	if n, err := strconv.ParseUint(port, 10, 16); err == nil {
		x.Uint(sipViaPort, n)
	}
	for _, p := range sipSplit(params, ';') {
		name, v, _ := strings.Cut(p, "=")
		switch strings.ToLower(name) {
		case "branch":
			x.Str(sipViaBranch, v)
		case "received":
			x.Str(sipViaReceived, v)
		case "rport":
			if v == "" {
				v = name
			}
			x.Str(sipViaRport, v)
		}
	}
}

// emitSIPAuth emits the parts of credentials and challenges, with their quotes.
func emitSIPAuth(x *Message, h *sipHeader) {
	scheme, rest, _ := strings.Cut(h.value, " ")
	x.Str(sipAuthScheme, scheme)
	if strings.EqualFold(scheme, "basic") && !strings.HasSuffix(h.name, "authenticate") {
		x.Warn("cleartext.credentials", index.SeverityWarn, fmt.Sprintf("name and password of %d bytes (base64) are sent in clear", len(strings.TrimSpace(rest))))
		return
	}
	for _, p := range sipSplit(rest, ',') {
		name, v, ok := strings.Cut(p, "=")
		field, known := sipAuthParts[strings.ToLower(strings.TrimSpace(name))]
		if ok && known {
			x.Str(field, strings.TrimSpace(v))
		}
	}
}

var sipAuthParts = map[string]int{
	"username": sipAuthUser, "realm": sipAuthRealm, "uri": sipAuthURI, "nonce": sipAuthNonce, "algorithm": sipAuthAlgorithm,
	"qop": sipAuthQOP, "stale": sipAuthStale, "response": sipAuthResponse,
}
