package index

import "encoding/binary"

// Container bytes
//
// A capture file is a row of gaps and packet data:
//
//	gap 1 | data of frame 1 | gap 2 | data of frame 2 | ... | gap n+1
//
// A gap holds everything that is not packet data: file header, record or block
// headers, padding, options, trailing lengths, other blocks, and at the end a
// damaged tail. Nearly every gap can be told from the columns of the two frames
// beside it, so only the others are stored ("pieces"). AppendGap is the one
// definition of "can be told": ingest compares it with the bytes of the file
// and keeps a piece where they differ, export calls it where no piece is kept.

// AppendGap appends to dst the gap that a plain writer puts between the data of
// prev and the data of next. prev is nil before the first frame and next is nil
// after the last one. ok is false, and dst unchanged, when the gap cannot be
// told; it must then be stored.
func AppendGap(dst []byte, ifaces []Interface, prev, next *Frame) (gap []byte, ok bool) {
	if prev == nil || next == nil && prev == nil || int(prev.Iface) >= len(ifaces) {
		return dst, false
	}
	from := &ifaces[prev.Iface]
	if next == nil {
		if from.Format == FormatPcap {
			return dst, true
		}
		return appendBlockEnd(dst, from, prev), true
	}
	if int(next.Iface) >= len(ifaces) {
		return dst, false
	}
	to := &ifaces[next.Iface]
	sec, frac, ok := stamp(to, next.Time)
	if !ok || next.NoTime || prev.NoTime || from.Format != to.Format || from.Section != to.Section {
		return dst, false
	}
	if from.Format == FormatPcap {
		return appendRecordHeader(dst, to, sec, frac, next), true
	}
	return appendBlockStart(appendBlockEnd(dst, from, prev), to, next), true
}

// byteOrder is the interface's byte order for appending.
func byteOrder(i *Interface) binary.AppendByteOrder {
	if i.BigEndian {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// appendRecordHeader appends pcap's per-packet header: ts_sec, ts_frac,
// incl_len, orig_len (u32 each).
func appendRecordHeader(dst []byte, i *Interface, sec, frac uint64, f *Frame) []byte {
	o := byteOrder(i)
	dst = o.AppendUint32(dst, uint32(sec))
	dst = o.AppendUint32(dst, uint32(frac))
	dst = o.AppendUint32(dst, f.CapLen)
	return o.AppendUint32(dst, f.OrigLen)
}

// appendBlockStart appends the head of an Enhanced Packet Block without
// options: type 6, total length, interface, time (high, low), lengths.
func appendBlockStart(dst []byte, i *Interface, f *Frame) []byte {
	o := byteOrder(i)
	ticks, _ := Ticks(i, f.Time)
	dst = o.AppendUint32(dst, 6)
	dst = o.AppendUint32(dst, blockLen(f.CapLen))
	dst = o.AppendUint32(dst, uint32(i.ID))
	dst = o.AppendUint32(dst, uint32(ticks>>32))
	dst = o.AppendUint32(dst, uint32(ticks))
	dst = o.AppendUint32(dst, f.CapLen)
	return o.AppendUint32(dst, f.OrigLen)
}

// appendBlockEnd appends the padding and trailing total length of an Enhanced
// Packet Block without options.
func appendBlockEnd(dst []byte, i *Interface, f *Frame) []byte {
	var pad [4]byte
	dst = append(dst, pad[:-f.CapLen&3]...)
	return byteOrder(i).AppendUint32(dst, blockLen(f.CapLen))
}

// blockLen is the total length of an Enhanced Packet Block without options.
func blockLen(capLen uint32) uint32 { return 32 + (capLen+3)&^3 }

// stamp splits a time into pcap's seconds and fraction; ok is false when the
// interface cannot express it.
func stamp(i *Interface, t Time) (sec, frac uint64, ok bool) {
	if i.Format != FormatPcap {
		_, ok = Ticks(i, t)
		return 0, 0, ok
	}
	unit := int64(1000)
	if i.Resolution == 9 {
		unit = 1
	}
	s, n := int64(t)/1e9, int64(t)%1e9
	if t < 0 || s > 0xffffffff || n%unit != 0 {
		return 0, 0, false
	}
	return uint64(s), uint64(n / unit), true
}

// Ticks converts a time to the interface's own unit (pcapng if_tsresol and
// if_tsoffset). ok is false when the unit cannot express it exactly; binary
// resolutions never are, their gaps are stored.
func Ticks(i *Interface, t Time) (ticks uint64, ok bool) {
	if i.Resolution > 9 || i.Offset < -1<<33 || i.Offset > 1<<33 {
		return 0, false
	}
	s, n := int64(t)/1e9, int64(t)%1e9
	if n < 0 {
		s, n = s-1, n+1e9
	}
	s -= i.Offset
	per, unit := uint64(1), int64(1e9)
	for range i.Resolution {
		per, unit = per*10, unit/10
	}
	if s < 0 || n%unit != 0 {
		return 0, false
	}
	return uint64(s)*per + uint64(n/unit), true
}
