package proto

import (
	"testing"

	"pcapidx/index"
)

// stunRequest and stunAnswer are a question and an answer: the address 192.0.2.1:32853
// is XORed with the cookie.
const (
	stunRequest = "0001000c 2112a442 b7e7a701bc34d686fa87dfae 00060005 613a626300000000"
	stunAnswer  = "0101001c 2112a442 b7e7a701bc34d686fa87dfae 80220004 74657374 00200008 0001a147 e112a643 00010004 00000000"
	stunRefusal = "01130010 2112a442 b7e7a701bc34d686fa87dfae 00090008 00000401 6e6f2121 00140000"
)

func TestSTUNDatagrams(t *testing.T) {
	n := newMediaNet()
	for _, d := range []struct{ hex, from, to string }{
		{stunRequest, "192.0.2.1:5000", "192.0.2.2:3478"},
		{stunRequest, "192.0.2.1:5000", "192.0.2.2:3478"},
		{stunAnswer, "192.0.2.2:3478", "192.0.2.1:5000"},
		{stunRefusal, "192.0.2.2:3478", "192.0.2.1:5000"},
		{"40000004 01020304", "192.0.2.2:3478", "192.0.2.1:5000"},
		{"0001000c 2112a442 b7e7a701bc34d686fa87dfaf 00060050 613a6263 00000000", "192.0.2.1:5000", "192.0.2.2:3478"},
		{"0001000c 2112a443 b7e7a701bc34d686fa87dfae 00060005 613a6263 00000000", "192.0.2.1:5000", "192.0.2.2:3478"},
	} {
		n.send(10, d.from, d.to, unhex(t, d.hex))
	}
	checkLines(t, n.sink.lines(nil), `
1-1 stun request/ok req 0 [] Binding request
2-2 stun continues/ok req 1 [] Binding request !stun.retransmit
3-3 stun response/ok req 1 [] Binding success, mapped 192.0.2.1:32853
4-4 stun response/error req 1 [401] Allocate error: 401 !stun.error
5-5 stun continues/ok req 0 [] data of channel 0x4000, 4 bytes
6-6 stun request/malformed req 0 [] Binding request !malformed`)
	checkValues(t, n.sink, "stun.att.username", "a:bc0", "a:bc0")
	checkValues(t, n.sink, "stun.att.port", "32853", "0")
	checkValues(t, n.sink, "stun.time", "20000000", "30000000")
	checkValues(t, n.sink, "stun.response-to", "1", "1")
	checkValues(t, n.sink, "stun.att.error.reason", "no!!0")
	checkValues(t, n.sink, "stun.att.software", "test0")
}

func TestSTUNStreams(t *testing.T) {
	request, answer := string(unhex(t, stunRequest)), string(unhex(t, stunAnswer))
	checkCuts(t, []mediaTurn{
		{index.SideA, request}, {index.SideB, answer + "\x40\x01\x00\x05hello\x00\x00\x00" + answer}, {index.SideA, request},
	})
	// RFC 4571: a length in front of each, media between them
	checkCuts(t, []mediaTurn{
		{index.SideA, "\x00\x20" + request + "\x00\x04\x80\x00\x00\x01" + "\x00\x20" + request}, {index.SideB, "\x00\x30" + answer},
	})
}
