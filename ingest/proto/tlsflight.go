package proto

func (t *tlsSession) clientHello(s *Stream, m *Message, body []byte) {
	h := readClientHello(body, t.cookies)
	h.fields(m)
	if !h.headless {
		full := h.ja3()
		m.Str(tlsJA3Full, full)
		m.Str(tlsJA3, md5Hex(full))
		m.Str(tlsJA4, h.ja4(t.carrier))
	}
	t.hello, t.clientSide, t.knowsSide = true, s.Side(), true
	// A new handshake: what was known of another one is over.
	t.answered, t.certified, t.resumed = false, false, false
	t.name, t.secret, t.early = "", h.ech, h.offers(extEarlyData)
	label := "Client Hello"
	if len(h.names) > 0 {
		t.name = h.names[0]
		label += " (" + cutText(t.name, 100) + ")"
		s.Host(t.name, TLSServerName)
	}
	t.label(label)
	t.warnClient(m, h)
}

func (t *tlsSession) serverHello(s *Stream, m *Message, body []byte) {
	h := readServerHello(body)
	h.fields(m)
	if !h.headless {
		full := h.ja3s()
		m.Str(tlsJA3SFull, full)
		m.Str(tlsJA3S, md5Hex(full))
	}
	if !t.knowsSide {
		t.clientSide, t.knowsSide = 1-s.Side(), true
	}
	t.version = h.version()
	if len(h.suites) > 0 {
		t.suite = h.suites[0]
	}
	t.answers = true
	if h.retry() {
		m.Code = "HelloRetryRequest"
		t.label("Hello Retry Request")
		return
	}
	t.answered = true
	if t.modern() && h.offers(extPreShared) {
		t.resumed = true
	}
	t.label("Server Hello (" + tlsVersionName(t.version) + ")")
	if t.resumed {
		t.label("resumed")
	}
	t.warnServer(m, h)
}

// cutText bounds captured text in a summary.
func cutText(text string, most int) string {
	if len(text) > most {
		return text[:most] + "..."
	}
	return text
}

// certificates takes a certificate message of TLS 1.2 or before: later ones are
// encrypted.
func (t *tlsSession) certificates(s *Stream, m *Message, body []byte) {
	server := !t.knowsSide || s.Side() != t.clientSide
	if server {
		t.certified = true
	}
	r := reader{b: body}
	list := r.vector(3)
	for i := 0; len(list.b) > 0 && i < maxChain; i++ {
		der := list.vector(3)
		if list.bad {
			break
		}
		c, ok := readCertificate(der.b)
		c.fields(m, ok)
		if ok {
			t.judge(s, m, &c, i, server)
		}
		if i == 0 && server && ok {
			s.Host(c.host(), Certificate)
		}
	}
}

// maxChain bounds the certificates that are read of a chain.
const maxChain = 16
