package source

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
	p.swapped = major == 2 && minor < 3 || major == 543
	p.maybe = major == 2 && minor == 3
}

// lengths gives incl_len and orig_len of a record header.
func (p *pcap) lengths(h []byte) (incl, orig uint32) {
	incl, orig = p.u32(h[8:]), p.u32(h[12:])
	if p.swapped || p.maybe && incl > orig {
		return orig, incl
	}
	return incl, orig
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

// guess chooses the variant like Wireshark 4.0 does: the one with the fewest
// faults in the first three records, the earlier one if they have as many. w is
// the start of the records, whole says that it is all of them. Like in later
// versions of Wireshark, and other than in 4.0, the fields that only a variant
// has must look right too: otherwise a plain file that is cut or damaged within
// its first records may pass for a variant.
func (p *pcap) guess(w []byte, snap uint32, whole bool) {
	candidates := []variant{variantPlain, variantModified, variantNokia}
	if p.number == magicModified {
		candidates = []variant{variantModified, variantModSMP}
	}
	best := -1
	for _, v := range candidates {
		if best >= 0 && p.number == magicMicro && !p.likely(v, w) {
			continue
		}
		n := p.faults(v, w, snap, whole)
		if best < 0 || n < best {
			p.variant, best = v, n
		}
	}
}

// likely reports whether the fields that only v has look right in the first
// record. Kuznetzov's are interface index u32, protocol u16 (EtherType, or a
// small number of Linux in 1999), packet type u8 (0 to 4). Nokia's is one word,
// known only by example: 0x[9b]fbf[bd][69]0[12].
func (p *pcap) likely(v variant, w []byte) bool {
	if len(w) < 16+v.more() {
		return false
	}
	w = w[16:]
	if v == variantNokia {
		n := endian{}.u32(w)
		a, b, c, d := n>>28, n>>12&15, n>>8&15, n&15
		return n&0x0fff00f0 == 0x0fbf0000 && (a == 9 || a == 11) && (b == 11 || b == 13) &&
			(c == 6 || c == 9) && (d == 1 || d == 2)
	}
	protocol := p.u16(w[4:])
	return p.u32(w) <= 10_000 && w[6] <= 4 && (protocol >= 0x600 || protocol <= 0x17 ||
		protocol == 0x60 || protocol == 0x200 || protocol == 0x400)
}

// faults counts what speaks against a variant in the first bad one of the first
// three records.
func (p *pcap) faults(v variant, w []byte, snap uint32, whole bool) int {
	cut := 0 // the fault of a record that is not there in full
	if whole {
		cut = 1
	}
	head := 16 + v.more()
	for range 3 {
		if len(w) == 0 {
			return 0
		}
		if len(w) < head {
			return cut
		}
		frac := p.u32(w[4:])
		size, orig := p.lengths(w)
		n := 0
		for _, bad := range []bool{frac >= 1_000_000, size > p.max, size > snap, orig > 128<<20, size > orig} {
			if bad {
				n++
			}
		}
		if n > 0 {
			return n
		}
		if len(w)-head < int(size) {
			return cut
		}
		w = w[head+int(size):]
	}
	return 0
}
