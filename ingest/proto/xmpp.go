package proto

import (
	"bytes"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
)

const (
	xmppIQ = iota
	xmppPresence
	xmppMessage
	xmppBody
	xmppStream
	xmppFeatures
	xmppAuth
	xmppChallenge
	xmppResponse
	xmppSuccess
	xmppFailure
	xmppStartTLS
	xmppProceed
	xmppID
	xmppType
	xmppFrom
	xmppTo
)

// xmppProtocol is the Extensible Messaging and Presence Protocol (RFC 6120).
func xmppProtocol() Protocol {
	is := func(name, doc string) Field { return Field{Name: name, Kind: dissect.KindBool, Doc: doc} }
	text := func(name, doc string) Field { return Field{Name: name, Kind: dissect.KindString, Doc: doc} }
	kind := text("xmpp.type", "Type of a stanza")
	kind.Listed = true
	return Protocol{
		Name: "xmpp", Title: "XMPP", On: Streams, Ports: []uint16{5222, 5269}, Patience: 60e9,
		Fields: []Field{
			xmppIQ:        is("xmpp.iq", "Stanza: info or query"),
			xmppPresence:  is("xmpp.presence", "Stanza: presence"),
			xmppMessage:   is("xmpp.message", "Stanza: message"),
			xmppBody:      is("xmpp.message.body", "Body of a message"),
			xmppStream:    is("xmpp.stream", "Beginning of a stream"),
			xmppFeatures:  is("xmpp.features", "Features of the stream"),
			xmppAuth:      is("xmpp.auth", "Login (SASL)"),
			xmppChallenge: is("xmpp.challenge", "Challenge of a login"),
			xmppResponse:  is("xmpp.response", "Response to a challenge"),
			xmppSuccess:   is("xmpp.success", "Login succeeded"),
			xmppFailure:   is("xmpp.failure", "Login or encryption failed"),
			xmppStartTLS:  is("xmpp.starttls", "Encryption is asked for"),
			xmppProceed:   is("xmpp.proceed", "TLS begins"),
			xmppID:        text("xmpp.id", "Identifier of a stanza"),
			xmppType:      kind,
			xmppFrom:      text("xmpp.from", "Sender of a stanza"),
			xmppTo:        text("xmpp.to", "Receiver of a stanza"),
		},
		Detect: detectXMPP,
		New:    func() Decoder { return &xmpp{} },
	}
}

// detectXMPP: both sides open a stream, perhaps with an XML declaration in front. In
// the middle of a connection: a stanza, or the end of the stream.
func detectXMPP(h *Head) Verdict {
	if h.Midstream {
		stanzas := func(b []byte) bool {
			tag, _, ok := xmlTag(bytes.TrimLeft(b, xmlSpace))
			return ok && (tag.name == "/stream:stream" || xmppStanza(tag.name) && len(tag.value("id"))+len(tag.value("to"))+len(tag.value("from")) > 0)
		}
		if stanzas(h.Client) || stanzas(h.Server) {
			return Yes
		}
	}
	return max(xmppOpens(h.Client), xmppOpens(h.Server))
}

// xmppOpens judges what a direction begins with.
func xmppOpens(b []byte) Verdict {
	const open, declaration = "<stream:stream", "<?xml"
	b = bytes.TrimLeft(b, xmlSpace)
	if bytes.HasPrefix(b, []byte(declaration)) {
		end := bytes.Index(b[:min(len(b), 256)], []byte("?>"))
		if end < 0 && len(b) < 256 {
			return More
		}
		b = bytes.TrimLeft(b[end+2:], xmlSpace)
		if len(b) == 0 {
			return More
		}
	}
	switch {
	case len(b) == 0:
		return No
	case bytes.HasPrefix(b, []byte(open)):
		return Yes
	case len(b) < len(open) && bytes.HasPrefix([]byte(open), b):
		return More
	}
	return No
}

// xmppStanza tells whether an element is one of those that users exchange (RFC 6120,
// section 8).
func xmppStanza(name string) bool { return name == "iq" || name == "message" || name == "presence" }

// xmpp follows the elements below the stream of both sides.
type xmpp struct {
	sides  [2]xmlScan
	opaque bool                 // compressed: nothing to read
	asked  [2]map[string]uint32 // numbers of the queries of a side, by identifier
	mech   string               // of the login
}

// xmppPending bounds the queries without an answer that are kept of a side.
const xmppPending = 256

// Decode implements Decoder. A piece of the stream at its first level is a message.
func (x *xmpp) Decode(s *Stream, data []byte) int {
	if x.opaque {
		return len(data)
	}
	scan := &x.sides[s.Side()]
	if scan.lost {
		if n := x.resync(s, data); n > 0 || scan.lost {
			return n
		}
	}
	if n := len(data) - len(bytes.TrimLeft(data, xmlSpace)); n > 0 && scan.at == 0 {
		return n
	}
	n, ok := scan.element(data)
	switch {
	case !ok:
		scan.lost = true
		x.tell(s, data[:min(len(data), xmlTagBytes)], index.Malformed)
		return min(len(data), xmlTagBytes)
	case n == 0:
		return 0
	}
	x.tell(s, data[:n], index.Fine)
	return n
}

// resync looks for the next stanza, after bytes that are missing.
func (x *xmpp) resync(s *Stream, data []byte) int {
	for i := 0; ; i++ {
		next := bytes.IndexByte(data[i:], '<')
		if next < 0 {
			return len(data)
		}
		i += next
		name, whole := xmlName(data[i+1:])
		if !whole {
			return i
		}
		if xmppStanza(name) {
			x.sides[s.Side()] = xmlScan{}
			return i
		}
	}
}

// tell emits an element of the first level, or what can be read of it.
func (x *xmpp) tell(s *Stream, b []byte, outcome index.Outcome) {
	if bytes.HasPrefix(b, []byte("<?")) {
		return // a declaration says nothing
	}
	m := s.Message(s.At(0))
	m.Outcome, m.Length = outcome, uint64(len(b))
	tag, rest, _ := xmlTag(b)
	if x.fields(s, m, &tag, rest); tag.name == "" {
		m.Summary = "no element"
	}
	number := s.Emit(m, s.At(len(b)-1))
	if id := tag.value("id"); tag.name == "iq" && m.Kind == index.Request && id != "" && len(x.asked[s.Side()]) < xmppPending {
		if x.asked[s.Side()] == nil {
			x.asked[s.Side()] = map[string]uint32{}
		}
		x.asked[s.Side()][id] = number
	}
}

// fields reads an element.
func (x *xmpp) fields(s *Stream, m *Message, tag *xmlElement, rest []byte) {
	m.Summary = summary(utf8Text([]byte(tag.name)))
	switch tag.name {
	case "stream:stream":
		m.Bool(xmppStream, true)
		m.Summary = "stream"
		if to := tag.value("to"); to != "" {
			m.Summary = summary("stream to " + to)
		}
	case "/stream:stream":
		m.Summary = "end of the stream"
	case "stream:features":
		m.Bool(xmppFeatures, true)
		m.Summary = "features"
	case "iq", "message", "presence":
		x.stanza(s, m, tag, rest)
	case "auth":
		x.mech = tag.value("mechanism")
		m.Bool(xmppAuth, true)
		m.Kind, m.Summary = index.Request, summary("auth "+x.mech)
		if n := len(bytes.SplitN(rest, []byte("<"), 2)[0]); n > 1 && x.mech == "PLAIN" {
			m.clearText("XMPP PLAIN", n)
		}
	case "starttls":
		m.Bool(xmppStartTLS, true)
		m.Kind = index.Request
	case "proceed":
		m.Bool(xmppProceed, true)
		if m.Kind = index.Response; m.Outcome == index.Fine {
			s.Switch("tls")
		}
	case "compressed":
		x.opaque = true
	case "challenge":
		m.Bool(xmppChallenge, true)
	case "response":
		m.Bool(xmppResponse, true)
	case "success":
		m.Bool(xmppSuccess, true)
		m.Kind = index.Response
	case "failure":
		m.Bool(xmppFailure, true)
		m.Kind, m.Outcome = index.Response, index.Failed
		if x.mech != "" {
			m.Warn("xmpp.auth_fail", index.SeverityWarn, "the server refuses the login")
		}
	}
}

// stanza reads one of users.
func (x *xmpp) stanza(s *Stream, m *Message, tag *xmlElement, rest []byte) {
	m.Bool(map[string]int{"iq": xmppIQ, "message": xmppMessage, "presence": xmppPresence}[tag.name], true)
	kind, id := tag.value("type"), tag.value("id")
	m.Summary = tag.name
	for _, f := range [...]struct {
		field       int
		before, key string
	}{{xmppID, "", "id"}, {xmppType, " ", "type"}, {xmppFrom, " from ", "from"}, {xmppTo, " to ", "to"}} {
		if v, ok := tag.has(f.key); ok {
			m.Str(f.field, v)
			if f.before != "" {
				m.Summary += f.before + v
			}
		}
	}
	m.Summary = summary(m.Summary)
	if tag.name == "message" && bytes.Contains(rest, []byte("<body")) {
		m.Bool(xmppBody, true)
	}
	if kind == "error" {
		m.Outcome = index.Failed
	}
	if tag.name == "iq" && (kind == "get" || kind == "set") {
		m.Kind = index.Request
	} else if tag.name == "iq" {
		m.Kind, m.Request = index.Response, x.asked[1-s.Side()][id]
		delete(x.asked[1-s.Side()], id)
	}
}

// Gap implements Decoder.
func (x *xmpp) Gap(s *Stream, _ Gap) { x.sides[s.Side()] = xmlScan{lost: true} }

// End implements Decoder.
func (x *xmpp) End(s *Stream, rest []byte, e End) {
	if len(rest) > 0 && !x.opaque && !x.sides[s.Side()].lost {
		x.tell(s, rest, e.Outcome())
	}
}
