package payload

import "bytes"

// Dissectors of protocols on UDP.

func onlyData(c *call) bool {
	c.data(c.n)
	return true
}

// dropbox: its discovery is a JSON object.
func dropbox(c *call) bool {
	c.add("db-lsp-disc")
	if isJSON(c.b) {
		c.add("json")
	}
	return true
}

// nbdgm: datagrams of NetBIOS carry SMB mail slots (RFC 1002, section 4.4).
func nbdgm(c *call) bool {
	const header, names = 14, 68
	c.add("nbdgm")
	if kind := u8(c.b, 0); kind >= 0x10 && kind <= 0x12 && hasAt(c.b, header+names, "\xffSMB") {
		c.add("smb")
		if bytes.Contains(c.b, []byte(`\MAILSLOT\BROWSE`)) {
			c.add("browser")
		}
	}
	return true
}

// dhcp: on the port of proxies only with its cookie (RFC 2132, section 2).
func dhcp(c *call) bool {
	const proxy, cookie = 4011, 236
	if (c.src == proxy || c.dst == proxy) && be32(c.b, cookie) != 0x63825363 {
		return false
	}
	c.add("dhcp")
	return true
}

// tftp: a data block holds data (RFC 1350). The server answers from a port of
// its own.
func tftp(c *call) bool {
	c.add("tftp")
	const header, request, data, port = 4, 2, 3, 69
	switch code := be16(c.b, 0); {
	case code == data && c.n > header:
		c.data(c.n - header)
	case code >= 1 && code <= request && c.dst == port:
		c.expect(c.packet.Src.Addr(), c.src, "tftp")
	}
	return true
}

// stunCookie is in every message since RFC 5389.
const stunCookie = 0x2112a442

// stun takes messages with the magic cookie (RFC 8489, section 5). Its DATA
// attributes hold data (RFC 8656, section 18.4).
func stun(c *call) bool {
	const header, channelBind = 20, 9
	const multiplexed, session = 0xff10, 8 // of Microsoft's TURN: a channel for many sessions
	kind := be16(c.b, 0)
	if kind == multiplexed && be16(c.b, 2)+4 == c.n && c.n > 4+session {
		c.add("stun")
		c.data(c.n - 4 - session)
		return true
	}
	if c.has(hasChannels) && kind >= 0x4000 && kind < 0x8000 && be16(c.b, 2)+4 <= c.n && be16(c.b, 2) > 0 {
		c.add("stun") // ChannelData (RFC 8656, section 12.4)
		c.data(be16(c.b, 2))
		return true
	}
	if c.n < header || len(c.b) < header || kind >= 0x4000 || be32(c.b, 4) != stunCookie || be16(c.b, 2)+header > c.n {
		return false
	}
	if method := kind&0xf | kind>>1&0x70 | kind>>2&0xf80; method > 0xff {
		return false
	}
	c.add("stun")
	if kind&^0x110 == channelBind {
		c.set(hasChannels)
	}
	c.stunData()
	return true
}

// stunData adds what the DATA attributes of a STUN message hold.
func (c *call) stunData() {
	const header, dataAttribute = 20, 0x0013
	end := min(len(c.b), be16(c.b, 2)+header)
	for at := header; at+4 <= end; {
		n := be16(c.b, at+2)
		if be16(c.b, at) == dataAttribute && n > 0 && at+4+n <= end {
			c.data(n)
		}
		at += 4 + (n+3)&^3
	}
}

// classicSTUN takes messages without the cookie (RFC 3489, section 11.1).
func classicSTUN(c *call) bool {
	const header = 20
	if c.n < header || be16(c.b, 2)+header != c.n {
		return false
	}
	switch be16(c.b, 0) {
	case 0x0001, 0x0101, 0x0111, 0x0002, 0x0102, 0x0112, 0x0003, 0x0103, 0x0113, 0x0004, 0x0104, 0x0115, 0x0118, 0x0006, 0x0106, 0x0116:
		c.add("classicstun")
		c.stunData()
		return true
	}
	return false
}

// isDTLS reports whether b begins as a DTLS record does (RFC 6347, section 4.1).
func isDTLS(b []byte) bool {
	if len(b) < 13 || b[0] < 20 || b[0] > 25 {
		return false
	}
	v := be16(b, 1)
	return v == 0xfeff || v == 0xfefd || v == 0x0100
}

// dtls: a conversation may also have STUN and RTP (RFC 7983), which go their
// own ways.
func dtls(c *call) bool {
	if c.conn.app != 0 && !isDTLS(c.b) {
		return false
	}
	c.add("dtls")
	return true
}

// dtlsRecords reports whether b is nothing but DTLS records, the last of which may be
// cut. Those with a connection ID (RFC 9146) have their length elsewhere.
func dtlsRecords(b []byte) bool {
	const header, withID = 13, 25
	for isDTLS(b) {
		n := header + be16(b, 11)
		if b[0] == withID || n >= len(b) {
			return true
		}
		b = b[n:]
	}
	return false
}

func dtlsHeuristic(c *call) bool {
	if !dtlsRecords(c.b) {
		return false
	}
	c.settle("dtls")
	c.add("dtls")
	return true
}

// wireGuard: a type, three zero bytes and the length of that type.
func wireGuard(c *call) bool {
	if len(c.b) < 4 || c.b[1]|c.b[2]|c.b[3] != 0 {
		return false
	}
	switch c.b[0] {
	case 1:
		return c.n == 148
	case 2:
		return c.n == 92
	case 3:
		return c.n == 64
	case 4:
		return c.n >= 32
	}
	return false
}

func wg(c *call) bool {
	if !wireGuard(c) {
		return false
	}
	c.add("wg")
	return true
}

// quicLong: a long header with a version that is known (RFC 9000, section 17.2;
// RFC 9369; drafts).
func quicLong(c *call) bool {
	if len(c.b) < 13 || c.b[0]&0x80 == 0 || c.b[5] > 20 {
		return false
	}
	v := be32(c.b, 1)
	return v == 1 || v == 0x6b3343cf || v == 0x709a50c4 || v>>8 == 0xff0000 && v&0xff <= 40 || v>>8 == 0xfaceb0 || v&0x0f0f0f0f == 0x0a0a0a0a
}

func quic(c *call) bool {
	c.add("quic")
	return true
}

// gquicHello: Google's QUIC before the standard, with its version.
func gquicHello(c *call) bool {
	if len(c.b) < 14 {
		return false
	}
	at := 1
	if c.b[0]&8 != 0 {
		at += 8
	}
	return c.b[0]&1 != 0 && c.b[0]&0x80 == 0 && hasAt(c.b, at, "Q0") && isDigit(c.b[at+2]) && isDigit(c.b[at+3])
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// dcerpcDatagram: version 4 (C706, section 12.5).
func dcerpcDatagram(c *call) bool {
	return len(c.b) >= 80 && c.b[0] == 4 && c.b[1] <= 10 && c.b[4]&0xee == 0 && c.b[5] <= 3
}
