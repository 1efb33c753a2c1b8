package payload

import (
	"net/netip"
	"testing"
)

// BenchmarkFeed is the cost of one packet, by what is in it.
func BenchmarkFeed(b *testing.B) {
	record := append([]byte{23, 3, 3, 0x05, 0x6f}, make([]byte, 0x56f)...)
	for name, c := range map[string]struct {
		kind uint8
		port uint16
		data []byte
	}{
		"http body":  {TCP, 80, []byte("HTTP/1.1 200 OK\r\nContent-Length: 4000000000\r\n\r\n")},
		"tls":        {TCP, 443, record},
		"dns":        {UDP, 53, make([]byte, 60)},
		"unknown":    {UDP, 40000, make([]byte, 500)},
		"unknown ff": {UDP, 40000, []byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff")},
		"tcp":        {TCP, 40000, make([]byte, 500)},
		"request":    {TCP, 80, []byte("GET /index.html HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: Mozilla/5.0\r\nAccept: */*\r\n\r\n")},
	} {
		b.Run(name, func(b *testing.B) {
			a, conn := New(), &Conn{}
			p := Packet{
				Kind: c.kind, Src: netip.MustParseAddrPort("192.0.2.1:50000"),
				Dst: netip.AddrPortFrom(netip.MustParseAddr("192.0.2.2"), c.port), Data: c.data, Length: len(c.data),
			}
			b.ReportAllocs()
			for b.Loop() {
				a.Feed(conn, &p)
				p.Seq += uint32(p.Length)
			}
		})
	}
}
