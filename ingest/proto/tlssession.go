package proto

import (
	"slices"
	"strings"

	"pcapidx/index"
)

// tlsSession is what TLS, DTLS and QUIC keep of a handshake.
type tlsSession struct {
	carrier byte // of JA4: 't', 'd', 'q'
	cookies bool // clients' hellos have cookies: DTLS

	asked      uint32 // number of the client's hello that waits for an answer
	askedFrame uint32 // of the last client's hello
	clientSide index.Side
	knowsSide  bool // a hello told
	name       string
	answered   bool // a server's hello came
	version    uint16
	suite      uint16
	certified  bool // the server's certificate came
	resumed    bool // said so already
	secret     bool // the client's hello may hide another one (ECH)
	early      bool // the client may send data before the server answers (0-RTT)
	sides      [2]tlsSide

	// Of the message in hand.
	labels  []string
	hello   bool // it has a client's hello
	answers bool // it has the answer to one
}

// tlsSide is a direction of a session.
type tlsSide struct {
	ccs      bool   // ChangeCipherSpec was seen
	secured  bool   // application data was seen
	fragment []byte // beginning of a handshake message, whose rest did not come yet
}

// maxHandshake bounds handshake messages; longer ones are not looked into. Wireshark
// takes them for encrypted ones.
const maxHandshake = 1 << 16

// modern tells TLS 1.3 and its drafts: those of the IETF and those of one large company (0xfb..).
func (t *tlsSession) modern() bool {
	return t.version == tls13 || t.version>>8 == 0x7f || t.version>>8 == 0xfb || t.version == 0xfefc
}

// begin gets ready for a new message.
func (t *tlsSession) begin() {
	t.labels, t.hello, t.answers = t.labels[:0], false, false
}

// label adds to the summary of the message.
func (t *tlsSession) label(text string) {
	if len(t.labels) < maxLabels && (len(t.labels) == 0 || t.labels[len(t.labels)-1] != text) {
		t.labels = append(t.labels, text)
	}
}

// maxLabels bounds the parts of a summary.
const maxLabels = 8

// finish sets what the whole message tells, stores it, and gives its number.
func (t *tlsSession) finish(s *Stream, m *Message, last Mark) uint32 {
	switch {
	case m.Summary != "":
	case len(t.labels) == 1:
		m.Summary = t.labels[0]
	default:
		m.Summary = strings.Join(t.labels, ", ")
	}
	switch {
	case t.hello:
		m.Kind = index.Request
	case t.answers:
		m.Kind, m.Request = index.Response, t.asked
		t.asked = 0
	case m.Kind == index.Notice:
		m.Kind = index.Continues
	}
	number := s.Emit(m, last)
	if t.hello {
		t.asked, t.askedFrame = number, m.Frame
	}
	return number
}

// handshakes takes more of the handshake messages of a direction: the content of a
// record, or what QUIC carries.
func (t *tlsSession) handshakes(s *Stream, m *Message, body []byte) {
	side := &t.sides[s.Side()]
	keep := slices.Clone[[]byte]
	if len(side.fragment) > 0 {
		body = append(side.fragment, body...)
		side.fragment = nil
		keep = func(b []byte) []byte { return b } // it is a copy already: many small records must not copy it again
	} else if side.ccs && !t.fits(body) {
		t.opaque(m)
		return
	}
	for len(body) > 0 {
		if len(body) < 4 {
			side.fragment = keep(body)
			return
		}
		kind, size := body[0], int(body[1])<<16|int(body[2])<<8|int(body[3])
		if tlsHandshakeName(kind) == "" || size > maxHandshake {
			t.opaque(m)
			return
		}
		if len(body) < 4+size {
			side.fragment = keep(body)
			t.label("handshake (in part)")
			return
		}
		t.message(s, m, kind, body[4:4+size])
		body = body[4+size:]
	}
}

// fits tells whether a record after ChangeCipherSpec is one plain handshake message
// nevertheless.
func (t *tlsSession) fits(body []byte) bool {
	return len(body) >= 4 && tlsHandshakeName(body[0]) != "" && int(body[1])<<16|int(body[2])<<8|int(body[3]) == len(body)-4
}

// opaque notes a handshake message that cannot be read.
func (t *tlsSession) opaque(m *Message) {
	m.Uint(tlsHandshake, 1)
	t.label("Encrypted Handshake Message")
}

// message takes one handshake message.
func (t *tlsSession) message(s *Stream, m *Message, kind byte, body []byte) {
	m.Uint(tlsHandshake, 1)
	m.Uint(tlsHandshakeType, uint64(kind))
	m.Uint(tlsHandshakeLength, uint64(len(body)))
	switch kind {
	case tlsClientHello:
		t.clientHello(s, m, body)
		return
	case tlsServerHello:
		t.serverHello(s, m, body)
		return
	case tlsHelloVerify:
		if len(body) >= 2 {
			m.Uint(tlsVersion, uint64(body[0])<<8|uint64(body[1]))
		}
		t.answers, m.Code = true, "HelloVerifyRequest"
	case tlsCertificates:
		t.certificates(s, m, body)
	case 8: // encrypted extensions, in the clear
		h := &tlsHello{}
		h.readExtensions(&reader{b: body}, false)
		h.extensionFields(m)
	case tlsServerKey:
		t.serverKey(m, body)
	case tlsCertificateReq:
		r := reader{b: body}
		if r.vector(1); t.version == tls12 || t.version == 0xfefd {
			list := r.vector(2)
			for _, v := range list.uints(2) {
				m.Uint(tlsSigAlg, uint64(v))
			}
		}
	case tlsCertVerify:
		if len(body) >= 2 && (t.version >= tls12 && t.version < ssl30<<1 || t.version == 0xfefd) {
			m.Uint(tlsSigAlg, uint64(body[0])<<8|uint64(body[1]))
		}
	case tlsNewTicket:
		if len(body) >= 4 {
			m.Uint(tlsTicketHint, uint64(body[0])<<24|uint64(body[1])<<16|uint64(body[2])<<8|uint64(body[3]))
		}
	}
	t.label(tlsHandshakeName(kind))
}

// serverKey takes a server's key exchange, as far as it names a curve.
func (t *tlsSession) serverKey(m *Message, body []byte) {
	r := reader{b: body}
	if !tlsCurveSuite(t.suite) || r.uint8() != 3 {
		return
	}
	curve := r.uint16()
	if r.vector(1); r.bad {
		return
	}
	m.Uint(tlsCurve, uint64(curve))
	if t.version != tls12 && t.version != 0xfefd {
		return
	}
	if algorithm := r.uint16(); !r.bad {
		m.Uint(tlsSigAlg, uint64(algorithm))
	}
}

// tlsCurveSuite tells suites with ECDHE, of which the server sends its curve.
func tlsCurveSuite(suite uint16) bool {
	return suite>>8 == 0xc0 || suite>>8 == 0xcc || suite>>8 == 0xd0
}

// changeCipher takes a ChangeCipherSpec. A server's without a certificate before
// it means that keys are used again (RFC 5246, section 7.3).
func (t *tlsSession) changeCipher(s *Stream, m *Message) {
	m.Uint(tlsCCS, 1)
	t.label("Change Cipher Spec")
	side := &t.sides[s.Side()]
	if t.answered && !t.modern() && !t.certified && !t.resumed && t.knowsSide && s.Side() != t.clientSide {
		t.resumed = true
		m.Uint(tlsResumed, 1)
		t.label("resumed")
	}
	side.ccs, side.fragment = true, nil
}

// alert takes an alert, which may be encrypted.
func (t *tlsSession) alert(s *Stream, m *Message, body []byte) {
	m.Uint(tlsAlert, 1)
	if len(body) != 2 {
		t.label("Encrypted Alert")
		return
	}
	level, description := body[0], body[1]
	m.Uint(tlsAlertLevel, uint64(level))
	m.Uint(tlsAlertDesc, uint64(description))
	name := tlsAlertName(description)
	t.label("Alert (" + name + ")")
	if level != 2 {
		return
	}
	m.Outcome, m.Code = index.Failed, name
	if t.knowsSide && s.Side() != t.clientSide && t.asked != 0 {
		t.answers = true
	}
	t.warnAlert(s, m, description)
}

// complete tells whether the handshake came to its end: the server answered, and
// both sides sent encrypted data.
func (t *tlsSession) complete() bool {
	a, b := &t.sides[0], &t.sides[1]
	return t.answered && (a.ccs || a.secured) && (b.ccs || b.secured)
}
