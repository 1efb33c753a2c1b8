package proto

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pcapidx/index"
)

// wireName writes a name.
func wireName(name string) (b []byte) {
	for _, label := range strings.FieldsFunc(name, func(r rune) bool { return r == '.' }) {
		b = append(append(b, byte(len(label))), label...)
	}
	return append(b, 0)
}

func be16s(values ...int) (b []byte) {
	for _, v := range values {
		b = binary.BigEndian.AppendUint16(b, uint16(v))
	}
	return b
}

func wireQuestion(name string, kind int) []byte { return append(wireName(name), be16s(kind, 1)...) }

// wireRecord writes a record with a lifetime of 60 s. "@" stands for the name at byte 12.
func wireRecord(name string, kind int, data ...byte) []byte {
	b := []byte{0xc0, 12}
	if name != "@" {
		b = wireName(name)
	}
	return append(append(b, be16s(kind, 1, 0, 60, len(data))...), data...)
}

// wireDNS writes a message. parts are questions, and then as many answers, authorities
// and additional records as the counts say.
func wireDNS(id, flags int, counts [4]int, parts ...[]byte) []byte {
	return append(be16s(id, flags, counts[0], counts[1], counts[2], counts[3]), bytes.Join(parts, nil)...)
}

const (
	testClient = "10.0.0.2:40000"
	testServer = "10.0.0.1:53"
)

func TestDNSPairs(t *testing.T) {
	long := strings.Repeat("x", 50) + ".example"
	ask := func(id int, name string, kind int) []byte {
		return wireDNS(id, 0x100, [4]int{1}, wireQuestion(name, kind))
	}
	h := newHarness(dnsProtocol())
	send := func(b []byte) { h.datagram(testClient, testServer, b) }
	reply := func(b []byte) { h.datagram(testServer, testClient, b) }
	send(ask(1, "www.example", 1))
	send(ask(1, "WWW.example", 1))
	reply(wireDNS(1, 0x8180, [4]int{1, 2}, wireQuestion("www.example", 1), wireRecord("@", 5, wireName("web.example")...), wireRecord("web.example", 1, 192, 0, 2, 1)))
	reply(wireDNS(1, 0x8180, [4]int{1, 1}, wireQuestion("www.example", 1), wireRecord("@", 1, 192, 0, 2, 9)))
	send(ask(2, "none.example", 28))
	reply(wireDNS(2, 0x8183, [4]int{1}, wireQuestion("none.example", 28)))
	send(ask(3, "a.example", 16))
	reply(wireDNS(4, 0x8182, [4]int{1}, wireQuestion("a.example", 16)))
	send(ask(5, long, 10))
	reply(wireDNS(5, 0x8385, [4]int{1}, wireQuestion(long, 10)))
	h.want(t,
		"1 dns request: query A www.example",
		"2 dns continues: query A WWW.example !dns.retry",
		"3 dns response to 1: query A www.example: CNAME web.example, A 192.0.2.1",
		"4 dns response to 1: query A www.example: A 192.0.2.9 !dns.multiple_answers_differ",
		"5 dns request: query AAAA none.example",
		"6 dns response to 5 error: query AAAA none.example: NXDOMAIN !dns.nxdomain",
		"7 dns request: query TXT a.example",
		"8 dns response error: query TXT a.example: SERVFAIL !dns.servfail !dns.id_mismatch",
		"9 dns request: query NULL "+long+" !dns.obsolete_type !dns.long_label",
		"10 dns response to 9 error: query NULL "+long+": REFUSED !dns.obsolete_type !dns.long_label !dns.truncated !dns.refused",
	)
	h.wantFields(t, 2, "dns.id", "1", "dns.resp.name", "www.example|web.example", "dns.cname", "web.example", "dns.a", "192.0.2.1", "dns.resp.ttl", "60|60")
	if name := h.engine.names.of(addr4([]byte{192, 0, 2, 1})); name != "www.example" {
		t.Errorf("192.0.2.1 is %q", name)
	}
}

// TestDNSLargeUDP: what is large depends on what the question announced.
func TestDNSLargeUDP(t *testing.T) {
	edns := func(size int) []byte { return append([]byte{0}, be16s(typeOPT, size, 0, 0, 0)...) }
	text := slices.Repeat([]byte("\x09some text"), 80)
	h := newHarness(dnsProtocol())
	for id, size := range []int{0, 600, 4096} {
		q := wireDNS(id, 0x100, [4]int{1}, wireQuestion("t.example", 16))
		if size > 0 {
			q = wireDNS(id, 0x100, [4]int{1, 0, 0, 1}, wireQuestion("t.example", 16), edns(size))
		}
		h.datagram(testClient, testServer, q)
		h.datagram(testServer, testClient, wireDNS(id, 0x8180, [4]int{1, 1}, wireQuestion("t.example", 16), wireRecord("@", 16, text...)))
	}
	var large []int
	for i, m := range h.messages {
		for _, w := range m.Warnings {
			if w.Code == "dns.large_udp" {
				large = append(large, i)
			}
		}
	}
	if !slices.Equal(large, []int{1, 3}) {
		t.Errorf("messages %d are large", large)
	}
}

// TestDNSRecords compares the fields of records of many types.
func TestDNSRecords(t *testing.T) {
	tests := []struct {
		kind   int
		data   []byte
		fields []string
	}{
		{6, slices.Concat(wireName("ns.example"), wireName("me.example"), be16s(0, 1, 0, 2, 0, 3, 0, 4, 0, 5)), []string{"dns.soa.mname", "ns.example", "dns.soa.rname", "me.example", "dns.soa.serial_number", "1", "dns.soa.minimum_ttl", "5"}},
		{15, append(be16s(10), 0xc0, 12), []string{"dns.mx.preference", "10", "dns.mx.mail_exchange", "r.example"}},
		{16, []byte("\x02ab\x00\x03c\xffd"), []string{"dns.txt", "ab||c\ufffdd", "dns.txt.length", "2|0|3"}},
		{28, slices.Repeat([]byte{1}, 16), []string{"dns.aaaa", "101:101:101:101:101:101:101:101"}},
		{33, append(be16s(1, 2, 5060), wireName("sip.example")...), []string{"dns.srv.port", "5060", "dns.srv.target", "sip.example", "dns.srv.service", "r", "dns.srv.proto", "example", "dns.resp.name", ""}},
		{35, slices.Concat(be16s(1, 2), []byte("\x01u\x07E2U+sip\x03!a!\x00")), []string{"dns.naptr.service", "E2U+sip", "dns.naptr.replacement", nameRoot, "dns.naptr.replacement_length", "6"}},
		{47, slices.Concat(wireName("n.example"), []byte{0, 1, 0x40, 1, 1, 0x80}), []string{"dns.nsec.next_domain_name", "n.example", "dns.resp.type", "47|1|256"}},
		{48, slices.Concat(be16s(257), []byte{3, 8, 1, 2, 3}), []string{"dns.dnskey.flags", "257", "dns.dnskey.key_id", "2059", "dns.dnskey.public_key", "010203"}},
		{50, []byte{1, 1, 0, 10, 1, 0xaa, 5, 1, 2, 3, 4, 5, 0, 1, 0x40}, []string{"dns.nsec3.salt_value", "aa", "dns.nsec3.hash_value", "04106105", "dns.resp.type", "50|1"}},
		{65, slices.Concat(be16s(1), []byte{0}, be16s(1, 6), []byte("\x02h2\x02h3"), be16s(3, 2, 443), be16s(4, 4), []byte{192, 0, 2, 7}), []string{"dns.svcb.targetname", nameRoot, "dns.svcb.svcparam.alpn", "h2|h3", "dns.svcb.svcparam.port", "443", "dns.svcb.svcparam.ipv4hint.ip", "192.0.2.7"}},
		{257, []byte("\x80\x05issueca.example"), []string{"dns.caa.flags.issuer_critical", "1", "dns.caa.issue", "ca.example", "dns.caa.value", "ca.example"}},
		{9999, []byte("xyz"), []string{"dns.data", "78797a"}},
	}
	for _, test := range tests {
		h := newHarness(dnsProtocol())
		h.datagram(testServer, testClient, wireDNS(1, 0x8180, [4]int{1, 1}, wireQuestion("r.example", test.kind), wireRecord("@", test.kind, test.data...)))
		h.wantFields(t, 0, test.fields...)
		if m := h.messages[0]; m.Outcome != index.Fine {
			t.Errorf("type %d: %v", test.kind, m.Outcome)
		}
	}
}

// TestDNSOptions reads EDNS options.
func TestDNSOptions(t *testing.T) {
	options := slices.Concat(be16s(8, 7, 1), []byte{24, 0, 192, 0, 2}, be16s(10, 8), []byte("12345678"), be16s(15, 6, 18), []byte("nope"))
	opt := append(append([]byte{0}, be16s(typeOPT, 1232, 0, 0x8000, len(options))...), options...)
	h := newHarness(dnsProtocol())
	h.datagram(testServer, testClient, wireDNS(1, 0x8182, [4]int{1, 0, 0, 1}, wireQuestion("e.example", 1), opt))
	h.want(t, "1 dns response error: query A e.example: SERVFAIL !dns.servfail")
	h.wantFields(t, 0, "dns.rr.udp_payload_size", "1232", "dns.resp.z.do", "1", "dns.opt.client.addr4", "192.0.2.0", "dns.opt.cookie.client", "3132333435363738",
		"dns.opt.ext_error.info_code", "18", "dns.opt.ext_error.extra_text", "nope", "dns.resp.ttl", "")
}

// TestDNSCutPacket: records before the cut are kept, of the others nothing.
func TestDNSCutPacket(t *testing.T) {
	whole := wireDNS(7, 0x8180, [4]int{1, 3}, wireQuestion("c.example", 1), wireRecord("@", 1, 192, 0, 2, 1), wireRecord("@", 1, 192, 0, 2, 2), wireRecord("@", 1, 192, 0, 2, 3))
	records := []string{"", "192.0.2.1", "192.0.2.1|192.0.2.2", "192.0.2.1|192.0.2.2|192.0.2.3"}
	for n := 2; n <= len(whole); n++ {
		h := newHarness(dnsProtocol())
		h.next()
		h.engine.Uncaptured(uint64(len(whole) - n))
		c, side := h.connection(testServer, testClient, true)
		c.Datagram(side, whole[:n], 1, 1)
		if len(h.messages) != 1 {
			t.Fatalf("%d bytes: %d messages", n, len(h.messages))
		}
		h.wantFields(t, 0, "dns.a", records[max(0, (n-(len(whole)-48))/16)])
		if partial := h.messages[0].Outcome == index.Partial; partial != (n < len(whole)) {
			t.Errorf("%d bytes: %v", n, h.messages[0].Outcome)
		}
	}
}

func TestDNSNames(t *testing.T) {
	tests := []struct {
		b    string
		text string
		end  int
		ok   bool
	}{
		{"\x00", nameRoot, 1, true},
		{"\x01a\x02bc\x00x", "a.bc", 6, true},
		{"\x01a\xc0\x05\x00\x01z\x00", "a.z", 4, true},
		{"\xc0\x00", nameLoops, 2, true},
		{"\x01a\xc0\x00", nameLoops, 4, true},
		{"\x03a\x01\n\x00", `a\001\n`, 5, true},
		{"\x05\xc3\xa4\xff\xe2\x82\x00", "ä\ufffd\ufffd", 7, true},
		{strings.Repeat("\x3f"+strings.Repeat("a", 63), 5) + "\x00", nameLong, 321, true},
		{"\x05abc", "", 0, false},
		{"\x41a\x00", "", 0, false},
		{"\xc0", "", 0, false},
		{"\xc0\x09", "", 0, false},
		{"", "", 0, false},
	}
	for _, test := range tests {
		n, end, ok := readName([]byte(test.b), 0)
		if ok != test.ok || ok && (n.text != test.text || end != test.end) {
			t.Errorf("%q: %q to %d, %v; want %q to %d, %v", test.b, n.text, end, ok, test.text, test.end, test.ok)
		}
	}
}

// dnsDialogue is a connection over TCP with three messages.
func dnsDialogue() (client, server []byte) {
	framed := func(b []byte) []byte { return append(be16s(len(b)), b...) }
	client = slices.Concat(framed(wireDNS(1, 0x100, [4]int{1}, wireQuestion("t.example", 1))), framed(wireDNS(2, 0x100, [4]int{1}, wireQuestion("u.example", 28))))
	server = framed(wireDNS(2, 0x8180, [4]int{1}, wireQuestion("u.example", 28)))
	return client, server
}

// TestDNSStreamCuts: however a stream is cut into segments, the messages are the same;
// and when its end is missing, those before the cut are.
func TestDNSStreamCuts(t *testing.T) {
	client, server := dnsDialogue()
	want := []string{"1 dns request: query A t.example", "2 dns request: query AAAA u.example", "3 dns response to 2: query AAAA u.example: no answers"}
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		h := newHarness(All()...)
		h.stream(testClient, testServer, client, random.IntN)
		h.stream(testServer, testClient, server, random.IntN)
		h.close(Finished)
		h.want(t, want...)
	}
	for n := range client {
		h := newHarness(dnsProtocol())
		h.stream(testClient, testServer, client[:n], nil)
		h.close(CaptureEnded)
		got := h.lines()
		if len(got) > 0 && strings.Contains(got[len(got)-1], "partial") {
			got = got[:len(got)-1]
		}
		if whole := n / 29; !slices.Equal(got, want[:whole]) {
			t.Errorf("%d bytes: %q", n, got)
		}
	}
}

// TestDNSStreamGap: the next message after a hole is found.
func TestDNSStreamGap(t *testing.T) {
	client, _ := dnsDialogue()
	h := newHarness(dnsProtocol())
	h.stream(testClient, testServer, client, nil)
	c, side := h.connection(testClient, testServer, false)
	c.Gap(side, Gap{Bytes: 100})
	h.offsets[c][side] += 100
	h.stream(testClient, testServer, []byte("the middle of a message"), nil)
	h.stream(testClient, testServer, client, nil)
	h.close(Finished)
	h.want(t, "1 dns request: query A t.example", "2 dns request: query AAAA u.example", "3 dns continues: query A t.example !dns.retry", "4 dns continues: query AAAA u.example !dns.retry")
}

// TestDNSRelatives: mDNS is not paired; LLMNR's answers come on another connection.
func TestDNSRelatives(t *testing.T) {
	h := newHarness(All()...)
	h.datagram("10.0.0.2:5353", "224.0.0.251:5353", wireDNS(0, 0, [4]int{1}, append(wireName("mac.local"), be16s(1, 0x8001)...)))
	h.datagram("10.0.0.3:5353", "224.0.0.251:5353", wireDNS(0, 0x8400, [4]int{0, 1}, slices.Concat(wireName("mac.local"), be16s(1, 0x8001, 0, 120, 4), []byte{10, 0, 0, 3})))
	h.datagram("10.0.0.2:50000", "224.0.0.252:5355", wireDNS(9, 0, [4]int{1}, wireQuestion("wpad", 1)))
	h.datagram("10.0.0.4:5355", "10.0.0.2:50000", wireDNS(9, 0x8000, [4]int{1, 1}, wireQuestion("wpad", 1), wireRecord("@", 1, 10, 0, 0, 4)))
	h.want(t, "1 mdns notice: query A mac.local", "2 mdns notice: query: A 10.0.0.3", "3 llmnr request: query A wpad", "4 llmnr response to 3: query A wpad: A 10.0.0.4")
	h.wantFields(t, 0, "dns.qry.class", "1", "dns.qry.qu", "1")
	h.wantFields(t, 1, "dns.resp.class", "1", "dns.resp.cache_flush", "1")
	h.wantFields(t, 2, "dns.flags.conflict", "0", "dns.flags.recdesired", "")
}

func TestDNSDetect(t *testing.T) {
	question := wireDNS(1, 0x100, [4]int{1}, wireQuestion("d.example", 1))
	tests := []struct {
		what string
		head Head
		want Verdict
	}{
		{"a question on any port", Head{Client: question, ClientPort: 1000, ServerPort: 2000, Datagram: true}, Yes},
		{"with bytes behind it", Head{Client: append(slices.Clone(question), 1), ClientPort: 1000, ServerPort: 2000, Datagram: true}, No},
		{"on its port", Head{Client: append(slices.Clone(question), 1), ClientPort: 1000, ServerPort: 53, Datagram: true}, Yes},
		{"noise on its port", Head{Client: []byte("hello, how are you"), ClientPort: 1000, ServerPort: 53, Datagram: true}, Likely},
		{"noise", Head{Client: make([]byte, 40), ClientPort: 1000, ServerPort: 2000, Datagram: true}, No},
		{"a name service", Head{Client: question, ClientPort: 137, ServerPort: 137, Datagram: true}, No},
		{"a stream", Head{Client: append(be16s(len(question)), question...), ClientPort: 1000, ServerPort: 2000}, Yes},
		{"HTTP", Head{Client: []byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), ClientPort: 1000, ServerPort: 80}, No},
	}
	for _, test := range tests {
		if got := detectDNS(&test.head); got != test.want {
			t.Errorf("%s: %d, want %d", test.what, got, test.want)
		}
	}
}
