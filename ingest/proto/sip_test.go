package proto

import (
	"fmt"
	"strings"
	"testing"

	"pcapidx/index"
)

// sipSays writes a message with the headers that all have.
func sipSays(start, branch, callID, cseq, tag string, more ...string) string {
	body := ""
	if n := len(more); n > 0 && strings.HasPrefix(more[n-1], "v=0") {
		body, more = more[n-1], append(more[:n-1:n-1], "Content-Type: application/sdp")
	}
	lines := append([]string{
		start, "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=" + branch, "From: \"Ann\" <sip:ann@example.org>;tag=a1", "To: <sip:bob@example.org>" + tag,
		"Call-ID: " + callID, "CSeq: " + cseq,
	}, more...)
	return strings.Join(lines, "\r\n") + fmt.Sprintf("\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

func sdpSays(address string, port int) string {
	return fmt.Sprintf("v=0\r\no=ann 1 2 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio %d RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n", address, address, port)
}

const (
	sipAnn = "192.0.2.1:5060"
	sipBob = "192.0.2.2:5060"
)

func TestSIPCall(t *testing.T) {
	n := newMediaNet()
	invite := sipSays("INVITE sip:bob@example.org SIP/2.0", "z9hG4bK1", "c1", "1 INVITE", "", sdpSays("192.0.2.1", 4000))
	n.send(0, sipAnn, sipBob, []byte(invite))
	n.send(500, sipAnn, sipBob, []byte(invite))
	n.send(10, sipBob, sipAnn, []byte(sipSays("SIP/2.0 100 Trying", "z9hG4bK1", "c1", "1 INVITE", "")))
	n.send(790, sipBob, sipAnn, []byte(sipSays("SIP/2.0 180 Ringing", "z9hG4bK1", "c1", "1 INVITE", ";tag=b1")))
	n.send(1900, sipBob, sipAnn, []byte(sipSays("SIP/2.0 200 OK", "z9hG4bK1", "c1", "1 INVITE", ";tag=b1", sdpSays("192.0.2.2", 5000))))
	n.send(10, sipAnn, sipBob, []byte(sipSays("ACK sip:bob@192.0.2.2 SIP/2.0", "z9hG4bK2", "c1", "1 ACK", ";tag=b1")))
	for i := range 200 {
		n.send(20, "192.0.2.1:4000", "192.0.2.2:5000", rtpPacket(0, uint16(i), uint32(i)*160, 7))
	}
	n.send(8000, sipAnn, sipBob, []byte(sipSays("BYE sip:bob@192.0.2.2 SIP/2.0", "z9hG4bK3", "c1", "2 BYE", ";tag=b1")))
	n.send(30, sipBob, sipAnn, []byte(sipSays("SIP/2.0 200 OK", "z9hG4bK3", "c1", "2 BYE", ";tag=b1")))
	n.close()
	checkLines(t, n.sink.lines(func(m *index.Message) bool { return m.Protocol == "sip" }), `
1-1 sip request/ok req 0 [] Request: INVITE sip:bob@example.org, audio 4000 RTP/AVP
2-2 sip continues/ok req 1 [] Request: INVITE sip:bob@example.org, audio 4000 RTP/AVP !sip.retransmit
3-3 sip continues/ok req 1 [100] Status: 100 Trying
4-4 sip continues/ok req 1 [180] Status: 180 Ringing
5-5 sip response/ok req 1 [200] Status: 200 OK (INVITE), audio 5000 RTP/AVP
6-6 sip continues/ok req 1 [] Request: ACK sip:bob@192.0.2.2
207-207 sip request/ok req 0 [] Request: BYE sip:bob@192.0.2.2
1-207 sip conclusion/ok req 0 [caller] call from ann to bob: answered after 3.2 s, talked 12.0 s, ended by caller !sip.one_way_media
208-208 sip response/ok req 207 [200] Status: 200 OK (BYE)`)
	checkValues(t, n.sink, "sip.call.pdd_ms", "1300")
	checkValues(t, n.sink, "sip.call.setup_ms", "3200")
	checkValues(t, n.sink, "sip.call.talk_ms", "12010")
	checkValues(t, n.sink, "sip.response-time", "510", "1300", "3200", "3210", "30")
	checkValues(t, n.sink, "sip.response-request", "1", "1", "1", "1", "207")
	checkValues(t, n.sink, "sip.release-time", "30")
	checkLines(t, n.sink.lines(func(m *index.Message) bool { return m.Protocol == "rtp" && m.Kind == index.Conclusion }), `
7-206 rtp conclusion/ok req 0 [] RTP stream 0x00000007: 200 packets, 0 lost (0.0 %), jitter 0.0 ms, at most 0.0 ms`)
}

func TestSIPEndsOfCalls(t *testing.T) {
	invite := func(cseq int) string {
		return sipSays("INVITE sip:bob@example.org SIP/2.0", fmt.Sprintf("z9hG4bK%d", cseq), "c1", fmt.Sprintf("%d INVITE", cseq), "")
	}
	answer := func(cseq int, status string) string {
		return sipSays("SIP/2.0 "+status, fmt.Sprintf("z9hG4bK%d", cseq), "c1", fmt.Sprintf("%d INVITE", cseq), ";tag=b1")
	}
	bye := func(from string) string {
		return strings.Replace(sipSays("BYE sip:x SIP/2.0", "z9hG4bK9", "c1", "1 BYE", ""), "tag=a1", "tag="+from, 1)
	}
	cases := []struct {
		name, want string
		messages   []string // "<" in front: from the callee
	}{
		{"busy", "486 call from ann to bob: not answered in 0.1 s, ended with 486", []string{invite(1), "<" + answer(1, "486 Busy")}},
		{"callee ends", "callee call from ann to bob: answered after 0.1 s, talked 0.1 s, ended by callee", []string{invite(1), "<" + answer(1, "200 OK"), "<" + bye("b1")}},
		{"cancelled", "cancelled call from ann to bob: not answered in 0.2 s, cancelled", []string{
			invite(1), sipSays("CANCEL sip:bob@example.org SIP/2.0", "z9hG4bK1", "c1", "1 CANCEL", ""), "<" + answer(1, "487 Terminated"),
		}},
		{"challenged", "open call from ann to bob: answered after 0.3 s, talked 0.0 s, no end seen !sip.no_bye", []string{
			invite(1), "<" + answer(1, "407 Authenticate"), invite(2), "<" + answer(2, "200 OK"),
		}},
		{"no credentials", "401 call from ann to bob: not answered in 0.1 s, ended with 401", []string{invite(1), "<" + answer(1, "401 Unauthorized")}},
		{"no answer", "unanswered call from ann to bob: not answered in 0.0 s, unanswered", []string{invite(1)}},
		{"refused in the call", "open call from ann to bob: answered after 0.1 s, talked 0.2 s, no end seen !sip.no_bye", []string{
			invite(1), "<" + answer(1, "200 OK"), invite(2), "<" + answer(2, "488 Not Acceptable"),
		}},
	}
	for _, c := range cases {
		n := newMediaNet()
		for _, m := range c.messages {
			if text, back := strings.CutPrefix(m, "<"); back {
				n.send(100, sipBob, sipAnn, []byte(text))
			} else {
				n.send(100, sipAnn, sipBob, []byte(m))
			}
		}
		n.close()
		var got []string
		for _, l := range n.sink.lines(func(m *index.Message) bool { return m.Kind == index.Conclusion }) {
			_, l, _ = strings.Cut(l, "[")
			got = append(got, strings.Replace(l, "]", "", 1))
		}
		if len(got) != 1 || got[0] != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestSIPHeaders(t *testing.T) {
	n := newMediaNet()
	n.send(0, sipAnn, "198.51.100.7:5060", []byte(strings.ReplaceAll(`MESSAGE sip:user:x@[2001:db8::1]:5070;lr SIP/2.0
v: SIP/2.0/TCP [2001:db8::2]:5061;branch=z9hG4bKx;rport;received=192.0.2.9, SIP/2.0/UDP relay
f: "A, <B>" <sip:ann@example.org:5062;x=1>;tag=1
t: tel:+49123
i: abc@host
CSeq:   7    MESSAGE
m: <sip:ann@192.0.2.1>;q=0.5, "x" <sip:bb@192.0.2.1:5071>
Authorization: Digest username="ann", realm="example, org", response="00112233", uri="sip:x"
User-Agent:  agent
  that folds
Expires: 60
no colon here
c: application/sdp
l: 400

v=0
o=- 1 1 IN IP4 10.0.0.1
c=IN IP4 10.0.0.1/127
m=audio 4000/2 RTP/SAVP 8 35 96 73 200
a=rtpmap:96 opus/48000/2
a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0c2VjcmV0
m=image 0 udptl t38
`, "\n", "\r\n")))
	k := n.sink
	checkLines(t, k.lines(nil), `
1-1 sip request/truncated req 0 [] Request: MESSAGE sip:user:x@[2001:db8::1]:5070;lr, audio 4000 RTP/SAVP, image 0 udptl !cleartext.credentials !sip.sdp_private_ip !malformed`)
	for field, want := range map[string]string{
		"sip.r-uri.user": "user:x", "sip.r-uri.host": "[2001:db8::1]", "sip.r-uri.port": "5070", "sip.Via.sent-by.address": "2001:db8::2|relay",
		"sip.Via.rport": "rport", "sip.Via.received": "192.0.2.9", "sip.Via.transport": "TCP|UDP", "sip.from.display.info": `"A, <B>"`,
		"sip.from.addr": "sip:ann@example.org:5062;x=1", "sip.from.user": "ann", "sip.from.port": "5062", "sip.to.addr": "tel:+49123", "sip.to.user": "",
		"sip.contact.uri": "sip:ann@192.0.2.1|sip:bb@192.0.2.1:5071", "sip.contact.parameter": "q=0.5", "sip.CSeq.method": "MESSAGE",
		"sip.auth.username": `"ann"`, "sip.auth.realm": `"example, org"`, "sip.User-Agent": "agent\r\n  that folds",
		"sdp.connection_info.address": "10.0.0.1", "sdp.mime.type": "opus", "sdp.owner.username": "-",
		"sdp.media.format": "ITU-T G.711 PCMA|Unassigned|DynamicRTP-Type-96|Reserved for RTCP conflict avoidance|200|96|t38",
	} {
		var got []string
		for _, v := range k.values(field) {
			got = append(got, strings.TrimSuffix(v, "0"))
		}
		if text := strings.Join(got, "|"); text != strings.TrimSuffix(want, "0") && strings.Join(k.values(field), "|") != strings.ReplaceAll(want, "|", "0|")+"0" {
			t.Errorf("%s: got %q, want %q", field, text, want)
		}
	}
	checkValues(t, k, "sip.CSeq.seq", "7")
	checkValues(t, k, "sip.Expires", "60")
	checkValues(t, k, "sdp.media.port", "4000", "0")
	for _, m := range k.messages {
		for _, w := range m.Warnings {
			if strings.Contains(w.Text+m.Summary, "c2VjcmV0") || strings.Contains(w.Text, "00112233") {
				t.Errorf("a secret in %q", w.Text)
			}
		}
	}
}

func TestSIPStream(t *testing.T) {
	long := sipSays("MESSAGE sip:bob@example.org SIP/2.0", "z9hG4bK5", "c5", "5 MESSAGE", "")
	long = strings.Replace(long, "Content-Length: 0", "Content-Length: 40000", 1) + strings.Repeat("x", 40000)
	checkCuts(t, []mediaTurn{
		{index.SideA, "\r\n\r\n" + sipSays("INVITE sip:bob@example.org SIP/2.0", "z9hG4bK1", "c1", "1 INVITE", "", sdpSays("192.0.2.1", 4000)) + sipSays("OPTIONS sip:bob@example.org SIP/2.0", "z9hG4bK2", "c2", "1 OPTIONS", "")},
		{index.SideB, sipSays("SIP/2.0 180 Ringing", "z9hG4bK1", "c1", "1 INVITE", ";tag=b1") + "stray line\r\n" + sipSays("SIP/2.0 405 Not Allowed", "z9hG4bK2", "c2", "1 OPTIONS", ";tag=b1")},
		{index.SideA, long + sipSays("BYE sip:bob@example.org SIP/2.0", "z9hG4bK3", "c1", "2 BYE", "")},
	})
	k := playTurns([]mediaTurn{{index.SideA, long}}, whole)
	checkLines(t, k.lines(nil), "1-1 sip request/ok req 0 [] Request: MESSAGE sip:bob@example.org")
}

func TestSIPDetect(t *testing.T) {
	for text, want := range map[string]Verdict{
		"INVITE sip:a@b SIP/2.0\r\n": Yes, "SIP/2.0 200 OK\r\n": Yes, "\r\nOPTIONS sips:a SIP/2.0\r\n": Yes, "SUBSCRIBE tel:1 SIP/2.0\r\n": Yes,
		"GET http://a/ HTTP/1.1\r\n": No, "INVITE a SIP/2.0\r\n": No, "SIP/2.0 x": No, "\x01\x00\x00": No, "SIP/1.0 200 OK\r\n": No,
		"INVITE sip:a@": More, "SIP/2": More, "": No, "OPTIONS rtsp://a RTSP/1.0\r\n": No,
	} {
		if got := detectSIP(&Head{Client: []byte(text)}); got != want {
			t.Errorf("%q: got %d, want %d", text, got, want)
		}
	}
}
