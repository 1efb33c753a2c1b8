package query

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

func observedICMP() []observed {
	ping := func(from, to string, n int) []byte {
		return icmpPacket(from, to, 8, 0, echoNumbers(1, 1), make([]byte, n))
	}
	sweep := func(n int) []framed {
		return repeated(n, 1000, func(i int) []byte { return ping("10.0.0.1", fmt.Sprintf("10.0.1.%d", i+1), 8) })
	}
	changed := func(n int) (out []framed) {
		for i := range n {
			out = append(out, framed{2 * i, icmpPacket("10.0.0.1", "10.0.0.2", 8, 0, echoNumbers(1, uint16(i)), []byte("abcdefgh"))},
				framed{2*i + 1, icmpPacket("10.0.0.2", "10.0.0.1", 0, 0, echoNumbers(1, uint16(i)), []byte("ABCDEFGH"))})
		}
		return out
	}
	trace := func(n int, ttl byte) (out []framed) {
		for i := range n {
			probe := udpPacket("10.0.0.1:40000", "198.51.100.9:33434", []byte("probe"))
			probe[8] = ttl
			quoted := slices.Clone(probe)
			quoted[8] = 1
			out = append(out, framed{20 * i, probe}, framed{20*i + 10, icmpPacket(fmt.Sprintf("10.0.%d.1", i+1), "10.0.0.1", 11, 0, make([]byte, 4), quoted)})
		}
		return out
	}
	noise := rand.New(rand.NewPCG(3, 4))
	filled := func(fill func(i int) byte) []framed {
		b := make([]byte, 512)
		for i := range b {
			b[i] = fill(i)
		}
		return []framed{{0, icmpPacket("10.0.0.1", "10.0.0.2", 8, 0, echoNumbers(1, 1), b)}}
	}
	lost := udpPacket("10.0.0.1:40000", "198.51.100.9:7000", []byte("question"))
	error4 := func(kind, code byte, rest ...byte) []framed {
		return []framed{{0, icmpPacket("10.0.0.254", "10.0.0.1", kind, code, rest, lost)}}
	}
	return []observed{
		{"icmp.sweep", "25 different hosts within 5 minutes, 25 requests in all, 0 of them answered", linkRaw, sweep(25), sweep(24), []string{"icmp"}},
		{"icmp.large_payload", "1 echo requests that carry more than 1000 bytes, and 0", linkRaw, []framed{{0, ping("10.0.0.1", "10.0.0.2", 1001)}}, []framed{{0, ping("10.0.0.1", "10.0.0.2", 1000)}}, []string{"icmp"}},
		{
			"icmp.large_payload", "and 1 of 256 bytes and more from an internal to an external address; sizes (requests): 256 (1)", linkRaw,
			[]framed{{0, ping("10.0.0.1", "198.51.100.9", 256)}},
			[]framed{{0, ping("10.0.0.1", "198.51.100.9", 255)}},
			[]string{"icmp"},
		},
		{"icmp.payload_asymmetry", "5 replies of 10.0.0.2 to 10.0.0.1", linkRaw, changed(5), changed(4), []string{"icmp"}},
		{
			"icmp.payload_entropy", "between 10.0.0.1 and 10.0.0.2: 512 bytes that echoes carried have 7.", linkRaw,
			filled(func(int) byte { return byte(noise.Uint32()) }), filled(func(i int) byte { return byte(i) }),
			[]string{"icmp"},
		},
		{"icmp.traceroute", "3 Time Exceeded within 3 minutes for packets from 10.0.0.1 to 198.51.100.9, by 3 routers", linkRaw, trace(3, 2), trace(2, 2), []string{"icmp"}},
		{"icmp.traceroute", "3 packets on that way have a time to live below 10", linkRaw, trace(3, 9), trace(3, 10), nil},
		{"icmp.redirect", "1 times", linkRaw, error4(5, 1, 10, 0, 0, 253), error4(3, 1, 0, 0, 0, 0), []string{"icmp"}},
		{"icmp.path_mtu", "the next hop takes 1280 bytes", linkRaw, error4(3, 4, 0, 0, 5, 0), error4(3, 3, 0, 0, 5, 0), []string{"icmp"}},
	}
}

func observedDNS() []observed {
	asked := func(n int, kind uint16, name func(i int) string) []framed {
		return repeated(n, 100, func(i int) []byte {
			return udpPacket("192.0.2.1:41000", resolver, dnsSays(uint16(i), asks, name(i), kind))
		})
	}
	missing := func(n int) (out []framed) {
		for i := range n {
			name := fmt.Sprintf("host%d.test", i)
			out = append(out, framed{200 * i, udpPacket("192.0.2.1:41000", resolver, dnsSays(uint16(i), asks, name, 1))},
				framed{200*i + 10, udpPacket(resolver, "192.0.2.1:41000", dnsSays(uint16(i), fails, name, 1))})
		}
		return out
	}
	numbered := func(i int) string { return fmt.Sprintf("n%d.example.com", i) }
	random := rand.New(rand.NewPCG(1, 2))
	words := make([]string, 20)
	for i := range words {
		for range 30 {
			words[i] += string("abcdefghijklmnopqrstuvwxyz234567"[random.IntN(32)])
		}
	}
	label := func(n int) []framed {
		return asked(1, 1, func(int) string { return strings.Repeat("a", n) + ".example.com" })
	}
	large := func(n int) []framed {
		head := len(dnsSays(1, answersIt, "example.com", 16, dnsRecord(16, nil)))
		return []framed{
			{0, udpPacket("192.0.2.1:41000", resolver, dnsSays(1, asks, "example.com", 16))},
			{9, udpPacket(resolver, "192.0.2.1:41000", dnsSays(1, answersIt, "example.com", 16, dnsRecord(16, textRecord(n-head))))},
		}
	}
	return []observed{
		{"dns.many_subdomains", "100 different names below example.com were asked for by 192.0.2.1 in 100 queries, 0 of them TXT or NULL", linkRaw, asked(100, 1, numbered), asked(99, 1, numbered), []string{"dns"}},
		{"dns.many_subdomains", "a tunnel has the same shape: 100 % of the queries ask for a new name, 100 % of them are TXT or NULL", linkRaw, asked(100, 16, numbered), asked(99, 16, numbered), []string{"dns"}},
		{
			"dns.high_entropy_names", "20 names of 20 and more characters below example.com", linkRaw,
			asked(20, 1, func(i int) string { return words[i] + ".example.com" }), asked(20, 1, func(i int) string { return strings.Repeat("ab", 15) + fmt.Sprint(i) + ".example.com" }),
			[]string{"dns"},
		},
		{"dns.nxdomain_burst", "192.0.2.1 asked for 25 different domains", linkRaw, missing(25), missing(24), []string{"dns"}},
		{"dns.long_label", "1 times, 1 pair of hosts: 192.0.2.1 with 192.0.2.53:53 (1)", linkRaw, label(49), label(48), []string{"dns"}},
		{"dns.obsolete_type", "1 times", linkRaw, asked(1, 10, numbered), asked(1, 16, numbered), []string{"dns"}},
		{"dns.large_udp", "1 times", linkRaw, large(513), large(512), []string{"dns"}},
	}
}

// textRecord is the data of a TXT record with n bytes.
func textRecord(n int) (b []byte) {
	for n > 0 {
		part := min(n-1, 255)
		b = append(append(b, byte(part)), strings.Repeat("t", part)...)
		n -= part + 1
	}
	return b
}

func observedLinks() []observed {
	offers := func(second byte) []framed {
		offer := func(source, server byte) []byte {
			d := dhcpLease{2, 7, firstMAC, "192.168.1.100", []byte{53, 1, 2, 54, 4, 192, 168, 1, server, 3, 4, 192, 168, 1, server}}
			return onEthernet(source, 0x0800, udpPacket(fmt.Sprintf("192.168.1.%d:67", server), toClients, d.bytes()))
		}
		discover := dhcpLease{1, 7, firstMAC, "", []byte{53, 1, 1}}
		return []framed{{0, onEthernet(9, 0x0800, udpPacket(fromClient, toServers, discover.bytes()))}, {5, offer(1, 1)}, {6, offer(second, 2)}}
	}
	starve := func(n int) []framed {
		return repeated(n, 1000, func(i int) []byte {
			d := dhcpLease{1, uint32(i), [6]byte{6, 0, 0, 0, 1, byte(i)}, "", []byte{53, 1, 1}}
			return onEthernet(9, 0x0800, udpPacket(fromClient, toServers, d.bytes()))
		})
	}
	spread := starve(50)
	spread[49].ms = 61000
	claim := func(source byte) []byte {
		return onEthernet(source, 0x0806, []byte{0, 1, 8, 0, 6, 4, 0, 2, 2, 0, 0, 0, 0, source, 10, 0, 0, 7, 2, 0, 0, 0, 0, 99, 10, 0, 0, 1})
	}
	return []observed{
		{"dhcp.multiple_servers", "2 servers answer on the link: 192.168.1.1 from 02:00:00:00:00:01, 1 answers (router 192.168.1.1, name server none); 192.168.1.2 from 02:00:00:00:00:02", linkEthernet, offers(2), offers(1), []string{"dhcp"}},
		{"dhcp.starvation_shape", "02:00:00:00:00:09 sent DISCOVER of 50 different clients within 60 s", linkEthernet, starve(50), starve(49), []string{"dhcp"}},
		{"dhcp.starvation_shape", "51 different clients", linkEthernet, starve(51), spread, nil},
		{"arp.conflict", "10.0.0.7 was claimed by 2 hardware addresses within 5 minutes: 02:00:00:00:00:01, 02:00:00:00:00:02", linkEthernet, []framed{{0, claim(1)}, {299000, claim(2)}}, []framed{{0, claim(1)}, {301000, claim(2)}}, []string{"arp"}},
	}
}
