package dissect

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/gopacket"
)

// describe renders what the tests compare: stack, problem if any, and one word
// for each address pair and transport.
func describe(p *Packet) string {
	var b strings.Builder
	b.WriteString(p.Stack())
	if p.Problem != OK {
		fmt.Fprintf(&b, " %v", p.Problem)
	}
	if p.Fragment != nil {
		fmt.Fprintf(&b, " fragment(%d+%d)", p.Fragment.Offset, p.Fragment.Length)
	}
	for _, t := range p.Transports {
		length := "-"
		if t.HasLength {
			length = fmt.Sprint(t.Length)
		}
		fmt.Fprintf(&b, " %d>%d/%s", t.SrcPort, t.DstPort, length)
		if t.Quoted {
			b.WriteByte('q')
		}
	}
	return b.String()
}

type decodeCase struct {
	name     string
	link     uint32
	data     []byte
	original int // 0: len(data)
	want     string
}

func run(t *testing.T, cases []decodeCase) {
	t.Helper()
	d, p := NewDecoder(), &Packet{}
	for _, c := range cases {
		original := c.original
		if original == 0 {
			original = len(c.data)
		}
		d.Decode(c.link, c.data, original, p)
		if got := describe(p); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
		checkBounds(t, p, len(c.data))
	}
	if d.Panics() != 0 {
		t.Errorf("%d panics", d.Panics())
	}
}

// checkBounds tests the invariants that callers rely on to slice the frame.
func checkBounds(t *testing.T, p *Packet, size int) {
	t.Helper()
	for _, l := range p.Layers {
		if int(l.Offset)+int(l.Length) > size {
			t.Errorf("layer %v at %d+%d of %d", l.Proto, l.Offset, l.Length, size)
		}
	}
	for _, tr := range p.Transports {
		if int(tr.Payload)+int(tr.Captured) > size || int(tr.Layer) >= len(p.Layers) || int(tr.Network) >= len(p.Networks) {
			t.Errorf("transport %+v of %d bytes", tr, size)
		}
		if tr.HasLength && tr.Captured > tr.Length {
			t.Errorf("transport has %d of %d bytes", tr.Captured, tr.Length)
		}
	}
	for _, n := range p.Networks {
		if int(n.Layer) >= len(p.Layers) || !n.Src.IsValid() || !n.Dst.IsValid() {
			t.Errorf("network %+v", n)
		}
	}
	if f := p.Fragment; f != nil {
		if int(f.Network) >= len(p.Networks) || int(f.Start) > size || f.Complete && int(f.Start+f.Length) > size {
			t.Errorf("fragment %+v of %d bytes", f, size)
		}
	}
}

func TestLinks(t *testing.T) {
	four, six := ipv4Packet(6, tcpSegment([]byte("hello"))), ipv6Packet(6, tcpSegment([]byte("hello")))
	snap := unhex("aaaa03000000 0800")
	const pair = " 40000>8081/5"
	run(t, []decodeCase{
		{"null little-endian", 0, join(unhex("02000000"), four), 0, "null:ip:tcp" + pair},
		{"null big-endian", 0, join(unhex("0000001e"), six), 0, "null:ipv6:tcp" + pair},
		{"null with PPP", 0, join(unhex("ff030021"), four), 0, "null:ppp:ip:tcp" + pair},
		{"loop", 108, join(unhex("00000002"), four), 0, "null:ip:tcp" + pair},
		{"raw", 101, four, 0, "raw:ip:tcp" + pair},
		{"raw 12", 12, six, 0, "raw:ipv6:tcp" + pair},
		{"raw IPv4", 228, four, 0, "ip:tcp" + pair},
		{"raw IPv6", 229, six, 0, "ipv6:tcp" + pair},
		{"cooked", 113, join(unhex("0000 0001 0006 0200000000010000 0800"), four), 0, "sll:ethertype:ip:tcp" + pair},
		{"cooked 2", 276, join(unhex("86dd 0000 00000001 0001 00 06 0200000000010000"), six), 0, "sll:ethertype:ipv6:tcp" + pair},
		{"cooked LLC", 113, join(unhex("0000 0001 0006 0200000000010000 0004"), snap, four), 0, "sll:llc:ip:tcp" + pair},
		{"PPP", 9, join(unhex("ff030021"), four), 0, "ppp:ip:tcp" + pair},
		{"PPP compressed", 50, join(unhex("57"), six), 0, "ppp:ipv6:tcp" + pair},
		{"Cisco HDLC", 104, join(unhex("0f000800"), four), 0, "chdlc:ip:tcp" + pair},
		{"frame relay", 107, join(unhex("184103cc"), four), 0, "fr:ip:tcp" + pair},
		{"frame relay SNAP", 107, join(unhex("18410380 000000 0800"), four), 0, "fr:ip:tcp" + pair},
		{"802.11", 105, join(wlanHeaderFor("0801"), snap, four), 0, "wlan:llc:ip:tcp" + pair},
		{"802.11 QoS", 105, join(wlanHeaderFor("8801"), unhex("0000"), snap, four), 0, "wlan:llc:ip:tcp" + pair},
		{"802.11 protected", 105, join(wlanHeaderFor("0841"), snap, four), 0, "wlan:data"},
		{"radiotap", 127, join(unhex("00000800 00000000"), wlanHeaderFor("0801"), unhex("aaaa03000000 86dd"), six), 0, "radiotap:wlan_radio:wlan:llc:ipv6:tcp" + pair},
		{"radiotap with FCS", 127, join(unhex("00000900 02000000 10"), wlanHeaderFor("0801"), snap, four, []byte("abcd")), 0, "radiotap:wlan_radio:wlan:llc:ip:tcp" + pair},
		{"nflog", 239, join(unhex("02000000 3100 0900"), four), 0, "nflog:ip:tcp" + pair},
		{"unknown", 9999, four, 0, ""},
	})
}

// wlanHeaderFor is a data frame's header with the given frame control.
func wlanHeaderFor(control string) []byte {
	return unhex(control + "0000 020000000001 020000000002 020000000003 0000")
}

func TestAggregate(t *testing.T) {
	packet := ipv4Packet(6, tcpSegment([]byte("hello")))
	sub := join(unhex("020000000001020000000002 0035 aaaa030000000800"), packet)
	frame := join(wlanHeaderFor("8801"), unhex("8000"), sub, make([]byte, 1), sub)
	run(t, []decodeCase{{"A-MSDU", 105, frame, 0, "wlan:llc:ip:tcp:llc:ip:tcp 40000>8081/5 40000>8081/5"}})
}

func TestEthernet(t *testing.T) {
	four := ipv4Packet(6, tcpSegment([]byte("hello")))
	const pair = " 40000>8081/5"
	run(t, []decodeCase{
		{"padded", 1, join(ethernetFrame(0x0800, ipv4Packet(6, tcpSegment(nil))), make([]byte, 6)), 0, "eth:ethertype:ip:tcp 40000>8081/0"},
		{"VLAN", 1, ethernetFrame(0x8100, join(unhex("00640800"), four)), 0, "eth:ethertype:vlan:ethertype:ip:tcp" + pair},
		{"QinQ", 1, ethernetFrame(0x9100, join(unhex("0001 8100 0002 0800"), four)), 0, "eth:ethertype:vlan:ethertype:vlan:ethertype:ip:tcp" + pair},
		{"802.1ad", 1, ethernetFrame(0x88a8, join(unhex("0001 8100 0002 0800"), four)), 0, "eth:ethertype:ieee8021ad:ethertype:vlan:ethertype:ip:tcp" + pair},
		{"MPLS", 1, ethernetFrame(0x8847, join(unhex("00064040 00065140"), four)), 0, "eth:ethertype:mpls:ip:tcp" + pair},
		{"pseudowire", 1, ethernetFrame(0x8847, join(unhex("00064140 00000000 000c29000002 000c29000001 0800"), four)), 0, "eth:ethertype:mpls:pwethheuristic:pwethcw:eth:ethertype:ip:tcp" + pair},
		{"PPPoE", 1, ethernetFrame(0x8864, join(unhex("1100 0001 002f 0021"), four)), 0, "eth:ethertype:pppoes:ppp:ip:tcp" + pair},
		{"PPPoE length", 1, ethernetFrame(0x8864, join(unhex("1100 0001 002c 0021"), four)), 0, "eth:ethertype:pppoes:ppp:ip:tcp 40000>8081/2"},
		{"STP", 1, ethernetFrame(38, join(unhex("424203"), make([]byte, 35))), 0, "eth:llc:stp"},
		{"SNAP", 1, ethernetFrame(53, join(unhex("aaaa030000000800"), four)), 0, "eth:llc:ip:tcp" + pair},
		{"IS-IS", 1, ethernetFrame(40, join(unhex("fefe03831b0100"), make([]byte, 33))), 0, "eth:llc:osi:isis"},
		{"ISL", 1, join(unhex("01000c000000 020000000001 004b aaaa03 00000c 0003 0000 0000"), ethernetFrame(0x0800, four), make([]byte, 4)), 0, "eth:eth:ethertype:ip:tcp" + pair},
		{"NSH", 1, ethernetFrame(0x894f, join(unhex("0fc20101 00000104"), four)), 0, "eth:ethertype:nsh:ip:tcp" + pair},
		{"ARP", 1, ethernetFrame(0x0806, make([]byte, 28)), 0, "eth:ethertype:arp"},
		{"unknown type", 1, ethernetFrame(0x1234, four), 0, "eth:ethertype:data"},
		{"cut", 1, make([]byte, 10), 60, "eth truncated"},
		{"short", 1, make([]byte, 10), 0, "eth malformed"},
		{"IPv6 under IPv4's type", 1, ethernetFrame(0x0800, ipv6Packet(6, tcpSegment([]byte("hello")))), 0, "eth:ethertype:ip:ipv6:tcp" + pair},
	})
}

func TestVLANs(t *testing.T) {
	d, p := NewDecoder(), &Packet{}
	frame := ethernetFrame(0x88a8, unhex("6064 8100 0fff 8100 0001 0800"))
	d.Decode(1, frame, len(frame), p)
	if got := fmt.Sprint(p.ServiceVLANs, p.VLANs); got != "[100] [4095 1]" {
		t.Error(got)
	}
}

func TestPanic(t *testing.T) {
	d, p := NewDecoder(), &Packet{}
	table := newLayerTable(&d.scan)
	table.Put(panicking{})
	d.parser.SetDecodingLayerContainer(table)
	frame := ethernetFrame(0x0806, nil)
	d.Decode(1, frame, len(frame), p)
	if p.Problem != Panicked || d.Panics() != 1 || p.Stack() != "eth:ethertype" {
		t.Errorf("problem %v, %d panics, stack %s", p.Problem, d.Panics(), p.Stack())
	}
	frame = ethernetFrame(0x0800, ipv4Packet(6, tcpSegment(nil)))
	if d.Decode(1, frame, len(frame), p); p.Problem != OK || len(p.Transports) != 1 {
		t.Error("the decoder does not recover")
	}
}

type panicking struct{}

func (panicking) CanDecode() gopacket.LayerClass    { return gopacket.LayerType(ProtoARP) }
func (panicking) NextLayerType() gopacket.LayerType { return 0 }
func (panicking) LayerPayload() []byte              { return nil }
func (panicking) DecodeFromBytes(b []byte, _ gopacket.DecodeFeedback) error {
	_ = b[len(b)]
	return nil
}

func TestNames(t *testing.T) {
	for p := protoNone + 1; p < protoCount; p++ {
		if p.String() == "" {
			t.Errorf("protocol %d has no name", p)
		}
	}
	if Proto(255).String() != "" {
		t.Error("name of no protocol")
	}
	for link, want := range map[uint32]string{1: "ether", 113: "linux-sll", 276: "linux-sll2", 127: "ieee-802-11-radiotap", 4242: "linktype-4242"} {
		if got := LinkTypeName(link); got != want {
			t.Errorf("link type %d: %s, want %s", link, got, want)
		}
	}
}
