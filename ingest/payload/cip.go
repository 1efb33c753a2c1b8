package payload

// innerENIP names what EtherNet/IP carries: in the data items of a packet, CIP
// (ODVA, EtherNet/IP specification, section 2-6).
func innerENIP(c *call, b []byte, _ int) {
	const sendRRData, sendUnitData, header, connected, unconnected, sequence = 0x6f, 0x70, 24, 0xb1, 0xb2, 2
	if command := le16(b, 0); command != sendRRData && command != sendUnitData {
		return
	}
	const interfaceAndTimeout = 6
	at := header + interfaceAndTimeout + 2
	for range le16(b, at-2) {
		if at+4 > len(b) {
			return
		}
		kind, n := le16(b, at), le16(b, at+2)
		at += 4
		item := b[min(at, len(b)):min(at+n, len(b))]
		switch {
		case kind == connected && n > sequence:
			c.cip(item[min(sequence, len(item)):])
		case kind == unconnected && n > 0:
			c.cip(item)
		}
		at += n
	}
}

// cip names the class of object that a CIP message goes to: its connection
// manager, the PCCC object, or another. A response has no path: it answers the
// last request of its connection (CIP specification, volume 1, section 2-4).
func (c *call) cip(b []byte) {
	const response, multiple, router = 0x80, 0x0a, 0x02
	c.add("cip")
	if len(b) < 4 {
		return
	}
	path := int(b[1]) * 2
	list := 2 + path
	if b[0]&response != 0 {
		list = 4 + int(b[3])*2
	} else {
		c.conn.number = uint32(cipClass(b[2:min(2+path, len(b))]))
	}
	if b[0]&^response != multiple || b[0]&response == 0 && c.conn.number != router {
		c.add(cipClassName(c.conn.number))
		return
	}
	for range min(le16(b, list), maxProtocols) {
		c.add("cipcls")
	}
}

// cipClass reads the class out of a path: its first segment, of 8 or 16 bits.
func cipClass(path []byte) int {
	switch u8(path, 0) {
	case 0x20:
		return int(u8(path, 1))
	case 0x21:
		return le16(path, 2)
	}
	return 0
}

func cipClassName(class uint32) string {
	switch class {
	case 0x06:
		return "cipcm"
	case 0x67:
		return "cippccc"
	}
	return "cipcls"
}
