package payload

// nbss dissects the session service of NetBIOS, on port 445 SMB without it (RFC
// 1002, section 4.3.1).
func nbss(c *call) bool {
	const header = 4
	named := false
	for at := 0; at < c.n && at < len(c.b); {
		b := c.b[at:]
		left := c.n - at
		if left < header && c.ask {
			c.want(at, oneMore)
			return true
		}
		n := be24(b, 1) + header
		if kind := u8(b, 0); at == 0 && kind != 0 && (kind < 0x81 || kind > 0x85) {
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
			c.smb2Data(b[header:])
		}
		at += n
	}
	return true
}

// tpkt dissects ISO transport on TCP (RFC 1006) with its COTP.
func tpkt(c *call) bool {
	const header = 4
	if c.b[0] != 3 && c.src != 102 && c.dst != 102 && !c.has(remoteDesktop) {
		return false
	}
	if c.b[0] != 3 {
		c.add("tpkt")
		if c.has(remoteDesktop) && isFastPath(c.b, c.n) {
			c.add("rdp")
		}
		return true
	}
	named := false
	for at := 0; at < c.n && at < len(c.b); {
		b := c.b[at:]
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
		c.cotp(b[min(header, len(b)):])
		at += n
	}
	return true
}

// isFastPath reports whether b is a fast-path packet of a remote desktop: two
// zero bits, and the length (MS-RDPBCGR, section 2.2.8.1.2).
func isFastPath(b []byte, n int) bool {
	size := int(u8(b, 1))
	if size&0x80 != 0 {
		size = be16(b, 1) & 0x7fff
	}
	return b[0]&3 == 0 && size > 2 && size <= n
}

// cotp names what is in a transport PDU (ISO 8073): S7, or the conference
// protocols of a remote desktop.
func (c *call) cotp(b []byte) {
	const data, desktop = 0xf0, 3389
	switch {
	case u8(b, 1) != data:
		if c.src == desktop || c.dst == desktop {
			c.set(remoteDesktop)
		}
	case u8(b, 3) == 0x32:
		c.add("s7comm")
	case c.has(remoteDesktop) && len(b) > 3:
		c.add("t125")
	}
}

// smb2Data names the data of a write request or a read response (MS-SMB2,
// sections 2.2.20 and 2.2.21).
func (c *call) smb2Data(b []byte) {
	const header, read, write = 64, 8, 9
	if len(b) < header+16 || le32(b, 8) != 0 {
		return
	}
	response := b[16]&1 != 0
	command := le16(b, 12)
	n := int(le32(b, header+4))
	if n > 0 && n <= len(c.b) && (command == read && response || command == write && !response) {
		c.data(n)
	}
}
