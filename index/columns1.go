package index

// decodeColumns1 decodes a columns value of format 1 into rows (reused):
// packed(number of rows, then column by column: row bits, status, time deltas,
// captured lengths, original minus captured, interface, stack, connection
// deltas, payload offset, payload length, flags, seq, ack, window; then the
// number of More and per item row, connection, side). Such an index is read in
// order to be built anew, and answers until then.
func decodeColumns1(value []byte, first uint32, rows []Packet, buf []byte) (out []Packet, more []Member, bufOut []byte, err error) {
	body, err := unpack(value, buf, groupLimit)
	if err != nil {
		return rows[:0], nil, buf, err
	}
	if value[0] == packedS2 { // else body is the reader's page
		buf = body
	}
	d := &decoder{b: body}
	n := d.count(2)
	if n > maxBlockRows {
		return rows[:0], nil, buf, errShort
	}
	rows = rows[:0]
	for i := range n {
		rows = append(rows, Packet{Number: first + uint32(i), Conn: NoConnection})
	}
	bits := d.bytes(n)
	for i, s := range d.bytes(n) {
		rows[i].Status = Status(s)
	}
	if d.err != nil {
		return rows[:0], nil, buf, d.err
	}
	decodeFrameColumns1(d, rows, bits)
	decodeTransportColumns1(d, rows, bits)
	for range d.count(3) {
		m := Member{Frame: first + d.uint32(), Conn: d.uint32(), Side: Side(d.byte() & 1)}
		if m.Frame-first >= uint32(n) {
			d.fail()
		}
		more = append(more, m)
	}
	return rows, more, buf, d.err
}

func decodeFrameColumns1(d *decoder, rows []Packet, bits []byte) {
	var t Time
	for i := range rows {
		t += Time(d.varint())
		rows[i].Time = t
		rows[i].NoTime = bits[i]&rowNoTime != 0
		rows[i].TCP = bits[i]&rowTCP != 0
		rows[i].Side = Side(bits[i] & rowSideB >> 1)
	}
	for i := range rows {
		rows[i].CapLen = d.uint32()
	}
	for i := range rows {
		rows[i].OrigLen = uint32(int64(rows[i].CapLen) + d.varint())
	}
	for i := range rows {
		rows[i].Iface = d.uint32()
	}
	for i := range rows {
		rows[i].Stack = d.uint32()
	}
}

func decodeTransportColumns1(d *decoder, rows []Packet, bits []byte) {
	var last uint32
	for i := range rows {
		if bits[i]&rowConn != 0 {
			last = uint32(int64(last) + d.varint())
			if last == NoConnection {
				d.fail()
			}
			rows[i].Conn = last
		}
	}
	for i := range rows {
		if bits[i]&rowConn != 0 {
			rows[i].Payload = d.uint32()
		}
	}
	for i := range rows {
		if bits[i]&rowConn != 0 {
			rows[i].Length = d.uint32()
		}
	}
	for i := range rows {
		if rows[i].TCP {
			rows[i].Flags = uint16(d.uint32())
		}
	}
	for i := range rows {
		if rows[i].TCP {
			rows[i].Seq = d.uint32()
		}
	}
	for i := range rows {
		if rows[i].TCP {
			rows[i].Ack = d.uint32()
		}
	}
	for i := range rows {
		if rows[i].TCP {
			rows[i].Window = uint16(d.uint32())
		}
	}
}
