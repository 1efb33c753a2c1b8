package query

import (
	"context"
	"encoding/binary"
	"strings"
	"testing"
)

// dnsSays writes a message of DNS with one question for class IN; answers are what
// stands behind it, as dnsRecord writes them.
func dnsSays(id, flags uint16, name string, kind uint16, answers ...[]byte) []byte {
	be := binary.BigEndian
	b := be.AppendUint16(be.AppendUint16(nil, id), flags)
	b = append(be.AppendUint16(append(b, 0, 1), uint16(len(answers))), 0, 0, 0, 0)
	b = append(b, dnsLabels(name)...)
	b = be.AppendUint16(be.AppendUint16(b, kind), 1)
	for _, a := range answers {
		b = append(b, a...)
	}
	return b
}

// dnsRecord writes a record of the name that is asked for, good for 300 s.
func dnsRecord(kind uint16, data []byte) []byte {
	be := binary.BigEndian
	b := be.AppendUint16([]byte{0xc0, 12}, kind)
	b = append(b, 0, 1, 0, 0, 1, 44)
	return append(be.AppendUint16(b, uint16(len(data))), data...)
}

func dnsLabels(name string) (b []byte) {
	for label := range strings.SplitSeq(name, ".") {
		b = append(append(b, byte(len(label))), label...)
	}
	return append(b, 0)
}

const (
	resolver  = "192.0.2.53:53"
	asks      = 0x0100 // recursion desired
	answersIt = 0x8580 // authoritative, recursion desired and available
	fails     = 0x8183 // name error
)

// TestListedDNS: questions with their answers, codes and latencies. Between them
// stand other packets, so that the numbers are those of frames.
func TestListedDNS(t *testing.T) {
	other := udpPacket("192.0.2.1:40000", "192.0.2.2:7000", []byte("else"))
	e, id := listed(t, linkRaw,
		framed{0, other}, framed{1, other},
		framed{10, udpPacket("192.0.2.1:41000", resolver, dnsSays(0x1234, asks, "www.example.com", 1))},
		framed{20, udpPacket("192.0.2.1:41001", resolver, dnsSays(0x1235, asks, "missing.example.com", 28))},
		framed{22, other},
		framed{32, udpPacket(resolver, "192.0.2.1:41001", dnsSays(0x1235, fails, "missing.example.com", 28))},
		framed{45, udpPacket(resolver, "192.0.2.1:41000", dnsSays(0x1234, answersIt, "www.example.com", 1, dnsRecord(1, []byte{192, 0, 2, 80}), dnsRecord(1, []byte{192, 0, 2, 81})))},
		framed{50, udpPacket("192.0.2.1:41002", resolver, dnsSays(0x1236, asks, "example.com", 15))},
		framed{51, udpPacket(resolver, "192.0.2.1:41002", dnsSays(0x1236, answersIt, "example.com", 15, dnsRecord(15, append([]byte{0, 10}, dnsLabels("mx.example.com")...))))},
		framed{60, udpPacket("192.0.2.1:41003", resolver, dnsSays(0x1237, asks, "slow.example.com", 1))},
		framed{20000, other},
	)
	rows := said(t, e, id, "dns")
	wantTold(t, told(rows),
		"3 192.0.2.1:41000>192.0.2.53:53 request ok [] query A www.example.com in 35 ms",
		"4 192.0.2.1:41001>192.0.2.53:53 request error [] query AAAA missing.example.com in 12 ms",
		"6 192.0.2.53:53>192.0.2.1:41001 response error [NXDOMAIN] query AAAA missing.example.com: NXDOMAIN re 2 !dns.nxdomain",
		"7 192.0.2.53:53>192.0.2.1:41000 response ok [NOERROR] query A www.example.com: A 192.0.2.80, A 192.0.2.81 re 1",
		"8 192.0.2.1:41002>192.0.2.53:53 request ok [] query MX example.com in 1 ms",
		"9 192.0.2.53:53>192.0.2.1:41002 response ok [NOERROR] query MX example.com: MX mx.example.com re 5",
		"10 192.0.2.1:41003>192.0.2.53:53 request no_response [] query A slow.example.com",
	)
	if len(rows) != 7 {
		t.FailNow()
	}
	wantFields(t, &rows[0], map[string]string{
		"dns.id": "0x1234", "dns.qry.name": "www.example.com", "dns.qry.type": "1", "dns.qry.class": "0x0001",
		"dns.flags.response": "False", "dns.flags.recdesired": "True", "dns.flags.truncated": "False",
	})
	wantFields(t, &rows[3], map[string]string{
		"dns.flags.response": "True", "dns.flags.authoritative": "True", "dns.flags.recavail": "True", "dns.flags.rcode": "0",
		"dns.resp.name": "www.example.com,www.example.com", "dns.resp.type": "1,1", "dns.resp.ttl": "300,300", "dns.a": "192.0.2.80,192.0.2.81",
	})
	wantFields(t, &rows[2], map[string]string{"dns.flags.rcode": "3"})
	wantFields(t, &rows[5], map[string]string{"dns.mx.preference": "10", "dns.mx.mail_exchange": "mx.example.com"})
	a := summed(t, e, id, "dns")
	if a.Messages != 7 || a.Requests != 4 || a.Answered != 3 || a.NoResponse != 1 || a.Errors != 1 || a.Latency.Min != 1 || a.Latency.Median != 12 || a.Latency.Max != 35 {
		t.Errorf("figures: %+v, latency %+v", a, a.Latency)
	}
	if got := countsText(a.Codes); got != "NOERROR 2 @7, NXDOMAIN 1 @6" {
		t.Errorf("codes: %s", got)
	}
	// Each name in its question and in its answer; the unanswered one in its question.
	if got := topText(a, "dns.qry.name"); got != "4: example.com 2 @8, missing.example.com 2 @4, www.example.com 2 @3, slow.example.com 1 @10" {
		t.Errorf("names: %s", got)
	}
	wantFrames(t, e, id, map[string]string{
		"dns": "3 4 6 7 8 9 10", "dns.flags.response == 0": "3 4 8 10", "dns.flags.rcode == 3": "6", "dns.a == 192.0.2.81": "7", "dns.time > 0.03": "7", "dns.qry.type == 28": "4 6",
	})
	// The view of what went wrong: the name error and the silence.
	wrong, err := e.Summary(context.Background(), SummaryRequest{Capture: id, Protocol: "dns", View: "errors"})
	if err != nil {
		t.Fatal(err)
	}
	wantTold(t, told(wrong.Rows),
		"4 192.0.2.1:41001>192.0.2.53:53 request error [] query AAAA missing.example.com in 12 ms",
		"10 192.0.2.1:41003>192.0.2.53:53 request no_response [] query A slow.example.com",
	)
}

// TestListedDNSElsewhere: messages over TCP, whose length and bytes come in pieces,
// over IPv6, and on a port that is nobody's.
func TestListedDNSElsewhere(t *testing.T) {
	question, answer := dnsSays(9, asks, "tcp.example.com", 1), dnsSays(9, answersIt, "tcp.example.com", 1, dnsRecord(1, []byte{192, 0, 2, 80}))
	counted := func(b []byte) string { return string(append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...)) }
	q, r := counted(question), counted(answer)
	const client, server = "[2001:db8::1]:42000", "[2001:db8::53]:53"
	n := uint32(len(q))
	e, id := listed(t, linkRaw,
		framed{0, tcpPacket(client, server, syn, 100, 0, "")},
		framed{1, tcpPacket(server, client, syn|ack, 500, 101, "")},
		framed{2, tcpPacket(client, server, ack, 101, 501, q[:10])},
		framed{4, tcpPacket(client, server, ack, 111, 501, q[10:])},
		framed{20, tcpPacket(server, client, ack, 501, 101+n, r)},
		framed{30, udpPacket("192.0.2.1:43000", "192.0.2.53:5300", dnsSays(10, asks, "port.example.com", 1))},
		framed{33, udpPacket("192.0.2.53:5300", "192.0.2.1:43000", dnsSays(10, answersIt, "port.example.com", 1, dnsRecord(1, []byte{192, 0, 2, 82})))},
	)
	rows := said(t, e, id, "dns")
	wantTold(t, told(rows),
		"4 [2001:db8::1]:42000>[2001:db8::53]:53 request ok [] query A tcp.example.com in 16 ms",
		"5 [2001:db8::53]:53>[2001:db8::1]:42000 response ok [NOERROR] query A tcp.example.com: A 192.0.2.80 re 1",
		"6 192.0.2.1:43000>192.0.2.53:5300 request ok [] query A port.example.com in 3 ms",
		"7 192.0.2.53:5300>192.0.2.1:43000 response ok [NOERROR] query A port.example.com: A 192.0.2.82 re 3",
	)
	if rows[0].First != 3 {
		t.Errorf("the question begins in frame %d", rows[0].First)
	}
}
