package main

import "net/netip"

// The ends of the tunnels, other than the hosts that talk through them.
var (
	outerA = netip.MustParseAddr("203.0.113.1")
	outerB = netip.MustParseAddr("203.0.113.2")
)

// outer carries something between the ends of a tunnel, in the direction that
// the packet inside has.
func outer(inside []byte, proto byte, payload []byte) []byte {
	if fromClient(inside) {
		return ethernet(0x0800, serverMAC, clientMAC, ipPacket(outerA, outerB, proto, payload))
	}
	return ethernet(0x0800, clientMAC, serverMAC, ipPacket(outerB, outerA, proto, payload))
}

func outerUDP(inside []byte, sport, dport uint16, payload []byte) []byte {
	src, dst := outerA, outerB
	if !fromClient(inside) {
		src, dst = outerB, outerA
	}
	return outer(inside, protoUDP, udp(src, dst, sport, dport, payload))
}

func macs(inside []byte) (dst, src []byte) {
	if fromClient(inside) {
		return serverMAC, clientMAC
	}
	return clientMAC, serverMAC
}

// pppoe is a PPPoE session frame; the payload begins with the PPP protocol.
func pppoe(code byte, kind uint16, dst, src, payload []byte) []byte {
	session := uint16(17)
	if kind == 0x8863 {
		session = 0
	}
	return ethernet(kind, dst, src, cat([]byte{0x11, code}, u16(session), u16(uint16(len(payload))), payload))
}

func pppoeIP(p []byte) []byte {
	dst, src := macs(p)
	proto := uint16(0x0021)
	if p[0]>>4 == 6 {
		proto = 0x0057
	}
	return pppoe(0, 0x8864, dst, src, cat(u16(proto), p))
}

// mplsLabel is an entry of the label stack.
func mplsLabel(label uint32, bottom bool) []byte {
	v := label<<12 | 64
	if bottom {
		v |= 1 << 8
	}
	return u32(v)
}

func mpls(p []byte) []byte {
	dst, src := macs(p)
	return ethernet(0x8847, dst, src, cat(mplsLabel(1001, false), mplsLabel(2002, true), p))
}

// mplsEthernet is a pseudowire with a control word: Ethernet behind labels.
func mplsEthernet(p []byte) []byte {
	dst, src := macs(p)
	return ethernet(0x8847, dst, src, cat(mplsLabel(3003, true), u32(0), etherIP(p)))
}

// gtp is a G-PDU of GTP-U with or without the optional fields.
func gtp(flags byte, optional, p []byte) []byte {
	return cat([]byte{0x30 | flags, 0xff}, u16(uint16(len(optional)+len(p))), u32(0x01020304), optional, p)
}

func gtpPlain(p []byte) []byte { return outerUDP(p, 2152, 2152, gtp(0, nil, p)) }

func gtpSequence(p []byte) []byte { return outerUDP(p, 2152, 2152, gtp(2, []byte{0, 9, 0, 0}, p)) }

// gtpExtension has the extension header that 5G uses, the PDU session
// container.
func gtpExtension(p []byte) []byte {
	kind := byte(0x10) // uplink
	if !fromClient(p) {
		kind = 0
	}
	return outerUDP(p, 2152, 2152, gtp(4, []byte{0, 0, 0, 0x85, 1, kind, 5, 0}, p))
}

// Teredo addresses have server, flags, and the inverted port and address of
// the client in them.
var (
	teredoClient = netip.MustParseAddr("2001:0:cb00:7102:0:63bf:34ff:8efe")
	teredoPeer   = server6
)

func teredoFrames() [][]byte {
	var frames [][]byte
	c := netip.AddrPortFrom(outerA, 40000)
	s := netip.AddrPortFrom(outerB, 3544)
	send := func(from, to netip.AddrPort, payload []byte) {
		dst, src := serverMAC, clientMAC
		if from == s {
			dst, src = clientMAC, serverMAC
		}
		frames = append(frames, ethernet(0x0800, dst, src, udpPacket(from.Addr(), to.Addr(), from.Port(), to.Port(), payload)))
	}
	for _, p := range exchange(teredoClient, teredoPeer, 40002) {
		if netip.AddrFrom16([16]byte(p[8:24])) == teredoClient {
			send(c, s, p)
		} else {
			send(s, c, p)
		}
	}
	// An origin indication in front of the packet: port and address inverted.
	origin := []byte{0, 0, ^byte(40000 >> 8), ^byte(40000 & 0xff), 0x34, 0xff, 0x8e, 0xfe}
	send(s, c, cat(origin, echo(teredoPeer, teredoClient, 128, 1)))
	send(c, s, echo(teredoClient, teredoPeer, 129, 1))
	return frames
}

// erspan2 mirrors a frame in ERSPAN type II, which is GRE with a sequence
// number and a header of 8 bytes.
func erspan2(number uint32) func([]byte) []byte {
	return func(p []byte) []byte {
		header := cat(u16(0x1000), u16(0x88be), u32(number), u16(1<<12|100), u16(5), u32(3))
		return ethernet(0x0800, serverMAC, clientMAC, ipPacket(outerA, outerB, protoGRE, cat(header, etherIP(p))))
	}
}

// erspan3 is type III, with a header of 12 bytes that has a time in it.
func erspan3(p []byte) []byte {
	header := cat(u16(0x1000), u16(0x22eb), u32(1), u16(2<<12|100), u16(5), u32(123456), u16(0), u16(0))
	return ethernet(0x0800, serverMAC, clientMAC, ipPacket(outerA, outerB, protoGRE, cat(header, etherIP(p))))
}

// radiotap is a header with flags, rate, channel and signal.
func radiotap(frame []byte) []byte {
	header := []byte{0, 0, 15, 0, 0x2e, 0, 0, 0, 0, 0x6c, 0x6c, 0x09, 0xc0, 0, 0xd0}
	return cat(header, frame)
}

var (
	bssid     = []byte{0, 0, 0x5e, 0, 0x53, 0xaa}
	broadcast = []byte{255, 255, 255, 255, 255, 255}
)

// wifiData is a QoS data frame to or from the access point.
func wifiData(p []byte) []byte {
	llc := cat([]byte{0xaa, 0xaa, 3, 0, 0, 0}, u16(etherType(p)), p)
	if fromClient(p) {
		return radiotap(cat([]byte{0x88, 1, 0, 0}, bssid, clientMAC, serverMAC, []byte{0x10, 0, 0, 0}, llc))
	}
	return radiotap(cat([]byte{0x88, 2, 0, 0}, clientMAC, bssid, serverMAC, []byte{0x20, 0, 0, 0}, llc))
}

func wifiFrames() [][]byte {
	ssid := append([]byte{0, 7}, "example"...)
	rates := []byte{1, 4, 0x82, 0x84, 0x8b, 0x96}
	beacon := cat([]byte{0x80, 0, 0, 0}, broadcast, bssid, bssid, []byte{0, 0}, make([]byte, 8), []byte{100, 0, 1, 0}, ssid, rates)
	probe := cat([]byte{0x40, 0, 0, 0}, broadcast, clientMAC, broadcast, []byte{0x10, 0}, ssid, rates)
	acked := cat([]byte{0xd4, 0, 0, 0}, clientMAC)
	// A protected frame: what is inside stays unknown.
	protected := cat([]byte{0x08, 0x41, 0, 0}, bssid, clientMAC, serverMAC, []byte{0x30, 0}, []byte{1, 0, 0, 0x20, 0, 0, 0, 0}, make([]byte, 48))
	frames := [][]byte{radiotap(beacon), radiotap(probe), radiotap(acked)}
	frames = append(frames, wrap(both(), wifiData)...)
	return append(frames, radiotap(protected))
}

func encapsulations(put func(name string, data []byte)) {
	four, six := exchange(client4, server4, 40001), exchange(client6, server6, 40002)

	// The session is found and opened before it carries packets.
	service := []byte{1, 1, 0, 0}
	session := [][]byte{
		pppoe(0x09, 0x8863, broadcast, clientMAC, service),
		pppoe(0x07, 0x8863, clientMAC, serverMAC, cat(service, []byte("\x01\x02\x00\x07example"))),
		pppoe(0, 0x8864, serverMAC, clientMAC, cat(u16(0xc021), []byte{1, 1, 0, 8, 1, 4, 5, 0xd4})),
	}
	put("pppoe.pcap", newPcap(linkEthernet).write(append(session, wrap(both(), pppoeIP)...)))
	put("mpls.pcap", newPcap(linkEthernet).write(append(wrap(both(), mpls), wrap(exchange(client4, server4, 40003), mplsEthernet)...)))
	put("gtp-u.pcap", newPcap(linkEthernet).write(append(append(wrap(four, gtpPlain), wrap(six, gtpSequence)...),
		wrap(exchange(client4, server4, 40003), gtpExtension)...)))
	put("teredo.pcap", newPcap(linkEthernet).write(teredoFrames()))
	var mirrored [][]byte
	for i, p := range four {
		mirrored = append(mirrored, erspan2(uint32(i))(p))
	}
	put("erspan.pcap", newPcap(linkEthernet).write(append(mirrored, wrap(six, erspan3)...)))
	put("wifi-radiotap.pcap", newPcap(linkRadiotap).write(wifiFrames()))
}
