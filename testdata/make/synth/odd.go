package main

import (
	"bytes"
	"net/netip"
)

func endpoint(a netip.Addr, port uint16) netip.AddrPort { return netip.AddrPortFrom(a, port) }

// side is one end of a connection that oddTCP writes by hand.
type side struct {
	frames *[][]byte
	a, b   netip.AddrPort
}

// send appends a segment from one side to the other.
func (s side) send(flags byte, seq, acked uint32, payload string, change ...func(*segment)) {
	g := segment{src: s.a, dst: s.b, flags: flags, seq: seq, ack: acked, window: 64240, payload: []byte(payload)}
	for _, f := range change {
		f(&g)
	}
	*s.frames = append(*s.frames, etherIP(g.packet()))
}

// oddTCP has one connection for each thing that TCP allows, or that is wrong,
// and that a lab does not show by itself.
func oddTCP() [][]byte {
	var frames [][]byte
	open := func(port uint16) (c, s side) {
		a, b := endpoint(client4, port), endpoint(server4, 80)
		return side{&frames, a, b}, side{&frames, b, a}
	}
	shake := func(c, s side, cs, ss uint32) {
		c.send(syn, cs, 0, "")
		s.send(syn|ack, ss, cs+1, "")
		c.send(ack, cs+1, ss+1, "")
	}
	end := func(c, s side, cs, ss uint32) {
		c.send(fin|ack, cs, ss, "")
		s.send(fin|ack, ss, cs+1, "")
		c.send(ack, cs+1, ss+1, "")
	}

	// 41001: sequence numbers pass 2^32 in mid-stream.
	c, s := open(41001)
	cs, ss := uint32(0xfffffff0), uint32(0xffffff00)
	shake(c, s, cs, ss)
	c.send(psh|ack, cs+1, ss+1, "0123456789")
	c.send(psh|ack, cs+11, ss+1, "abcdefghij")
	s.send(ack, ss+1, cs+21, "")
	end(c, s, cs+21, ss+1)

	// 41002: segments out of order, then overlapping, then repeated with
	// other content.
	c, s = open(41002)
	shake(c, s, 1000, 2000)
	c.send(psh|ack, 1011, 2001, "second ten")
	c.send(psh|ack, 1001, 2001, "first ten ")
	c.send(psh|ack, 1016, 2001, "d ten and five")
	c.send(psh|ack, 1001, 2001, "FIRST TEN ")
	s.send(ack, 2001, 1030, "")
	end(c, s, 1030, 2001)

	// 41003: both sides open at the same time.
	c, s = open(41003)
	c.send(syn, 1000, 0, "")
	s.send(syn, 2000, 0, "")
	c.send(syn|ack, 1000, 2001, "")
	s.send(syn|ack, 2000, 1001, "")
	c.send(psh|ack, 1001, 2001, "hello")
	s.send(ack, 2001, 1006, "")
	end(c, s, 1006, 2001)

	// 41004: data in the SYN (Fast Open), a SYN with every option there is.
	c, s = open(41004)
	options := []byte{
		2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7,
		34, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1,
	}
	c.send(syn, 1000, 0, "early", func(g *segment) { g.options = options })
	s.send(syn|ack, 2000, 1006, "")
	c.send(ack, 1006, 2001, "")
	end(c, s, 1006, 2001)

	// 41005: urgent data, a keep-alive, a zero window and a probe.
	c, s = open(41005)
	shake(c, s, 1000, 2000)
	c.send(psh|ack|urg, 1001, 2001, "!urgent", func(g *segment) { g.urgent = 1 })
	s.send(ack, 2001, 1008, "", func(g *segment) { g.window = 0 })
	c.send(ack, 1008, 2001, "p")
	s.send(ack, 2001, 1008, "", func(g *segment) { g.window = 0 })
	s.send(ack, 2001, 1008, "")
	c.send(ack, 1007, 2001, "")
	s.send(ack, 2001, 1008, "")
	end(c, s, 1008, 2001)

	// 41006: wrong checksum, a header length below 20, one beyond the packet,
	// and flags that make no sense together (all of them, and none).
	c, s = open(41006)
	c.send(syn, 1000, 0, "", func(g *segment) { g.badChecksum = true })
	c.send(ack, 1001, 2001, "x", func(g *segment) { g.dataOffsetBy = -3 })
	c.send(ack, 1001, 2001, "x", func(g *segment) { g.dataOffsetBy = 8 })
	c.send(0xff, 1001, 2001, "")
	c.send(0, 1001, 2001, "")

	// 41007: an answer to a SYN that nobody saw, and a stray RST.
	c, s = open(41007)
	s.send(syn|ack, 2000, 1001, "")
	c.send(rst, 1001, 0, "")

	// Port 0, on both sides.
	zero := side{&frames, endpoint(client4, 0), endpoint(server4, 0)}
	zero.send(syn, 1, 0, "")
	return frames
}

// oddIP has packets that take a careful reader of IP headers.
func oddIP() [][]byte {
	dns := udp(client4, server4, 40053, 53, bytes.Repeat([]byte{0}, 12))
	whole := ipv4(client4, server4, protoUDP, nil, dns)
	change := func(p []byte, f func(b []byte)) []byte {
		b := append([]byte(nil), p...)
		f(b)
		be.PutUint16(b[10:], 0)
		be.PutUint16(b[10:], checksum(b[:20]))
		return b
	}
	syn4 := exchange(client4, server4, 40001)[0]
	syn6 := exchange(client6, server6, 40002)[0]
	tcp6 := syn6[40:]

	// Extension headers of IPv6: hop-by-hop, routing, destination options.
	hop := []byte{43, 0, 5, 2, 0, 0, 1, 0}
	routing := []byte{60, 0, 253, 0, 0, 0, 0, 0} // a type for experiments
	destination := []byte{protoTCP, 0, 1, 4, 0, 0, 0, 0}
	atomic := []byte{protoTCP, 0, 0, 0, 0, 0, 0, 9} // a fragment that is the whole packet

	packets := [][]byte{
		ipv4(client4, server4, protoTCP, []byte{148, 4, 0, 0, 1, 1, 1, 0}, syn4[20:]), // router alert
		ipv6(client6, server6, 0, cat(hop, routing, destination, tcp6)),
		ipv6(client6, server6, 44, cat(atomic, tcp6)),
		ipv6(client6, server6, 59, []byte("nothing follows")),
		ipv6(client6, server6, 60, []byte{6, 200, 1, 4}), // an extension longer than the packet
		change(whole, func(b []byte) { be.PutUint16(b[2:], 2000) }),
		change(whole, func(b []byte) { be.PutUint16(b[2:], 24) }),
		change(whole, func(b []byte) { b[0] = 0x43 }),           // a header of 12 bytes
		change(whole, func(b []byte) { b[0] = 0x4f }),           // a header longer than the packet
		change(syn4, func(b []byte) { be.PutUint16(b[2:], 0) }), // length 0, as segmentation offload leaves it
		ipv4(client4, server4, 253, nil, []byte("a protocol for experiments")),
		ipv4(client4, server4, protoUDP, nil, append(dns[:4:4], 0, 4, 0, 0)), // UDP length below 8
	}
	frames := wrap(packets, etherIP)
	// Padding after the packet, as short frames have on a cable, and the same
	// with bytes that are not zero.
	padded := append(etherIP(whole), make([]byte, 60-14-len(whole))...)
	frames = append(frames, padded, append(etherIP(syn4), "padding"...))
	// 802.3 with a length instead of a type, a frame shorter than its
	// header, a VLAN tag with nothing behind it, three VLAN tags.
	frames = append(frames, ethernet(39, broadcast, clientMAC, cat([]byte{0x42, 0x42, 3}, make([]byte, 36))),
		clientMAC, ethernet(0x8100, serverMAC, clientMAC, []byte{0, 5}),
		ethernet(0x88a8, serverMAC, clientMAC, cat([]byte{0, 5, 0x81, 0, 0, 6, 0x81, 0, 0, 7, 8, 0}, syn4)))
	// A packet inside itself, nine times over.
	nested := syn4
	for range 9 {
		nested = ipv4(client4, server4, 4, nil, nested)
	}
	return append(frames, etherIP(nested))
}
