package payload

import "bytes"

// udpHeuristics are asked, in this order, for datagrams that no port's protocol
// took.
func udpHeuristics() []func(c *call) bool {
	return []func(c *call) bool{
		settling("wg", wireGuard), dtlsHeuristic, stunHeuristic, settling("quic", quicLong), quicShort,
		settling("sip", func(c *call) bool { return isSIP(c.b) }), naming("rtcp", rtcp), rpcHeuristic,
		settling("bt-dht", func(c *call) bool { return btDHT(c.b) }), jsonHeuristic,
	}
}

// tcpHeuristics are asked, in this order, for segments.
func tcpHeuristics() []func(c *call) bool {
	return []func(c *call) bool{httpHeuristic, tlsHeuristic, dcerpcHeuristic, stunStream, bitTorrent, rpcHeuristicStream}
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

func dtlsHeuristic(c *call) bool {
	if len(c.b) < 13 || c.b[0] < 20 || c.b[0] > 25 {
		return false
	}
	if v := be16(c.b, 1); v != 0xfeff && v != 0xfefd && v != 0x0100 {
		return false
	}
	c.settle("dtls")
	c.add("dtls")
	return true
}

func stunHeuristic(c *call) bool { return stun(c) }

// quicLong: a long header with the fixed bit and a version that is known (RFC
// 9000, section 17.2).
func quicLong(c *call) bool {
	if len(c.b) < 13 || c.b[0]&0xc0 != 0xc0 {
		return false
	}
	switch v := be32(c.b, 1); {
	case v == 1, v == 0x6b3343cf, v == 0x709a50c4, v>>8 == 0xff0000, v>>8 == 0xfaceb0, v&0x0f0f0f0f == 0x0a0a0a0a:
		return c.b[5] <= 20
	}
	return false
}

func quicShort(*call) bool { return false }

func rtcp(c *call) bool {
	if len(c.b) < 8 || c.b[0]&0xc0 != 0x80 || c.b[1] < 200 || c.b[1] > 207 || c.n%4 != 0 {
		return false
	}
	return (be16(c.b, 2)+1)*4 <= c.n
}

// rpcHeuristic takes calls of remote procedures (RFC 5531, section 9).
func rpcHeuristic(c *call) bool {
	if len(c.b) < 24 || be32(c.b, 4) != 0 || be32(c.b, 8) != 2 {
		return false
	}
	c.settle("rpc")
	return c.try(c.conn.app)
}

func rpcHeuristicStream(c *call) bool {
	if len(c.b) < 28 || be32(c.b, 0)&0x80000000 == 0 || be32(c.b, 8) != 0 || be32(c.b, 12) != 2 {
		return false
	}
	c.settle("rpc")
	return c.try(c.conn.app)
}

func btDHT(b []byte) bool {
	return hasAt(b, 0, "d1:ad") || hasAt(b, 0, "d1:rd") || hasAt(b, 0, "d2:ip") || hasAt(b, 0, "d1:el")
}

func jsonHeuristic(c *call) bool {
	b := bytes.TrimSpace(c.b)
	if len(b) < 2 || !(b[0] == '{' && b[len(b)-1] == '}' || b[0] == '[' && b[len(b)-1] == ']') || !printable(b) {
		return false
	}
	c.add("json")
	return true
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

func dcerpcHeuristic(c *call) bool {
	if !dcerpcMessage(c.b, c.n) {
		return false
	}
	c.settle("dcerpc")
	return c.try(c.conn.app)
}

func stunStream(c *call) bool {
	if len(c.b) < 20 || c.b[0] >= 0x40 || be32(c.b, 4) != 0x2112a442 {
		return false
	}
	c.settle("stun")
	return c.try(c.conn.app)
}

func bitTorrent(c *call) bool {
	if !hasAt(c.b, 0, "\x13BitTorrent protocol") {
		return false
	}
	c.settle("bittorrent")
	c.add("bittorrent")
	return true
}
