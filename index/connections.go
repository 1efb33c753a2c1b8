package index

import (
	"encoding/binary"
	"net/netip"
)

// Connection is all packets between two endpoints over one transport. TCP
// connections split where Wireshark's tcp.stream does (a new SYN on a used port
// pair). Side A sent the first packet.
type Connection struct {
	Number uint32 // from 0, in order of appearance over all transports
	Kind   uint8  // IP protocol: 6 TCP, 17 UDP, 132 SCTP, 136 UDP-Lite, 1 and 58 ICMP echo
	Stream uint32 // tcp.stream, udp.stream or sctp.assoc_index; NoStream for others
	A, B   netip.AddrPort
	EchoID uint16 // identifier of ICMP echo pairs; the ports are then 0

	ClientIsB bool
	ClientBy  ClientRule

	First, Last uint32    // frames
	Start, End  Time      // earliest and latest time of its frames
	FirstTime   Time      // of frame First; kept in sort column SortFirst only
	IRTT        Time      // initial round-trip time of TCP, 0: not known; kept in sort column SortIRTT only
	Resent      uint64    // re-sent data segments of both sides; kept in sort column SortResent only
	Packets     [2]uint64 // by Side
	Bytes       [2]uint64 // original frame lengths
	Payload     [2]uint64 // transport payload, by the headers

	State   ConnState
	History string   // Zeek's letters; at most HistoryLimit, then "+" says that more were left out
	VLANs   []uint16 // of the first packet, outermost first
}

// HistoryLimit bounds Connection.History.
const HistoryLimit = 64

// ClientRule says how the client of a connection was found.
type ClientRule uint8

// Rules, first that applies. All but SYN, SYN+ACK and echo request are guesses.
const (
	ClientUnknown      ClientRule = iota
	ClientBySYN                   // sent a SYN without ACK
	ClientBySYNACK                // received a SYN+ACK
	ClientByRequest               // sent an ICMP echo request
	ClientByPort                  // the other side's port looks more like a server's
	ClientByPayload               // sent the first payload
	ClientByFirstFrame            // sent the first packet
)

func (r ClientRule) String() string {
	names := [...]string{"unknown", "syn", "syn_ack", "echo_request", "port", "payload", "first_packet"}
	if int(r) < len(names) {
		return names[r]
	}
	return names[0]
}

// Guessed reports whether the rule is a guess.
func (r ClientRule) Guessed() bool { return r > ClientByRequest || r == ClientUnknown }

// ConnState is Zeek's conn_state.
type ConnState uint8

// States of Zeek's conn_state, in the order of its documentation.
const (
	StateOTH ConnState = iota
	StateS0
	StateS1
	StateSF
	StateREJ
	StateS2
	StateS3
	StateRSTO
	StateRSTR
	StateRSTOS0
	StateRSTRH
	StateSH
	StateSHR
)

// StateNames lists the states by number.
func StateNames() []string {
	return []string{"OTH", "S0", "S1", "SF", "REJ", "S2", "S3", "RSTO", "RSTR", "RSTOS0", "RSTRH", "SH", "SHR"}
}

func (s ConnState) String() string {
	if names := StateNames(); int(s) < len(names) {
		return names[s]
	}
	return "OTH"
}

// Client and Server give the endpoints by role.
func (c *Connection) Client() netip.AddrPort { return c.endpoint(c.ClientSide()) }

// Server gives the endpoint that was contacted.
func (c *Connection) Server() netip.AddrPort { return c.endpoint(1 - c.ClientSide()) }

// ClientSide gives the side that is the client.
func (c *Connection) ClientSide() Side {
	if c.ClientIsB {
		return SideB
	}
	return SideA
}

func (c *Connection) endpoint(s Side) netip.AddrPort {
	if s == SideB {
		return c.B
	}
	return c.A
}

// connGroup is the number of connection records in one stored value.
const connGroup = 64

// appendConnection encodes one record. Numbers that are usually small or near
// those of the record before are stored as differences to base, the record
// before it in the group (zero for the first).
func appendConnection(b []byte, c, base *Connection) []byte {
	b = append(b, c.Kind, byte(c.ClientBy)<<1|boolByte(c.ClientIsB), byte(c.State))
	b = binary.AppendUvarint(b, uint64(c.Stream+1)) // NoStream becomes 0
	b = appendEndpoint(b, c.A)
	b = appendEndpoint(b, c.B)
	b = binary.AppendUvarint(b, uint64(c.EchoID))
	b = binary.AppendVarint(b, int64(c.First)-int64(base.First))
	b = binary.AppendUvarint(b, uint64(c.Last-c.First))
	b = binary.AppendVarint(b, int64(c.Start-base.Start))
	b = binary.AppendVarint(b, int64(c.End-c.Start))
	for s := range 2 {
		b = binary.AppendUvarint(b, c.Packets[s])
		b = binary.AppendUvarint(b, c.Bytes[s])
		b = binary.AppendUvarint(b, c.Payload[s])
	}
	b = appendString(b, c.History)
	b = binary.AppendUvarint(b, uint64(len(c.VLANs)))
	for _, v := range c.VLANs {
		b = binary.AppendUvarint(b, uint64(v))
	}
	return b
}

func decodeConnection(d *decoder, number uint32, base *Connection) Connection {
	c := Connection{Number: number, Kind: d.byte()}
	roles := d.byte()
	c.ClientIsB, c.ClientBy = roles&1 != 0, ClientRule(roles>>1)
	c.State = ConnState(d.byte())
	c.Stream = uint32(d.uvarint()) - 1
	c.A, c.B = decodeEndpoint(d), decodeEndpoint(d)
	c.EchoID = uint16(d.uint32())
	c.First = uint32(int64(base.First) + d.varint())
	c.Last = c.First + d.uint32()
	c.Start = base.Start + Time(d.varint())
	c.End = c.Start + Time(d.varint())
	for s := range 2 {
		c.Packets[s], c.Bytes[s], c.Payload[s] = d.uvarint(), d.uvarint(), d.uvarint()
	}
	c.History = d.string()
	for range d.count(1) {
		c.VLANs = append(c.VLANs, uint16(d.uint32()))
	}
	return c
}

// appendEndpoint stores an address as its length (0, 4 or 16) and bytes, then
// the port.
func appendEndpoint(b []byte, e netip.AddrPort) []byte {
	a := e.Addr()
	switch {
	case a.Is4():
		v := a.As4()
		b = append(append(b, 4), v[:]...)
	case a.IsValid():
		v := a.As16()
		b = append(append(b, 16), v[:]...)
	default:
		b = append(b, 0)
	}
	return binary.BigEndian.AppendUint16(b, e.Port())
}

func decodeEndpoint(d *decoder) netip.AddrPort {
	var a netip.Addr
	switch d.byte() {
	case 0:
	case 4:
		a, _ = netip.AddrFromSlice(d.bytes(4))
	case 16:
		a, _ = netip.AddrFromSlice(d.bytes(16))
	default:
		d.fail()
	}
	p := d.bytes(2)
	if p == nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(a, binary.BigEndian.Uint16(p))
}

func boolByte(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// decodeConnections decodes one stored group that starts at connection first.
func decodeConnections(value []byte, first uint32, buf []byte) ([]Connection, error) {
	body, err := unpack(value, buf, groupLimit)
	if err != nil {
		return nil, err
	}
	d := &decoder{b: body}
	n := d.count(16)
	if n > connGroup {
		return nil, errShort
	}
	group := make([]Connection, n)
	base := &Connection{}
	for i := range group {
		group[i] = decodeConnection(d, first+uint32(i), base)
		base = &group[i]
	}
	return group, d.err
}

// SortColumn is a fixed-width column of all connections, kept apart so that
// sorting and counting need no record.
type SortColumn uint8

// Columns. Connections are numbered by their first frame, so that needs none.
const (
	SortStart    SortColumn = 1 // earliest time, ns, sign bit flipped so that order is unsigned
	SortDuration SortColumn = 2 // ns
	SortBytes    SortColumn = 3 // both directions
	SortPackets  SortColumn = 4 // both directions
	SortKind     SortColumn = 5 // transport << 8 | state
	SortStream   SortColumn = 6 // transport << 32 | stream number; content 2
	SortFirst    SortColumn = 7 // time of the first frame, as SortStart; content 2
	SortIRTT     SortColumn = 8 // initial round-trip time of TCP, ns, 0: not known; as SortStart; content 3
	SortResent   SortColumn = 9 // re-sent data segments, both directions; content 3
)

// SortColumns lists the columns in the order in which they are stored.
func SortColumns() []SortColumn {
	return []SortColumn{SortStart, SortDuration, SortBytes, SortPackets, SortKind, SortStream, SortFirst, SortIRTT, SortResent}
}

// since gives the content number that brought a column.
func (c SortColumn) since() int {
	switch {
	case c >= SortIRTT:
		return 3
	case c >= SortStream:
		return 2
	}
	return 1
}

// sortGroup is the number of values in one stored part of a sort column.
const sortGroup = 4096

// SortValue gives a connection's value in a column; larger is later or more.
func (c *Connection) SortValue(column SortColumn) uint64 {
	switch column {
	case SortStart:
		return uint64(c.Start) ^ 1<<63
	case SortDuration:
		return uint64(c.End - c.Start)
	case SortBytes:
		return c.Bytes[0] + c.Bytes[1]
	case SortPackets:
		return c.Packets[0] + c.Packets[1]
	case SortKind:
		return uint64(c.Kind)<<8 | uint64(c.State)
	case SortStream:
		return uint64(c.Kind)<<32 | uint64(c.Stream)
	case SortFirst:
		return uint64(c.FirstTime) ^ 1<<63
	case SortIRTT:
		return uint64(c.IRTT) ^ 1<<63
	case SortResent:
		return c.Resent
	}
	return 0
}

// AppendConnection and DecodeConnection give the stored form of a single
// record, for ingest's own spill files.
func AppendConnection(b []byte, c *Connection) []byte {
	return appendConnection(b, c, &Connection{})
}

// DecodeConnection decodes a record and gives the bytes behind it.
func DecodeConnection(b []byte) (c Connection, rest []byte, err error) {
	d := &decoder{b: b}
	c = decodeConnection(d, 0, &Connection{})
	return c, d.b, d.err
}
