package proto

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
)

// wireEcho writes an echo message.
func wireEcho(kind byte, id, seq int, data string) []byte {
	return append(append([]byte{kind, 0, 0, 0}, be16s(id, seq)...), data...)
}

// wireIPv4 writes a packet from 10.0.0.2 to 10.0.0.1.
func wireIPv4(proto byte, data []byte) []byte {
	b := make([]byte, 20)
	b[0], b[9] = 0x45, proto
	binary.BigEndian.PutUint16(b[2:], uint16(20+len(data)))
	copy(b[12:], []byte{10, 0, 0, 2, 10, 0, 0, 1})
	return append(b, data...)
}

func TestICMPEcho(t *testing.T) {
	h := newHarness(All()...)
	send := func(b []byte) { h.layer(dissect.ProtoICMP, "10.0.0.2", "10.0.0.1", b) }
	reply := func(b []byte) { h.layer(dissect.ProtoICMP, "10.0.0.1", "10.0.0.2", b) }
	send(wireEcho(8, 1, 1, "abcd"))
	reply(wireEcho(0, 1, 1, "abcd"))
	reply(wireEcho(0, 1, 1, "abcd"))
	send(wireEcho(8, 1, 2, "abcd"))
	reply(wireEcho(0, 1, 2, "abcx"))
	reply(wireEcho(0, 1, 3, "abcd"))
	send(wireEcho(8, 1, 4, "abcd"))
	h.layer(dissect.ProtoICMP, "10.0.0.9", "10.0.0.2", append([]byte{11, 0, 0, 0, 0, 0, 0, 0}, wireIPv4(1, wireEcho(8, 1, 4, ""))...))
	h.want(t,
		"1 icmp request: echo request id=0x0001 seq=1, 4 bytes",
		"2 icmp response to 1: echo reply id=0x0001 seq=1, 4 bytes",
		"3 icmp response to 1: echo reply id=0x0001 seq=1, 4 bytes !icmp.dup_reply",
		"4 icmp request: echo request id=0x0001 seq=2, 4 bytes",
		"5 icmp response to 4: echo reply id=0x0001 seq=2, 4 bytes !icmp.payload_changed",
		"6 icmp response: echo reply id=0x0001 seq=3, 4 bytes",
		"7 icmp request: echo request id=0x0001 seq=4, 4 bytes",
		"8 icmp response to 7 error: time to live exceeded for 10.0.0.1 ICMP from 10.0.0.2 !icmp.ttl_exceeded",
	)
}

// TestICMPEntropy: what looks random is told once there is enough of it; the patterns
// with which programs fill echoes are none, however long.
func TestICMPEntropy(t *testing.T) {
	noise := rand.New(rand.NewPCG(3, 4))
	random := make([]byte, 300)
	for i := range random {
		random[i] = byte(noise.Uint32())
	}
	counting := make([]byte, 1400)
	for i := range counting {
		counting[i] = byte(i)
	}
	text := []byte(strings.Repeat("the quick brown fox jumps over the lazy dog. ", 30))
	for name, c := range map[string]struct {
		payload []byte
		echoes  int
		want    int
	}{
		"too little": {random[:255], 2, 0}, "enough": {random[:256], 2, 1}, "twice": {random, 4, 2}, "capped": {random, 100, maxRandom}, "counting": {counting, 3, 0}, "text": {text, 3, 0},
	} {
		h := newHarness(All()...)
		for i := range c.echoes {
			kind, from, to := byte(8), "10.0.0.2", "10.0.0.1"
			if i%2 == 1 {
				kind, from, to = 0, to, from
			}
			h.layer(dissect.ProtoICMP, from, to, wireEcho(kind, 1, i/2, string(c.payload)))
		}
		got := 0
		for _, m := range h.messages {
			for _, w := range m.Warnings {
				if w.Code == "icmp.payload_entropy" {
					got++
				}
			}
		}
		if got != c.want {
			t.Errorf("%s: told %d times, want %d", name, got, c.want)
		}
	}
}

func TestICMPErrors(t *testing.T) {
	question := wireDNS(3, 0x100, [4]int{1}, wireQuestion("q.example", 1))
	udp := append(be16s(40000, 53, 8+len(question), 0), question...)
	tests := []struct {
		head []byte
		want string
	}{
		{[]byte{3, 3, 0, 0, 0, 0, 0, 0}, "port unreachable for 10.0.0.1:53 UDP from 10.0.0.2:40000 !icmp.unreachable.3"},
		{[]byte{3, 13, 0, 0, 0, 0, 0, 0}, "communication prohibited for 10.0.0.1:53 UDP from 10.0.0.2:40000 !icmp.unreachable.13"},
		{[]byte{3, 99, 0, 0, 0, 0, 0, 0}, "unreachable, code 99 for 10.0.0.1:53 UDP from 10.0.0.2:40000 !icmp.unreachable.99"},
		{[]byte{3, 4, 0, 0, 0, 0, 5, 0}, "packet too big, MTU 1280 for 10.0.0.1:53 UDP from 10.0.0.2:40000 !icmp.frag_needed"},
		{[]byte{5, 1, 0, 0, 10, 0, 0, 7}, "redirect to 10.0.0.7 for 10.0.0.1:53 UDP from 10.0.0.2:40000 !icmp.redirect"},
		{[]byte{11, 0, 0, 0, 0, 0, 0, 0}, "time to live exceeded for 10.0.0.1:53 UDP from 10.0.0.2:40000 !icmp.ttl_exceeded"},
	}
	for _, test := range tests {
		h := newHarness(All()...)
		h.layer(dissect.ProtoICMP, "10.0.0.1", "10.0.0.2", append(test.head, wireIPv4(17, udp)...))
		h.want(t, "1 icmp notice error: "+test.want)
		h.wantFields(t, 0, "dns.qry.name", "q.example", "dns.id", "3")
	}
}

// TestICMPQuotesCut: what is left of a quotation does not matter.
func TestICMPQuotesCut(t *testing.T) {
	whole := append([]byte{3, 3, 0, 0, 0, 0, 0, 0}, wireIPv4(17, append(be16s(40000, 53, 100, 0), make([]byte, 92)...))...)
	six := append([]byte{1, 4, 0, 0, 0, 0, 0, 0, 0x60, 0, 0, 0, 0, 40, 0, 64}, make([]byte, 32)...)
	six = append(append(six, 43, 0, 0, 0, 0, 0, 0, 0), append([]byte{17, 0, 0, 0, 0, 0, 0, 0}, be16s(1, 2, 3, 4)...)...)
	for n := 1; n <= len(whole); n++ {
		h := newHarness(All()...)
		h.layer(dissect.ProtoICMP, "10.0.0.1", "10.0.0.2", whole[:n])
		if len(h.messages) != 1 || h.engine.Panics > 0 {
			t.Fatalf("%d bytes: %d messages, %d panics", n, len(h.messages), h.engine.Panics)
		}
	}
	for n := 1; n <= len(six); n++ {
		h := newHarness(All()...)
		h.layer(dissect.ProtoICMPv6, "fe80::1", "fe80::2", six[:n])
		if len(h.messages) != 1 || h.engine.Panics > 0 {
			t.Fatalf("%d bytes: %d messages, %d panics", n, len(h.messages), h.engine.Panics)
		}
		if n == len(six) {
			h.want(t, "1 icmpv6 notice error: port unreachable for [::]:2 UDP from [::]:1 !icmpv6.unreachable.4")
		}
	}
}

func TestNeighbours(t *testing.T) {
	target := netip.MustParseAddr("fe80::9").AsSlice()
	prefix := slices.Concat([]byte{3, 4, 64, 0xc0}, make([]byte, 12), netip.MustParseAddr("2001:db8::").AsSlice())
	h := newHarness(All()...)
	h.layer(dissect.ProtoICMPv6, "fe80::2", "ff02::1:ff00:9", append([]byte{135, 0, 0, 0, 0, 0, 0, 0}, target...))
	h.layer(dissect.ProtoICMPv6, "fe80::9", "fe80::2", append([]byte{136, 0, 0, 0, 0x60, 0, 0, 0}, target...))
	h.layer(dissect.ProtoICMPv6, "::", "ff02::1:ff00:9", append([]byte{135, 0, 0, 0, 0, 0, 0, 0}, target...))
	h.layer(dissect.ProtoICMPv6, "fe80::1", "ff02::1", slices.Concat([]byte{134, 0, 0, 0, 64, 0, 7, 8}, make([]byte, 8), prefix))
	h.want(t,
		"1 icmpv6 request: neighbour solicitation for fe80::9",
		"2 icmpv6 response to 1: neighbour advertisement for fe80::9",
		"3 icmpv6 notice: neighbour solicitation for fe80::9, to see whether it is free",
		"4 icmpv6 notice: router advertisement of 2001:db8::/64",
	)
	h.wantFields(t, 3, "icmpv6.opt.prefix", "2001:db8::")
}

// wireARP writes a message about 10.0.0.x addresses; macs end with a byte.
func wireARP(op int, mac, ip, theirMAC, theirIP byte) []byte {
	b := append(be16s(1, 0x800, 0x604, op), 2, 0, 0, 0, 0, mac, 10, 0, 0, ip, 2, 0, 0, 0, 0, theirMAC, 10, 0, 0, theirIP)
	return append(b, make([]byte, 18)...) // padding of the frame
}

func TestARP(t *testing.T) {
	h := newHarness(arpProtocol())
	send := func(b []byte) { h.layer(dissect.ProtoARP, "", "", b) }
	send(wireARP(1, 2, 2, 0, 1))
	send(wireARP(1, 2, 2, 0, 1))
	send(wireARP(2, 1, 1, 2, 2))
	send(wireARP(2, 9, 1, 2, 2))
	send(wireARP(1, 9, 9, 0, 9))
	send([]byte{0, 1, 8, 0})
	h.want(t,
		"1 arp request: who has 10.0.0.1? tell 10.0.0.2",
		"2 arp continues: who has 10.0.0.1? tell 10.0.0.2",
		"3 arp response to 1: 10.0.0.1 is at 02:00:00:00:00:01",
		"4 arp notice: 10.0.0.1 is at 02:00:00:00:00:09 !arp.conflict",
		"5 arp notice: gratuitous ARP: 10.0.0.9 is at 02:00:00:00:00:09",
		"6 arp notice malformed: message that is cut, or not about IPv4",
	)
	h.now += 2 * claimAge
	send(wireARP(1, 8, 9, 0, 1))
	if m := h.messages[6]; len(m.Warnings) > 0 || m.Kind != index.Request {
		t.Errorf("an old claim counts: %+v", m)
	}
}
