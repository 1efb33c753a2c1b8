package mcp

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// made is a frame of a capture that a test writes: milliseconds since 2023-11-14
// 22:13:20 UTC, and an IP packet.
type made struct {
	ms   int
	data []byte
}

// madeCapture writes a capture in pcap's format and gives its path.
func madeCapture(t testing.TB, link uint32, frames ...made) string {
	t.Helper()
	le := binary.LittleEndian
	b := le.AppendUint32(nil, 0xa1b2c3d4)
	b = append(b, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0)
	b = le.AppendUint32(b, link)
	for _, f := range frames {
		b = le.AppendUint32(b, uint32(1700000000+f.ms/1000))
		b = le.AppendUint32(b, uint32(f.ms%1000*1000))
		b = le.AppendUint32(b, uint32(len(f.data)))
		b = append(le.AppendUint32(b, uint32(len(f.data))), f.data...)
	}
	path := filepath.Join(t.TempDir(), "made.pcap")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const linkRaw = 101

// ipv4 writes an IPv4 packet.
func ipv4(from, to string, protocol byte, payload []byte) []byte {
	b := binary.BigEndian.AppendUint16([]byte{0x45, 0}, uint16(20+len(payload)))
	b = append(b, 0, 0, 0, 0, 64, protocol, 0, 0)
	b = append(append(b, netip.MustParseAddr(from).AsSlice()...), netip.MustParseAddr(to).AsSlice()...)
	return append(b, payload...)
}

// udp writes a datagram between two "ip:port".
func udp(from, to string, payload []byte) []byte {
	a, z := netip.MustParseAddrPort(from), netip.MustParseAddrPort(to)
	be := binary.BigEndian
	b := be.AppendUint16(be.AppendUint16(nil, a.Port()), z.Port())
	b = append(be.AppendUint16(b, uint16(8+len(payload))), 0, 0)
	return ipv4(a.Addr().String(), z.Addr().String(), 17, append(b, payload...))
}

const (
	flagFIN, flagSYN, flagRST, flagACK = 1, 2, 4, 16
)

// tcp writes a segment between two "ip:port".
func tcp(from, to string, flags byte, seq, ack uint32, payload string) []byte {
	a, z := netip.MustParseAddrPort(from), netip.MustParseAddrPort(to)
	be := binary.BigEndian
	b := be.AppendUint16(be.AppendUint16(nil, a.Port()), z.Port())
	b = be.AppendUint32(be.AppendUint32(b, seq), ack)
	b = append(b, 5<<4, flags, 0xff, 0xff, 0, 0, 0, 0)
	return ipv4(a.Addr().String(), z.Addr().String(), 6, append(b, payload...))
}

// icmpv4 writes an ICMP message with four bytes behind its checksum.
func icmpv4(from, to string, kind, code byte, rest uint32, payload []byte) []byte {
	b := binary.BigEndian.AppendUint32([]byte{kind, code, 0, 0}, rest)
	return ipv4(from, to, 1, append(b, payload...))
}

// bootp writes a DHCP message: op 1 asks, 2 answers. Options have no cookie and no end.
func bootp(op byte, xid uint32, mac [6]byte, yours string, options ...byte) []byte {
	b := append([]byte{op, 1, 6, 0}, binary.BigEndian.AppendUint32(nil, xid)...)
	b = append(b, make([]byte, 228)...)
	if yours != "" {
		copy(b[16:], netip.MustParseAddr(yours).AsSlice())
	}
	copy(b[28:], mac[:])
	b = append(b, 0x63, 0x82, 0x53, 0x63)
	b = append(append(b, options...), 255)
	if op == 1 {
		return udp("0.0.0.0:68", "255.255.255.255:67", b)
	}
	return udp("192.168.1.1:67", "255.255.255.255:68", b)
}

// sipMessage writes a message with CRLF and the length of its body.
func sipMessage(body string, lines ...string) string {
	return strings.Join(lines, "\r\n") + fmt.Sprintf("\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// question writes a DNS query of type A.
func question(id uint16, name string) []byte {
	be := binary.BigEndian
	b := append(be.AppendUint16(nil, id), 1, 0, 0, 1, 0, 0, 0, 0, 0, 0)
	for label := range strings.SplitSeq(name, ".") {
		b = append(append(b, byte(len(label))), label...)
	}
	return append(b, 0, 0, 1, 0, 1)
}
