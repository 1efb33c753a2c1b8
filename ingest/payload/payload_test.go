package payload

import (
	"net/netip"
	"strings"
	"testing"
)

// feed gives what is shown for one datagram or segment between two ends.
func feed(a *Analyzer, c *Conn, kind uint8, src, dst, data string) string {
	r := a.Feed(c, &Packet{
		Kind: kind, Src: netip.MustParseAddrPort(src), Dst: netip.MustParseAddrPort(dst), Length: len(data), Data: []byte(data),
	})
	return shown(strings.Join(r.Protocols, ":"), r.Segment, join(r.DataLengths), join(r.PDUSizes))
}

// TestDatagrams holds single datagrams on ports that nothing is registered for,
// or that the name says; what is expected is what tshark shows.
func TestDatagrams(t *testing.T) {
	zeros := func(n int) string { return strings.Repeat("\x00", n) }
	query := "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07example\x03com\x00\x00\x01\x00\x01"
	for _, c := range []struct{ name, port, data, want string }{
		{"nothing known", "40001", "\x01\x02\x03", "data data=3"},
		{"DNS on any port", "40001", query, "dns"},
		{"no question that ends", "40001", query[:20], "data data=20"},
		{"its port takes all", "53", "\x01", "dns"},
		{"STUN", "40001", "\x00\x01\x00\x00\x21\x12\xa4\x42" + zeros(12), "stun"},
		{"STUN with a method that is none", "40001", "\x08\x01\x00\x00\x21\x12\xa4\x42" + zeros(12), "data data=20"},
		{"MS-TURN, many sessions", "40001", "\xff\x10\x00\x0b" + zeros(8) + "abc", "stun:data data=3"},
		{"MS-TURN, another length", "40001", "\xff\x10\x00\x0a" + zeros(8) + "abc", "data data=15"},
		{"STUN before the cookie with data", "40001", "\x01\x15\x00\x0c" + zeros(16) + "\x00\x0f\x00\x00\x00\x13\x00\x02ab\x00\x00", "classicstun:data data=2"},
		{"STUN before the cookie", "40001", "\x00\x01\x00\x08" + zeros(24), "classicstun"},
		{"QUIC", "40001", "\xc3\x00\x00\x00\x01\x08" + zeros(1240), "quic"},
		{"QUIC without a long header", "40001", "\x43" + zeros(60), "data data=61"},
		{"DTLS", "40001", "\x16\xfe\xff" + zeros(9) + "\x10" + zeros(16), "dtls"},
		{"DTLS that does not fill the datagram", "40001", "\x16\xfe\xff" + zeros(9) + "\x08" + zeros(16), "data data=29"},
		{"WireGuard", "40001", "\x01\x00\x00\x00" + zeros(144), "wg"},
		{"WireGuard, wrong length", "40001", "\x01\x00\x00\x00" + zeros(143), "data data=147"},
		{"RTCP", "40001", "\x80\xc9\x00\x01\x00\x00\x00\x00", "rtcp"},
		{"RTCP that begins with a description", "40001", "\x81\xca\x00\x01\x00\x00\x00\x00", "data data=8"},
		{"RTP that nobody announced", "40001", "\x80\x60\x00\x01" + zeros(160), "data data=164"},
		{"SNMP", "161", "0\x29\x02\x01\x00\x04\x06public" + zeros(30), "snmp"},
		{"SNMP of another length", "161", "0\x3e\x02\x01\x00\x04\x06public", "data data=13"},
		{"SIP", "5060", "OPTIONS sip:a SIP/2.0\r\n\r\n", "sip"},
		{"no SIP", "5060", "hello\r\n", "data data=7"},
		{"BitTorrent DHT", "40001", "d1:ad2:id20:aaaaaaaaaaaaaaaaaaaae1:q4:ping1:t2:aa1:y1:qe", "bt-dht"},
		{"transport stream", "40001", strings.Repeat("\x47"+zeros(187), 7), "mp2t"},
		{"wake on LAN", "40001", "\xff\xff\xff\xff\xff\xff" + strings.Repeat("\x01\x02\x03\x04\x05\x06", 16), "wol"},
		{"TFTP data", "69", "\x00\x03\x00\x01abcd", "tftp:data data=4"},
	} {
		if got := feed(New(), &Conn{}, UDP, "192.0.2.1:40002", "192.0.2.2:"+c.port, c.data); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

// TestQuoted: a packet that another one quotes has the protocol of its connection, and
// changes nothing of it.
func TestQuoted(t *testing.T) {
	a, c := New(), &Conn{}
	const client, server = "192.0.2.1:40002", "192.0.2.2:40001"
	record := "\x17\x03\x03\x00\x04abcd"
	feed(a, c, TCP, client, server, record+record[:6])
	before := string(c.AppendBinary(nil))
	q := c.Quoted()
	if got := feed(a, &q, TCP, client, server, record); got != "tls" {
		t.Errorf("quoted: %s", got)
	}
	if string(c.AppendBinary(nil)) != before {
		t.Error("the connection changed")
	}
}

// TestExpected follows announcements from one connection to another.
func TestExpected(t *testing.T) {
	a := New()
	media := "\x80\x60\x00\x01abcdefgh"
	if got := feed(a, &Conn{}, UDP, "192.0.2.1:7000", "192.0.2.2:8000", media); got != "data data=12" {
		t.Errorf("before: %s", got)
	}
	feed(a, &Conn{}, UDP, "192.0.2.1:5060", "192.0.2.2:5060", "INVITE sip:b SIP/2.0\r\nContent-Type: application/sdp\r\n\r\n"+
		"v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 40700 RTP/AVP 0\r\n")
	if got := feed(a, &Conn{}, UDP, "192.0.2.2:48000", "192.0.2.1:40700", media); got != "rtp" {
		t.Errorf("to the announced port: %s", got)
	}
	for _, c := range []struct{ port, payload, want string }{
		{"40700", "\x80\x04\x00\x01abcdefgh1234", "rtp:g723"},
		{"40700", "\x80\xe5\x00\x01abcdefgh1234", "rtp:rtpevent"},
		{"40700", "\x80\x65\x00\x01abcdefgh", "rtp"},
		{"40700", "\x80\xc8\x00\x01abcdefgh", "rtp:rtcp"},
		{"40700", "\x80\xd7\x00\x01abcdefgh", "-"},
		{"40700", "\x00\x60\x00\x01abcdefgh", "data data=12"},
		{"40700", "\x00\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl", "stun"},
		{"40701", "\x80\xc8\x00\x01abcdefgh", "rtcp"},
		{"40701", "\x80\x60\x00\x01abcdefgh", "-"},
		{"40701", "\x80\xc8", "-"},
		{"40701", "\x00\xc8\x00\x01abcdefgh", "data data=12"},
	} {
		if got := feed(a, &Conn{}, UDP, "192.0.2.1:"+c.port, "192.0.2.2:48001", c.payload); got != c.want {
			t.Errorf("%q from port %s: %s, want %s", c.payload, c.port, got, c.want)
		}
	}
	feed(a, &Conn{}, UDP, "192.0.2.1:40100", "192.0.2.2:69", "\x00\x01file\x00octet\x00")
	if got := feed(a, &Conn{}, UDP, "192.0.2.2:40101", "192.0.2.1:40100", "\x00\x03\x00\x01abc"); got != "tftp:data data=3" {
		t.Errorf("TFTP's answer: %s", got)
	}
	feed(a, &Conn{}, TCP, "192.0.2.2:21", "192.0.2.1:40200", "227 Entering Passive Mode (192,0,2,2,157,8).\r\n")
	if got := feed(a, &Conn{}, TCP, "192.0.2.2:40200", "192.0.2.1:40201", "hello\r\n"); got != "ftp-data:data-text-lines" {
		t.Errorf("FTP's data: %s", got)
	}
}

// TestExpectedBound announces more endpoints than are kept.
func TestExpectedBound(t *testing.T) {
	var e expectations
	at := func(i int) netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 1)
	}
	for i := range 3 * maxExpected {
		e.add(at(i), 1)
	}
	if len(e.protocols) != maxExpected || len(e.order) != maxExpected {
		t.Errorf("%d endpoints are kept in a list of %d", len(e.protocols), len(e.order))
	}
	for i, want := range map[int]proto{0: 0, 2*maxExpected - 1: 0, 2 * maxExpected: 1, 3*maxExpected - 1: 1} {
		if got := e.expected(&Packet{Src: at(i)}); got != want {
			t.Errorf("endpoint %d: %d, want %d", i, got, want)
		}
	}
}

// TestOrder puts the segments of an HTTP response in any order into a message.
func TestOrder(t *testing.T) {
	a, c := New(), &Conn{}
	client, server := netip.MustParseAddrPort("192.0.2.1:40000"), netip.MustParseAddrPort("192.0.2.2:80")
	for i, s := range []struct {
		seq   uint32 // wraps soon
		data  string
		label string
		want  string
	}{
		{0, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", "", "- segment"},
		{41, "23", "", "- segment"},
		{45, "67", "", "- segment"},
		{39, "01", "out of order", "- segment"},
		{39, "01", "retransmission", "- segment"},
		{39, "01", "spurious", "-"},
		{43, "45", "out of order", "- segment"},
		{47, "89", "", "http:data segment data=10"},
		{48, "9", "keep-alive", "-"},
		{49, "x\n", "", "http:data data=2"},
		{50, "\n", "keep-alive", "data data=1"},
	} {
		r := a.Feed(c, &Packet{
			Kind: TCP, Dir: 1, Src: server, Dst: client, Seq: s.seq + 0xfffffff0, Data: []byte(s.data), Length: len(s.data),
			OutOfOrder: s.label == "out of order", Retransmission: s.label == "retransmission",
			Spurious: s.label == "spurious", KeepAlive: s.label == "keep-alive",
		})
		if got := shown(strings.Join(r.Protocols, ":"), r.Segment, join(r.DataLengths), join(r.PDUSizes)); got != s.want {
			t.Errorf("segment %d %s: got %s, want %s", i, s.label, got, s.want)
		}
	}
}

// TestCut feeds packets whose end was not captured: each stands for itself.
func TestCut(t *testing.T) {
	for _, c := range []struct {
		port, data string
		length     int
		want       string
	}{
		{"80", "HTTP/1.1 200 OK\r\nContent-Len", 1400, "http"},
		{"80", "GET /index", 500, "http"},
		{"443", "\x17\x03\x03\x10\x00abc", 1400, "tls"},
		{"40001", "\x01\x02\x03", 1400, "data data=3"},
		{"502", "\x00\x01\x00\x00\x00\x06\x01\x03", 12, "mbtcp:modbus pdu=12"},
		{"80", "", 1400, "-"},
	} {
		r := New().Feed(&Conn{}, &Packet{
			Kind: TCP, Src: netip.MustParseAddrPort("192.0.2.1:40000"), Dst: netip.MustParseAddrPort("192.0.2.2:" + c.port),
			Data: []byte(c.data), Length: c.length,
		})
		if got := shown(strings.Join(r.Protocols, ":"), r.Segment, join(r.DataLengths), join(r.PDUSizes)); got != c.want {
			t.Errorf("%q to %s: got %s, want %s", c.data, c.port, got, c.want)
		}
	}
}

// TestOpaque: TLS that is not made of records.
func TestOpaque(t *testing.T) {
	const client, server, record = "192.0.2.1:40002", "192.0.2.2:443", "\x17\x03\x03\x00\x04abcd"
	for _, c := range []struct {
		payload string
		want    bool
	}{
		{record, false},
		{record + record, false},
		{record + "\x00\x01\x02\x03\x04\x05", false},
		{"\x00\x01\x02\x03\x04\x05", true},
		{"GET / HTTP/1.1\r\n\r\n", false},
		{record[:5], false},
	} {
		a := New()
		from, to := netip.MustParseAddrPort(client), netip.MustParseAddrPort(server)
		r := a.Feed(&Conn{}, &Packet{Kind: TCP, Src: from, Dst: to, Length: len(c.payload), Data: []byte(c.payload)})
		if r.Opaque != c.want {
			t.Errorf("%q: %v", c.payload, r.Opaque)
		}
		if r = a.Feed(&Conn{}, &Packet{Kind: UDP, Src: from, Dst: to, Length: 1, Data: []byte("x")}); r.Opaque {
			t.Error("a datagram")
		}
	}
}
