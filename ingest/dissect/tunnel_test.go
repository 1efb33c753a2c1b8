package dissect

import "testing"

func TestTunnels(t *testing.T) {
	four, six := ipv4Packet(6, tcpSegment([]byte("hello"))), ipv6Packet(6, tcpSegment([]byte("hello")))
	frame := ethernetFrame(0x0800, four)
	const pair = " 40000>8081/5"
	v4 := func(protocol uint8, payload ...[]byte) []byte { return ipv4Packet(protocol, join(payload...)) }
	gre := func(header string, payload []byte) []byte { return v4(47, unhex(header), payload) }
	onUDP := func(dst uint16, payload ...[]byte) []byte { return v4(17, udpDatagram(50000, dst, join(payload...))) }
	run(t, []decodeCase{
		{"4in4", 228, v4(4, four), 0, "ip:ip:tcp" + pair},
		{"6in4", 228, v4(41, six), 0, "ip:ipv6:tcp" + pair},
		{"4in6", 229, ipv6Packet(4, four), 0, "ipv6:ip:tcp" + pair},
		{"6in6", 229, ipv6Packet(41, six), 0, "ipv6:ipv6:tcp" + pair},
		{"AH", 228, v4(51, unhex("0604000000000001 00000002 000000000000000000000000"), tcpSegment([]byte("hello"))), 0, "ip:ah:tcp" + pair},
		{"ESP", 228, v4(50, make([]byte, 40)), 0, "ip:esp"},
		{"MPLS in IP", 228, v4(137, unhex("00064140"), four), 0, "ip:mpls:ip:tcp" + pair},
		{"EtherIP", 228, v4(97, unhex("3000"), frame), 0, "ip:etherip:eth:ethertype:ip:tcp" + pair},
		{"GRE", 228, gre("00000800", four), 0, "ip:gre:ip:tcp" + pair},
		{"GRE with everything", 228, gre("f0000800 00000000 00000001 00000002 0800 0004 0a000001 00000000", four), 0, "ip:gre:ip:tcp" + pair},
		{"GRE keepalive", 228, gre("00000000", nil), 0, "ip:gre"},
		{"GRE Ethernet", 228, gre("00006558", frame), 0, "ip:gre:eth:ethertype:ip:tcp" + pair},
		{"PPTP", 228, gre("3081880b 002f0001 00000005 00000006 21", four), 0, "ip:gre:ppp:ip:tcp" + pair},
		{"WCCP 2", 228, gre("0000883e 01000000", four), 0, "ip:gre:ip:tcp" + pair},
		{"ERSPAN I", 228, gre("000088be", frame), 0, "ip:gre:erspan:eth:ethertype:ip:tcp" + pair},
		{"ERSPAN II", 228, gre("100088be 00000001 10010000 00000000", frame), 0, "ip:gre:erspan:eth:ethertype:ip:tcp" + pair},
		{"ERSPAN III", 228, gre("100022eb 00000001 20010000 00000000 00000001 0000000000000000", frame), 0, "ip:gre:erspan:eth:ethertype:ip:tcp" + pair},
		{"VXLAN", 228, onUDP(4789, unhex("0800000000000100"), frame), 0, "ip:udp:vxlan:eth:ethertype:ip:tcp 50000>4789/67" + pair},
		{"VXLAN-GPE", 228, onUDP(4790, unhex("0c00000200000100"), six), 0, "ip:udp:ipv6:tcp 50000>4790/73" + pair},
		{"Geneve", 228, onUDP(6081, unhex("0200655800000100 0102030100000000"), frame), 0, "ip:udp:geneve:eth:ethertype:ip:tcp 50000>6081/75" + pair},
		{"GTP-U", 228, onUDP(2152, unhex("34ff 0035 00000001 000000c0 01ffff00"), four), 0, "ip:udp:gtp:ip:tcp 50000>2152/61" + pair},
		{"GTP echo", 228, onUDP(2152, unhex("3201 0004 00000000 00010000")), 0, "ip:udp:gtp 50000>2152/12"},
		{"Teredo", 228, onUDP(3544, unhex("0001 0000 000000000000000000 0000 b1b1 f5fffffd"), six), 0, "ip:udp:teredo:ipv6:tcp 50000>3544/86" + pair},
		{"L2TP", 228, onUDP(1701, unhex("0002 0001 0001 ff030021"), four), 0, "ip:udp:l2tp:ppp:ip:tcp 50000>1701/55" + pair},
		{"ESP in UDP", 228, onUDP(4500, unhex("01020304"), make([]byte, 40)), 0, "ip:udp:udpencap:esp 50000>4500/44"},
		{"CAPWAP", 228, onUDP(5247, unhex("00100300 00000000"), wlanHeaderFor("0108"), unhex("aaaa030000000800"), four), 0, "ip:udp:capwap.data:wlan:llc:ip:tcp 50000>5247/85" + pair},
		{"lower port is taken", 228, v4(17, udpDatagram(53, 4789, join(unhex("0800000000000100"), frame))), 0, "ip:udp 53>4789/67"},
	})
}

func TestNetworks(t *testing.T) {
	segment := tcpSegment([]byte("hello"))
	edit := func(b []byte, at int, hex string) []byte {
		b = append([]byte(nil), b...)
		copy(b[at:], unhex(hex))
		return b
	}
	four := ipv4Packet(6, segment)
	run(t, []decodeCase{
		{"total length 0", 228, edit(four, 2, "0000"), 0, "ip:tcp 40000>8081/5"},
		{"total length too long", 228, edit(four, 2, "0500"), 0, "ip:tcp 40000>8081/5"},
		{"total length within the header", 228, edit(four, 2, "000a"), 0, "ip malformed"},
		{"total length within TCP", 228, edit(four, 2, "001e"), 0, "ip:tcp malformed 40000>8081/-"},
		{"header length 4", 228, edit(four, 0, "44"), 0, "ip malformed"},
		{"first fragment", 228, edit(four, 6, "2000"), 0, "ip:data fragment(0+25)"},
		{"first fragment, cut", 228, edit(four, 6, "2000")[:40], 45, "ip:tcp 40000>8081/-"},
		{"later fragment", 228, edit(four, 6, "0002"), 0, "ip:data fragment(16+25)"},
		{"source route", 228, join(unhex("4700 0035 0001 0000 4006 0000 0a000001 0a000002 830704 0a000003 01"), segment), 0, "ip:tcp 40000>8081/5"},
		{"IPv6 payload length 0", 229, edit(ipv6Packet(6, segment), 4, "0000"), 0, "ipv6:tcp malformed"},
		{"extension headers", 229, ipv6Packet(0, join(unhex("3c00050200000100 2b00050200000100 0602000000000000"), make([]byte, 16), segment)), 0, "ipv6:ipv6.hopopts:ipv6.dstopts:ipv6.routing:tcp 40000>8081/5"},
		{"atomic fragment", 229, ipv6Packet(44, join(unhex("06000000 00000001"), segment)), 0, "ipv6:ipv6.fraghdr:tcp 40000>8081/5"},
		{"IPv6 fragment", 229, ipv6Packet(44, join(unhex("06000011 00000001"), segment)), 0, "ipv6:ipv6.fraghdr:data fragment(16+25)"},
		{"no next header", 229, ipv6Packet(59, []byte("abcd")), 0, "ipv6:data"},
	})
}

func TestTransports(t *testing.T) {
	cutTCP := ipv4Packet(6, tcpHeaderWith("0101080a0000000100000002"))
	badOffset := ipv4Packet(6, tcpSegment([]byte("hello")))
	badOffset[32] = 0x40
	udp := ipv4Packet(17, udpDatagram(7, 9, []byte("abcd")))
	run(t, []decodeCase{
		{"TCP options cut", 228, cutTCP[:44], len(cutTCP), "ip:tcp truncated 40000>8081/0"},
		{"TCP cut after the window", 228, cutTCP[:36], len(cutTCP), "ip:tcp truncated 40000>8081/0"},
		{"TCP cut after the ports", 228, cutTCP[:24], len(cutTCP), "ip:tcp truncated 40000>8081/-"},
		{"TCP data offset 4", 228, badOffset, 0, "ip:tcp malformed 40000>8081/9"},
		{"UDP", 228, udp, 0, "ip:udp 7>9/4"},
		{"UDP cut", 228, udp[:30], len(udp), "ip:udp 7>9/4"},
		{"UDP length 4", 228, ipv4Packet(17, unhex("0007 0009 0004 0000 61626364")), 0, "ip:udp malformed 7>9/-"},
		{"UDP length too long", 228, ipv4Packet(17, unhex("0007 0009 0064 0000 61626364")), 0, "ip:udp 7>9/4"},
		{"UDP-Lite", 228, ipv4Packet(136, unhex("0007 0009 0008 0000 61626364")), 0, "ip:udplite 7>9/4"},
		{"SCTP", 228, ipv4Packet(132, unhex("1f901f91 00000001 00000000 00030010")), 0, "ip:sctp 8080>8081/4"},
		{"echo", 228, ipv4Packet(1, unhex("0800 0000 1234 0001 61626364")), 0, "ip:icmp:data 4660>4660/4"},
		{"echo reply 6", 229, ipv6Packet(58, unhex("8100 0000 1234 0001")), 0, "ipv6:icmpv6 4660>4660/0"},
	})
}

func TestQuotes(t *testing.T) {
	four := ipv4Packet(6, tcpHeaderWith("0101080a0000000100000002"))
	six := ipv6Packet(6, tcpSegment([]byte("hello")))
	long := ipv4Packet(17, udpDatagram(7, 9, make([]byte, 400)))
	quote := func(header string, packet []byte) []byte { return ipv4Packet(1, join(unhex(header), packet)) }
	run(t, []decodeCase{
		{"whole", 228, quote("0301000000000000", four), 0, "ip:icmp:ip:tcp 40000>8081/-q"},
		{"8 bytes", 228, quote("0b00000000000000", four[:28]), 0, "ip:icmp:ip:tcp 40000>8081/-q"},
		{"redirect", 228, quote("050100000a000003", four), 0, "ip:icmp:ip:tcp 40000>8081/-q"},
		{"extensions", 228, quote("0b00000000200000", join(long[:128], unhex("2000f0f0 0008 0101 00001101"))), 0, "ip:icmp:ip:udp 7>9/-q"},
		{"echo", 228, quote("0301000000000000", ipv4Packet(1, unhex("0800 0000 1234 0001"))), 0, "ip:icmp:ip:icmp 4660>4660/-q"},
		{"IPv6", 229, ipv6Packet(58, join(unhex("0100000000000000"), six)), 0, "ipv6:icmpv6:ipv6:tcp 40000>8081/-q"},
	})
	d, p := NewDecoder(), &Packet{}
	frame := quote("0b00000000000000", four[:28])
	d.Decode(228, frame, len(frame), p)
	if tr := p.Transports[0]; tr.HasTCP || !tr.HasSeq || tr.Seq != 1000 || !p.Networks[1].Quoted {
		t.Errorf("%+v", tr)
	}
	frame = quote("0b00000000200000", join(long[:128], make([]byte, 12)))
	if d.Decode(228, frame, len(frame), p); p.Transports[0].Captured != 100 {
		t.Errorf("%d bytes of quoted payload", p.Transports[0].Captured)
	}
}

func TestTCPFacts(t *testing.T) {
	d, p := NewDecoder(), &Packet{}
	for _, c := range []struct {
		options string
		cut     bool
	}{{"", false}, {"0101080a0000000100000002", false}, {"08000000", false}, {"fd090000", false}, {"05030000", true}, {"1e030000", true}} {
		frame := ethernetFrame(0x0800, ipv4Packet(6, tcpHeaderWith(c.options)))
		d.Decode(1, frame, len(frame), p)
		tr := p.Transports[0]
		if tr.OptionsCut != c.cut || tr.Seq != 1000 || tr.Ack != 2000 || tr.Flags != 0x18 || tr.Window != 5000 || !tr.HasTCP ||
			int(tr.HeaderLength) != 20+len(c.options)/2 || int(tr.Payload) != len(frame) {
			t.Errorf("options %q: %+v", c.options, tr)
		}
	}
}

func TestDecodeDatagram(t *testing.T) {
	whole := udpDatagram(50000, 4789, join(unhex("0800000000000100"), ethernetFrame(0x0800, ipv4Packet(6, tcpSegment([]byte("hello"))))))
	last := ipv4Packet(17, whole[24:])
	last[7] = 3 // offset 24
	frame := ethernetFrame(0x0800, last)
	d, p := NewDecoder(), &Packet{}
	d.Decode(1, frame, len(frame), p)
	if p.Fragment == nil || !p.Fragment.Complete || string(frame[p.Fragment.Start:][:p.Fragment.Length]) != string(whole[24:]) {
		t.Fatalf("%+v", p.Fragment)
	}
	d.DecodeDatagram(p.Fragment.Network, whole, p)
	want := "eth:ethertype:ip:udp:vxlan:eth:ethertype:ip:tcp 50000>4789/67 40000>8081/5"
	if got := describe(p); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	udp := p.Layers[p.Transports[0].Layer]
	if !udp.Reassembled || udp.Offset != 0 || p.Layers[2].Reassembled || p.Transports[0].Payload != 8 {
		t.Errorf("%+v", p)
	}
	d.DecodeDatagram(9, whole, p) // no such network: nothing happens
}
