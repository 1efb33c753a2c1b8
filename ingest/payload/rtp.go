package payload

// Media: RTP and RTCP (RFC 3550), in datagrams that a session description announced
// and in the channels of an RTSP connection.

// Second bytes of what RTP and RTCP share an endpoint with (RFC 5761, section 4): of
// RTCP, and after those of neither.
const (
	firstReport = 192
	lastReport  = 210
	firstMedia  = 224
)

// rtp dissects a datagram of media. What is no RTP goes its own way.
func rtp(c *call) bool { return c.media(c.b, c.n) }

func rtcp(c *call) bool { return c.reports(c.b, c.n) }

// media adds what n bytes of an RTP stream hold, of which b are at hand; false if that
// is no RTP.
func (c *call) media(b []byte, n int) bool {
	const header = 12
	kind := u8(b, 1)
	switch {
	case n == 0 || len(b) == 0:
		c.add("rtp")
		return true
	case b[0]>>6 != 2:
		return false
	case n > 1 && kind >= firstReport && kind <= lastReport && n >= 4:
		c.add("rtp")
		c.add("rtcp")
		return true
	case n > 1 && kind >= firstReport && kind < firstMedia:
		return true
	}
	c.add("rtp")
	if name := mediaName(kind & 0x7f); name != "" && n > header+4*int(b[0]&0xf) {
		c.add(name)
	}
	return true
}

// mediaName gives the protocol of a payload type that Wireshark shows as one (RFC 3551,
// section 6; 100 and 101 are its defaults for events).
func mediaName(kind uint8) string {
	switch kind {
	case 4:
		return "g723"
	case 26:
		return "jpeg"
	case 31:
		return "h261"
	case 32:
		return "mpeg1"
	case 34:
		return "rfc2190"
	case 100, 101:
		return "rtpevent"
	}
	return ""
}

// mediaNames lists those protocols.
func mediaNames() (names []string) {
	for kind := range uint8(128) {
		if name := mediaName(kind); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// reports adds what n bytes of an RTCP stream hold; false if that is no RTCP.
func (c *call) reports(b []byte, n int) bool {
	kind := u8(b, 1)
	switch {
	case n == 0 || len(b) == 0:
	case b[0]>>6 != 2:
		return false
	case n < 4 || kind < firstReport || kind > lastReport:
		return true
	}
	c.add("rtcp")
	return true
}

// isRTCP reports whether a datagram begins with a report (RFC 3550, section 6).
func isRTCP(c *call) bool {
	if len(c.b) < 8 || c.b[0]&0xc0 != 0x80 || c.b[1] < 200 || c.b[1] > 201 || c.n%4 != 0 {
		return false
	}
	return (be16(c.b, 2)+1)*4 <= c.n
}
