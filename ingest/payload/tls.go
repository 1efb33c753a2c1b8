package payload

// isRecord reports whether b begins as a TLS or SSL 3 record does (RFC 8446,
// section 5.1).
func isRecord(b []byte) bool {
	return len(b) >= 5 && b[0] >= 20 && b[0] <= 24 && b[1] == 3 && b[2] <= 4
}

// isHello2 reports whether b begins as an SSL 2 record does: its length, then an
// error, a hello, or a master key.
func isHello2(b []byte) bool {
	return len(b) >= 5 && b[0]&0x80 != 0 && (b[2] <= 2 || b[2] == 4)
}

// isText reports whether the first bytes are letters, digits or signs.
func isText(b []byte) bool {
	for i := range 4 {
		if x := u8(b, i); x < ' ' || x > '~' {
			return false
		}
	}
	return true
}

// tls dissects TLS records. What begins as no record is shown as continued data,
// but text is not TLS.
func tls(c *call) bool {
	const header = 5
	if c.n >= header && isText(c.b) {
		return false
	}
	c.add("tls")
	for at := 0; at < c.n && at < len(c.b); {
		left := c.n - at
		b := c.b[at:]
		n := left
		switch {
		case left < header && c.ask:
			c.want(at, oneMore)
			return true
		case isRecord(b):
			n = be16(b, 3) + header
			c.set(seenTLS)
			c.res.records = true
		case isHello2(b) && !c.has(seenTLS):
			n = be16(b, 0)&0x7fff + 2
			c.res.records = true
		}
		if n > left && c.ask {
			c.want(at, n-left)
			return true
		}
		at += n
	}
	return true
}

// tlsHeuristic takes TLS on any port.
func tlsHeuristic(c *call) bool {
	if !(isRecord(c.b) && be16(c.b, 3) > 0) && !(isHello2(c.b) && c.b[2] == 1 && c.b[3] == 3 && be16(c.b, 0)&0x7fff+2 == c.n) {
		return false
	}
	c.settle("tls")
	return tls(c)
}
