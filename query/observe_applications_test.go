package query

import (
	"fmt"
	"slices"
	"strings"
)

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
