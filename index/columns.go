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
	rowKept   = 1 << 5 // Analysed
	rowAcks   = 1 << 6
	rowFlight = 1 << 7
)

// Columns is a set of per-packet columns. Number, NoTime, Status, Side, TCP and
// Analysed of a Packet are always read.
type Columns uint32

// The columns, in the order in which they are stored.
const (
	ColTime     Columns = 1 << iota // Time
	ColCapLen                       // CapLen
	ColOrigLen                      // OrigLen
	ColIface                        // Iface
	ColStack                        // Stack
	ColConn                         // Conn
	ColPayload                      // Payload
	ColLength                       // Length
	ColFlags                        // Flags
	ColSeq                          // Seq
	ColAck                          // Ack
	ColWindow                       // Window
	ColScale                        // Scale
	ColDelta                        // Delta
	ColRequest                      // Request
	ColDelay                        // Delay
	ColApp                          // App
	ColMore                         // Rows.More
	ColNumbers                      // DataLengths, PDUSizes
	ColLabels                       // Labels, HasIRTT
	ColStates                       // Completeness, States
	ColAcks                         // Acks
	ColAckRTT                       // AckRTT
	ColInFlight                     // InFlight
	ColPush                         // PushBytes
	ColRepeats                      // Dup, DupFrame, RTO, RTOFrame

	ColAll Columns = 1<<iota - 1
)

// column describes how one number of a row is stored: as a varint, for rows that
// have the bits need. A column with lists is stored otherwise.
type column struct {
	need   byte
	delta  bool   // as the difference to the row before that has one
	signed bool   // zigzag
	most   uint64 // largest value that is sound
	get    func(p *Packet) uint64
	set    func(p *Packet, v uint64)
	lists  lists
}

// lists are columns that few rows have: a place in the block, then what is there.
type lists uint8

const (
	noLists lists = iota
	moreLists
	numberLists
	repeatLists
)

// packetColumns are all columns, by the bit of their set. New ones come last.
var packetColumns = [...]column{
	{0, true, true, math.MaxUint64, func(p *Packet) uint64 { return uint64(p.Time) }, func(p *Packet, v uint64) { p.Time = Time(v) }, 0},
	{0, false, false, math.MaxUint32, func(p *Packet) uint64 { return uint64(p.CapLen) }, func(p *Packet, v uint64) { p.CapLen = uint32(v) }, 0},
	{
		0, false, true, math.MaxUint64, // as the difference to CapLen, which is read before it
		func(p *Packet) uint64 { return uint64(p.OrigLen) - uint64(p.CapLen) },
		func(p *Packet, v uint64) { p.OrigLen = p.CapLen + uint32(v) }, 0,
	},
	{0, false, false, math.MaxUint32, func(p *Packet) uint64 { return uint64(p.Iface) }, func(p *Packet, v uint64) { p.Iface = uint32(v) }, 0},
	{0, false, false, math.MaxUint32, func(p *Packet) uint64 { return uint64(p.Stack) }, func(p *Packet, v uint64) { p.Stack = uint32(v) }, 0},
	{rowConn, true, true, uint64(NoConnection) - 1, func(p *Packet) uint64 { return uint64(p.Conn) }, func(p *Packet, v uint64) { p.Conn = uint32(v) }, 0},
	{rowConn, false, false, math.MaxUint32, func(p *Packet) uint64 { return uint64(p.Payload) }, func(p *Packet, v uint64) { p.Payload = uint32(v) }, 0},
	{rowConn, false, false, math.MaxUint32, func(p *Packet) uint64 { return uint64(p.Length) }, func(p *Packet, v uint64) { p.Length = uint32(v) }, 0},
	{rowTCP, false, false, math.MaxUint16, func(p *Packet) uint64 { return uint64(p.Flags) }, func(p *Packet, v uint64) { p.Flags = uint16(v) }, 0},
	{rowTCP, false, false, math.MaxUint32, func(p *Packet) uint64 { return uint64(p.Seq) }, func(p *Packet, v uint64) { p.Seq = uint32(v) }, 0},
	{rowTCP, false, false, math.MaxUint32, func(p *Packet) uint64 { return uint64(p.Ack) }, func(p *Packet, v uint64) { p.Ack = uint32(v) }, 0},
	{rowTCP, false, false, math.MaxUint16, func(p *Packet) uint64 { return uint64(p.Window) }, func(p *Packet, v uint64) { p.Window = uint16(v) }, 0},
	{rowTCP, false, false, maxScale - noScale, func(p *Packet) uint64 { return uint64(p.Scale - noScale) }, func(p *Packet, v uint64) { p.Scale = int8(v) + noScale }, 0},
	{rowConn, false, true, math.MaxUint64, func(p *Packet) uint64 { return uint64(p.Delta) }, func(p *Packet, v uint64) { p.Delta = Time(v) }, 0},
	{rowReply, false, false, math.MaxUint32, func(p *Packet) uint64 { return uint64(p.Number - p.Request) }, func(p *Packet, v uint64) { p.Request = p.Number - uint32(v) }, 0},
	{rowReply, false, true, math.MaxUint64, func(p *Packet) uint64 { return uint64(p.Delay) }, func(p *Packet, v uint64) { p.Delay = Time(v) }, 0},
	{rowConn, false, false, math.MaxUint32, func(p *Packet) uint64 { return uint64(p.App) }, func(p *Packet, v uint64) { p.App = uint32(v) }, 0},
	{lists: moreLists},
	{lists: numberLists},
	{
		rowTCP, false, false, 1<<17 - 1,
		func(p *Packet) uint64 { return uint64(p.Labels)<<1 | uint64(boolByte(p.HasIRTT)) },
		func(p *Packet, v uint64) { p.Labels, p.HasIRTT = Labels(v>>1), v&1 != 0 }, 0,
	},
	{
		rowTCP, false, false, 1<<14 - 1, // completeness, then four bits for each side
		func(p *Packet) uint64 {
			return uint64(p.Completeness&0x3f) | uint64(p.States[0]&0xf)<<6 | uint64(p.States[1]&0xf)<<10
		},
		func(p *Packet, v uint64) {
			p.Completeness, p.States = uint8(v&0x3f), [2]uint8{uint8(v >> 6 & 0xf), uint8(v >> 10)}
		}, 0,
	},
	{rowAcks, false, false, math.MaxUint32, func(p *Packet) uint64 { return uint64(p.Number - p.Acks) }, func(p *Packet, v uint64) { p.Acks = p.Number - uint32(v) }, 0},
	{rowAcks, false, true, math.MaxUint64, func(p *Packet) uint64 { return uint64(p.AckRTT) }, func(p *Packet, v uint64) { p.AckRTT = Time(v) }, 0},
	{rowFlight, false, false, math.MaxUint32, func(p *Packet) uint64 { return uint64(p.InFlight) }, func(p *Packet, v uint64) { p.InFlight = uint32(v) }, 0},
	{rowFlight, false, false, math.MaxUint32, func(p *Packet) uint64 { return uint64(p.PushBytes) }, func(p *Packet, v uint64) { p.PushBytes = uint32(v) }, 0},
	{lists: repeatLists},
}

// maxBlockRows bounds what decodeColumns unfolds; blocks are far smaller.
const maxBlockRows = 4096

// appendColumns encodes the rows of one block and their further memberships: the
// number of rows, then sections: row bits and status bytes, then one for each
// column. A section is its length as u32 and its body, packed by itself, so that a
// reader unpacks those that it needs, and lacks those that came after its writer.
func appendColumns(dst []byte, rows []Packet, more []Member, scratch []byte) (out, scratchOut []byte) {
	dst = binary.AppendUvarint(dst, uint64(len(rows)))
	bits := make([]byte, 0, 2*len(rows))
	for i := range rows {
		bits = append(bits, rowBits(&rows[i]))
	}
	for i := range rows {
		bits = append(bits, byte(rows[i].Status))
	}
	dst = appendSection(dst, bits)
	for c := range packetColumns {
		switch packetColumns[c].lists {
		case moreLists:
			scratch = appendMore(scratch[:0], rows, more)
		case numberLists:
			scratch = appendNumbers(scratch[:0], rows)
		case repeatLists:
			scratch = appendRepeats(scratch[:0], rows)
		default:
			scratch = packetColumns[c].encode(scratch[:0], rows, bits)
		}
		dst = appendSection(dst, scratch)
	}
	return dst, scratch
}

func appendSection(dst, body []byte) []byte {
	from := len(dst)
	dst = pack(append(dst, 0, 0, 0, 0), body)
	binary.BigEndian.PutUint32(dst[from:], uint32(len(dst)-from-4))
	return dst
}

// encode appends the column's values; bits are the row bits.
func (c *column) encode(b []byte, rows []Packet, bits []byte) []byte {
	var last uint64
	for i := range rows {
		if bits[i]&c.need != c.need {
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
	if p.Analysed {
		bits |= rowKept
	}
	if p.Acks != 0 {
		bits |= rowAcks
	}
	if p.InFlight != 0 || p.PushBytes != 0 {
		bits |= rowFlight
	}
	return bits
}

// columnReader reads the sections of one columns value when they are asked for.
type columnReader struct {
	first    uint32
	bits     []byte
	have     Columns
	sections [len(packetColumns)][]byte // packed; nil: not there
	buf      []byte
}

// open reads what every row has; the reader must not be used after an error.
func (r *columnReader) open(value []byte, first uint32, rows []Packet) ([]Packet, error) {
	d := &decoder{b: value}
	rowCount := d.uvarint()
	head := d.bytes(int(d.fixed32()))
	r.first, r.have = first, 0
	for i := range r.sections {
		if r.sections[i] = nil; len(d.b) > 0 {
			r.sections[i] = d.bytes(int(d.fixed32()))
		}
	}
	if d.err != nil || rowCount > maxBlockRows {
		return rows[:0], errShort
	}
	n := int(rowCount)
	bits, err := unpack(head, r.bits, groupLimit)
	if err != nil || len(bits) != 2*n {
		return rows[:0], errShort
	}
	r.bits = append(r.bits[:0], bits...)
	if cap(rows) < n {
		rows = make([]Packet, n)
	}
	rows = rows[:n]
	clear(rows)
	for i := range rows {
		p, b := &rows[i], bits[i]
		p.NoTime, p.Number, p.Status = b&rowNoTime != 0, first+uint32(i), Status(bits[n+i])
		p.Conn, p.Side, p.TCP, p.Analysed = NoConnection, Side(b&rowSideB>>1), b&rowTCP != 0, b&rowKept != 0
	}
	return rows, nil
}

// read decodes those columns of want into the rows that were not read yet.
func (r *columnReader) read(want Columns, rows []Packet, more []Member) ([]Member, error) {
	if want&ColOrigLen != 0 {
		want |= ColCapLen
	}
	want &^= r.have
	r.have |= want
	for i, packed := range r.sections {
		if want&(1<<i) == 0 || packed == nil {
			continue
		}
		body, err := unpack(packed, r.buf, groupLimit)
		if err != nil {
			return more, err
		}
		if packed[0] == packedS2 { // else body is the reader's page
			r.buf = body
		}
		d := decoder{b: body}
		switch packetColumns[i].lists {
		case moreLists:
			more = decodeMore(&d, r.first, uint32(len(rows)))
		case numberLists:
			decodeNumbers(&d, rows)
		case repeatLists:
			decodeRepeats(&d, rows)
		default:
			packetColumns[i].decode(&d, rows, r.bits)
		}
		if d.err != nil || len(d.b) > 0 {
			return more, errShort
		}
	}
	return more, nil
}
