package query

import (
	"fmt"
	"strings"
	"testing"
)

// sipText writes a message with CRLF and the length of its body.
func sipText(body string, lines ...string) string {
	return strings.Join(lines, "\r\n") + fmt.Sprintf("\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// TestListedSIP: an INVITE over UDP and the OK of another call over TCP, in two
// segments.
func TestListedSIP(t *testing.T) {
	invite := sipText("v=0\n", "INVITE sip:bob@example.com SIP/2.0", "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1", "Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK0",
		"From: <sip:alice@example.com>;tag=1", "To: <sip:bob@example.com>", "Call-ID: call-1@example.com", "CSeq: 1 INVITE", "Contact: <sip:alice@192.0.2.1>",
		"Route: <sip:p1.example.com;lr>", "Route: <sip:p2.example.com;lr>", "User-Agent: phone/1", "Content-Type: text/plain")
	// The short names of RFC 3261, section 7.3.3.
	ok := strings.Join([]string{
		"SIP/2.0 200 OK", "v: SIP/2.0/TCP 192.0.2.1:5070;branch=z9hG4bK2", "f: <sip:carol@example.com>;tag=2", "t: <sip:dave@example.com>;tag=3", "i: call-2@example.com",
		"CSeq: 7 OPTIONS", "m: <sip:dave@192.0.2.2>", "Server: proxy/2", "l: 0", "", "",
	}, "\r\n")
	const client, server = "192.0.2.1:41000", "192.0.2.2:5070"
	cut := len(ok) - 30
	e, id := listed(t, linkRaw,
		framed{0, udpPacket("192.0.2.1:5060", "192.0.2.2:5060", []byte(invite))},
		framed{10, tcpPacket(client, server, syn, 100, 0, "")},
		framed{11, tcpPacket(server, client, syn|ack, 500, 101, "")},
		framed{12, tcpPacket(client, server, ack, 101, 501, "")},
		framed{20, tcpPacket(server, client, ack, 501, 101, ok[:cut])},
		framed{30, tcpPacket(server, client, ack, 501+uint32(cut), 101, ok[cut:])},
	)
	messages := said(t, e, id, "sip")
	wantTold(t, told(messages),
		"1 192.0.2.1:5060>192.0.2.2:5060 request unknown [] Request: INVITE sip:bob@example.com",
		"1 192.0.2.1:5060>192.0.2.2:5060 conclusion error [unanswered] call from alice to bob: not answered in 0.0 s, unanswered",
		"6 192.0.2.2:5070>192.0.2.1:41000 response orphan_response [200] Status: 200 OK (OPTIONS)",
	)
	if len(messages) != 3 {
		t.FailNow()
	}
	wantFields(t, &messages[0], map[string]string{
		"sip.Method": "INVITE", "sip.Request-Line": "INVITE sip:bob@example.com SIP/2.0", "sip.r-uri": "sip:bob@example.com", "sip.Call-ID": "call-1@example.com",
		"sip.CSeq": "1 INVITE", "sip.from.addr": "sip:alice@example.com", "sip.to.addr": "sip:bob@example.com", "sip.contact.uri": "sip:alice@192.0.2.1",
		"sip.User-Agent": "phone/1", "sip.Content-Type": "text/plain", "sip.Content-Length": "4",
		"sip.Via.branch": "z9hG4bK1,z9hG4bK0", "sip.Route": "<sip:p1.example.com;lr>,<sip:p2.example.com;lr>",
	})
	wantFields(t, &messages[2], map[string]string{
		"sip.Status-Line": "SIP/2.0 200 OK", "sip.Status-Code": "200", "sip.Call-ID": "call-2@example.com", "sip.CSeq.method": "OPTIONS", "sip.Server": "proxy/2",
		"sip.from.addr": "sip:carol@example.com", "sip.to.addr": "sip:dave@example.com", "sip.contact.uri": "sip:dave@192.0.2.2", "sip.Via.transport": "TCP", "sip.Content-Length": "0",
	})
	if messages[0].Bytes != uint64(len(invite)) || messages[2].Bytes != uint64(len(ok)) || messages[2].First != 5 {
		t.Errorf("%d and %d bytes, the second from frame %d", messages[0].Bytes, messages[2].Bytes, messages[2].First)
	}
	a := summed(t, e, id, "sip")
	for field, want := range map[string]string{
		"sip.Method": "1: INVITE 1 @1", "sip.Status-Code": "1: 200 1 @6", "sip.Call-ID": "2: call-1@example.com 1 @1, call-2@example.com 1 @6",
		"sip.User-Agent": "1: phone/1 1 @1", "sip.Server": "1: proxy/2 1 @6", "sip.call.end": "1: unanswered 1 @1",
	} {
		if got := topText(a, field); got != want {
			t.Errorf("%s: %s, want %s", field, got, want)
		}
	}
	if a.Requests != 1 || a.Unknown != 1 || a.Errors != 0 || a.Orphans != 1 || countsText(a.Codes) != "200 1 @6" {
		t.Errorf("figures: %+v", a)
	}
	wantFrames(t, e, id, map[string]string{"sip && udp": "1", "sip && tcp": "6", `sip.Call-ID == "call-2@example.com"`: "6", "sip && tcp.port == 5060": "", "sip && udp.port == 5060": "1"})
}

// TestListedNoSIP: what begins like SIP and is another protocol. By its port the
// segment is SIP's (Wireshark says so too), but it holds no message.
func TestListedNoSIP(t *testing.T) {
	const client, server = "192.0.2.1:41000", "192.0.2.2:5060"
	for name, text := range map[string]string{
		"HTTP": "OPTIONS * HTTP/1.1\r\nHost: example.com\r\n\r\n",
		"RTSP": "OPTIONS rtsp://example.com/a RTSP/1.0\r\nCSeq: 1\r\n\r\n",
		"text": "INVITE everybody\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			e, id := listed(t, linkRaw,
				framed{0, tcpPacket(client, server, syn, 100, 0, "")}, framed{1, tcpPacket(server, client, syn|ack, 500, 101, "")},
				framed{2, tcpPacket(client, server, ack, 101, 501, text)}, framed{3, udpPacket("192.0.2.1:42000", "192.0.2.2:9999", []byte(text))},
			)
			if rows := said(t, e, id, "sip"); len(rows) != 0 {
				t.Errorf("messages: %s", told(rows))
			}
			if n := summed(t, e, id, "sip").Messages; n != 0 {
				t.Errorf("%d messages", n)
			}
			wantFrames(t, e, id, map[string]string{"sip": "3", "sip.Method": "", "sip.Status-Line": ""})
		})
	}
}
