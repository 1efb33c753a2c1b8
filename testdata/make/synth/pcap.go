package main

import "encoding/binary"

// Link types, as registered for pcap.
const (
	linkNull     = 0
	linkEthernet = 1
	linkRaw      = 101
	linkLoop     = 108
	linkWLAN     = 105
	linkRadiotap = 127
	linkUser0    = 147
)

// Magic numbers of the pcap format.
const (
	magicMicro     = 0xa1b2c3d4
	magicNano      = 0xa1b23c4d
	magicKuznetzov = 0xa1b2cd34
)

// All captures begin at the same moment, and their packets are 1.234567 ms
// apart, so that each resolution shows digits of its own.
const (
	startTime = 1700000000 * 1_000_000_000
	timeStep  = 1_234_567
)

func timeOf(i int) int64 { return startTime + int64(i)*timeStep }

// pcapFile says which of the variants of the format to write.
type pcapFile struct {
	order   binary.AppendByteOrder
	magic   uint32
	minor   uint16 // version 2.minor
	snaplen int
	link    uint32
	when    func(i int) int64 // nanoseconds of packet i
}

// newPcap is the common case: little-endian, microseconds, version 2.4.
func newPcap(link uint32) pcapFile {
	return pcapFile{order: binary.LittleEndian, magic: magicMicro, minor: 4, snaplen: 262144, link: link, when: timeOf}
}

func (f pcapFile) header() []byte {
	b := f.order.AppendUint32(nil, f.magic)
	b = f.order.AppendUint16(b, 2)
	b = f.order.AppendUint16(b, f.minor)
	b = append(b, make([]byte, 8)...)
	b = f.order.AppendUint32(b, uint32(f.snaplen))
	return f.order.AppendUint32(b, f.link)
}

func (f pcapFile) recordHeader(i, captured, length int) []byte {
	ns := f.when(i)
	fraction := ns % 1e9
	if f.magic != magicNano {
		fraction /= 1000
	}
	b := f.order.AppendUint32(nil, uint32(ns/1e9))
	b = f.order.AppendUint32(b, uint32(fraction))
	first, second := captured, length
	if f.minor < 3 {
		// Before version 2.3 these two came the other way around.
		first, second = second, first
	}
	b = f.order.AppendUint32(b, uint32(first))
	b = f.order.AppendUint32(b, uint32(second))
	if f.magic == magicKuznetzov {
		// Alexey Kuznetzov's patch added the interface, the protocol, and
		// the kind of the packet.
		b = f.order.AppendUint32(b, 2)
		b = append(b, 8, 0, byte(4*(i%2)), 0)
	}
	return b
}

func (f pcapFile) write(frames [][]byte) []byte {
	b := f.header()
	for i, frame := range frames {
		captured := min(len(frame), f.snaplen)
		b = append(b, f.recordHeader(i, captured, len(frame))...)
		b = append(b, frame[:captured]...)
	}
	return b
}

// null puts the address family in front of a packet, as on BSD's loopback: in
// the byte order of the machine for linkNull, in network order for linkLoop.
// The number for IPv6 differs between the systems: 24, 28 or 30.
func null(order binary.AppendByteOrder, family6 uint32) func([]byte) []byte {
	return func(packet []byte) []byte {
		family := uint32(2)
		if packet[0]>>4 == 6 {
			family = family6
		}
		return append(order.AppendUint32(nil, family), packet...)
	}
}

// pcapVariants are the forms that a classic pcap file can have.
func pcapVariants(put func(name string, data []byte)) {
	frames := wrap(both(), etherIP)

	f := newPcap(linkEthernet)
	f.order = binary.BigEndian
	put("big-endian.pcap", f.write(frames))

	f = newPcap(linkEthernet)
	f.magic = magicNano
	put("nanosecond.pcap", f.write(frames))

	f.order = binary.BigEndian
	f.link = linkRaw
	put("nanosecond-be-raw.pcap", f.write(both()))

	f = newPcap(linkEthernet)
	f.minor = 2
	f.snaplen = 68 // or it would not matter which length comes first
	put("version-2.2.pcap", f.write(frames))

	f = newPcap(linkEthernet)
	f.magic = magicKuznetzov
	put("kuznetzov.pcap", f.write(frames))

	f = newPcap(linkEthernet)
	f.snaplen = 60
	put("snaplen-60.pcap", f.write(frames))

	f = newPcap(linkNull)
	loopback := wrap(both(), null(binary.LittleEndian, 30))
	loopback = append(loopback, null(binary.LittleEndian, 24)(echo(client6, server6, 128, 1)),
		null(binary.LittleEndian, 28)(echo(server6, client6, 129, 1)))
	put("loopback.pcap", f.write(loopback))
	f.order = binary.BigEndian
	put("loopback-be.pcap", f.write(wrap(both(), null(binary.BigEndian, 30))))
	put("loop.pcap", newPcap(linkLoop).write(wrap(both(), null(binary.BigEndian, 24))))

	put("user0.pcap", newPcap(linkUser0).write([][]byte{
		[]byte("a frame of a link type that means something to its owner only"),
		{0xde, 0xad, 0xbe, 0xef},
		both()[0],
	}))

	f = newPcap(linkEthernet)
	f.when = func(i int) int64 { return startTime - int64(i)*timeStep }
	put("backwards.pcap", f.write(frames))

	put("empty.pcap", newPcap(linkEthernet).header())
	put("zero-length.pcap", newPcap(linkEthernet).write([][]byte{frames[0], {}, frames[1], {}}))
}
