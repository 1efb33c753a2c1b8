package main

import "encoding/binary"

// damaged are files that end too early or go wrong in the middle. Up to
// there, each of them is the ordinary capture of both().
func damaged(put func(name string, data []byte)) {
	f := newPcap(linkEthernet)
	frames := wrap(both(), etherIP)
	whole := f.write(frames)

	// at is where the record of packet n begins.
	at := func(n int) int { return len(f.write(frames[:n])) }

	put("zero-bytes.pcap", nil)
	put("cut-file-header.pcap", whole[:15])
	put("cut-record-header.pcap", whole[:at(7)+9])
	put("cut-packet.pcap", whole[:at(8)+16+30])

	long := append([]byte(nil), whole...)
	binary.LittleEndian.PutUint32(long[at(5)+8:], 0x7fffffff)
	put("impossible-length.pcap", long)

	// Text has lengths of more than a gigabyte where a record would have its
	// own.
	garbage := append([]byte(nil), whole[:at(5)]...)
	for range 20 {
		garbage = append(garbage, "this is not a packet at all. "...)
	}
	put("garbage-after-5.pcap", garbage)

	var binaryText []byte
	for i := range 2000 {
		binaryText = append(binaryText, byte(i*i>>3), byte(i*7))
	}
	put("not-a-capture.bin", binaryText)

	g := newPcapng(binary.LittleEndian)
	g.section(nil)
	g.iface(linkEthernet, 0, nil)
	put("empty.pcapng", g.bytes())
	for i, frame := range frames {
		g.packet(0, uint64(timeOf(i)/1000), frame, nil)
	}
	ng := g.bytes()
	put("cut-block.pcapng", ng[:len(ng)-41])

	// The length at the end of a block repeats the one at its beginning; here
	// those of the last block disagree.
	trailer := append([]byte(nil), ng...)
	binary.LittleEndian.PutUint32(trailer[len(trailer)-4:], 4)
	put("wrong-trailer.pcapng", trailer)

	// A block length that is too small for a block.
	short := append([]byte(nil), ng...)
	tail := blockLength(len(frames[len(frames)-1]))
	binary.LittleEndian.PutUint32(short[len(short)-tail+4:], 8)
	put("short-block.pcapng", short)

	// A packet of an interface that was never described.
	h := newPcapng(binary.LittleEndian)
	h.section(nil)
	h.iface(linkEthernet, 0, nil)
	h.packet(0, uint64(timeOf(0)/1000), frames[0], nil)
	h.packet(3, uint64(timeOf(1)/1000), frames[1], nil)
	h.packet(0, uint64(timeOf(2)/1000), frames[2], nil)
	put("unknown-interface.pcapng", h.bytes())
}
