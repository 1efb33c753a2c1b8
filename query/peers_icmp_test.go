package query

import (
	"encoding/binary"
	"net/netip"
	"testing"
)

// icmpPacket writes a message of ICMP, or of ICMPv6 between addresses of IPv6. Its
// checksum is right: echoes with a wrong one are no pair to icmp.resp_to.
func icmpPacket(from, to string, kind, code byte, rest, payload []byte) []byte {
	b := append([]byte{kind, code, 0, 0}, rest...)
	b = append(b, payload...)
	src, dst := netip.MustParseAddr(from), netip.MustParseAddr(to)
	if src.Is4() {
		binary.BigEndian.PutUint16(b[2:], internetChecksum(b))
		return ipPacket(from, to, 1, b)
	}
	pseudo := append(src.AsSlice(), dst.AsSlice()...)
	pseudo = append(binary.BigEndian.AppendUint32(pseudo, uint32(len(b))), 0, 0, 0, 58)
	binary.BigEndian.PutUint16(b[2:], internetChecksum(append(pseudo, b...)))
	return ipPacket(from, to, 58, b)
}

// internetChecksum is that of RFC 1071.
func internetChecksum(b []byte) uint16 {
	var sum uint32
	for i, c := range b {
		sum += uint32(c) << (8 * (1 - i&1))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// echoNumbers writes the identifier and the sequence number of an echo.
func echoNumbers(id, seq uint16) []byte {
	return binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, id), seq)
}

// TestListedEcho: a request, its reply, and an error about a third host.
func TestListedEcho(t *testing.T) {
	lost := udpPacket("192.0.2.1:40000", "198.51.100.9:7000", []byte("question"))
	e, id := listed(t, linkRaw,
		framed{0, icmpPacket("192.0.2.1", "192.0.2.2", 8, 0, echoNumbers(123, 1), []byte("abcdefgh"))},
		framed{25, icmpPacket("192.0.2.2", "192.0.2.1", 0, 0, echoNumbers(123, 1), []byte("abcdefgh"))},
		framed{50, icmpPacket("192.0.2.254", "192.0.2.1", 3, 1, make([]byte, 4), lost)},
	)
	rows := said(t, e, id, "icmp")
	wantTold(t, told(rows),
		"1 192.0.2.1>192.0.2.2 request ok [] echo request id=0x007b seq=1, 8 bytes in 25 ms",
		"2 192.0.2.2>192.0.2.1 response ok [] echo reply id=0x007b seq=1, 8 bytes re 1",
		"3 192.0.2.254>192.0.2.1 notice error [] host unreachable for 198.51.100.9:7000 UDP from 192.0.2.1:40000 !icmp.unreachable.1",
	)
	a := summed(t, e, id, "icmp")
	if got := topText(a, "icmp.kind"); got != "3: echo reply 1 @2, echo request 1 @1, host unreachable 1 @3" {
		t.Errorf("kinds: %s", got)
	}
	// The host that was not reached: not the one that the error went to.
	if got := topText(a, "icmp.unreachable"); got != "1: 198.51.100.9 1 @3" {
		t.Errorf("unreachable: %s", got)
	}
	if a.Messages != 3 || a.Requests != 1 || a.Answered != 1 || a.NoResponse != 0 || a.Orphans != 0 || a.Errors != 1 || a.Latency.Max != 25 {
		t.Errorf("figures: %+v", a)
	}
	wantFrames(t, e, id, map[string]string{
		"icmp.type == 8": "1", "icmp.type == 0": "2", "icmp.type == 3 && icmp.code == 1": "3", "icmp.ident == 123 && icmp.seq == 1": "1 2",
		"icmp.resp_to == 1": "2", "icmp.resptime == 25": "2", `icmp.unreachable == "198.51.100.9"`: "3", `icmp.kind contains "echo"`: "1 2",
	})
	// Three sources and two destinations, as the packets' own headers have them.
	from, to := map[string]bool{}, map[string]bool{}
	for _, r := range rows {
		from[r.From], to[r.To] = true, true
	}
	if len(from) != 3 || len(to) != 2 {
		t.Errorf("sources %v, destinations %v", from, to)
	}
}

// TestListedEchoPairs: requests that share an identifier are told apart by their
// numbers; a reply that nobody asked for and a second one are no pairs.
func TestListedEchoPairs(t *testing.T) {
	ask := func(id, seq uint16) []byte {
		return icmpPacket("192.0.2.1", "192.0.2.2", 8, 0, echoNumbers(id, seq), []byte("abcd"))
	}
	reply := func(id, seq uint16) []byte {
		return icmpPacket("192.0.2.2", "192.0.2.1", 0, 0, echoNumbers(id, seq), []byte("abcd"))
	}
	e, id := listed(t, linkRaw,
		framed{0, ask(7, 1)}, framed{10, ask(7, 2)}, framed{20, ask(8, 1)}, // 7/2 stays unanswered
		framed{100, reply(8, 1)}, framed{130, reply(7, 1)}, framed{140, reply(7, 1)}, framed{150, reply(9, 1)},
		framed{20000, udpPacket("192.0.2.1:40000", "192.0.2.2:7000", []byte("later"))},
	)
	wantTold(t, told(said(t, e, id, "icmp")),
		"1 192.0.2.1>192.0.2.2 request ok [] echo request id=0x0007 seq=1, 4 bytes in 130 ms",
		"2 192.0.2.1>192.0.2.2 request no_response [] echo request id=0x0007 seq=2, 4 bytes",
		"3 192.0.2.1>192.0.2.2 request ok [] echo request id=0x0008 seq=1, 4 bytes in 80 ms",
		"4 192.0.2.2>192.0.2.1 response ok [] echo reply id=0x0008 seq=1, 4 bytes re 3",
		"5 192.0.2.2>192.0.2.1 response ok [] echo reply id=0x0007 seq=1, 4 bytes re 1",
		"6 192.0.2.2>192.0.2.1 response ok [] echo reply id=0x0007 seq=1, 4 bytes re 1 !icmp.dup_reply",
		"7 192.0.2.2>192.0.2.1 response orphan_response [] echo reply id=0x0009 seq=1, 4 bytes",
	)
	a := summed(t, e, id, "icmp")
	if a.Requests != 3 || a.Answered != 2 || a.NoResponse != 1 || a.Orphans != 1 || a.Latency.Min != 80 || a.Latency.Max != 130 {
		t.Errorf("figures: %+v", a)
	}
}

// TestListedICMPv6: the same of ICMPv6, whose address that is not reached also comes
// from the quoted packet.
func TestListedICMPv6(t *testing.T) {
	lost := udpPacket("[2001:db8::1]:40000", "[2001:db8:9::9]:7000", []byte("question"))
	e, id := listed(t, linkRaw,
		framed{0, icmpPacket("2001:db8::1", "2001:db8::2", 128, 0, echoNumbers(5, 1), []byte("abcdefgh"))},
		framed{4, icmpPacket("2001:db8::2", "2001:db8::1", 129, 0, echoNumbers(5, 1), []byte("abcdefgh"))},
		framed{9, icmpPacket("2001:db8::fe", "2001:db8::1", 1, 3, make([]byte, 4), lost)},
		framed{12, icmpPacket("2001:db8::fe", "2001:db8::1", 2, 0, []byte{0, 0, 5, 0}, lost)},
	)
	wantTold(t, told(said(t, e, id, "icmpv6")),
		"1 2001:db8::1>2001:db8::2 request ok [] echo request id=0x0005 seq=1, 8 bytes in 4 ms",
		"2 2001:db8::2>2001:db8::1 response ok [] echo reply id=0x0005 seq=1, 8 bytes re 1",
		"3 2001:db8::fe>2001:db8::1 notice error [] address unreachable for [2001:db8:9::9]:7000 UDP from [2001:db8::1]:40000 !icmpv6.unreachable.3",
		"4 2001:db8::fe>2001:db8::1 notice error [] packet too big, MTU 1280 for [2001:db8:9::9]:7000 UDP from [2001:db8::1]:40000 !icmp.frag_needed",
	)
	a := summed(t, e, id, "icmp")
	if got := topText(a, "icmpv6.kind"); got != "4: address unreachable 1 @3, echo reply 1 @2, echo request 1 @1, packet too big 1 @4" {
		t.Errorf("kinds: %s", got)
	}
	if got := topText(a, "icmpv6.unreachable"); got != "1: 2001:db8:9::9 1 @3" {
		t.Errorf("unreachable: %s", got)
	}
	wantFrames(t, e, id, map[string]string{"icmpv6.type == 128": "1", "icmpv6.resp_to == 1": "2", "icmpv6.mtu == 1280": "4", "ipv6.hlim == 64 && icmpv6.echo.identifier == 5": "1 2"})
}

// TestListedErrorAnswersEcho: a request that an error quotes is answered by it.
func TestListedErrorAnswersEcho(t *testing.T) {
	ask := icmpPacket("192.0.2.1", "198.51.100.9", 8, 0, echoNumbers(3, 1), []byte("abcdefgh"))
	e, id := listed(t, linkRaw, framed{0, ask}, framed{8, icmpPacket("192.0.2.254", "192.0.2.1", 11, 0, make([]byte, 4), ask)})
	wantTold(t, told(said(t, e, id, "icmp")),
		"1 192.0.2.1>198.51.100.9 request error [] echo request id=0x0003 seq=1, 8 bytes in 8 ms",
		"2 192.0.2.254>192.0.2.1 response error [] time to live exceeded for 198.51.100.9 ICMP from 192.0.2.1 re 1 !icmp.ttl_exceeded",
	)
	if got := topText(summed(t, e, id, "icmp"), "icmp.unreachable"); got != "" {
		t.Errorf("a host that was not said to be unreachable: %s", got)
	}
}
