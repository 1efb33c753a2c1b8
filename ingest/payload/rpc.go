package payload

// rpcProgram names the programs of remote procedure calls that have a dissector.
func rpcProgram(number uint32) string {
	switch number {
	case 100000:
		return "portmap"
	case 100003:
		return "nfs"
	case 100005:
		return "mount"
	case 100021:
		return "nlm"
	case 100024:
		return "stat"
	case 100004:
		return "ypserv"
	case 100227:
		return "nfsacl"
	}
	return ""
}

// rpcBody names what is called or answered in a message of remote procedure
// calls (RFC 5531, section 9).
func (c *call) rpcBody(b []byte) {
	const call, null = 0, 0
	if be32(b, 4) == call {
		c.conn.number = be32(b, 12)
		if be32(b, 20) == null {
			c.conn.number = 0 // nothing to show of it
		}
	}
	c.add("rpc")
	if name := rpcProgram(c.conn.number); name != "" {
		c.add(name)
	}
}

func isRPCCall(b []byte) bool {
	return len(b) >= 24 && be32(b, 4) == 0 && be32(b, 8) == 2
}

func rpcDatagram(c *call) bool {
	if !isRPCCall(c.b) && (be32(c.b, 4) != 1 || c.n < 12 || be32(c.b, 8) > 1) {
		if c.conn.app != 0 {
			return false
		}
		c.add("rpc")
		return true
	}
	c.rpcBody(c.b)
	return true
}

// rpcHeuristic takes calls to programs that are known.
func rpcHeuristic(c *call) bool {
	if !isRPCCall(c.b) || rpcProgram(be32(c.b, 12)) == "" {
		return false
	}
	c.settle("rpc")
	return c.try(c.conn.app)
}

func rpcHeuristicStream(c *call) bool {
	if len(c.b) < 28 || be32(c.b, 0)&0x80000000 == 0 || !isRPCCall(c.b[4:]) {
		return false
	}
	c.settle("rpc")
	return c.try(c.conn.app)
}

// rpcStream dissects remote procedure calls with record marks (RFC 5531, section
// 11).
func rpcStream(c *call) bool {
	const header, last = 4, 0x80000000
	if !c.resumed && c.n >= header+8 && be32(c.b, header+4) > 1 {
		c.add("rpc") // the middle of something
		return true
	}
	for at := 0; at < c.n && at < len(c.b); {
		left := c.n - at
		if left < header && c.ask {
			c.want(at, oneMore)
			return true
		}
		n := int(be32(c.b, at)&^last) + header
		if n > left && c.ask {
			c.want(at, n-left)
			return true
		}
		if at < len(c.b) && len(c.b) >= at+header {
			c.rpcBody(c.b[at+header:])
		}
		at += n
	}
	return true
}
