package index

import "encoding/binary"

// appendMore encodes the further memberships: place in the block, connection, side.
func appendMore(b []byte, rows []Packet, more []Member) []byte {
	for _, m := range more {
		b = binary.AppendUvarint(b, uint64(m.Frame-rows[0].Number))
		b = binary.AppendUvarint(b, uint64(m.Conn))
		b = append(b, byte(m.Side))
	}
	return b
}

func decodeMore(d *decoder, first, n uint32) (more []Member) {
	for len(d.b) > 0 {
		m := Member{Frame: first + d.uint32(), Conn: d.uint32(), Side: Side(d.byte() & 1)}
		if m.Frame-first >= n || len(more) > 0 && m.Frame < more[len(more)-1].Frame {
			d.fail()
		}
		more = append(more, m)
	}
	return more
}

// appendNumbers encodes the data lengths and PDU sizes of the rows that have any:
// place in the block, then each list as its length and values.
func appendNumbers(b []byte, rows []Packet) []byte {
	for i := range rows {
		p := &rows[i]
		if len(p.DataLengths) == 0 && len(p.PDUSizes) == 0 {
			continue
		}
		b = binary.AppendUvarint(b, uint64(i))
		for _, list := range [...][]uint32{p.DataLengths, p.PDUSizes} {
			b = binary.AppendUvarint(b, uint64(len(list)))
			for _, v := range list {
				b = binary.AppendUvarint(b, uint64(v))
			}
		}
	}
	return b
}

func decodeNumbers(d *decoder, rows []Packet) {
	list := func() (out []uint32) {
		for range d.count(1) {
			out = append(out, d.uint32())
		}
		return out
	}
	for len(d.b) > 0 {
		i := d.uvarint()
		if i >= uint64(len(rows)) {
			d.fail()
			return
		}
		rows[i].DataLengths, rows[i].PDUSizes = list(), list()
	}
}

// appendRepeats encodes duplicate acknowledgements and retransmissions: place in
// the block, number of the duplicate and how many frames before stands the first
// (0 and 0 for none), time and the same of the frame that the time-out counts from.
func appendRepeats(b []byte, rows []Packet) []byte {
	back := func(number, frame uint32) uint64 {
		if frame == 0 {
			return 0
		}
		return uint64(number - frame)
	}
	for i := range rows {
		p := &rows[i]
		if p.Dup == 0 && p.RTO == 0 && p.RTOFrame == 0 {
			continue
		}
		b = binary.AppendUvarint(b, uint64(i))
		b = binary.AppendUvarint(b, uint64(p.Dup))
		b = binary.AppendUvarint(b, back(p.Number, p.DupFrame))
		b = binary.AppendVarint(b, int64(p.RTO))
		b = binary.AppendUvarint(b, back(p.Number, p.RTOFrame))
	}
	return b
}

func decodeRepeats(d *decoder, rows []Packet) {
	for len(d.b) > 0 {
		i := d.uvarint()
		if i >= uint64(len(rows)) {
			d.fail()
			return
		}
		p := &rows[i]
		p.Dup = d.uint32()
		dup := d.uint32()
		p.RTO = Time(d.varint())
		rto := d.uint32()
		if dup >= p.Number || rto >= p.Number {
			d.fail()
			return
		}
		if dup > 0 {
			p.DupFrame = p.Number - dup
		}
		if rto > 0 {
			p.RTOFrame = p.Number - rto
		}
	}
}
