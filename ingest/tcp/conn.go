// Package tcp follows one TCP connection packet by packet. It is a pure state
// machine: segments in, facts out; no I/O, clock, goroutine or log, and only the
// standard library.
//
// Conn holds what decides which packets belong to one connection and what their
// relative numbers are, as tshark 4.0.17 does it (tcp.stream); Zeek follows the
// same packets for conn_state and history, as Zeek's conn.log has them. Neither
// ever ends a connection: whoever owns them does.
package tcp

import "encoding/binary"

// Flags of a TCP header.
const (
	FIN = 1 << 0
	SYN = 1 << 1
	RST = 1 << 2
	PSH = 1 << 3
	ACK = 1 << 4
	URG = 1 << 5
	ECE = 1 << 6
	CWR = 1 << 7
)

// Segment is one TCP packet as the headers describe it.
type Segment struct {
	Dir      uint8 // sender: 0 sent the connection's first packet, 1 is its peer
	Flags    uint16
	Seq, Ack uint32 // as on the wire
	Window   uint16 // raw
	Len      uint32 // payload bytes by the headers
	// HasLen: Len is known. A header quoted in an ICMP error, cut by
	// fragmentation, or longer than its packet has none, and teaches no
	// sequence numbers.
	HasLen bool
	// Scale is the shift of the window scale option, -1 without one, and
	// NoOptions says that the options were not read to their end.
	Scale     int16
	NoOptions bool
}

// Relative is what the connection adds to the numbers of a segment.
type Relative struct {
	Seq, Ack uint32 // relative sequence and acknowledgement numbers
	// Scale is the shift for the segment's window: 0 to 14, ScaleUnknown or
	// ScaleOff. The window of a SYN is never scaled.
	Scale int8
}

// Window scales that are no shift.
const (
	ScaleUnknown = -1 // the handshake was not seen
	ScaleOff     = -2 // the handshake agreed on none
)

// maxShift is the largest shift that RFC 7323 (section 2.3) allows.
const maxShift = 14

// Conn is the part of a TCP connection's state that identifies it.
type Conn struct {
	base    [2]uint32 // by Dir: what relative sequence number 0 stands for
	baseSet [2]bool
	scale   [2]int8 // by Dir: one more than the shift that it announced, so that 0 is ScaleUnknown
}

// Splits reports whether s begins a new connection on the same endpoints: a SYN
// without ACK whose number differs from the known base of its sender. RST or
// FIN seen before play no part (Wireshark 4.0; later versions differ).
func (c *Conn) Splits(s *Segment) bool {
	return s.Flags&(SYN|ACK) == SYN && c.baseSet[s.Dir] && c.base[s.Dir] != s.Seq
}

// Feed takes the next packet of the connection.
func (c *Conn) Feed(s *Segment) Relative {
	f, r := s.Dir, 1-s.Dir
	if s.Flags&(SYN|ACK) == SYN|ACK && c.baseSet[f] && c.base[f] != s.Seq {
		c.base[f] = s.Seq // ports used again, seen from the answering side
	}
	if s.HasLen {
		if !c.baseSet[f] {
			c.baseSet[f], c.base[f] = true, s.Seq
			if s.Flags&SYN == 0 {
				c.base[f]--
			}
		}
		if !c.baseSet[r] && s.Flags&ACK != 0 {
			c.baseSet[r], c.base[r] = true, s.Ack-1
		}
	}
	seq, ack := s.Seq, s.Ack
	if c.baseSet[f] {
		seq -= c.base[f]
	}
	if c.baseSet[r] && s.Flags&ACK != 0 {
		ack -= c.base[r]
	}
	inForce := c.scale[f] - 1
	c.learnScale(s)
	return Relative{Seq: seq, Ack: ack, Scale: inForce}
}

// learnScale notes what a segment says of window scaling: any segment with the
// option does (as in Wireshark), and a SYN or SYN+ACK without it switches
// scaling off for both sides.
func (c *Conn) learnScale(s *Segment) {
	if s.NoOptions {
		return
	}
	f, r := s.Dir, 1-s.Dir
	if s.Scale >= 0 {
		c.scale[f] = int8(min(s.Scale, maxShift)) + 1
	}
	if s.Flags&SYN == 0 {
		return
	}
	if c.scale[f] == ScaleUnknown+1 {
		c.scale[f], c.scale[r] = ScaleOff+1, ScaleOff+1
	} else if s.Flags&ACK != 0 && c.scale[r] == ScaleOff+1 {
		c.scale[f] = ScaleOff + 1
	}
}

// connBytes is the length of a marshalled Conn.
const connBytes = 11

// AppendBinary appends the state to b.
func (c *Conn) AppendBinary(b []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, c.base[0])
	b = binary.BigEndian.AppendUint32(b, c.base[1])
	return append(b, bit(c.baseSet[0], 0)|bit(c.baseSet[1], 1), byte(c.scale[0]), byte(c.scale[1]))
}

// DecodeBinary restores the state from the head of b and gives the rest; nil if
// b is too short.
func (c *Conn) DecodeBinary(b []byte) []byte {
	if len(b) < connBytes {
		return nil
	}
	c.base = [2]uint32{binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])}
	c.baseSet = [2]bool{b[8]&1 != 0, b[8]&2 != 0}
	c.scale = [2]int8{int8(b[9]), int8(b[10])}
	return b[connBytes:]
}

func bit(v bool, n uint) byte {
	if v {
		return 1 << n
	}
	return 0
}
