package main

import (
	"encoding/binary"
	"hash/crc32"
)

// Block types of pcapng.
const (
	blockSection    = 0x0a0d0d0a
	blockInterface  = 1
	blockOldPacket  = 2
	blockSimple     = 3
	blockNames      = 4
	blockStatistics = 5
	blockPacket     = 6
	blockSecrets    = 10
	blockCustom     = 0x0bad
	blockLocalUse   = 0x80000abc // the upper half is free for local use
)

// Options; the meaning of the numbers above 1 depends on the block.
const (
	optComment = 1

	shbHardware, shbOS, shbApplication = 2, 3, 4

	ifName, ifDescription, ifSpeed           = 2, 3, 8
	ifResolution, ifFilter, ifOS, ifTSOffset = 9, 11, 12, 14

	epbFlags, epbHash, epbDropCount, epbPacketID = 2, 3, 4, 5

	isbStart, isbEnd, isbReceived, isbDropped      = 2, 3, 4, 5
	isbAccepted, isbDroppedByOS, isbUserDelivered  = 6, 7, 8
	nameIPv4, nameIPv6, secretsTLSKeyLog, exampleP = 1, 2, 0x544c534b, 32473 // RFC 5612: the enterprise for examples
)

type option struct {
	code  uint16
	value []byte
}

func text(code uint16, s string) option { return option{code, []byte(s)} }

// pcapng writes blocks in one byte order.
type pcapng struct {
	order binary.AppendByteOrder
	out   []byte
}

func newPcapng(order binary.AppendByteOrder) *pcapng { return &pcapng{order: order} }

func (g *pcapng) bytes() []byte { return append([]byte(nil), g.out...) }

func (g *pcapng) u16(v uint16) []byte { return g.order.AppendUint16(nil, v) }
func (g *pcapng) u32(v uint32) []byte { return g.order.AppendUint32(nil, v) }
func (g *pcapng) u64(v uint64) []byte { return g.order.AppendUint64(nil, v) }

// stamp is a time as pcapng writes it: the upper half first, whatever the byte
// order.
func (g *pcapng) stamp(t uint64) []byte { return cat(g.u32(uint32(t>>32)), g.u32(uint32(t))) }

func pad(b []byte) []byte { return append(append([]byte(nil), b...), make([]byte, -len(b)&3)...) }

// blockLength is the length of an enhanced packet block without options.
func blockLength(frame int) int { return 32 + (frame+3)&^3 }

func (g *pcapng) block(kind uint32, body ...[]byte) {
	b := pad(cat(body...))
	length := g.u32(uint32(len(b) + 12))
	g.out = append(g.out, cat(g.u32(kind), length, b, length)...)
}

func (g *pcapng) options(options []option) []byte {
	if len(options) == 0 {
		return nil
	}
	var b []byte
	for _, o := range options {
		b = append(b, cat(g.u16(o.code), g.u16(uint16(len(o.value))), pad(o.value))...)
	}
	return append(b, 0, 0, 0, 0)
}

func (g *pcapng) section(options []option) {
	g.block(blockSection, g.u32(0x1a2b3c4d), g.u16(1), g.u16(0), g.u64(1<<64-1), g.options(options))
}

func (g *pcapng) iface(link uint16, snaplen uint32, options []option) {
	g.block(blockInterface, g.u16(link), g.u16(0), g.u32(snaplen), g.options(options))
}

func (g *pcapng) packet(iface uint32, t uint64, frame []byte, options []option) {
	g.packetOf(iface, t, frame, len(frame), options)
}

// packetOf writes a packet of which only the beginning was captured.
func (g *pcapng) packetOf(iface uint32, t uint64, captured []byte, length int, options []option) {
	g.block(blockPacket, g.u32(iface), g.stamp(t), g.u32(uint32(len(captured))), g.u32(uint32(length)),
		pad(captured), g.options(options))
}

// ticks converts a time to the units of a resolution as if_tsresol gives it:
// a negative power of ten, or of two when the upper bit is set.
func ticks(ns int64, resolution byte) uint64 {
	if resolution&0x80 != 0 {
		bits := resolution & 0x7f
		return uint64(ns/1e9)<<bits + uint64(ns%1e9)<<bits/1e9
	}
	t := uint64(ns)
	for range 9 - int(resolution) {
		t /= 10
	}
	return t
}

// sections has two sections, each with byte order, interfaces and interface
// numbers of its own, and with each of the usual resolutions.
func sections() []byte {
	g := newPcapng(binary.LittleEndian)
	packets := both()
	g.section([]option{text(optComment, "the first section is little-endian")})
	g.iface(linkEthernet, 262144, []option{text(ifName, "eth0")}) // microseconds, as nothing else is said
	g.iface(linkRaw, 262144, []option{text(ifName, "tun0"), {ifResolution, []byte{9}}})
	for i, p := range packets[:10] {
		if i%2 == 0 {
			g.packet(0, ticks(timeOf(i), 6), etherIP(p), nil)
		} else {
			g.packet(1, ticks(timeOf(i), 9), p, nil)
		}
	}
	first := g.bytes()

	g = newPcapng(binary.BigEndian)
	g.section([]option{text(optComment, "the second section is big-endian")})
	g.iface(linkNull, 262144, []option{text(ifName, "lo0"), {ifResolution, []byte{0x80 | 20}}})
	g.iface(linkEthernet, 262144, []option{text(ifName, "eth1"), {ifResolution, []byte{3}}})
	// Its times count from an hour before the capture.
	const offset = startTime/1_000_000_000 - 3600
	g.iface(linkEthernet, 262144, []option{text(ifName, "eth2"), {ifResolution, []byte{6}}, {ifTSOffset, g.u64(offset)}})
	for i, p := range packets[10:] {
		t := timeOf(10 + i)
		switch i % 3 {
		case 0:
			g.packet(0, ticks(t, 0x80|20), null(binary.BigEndian, 30)(p), nil)
		case 1:
			g.packet(1, ticks(t, 3), etherIP(p), nil)
		case 2:
			g.packet(2, ticks(t-offset*1e9, 6), etherIP(p), nil)
		}
	}
	return append(first, g.bytes()...)
}

// blocks has one of each kind of block and option that matters, and some that
// a reader should skip.
func blocks() []byte {
	g := newPcapng(binary.LittleEndian)
	frames := wrap(both(), etherIP)
	stamp := func(i int) uint64 { return ticks(timeOf(i), 6) }
	g.section([]option{
		text(shbHardware, "example"), text(shbOS, "none"), text(shbApplication, "synth"),
		text(optComment, "first comment"), text(optComment, "second comment"),
	})
	g.iface(linkEthernet, 128, []option{
		text(ifName, "eth0"), text(ifDescription, "uplink"),
		{ifSpeed, g.u64(1e9)},
		{ifResolution, []byte{6}},
		{ifFilter, append([]byte{0}, "tcp port 80"...)},
		text(ifOS, "none"),
	})

	// Names for the addresses of the capture.
	name := func(kind uint16, addr []byte, names string) []byte {
		value := append(append([]byte(nil), addr...), names...)
		return cat(g.u16(kind), g.u16(uint16(len(value))), pad(value))
	}
	g.block(blockNames, name(nameIPv4, client4.AsSlice(), "client.example.com\x00"),
		name(nameIPv4, server4.AsSlice(), "www.example.com\x00www2.example.com\x00"),
		name(nameIPv6, server6.AsSlice(), "www.example.com\x00"), []byte{0, 0, 0, 0})

	secret := "CLIENT_RANDOM 0000000000000000000000000000000000000000000000000000000000000000 " +
		"000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\n"
	g.block(blockSecrets, g.u32(secretsTLSKeyLog), g.u32(uint32(len(secret))), pad([]byte(secret)))

	g.packet(0, stamp(0), frames[0], []option{text(optComment, "the first packet"), {epbFlags, g.u32(2)}})
	g.packet(0, stamp(1), frames[1], []option{{epbFlags, g.u32(1)}, {epbDropCount, g.u64(3)}, {epbPacketID, g.u64(77)}})
	g.packet(0, stamp(2), frames[2], []option{text(optComment, "one comment"), text(optComment, "and another")})
	// A hash of the packet (CRC32, which readers do not check), and flags that
	// say that the packet ends with its frame check sequence of 4 bytes.
	fcs := binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE(frames[3]))
	g.packet(0, stamp(3), cat(frames[3], fcs), []option{{epbHash, []byte{2, 1, 2, 3, 4}}, {epbFlags, g.u32(2 | 1<<2 | 4<<5)}})
	g.block(blockLocalUse, []byte("a block of an unknown type"))
	// The obsolete packet block: short interface number, and a count of drops.
	for i := 4; i < 6; i++ {
		g.block(blockOldPacket, g.u16(0), g.u16(uint16(i)), g.stamp(stamp(i)), g.u32(uint32(len(frames[i]))),
			g.u32(uint32(len(frames[i]))), pad(frames[i]), g.options([]option{text(optComment, "in an obsolete block")}))
	}
	// Simple packets have no time, and no length but the original one: what
	// was captured follows from the snapshot length of the interface.
	g.block(blockSimple, g.u32(uint32(len(frames[6]))), pad(frames[6]))
	long := etherIP(udpPacket(client4, server4, 40003, 9, make([]byte, 300)))
	g.block(blockSimple, g.u32(uint32(len(long))), long[:128])
	g.packetOf(0, stamp(8), long[:128], len(long), nil)

	// The second interface is described in the middle of the file.
	g.iface(linkRaw, 0, []option{text(ifName, "tun0")})
	g.packet(1, stamp(9), both()[10], nil)
	g.packet(0, stamp(10), frames[11], nil)
	// At the end, as tshark counts custom blocks as if they were packets.
	g.block(blockCustom, g.u32(exampleP), []byte("custom data that only its owner can read"))
	statistics := func(iface uint32, received, dropped, dropByOS uint64) {
		g.block(blockStatistics, g.u32(iface), g.stamp(stamp(20)), g.options([]option{
			{isbStart, g.stamp(stamp(0))},
			{isbEnd, g.stamp(stamp(20))},
			{isbReceived, g.u64(received)},
			{isbDropped, g.u64(dropped)},
			{isbAccepted, g.u64(received - dropped)},
			{isbDroppedByOS, g.u64(dropByOS)},
			{isbUserDelivered, g.u64(received - dropped - dropByOS)},
			text(optComment, "counted by hand"),
		}))
	}
	statistics(0, 30, 15, 5)
	statistics(1, 1, 0, 0)
	return g.bytes()
}
