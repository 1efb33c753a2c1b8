package payload

import "bytes"

// udpHeuristics are asked, in this order, for datagrams that no port's protocol
// took.
func udpHeuristics() []func(c *call) bool {
	return []func(c *call) bool{
		settling("wg", wireGuard), dtlsHeuristic, stun, classicSTUN, settling("quic", quicLong), settling("gquic", gquicHello),
		settling("sip", func(c *call) bool { return isSIP(c.b) }), naming("rtcp", isRTCP), rpcHeuristic, naming("dcerpc", dcerpcDatagram),
		settling("bt-dht", func(c *call) bool { return btDHT(c.b) }), naming("json", func(c *call) bool { return isJSON(c.b) }),
	}
}

// tcpHeuristics are asked, in this order, for segments.
func tcpHeuristics() []func(c *call) bool {
	return []func(c *call) bool{httpHeuristic, tlsHeuristic, dcerpcHeuristic, stunStream, bitTorrentHeuristic, rpcHeuristicStream, settling("fix", isFIX),
		naming("thrift", isThrift)}
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

func btDHT(b []byte) bool {
	return hasAt(b, 0, "d1:ad") || hasAt(b, 0, "d1:rd") || hasAt(b, 0, "d2:ip") || hasAt(b, 0, "d1:el")
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
	for at := 0; at < c.n; {
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
