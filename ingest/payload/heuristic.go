package payload

import "bytes"

// udpHeuristics are asked, in this order, for datagrams that no port's protocol
// took.
func udpHeuristics() []func(c *call) bool {
	return []func(c *call) bool{
		settling("wg", wireGuard), naming("wol", isWakeOnLAN), stun, classicSTUN, settling("sip", func(c *call) bool { return isSIP(c.b) }),
		naming("rtps", starts("RTPS", "RTPX")), naming("rtcp", isRTCP), rpcHeuristic, settling("quic", quicLong), proxy,
		naming("mp2t", isTransportStream), settling("gquic", gquicHello), naming("icep", starts("IceP")), naming("giop", starts("GIOP")),
		dtlsHeuristic, naming("dns", isDNS), naming("dcerpc", dcerpcDatagram), settling("bt-dht", starts("d1:ad", "d1:rd", "d2:ip", "d1:el")),
		naming("artnet", starts("Art-Net\x00")), settling("applemidi", starts("\xff\xffIN", "\xff\xffOK")),
	}
}

// tcpHeuristics are asked, in this order, for segments.
func tcpHeuristics() []func(c *call) bool {
	return []func(c *call) bool{
		settling("ymsg", starts("YMSG")), settling("vnc", starts("RFB 003.0", "RFB 004.0")), stunStream,
		settling("spice", starts("REDQ")), tlsHeuristic, settling("smpp", isSMPP), settling("sip", isWholeSIP), rpcHeuristicStream,
		proxy, settling("msrp", starts("MSRP ")), httpHeuristic, settling("icep", starts("IceP")), settling("giop", starts("GIOP")),
		settling("fix", isFIX), settling("drda", isDRDA), dcerpcHeuristic, bitTorrentHeuristic,
		settling("bitcoin", starts("\xf9\xbe\xb4\xd9", "\x0b\x11\x09\x07")), naming("thrift", isThrift),
		naming("jxta", starts("JXTAHELLO ")), naming("mq", starts("TSH ", "TSHM", "TSHC")),
	}
}

// starts makes a check for the first bytes.
func starts(texts ...string) func(c *call) bool {
	return func(c *call) bool {
		for _, t := range texts {
			if hasAt(c.b, 0, t) {
				return true
			}
		}
		return false
	}
}

// settling makes a heuristic: what accepts takes belongs to the conversation.
func settling(name string, accepts func(c *call) bool) func(c *call) bool {
	return func(c *call) bool {
		if !accepts(c) {
			return false
		}
		c.settle(name)
		return c.try(c.conn.app)
	}
}

// naming makes a heuristic that remembers nothing.
func naming(name string, accepts func(c *call) bool) func(c *call) bool {
	return func(c *call) bool {
		if !accepts(c) {
			return false
		}
		c.add(name)
		return true
	}
}

// isWakeOnLAN: six bytes of ones, then an address sixteen times.
func isWakeOnLAN(c *call) bool {
	const sync, address, times = 6, 6, 16
	if len(c.b) < sync+address*times || !hasAt(c.b, 0, "\xff\xff\xff\xff\xff\xff") {
		return false
	}
	for i := sync + address; i < sync+address*times; i++ {
		if c.b[i] != c.b[i-address] {
			return false
		}
	}
	return true
}

// isTransportStream: packets of 188 bytes with a sync byte each (ISO 13818-1).
func isTransportStream(c *call) bool {
	const size = 188
	if c.n < size || c.n%size != 0 || len(c.b) < size {
		return false
	}
	for at := 0; at < len(c.b); at += size {
		if c.b[at] != 0x47 {
			return false
		}
	}
	return true
}

// isDNS: a header whose counts make sense, and a question that can be read (RFC
// 1035, section 4.1).
func isDNS(c *call) bool {
	const header = 12
	b := c.b
	if len(b) < header+5 || b[2]>>3&0xf > 5 || be16(b, 4) != 1 {
		return false
	}
	if response := b[2]&0x80 != 0; !response && (be16(b, 6) != 0 || be16(b, 10) > 2) || be16(b, 6) > 64 || be16(b, 8) > 64 || be16(b, 10) > 64 {
		return false
	}
	at := header
	for at < len(b) && b[at] != 0 {
		if b[at] > 63 {
			return false
		}
		at += int(b[at]) + 1
	}
	class := be16(b, at+3)
	return at < len(b) && be16(b, at+1) != 0 && (class == 1 || class == 255 || class == 3)
}

// isSMPP: length, a known command, status and number (SMPP 3.4, section 3.2).
func isSMPP(c *call) bool {
	command := be32(c.b, 4) &^ (1 << 31)
	return c.n >= 16 && be32(c.b, 0) >= 16 && be32(c.b, 0) < 1<<16 && (command >= 1 && command <= 0x15 || command == 0x102 || command == 0x103)
}

// isWholeSIP: the first line has come, and is SIP's.
func isWholeSIP(c *call) bool { return bytes.IndexByte(c.b, '\n') > 0 && isSIP(c.b) }

// isDRDA: the magic byte of a message (DRDA, volume 3).
func isDRDA(c *call) bool {
	return c.n >= 10 && u8(c.b, 2) == 0xd0 && be16(c.b, 0) >= 10 && be16(c.b, 6) >= 4 && be16(c.b, 0) == be16(c.b, 6)+6
}

// proxy: a line with the addresses goes before the protocol itself (HAProxy's
// PROXY protocol, version 1).
func proxy(c *call) bool {
	if !starts("PROXY TCP4 ", "PROXY TCP6 ", "PROXY UNKNOWN")(c) || c.nested {
		return false
	}
	end := bytes.IndexByte(c.b, '\n') + 1
	if end == 0 || end > 108 {
		return false
	}
	c.add("proxy")
	if end < c.n {
		c.b, c.n = c.b[end:], c.n-end
		c.fresh = c.b
		c.dispatch()
		c.off += end
	}
	return true
}

// isJSON reports whether b looks like one object or array.
func isJSON(b []byte) bool {
	b = bytes.TrimSpace(b)
	if len(b) < 2 || b[0] != '{' && b[0] != '[' {
		return false
	}
	return (b[len(b)-1] == '}' || b[len(b)-1] == ']') && printable(b)
}

// httpHeuristic takes HTTP on any port: the first line is whole, and begins or
// ends with the version.
func httpHeuristic(c *call) bool {
	end := bytes.IndexByte(c.b, '\n')
	if end < 8 {
		return false
	}
	line := firstLineOf(c.b)
	if !hasAt(line, 0, "HTTP/1") && !hasAt(line, len(line)-8, "HTTP/1.") {
		return false
	}
	c.settle("http")
	return http(c)
}

// isFIX: the first field is the version (FIX 5.0, volume 1).
func isFIX(c *call) bool { return hasAt(c.b, 0, "8=FIX") }

// isThrift: a call, reply, exception or one-way message in the strict binary
// protocol, by itself or with its length in front.
func isThrift(c *call) bool {
	strict := func(b []byte) bool {
		return be16(b, 0) == 0x8001 && u8(b, 2) == 0 && u8(b, 3) >= 1 && u8(b, 3) <= 4 && len(b) >= 12 && be32(b, 4) < 256
	}
	return strict(c.b) || len(c.b) > 16 && strict(c.b[4:])
}

func dcerpcHeuristic(c *call) bool {
	if !dcerpcMessage(c.b, c.n) {
		return false
	}
	c.settle("dcerpc")
	return c.try(c.conn.app)
}

func stunStream(c *call) bool {
	plain := be32(c.b, 4) == stunCookie && c.b[0] < 0x40
	if len(c.b) < 20 || !plain && (be32(c.b, 6) != stunCookie || be16(c.b, 0)+2 != c.n) {
		return false
	}
	c.settle("stun")
	return c.try(c.conn.app)
}

// bitTorrent: a handshake, then messages with their length in front (BEP 3).
func bitTorrent(c *call) bool {
	const handshake, longest = 68, 1 << 18
	named := false
	for at := 0; at < c.n && at < len(c.b); {
		left := c.n - at
		if left < 4 && c.ask {
			c.want(at, oneMore)
			return true
		}
		n := int(be32(c.b, at)) + 4
		switch {
		case hasAt(c.b, at, "\x13Bit"):
			n = handshake
		case n > longest:
			n = left // encrypted, or the middle of a message
		}
		if n > left && c.ask {
			c.want(at, n-left)
			return true
		}
		if !named {
			named = true
			c.add("bittorrent")
		}
		if n < longest && n != left || n == handshake {
			c.pdu(n)
		}
		at += n
	}
	return true
}

func bitTorrentHeuristic(c *call) bool {
	if !hasAt(c.b, 0, "\x13BitTorrent protocol") {
		return false
	}
	c.settle("bittorrent")
	return c.try(c.conn.app)
}
