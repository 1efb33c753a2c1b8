package source

import "pcapidx/index"

// Magic numbers of pcap files. The Ixia ones have a header that is four bytes
// longer (the size of all records); the modified one is Kuznetzov's, whose
// record headers are longer.
const (
	magicMicro    = 0xa1b2c3d4
	magicNano     = 0xa1b23c4d
	magicModified = 0xa1b2cd34
	magicIxiaNano = 0x1c0001ac
	magicIxia     = 0x1c0001ab
)

const pcapHeader = 24 // bytes of the file header

// pcap is the state of a classic pcap file.
type pcap struct {
	endian
	number  uint32 // magic number
	variant variant
	head    int // bytes of a record header, padding included
	pad     uint32
	nano    int64 // nanoseconds of one unit of the fraction
	max     uint32
	link    uint32
	swapped bool // incl_len and orig_len are interchanged
	maybe   bool // they are if incl_len > orig_len
}

// magic reports whether head starts a pcap file, and remembers its kind.
func (p *pcap) magic(head []byte) bool {
	if len(head) < 4 {
		return false
	}
	for _, p.big = range []bool{false, true} {
		p.number = p.u32(head)
		switch p.number {
		case magicMicro, magicNano, magicModified, magicIxiaNano, magicIxia:
			return true
		}
	}
	return false
}

// readFileHeader reads the pcap file header: magic, version (2 x u16), thiszone,
// sigfigs, snaplen, network (u32 each).
func (r *Reader) readFileHeader() error {
	p := &r.pcap
	size := pcapHeader
	if p.number == magicIxia || p.number == magicIxiaNano {
		size += 4
	}
	h := r.data.peek(size)
	if len(h) < size {
		return r.ends(damageCutHeader, 0, len(h), "pcap file header")
	}
	major, minor := p.u16(h[4:]), p.u16(h[6:])
	snap, network := p.u32(h[16:]), p.u32(h[20:])
	r.info.Major, r.info.Minor = major, minor
	r.limits.addSection(&index.Section{BigEndian: p.big, Major: major, Minor: minor})
	p.setVersion(major, minor)
	if major < 2 {
		r.damage(damageUnsupported, 4, "pcap version %d.%d", major, minor)
	}
	network = p.aix(major, minor, network)
	// The upper half of network holds the length of a frame check sequence
	// (bits 28-31, valid with bit 26) and bits that must be zero. Wireshark
	// refuses files where one of bits 16-25 is set.
	if network&0x03ff0000 != 0 {
		r.damage(damageUnsupported, 20, "reserved bits of the link type are set (0x%08x)", network)
	}
	p.link = network & 0xffff
	p.max = maxCapLen(p.link)
	if p.variant == variantUnknown {
		p.guess(r.data.peek(maxPeek)[size:], snap, len(r.data.peek(maxPeek)) < maxPeek)
	}
	p.setVariant()
	r.addPcapInterface(snap)
	r.addGap(nil, r.data.peek(size))
	r.data.discard(size)
	return nil
}

// addPcapInterface describes the one interface of the file.
func (r *Reader) addPcapInterface(snap uint32) {
	p := &r.pcap
	resolution := uint8(6)
	if p.nano == 1 {
		resolution = 9
	}
	r.info.Variant = p.variant.String()
	r.limits.addInterface(&index.Interface{
		LinkType: p.link, SnapLen: snap,
		Format: index.FormatPcap, BigEndian: p.big, Resolution: resolution,
	})
}

// readRecords reads packet records until the batch is full: ts_sec, ts_frac,
// incl_len, orig_len (u32 each), more fields in some variants, data.
func (r *Reader) readRecords(b *Batch) error {
	p := &r.pcap
	for !b.full() {
		h := r.data.peek(p.head)
		if len(h) < p.head {
			return r.ends(damageCutHeader, r.data.off, len(h), "record header")
		}
		f := index.Frame{Time: index.Time(int64(p.u32(h))*1e9 + int64(p.u32(h[4:]))*p.nano)}
		f.CapLen, f.OrigLen = p.lengths(h)
		if f.CapLen > p.max || f.CapLen < p.pad {
			r.damage(damageLength, r.data.off, "a record has a captured length of %d bytes, allowed are up to %d", f.CapLen, p.max)
			return nil
		}
		f.CapLen -= p.pad
		f.OrigLen -= min(p.pad, f.OrigLen)
		if err := r.readRecord(b, &f); err != nil || r.state != inRecords {
			return err
		}
	}
	return nil
}

// readRecord adds the frame whose header is next in the stream.
func (r *Reader) readRecord(b *Batch, f *index.Frame) error {
	p := &r.pcap
	total := p.head + int(f.CapLen)
	if total > maxPeek {
		at := r.data.off
		head, ok := r.take(b, p.head, f.CapLen)
		if !ok {
			return r.ends(damageCutPacket, at, 1, "packet")
		}
		return r.commit(b, head, f, p.link)
	}
	w := r.data.peek(total)
	if len(w) < total {
		return r.ends(damageCutPacket, r.data.off, len(w), "packet")
	}
	b.Data = append(b.Data, w[p.head:]...)
	if err := r.commit(b, w[:p.head], f, p.link); err != nil {
		return err
	}
	r.data.discard(total)
	return nil
}
