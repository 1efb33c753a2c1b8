package index

import (
	"encoding/binary"
	"math"
)

// Row bits of the columns value, beside Status.
const (
	rowNoTime = 1 << 0
	rowSideB  = 1 << 1
	rowTCP    = 1 << 2
	rowConn   = 1 << 3
	rowReply  = 1 << 4
)

// Columns is a set of per-packet columns. Number, NoTime, CapLen, Status, Side
// and TCP of a Packet are always read.
type Columns uint32

// The columns, in the order in which they are stored.
const (
	ColTime    Columns = 1 << iota // Time
	colCapLen                      // CapLen
	ColOrigLen                     // OrigLen
	ColIface                       // Iface
	ColStack                       // Stack
	ColConn                        // Conn
	ColPayload                     // Payload
	ColLength                      // Length
	ColFlags                       // Flags
	ColSeq                         // Seq
	ColAck                         // Ack
	ColWindow                      // Window
	ColScale                       // Scale
	ColDelta                       // Delta
	ColRequest                     // Request
	ColDelay                       // Delay
	ColMore                        // Rows.More

	ColAll Columns = 1<<iota - 1
)

// column describes how one number of a row is stored: as a varint, for rows that
// have the bits need.
type column struct {
	need   byte
	delta  bool   // as the difference to the row before that has one
	signed bool   // zigzag
	most   uint64 // largest value that is sound
	get    func(p *Packet) uint64
	set    func(p *Packet, v uint64)
}

// packetColumns are all columns but More, by the bit of their set.
var packetColumns = [...]column{
	{0, true, true, math.MaxUint64, func(p *Packet) uint64 { return uint64(p.Time) }, func(p *Packet, v uint64) { p.Time = Time(v) }},
	{0, false, false, math.MaxUint32, func(p *Packet) uint64 { return uint64(p.CapLen) }, func(p *Packet, v uint64) { p.CapLen = uint32(v) }},
	{
		0, false, true, math.MaxUint64, // as the difference to CapLen, which is read before it
		func(p *Packet) uint64 { return uint64(p.OrigLen) - uint64(p.CapLen) },
		func(p *Packet, v uint64) { p.OrigLen = p.CapLen + uint32(v) },
	},
	{0, false, false, math.MaxUint32, func(p *Packet) uint64 { return uint64(p.Iface) }, func(p *Packet, v uint64) { p.Iface = uint32(v) }},
	{0, false, false, math.MaxUint32, func(p *Packet) uint64 { return uint64(p.Stack) }, func(p *Packet, v uint64) { p.Stack = uint32(v) }},
	{rowConn, true, true, uint64(NoConnection) - 1, func(p *Packet) uint64 { return uint64(p.Conn) }, func(p *Packet, v uint64) { p.Conn = uint32(v) }},
	{rowConn, false, false, math.MaxUint32, func(p *Packet) uint64 { return uint64(p.Payload) }, func(p *Packet, v uint64) { p.Payload = uint32(v) }},
	{rowConn, false, false, math.MaxUint32, func(p *Packet) uint64 { return uint64(p.Length) }, func(p *Packet, v uint64) { p.Length = uint32(v) }},
	{rowTCP, false, false, math.MaxUint16, func(p *Packet) uint64 { return uint64(p.Flags) }, func(p *Packet, v uint64) { p.Flags = uint16(v) }},
	{rowTCP, false, false, math.MaxUint32, func(p *Packet) uint64 { return uint64(p.Seq) }, func(p *Packet, v uint64) { p.Seq = uint32(v) }},
	{rowTCP, false, false, math.MaxUint32, func(p *Packet) uint64 { return uint64(p.Ack) }, func(p *Packet, v uint64) { p.Ack = uint32(v) }},
	{rowTCP, false, false, math.MaxUint16, func(p *Packet) uint64 { return uint64(p.Window) }, func(p *Packet, v uint64) { p.Window = uint16(v) }},
	{rowTCP, false, false, maxScale - noScale, func(p *Packet) uint64 { return uint64(p.Scale - noScale) }, func(p *Packet, v uint64) { p.Scale = int8(v) + noScale }},
	{rowConn, false, true, math.MaxUint64, func(p *Packet) uint64 { return uint64(p.Delta) }, func(p *Packet, v uint64) { p.Delta = Time(v) }},
	{rowReply, false, false, math.MaxUint32, func(p *Packet) uint64 { return uint64(p.Number - p.Request) }, func(p *Packet, v uint64) { p.Request = p.Number - uint32(v) }},
	{rowReply, false, true, math.MaxUint64, func(p *Packet) uint64 { return uint64(p.Delay) }, func(p *Packet, v uint64) { p.Delay = Time(v) }},
}

// maxBlockRows bounds what decodeColumns unfolds; blocks are far smaller.
const maxBlockRows = 4096

// appendColumns encodes the rows of one block and their further memberships:
// packed(number of rows, row bits, status bytes, then a section for each column
// and one for More, each with its length as u32 in front). A reader may skip the
// sections that it does not need, and lacks those that came after its writer.
func appendColumns(dst []byte, rows []Packet, more []Member, scratch []byte) (out, scratchOut []byte) {
	b := binary.AppendUvarint(scratch[:0], uint64(len(rows)))
	bits := len(b)
	for i := range rows {
		b = append(b, rowBits(&rows[i]))
	}
	for i := range rows {
		b = append(b, byte(rows[i].Status))
	}
	for c := range packetColumns {
		from := len(b)
		b = append(b, 0, 0, 0, 0)
		b = packetColumns[c].encode(b, rows, bits)
		binary.BigEndian.PutUint32(b[from:], uint32(len(b)-from-4))
	}
	from := len(b)
	b = append(b, 0, 0, 0, 0)
	for _, m := range more {
		b = binary.AppendUvarint(b, uint64(m.Frame-rows[0].Number))
		b = binary.AppendUvarint(b, uint64(m.Conn))
		b = append(b, byte(m.Side))
	}
	binary.BigEndian.PutUint32(b[from:], uint32(len(b)-from-4))
	return pack(dst, b), b
}

// encode appends the column's values; b[bits:] are the row bits.
func (c *column) encode(b []byte, rows []Packet, bits int) []byte {
	var last uint64
	for i := range rows {
		if b[bits+i]&c.need != c.need {
			continue
		}
		v := c.get(&rows[i])
		switch {
		case c.delta:
			b = binary.AppendVarint(b, int64(v-last))
			last = v
		case c.signed:
			b = binary.AppendVarint(b, int64(v))
		default:
			b = binary.AppendUvarint(b, v)
		}
	}
	return b
}

// decode reads the column's values into the rows.
func (c *column) decode(d *decoder, rows []Packet, bits []byte) {
	var last uint64
	b, need := d.b, c.need
	for i := range rows {
		if bits[i]&need != need {
			continue
		}
		var v uint64
		if len(b) > 0 && b[0] < 0x80 { // most are short
			v, b = uint64(b[0]), b[1:]
		} else {
			n := 0
			if v, n = binary.Uvarint(b); n <= 0 {
				d.fail()
				return
			}
			b = b[n:]
		}
		if c.signed {
			v = v>>1 ^ -(v & 1) // zigzag
		}
		if c.delta {
			last += v
			v = last
		}
		if v > c.most {
			d.fail()
			return
		}
		c.set(&rows[i], v)
	}
	d.b = b
}

func rowBits(p *Packet) (bits byte) {
	if p.NoTime {
		bits |= rowNoTime
	}
	if p.Side == SideB {
		bits |= rowSideB
	}
	if p.TCP {
		bits |= rowTCP
	}
	if p.Conn != NoConnection {
		bits |= rowConn
	}
	if p.Request != 0 {
		bits |= rowReply
	}
	return bits
}

// decodeColumns decodes those columns of what appendColumns wrote that want
// names, into rows (reused). buf is scratch memory.
func decodeColumns(value []byte, first uint32, want Columns, rows []Packet, buf []byte) (out []Packet, more []Member, bufOut []byte, err error) {
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
	bits, status := d.bytes(n), d.bytes(n)
	if d.err != nil {
		return rows[:0], nil, buf, d.err
	}
	if cap(rows) < n {
		rows = make([]Packet, n)
	}
	rows = rows[:n]
	clear(rows)
	for i := range rows {
		p, b := &rows[i], bits[i]
		p.NoTime, p.Number, p.Status = b&rowNoTime != 0, first+uint32(i), Status(status[i])
		p.Conn, p.Side, p.TCP = NoConnection, Side(b&rowSideB>>1), b&rowTCP != 0
	}
	want |= colCapLen
	for i := 0; i <= len(packetColumns) && len(d.b) > 0; i++ {
		section := decoder{b: d.bytes(int(d.fixed32()))}
		switch {
		case want&(1<<i) == 0:
			continue
		case i < len(packetColumns):
			packetColumns[i].decode(&section, rows, bits)
		default:
			more = decodeMore(&section, first, uint32(n))
		}
		if section.err != nil || len(section.b) > 0 {
			d.fail()
		}
	}
	return rows, more, buf, d.err
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
