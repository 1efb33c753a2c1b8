package payload

// framing is a protocol on TCP whose messages tell their length near their
// beginning: Wireshark takes them out of the stream one by one and shows the
// length of each (tcp.pdu.size).
type framing struct {
	name  string
	fixed int // bytes that must be there to know the length
	// length of the message whose bytes these are (at least fixed of them);
	// 0 means that more are needed to tell.
	length func(b []byte) int
	// answer: a single byte is an answer by itself, not the start of a message;
	// S agrees to go on with TLS.
	answer bool
	// sequence: what is no ASN.1 sequence is not shown.
	sequence bool
	// marker is what every message begins with; other bytes are taken as they
	// are.
	marker string
	// silent: the sizes are not shown.
	silent bool
	// accept refuses a payload; nil takes all.
	accept func(b []byte, n int) bool
	// inner adds what is in one message of n bytes, of which b were captured.
	inner func(c *call, b []byte, n int)
}

// framed are the dissectors of length-prefixed protocols.
func framed() []dissector {
	var list []dissector
	for _, f := range append(framings(), moreFramings()...) {
		list = append(list, dissector{name: f.name, tcp: func(c *call) bool {
			if f.accept != nil && !f.accept(c.b, c.n) {
				return false
			}
			c.messages(&f)
			return true
		}})
	}
	return list
}

// messages takes the messages of a payload one by one.
func (c *call) messages(f *framing) {
	if f.answer && c.n == 1 && !c.resumed {
		if c.b[0] == 'S' {
			c.settle("tls")
		}
		return
	}
	if f.marker != "" && !c.resumed && !hasAt(c.b, 0, f.marker[:min(len(f.marker), c.n)]) {
		c.add(f.name)
		return
	}
	if f.sequence && !c.resumed && c.b[0] != 0x30 {
		return
	}
	named := false
	for at := 0; at < c.n && at < len(c.b); {
		left := c.n - at
		b := c.b[at:]
		if c.ask && left < f.fixed {
			c.want(at, oneMore)
			return
		}
		n := 0
		if len(b) >= f.fixed {
			n = f.length(b)
		}
		switch {
		case n == 0 && c.ask && len(b) >= f.fixed:
			c.want(at, oneMore)
			return
		case n >= f.fixed && c.ask && left < n:
			c.want(at, n-left)
			return
		}
		if !named {
			c.add(f.name)
			named = true
		}
		if n < f.fixed {
			return // malformed, or cut
		}
		if !f.silent {
			c.pdu(n)
		}
		if f.inner != nil {
			f.inner(c, b[:min(n, len(b))], n)
		}
		at += n
	}
}

// bigEndian makes a length function: a number of 2 to 4 bytes at an offset, to
// which extra is added.
func bigEndian(at, size, extra int) func([]byte) int {
	return func(b []byte) int {
		switch size {
		case 2:
			return be16(b, at) + extra
		case 3:
			return be24(b, at) + extra
		}
		return int(be32(b, at)) + extra
	}
}

// littleEndian is bigEndian for the other byte order.
func littleEndian(at, size, extra int) func([]byte) int {
	return func(b []byte) int {
		switch size {
		case 2:
			return le16(b, at) + extra
		case 3:
			return le16(b, at) + int(u8(b, at+2))<<16 + extra
		}
		return int(le32(b, at)) + extra
	}
}

// framings lists the protocols, with their lengths from their specifications.
func framings() []framing {
	return []framing{
		{name: "dns", fixed: 2, length: bigEndian(0, 2, 2)},
		{name: "enip", fixed: 24, length: littleEndian(2, 2, 24), inner: innerENIP},
		{name: "mbtcp", fixed: 6, length: bigEndian(4, 2, 6), accept: modbusMessage, inner: innerModbus},
		{name: "mqtt", fixed: 2, length: mqttLength},
		{name: "amqp", fixed: 8, length: amqpLength},
		{name: "kafka", fixed: 4, length: bigEndian(0, 4, 4)},
		{name: "mysql", fixed: 4, length: littleEndian(0, 3, 4), inner: innerMySQL},
		{name: "tds", fixed: 8, length: bigEndian(2, 2, 0), accept: tdsMessage},
		{name: "pgsql", fixed: 5, length: postgresLength, answer: true},
		{name: "cql", fixed: 9, length: bigEndian(5, 4, 9), accept: func(b []byte, n int) bool {
			return n >= 1 && b[0]&0x7f >= 1 && b[0]&0x7f <= 4
		}},
		{name: "kerberos", fixed: 4, length: func(b []byte) int { return int(be32(b, 0)&0x7fffffff) + 4 }},
		{name: "kpasswd", fixed: 4, length: bigEndian(0, 4, 4)},
		{name: "ldap", fixed: 2, length: berLength, sequence: true},
		{name: "diameter", fixed: 4, length: bigEndian(1, 3, 0)},
		{name: "bgp", fixed: 19, length: bigEndian(16, 2, 0), silent: true, marker: "\xff\xff\xff\xff"},
		{name: "iec60870_104", fixed: 2, length: func(b []byte) int { return int(u8(b, 1)) + 2 }, inner: innerIEC104},
		{name: "dnp3", fixed: 10, length: dnp3Length, accept: begins("\x05\x64")},
		{name: "openflow", fixed: 8, length: bigEndian(2, 2, 0)},
		{name: "cops", fixed: 8, length: bigEndian(4, 4, 0)},
		{name: "pcep", fixed: 4, length: bigEndian(2, 2, 0)},
		{name: "rpkirtr", fixed: 8, length: bigEndian(4, 4, 0)},
		{name: "tacplus", fixed: 12, length: bigEndian(8, 4, 12)},
		{name: "agentx", fixed: 20, length: bigEndian(16, 4, 20)},
		{name: "dsi", fixed: 16, length: bigEndian(8, 4, 16)},
		{name: "nvme-tcp", fixed: 8, length: littleEndian(4, 4, 0)},
		{name: "opcua", fixed: 8, length: littleEndian(4, 4, 0)},
		{name: "doip", fixed: 8, length: bigEndian(4, 4, 8)},
		{name: "stun", fixed: 20, length: stunLength},
		{name: "gadu-gadu", fixed: 8, length: littleEndian(4, 4, 8)},
		{name: "openvpn", fixed: 2, length: bigEndian(0, 2, 2)},
		{name: "synphasor", fixed: 4, length: bigEndian(2, 2, 0)},
		{name: "skinny", fixed: 4, length: littleEndian(0, 4, 8), accept: func(b []byte, n int) bool {
			return n >= 12 && le32(b, 0) >= 4 && le32(b, 4) <= 0x20
		}},
		{name: "jdwp", fixed: 11, length: func(b []byte) int {
			if hasAt(b, 0, "JDWP-Handsh") {
				return 14
			}
			return int(be32(b, 0))
		}},
		{name: "tns", fixed: 2, length: bigEndian(0, 2, 0), accept: func(b []byte, n int) bool {
			return n < 8 || u8(b, 4) >= 1 && u8(b, 4) <= 19
		}},
		{name: "http2", fixed: 9, length: http2Length},
		{name: "ajp13", fixed: 4, length: bigEndian(2, 2, 4)},
		{name: "winsrepl", fixed: 4, length: bigEndian(0, 4, 4)},
		{name: "slsk", fixed: 4, length: littleEndian(0, 4, 4)},
		{name: "9p", fixed: 4, length: littleEndian(0, 4, 0)},
		{name: "couchbase", fixed: 24, length: bigEndian(8, 4, 24), accept: between(0x80, 0x83)},
		{name: "dcerpc", fixed: 16, length: dcerpcLength, accept: dcerpcMessage},
		{name: "thrift", fixed: 4, length: bigEndian(0, 4, 4)},
		{name: "lisp-tcp", fixed: 8, length: bigEndian(2, 2, 0)},
		{name: "llrp", fixed: 10, length: bigEndian(2, 4, 0)},
		{name: "dicom", fixed: 6, length: bigEndian(2, 4, 6), accept: between(1, 7)},
		{name: "fix", fixed: 14, length: fixLength, accept: begins("8=FIX")},
	}
}

// moreFramings lists those that are seldom met.
func moreFramings() []framing {
	return []framing{
		{name: "ymsg", fixed: 20, length: bigEndian(8, 2, 20)},
		{name: "smpp", fixed: 16, length: bigEndian(0, 4, 0)},
		{name: "icep", fixed: 14, length: littleEndian(10, 4, 0)},
		{name: "bitcoin", fixed: 24, length: littleEndian(16, 4, 24)},
		{name: "drda", fixed: 10, length: bigEndian(0, 2, 0)},
		{name: "giop", fixed: 12, length: func(b []byte) int {
			if b[6]&1 != 0 {
				return int(le32(b, 8)) + 12
			}
			return int(be32(b, 8)) + 12
		}},
		{name: "gryphon", fixed: 8, length: func(b []byte) int { return (be16(b, 4) + 8 + 3) &^ 3 }},
		{name: "hzlcst", fixed: 4, length: bigEndian(0, 4, 4)},
		{name: "websocket", fixed: 2, length: webSocketLength, inner: innerWebSocket},
	}
}
