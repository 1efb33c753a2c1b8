package dissect

import "testing"

// benchmarkMix is what a backbone might carry, mostly TCP.
func benchmarkMix() [][]byte {
	segment := ipv4Packet(6, tcpSegment(make([]byte, 512)))
	withOptions := ipv4Packet(6, tcpHeaderWith("0101080a0000000100000002"))
	return [][]byte{
		ethernetFrame(0x0800, segment), ethernetFrame(0x0800, withOptions), ethernetFrame(0x0800, segment),
		ethernetFrame(0x0800, ipv4Packet(17, udpDatagram(5353, 53, make([]byte, 40)))),
		ethernetFrame(0x86dd, ipv6Packet(6, tcpSegment(make([]byte, 900)))),
		ethernetFrame(0x8100, append(unhex("00640800"), segment...)),
		ethernetFrame(0x0800, ipv4Packet(17, udpDatagram(40000, 4789, append(unhex("0800000000000100"), ethernetFrame(0x0800, segment)...)))),
		ethernetFrame(0x0800, ipv4Packet(1, unhex("0800000012340001"+"00000000"))),
	}
}

func BenchmarkDecode(b *testing.B) {
	frames := benchmarkMix()
	d, p := NewDecoder(), &Packet{}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		f := frames[i%len(frames)]
		d.Decode(1, f, len(f), p)
	}
}

// BenchmarkDecodeTCP is the commonest frame alone.
func BenchmarkDecodeTCP(b *testing.B) {
	f := benchmarkMix()[1]
	d, p := NewDecoder(), &Packet{}
	b.ReportAllocs()
	for b.Loop() {
		d.Decode(1, f, len(f), p)
	}
}
