package tcp

import "encoding/binary"

// Repeat says that a segment carries what was sent before, or is out of place,
// by the rules of Wireshark's TCP analysis for tcp.analysis.retransmission and
// its kin, as far as they decide whether a segment's payload is new.
type Repeat uint8

// Kinds of repeats.
const (
	NoRepeat Repeat = iota
	Retransmission
	FastRetransmission
	SpuriousRetransmission
	OutOfOrder
	KeepAlive
)

// Repeats follows a connection for Repeat. Numbers are as on the wire; 0 stands
// for one that is not known yet, as in Wireshark.
type Repeats struct {
	side      [2]repeatSide
	syn, irtt int64 // time of the last SYN; time to the first ACK after it; ns
}

type repeatSide struct {
	next, ack, dup   uint32 // highest end sent; last acknowledgement; its repetitions
	window           uint16
	seen, kept       bool  // a packet was seen; the last one was a keep-alive
	nextTime, ackAge int64 // when next moved; time of the last packet
}

// Limits of Wireshark: a segment that comes so soon was overtaken, or is the
// answer to duplicate acknowledgements.
const (
	fastLimit  = 20_000_000
	orderLimit = 3_000_000
)

func after(a, b uint32) bool { return int32(a-b) > 0 }

// Feed takes the next packet of the connection, at a time in nanoseconds.
func (c *Repeats) Feed(s *Segment, t int64) Repeat {
	if !s.HasLen {
		return NoRepeat
	}
	f, r := &c.side[s.Dir], &c.side[1-s.Dir]
	control := s.Flags&(SYN|FIN|RST) != 0
	end := s.Seq + s.Len
	if s.Flags&(SYN|FIN) != 0 {
		end++
	}
	kept := s.Len <= 1 && s.Seq == f.next-1 && !control
	same := s.Len == 0 && s.Window == f.window && f.seen && s.Seq == f.next && s.Ack == f.ack && !control && s.Window != 0
	if same && !r.kept {
		f.dup++
	}
	if s.Ack != f.ack {
		f.dup = 0
	}
	kind := NoRepeat
	switch {
	case kept:
		kind = KeepAlive
	case s.Len > 0 || s.Flags&(SYN|FIN) != 0:
		kind = c.kind(f, r, s, end, t)
	}
	if f.next == 0 || after(end, f.next) {
		f.next, f.nextTime = end, t
	}
	f.window, f.ack, f.ackAge, f.kept, f.seen = s.Window, s.Ack, t, kept, true
	switch s.Flags & (SYN | ACK) {
	case SYN:
		c.syn = t
	case ACK:
		if c.syn != 0 && c.irtt == 0 {
			c.irtt = t - c.syn
		}
	}
	return kind
}

// kind tells what a segment with payload, SYN or FIN is; the first that holds.
func (c *Repeats) kind(f, r *repeatSide, s *Segment, end uint32, t int64) Repeat {
	before := f.next != 0 && after(f.next, s.Seq)
	if s.Len > 1 && s.Seq == f.next-1 { // data behind a keep-alive's byte
		before = false
	}
	soon := uint64(orderLimit)
	if c.irtt != 0 {
		soon = uint64(c.irtt)
	}
	switch {
	case s.Len > 0 && r.ack != 0 && !after(s.Seq+s.Len, r.ack):
		return SpuriousRetransmission
	case !before:
		return NoRepeat
	case r.dup >= 2 && r.ack == s.Seq && uint64(t-r.ackAge) < fastLimit:
		return FastRetransmission
	case uint64(t-f.nextTime) < soon && f.next != end:
		return OutOfOrder
	}
	return Retransmission
}

// AppendBinary appends the state to b.
func (c *Repeats) AppendBinary(b []byte) []byte {
	for i := range c.side {
		s := &c.side[i]
		for _, v := range []uint32{s.next, s.ack, s.dup} {
			b = binary.BigEndian.AppendUint32(b, v)
		}
		b = binary.BigEndian.AppendUint16(b, s.window)
		b = append(b, bit(s.seen, 0)|bit(s.kept, 1))
		b = binary.BigEndian.AppendUint64(b, uint64(s.nextTime))
		b = binary.BigEndian.AppendUint64(b, uint64(s.ackAge))
	}
	b = binary.BigEndian.AppendUint64(b, uint64(c.syn))
	return binary.BigEndian.AppendUint64(b, uint64(c.irtt))
}

// sideBytes is the length of a marshalled side.
const sideBytes = 3*4 + 2 + 1 + 2*8

// DecodeBinary restores the state from the head of b and gives the rest; nil if b
// is too short.
func (c *Repeats) DecodeBinary(b []byte) []byte {
	if len(b) < 2*sideBytes+16 {
		return nil
	}
	for i := range c.side {
		s := &c.side[i]
		s.next, s.ack, s.dup = binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:])
		s.window, s.seen, s.kept = binary.BigEndian.Uint16(b[12:]), b[14]&1 != 0, b[14]&2 != 0
		s.nextTime, s.ackAge = int64(binary.BigEndian.Uint64(b[15:])), int64(binary.BigEndian.Uint64(b[23:]))
		b = b[sideBytes:]
	}
	c.syn, c.irtt = int64(binary.BigEndian.Uint64(b)), int64(binary.BigEndian.Uint64(b[8:]))
	return b[16:]
}
