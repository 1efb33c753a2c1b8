package tcp

import "encoding/binary"

// Streams puts both directions of a connection in order. The acknowledgements of
// each direction decide the holes of the other.
type Streams struct{ side [2]Stream }

// NewStreams gives the streams of a connection. The limits hold for each
// direction; nil means the defaults. They are not copied: connections share them.
func NewStreams(l *Limits) *Streams {
	s := &Streams{}
	s.SetLimits(l)
	return s
}

// SetLimits changes the limits, as after DecodeBinary.
func (s *Streams) SetLimits(l *Limits) {
	for dir := range s.side {
		s.side[dir].dir, s.side[dir].limits = uint8(dir), l
	}
}

// Feed takes the next packet of the connection, at a time in nanoseconds. data is
// what was captured of its payload; it may be less than g.Len. Frames come in the
// order of the capture. The chunks of the two directions are given in the order
// in which they became certain: bytes in order with their frame.
func (s *Streams) Feed(g *Segment, data []byte, frame uint32, t int64, sink Sink) {
	dir := g.Dir & 1
	if g.HasLen && g.Flags&ACK != 0 {
		s.side[1-dir].Acked(g.Ack, frame, t, sink)
	}
	s.side[dir].Feed(g, data, frame, t, sink)
}

// Flush ends both streams (see Stream.Flush).
func (s *Streams) Flush(sink Sink) {
	for dir := range s.side {
		s.side[dir].Flush(sink)
	}
}

// Side gives the stream of a direction.
func (s *Streams) Side(dir uint8) *Stream { return &s.side[dir&1] }

// Buffered is how many bytes wait behind holes, in both directions.
func (s *Streams) Buffered() int { return s.side[0].size + s.side[1].size }

// AppendBinary appends the state of both directions to b.
func (s *Streams) AppendBinary(b []byte) []byte {
	return s.side[1].AppendBinary(s.side[0].AppendBinary(b))
}

// DecodeBinary restores the state from the head of b and gives the rest; nil if b
// does not hold one. The limits stay.
func (s *Streams) DecodeBinary(b []byte) []byte {
	for dir := range s.side {
		if b = s.side[dir].DecodeBinary(b); b == nil {
			return nil
		}
	}
	return b
}

// AppendBinary appends the state to b: streamBytes, and the bytes that wait. The
// history is not part of it: a stream that was stored compares what is sent again
// only with what it gave since.
func (s *Stream) AppendBinary(b []byte) []byte {
	b = append(b, bit(s.begun, 0)|bit(s.syn, 1)|bit(s.fin, 2)|bit(s.stepped, 3)|bit(s.stray, 4))
	for _, v := range []uint32{s.seq, s.other, s.finSeq, s.strayEnd, uint32(len(s.waiting))} {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	for _, v := range []uint64{s.next, s.acked, uint64(s.since)} {
		b = binary.BigEndian.AppendUint64(b, v)
	}
	for i := range s.waiting {
		p := &s.waiting[i]
		b = binary.BigEndian.AppendUint64(b, p.off)
		for _, v := range []uint32{p.length, p.frame, uint32(len(p.data))} {
			b = binary.BigEndian.AppendUint32(b, v)
		}
		b = append(b, p.data...)
	}
	return b
}

// Lengths of a marshalled Stream and of a piece in it without its data.
const (
	streamBytes = 1 + 5*4 + 3*8
	pieceBytes  = 8 + 3*4
)

// DecodeBinary restores the state from the head of b and gives the rest; nil if b
// does not hold one. The limits and the direction stay.
func (s *Stream) DecodeBinary(b []byte) []byte {
	if len(b) < streamBytes {
		return nil
	}
	n32 := func(at int) uint32 { return binary.BigEndian.Uint32(b[at:]) }
	n64 := func(at int) uint64 { return binary.BigEndian.Uint64(b[at:]) }
	*s = Stream{
		dir: s.dir, limits: s.limits, begun: b[0]&1 != 0, syn: b[0]&2 != 0, fin: b[0]&4 != 0, stepped: b[0]&8 != 0, stray: b[0]&16 != 0,
		seq: n32(1), other: n32(5), finSeq: n32(9), strayEnd: n32(13), next: n64(21), acked: n64(29), since: int64(n64(37)),
	}
	count := int(n32(17))
	b = b[streamBytes:]
	for end := s.next; count > 0; count-- {
		if len(b) < pieceBytes {
			return nil
		}
		p := piece{off: n64(0), length: n32(8), frame: n32(12)}
		n := n32(16)
		if b = b[pieceBytes:]; uint64(n) > uint64(len(b)) || n > p.length || p.length == 0 || p.length > reach || p.off < end || p.off == s.next || p.off-s.next > 2*reach {
			return nil
		}
		p.data = append([]byte(nil), b[:n]...)
		s.waiting, s.size, b = append(s.waiting, p), s.size+int(n), b[n:]
		end = p.end()
	}
	return b
}

func bit(v bool, n uint) byte {
	if v {
		return 1 << n
	}
	return 0
}
