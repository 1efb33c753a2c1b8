package main

import (
	"encoding/binary"
	"net/netip"
)

// The builders below make one layer each and take the layers inside as bytes.
// Checksums are right unless a capture is about wrong ones.

var be = binary.BigEndian

// The hosts that all synthetic captures are about.
var (
	client4 = netip.MustParseAddr("192.0.2.10")
	server4 = netip.MustParseAddr("198.51.100.80")
	client6 = netip.MustParseAddr("2001:db8:1::10")
	server6 = netip.MustParseAddr("2001:db8:2::80")

	// From the range for documentation (RFC 9542).
	clientMAC = []byte{0, 0, 0x5e, 0, 0x53, 0x10}
	serverMAC = []byte{0, 0, 0x5e, 0, 0x53, 0x80}
)

// IP protocol numbers.
const (
	protoICMP   = 1
	protoTCP    = 6
	protoUDP    = 17
	protoGRE    = 47
	protoICMPv6 = 58
)

func cat(parts ...[]byte) []byte {
	var b []byte
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

func u16(v uint16) []byte { return be.AppendUint16(nil, v) }
func u32(v uint32) []byte { return be.AppendUint32(nil, v) }

// checksum is the ones' complement sum of RFC 1071.
func checksum(parts ...[]byte) uint16 {
	b := cat(parts...)
	if len(b)%2 == 1 {
		b = append(b, 0)
	}
	var sum uint32
	for i := 0; i < len(b); i += 2 {
		sum += uint32(be.Uint16(b[i:]))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

func pseudoHeader(src, dst netip.Addr, proto byte, length int) []byte {
	if src.Is4() {
		return cat(src.AsSlice(), dst.AsSlice(), []byte{0, proto}, u16(uint16(length)))
	}
	return cat(src.AsSlice(), dst.AsSlice(), u32(uint32(length)), []byte{0, 0, 0, proto})
}

// ipPacket is a packet of the version that the addresses are of.
func ipPacket(src, dst netip.Addr, proto byte, payload []byte) []byte {
	if src.Is4() {
		return ipv4(src, dst, proto, nil, payload)
	}
	return ipv6(src, dst, proto, payload)
}

func ipv4(src, dst netip.Addr, proto byte, options, payload []byte) []byte {
	header := 20 + len(options)
	b := cat([]byte{0x40 | byte(header/4), 0}, u16(uint16(header+len(payload))),
		[]byte{0, 1, 0x40, 0, 64, proto, 0, 0}, src.AsSlice(), dst.AsSlice(), options)
	be.PutUint16(b[10:], checksum(b))
	return append(b, payload...)
}

func ipv6(src, dst netip.Addr, next byte, payload []byte) []byte {
	return cat([]byte{0x60, 0, 0, 0}, u16(uint16(len(payload))), []byte{next, 64},
		src.AsSlice(), dst.AsSlice(), payload)
}

func udp(src, dst netip.Addr, sport, dport uint16, payload []byte) []byte {
	b := cat(u16(sport), u16(dport), u16(uint16(8+len(payload))), []byte{0, 0}, payload)
	sum := checksum(pseudoHeader(src, dst, protoUDP, len(b)), b)
	if sum == 0 {
		sum = 0xffff // 0 would mean that there is none
	}
	be.PutUint16(b[6:], sum)
	return b
}

func udpPacket(src, dst netip.Addr, sport, dport uint16, payload []byte) []byte {
	return ipPacket(src, dst, protoUDP, udp(src, dst, sport, dport, payload))
}

// TCP flags.
const (
	fin = 1 << iota
	syn
	rst
	psh
	ack
	urg
)

// segment is a TCP segment on its way from src to dst.
type segment struct {
	src, dst     netip.AddrPort
	flags        byte
	seq, ack     uint32
	window       uint16
	urgent       uint16
	options      []byte
	payload      []byte
	badChecksum  bool
	dataOffsetBy int // added to the header length field, to make it wrong
}

func (s segment) bytes() []byte {
	header := 20 + len(s.options)
	b := cat(u16(s.src.Port()), u16(s.dst.Port()), u32(s.seq), u32(s.ack),
		[]byte{byte((header/4 + s.dataOffsetBy) << 4), s.flags}, u16(s.window), []byte{0, 0}, u16(s.urgent),
		s.options, s.payload)
	sum := checksum(pseudoHeader(s.src.Addr(), s.dst.Addr(), protoTCP, len(b)), b)
	if s.badChecksum {
		sum ^= 0x5555
	}
	be.PutUint16(b[16:], sum)
	return b
}

func (s segment) packet() []byte {
	return ipPacket(s.src.Addr(), s.dst.Addr(), protoTCP, s.bytes())
}

func icmp(kind, code byte, rest, payload []byte) []byte {
	b := cat([]byte{kind, code, 0, 0}, rest, payload)
	be.PutUint16(b[2:], checksum(b))
	return b
}

func icmpv6(src, dst netip.Addr, kind, code byte, rest, payload []byte) []byte {
	b := cat([]byte{kind, code, 0, 0}, rest, payload)
	be.PutUint16(b[2:], checksum(pseudoHeader(src, dst, protoICMPv6, len(b)), b))
	return b
}

// echo is a ping: kind 8 and 0, or 128 and 129.
func echo(src, dst netip.Addr, kind byte, number uint16) []byte {
	rest, data := cat(u16(7), u16(number)), []byte("abcdefghijklmnopqrstuvwabcdefghi")
	if src.Is4() {
		return ipPacket(src, dst, protoICMP, icmp(kind, 0, rest, data))
	}
	return ipPacket(src, dst, protoICMPv6, icmpv6(src, dst, kind, 0, rest, data))
}

// etherType tells which version of IP a packet is.
func etherType(packet []byte) uint16 {
	if packet[0]>>4 == 6 {
		return 0x86dd
	}
	return 0x0800
}

func ethernet(kind uint16, dst, src, payload []byte) []byte {
	return cat(dst, src, u16(kind), payload)
}

// fromClient tells the direction of a packet between the two hosts.
func fromClient(packet []byte) bool {
	if packet[0]>>4 == 6 {
		return [16]byte(packet[8:24]) == client6.As16()
	}
	return [4]byte(packet[12:16]) == client4.As4()
}

// etherIP puts a packet between the two hosts into an Ethernet frame.
func etherIP(packet []byte) []byte {
	if fromClient(packet) {
		return ethernet(etherType(packet), serverMAC, clientMAC, packet)
	}
	return ethernet(etherType(packet), clientMAC, serverMAC, packet)
}

// exchange is one HTTP request and its answer, from the handshake to the last
// ACK: ten packets.
func exchange(client, server netip.Addr, port uint16) [][]byte {
	return exchangeOf(client, server, port, "GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n")
}

// exchangeOf is the same with another request.
func exchangeOf(client, server netip.Addr, port uint16, request string) [][]byte {
	c, s := netip.AddrPortFrom(client, port), netip.AddrPortFrom(server, 80)
	answer := []byte("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\nIt works.\n")
	mss := []byte{2, 4, 5, 0xb4}
	cs, ss := uint32(port)*1000, uint32(port)*2000
	q, a := uint32(len(request)), uint32(len(answer))
	segments := []segment{
		{src: c, dst: s, flags: syn, seq: cs, options: mss},
		{src: s, dst: c, flags: syn | ack, seq: ss, ack: cs + 1, options: mss},
		{src: c, dst: s, flags: ack, seq: cs + 1, ack: ss + 1},
		{src: c, dst: s, flags: psh | ack, seq: cs + 1, ack: ss + 1, payload: []byte(request)},
		{src: s, dst: c, flags: ack, seq: ss + 1, ack: cs + 1 + q},
		{src: s, dst: c, flags: psh | ack, seq: ss + 1, ack: cs + 1 + q, payload: answer},
		{src: c, dst: s, flags: ack, seq: cs + 1 + q, ack: ss + 1 + a},
		{src: c, dst: s, flags: fin | ack, seq: cs + 1 + q, ack: ss + 1 + a},
		{src: s, dst: c, flags: fin | ack, seq: ss + 1 + a, ack: cs + 2 + q},
		{src: c, dst: s, flags: ack, seq: cs + 2 + q, ack: ss + 2 + a},
	}
	var packets [][]byte
	for _, g := range segments {
		g.window = 64240
		packets = append(packets, g.packet())
	}
	return packets
}

// both is an exchange over IPv4 and one over IPv6.
func both() [][]byte {
	return append(exchange(client4, server4, 40001), exchange(client6, server6, 40002)...)
}

// wrap applies an encapsulation to each packet.
func wrap(packets [][]byte, f func([]byte) []byte) [][]byte {
	var frames [][]byte
	for _, p := range packets {
		frames = append(frames, f(p))
	}
	return frames
}
