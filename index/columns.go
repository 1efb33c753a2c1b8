package index

import "encoding/binary"

// Packet is one stored packet: what filters and lists need without decoding its
// bytes again. The transport columns (Conn to Window) are those of the frame's
// innermost transport header that is not quoted in an ICMP error, or else of
// the innermost quoted one; further connections of the frame stand in More.
type Packet struct {
	Frame
	Number uint32 // frame number, from 1
	Stack  uint32 // index into Summary.Stacks: the frame's protocol layers
	Status Status

	Conn    uint32 // NoConnection: none
	Side    Side   // sender within Conn
	Payload uint32 // where the transport payload starts in the frame (or datagram, if StatusReassembled)
	Length  uint32 // transport payload length that the headers announce, bytes

	TCP      bool   // the fields below are set
	Flags    uint16 // FIN=1 SYN=2 RST=4 PSH=8 ACK=16 URG=32 ECE=64 CWR=128
	Seq, Ack uint32 // relative to the connection (Wireshark's tcp.seq, tcp.ack)
	Window   uint16 // raw
}

// Status holds what is special about a frame.
type Status uint8

// Status bits.
const (
	StatusMalformed   Status = 1 << iota // a header contradicts itself or the frame
	StatusTruncated                      // the snap length cut a header off
	StatusFragment                       // IP fragment that did not complete a datagram
	StatusReassembled                    // completed a datagram; its transport header stands in the datagram
	StatusQuoted                         // the transport columns come from a header quoted in an ICMP error
	StatusPanicked                       // a decoder panicked on it
)

// NoConnection is Packet.Conn of a frame without connection, and NoStream the
// stream number of a connection that Wireshark does not number.
const (
	NoConnection = ^uint32(0)
	NoStream     = ^uint32(0)
)

// Member is one frame of a connection.
type Member struct {
	Frame uint32
	Conn  uint32
	Side  Side
}

// Row bits of the columns value, beside Status.
const (
	rowNoTime = 1 << 0
	rowSideB  = 1 << 1
	rowTCP    = 1 << 2
	rowConn   = 1 << 3
)

// maxBlockRows bounds what decodeColumns unfolds; blocks are far smaller.
const maxBlockRows = 4096

// appendColumns encodes the rows of one block and their further memberships:
// packed(number of rows, then column by column: row bits, status, time deltas,
// captured lengths, original minus captured, interface, stack, connection
// deltas, payload offset, payload length, flags, seq, ack, window; then the
// number of More and per item row, connection, side). Columns that need a
// connection or a TCP header have values only for rows that have them.
func appendColumns(dst []byte, rows []Packet, more []Member, scratch []byte) (out, scratchOut []byte) {
	b := binary.AppendUvarint(scratch[:0], uint64(len(rows)))
	for i := range rows {
		b = append(b, rowBits(&rows[i]))
	}
	for i := range rows {
		b = append(b, byte(rows[i].Status))
	}
	var t Time
	for i := range rows {
		b = binary.AppendVarint(b, int64(rows[i].Time-t))
		t = rows[i].Time
	}
	for i := range rows {
		b = binary.AppendUvarint(b, uint64(rows[i].CapLen))
	}
	for i := range rows {
		b = binary.AppendVarint(b, int64(rows[i].OrigLen)-int64(rows[i].CapLen))
	}
	for i := range rows {
		b = binary.AppendUvarint(b, uint64(rows[i].Iface))
	}
	for i := range rows {
		b = binary.AppendUvarint(b, uint64(rows[i].Stack))
	}
	b = appendTransportColumns(b, rows)
	b = binary.AppendUvarint(b, uint64(len(more)))
	for _, m := range more {
		b = binary.AppendUvarint(b, uint64(m.Frame-rows[0].Number))
		b = binary.AppendUvarint(b, uint64(m.Conn))
		b = append(b, byte(m.Side))
	}
	return pack(dst, b), b
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
	return bits
}

func appendTransportColumns(b []byte, rows []Packet) []byte {
	var last uint32
	for i := range rows {
		if p := &rows[i]; p.Conn != NoConnection {
			b = binary.AppendVarint(b, int64(p.Conn)-int64(last))
			last = p.Conn
		}
	}
	for i := range rows {
		if rows[i].Conn != NoConnection {
			b = binary.AppendUvarint(b, uint64(rows[i].Payload))
		}
	}
	for i := range rows {
		if rows[i].Conn != NoConnection {
			b = binary.AppendUvarint(b, uint64(rows[i].Length))
		}
	}
	for i := range rows {
		if rows[i].TCP {
			b = binary.AppendUvarint(b, uint64(rows[i].Flags))
		}
	}
	for i := range rows {
		if rows[i].TCP {
			b = binary.AppendUvarint(b, uint64(rows[i].Seq))
		}
	}
	for i := range rows {
		if rows[i].TCP {
			b = binary.AppendUvarint(b, uint64(rows[i].Ack))
		}
	}
	for i := range rows {
		if rows[i].TCP {
			b = binary.AppendUvarint(b, uint64(rows[i].Window))
		}
	}
	return b
}

// decodeColumns decodes what appendColumns wrote into rows (reused).
func decodeColumns(value []byte, first uint32, rows []Packet, buf []byte) (out []Packet, more []Member, bufOut []byte, err error) {
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
	decodeFrameColumns(d, rows, bits)
	decodeTransportColumns(d, rows, bits)
	for range d.count(3) {
		m := Member{Frame: first + d.uint32(), Conn: d.uint32(), Side: Side(d.byte() & 1)}
		if m.Frame-first >= uint32(n) {
			d.fail()
		}
		more = append(more, m)
	}
	return rows, more, buf, d.err
}

func decodeFrameColumns(d *decoder, rows []Packet, bits []byte) {
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

func decodeTransportColumns(d *decoder, rows []Packet, bits []byte) {
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
