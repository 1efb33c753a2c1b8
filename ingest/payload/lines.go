package payload

import (
	"bytes"
	"strconv"
)

// Protocols of text lines.

// imap waits for the end of its last line, and of a literal in it, which may be
// a mail (RFC 9051, section 4.3). After STARTTLS the connection is TLS.
func imap(c *call) bool {
	at, size := literal(c.b)
	if size > 0 && c.ask && c.n-at < size+len(")\r\n") {
		c.add("imap")
		c.want(0, oneMore)
		return true
	}
	if lines("imap")(c); c.need != 0 {
		return true
	}
	line := firstLineOf(c.b)
	switch {
	case size > 0:
		c.add("imf")
	case len(line) < 64 && bytes.HasSuffix(bytes.ToUpper(line), []byte(" STARTTLS")):
		c.set(askedTLS)
	case c.has(askedTLS) && bytes.Contains(line, []byte(" OK")):
		c.settle("tls")
	}
	return true
}

// literal finds where the first literal of a FETCH answer begins, and its size.
func literal(b []byte) (at, size int) {
	b = b[:min(len(b), headMax)]
	line := firstLineOf(b)
	open := bytes.LastIndexByte(line, '{')
	if open < 0 || line[len(line)-1] != '}' || !bytes.Contains(line, []byte(" FETCH ")) {
		return 0, 0
	}
	for _, d := range line[open+1 : len(line)-1] {
		if d < '0' || d > '9' || size > 1<<28 {
			return 0, 0
		}
		size = size*10 + int(d-'0')
	}
	return bytes.IndexByte(b, '\n') + 1, size
}

// smtpCommands are the first four letters of what a client says (RFC 5321 and
// its extensions).
const smtpCommands = " HELO EHLO MAIL RCPT DATA QUIT RSET VRFY NOOP HELP AUTH STAR BDAT EXPN ETRN SEND SOML SAML TURN "

// smtp takes lines. What the client sends after DATA is the mail: text, and a
// message when its end has come (RFC 5321, section 4.1.1.4). What is no command
// is taken for a piece of a mail.
func smtp(c *call) bool {
	if c.ask && bytes.IndexByte(c.fresh, '\n') < 0 {
		c.want(0, oneMore)
		return true
	}
	line := firstLineOf(c.b)
	c.add("smtp")
	if c.fromServer(line) {
		switch {
		case hasAt(line, 0, "354") && c.has(dataAsked):
			c.set(mailData)
		case hasAt(line, 0, "220") && c.has(askedTLS):
			c.settle("tls")
		}
		c.conn.marks &^= dataAsked | challenged
		if hasAt(line, 0, "334") {
			c.set(challenged)
		}
		return true
	}
	command := bytes.ToUpper(line[:min(len(line), 4)])
	switch {
	case c.has(mailData):
		if bytes.HasSuffix(c.b, []byte("\r\n.\r\n")) || string(c.b) == ".\r\n" {
			c.conn.marks &^= mailData
			c.add("imf")
		} else {
			c.add("data-text-lines")
		}
	case c.has(challenged):
	case len(command) < 4 || !bytes.Contains([]byte(smtpCommands), command):
		c.add("data-text-lines")
	case string(command) == "DATA":
		c.set(dataAsked)
	case string(command) == "STAR":
		c.set(askedTLS)
	}
	return true
}

// fromServer reports whether a packet comes from the server of a connection.
func (c *call) fromServer(line []byte) bool {
	if c.conn.server != 0 {
		return c.src == c.conn.server
	}
	registered := c.analyzer.registry.tcp
	if registered[c.src] != 0 || registered[c.dst] != 0 {
		return registered[c.src] != 0
	}
	return len(line) >= 3 && line[0] >= '2' && line[0] <= '5' && line[1] >= '0' && line[1] <= '9'
}

// pop takes each segment by itself. What the server says that is no answer is a
// mail, or a piece of one if it told the size (RFC 1939, section 5).
func pop(c *call) bool {
	line := firstLineOf(c.b)
	c.add("pop")
	switch {
	case !c.fromServer(nil):
		c.conn.marks &^= mailAsked
		if command := line[:min(len(line), 4)]; fold(command, "retr") || fold(command, "top ") {
			c.set(mailAsked)
		}
	case hasAt(line, 0, "+") || hasAt(line, 0, "-ERR"):
		if c.has(mailAsked) && hasAt(line, 0, "+OK ") {
			c.conn.marks &^= mailAsked
			size, _ := strconv.ParseUint(string(firstWord(line[4:])), 10, 32)
			c.mailPiece(uint32(size), c.n-len(line)-2)
		}
	default:
		c.mailPiece(c.conn.number, c.n)
	}
	return true
}

// mailPiece takes n bytes of a mail of which left are to come.
func (c *call) mailPiece(left uint32, n int) {
	c.conn.number = 0
	switch {
	case n <= 0:
		c.conn.number = left
	case int(left) > n:
		c.conn.number = left - uint32(n)
	default:
		c.add("imf")
	}
}

func firstWord(b []byte) []byte {
	word, _, _ := bytes.Cut(b, []byte(" "))
	return word
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
