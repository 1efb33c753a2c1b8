package payload

import "bytes"

// special lists the dissectors with rules of their own.
func special() []dissector {
	return []dissector{
		{name: "http", tcp: http},
		{name: "tls", tcp: tls},
		{name: "nbss", tcp: nbss},
		{name: "tpkt", tcp: tpkt},
		{name: "rtsp", tcp: textMessages("rtsp")},
		{name: "sip", tcp: textMessages("sip"), udp: sip},
		{name: "imap", tcp: lines("imap")},
		{name: "stun", udp: stun},
		{name: "tftp", udp: tftp},
		{name: "dtls", udp: dtls},
		{name: "ssdp", udp: ssdp},
		{name: "resp", tcp: resp},
		{name: "ssh", tcp: ssh},
		{name: "rpc", tcp: rpcStream},
		{name: "quic"}, {name: "wg"}, {name: "bt-dht"}, {name: "bittorrent"}, {name: "data"},
	}
}

// nbss dissects the session service of NetBIOS, on port 445 SMB without it (RFC
// 1002, section 4.3.1).
func nbss(c *call) bool {
	const header = 4
	named := false
	for at := 0; at < c.n; {
		var b []byte
		if at < len(c.b) {
			b = c.b[at:]
		}
		left := c.n - at
		if left < header && c.ask {
			c.want(at, oneMore)
			return true
		}
		n := be24(b, 1) + header
		if u8(b, 0)&0x7e != 0 && u8(b, 0)&0xf0 != 0x80 && at == 0 {
			c.add("nbss") // continued data
			return true
		}
		if n > left && c.ask {
			c.want(at, n-left)
			return true
		}
		if !named {
			named = true
			c.add("nbss")
		}
		switch {
		case hasAt(b, header, "\xffSMB"):
			c.add("smb")
		case hasAt(b, header, "\xfeSMB"), hasAt(b, header, "\xfdSMB"), hasAt(b, header, "\xfcSMB"):
			c.add("smb2")
		}
		at += n
	}
	return true
}

// tpkt dissects ISO transport on TCP (RFC 1006) with its COTP.
func tpkt(c *call) bool {
	const header = 4
	if len(c.b) > 0 && c.b[0] != 3 {
		c.add("tpkt")
		return true
	}
	named := false
	for at := 0; at < c.n; {
		var b []byte
		if at < len(c.b) {
			b = c.b[at:]
		}
		left := c.n - at
		if left < header && c.ask {
			c.want(at, oneMore)
			return true
		}
		n := be16(b, 2)
		if u8(b, 0) != 3 || n < header {
			return true
		}
		if n > left && c.ask {
			c.want(at, n-left)
			return true
		}
		if !named {
			named = true
			c.add("tpkt")
		}
		c.add("cotp")
		if u8(b, 5) == 0xf0 && u8(b, 7) == 0x32 {
			c.add("s7comm")
		}
		at += n
	}
	return true
}

// textMessages makes a dissector of messages like those of HTTP: header lines,
// an empty line, Content-Length bytes.
func textMessages(name string) func(c *call) bool {
	return func(c *call) bool {
		named := false
		for at := 0; at < c.n && at < len(c.b); {
			b := c.b[at:]
			n, lack := textLength(b, c.n-at)
			if lack != 0 && c.ask {
				c.want(at, lack)
				return true
			}
			if !named {
				named = true
				c.add(name)
			}
			at += n
		}
		return true
	}
}

// textLength gives the length of the message that b begins with, of which n
// bytes are announced, and what it lacks.
func textLength(b []byte, n int) (length, lack int) {
	const interleaved = 4
	if b[0] == '$' { // RFC 7826, section 14
		if n < interleaved {
			return n, oneMore
		}
		size := be16(b, 2) + interleaved
		return size, max(0, size-n)
	}
	end := bytes.Index(b, []byte("\r\n\r\n"))
	if end < 0 {
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
	if c.ask && !bytes.HasSuffix(c.b, []byte("\r\n")) {
		end := bytes.LastIndexByte(c.b, '\n') + 1
		if i := bytes.LastIndexByte(c.b, '*'); i >= 0 && i < end {
			end = i
		}
		c.want(end, oneMore)
	}
	return true
}

// ssh dissects the Secure Shell: a packet before encryption has its length in
// front (RFC 4253, section 6).
func ssh(c *call) bool {
	c.add("ssh")
	return true
}

// rpcStream dissects remote procedure calls with record marks (RFC 5531, section
// 11).
func rpcStream(c *call) bool {
	for at := 0; at < c.n; {
		left := c.n - at
		if left < 4 && c.ask {
			c.want(at, oneMore)
			return true
		}
		n := int(be32(c.b, min(at, len(c.b)))&0x7fffffff) + 4
		if n > left && c.ask && n < 1<<24 {
			c.want(at, n-left)
			return true
		}
		at += n
	}
	c.add("rpc")
	return true
}

// tftp: a data block holds data (RFC 1350).
func tftp(c *call) bool {
	c.add("tftp")
	const header, data = 4, 3
	if be16(c.b, 0) == data && c.n > header {
		c.data(c.n - header)
	}
	return true
}

// stun takes messages with the magic cookie (RFC 8489, section 5).
func stun(c *call) bool {
	if c.n < 20 || c.b[0]&0xc0 != 0 && !(c.b[0] >= 0x40 && c.b[0] < 0x80) {
		return false
	}
	if c.b[0] < 0x40 && be32(c.b, 4) == 0x2112a442 && be16(c.b, 2)+20 <= c.n {
		c.add("stun")
		return true
	}
	return false
}

// dtls takes records (RFC 6347, section 4.1); its port takes everything.
func dtls(c *call) bool {
	c.add("dtls")
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

// sip takes requests and responses (RFC 3261, section 7).
func sip(c *call) bool {
	if !isSIP(c.b) {
		return false
	}
	c.add("sip")
	return true
}

func isSIP(b []byte) bool {
	line := firstLineOf(b)
	return bytes.HasPrefix(line, []byte("SIP/2.0 ")) || bytes.HasSuffix(line, []byte(" SIP/2.0"))
}
