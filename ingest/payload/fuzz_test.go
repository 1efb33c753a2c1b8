package payload

import (
	"encoding/binary"
	"net/netip"
	"testing"
)

// FuzzFeed feeds what may be anything: no panic, bounded results and state, and
// the same answers from state that was written and read.
func FuzzFeed(f *testing.F) {
	for _, port := range []uint16{80, 443, 53, 445, 3389, 22, 25, 143, 110, 5060, 554, 1883, 6881, 6379, 111, 3478, 40000} {
		f.Add(port, []byte("\x10GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\n\x11HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"))
		f.Add(port, []byte("\x05\x16\x03\x01\x00\x05\x00\x00\x00\x0a\x12\x00\x00\x00\x00"))
	}
	f.Fuzz(func(t *testing.T, port uint16, script []byte) {
		a, b := New(), New()
		conn, other := &Conn{}, &Conn{}
		ends := [2]netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:50000"), netip.AddrPortFrom(netip.MustParseAddr("192.0.2.2"), port)}
		var seq [2]uint32
		for len(script) >= 4 { // direction and flags, length, jump of the sequence number, bytes
			head := binary.BigEndian.Uint32(script)
			script = script[4:]
			dir := uint8(head & 1)
			data := script[:min(int(head>>8&0xff), len(script))]
			script = script[len(data):]
			seq[dir] += uint32(int8(head >> 24))
			p := &Packet{
				Kind: TCP, Dir: dir, Src: ends[dir], Dst: ends[1-dir], Seq: seq[dir], Data: data, Length: len(data),
				SYN: head&2 != 0, FIN: head&4 != 0, RST: head&0x38 == 8, Retransmission: head&0x38 == 16, KeepAlive: head&0x38 == 24,
			}
			if head&0xc0 == 0x40 {
				p.Kind = UDP
			}
			if head&0xc0 == 0x80 {
				p.Length += int(head >> 16 & 0xff)
			}
			seq[dir] += uint32(len(data))
			x := a.Feed(conn, p)
			if len(x.Protocols) > maxProtocols || len(x.PDUSizes) > maxNumbers || len(x.DataLengths) > maxNumbers {
				t.Fatal("result without bounds")
			}
			got := shown(join(x.DataLengths), x.Segment, join(x.PDUSizes), "")
			y := b.Feed(other, p)
			if again := shown(join(y.DataLengths), y.Segment, join(y.PDUSizes), ""); got != again {
				t.Fatalf("%s, with stored state %s", got, again)
			}
			state := other.AppendBinary(nil)
			if len(state) > 1600 {
				t.Fatalf("state has %d bytes", len(state))
			}
			other = &Conn{}
			if other.DecodeBinary(state) == nil {
				t.Fatal("state was not read again")
			}
		}
	})
}

// FuzzDecodeBinary reads damaged state.
func FuzzDecodeBinary(f *testing.F) {
	f.Add((&Conn{flows: new([2]flow)}).AppendBinary(nil))
	f.Fuzz(func(_ *testing.T, b []byte) {
		c := &Conn{}
		if c.DecodeBinary(b) == nil {
			return
		}
		p := &Packet{
			Kind: TCP, Src: netip.MustParseAddrPort("192.0.2.1:50000"), Dst: netip.MustParseAddrPort("192.0.2.2:80"),
			Data: []byte("abc\n"), Length: 4, FIN: true,
		}
		New().Feed(c, p)
	})
}
