package payload

import "bytes"

// special lists the dissectors with rules of their own.
func special() []dissector {
	return []dissector{
		{name: "http", tcp: http},
		{name: "tls", tcp: tls},
		{name: "nbss", tcp: nbss},
		{name: "tpkt", tcp: tpkt},
		{name: "rtsp", tcp: textMessages("rtsp", (*call).rtspPart)},
		{name: "sip", tcp: textMessages("sip", func(c *call, b []byte, _ int) { c.description(b) }), udp: sip},
		{name: "imap", tcp: imap},
		{name: "whois", tcp: lines("whois")},
		{name: "bittorrent", tcp: bitTorrent},
		{name: "dhcp", udp: dhcp},
		{name: "nbdgm", udp: nbdgm},
		{name: "stun", udp: stun},
		{name: "tftp", udp: tftp},
		{name: "db-lsp-disc", udp: dropbox},
		{name: "dtls", udp: dtls},
		{name: "ssdp", udp: ssdp},
		{name: "resp", tcp: resp},
		{name: "ssh", tcp: ssh},
		{name: "rpc", tcp: rpcStream, udp: rpcDatagram},
		{name: "quic", udp: quic},
		{name: "wg", udp: wg},
		{name: "bt-dht"},
		{name: "vnc"},
		{name: "spice"},
		{name: "applemidi"},
		{name: "msrp", tcp: msrp},
		{name: "mq"},
		{name: "data", tcp: onlyData, udp: onlyData},
		{name: "gquic"},
		{name: "rtp", udp: rtp},
		{name: "rtcp", udp: rtcp},
		{name: "t38"},
		{name: "ftp", tcp: ftp},
		{name: "ftp-data", tcp: ftpData},
		{name: "xmpp", tcp: xmpp},
		{name: "smtp", tcp: smtp},
		{name: "pop", tcp: pop},
	}
}

// textMessages makes a dissector of messages like those of HTTP: header lines,
// an empty line, Content-Length bytes. It shows each message, and its length, to part.
func textMessages(name string, part func(c *call, b []byte, n int)) func(c *call) bool {
	return func(c *call) bool {
		named := false
		for at := 0; at < c.n && at < len(c.b); {
			b := c.b[at:]
			if end := bytes.IndexByte(b, '\n'); end >= 0 && b[0] != '$' && !isMessageLine(b[:end]) {
				if !named {
					c.add(name)
				}
				return true // not understood, but taken
			}
			n, lack := c.textLength(b, c.n-at)
			if lack != 0 && c.ask {
				c.want(at, lack)
				return true
			}
			if !named {
				named = true
				c.add(name)
			}
			part(c, b[:min(n, len(b))], min(n, c.n-at))
			at += n
		}
		return true
	}
}

// msrp waits for the line of dashes that ends a message (RFC 4975, section 7.1).
func msrp(c *call) bool {
	if !hasAt(c.b, 0, "MSRP ") {
		return false
	}
	if c.ask && !bytes.Contains(c.fresh, []byte("-------")) {
		c.want(0, oneMore)
		return true
	}
	c.add("msrp")
	return true
}

// isMessageLine reports whether a line is a request or status line of SIP or
// RTSP.
func isMessageLine(line []byte) bool {
	line = bytes.TrimSuffix(line, []byte("\r"))
	return hasAt(line, 0, "SIP/2.0 ") || hasAt(line, 0, "RTSP/") || bytes.HasSuffix(line, []byte(" SIP/2.0")) ||
		bytes.Contains(line, []byte(" RTSP/"))
}

// textLength gives the length of the message that b begins with, of which n
// bytes are announced, and what it lacks.
func (c *call) textLength(b []byte, n int) (length, lack int) {
	const interleaved = 4
	if b[0] == '$' { // RFC 7826, section 14
		if n < interleaved {
			return n, oneMore
		}
		size := be16(b, 2) + interleaved
		return size, max(0, size-n)
	}
	end := bytes.Index(b, []byte("\r\n\r\n"))
	switch {
	case end < 0 && len(b) < n && c.resumed: // its middle is not at hand
		if c.exact || bytes.Contains(c.fresh, []byte("\r\n\r\n")) {
			return n, 0
		}
		return n, oneMore
	case end < 0:
		return n, oneMore
	}
	size := 0
	for line := range bytes.SplitSeq(b[:end], []byte("\r\n")) {
		field, value, _ := bytes.Cut(line, []byte(":"))
		if fold(field, "content-length") || fold(field, "l") {
			for _, d := range bytes.TrimSpace(value) {
				if d < '0' || d > '9' || size > 1<<24 {
					break
				}
				size = size*10 + int(d-'0')
			}
		}
	}
	size += end + 4
	return size, max(0, size-n)
}

// lines makes a dissector that waits for the end of its last line.
func lines(name string) func(c *call) bool {
	return func(c *call) bool {
		last := c.b
		if len(c.fresh) > 0 {
			last = c.fresh
		}
		if c.ask && last[len(last)-1] != '\n' {
			end := bytes.LastIndexByte(last, '\n')
			if end < 0 {
				c.want(0, oneMore)
				return true
			}
			c.want(c.n-len(last)+end+1, oneMore)
		}
		c.add(name)
		return true
	}
}

// resp dissects Redis: it is named also where it lacks bytes.
func resp(c *call) bool {
	c.add("resp")
	if c.ask && !bytes.HasSuffix(c.fresh, []byte("\r\n")) {
		end := bytes.LastIndexByte(c.b, '\n') + 1
		if i := bytes.LastIndexByte(c.b, '*'); i >= 0 && i < end {
			end = i
		}
		if len(c.b) < c.n {
			end = 0
		}
		c.want(end, oneMore)
	}
	return true
}

// ssh dissects the Secure Shell. Between the version lines and the new keys a
// packet has its length in front (RFC 4253, section 6).
func ssh(c *call) bool {
	const longest, header, newKeys = 35000, 4, 21
	c.add("ssh")
	readable := sshClear << c.dir
	if hasAt(c.b, 0, "SSH-") {
		c.set(readable)
		return true
	}
	for at := 0; at < c.n && at < len(c.b) && c.has(readable) && c.ask; {
		left := c.n - at
		if left < header {
			c.want(at, oneMore)
			break
		}
		n := int(be32(c.b, at)) + header
		if n > longest {
			break
		}
		if n > left {
			c.want(at, n-left)
			break
		}
		if u8(c.b, at+5) == newKeys {
			c.conn.marks &^= readable
		}
		at += n
	}
	return true
}

func ssdp(c *call) bool {
	if (&message{}).firstLine(firstLineOf(c.b)) {
		c.add("ssdp")
	}
	return true
}

// firstLineOf is b up to the end of its first line.
func firstLineOf(b []byte) []byte {
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		b = b[:i]
	}
	return bytes.TrimSuffix(b, []byte("\r"))
}

// sip takes requests and responses (RFC 3261, section 7); a session description
// in one announces media.
func sip(c *call) bool {
	if !isSIP(c.b) {
		return false
	}
	c.add("sip")
	c.description(c.b)
	return true
}

// description reads the session description in a message, if there is one.
func (c *call) description(b []byte) {
	header, body, ok := bytes.Cut(b, []byte("\r\n\r\n"))
	if ok && len(body) > 0 && bytes.Contains(header, []byte("application/sdp")) {
		c.add("sdp")
		c.session(body)
	}
}

func isSIP(b []byte) bool {
	line := firstLineOf(b)
	return bytes.HasPrefix(line, []byte("SIP/2.0 ")) || bytes.HasSuffix(line, []byte(" SIP/2.0"))
}
