package source

import "encoding/binary"

// variant is a kind of pcap file that differs in its record headers. Only some
// can be told from the file header.
type variant uint8

const (
	variantUnknown  variant = iota
	variantPlain            // libpcap's own
	variantAIX              // interface types in place of link types, nanoseconds, padded FDDI
	variantModified         // Kuznetzov's patches of 1999-04-17 and 1999-10-29: 24 byte headers
	variantModSMP           // that of 1999-09-15: 28 byte headers
	variantNokia            // four more bytes
	variantIxia             // longer file header only
)

// String is the name in FileInfo.Variant.
func (v variant) String() string {
	switch v {
	case variantAIX:
		return "aix"
	case variantModified, variantModSMP:
		return "modified"
	case variantNokia:
		return "nokia"
	case variantIxia:
		return "ixia"
	}
	return ""
}

// setVersion sets what follows from magic number and version. Before version
// 2.3 incl_len and orig_len were interchanged, and some writers of 2.3 still did
// so; DG/UX writes version 543 with the old order.
func (p *pcap) setVersion(major, minor uint16) {
	switch p.number {
	case magicNano:
		p.variant = variantPlain
	case magicIxia, magicIxiaNano:
		p.variant = variantIxia
	}
	old := major == 2 && minor < 3 || major == 543
	p.swapped = old
	p.maybe = major == 2 && minor == 3
	if (old || p.maybe) && p.number == magicMicro {
		p.variant = variantPlain
	}
}

// aix recognises a file of AIX by its version and interface type (RFC 1573),
// and returns the link type for it.
func (p *pcap) aix(major, minor uint16, network uint32) (link uint32) {
	if p.number != magicMicro || major != 2 || minor != 2 {
		return network
	}
	switch network {
	case 6: // Ethernet
		link = 1
	case 9: // Token Ring
		link = 6
	case 15: // FDDI, with three bytes before each frame
		link, p.pad = 10, 3
	case 24: // loopback
		link = 0
	default:
		return network
	}
	p.variant = variantAIX
	return link
}

// setVariant sets the sizes and units that follow from the variant.
func (p *pcap) setVariant() {
	p.head, p.nano = 16+p.variant.more()+int(p.pad), 1000
	if p.number == magicNano || p.number == magicIxiaNano || p.variant == variantAIX {
		p.nano = 1
	}
}

// more is the number of bytes that the record header has beyond pcap's 16.
func (v variant) more() int {
	switch v {
	case variantModified:
		return 8
	case variantModSMP:
		return 12
	case variantNokia:
		return 4
	}
	return 0
}

// guess chooses the variant like Wireshark does: the one whose first three
// records have the fewest faults, the earlier one if they have as many. w is
// the start of the records, whole says that it is all of them.
func (p *pcap) guess(w []byte, snap uint32, whole bool) {
	candidates := []variant{variantPlain, variantModified, variantNokia}
	if p.number == magicModified {
		candidates = []variant{variantModified, variantModSMP}
	}
	best := -1
	for _, v := range candidates {
		n := p.faults(v, w, snap, whole)
		if best < 0 || n < best {
			p.variant, best = v, n
		}
	}
}

// faults counts what speaks against a variant in the first three records.
func (p *pcap) faults(v variant, w []byte, snap uint32, whole bool) (n int) {
	for range 3 {
		if len(w) == 0 {
			return n
		}
		head := 16 + v.more()
		h := w[:min(head, len(w))]
		n += p.headerFaults(v, h, snap)
		if len(w) < head {
			return n + cut(whole)
		}
		size := p.u32(w[8:])
		if size > p.max {
			return n
		}
		if len(w)-head < int(size) {
			return n + cut(whole)
		}
		w = w[head+int(size):]
	}
	return n
}

// cut is the fault of a record that is not there in full.
func cut(whole bool) int {
	if whole {
		return 1
	}
	return 0
}

// headerFaults counts the unlikely fields of a record header, which may be cut.
func (p *pcap) headerFaults(v variant, h []byte, snap uint32) (n int) {
	fault := func(end int, bad func() bool) {
		if len(h) >= end && bad() {
			n++
		}
	}
	size := func() uint32 { return p.u32(h[8:]) }
	fault(8, func() bool { return p.u32(h[4:]) >= 1_000_000 })
	fault(12, func() bool { return size() > p.max })
	fault(12, func() bool { return size() > snap })
	fault(16, func() bool { return p.u32(h[12:]) > 128<<20 })
	fault(16, func() bool { return size() > p.u32(h[12:]) })
	switch v {
	case variantModified, variantModSMP:
		// Interface index, protocol (EtherType or a small Linux number),
		// packet type (0 to 4).
		fault(20, func() bool { return p.u32(h[16:]) > 10_000 })
		fault(22, func() bool { return !linuxProtocol(p.u16(h[20:])) })
		fault(23, func() bool { return h[22] > 4 })
	case variantNokia:
		fault(20, func() bool { return !nokiaWord(binary.LittleEndian.Uint32(h[16:])) })
	}
	return n
}

// linuxProtocol tells whether n is an EtherType or one of the numbers that Linux
// of 1999 had below that range.
func linuxProtocol(n uint16) bool {
	return n >= 0x600 || n <= 0x17 || n == 0x60 || n == 0x200 || n == 0x400
}

// nokiaWord tells whether n looks like the extra word of a Nokia record, known
// only by example: 0x[9b]fbf[bd][69]0[12].
func nokiaWord(n uint32) bool {
	a, b, c, d := n>>28, n>>12&15, n>>8&15, n&15
	return n&0x0fff00f0 == 0x0fbf0000 && (a == 9 || a == 11) && (b == 11 || b == 13) &&
		(c == 6 || c == 9) && (d == 1 || d == 2)
}
