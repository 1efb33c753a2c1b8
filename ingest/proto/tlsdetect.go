package proto

import "bytes"

// tlsHead tells whether b begins like a record, as far as it goes, at least three
// bytes of it.
func tlsHead(b []byte) bool {
	if len(b) < 3 || b[0] < tlsChangeCipher || b[0] > tlsHeartbeat || b[1] != 3 || b[2] > 4 {
		return false
	}
	if len(b) < tlsHeader {
		return true
	}
	size := int(b[3])<<8 | int(b[4])
	switch {
	case size > maxTLSRecord:
		return false
	case size == 0:
		return b[0] == tlsApplication
	case b[0] == tlsChangeCipher:
		return size == 1 && (len(b) == tlsHeader || b[5] == 1)
	case b[0] == tlsAlertRecord:
		return size >= 2 && size < 1<<10
	}
	return true
}

// tlsSize is the size of a record with its header.
func tlsSize(b []byte) int { return tlsHeader + (int(b[3])<<8 | int(b[4])) }

// tlsChain counts the records that b consists of, one after the other. whole is false
// if something else comes between.
func tlsChain(b []byte) (n int, whole bool) {
	for len(b) >= tlsHeader {
		if !tlsHead(b) {
			return n, false
		}
		n++
		b = b[min(len(b), tlsSize(b)):]
	}
	return n, true
}

// detectTLS: a client's or a server's hello in a handshake record. In the middle of
// a connection: records, one after the other.
func detectTLS(h *Head) Verdict {
	c, s := tlsHelloHead(h.Client, tlsClientHello), tlsHelloHead(h.Server, tlsServerHello)
	if c == No {
		c = oldHelloHead(h.Client)
	}
	switch {
	case c == Yes || s == Yes:
		return Yes
	case h.Midstream:
		return max(detectTLSMid(h.Client, h), detectTLSMid(h.Server, h))
	case c == More && (len(h.Server) == 0 || s != No || tlsHead(h.Server)):
		return More
	case s == More && len(h.Client) == 0:
		return More
	case len(h.Client) == 0 && tlsHead(h.Server) && h.Server[0] == tlsAlertRecord && len(h.Server) == tlsHeader+2:
		return Likely
	}
	return No
}

// tlsHelloHead judges the first bytes of a direction, which should be a hello.
func tlsHelloHead(b []byte, kind byte) Verdict {
	if len(b) == 0 {
		return No
	}
	if b[0] != tlsHandshakes || len(b) > 1 && b[1] != 3 || len(b) > 2 && b[2] > 4 {
		return No
	}
	if len(b) < tlsHeader+6 {
		return More
	}
	size, inner := int(b[3])<<8|int(b[4]), uint24(b[6:])
	if size < 4 || size > maxTLSRecord || b[5] != kind || inner < 38 || inner > maxHandshake || b[9] != 3 && b[9] != 0x7f {
		return No
	}
	return Yes
}

// Ports on which TLS begins at once.
func tlsPorts() []uint16 {
	return []uint16{443, 465, 563, 636, 853, 989, 990, 992, 993, 994, 995, 5061, 5223, 5228, 5671, 6697, 8443, 8883}
}

// detectTLSMid judges what a direction begins with in the middle of a connection. One
// record that reaches beyond what is there says little.
func detectTLSMid(b []byte, h *Head) Verdict {
	n, whole := tlsChain(b)
	port := onPort(&Protocol{Ports: tlsPorts()}, h.ClientPort, h.ServerPort)
	switch {
	case n > 0 && whole && (n >= 2 || tlsSize(b) == len(b) || port):
		return Yes
	case n > 0 && whole:
		return Likely
	}
	// The capture begins within a record: records follow.
	for i := 0; i < len(b); i++ {
		next := bytes.IndexByte(b[i:], tlsApplication)
		if next < 0 {
			break
		}
		i += next
		if n, whole := tlsChain(b[i:]); whole && (n >= 2 || n == 1 && port && i+tlsSize(b[i:]) == len(b)) {
			return Yes
		}
	}
	if port && len(b) > 0 {
		return More
	}
	return No
}

// oldHelloHead judges a client's hello in the form of SSL 2.0, by which clients once
// offered later versions too (RFC 5246, appendix E.2).
func oldHelloHead(b []byte) Verdict {
	if len(b) < 11 {
		return No
	}
	size := int(b[0]&0x7f)<<8 | int(b[1])
	suites, session, challenge := int(b[5])<<8|int(b[6]), int(b[7])<<8|int(b[8]), int(b[9])<<8|int(b[10])
	if b[0]&0x80 == 0 || b[2] != tlsClientHello || !(b[3] == 3 && b[4] <= 4 || b[3] == 0 && b[4] == 2) {
		return No
	}
	if suites == 0 || suites%3 != 0 || session != 0 && session != 16 || challenge < 16 || challenge > 32 || size != 9+suites+session+challenge {
		return No
	}
	return Yes
}

// oldHello takes such a hello in front of the data, and gives its size; -1 if more is
// needed.
func (t *tlsStream) oldHello(s *Stream, b []byte) int {
	if oldHelloHead(b) != Yes {
		return 0
	}
	size := 2 + (int(b[0]&0x7f)<<8 | int(b[1]))
	if len(b) < size {
		return -1
	}
	m := s.Message(s.At(0))
	t.session.begin()
	t.records++
	m.Uint(tlsRecordVersion, 2)
	m.Uint(tlsRecordLength, uint64(size-2))
	m.Uint(tlsHandshake, 1)
	m.Uint(tlsHandshakeType, tlsClientHello)
	m.Uint(tlsVersion, uint64(b[3])<<8|uint64(b[4]))
	t.session.hello, t.session.clientSide, t.session.knowsSide = true, s.Side(), true
	t.session.label("Client Hello (form of SSL 2.0)")
	t.session.finish(s, m, s.At(size-1))
	return size
}
