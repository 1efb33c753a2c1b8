package proto

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pcapidx/ingest/dissect"
)

// netBIOSName encodes a name with its suffix.
func netBIOSName(name string, suffix byte) []byte {
	b := append([]byte(name+strings.Repeat(" ", nbnsNameBytes-1-len(name))), suffix)
	out := []byte{2 * nbnsNameBytes}
	for _, c := range b {
		out = append(out, 'A'+c>>4, 'A'+c&15)
	}
	return append(out, 0)
}

func TestNBNS(t *testing.T) {
	question := wireDNS(7, 0x0110, [4]int{1}, append(netBIOSName("SERVER", 0x20), be16s(nbnsNB, 1)...))
	answer := wireDNS(7, 0x8500, [4]int{0, 1}, slices.Concat(netBIOSName("SERVER", 0x20), be16s(nbnsNB, 1, 0, 300, 6, 0x6000), []byte{10, 0, 0, 9}))
	h := newHarness(All()...)
	h.datagram("10.0.0.2:137", "10.0.0.255:137", question)
	h.datagram("10.0.0.2:137", "10.0.0.255:137", question)
	h.datagram("10.0.0.9:137", "10.0.0.2:137", answer)
	h.datagram("10.0.0.2:137", "10.0.0.255:137", wireDNS(8, 0x2910, [4]int{1}, append(netBIOSName("GROUP", 0x1e), be16s(nbnsNB, 1)...)))
	h.datagram("10.0.0.9:137", "10.0.0.2:137", wireDNS(9, 0x8583, [4]int{0, 1}, slices.Concat(netBIOSName("NONE", 0), be16s(10, 1, 0, 0, 0))))
	h.want(t,
		"1 nbns request: name query SERVER<20>",
		"2 nbns continues: name query SERVER<20>",
		"3 nbns response to 1: name query SERVER<20> (Server service): 10.0.0.9",
		"4 nbns notice: registration GROUP<1e>",
		"5 nbns response error: name query NONE<00>: name does not exist",
	)
	h.wantFields(t, 2, "nbns.id", "7", "nbns.name", "SERVER<20> (Server service)", "nbns.type", "32", "nbns.addr", "10.0.0.9", "nbns.nb_flags.ont", "3", "nbns.flags.authoritative", "1")
}

func TestNBNSNames(t *testing.T) {
	tests := []struct{ encoded, want string }{
		{string(netBIOSName("WORKSTATION", 0)[1:33]), "WORKSTATION<00>"},
		{string(netBIOSName("\x01\x02__MSBROWSE__\x02", 1)[1:33]) + ".abc.de", "<01><02>__MSBROWSE__<02><01>.abc.de"},
		{string(netBIOSName("", 0x20)[1:33]), strings.Repeat(" ", 15) + "<20>"},
		{"EFa", nbnsIllegal1},
		{"EFE1", nbnsIllegal2},
		{"EFE", nbnsIllegalOdd},
		{"EFEF", "Illegal NetBIOS name (2 bytes long)"},
		{strings.Repeat("EF", 17), strings.Repeat("E", 15) + "<45>"},
	}
	for _, test := range tests {
		if got, _, _ := nbnsText(test.encoded); got != test.want {
			t.Errorf("%q: %q, want %q", test.encoded, got, test.want)
		}
	}
}

// wireDHCP writes a message with options.
func wireDHCP(op byte, xid uint32, mac byte, yours byte, options ...[]byte) []byte {
	b := make([]byte, dhcpCookieAt)
	b[0], b[1], b[2] = op, 1, 6
	binary.BigEndian.PutUint32(b[4:], xid)
	if yours > 0 {
		copy(b[16:], []byte{10, 0, 0, yours})
	}
	b[dhcpHardware], b[dhcpHardware+5] = 2, mac
	b = append(b, 0x63, 0x82, 0x53, 0x63)
	return append(append(b, slices.Concat(options...)...), 255)
}

func option(code byte, value ...byte) []byte { return append([]byte{code, byte(len(value))}, value...) }

func TestDHCP(t *testing.T) {
	const client, all, server, other = "0.0.0.0:68", "255.255.255.255:67", "10.0.0.1:67", "10.0.0.8:67"
	kind := func(k byte) []byte { return option(53, k) }
	by := func(last byte) []byte { return option(54, 10, 0, 0, last) }
	lease := option(51, 0, 0, 14, 16)
	h := newHarness(All()...)
	reply := func(from string, b []byte) { h.datagram(from, "255.255.255.255:68", b) }
	h.datagram(client, all, wireDHCP(1, 1, 7, 0, kind(1), option(12, []byte("pc")...)))
	h.datagram(client, all, wireDHCP(1, 1, 7, 0, kind(1), option(12, []byte("pc")...)))
	reply(server, wireDHCP(2, 1, 7, 5, kind(2), by(1)))
	reply(other, wireDHCP(2, 1, 7, 6, kind(2), by(8)))
	h.datagram(client, all, wireDHCP(1, 1, 7, 0, kind(3), option(50, 10, 0, 0, 5)))
	h.now += 2e9
	reply(server, wireDHCP(2, 1, 7, 5, kind(5), by(1), lease))
	h.datagram(client, all, wireDHCP(1, 2, 9, 0, kind(3), option(50, 10, 0, 0, 5)))
	reply(server, wireDHCP(2, 2, 9, 5, kind(5), by(1), lease))
	h.datagram(client, all, wireDHCP(1, 3, 9, 0, kind(3), option(50, 10, 0, 0, 77)))
	reply(server, wireDHCP(2, 3, 9, 0, kind(6), by(1)))
	h.datagram(client, all, wireDHCP(1, 4, 9, 0, kind(4)))
	h.datagram(client, all, wireDHCP(1, 5, 9, 0, kind(8)))
	h.datagram(client, all, wireDHCP(1, 6, 9, 0)) // BOOTP
	reply(server, wireDHCP(2, 6, 9, 4))
	h.want(t,
		"1 dhcp request: DISCOVER from 02:00:00:00:00:07 (pc)",
		"2 dhcp continues: DISCOVER from 02:00:00:00:00:07 (pc)",
		"3 dhcp response to 1: OFFER 10.0.0.5 to 02:00:00:00:00:07 by 10.0.0.1",
		"4 dhcp response to 1: OFFER 10.0.0.6 to 02:00:00:00:00:07 by 10.0.0.8 !dhcp.multiple_servers",
		"5 dhcp request: REQUEST 10.0.0.5 from 02:00:00:00:00:07",
		"6 dhcp response to 5: ACK 10.0.0.5 to 02:00:00:00:00:07 by 10.0.0.1 !dhcp.slow_ack",
		"7 dhcp request: REQUEST 10.0.0.5 from 02:00:00:00:00:09",
		"8 dhcp response to 7: ACK 10.0.0.5 to 02:00:00:00:00:09 by 10.0.0.1 !dhcp.pool_conflict",
		"9 dhcp request: REQUEST 10.0.0.77 from 02:00:00:00:00:09",
		"10 dhcp response to 9 error: NAK to 02:00:00:00:00:09 by 10.0.0.1 !dhcp.nak",
		"11 dhcp notice: DECLINE from 02:00:00:00:00:09 !dhcp.decline",
		"12 dhcp request: INFORM from 02:00:00:00:00:09 !dhcp.inform",
		"13 dhcp request: BOOTP request from 02:00:00:00:00:09",
		"14 dhcp response to 13: BOOTP reply 10.0.0.4 to 02:00:00:00:00:09",
	)
	h.wantFields(t, 0, "dhcp.type", "1", "dhcp.id", "1", "dhcp.option.dhcp", "1", "dhcp.option.hostname", "pc", "dhcp.hw.mac_addr", "020000000007", "dhcp.bootp", "")
	h.wantFields(t, 12, "dhcp.bootp", "1", "dhcp.option.type", "0", "dhcp.option.end", "255")
}

// TestDHCPOverload: options go on in the fields of the server name and of the file.
func TestDHCPOverload(t *testing.T) {
	b := wireDHCP(1, 1, 7, 0, option(52, 3), option(53, 1))
	copy(b[dhcpSname:], append(option(12, []byte("inname")...), 255))
	copy(b[dhcpFileAt:], append(option(15, []byte("infile")...), 255))
	h := newHarness(dhcpProtocol())
	h.datagram("0.0.0.0:68", "255.255.255.255:67", b)
	h.wantFields(t, 0, "dhcp.option.hostname", "inname", "dhcp.option.domain_name", "infile", "dhcp.server", "", "dhcp.file", "", "dhcp.option.type", "52|12|0|15|0|53|0")
}

// TestDHCPCut: a cut message keeps the options that are whole.
func TestDHCPCut(t *testing.T) {
	whole := wireDHCP(1, 1, 7, 0, option(53, 1), option(12, []byte("host")...), option(50, 10, 0, 0, 1))
	for n := 4; n < len(whole); n++ {
		h := newHarness(dhcpProtocol())
		h.datagram("0.0.0.0:68", "255.255.255.255:67", whole[:n])
		host := ""
		if n >= dhcpCookieAt+4+3+6 {
			host = "host"
		}
		h.wantFields(t, 0, "dhcp.option.hostname", host)
	}
}

// option6 writes an option of DHCPv6.
func option6(code int, value ...byte) []byte { return append(be16s(code, len(value)), value...) }

func TestDHCPv6(t *testing.T) {
	const client, group, server = "[fe80::2]:546", "[ff02::1:2]:547", "[fe80::1]:547"
	duid := option6(1, 0, 3, 0, 1, 2, 0, 0, 0, 0, 9)
	address := netip.MustParseAddr("2001:db8::5").AsSlice()
	lifetimes := []byte{0, 0, 0, 60, 0, 0, 0, 120}
	ia := option6(3, slices.Concat(make([]byte, 12), option6(5, slices.Concat(address, lifetimes)...))...)
	solicit := slices.Concat([]byte{1, 0, 0, 1}, duid, option6(8, 0, 100))
	advertise := slices.Concat([]byte{2, 0, 0, 1}, duid, option6(2, 0, 9, 1), ia)
	relayed := slices.Concat([]byte{12, 0}, make([]byte, 32), option6(9, solicit...))
	h := newHarness(All()...)
	h.datagram(client, group, solicit)
	h.datagram("[2001:db8::a]:547", "[2001:db8::b]:547", relayed)
	h.datagram(server, client, advertise)
	h.datagram(server, client, slices.Concat([]byte{7, 0, 0, 2}, duid, option6(13, 0, 2, 'n', 'o')))
	h.want(t,
		"1 dhcpv6 request: SOLICIT client 02:00:00:00:00:09",
		"2 dhcpv6 continues: SOLICIT (relayed) client 02:00:00:00:00:09",
		"3 dhcpv6 response to 1: ADVERTISE 2001:db8::5 client 02:00:00:00:00:09",
		"4 dhcpv6 response error: REPLY client 02:00:00:00:00:09 !dhcpv6.status",
	)
	h.wantFields(t, 0, "dhcpv6.elapsed_time", "1000", "dhcpv6.xid", "1", "dhcpv6.duid.bytes", "00030001020000000009")
	h.wantFields(t, 1, "dhcpv6.msgtype", "12|1", "dhcpv6.hopcount", "0", "dhcpv6.linkaddr", "::")
	h.wantFields(t, 2, "dhcpv6.iaaddr.ip", "2001:db8::5", "dhcpv6.iaaddr.valid_lifetime", "120", "dhcpv6.iaid", "00000000")
	h.wantFields(t, 3, "dhcpv6.status_code", "2", "dhcpv6.status_msg", "no")
}

// TestDHCPv6Nested: messages and options that are nested without end are read to a
// bounded depth.
func TestDHCPv6Nested(t *testing.T) {
	b := []byte{1, 0, 0, 1}
	for range 40 {
		b = slices.Concat([]byte{12, 0}, make([]byte, 32), option6(9, b...))
	}
	deep := option6(5, make([]byte, 24)...)
	for range 40 {
		deep = option6(5, append(make([]byte, 24), deep...)...)
	}
	h := newHarness(dhcpv6Protocol())
	h.datagram("[fe80::2]:547", "[fe80::1]:547", b)
	h.datagram("[fe80::2]:547", "[fe80::1]:547", append([]byte{1, 0, 0, 1}, deep...))
	if n := strings.Count(h.field(0, "dhcpv6.msgtype"), "12"); n != maxRelays+1 {
		t.Errorf("%d relayed messages", n)
	}
	if n := strings.Count(h.field(1, "dhcpv6.iaaddr.ip"), "::"); n != maxOptionDepth {
		t.Errorf("%d addresses", n)
	}
}

// FuzzNetServices gives bytes to the decoders of datagrams and frames, and those of DNS
// as streams in pieces both ways.
func FuzzNetServices(f *testing.F) {
	client, _ := dnsDialogue()
	f.Add(client, byte(7))
	f.Add(wireDNS(1, 0x8180, [4]int{1, 2}, wireQuestion("f.example", 1), wireRecord("@", 65, 0, 1, 0, 0, 1, 0, 3, 2, 'h', '2'), wireRecord("@", 50, 1, 1, 0, 1, 0, 1, 1, 0, 1, 64)), byte(3))
	f.Add(wireDHCP(2, 1, 7, 5, option(53, 5), option(52, 3), option(81, 4, 0, 0, 1, 'a'), option(82, 1, 1, 'c'), option(119, 1, 'a', 0)), byte(1))
	f.Add(slices.Concat([]byte{1, 0, 0, 1}, option6(3, slices.Concat(make([]byte, 12), option6(5, make([]byte, 24)...))...), option6(39, 0, 1, 'a')), byte(9))
	f.Add(wireDNS(7, 0x8500, [4]int{0, 1}, slices.Concat(netBIOSName("S", 0), be16s(nbnsNBSTAT, 1, 0, 0, 1, 0x100))), byte(2))
	f.Add(append([]byte{3, 3, 0, 0, 0, 0, 0, 0}, wireIPv4(17, append(be16s(40000, 53, 30, 0), client[2:]...))...), byte(0))
	f.Fuzz(func(t *testing.T, b []byte, cut byte) {
		h := newHarness(All()...)
		for _, to := range []string{"10.0.0.1:53", "224.0.0.251:5353", "224.0.0.252:5355", "10.0.0.1:137", "10.0.0.1:67", "10.0.0.1:547", "10.0.0.1:123", "10.0.0.1:9"} {
			h.datagram("10.0.0.2:40000", to, b)
			h.datagram(to, "10.0.0.2:40000", b)
		}
		for _, layer := range []dissect.Proto{dissect.ProtoICMP, dissect.ProtoARP} {
			h.layer(layer, "10.0.0.2", "10.0.0.1", b)
		}
		h.layer(dissect.ProtoICMPv6, "fe80::2", "fe80::1", b)
		piece := func(int) int { return int(cut) }
		h.stream("10.0.0.3:40000", "10.0.0.1:53", b, piece)
		h.stream("10.0.0.1:53", "10.0.0.3:40000", b, piece)
		h.close(Finished)
		if h.engine.Panics > 0 {
			t.Error("a decoder panicked")
		}
		for _, m := range h.messages {
			if len(m.Summary) > 200 {
				t.Errorf("summary of %d bytes", len(m.Summary))
			}
		}
	})
}

// TestNTP: the clock of the server and the way to it are measured.
func TestNTP(t *testing.T) {
	packet := func(first byte, origin, receive, transmit uint64) []byte {
		b := make([]byte, ntpBytes)
		b[0], b[1] = first, 2
		for i, v := range []uint64{origin, receive, transmit} {
			binary.BigEndian.PutUint64(b[24+8*i:], v)
		}
		return b
	}
	const second = 1 << 32
	now := uint64(2208988800) * second // 1970
	h := newHarness(ntpProtocol())
	h.datagram("10.0.0.2:50000", "10.0.0.1:123", packet(0x23, 0, 0, now))
	h.now += 2e9 - 1e6
	h.datagram("10.0.0.1:123", "10.0.0.2:50000", packet(0x24, now, now+11*second, now+11*second))
	h.want(t, "1 ntp request: client asks for the time", "2 ntp response to 1: server of stratum 2, clock +9.999 s from the capture's")
	for _, f := range h.messages[1].Fields {
		if f.Name == "ntp.delay" && f.Num != 2e9 {
			t.Errorf("delay %d", f.Num)
		}
	}
}
