package payload

import "bytes"

// Protocols of text lines.

// imap waits for the end of its last line; a mail may be in a literal. After
// STARTTLS the connection is TLS.
func imap(c *call) bool {
	if lines("imap")(c); c.need != 0 {
		return true
	}
	line := firstLineOf(c.b)
	switch {
	case len(line) < 64 && bytes.HasSuffix(bytes.ToUpper(line), []byte(" STARTTLS")):
		c.set(askedTLS)
	case c.has(askedTLS) && bytes.Contains(line, []byte(" OK")):
		c.settle("tls")
	}
	return true
}

// smtp takes each segment by itself. What the client sends after DATA is the
// mail: text, and a message when its end has come (RFC 5321, section 4.1.1.4).
func smtp(c *call) bool {
	line := firstLineOf(c.b)
	reply := len(line) >= 3 && line[0] >= '2' && line[0] <= '5' && line[1] >= '0' && line[1] <= '9'
	c.add("smtp")
	switch {
	case c.dst != c.conn.server && c.conn.server != 0 || c.conn.server == 0 && reply:
		switch {
		case hasAt(line, 0, "354") && c.has(dataAsked):
			c.set(mailData)
		case hasAt(line, 0, "220") && c.has(askedTLS):
			c.settle("tls")
		}
		c.conn.marks &^= dataAsked
	case c.has(mailData):
		if bytes.HasSuffix(c.b, []byte("\r\n.\r\n")) || string(c.b) == ".\r\n" {
			c.conn.marks &^= mailData
			c.add("imf")
		} else {
			c.add("data-text-lines")
		}
	case len(line) == 4 && fold(line, "data"):
		c.set(dataAsked)
	case len(line) == 8 && fold(line, "starttls"):
		c.set(askedTLS)
	}
	return true
}

// xmpp waits for the end of an element; after starttls and proceed (RFC 6120,
// section 5) the connection is TLS.
func xmpp(c *call) bool {
	last := c.b
	if len(c.fresh) > 0 {
		last = c.fresh
	}
	if text := bytes.TrimRight(last, " \r\n\t"); c.ask && (len(text) == 0 || text[len(text)-1] != '>') {
		c.want(0, oneMore)
		return true
	}
	c.add("xmpp")
	c.add("xml")
	if bytes.Contains(c.b, []byte("<proceed")) && bytes.Contains(c.b, []byte("xmpp-tls")) {
		c.settle("tls")
	}
	return true
}
