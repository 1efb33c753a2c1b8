package dissect

import "testing"

// fuzzLinks are the link types with a decoder, for the first byte to choose.
var fuzzLinks = []uint32{
	0, 1, 6, 9, 10, 11, 12, 50, 51, 100, 101, 104, 105, 106, 107, 108, 109, 113, 117, 119, 122, 127, 128, 163, 192, 204, 228, 229, 239, 242, 276, 9999,
}

// FuzzDecode takes the link type from the first byte, the bytes lost to the
// snap length from the second, and decodes the rest, as a frame and then as a
// datagram of every IP header found.
func FuzzDecode(f *testing.F) {
	four := ipv4Packet(6, tcpHeaderWith("0101080a0000000100000002"))
	f.Add(join([]byte{1, 0}, ethernetFrame(0x0800, four)))
	f.Add(join([]byte{1, 9}, ethernetFrame(0x8100, join(unhex("00648847 00064140"), four))))
	f.Add(join([]byte{1, 0}, ethernetFrame(0x0800, ipv4Packet(17, udpDatagram(50000, 4789, join(unhex("0800000000000100"), ethernetFrame(0x86dd, ipv6Packet(58, join(unhex("0100000000000000"), ipv6Packet(44, unhex("0600000100000001")))))))))))
	f.Add(join([]byte{1, 0}, ethernetFrame(0x0800, ipv4Packet(47, join(unhex("100088be 00000001 10010000 00000000"), ethernetFrame(0x8864, join(unhex("1100 0001 0022 0021"), four)))))))
	f.Add(join([]byte{21, 0}, unhex("00000900 02000000 10"), wlanHeaderFor("8801"), unhex("8000 020000000001020000000002 0028 aaaa030000000800"), four))
	f.Add(join([]byte{1, 0}, ethernetFrame(0x0800, ipv4Packet(17, udpDatagram(1, 2152, join(unhex("34ff 0035 00000001 000000c0 01ffff00"), four))))))
	d, p := NewDecoder(), &Packet{}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < 2 {
			return
		}
		data := b[2:]
		d.Decode(fuzzLinks[int(b[0])%len(fuzzLinks)], data, len(data)+int(b[1]), p)
		checkBounds(t, p, len(data))
		checkTexts(t, data, nil, len(data)+int(b[1]), p)
		if len(p.Layers) > maxLayers+4 {
			t.Errorf("%d layers", len(p.Layers))
		}
		for i := range min(len(p.Networks), 4) {
			d.DecodeDatagram(uint16(i), data, p)
			checkBounds(t, p, len(data))
			checkTexts(t, data, data, len(data)+int(b[1]), p)
		}
		if d.Panics() != 0 {
			t.Fatalf("panic in %x", b)
		}
	})
}

// checkTexts makes all texts of a frame.
func checkTexts(t *testing.T, frame, datagram []byte, original int, p *Packet) {
	t.Helper()
	prefix := []byte("before")
	info := AppendInfo(prefix, frame, datagram, original, p, &InfoContext{HasSeq: true, RequestFrame: 1, ReplyFrame: 2, ReassembledIn: 3})
	if n := len(info) - len(prefix); n <= 0 || n > maxInfo || string(info[:len(prefix)]) != "before" {
		t.Errorf("info of %d bytes: %.80q", n, info)
	}
	_ = ProtocolColumn(frame, datagram, original, p)
	for i := range p.Layers {
		for _, at := range AppendFields(nil, i, frame, datagram, original, p) {
			f := &fieldTable()[at.Field]
			if n := len(f.Text(&at.FieldValue)) + len(f.Meaning(&at.FieldValue)); n > 2*maxText {
				t.Errorf("%s: %d bytes of text", f.Name, n)
			}
		}
		if n := len(SACKEdges(nil, frame, datagram, p, i)); n%2 != 0 || n > 10 {
			t.Errorf("%d edges", n)
		}
	}
}
