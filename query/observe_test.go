package query

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pcapidx/index"
)

// observed is a capture that shows a pattern, and one that comes near it: of several
// captures with the same code, each has both.
type observed struct {
	code      string
	says      string // part of the statement
	link      uint32
	shows     []framed
	nearly    []framed
	summaries []string // protocols whose summary has it, too
}

// overviewed looks at all protocols of a written capture.
func overviewed(t *testing.T, link uint32, frames []framed) (*Engine, string, *OverviewAnswer) {
	t.Helper()
	e, id := listed(t, link, frames...)
	a, err := e.Overview(context.Background(), OverviewRequest{Capture: id})
	if err != nil {
		t.Fatal(err)
	}
	return e, id, a
}

// observation gives the first one of a code, nil if there is none.
func observation(all []Observation, code string) *Observation {
	for i := range all {
		if all[i].Code == code {
			return &all[i]
		}
	}
	return nil
}

func TestObservations(t *testing.T) {
	var cases []observed
	for _, some := range [][]observed{observedICMP(), observedDNS(), observedLinks(), observedSIP(), observedConnections(), observedRedirects(), observedAccess(), observedWarned()} {
		cases = append(cases, some...)
	}
	for i := range cases {
		c := &cases[i]
		t.Run(c.code+" "+c.says, func(t *testing.T) {
			e, id, a := overviewed(t, c.link, c.shows)
			o := observation(a.Observations, c.code)
			if o == nil {
				t.Fatalf("not seen among %+v", a.Observations)
			}
			if !strings.Contains(o.Statement, c.says) {
				t.Errorf("statement: %s; want %q in it", o.Statement, c.says)
			}
			checkObservation(t, o, len(c.shows))
			for _, protocol := range c.summaries {
				if s := observation(summed(t, e, id, protocol).Observations, c.code); s == nil || s.Statement != o.Statement {
					t.Errorf("summary of %s: %+v", protocol, s)
				}
			}
			if _, _, a = overviewed(t, c.link, c.nearly); observation(a.Observations, c.code) != nil {
				t.Errorf("seen in what only comes near: %s", observation(a.Observations, c.code).Statement)
			}
		})
	}
}

// checkObservation: every observation has evidence that exists, a rule, and an
// explanation without harm.
func checkObservation(t *testing.T, o *Observation, frames int) {
	t.Helper()
	if len(o.Frames) == 0 || len(o.Frames) > someValues || slices.ContainsFunc(o.Frames, func(f uint32) bool { return f == 0 || int(f) > frames }) {
		t.Errorf("evidence %v of %d frames", o.Frames, frames)
	}
	if o.Title == "" || o.Rule == "" || len(o.Benign) == 0 {
		t.Errorf("incomplete: %+v", o)
	}
	for _, word := range []string{"attack", "malicious", "suspicious", "a scan."} {
		if strings.Contains(strings.ToLower(o.Statement), word) {
			t.Errorf("a verdict: %s", o.Statement)
		}
	}
}

// repeated writes n frames, a step of milliseconds apart.
func repeated(n, step int, frame func(i int) []byte) (out []framed) {
	for i := range n {
		out = append(out, framed{i * step, frame(i)})
	}
	return out
}

// laterMS puts frames behind others.
func laterMS(all []framed, ms int, more ...framed) []framed {
	for _, f := range more {
		all = append(all, framed{f.ms + ms, f.data})
	}
	return all
}

// talk writes a connection: a handshake, what is said, from the client where it begins
// with ">" and from the server otherwise, and its end.
func talk(client, server string, said ...string) (out []framed) {
	out = []framed{{0, tcpPacket(client, server, syn, 1000, 0, "")}, {1, tcpPacket(server, client, syn|ack, 5000, 1001, "")}, {2, tcpPacket(client, server, ack, 1001, 5001, "")}}
	a, b := uint32(1001), uint32(5001)
	for i, s := range said {
		if text, ok := strings.CutPrefix(s, ">"); ok {
			out = append(out, framed{3 + i, tcpPacket(client, server, ack|8, a, b, text)})
			a += uint32(len(text))
		} else {
			out = append(out, framed{3 + i, tcpPacket(server, client, ack|8, b, a, s[1:])})
			b += uint32(len(s) - 1)
		}
	}
	n := 3 + len(said)
	return append(out, framed{n, tcpPacket(client, server, ack|1, a, b, "")}, framed{n + 1, tcpPacket(server, client, ack|1, b, a+1, "")}, framed{n + 2, tcpPacket(client, server, ack, a+1, b+1, "")})
}

// onEthernet puts an IP packet, or a payload of another type, into a frame.
func onEthernet(source byte, kind uint16, payload []byte) []byte {
	b := []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, source, byte(kind >> 8), byte(kind)}
	return append(b, payload...)
}

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

func observedSIP() []observed {
	const phone, proxy = "192.0.2.1:5060", "192.0.2.2:5060"
	// refused writes registrations that are refused, with credentials or without.
	refused := func(n int, credentials string) (out []framed) {
		for i := range n {
			lines := []string{
				fmt.Sprintf("Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK%d", i), fmt.Sprintf("From: <sip:u%d@example.com>;tag=1", i), fmt.Sprintf("To: <sip:u%d@example.com>", i),
				fmt.Sprintf("Call-ID: %d@example.com", i), "CSeq: 1 REGISTER",
			}
			ask := append([]string{"REGISTER sip:example.com SIP/2.0"}, lines...)
			if credentials != "" {
				ask = append(ask, credentials)
			}
			out = append(out, framed{1000 * i, udpPacket(phone, proxy, []byte(sipText("", ask...)))},
				framed{1000*i + 10, udpPacket(proxy, phone, []byte(sipText("", append([]string{"SIP/2.0 401 Unauthorized"}, lines...)...)))})
		}
		return out
	}
	calls := func(n int) (out []framed) {
		for i := range n {
			lines := []string{
				fmt.Sprintf("Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK%d", i), "From: <sip:alice@example.com>;tag=1", fmt.Sprintf("To: <sip:+4990%04d@example.com>", i),
				fmt.Sprintf("Call-ID: %d@example.com", i), "CSeq: 1 INVITE",
			}
			out = append(out, framed{1000 * i, udpPacket(phone, proxy, []byte(sipText("", append([]string{"INVITE sip:x@example.com SIP/2.0"}, lines...)...)))},
				framed{1000*i + 10, udpPacket(proxy, phone, []byte(sipText("", append([]string{"SIP/2.0 200 OK"}, lines...)...)))})
		}
		return out
	}
	agent := func(name string) []framed {
		text := sipText("", "OPTIONS sip:example.com SIP/2.0", "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1", "From: <sip:a@example.com>;tag=1", "To: <sip:b@example.com>", "Call-ID: 1", "CSeq: 1 OPTIONS", "User-Agent: "+name)
		return []framed{{0, udpPacket(phone, proxy, []byte(text))}}
	}
	const digest = `Authorization: Digest username="u", realm="r", nonce="n", uri="sip:example.com", response="00112233445566778899aabbccddeeff"`
	return []observed{
		{"sip.register_failures", "192.0.2.1 was refused 30 times within 30 minutes", linkRaw, refused(30, digest), refused(29, digest), []string{"sip"}},
		{"sip.register_failures", "for 30 different users: at least 10 users are tried", linkRaw, refused(30, digest), refused(30, ""), nil},
		{"sip.call_spread", "50 different numbers were called by sip:alice@example.com and answered within 10 minutes, 50 calls in all, 50 to numbers that begin with +", linkRaw, calls(50), calls(49), []string{"sip"}},
		{"sip.scanner_agent", "1 messages have \"friendly-scanner\"", linkRaw, agent("friendly-scanner"), agent("friendly phone"), []string{"sip"}},
	}
}

func observedConnections() []observed {
	at := func(i int) string { return fmt.Sprintf("10.0.0.1:%d", 40000+i) }
	tries := func(n int, to func(i int) string) (out []framed) {
		for i := range n {
			out = append(out, framed{100 * i, tcpPacket(at(i), to(i), syn, 1000, 0, "")}, framed{100*i + 1, tcpPacket(to(i), at(i), ack|4, 0, 1001, "")})
		}
		return out
	}
	port := func(i int) string { return fmt.Sprintf("10.0.0.2:%d", 1000+i) }
	host := func(i int) string { return fmt.Sprintf("10.0.2.%d:445", i+1) }
	// probes writes packets of a stealth scan, and RSTs that answer them if they are wanted.
	probes := func(n int, flags byte, answered bool) (out []framed) {
		for i := range n {
			out = append(out, framed{100 * i, tcpPacket(at(i), port(i), flags, 1000, 7, "")})
			if answered {
				out = append(out, framed{100*i + 1, tcpPacket(port(i), at(i), 4, 7, 0, "")})
			}
		}
		return out
	}
	// halfOpen writes handshakes that lack their last packet, and something long after.
	halfOpen := func(n, step int, last bool) (out []framed) {
		for i := range n {
			out = laterMS(out, step*i, talk(at(i), "10.0.0.2:80")[:2]...)
			if last {
				out = laterMS(out, step*i, talk(at(i), "10.0.0.2:80")[2])
			}
		}
		return append(out, framed{60000, udpPacket(at(0), "10.0.0.2:9", []byte("end"))})
	}
	every := func(n int, ms func(i int) int) (out []framed) {
		for i := range n {
			out = laterMS(out, ms(i), talk(at(i), "10.0.0.2:9000", ">hello", "<world")...)
		}
		return out
	}
	steady := func(step int) func(i int) int { return func(i int) int { return i * step } }
	shells := func(n, ms int) (out []framed) {
		for i := range n {
			one := talk(at(i), "10.0.0.2:22", ">SSH-2.0-a\r\n", "<SSH-2.0-b\r\n")
			one[len(one)-1].ms += ms
			out = laterMS(out, 10*i, one...)
		}
		slices.SortStableFunc(out, func(a, b framed) int { return a.ms - b.ms })
		return out
	}
	web := func(server string) []framed {
		return talk("10.0.0.1:40000", server, ">GET / HTTP/1.1\r\nHost: a\r\n\r\n", "<HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	}
	return []observed{
		{"scan.ports", "10.0.0.1 tried 15 ports of 10.0.0.2 in 1.4 s (15 refused)", linkRaw, tries(15, port), tries(14, port), nil},
		{"scan.hosts", "10.0.0.1 tried port 445 of 15 hosts in 1.4 s (15 refused)", linkRaw, tries(15, host), tries(14, host), nil},
		{"scan.stealth", "10.0.0.1 probed 5 ports of 10.0.0.2 in 400 ms with packets that no connection begins with (FIN alone)", linkRaw, probes(5, 1, false), probes(4, 1, false), nil},
		{"scan.stealth", "(no flags)", linkRaw, probes(5, 0, false), probes(5, ack, false), nil},
		{"scan.stealth", "10.0.0.1 probed 15 ports of 10.0.0.2 in 1.4 s with lone ACKs, which RSTs answered", linkRaw, probes(15, ack, true), probes(14, ack, true), nil},
		{"scan.unfinished", "100 handshakes at port 80 of 10.0.0.2 were never finished, up to 100 in a second, within 891 ms", linkRaw, halfOpen(100, 9, false), halfOpen(99, 9, false), nil},
		{"scan.unfinished", "100 handshakes", linkRaw, halfOpen(100, 9, false), halfOpen(200, 11, false), nil},
		{"scan.unfinished", "100 handshakes", linkRaw, halfOpen(100, 9, false), halfOpen(200, 4, true), nil},
		{"beacon.periodic", "10.0.0.1 opened 20 connections to 10.0.0.2:9000 over tcp, every 30.0 s in the middle; the gaps vary by 0 %", linkRaw, every(20, steady(30000)), every(19, steady(30000)), nil},
		{"beacon.periodic", "20 connections", linkRaw, every(20, steady(30000)), every(20, steady(29000)), nil},
		{"beacon.periodic", "20 connections", linkRaw, every(20, steady(30000)), every(20, func(i int) int { return 30000*i + i%2*20000 }), nil},
		{"auth.ssh_many", "10.0.0.1 opened 30 SSH sessions of at most 30 s to 10.0.0.2:22 within 30 minutes; of all 30 sessions 0 were longer", linkRaw, shells(30, 0), shells(29, 0), []string{"ssh"}},
		{"auth.ssh_many", "30 SSH sessions", linkRaw, shells(30, 0), shells(30, 31000), nil},
		{"proto.unusual_port", "HTTP: 1 connections to 1 servers (10.0.0.2) on 1 ports that are not its own, with the most connections on 22 (1, usually SSH)", linkRaw, web("10.0.0.2:22"), web("10.0.0.2:8080"), nil},
	}
}

func observedAccess() []observed {
	redis := func(first ...string) []framed {
		return talk("10.0.0.1:40000", "10.0.0.2:6379", append(first, ">*2\r\n$3\r\nGET\r\n$1\r\na\r\n", "<$1\r\nb\r\n")...)
	}
	login := ">\x00\x00\x00\x17\x00\x03\x00\x00user\x00postgres\x00\x00"
	pgsql := func(more ...string) []framed {
		return talk("10.0.0.1:40000", "10.0.0.2:5432", append([]string{login}, more...)...)
	}
	const done = "R\x00\x00\x00\x08\x00\x00\x00\x00Z\x00\x00\x00\x05I"
	mysql := func(secret string) []framed {
		packet := func(number byte, body string) string {
			return string([]byte{byte(len(body)), byte(len(body) >> 8), 0, number}) + body
		}
		// Protocol 10, secure connections, protocol 4.1, named authentication.
		greeting := "\x0a8.0.0\x00\x01\x00\x00\x00saltsalt\x00\x00\x82\x21\x02\x00\x08\x00\x15" + strings.Repeat("\x00", 10) + "saltsaltsalt\x00mysql_native_password\x00"
		answer := "\x00\x82\x08\x00\x00\x00\x00\x01\x21" + strings.Repeat("\x00", 23) + "root\x00" + string([]byte{byte(len(secret))}) + secret + "mysql_native_password\x00"
		return talk("10.0.0.1:40000", "10.0.0.2:3306", "<"+packet(0, greeting), ">"+packet(1, answer), "<"+packet(2, "\x00\x00\x00\x02\x00\x00\x00"))
	}
	return []observed{
		{"redis.no_auth", "10.0.0.2:6379 did 1 commands on 1 connections", linkRaw, redis(), redis(">*2\r\n$4\r\nAUTH\r\n$6\r\nsecret\r\n", "<+OK\r\n"), []string{"redis"}},
		{"redis.no_auth", "1 commands", linkRaw, redis(">*1\r\n$4\r\nPING\r\n", "<+PONG\r\n"), talk("10.0.0.1:40000", "10.0.0.2:6379", ">*2\r\n$3\r\nGET\r\n$1\r\na\r\n", "<-NOAUTH Authentication required.\r\n"), nil},
		{"sql.no_password", "10.0.0.2:5432 let clients in on 1 connections", linkRaw, pgsql("<" + done), pgsql("<R\x00\x00\x00\x08\x00\x00\x00\x03", ">p\x00\x00\x00\x0bsecret\x00", "<"+done), []string{"sql"}},
		{"sql.no_password", "10.0.0.2:3306 let clients in on 1 connections", linkRaw, mysql(""), mysql(strings.Repeat("s", 20)), []string{"sql"}},
	}
}

func observedWarned() []observed {
	web := func(header string) []framed {
		return talk("10.0.0.1:40000", "10.0.0.2:80", ">GET / HTTP/1.1\r\nHost: a\r\n"+header+"\r\n", "<HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	}
	record := func(version byte, body string) string {
		hello := string([]byte{body[0], 0, byte((len(body) - 1) >> 8), byte(len(body) - 1)}) + body[1:]
		return string([]byte{22, 3, version, byte(len(hello) >> 8), byte(len(hello))}) + hello
	}
	hello := func(version byte, suite string) []framed {
		random := strings.Repeat("r", 32)
		return talk("10.0.0.1:40000", "10.0.0.2:443", ">"+record(1, "\x01\x03\x03"+random+"\x00\x00\x04\x00\x2f\x00\x05\x01\x00"), "<"+record(version, "\x02\x03"+string([]byte{version})+random+"\x00"+suite+"\x00"))
	}
	mail := func(login string) []framed {
		return talk("10.0.0.1:40000", "10.0.0.2:143", "<* OK IMAP4rev1 ready\r\n", ">a1 "+login+"\r\n", "<a1 OK done\r\n")
	}
	return []observed{
		{"cleartext.credentials", "http: 1 times to 10.0.0.2:80, from 10.0.0.1", linkRaw, web("Authorization: Basic dXNlcjpzM2NyM3Q=\r\n"), web("Authorization: Digest x\r\n"), []string{"http"}},
		{"cleartext.credentials", "users: ann", linkRaw, mail("LOGIN ann s3cr3t"), mail("CAPABILITY"), []string{"imap"}},
		{"http.cl_te_conflict", "1 times", linkRaw, web("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n"), web(""), []string{"http"}},
		{"tls.old_version", "TLS below version 1.2: 1 times, 1 pair of hosts: 10.0.0.1 with 10.0.0.2:443 (1)", linkRaw, hello(1, "\x00\x2f"), hello(3, "\x00\x2f"), []string{"tls"}},
		{"tls.weak_cipher", "RC4", linkRaw, hello(3, "\x00\x05"), hello(3, "\x00\x2f"), []string{"tls"}},
	}
}

// TestObservedSecrets: what was sent as a password is in no answer.
func TestObservedSecrets(t *testing.T) {
	encoded := base64.StdEncoding.EncodeToString([]byte("ann:s3cr3t"))
	_, _, a := overviewed(t, linkRaw, talk("10.0.0.1:40000", "10.0.0.2:80", ">GET / HTTP/1.1\r\nAuthorization: Basic "+encoded+"\r\n\r\n", "<HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
	text, err := json.Marshal(a)
	if err != nil || observation(a.Observations, "cleartext.credentials") == nil || strings.Contains(string(text), "s3cr3t") || strings.Contains(string(text), encoded) {
		t.Errorf("%s, %v", text, err)
	}
}

// TestOverviewFigures: protocols with the most messages first, and codes that begin as
// asked; of many observations of one code the first ones with the number of the others.
func TestOverviewFigures(t *testing.T) {
	var frames []framed
	for i := range toldOfCode + 3 {
		frames = laterMS(frames, 100*i, talk(fmt.Sprintf("10.0.0.1:%d", 40000+i), fmt.Sprintf("10.0.1.%d:6379", i+1), ">*2\r\n$3\r\nGET\r\n$1\r\na\r\n", "<$1\r\nb\r\n")...)
	}
	frames = append(frames, framed{5000, udpPacket("192.0.2.1:41000", resolver, dnsSays(1, asks, strings.Repeat("a", 60)+".example.com", 1))})
	e, id, a := overviewed(t, linkRaw, frames)
	if a.Messages != 17 || a.Connections != 9 || a.Identified != 9 || len(a.Protocols) != 2 || a.Protocols[0] != (ProtocolFigure{Protocol: "resp", Messages: 16}) || a.Protocols[1].Warnings == 0 {
		t.Errorf("%+v", a)
	}
	var redis []Observation
	for _, o := range a.Observations {
		if o.Code == "redis.no_auth" {
			redis = append(redis, o)
		}
	}
	if len(redis) != toldOfCode || redis[toldOfCode-1].More != 3 || redis[0].More != 0 {
		t.Errorf("%+v", redis)
	}
	some, err := e.Overview(context.Background(), OverviewRequest{Capture: id, Code: "dns."})
	if err != nil || len(some.Observations) != 1 || some.Observations[0].Code != "dns.long_label" {
		t.Errorf("%+v, %v", some, err)
	}
	if _, err = e.Overview(context.Background(), OverviewRequest{Capture: "none"}); err == nil {
		t.Error("a capture that is not there")
	}
}

// TestOverviewKept: of an index that stays open the first look is kept; a question about
// some codes does not change it.
func TestOverviewKept(t *testing.T) {
	store := index.OpenStore(t.TempDir())
	kept := NewKeptSource(store, 1, time.Hour)
	defer kept.Close()
	e := New(kept, testWriter{store: store})
	id := ingestBytes(t, e, captureFile(linkRaw, framed{0, udpPacket("192.0.2.1:41000", resolver, dnsSays(1, asks, strings.Repeat("a", 60)+".example.com", 1))}))
	ask := func(code string) *OverviewAnswer {
		a, err := e.Overview(context.Background(), OverviewRequest{Capture: id, Code: code})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	first := ask("")
	if none := ask("tls"); len(first.Observations) != 1 || len(none.Observations) != 0 || len(none.Hints) != 1 {
		t.Errorf("%+v, then %+v", first, none)
	}
	if again := ask(""); !reflect.DeepEqual(first, again) {
		t.Errorf("%+v, then %+v", first, again)
	}
	x, _, err := kept.Open(id)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	if x.(*keptIndex).overview.Load() == nil {
		t.Error("nothing is kept")
	}
}
