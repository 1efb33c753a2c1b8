package proto

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"pcapidx/index"
)

// stunAttributes emits the attributes of a message.
func stunAttributes(m *Message, b []byte) {
	for i := stunHeader; i+4 <= len(b); {
		kind, n := binary.BigEndian.Uint16(b[i:]), int(binary.BigEndian.Uint16(b[i+2:]))
		m.Uint(stunAttributeType, uint64(kind))
		m.Uint(stunAttributeLength, uint64(n))
		if i+4+n > len(b) {
			m.Outcome = index.Malformed
			m.Warn("malformed", index.SeverityWarn, fmt.Sprintf("attribute 0x%04x has %d bytes, the message ends after %d", kind, n, len(b)-i-4))
			return
		}
		stunAttribute(m, b, kind, b[i+4:i+4+n])
		i += 4 + n + (4-n%4)%4
	}
}

// stunAttribute emits an attribute.
func stunAttribute(m *Message, message []byte, kind uint16, v []byte) {
	switch kind {
	case 0x0001, 0x0002, 0x0004, 0x0005, 0x000b, 0x0011, 0x8023, 0x802b, 0x802c:
		stunAddress(m, v)
	case 0x0012, 0x0016, 0x0020, 0x8020:
		stunXORAddress(m, message, v, kind)
	case 0x0006:
		m.Str(stunUsername, stunText(v))
	case 0x0007:
		m.Str(stunPassword, string(v))
	case 0x0009:
		stunError(m, v)
	case 0x0014:
		m.Str(stunRealm, stunText(v))
	case 0x0015:
		m.Str(stunNonce, stunText(v))
	case 0x8022:
		m.Str(stunSoftware, stunText(v))
	case 0x0024:
		if len(v) >= 4 {
			m.Uint(stunPriority, uint64(binary.BigEndian.Uint32(v)))
		}
	case 0x000d:
		if len(v) >= 4 {
			m.Uint(stunLifetime, uint64(binary.BigEndian.Uint32(v)))
		}
	case 0x000c:
		if len(v) >= 2 {
			m.Uint(stunChannelNumber, uint64(binary.BigEndian.Uint16(v)))
		}
	}
}

// stunAddress emits an address in clear.
func stunAddress(m *Message, v []byte) {
	if len(v) < 4 {
		return
	}
	m.Uint(stunFamily, uint64(v[1]))
	m.Uint(stunPort, uint64(binary.BigEndian.Uint16(v[2:])))
	switch {
	case v[1] == 1 && len(v) >= 8:
		m.Str(stunIPv4, string(v[4:8]))
	case v[1] == 2 && len(v) >= 20:
		m.Str(stunIPv6, string(v[4:20]))
	}
}

// stunXORAddress emits an address that is hidden from NATs: port and address are
// XORed with the cookie, and the identifier behind it (RFC 8489, section 14.2).
func stunXORAddress(m *Message, message, v []byte, kind uint16) {
	if len(v) < 4 {
		return
	}
	m.Uint(stunFamily, uint64(v[1]))
	m.Str(stunXORPort, string(v[2:4]))
	port := binary.BigEndian.Uint16(v[2:]) ^ stunCookie>>16
	m.Uint(stunPort, uint64(port))
	size, plain, hidden := 4, stunIPv4, stunXORIPv4
	if v[1] == 2 {
		size, plain, hidden = 16, stunIPv6, stunXORIPv6
	}
	if v[1] != 1 && v[1] != 2 || len(v) < 4+size {
		return
	}
	address := make([]byte, size)
	for i := range address {
		address[i] = v[4+i] ^ message[4+i]
	}
	m.Str(hidden, string(v[4:4+size]))
	m.Str(plain, string(address))
	if a, ok := netip.AddrFromSlice(address); ok {
		name := map[uint16]string{0x0012: "peer", 0x0016: "relayed", 0x0020: "mapped", 0x8020: "mapped"}[kind]
		m.Summary = clip(m.Summary+", "+name+" "+netip.AddrPortFrom(a, port).String(), summaryBytes)
	}
}

// stunError emits the code of an error, hundreds and the rest apart, and its reason.
func stunError(m *Message, v []byte) {
	if len(v) < 4 {
		return
	}
	class, number := v[2]&7, v[3]
	m.Uint(stunErrorClass, uint64(class))
	m.Uint(stunErrorCode, uint64(number))
	m.Str(stunErrorReason, stunText(v[4:]))
	code := int(class)*100 + int(number)
	m.Code = fmt.Sprint(code)
	m.Summary += fmt.Sprintf(": %d", code)
	severity := index.SeverityWarn
	if code == 401 || code == 438 {
		severity = index.SeverityNote // asks for credentials, or for those with a new nonce
	}
	m.Warn("stun.error", severity, fmt.Sprintf("the answer is error %d", code))
}
