package dissect

import (
	"encoding/binary"
	"encoding/hex"
	"strings"
)

// The builders make valid packets; tests break them where they need to.

func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

func join(parts ...[]byte) []byte {
	var all []byte
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

func ethernetFrame(typ uint16, payload []byte) []byte {
	b := unhex("020000000002 020000000001 0000")
	binary.BigEndian.PutUint16(b[12:], typ)
	return append(b, payload...)
}

func ipv4Packet(protocol uint8, payload []byte) []byte {
	b := unhex("4500 0000 0001 0000 4000 0000 0a000001 0a000002")
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)+len(payload)))
	b[9] = protocol
	return append(b, payload...)
}

func ipv6Packet(next uint8, payload []byte) []byte {
	b := unhex("60000000 0000 00 40 20010db8000000000000000000000001 20010db8000000000000000000000002")
	binary.BigEndian.PutUint16(b[4:], uint16(len(payload)))
	b[6] = next
	return append(b, payload...)
}

// tcpHeaderWith is ports 40000 and 8081, seq 1000, ack 2000, PSH and ACK,
// window 5000, and the given options.
func tcpHeaderWith(options string) []byte {
	b := append(unhex("9c401f91 000003e8 000007d0 5018 1388 0000 0000"), unhex(options)...)
	b[12] = byte(len(b) / 4 << 4)
	return b
}

func tcpSegment(payload []byte) []byte { return append(tcpHeaderWith(""), payload...) }

func udpDatagram(src, dst uint16, payload []byte) []byte {
	b := make([]byte, 8)
	binary.BigEndian.PutUint16(b, src)
	binary.BigEndian.PutUint16(b[2:], dst)
	binary.BigEndian.PutUint16(b[4:], uint16(8+len(payload)))
	return append(b, payload...)
}
