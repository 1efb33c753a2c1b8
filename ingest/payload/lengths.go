package payload

import "bytes"

// Lengths and contents of length-prefixed messages.

// fixLength: the second field is the length of what follows it, up to a checksum
// field of 7 bytes (FIX 5.0, volume 1).
func fixLength(b []byte) int {
	at := bytes.IndexByte(b[:min(len(b), 32)], 1)
	if at < 0 || !hasAt(b, at+1, "9=") {
		return 1
	}
	n := 0
	for i := at + 3; i < len(b) && i < at+12; i++ {
		if b[i] == 1 {
			return i + 1 + n + 7
		}
		n = n*10 + int(b[i]-'0')
	}
	return 0
}

// stunLength: on TCP a message may have its length in front (RFC 4571).
func stunLength(b []byte) int {
	if be32(b, 4) == stunCookie {
		return be16(b, 2) + 20
	}
	return be16(b, 0) + 2
}

func modbusMessage(b []byte, n int) bool {
	return n >= 4 && be16(b, 2) == 0 && (n < 6 || be16(b, 4) >= 2)
}

// innerModbus names the functions: each message has one.
func innerModbus(c *call, _ []byte, n int) {
	if n > 7 {
		c.add("modbus")
	}
}

// mqttLength: the remaining length has 7 bits a byte (MQTT 5, section 2.1.4).
func mqttLength(b []byte) int {
	n := 0
	for i := 1; i <= 4; i++ {
		if i >= len(b) {
			return 0
		}
		n |= int(b[i]&0x7f) << (7 * (i - 1))
		if b[i] < 0x80 {
			return n + 1 + i
		}
	}
	return 1
}

func amqpLength(b []byte) int {
	if hasAt(b, 0, "AMQP") {
		return 8
	}
	if b[0] <= 8 {
		return int(be32(b, 3)) + 8
	}
	return int(be32(b, 0))
}

func tdsMessage(b []byte, n int) bool {
	return n < 8 || b[0] >= 1 && b[0] <= 24 && u8(b, 1) <= 0x1f && be16(b, 2) >= 8
}

// innerMySQL: a client that wants TLS sends the head of its login alone.
func innerMySQL(c *call, b []byte, n int) {
	const login, wantsTLS = 36, 0x0800
	if n == login && c.n == login && c.dst == c.conn.server && le16(b, 4)&wantsTLS != 0 {
		c.settle("tls")
	}
}

// postgresLength: messages have a type byte but for those that open a
// connection, whose first byte is that of a length below 2^24.
func postgresLength(b []byte) int {
	if b[0] == 0 {
		return int(be32(b, 0))
	}
	return int(be32(b, 1)) + 1
}

// berLength is that of an ASN.1 element in basic encoding.
func berLength(b []byte) int {
	n := int(u8(b, 1))
	if n < 0x80 {
		return n + 2
	}
	octets := n & 0x7f
	if octets == 0 || octets > 4 {
		return 1
	}
	if len(b) < 2+octets {
		return 0
	}
	n = 0
	for _, x := range b[2 : 2+octets] {
		n = n<<8 | int(x)
	}
	return n + 2 + octets
}

func innerIEC104(c *call, b []byte, _ int) {
	if len(b) > 6 && b[2]&1 == 0 { // format I
		c.add("iec60870_asdu")
	}
}

// dnp3Length: a header of 10 bytes, then blocks of 16 with a checksum each.
func dnp3Length(b []byte) int {
	user := int(b[2]) - 5
	if user < 0 {
		return 1
	}
	return 10 + user + (user+15)/16*2
}

const http2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

func http2Length(b []byte) int {
	if hasAt(b, 0, http2Preface[:9]) {
		return len(http2Preface)
	}
	return be24(b, 0) + 9
}

func dcerpcMessage(b []byte, n int) bool {
	return n >= 16 && b[0] == 5 && u8(b, 1) <= 1 && u8(b, 2) <= 19 && u8(b, 4)&0xee == 0 && u8(b, 5) <= 3
}

func dcerpcLength(b []byte) int {
	if b[4]&0x10 != 0 {
		return le16(b, 8)
	}
	return be16(b, 8)
}

// webSocketLength is that of a frame (RFC 6455, section 5.2).
func webSocketLength(b []byte) int {
	n, header := int(b[1]&0x7f), 2
	if b[1]&0x80 != 0 {
		header += 4
	}
	switch n {
	case 126:
		if len(b) < 4 {
			return 0
		}
		return be16(b, 2) + header + 2
	case 127:
		if len(b) < 10 {
			return 0
		}
		return int(be32(b, 6)) + header + 8
	}
	return n + header
}

func innerWebSocket(c *call, b []byte, n int) {
	const text, binary = 1, 2
	header := n - int(b[1]&0x7f)
	if size := b[1] & 0x7f; size == 126 {
		header = n - be16(b, 2)
	} else if size == 127 {
		header = n - int(be32(b, 6))
	}
	if n <= header {
		return
	}
	switch b[0] & 0xf {
	case text:
		c.add("data-text-lines")
	case binary:
		c.data(n - header)
	}
}
