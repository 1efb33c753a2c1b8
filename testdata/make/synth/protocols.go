package main

import "net/netip"

// protocols are captures of one frame each of many messages: what a line about
// a frame can say.
func protocols(put func(name string, data []byte)) {
	var frames [][]byte
	for _, make := range []func() [][]byte{linkMessages, bridgeMessages, pointToPoint, controlMessages, neighborMessages, transports} {
		frames = append(frames, make()...)
	}
	f := newPcap(linkEthernet)
	put("protocols.pcap", f.write(frames))
	f.snaplen = 50
	put("protocols-50.pcap", f.write(frames))
	put("wifi-frames.pcap", newPcap(linkWLAN).write(wifiMessages()))
}

// frame is an Ethernet frame from the client to the server.
func frame(kind uint16, parts ...[]byte) []byte {
	return ethernet(kind, serverMAC, clientMAC, cat(parts...))
}

// inIP is a packet of any IP protocol from the client to the server.
func inIP(proto byte, parts ...[]byte) []byte {
	return frame(0x0800, ipPacket(client4, server4, proto, cat(parts...)))
}

// arp is a message about Ethernet and IPv4.
func arp(opcode uint16, srcMAC []byte, src netip.Addr, dstMAC []byte, dst netip.Addr) []byte {
	return frame(0x0806, []byte{0, 1, 8, 0, 6, 4}, u16(opcode), srcMAC, src.AsSlice(), dstMAC, dst.AsSlice())
}

// llc is an 802.3 frame with a logical link control header.
func llc(header []byte, parts ...[]byte) []byte {
	payload := cat(append([][]byte{header}, parts...)...)
	return ethernet(uint16(len(payload)), serverMAC, clientMAC, payload)
}

func linkMessages() [][]byte {
	nobody, zero := netip.IPv4Unspecified(), make([]byte, 6)
	frames := [][]byte{
		arp(1, clientMAC, nobody, zero, client4),
		arp(1, clientMAC, client4, zero, client4),
		arp(1, clientMAC, client4, broadcast, client4),
		arp(2, clientMAC, client4, broadcast, client4),
		frame(0x0806, []byte{0, 1, 8, 0, 0, 0, 0, 1}),
		frame(0x0806, []byte{0, 15, 8, 0, 2, 4, 0, 2, 1, 2}, client4.AsSlice(), []byte{3, 4}, server4.AsSlice()),
		frame(0x0806, []byte{0, 1, 8, 0, 6, 4, 0, 1, 0}),
	}
	for opcode := range uint16(27) {
		frames = append(frames, arp(opcode, clientMAC, client4, serverMAC, server4))
	}
	for _, kind := range []uint16{0x6002, 0x9999, 0x05dd, 0} {
		frames = append(frames, frame(kind, []byte("data")))
	}
	for _, tag := range []uint16{0x8100, 0x88a8} {
		frames = append(frames, frame(tag, []byte{0xb0, 5, 0x99, 0x99}, []byte("data")), frame(tag, []byte{0xb0, 5}))
	}
	for _, control := range []byte{0x03, 0x13, 0x73, 0xaf, 0xe3, 0x2f, 0x00, 0x01, 0x05, 0x09, 0x0d} {
		frames = append(frames, llc([]byte{0x00, 0x01, control}, []byte{0x81, 1, 0, 0}), llc([]byte{0xf1, 0xf0, control}, []byte{0x12, 2, 0, 0}))
	}
	for _, organisation := range []uint32{0, 0x00000c, 0x0000f8, 0x0080c2, 0x080007} {
		frames = append(frames, llc([]byte{0xaa, 0xaa, 3}, u32(organisation)[1:], []byte{0x99, 0x99}, []byte("data")))
	}
	for _, protocol := range []uint16{0, 0x880b, 0x9999} {
		frames = append(frames, inIP(protoGRE, []byte{0, 0}, u16(protocol)))
	}
	return append(frames,
		frame(0x8847, mplsLabel(256, true), []byte("\x99data")),
		frame(0x9000, []byte{0, 0, 1, 0, 7, 0}),
		frame(0x9000, []byte{0, 0, 2, 0}, serverMAC, []byte{1, 0, 7, 0}),
		inIP(50, u32(0x12), u32(5), []byte("secret")),
		inIP(51, []byte{200, 4, 0, 0}, u32(0x12), u32(5), make([]byte, 12), []byte("data")),
		frame(0x888e, []byte{1, 1, 0, 0}), frame(0x888e, []byte{1, 2, 0, 0}), frame(0x888e, []byte{3, 5, 0, 0}),
		frame(0x888e, []byte{1, 0, 0, 9, 1, 7, 0, 9, 1}, []byte("user")),
		frame(0x888e, []byte{1, 0, 0, 9, 2, 7, 0, 9, 25}, []byte("user")),
		frame(0x888e, []byte{1, 0, 0, 4, 3, 7, 0, 4}),
		keyFrame(0x008a, nil), keyFrame(0x010a, []byte{0x30, 2, 1, 0}), keyFrame(0x13ca, nil), keyFrame(0x030a, nil),
		keyFrame(0x1382, nil), keyFrame(0x0302, nil),
	)
}

// keyFrame is a message of the handshakes of IEEE 802.11.
func keyFrame(info uint16, data []byte) []byte {
	key := cat([]byte{2}, u16(info), u16(16), make([]byte, 88), u16(uint16(len(data))), data)
	return frame(0x888e, []byte{1, 3}, u16(uint16(len(key))), key)
}

// bridgeMessages are of spanning trees and of neighbors.
func bridgeMessages() [][]byte {
	bpdu := func(version, kind, flags byte) []byte {
		return llc([]byte{0x42, 0x42, 3}, []byte{0, 0, version, kind, flags, 0x80, 1}, serverMAC, u32(4), []byte{0x90, 2}, clientMAC,
			[]byte{0x80, 1, 1, 0, 20, 0, 2, 0, 15, 0}, make([]byte, 67))
	}
	frames := [][]byte{bpdu(0, 0, 0), bpdu(0, 0, 1), bpdu(2, 2, 0x3c), bpdu(3, 2, 0x7d), bpdu(0, 0x80, 0), bpdu(0, 5, 0)}
	element := func(kind byte, value ...byte) []byte { return append([]byte{kind << 1, byte(len(value))}, value...) }
	text := func(kind, subtype byte, s string) []byte { return element(kind, append([]byte{subtype}, s...)...) }
	lldp := func(elements ...[]byte) []byte { return frame(0x88cc, cat(elements...), []byte{0, 0}) }
	port, hold := text(2, 5, "eth0"), element(3, 0, 120)
	for subtype := range byte(9) {
		frames = append(frames, lldp(text(1, subtype, "name"), port, hold), lldp(text(1, 7, "chassis"), text(2, subtype, "port"), hold))
	}
	cdp := func(kind uint16, s string) []byte { return cat(u16(kind), u16(uint16(len(s)+4)), []byte(s)) }
	return append(frames,
		lldp(element(1, append([]byte{4}, serverMAC...)...), element(2, 4, 1, 192, 0, 2, 1), hold, text(5, 's', "witch"), text(6, 'A', " switch")),
		lldp(port, hold), lldp(text(1, 7, "chassis"), hold), lldp(text(1, 7, "chassis"), port),
		llc([]byte{0xaa, 0xaa, 3, 0, 0, 0x0c, 0x20, 0}, []byte{2, 180, 0, 0}, cdp(1, "router"), cdp(3, "Gi0/1"), cdp(6, "platform")),
		llc([]byte{0xaa, 0xaa, 3, 0, 0, 0x0c, 0x20, 0}, []byte{2, 180, 0, 0}, cdp(3, "Gi0/1"), cdp(1, "router")),
	)
}

// pointToPoint are messages in a PPPoE session.
func pointToPoint() [][]byte {
	session := func(protocol uint16, payload ...byte) []byte {
		return pppoe(0, 0x8864, serverMAC, clientMAC, cat(u16(protocol), payload))
	}
	var frames [][]byte
	for code := range byte(15) {
		for _, protocol := range []uint16{0xc021, 0x8021, 0x8057, 0x80fd, 0x8031} {
			if code != 0 && code != 13 || protocol != 0xc021 { // they have more than a header
				frames = append(frames, session(protocol, code, 1, 0, 8, 1, 4, 5, 0xd4))
			}
		}
	}
	for code := byte(1); code <= 4; code++ {
		frames = append(frames,
			session(0xc023, code, 1, 0, 10, 2, 'a', 'b', 2, 'c', 'd'), session(0xc223, code, 1, 0, 10, 2, 'a', 'b', 'b', 'o', 'b'))
	}
	for _, code := range []byte{0x07, 0x09, 0x19, 0x65, 0xa7, 0x55} {
		frames = append(frames, pppoe(code, 0x8863, serverMAC, clientMAC, []byte("\x01\x01\x00\x00\x01\x02\x00\x04name")))
	}
	return append(frames, session(0x4021, 1, 2, 3, 4), session(0x0099, 1, 2, 3, 4))
}

// controlMessages are of ICMP, IGMP and the protocols of routers.
func controlMessages() [][]byte {
	var frames [][]byte
	quoted := udpPacket(server4, client4, 53, 40000, []byte("example"))
	for kind := range byte(44) {
		payload := make([]byte, 12)
		codes := byte(1)
		switch kind {
		case 3, 5, 11, 12:
			payload, codes = quoted, 17
		case 4:
			payload = quoted
		case 9, 20, 30, 40, 42, 43: // they are longer, or their codes are
			continue
		}
		for code := range codes {
			frames = append(frames, inIP(protoICMP, icmp(kind, code, []byte{0x12, 0x34, 0, 5}, payload)))
		}
	}
	group := []byte{224, 0, 0, 251}
	for _, kind := range []byte{0x11, 0x12, 0x14, 0x15, 0x16, 0x17, 0x24, 0x99} {
		frames = append(frames, inIP(2, []byte{kind, 0, 0, 0}, group), inIP(2, []byte{kind, 10, 0, 0}, group))
	}
	frames = append(frames,
		inIP(2, []byte{0x11, 10, 0, 0, 0, 0, 0, 0}), inIP(2, []byte{0x11, 10, 0, 0, 0, 0, 0, 0, 2, 125, 0, 0}),
		inIP(2, []byte{0x11, 10, 0, 0}, group, []byte{2, 125, 0, 2}, client4.AsSlice(), server4.AsSlice()),
		inIP(2, []byte{0x22, 0, 0, 0, 0, 0, 0, 0}),
		inIP(2, []byte{0x22, 0, 0, 0, 0, 0, 0, 2}, []byte{4, 0, 0, 0}, group, []byte{3, 0, 0, 0}, group),
		inIP(2, []byte{0x22, 0, 0, 0, 0, 0, 0, 3}, []byte{4, 0, 0, 0}, group))
	for kind := range byte(8) {
		for sources := range byte(3) {
			list := cat(client4.AsSlice(), server4.AsSlice())[:4*sources]
			frames = append(frames, inIP(2, []byte{0x22, 0, 0, 0, 0, 0, 0, 1, kind, 0, 0, sources}, group, list))
		}
	}
	for kind := range byte(13) {
		frames = append(frames, inIP(103, []byte{0x20 | kind, 0, 0, 0}, make([]byte, 24)))
	}
	for kind := byte(1); kind <= 5; kind++ {
		frames = append(frames, inIP(88, []byte{2, kind, 0, 0}, make([]byte, 16)))
	}
	return append(frames,
		inIP(89, []byte{2, 1, 0, 44}, client4.AsSlice(), make([]byte, 16), []byte{0xff, 0xff, 0xff, 0, 0, 10, 2, 1, 0, 0, 0, 40}, make([]byte, 8)),
		inIP(112, []byte{0x21, 1, 100, 1, 0, 1, 0, 0}, client4.AsSlice(), make([]byte, 8)),
		inIP(112, []byte{0x31, 1, 100, 1, 0, 100, 0, 0}, client4.AsSlice()), inIP(200, []byte("data")), inIP(253, []byte("data")),
		inIP(3, []byte("data")),
	)
}

// neighborMessages are of ICMPv6.
func neighborMessages() [][]byte {
	message := func(kind, code byte, rest []byte, parts ...[]byte) []byte {
		return etherIP(ipPacket(client6, server6, protoICMPv6, icmpv6(client6, server6, kind, code, rest, cat(parts...))))
	}
	quoted := udpPacket(server6, client6, 53, 40000, []byte("example"))
	source, target := cat([]byte{1, 1}, clientMAC), cat([]byte{2, 1}, serverMAC)
	none, address := make([]byte, 4), server6.AsSlice()
	var frames [][]byte
	for code := range byte(9) {
		frames = append(frames, message(1, code, none, quoted), message(3, code, none, quoted), message(4, code, none, quoted))
	}
	for _, kind := range []byte{128, 129, 130, 131, 132, 135, 136} {
		frames = append(frames, message(kind, 0, []byte{0x12, 0x34, 0, 5}, address))
	}
	for flags := range byte(8) {
		frames = append(frames, message(136, 0, []byte{flags << 5, 0, 0, 0}, address, target))
	}
	return append(frames,
		message(133, 0, none, source), message(134, 0, none, make([]byte, 8), source), message(135, 0, none, address, source),
		message(135, 0, none, address, []byte{14, 1, 1, 2, 3, 4, 5, 6}, source), message(137, 0, none, address, address, target),
		message(143, 0, []byte{0, 0, 0, 1}, []byte{4, 0, 0, 0}, address), message(100, 0, none), message(162, 0, none),
		etherIP(ipPacket(client6, server6, 59, nil)), etherIP(ipPacket(client6, server6, 200, []byte("data"))),
		etherIP(ipPacket(client6, server6, 60, []byte{59, 0, 1, 4, 0, 0, 0, 0})),
		etherIP(ipPacket(client6, server6, 60, []byte{6, 9, 1, 4, 0, 0, 0, 0})),
	)
}

// transports are TCP options, lengths that are wrong, and SCTP chunks.
func transports() [][]byte {
	var frames [][]byte
	port := uint16(40000)
	for kind := range 255 {
		for _, length := range []int{2, 3, 4, 6, 8, 10, 12, 18, 20} {
			switch kind { // what nobody has seen in years
			case 20, 21, 27, 31, 32, 33, 76, 78, 172, 174:
				continue
			}
			if kind > 34 && kind < 253 && length != 4 || kind == 30 {
				continue
			}
			option := []byte{byte(kind), byte(length)}
			for i := 2; i < length; i++ {
				option = append(option, byte(i))
			}
			option = append(option, make([]byte, -length&3)...)
			port++
			s := segment{src: endpoint(client4, port), dst: endpoint(server4, 80), flags: ack, seq: 1, ack: 1, window: 100, options: option}
			if kind <= 34 || kind >= 250 || kind%50 == 0 {
				frames = append(frames, etherIP(s.packet()))
			}
		}
	}
	for length := range uint16(12) {
		frames = append(frames, inIP(protoUDP, u16(40000), u16(80), u16(length), u16(0xffff), []byte("ab")),
			inIP(136, u16(40001), u16(80), u16(length), u16(0xffff), []byte("ab")),
			inIP(protoUDP, cat(u16(40000), u16(80), u16(8), u16(0xffff), make([]byte, 4))[:length]),
			inIP(protoTCP, cat(u16(port), u16(81), u32(1), u32(1), []byte{0x50, 0x10, 0, 100, 0, 0, 0, 0})[:2*length]))
	}
	for kind := 7; kind <= 14; kind++ {
		if kind == 9 { // an error without a cause
			continue
		}
		frames = append(frames, inIP(132, u16(1), u16(uint16(kind)), u32(3), u32(4), []byte{byte(kind), 0, 0, 8}, u32(1)))
	}
	return append(frames,
		inIP(132, u16(1), u16(2), u32(3), u32(4), []byte{3, 0, 0, 20}, u32(7), u32(1500), []byte{0, 1, 0, 0, 0, 2, 0, 3}),
		inIP(132, u16(1), u16(2), u32(3), u32(4), []byte{0, 3, 0, 19}, u32(7), []byte{0, 1, 0, 2, 0, 0, 0, 0}, []byte("abc\x00"),
			[]byte{0, 2, 0, 19}, u32(8), []byte{0, 1, 0, 2, 0, 0, 0, 0}, []byte("abc\x00")),
	)
}

// wifiMessages are 802.11 frames without the header of a radio.
func wifiMessages() [][]byte {
	ssid, rates := append([]byte{0, 7}, "example"...), []byte{1, 4, 0x82, 0x84, 0x8b, 0x96}
	interval := cat(make([]byte, 8), []byte{100, 0, 0x11, 0})
	number := 0
	wifi := func(kind, flags byte, body ...[]byte) []byte {
		number += 16
		return cat([]byte{kind, flags, 0, 0}, broadcast, clientMAC, bssid, []byte{byte(number), byte(number >> 8)}, cat(body...))
	}
	fixed := map[byte][]byte{
		0: {0x11, 0, 1, 0}, 1: {0x11, 0, 0, 0, 1, 0}, 2: cat([]byte{0x11, 0, 1, 0}, bssid), 3: {0x11, 0, 0, 0, 1, 0}, 4: nil, 5: interval, 8: interval,
	}
	var frames [][]byte
	for subtype := range byte(15) {
		before, elements := fixed[subtype]
		switch {
		case elements:
			frames = append(frames, wifi(subtype<<4, 0, before, ssid, rates), wifi(subtype<<4, 0, before, rates, []byte{0, 2, 1, 2}))
		case subtype != 6 && subtype < 13:
			frames = append(frames, wifi(subtype<<4, 0, []byte{0, 0, 1, 0, 0, 0}))
		}
	}
	for bit := range 8 {
		if bit != 7 { // it means something else in a beacon
			frames = append(frames, wifi(0x80, 1<<bit, interval, ssid))
		}
	}
	for _, name := range [][]byte{{0, 0}, {0, 4, 0, 0, 0, 0}, {0, 2, 0xc3, 0xa4}, {0, 2, 0xc3, 0xff}, {0, 9, 'a'}, {0}} {
		frames = append(frames, wifi(0x80, 0, interval, name))
	}
	for subtype := byte(10); subtype < 16; subtype++ {
		frames = append(frames, cat([]byte{1<<2 | subtype<<4, 0, 0, 0}, clientMAC, bssid), cat([]byte{1<<2 | subtype<<4, 0x10, 0, 0}, clientMAC))
	}
	for subtype := range byte(16) {
		quality := make([]byte, 2*(subtype>>3))
		frames = append(frames, wifi(2<<2|subtype<<4, 0x41, quality, []byte("secret")))
		if subtype&4 != 0 {
			frames = append(frames, wifi(2<<2|subtype<<4, 1, quality))
		} else {
			frames = append(frames, wifi(2<<2|subtype<<4, 1, quality, []byte{0xaa, 0xaa, 3, 0, 0, 0, 0x99, 0x99}, []byte("data")))
		}
	}
	return append(frames, wifi(0xd0, 0, []byte{3, 0, 9, 2, 0, 0, 0, 0, 0}), []byte{2, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8}, wifi(0x80, 0)[:20])
}
