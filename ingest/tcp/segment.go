package tcp

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
	Frame uint32 // number of the frame, from 1
	Time  int64  // when it was captured, ns
	Dir   uint8  // sender: 0 sent the connection's first packet, 1 is its peer

	Flags    uint16
	Seq, Ack uint32 // as on the wire
	Window   uint16 // raw
	Len      uint32 // payload bytes by the headers
	// HasLen: Len is known. A header quoted in an ICMP error, cut by
	// fragmentation, or longer than its packet has none: it teaches no sequence
	// numbers and is not analysed.
	HasLen bool
	// NoOptions says that the options were not read to their end, BadOffset that
	// the data offset is impossible: Wireshark then gives the packet up after it
	// has updated its state.
	NoOptions, BadOffset bool
	Options
}

// Options are those of a header that matter here. A kind that is not there is 0.
type Options struct {
	MSS   uint16 // maximum segment size
	Scale int16  // shift of the window scale option, -1 without one

	SACKPermitted, Timestamps, FastOpen, Multipath bool

	TSVal, TSEcr uint32   // if Timestamps
	SACK         [3]Block // the first blocks of a selective acknowledgement
	SACKs        uint8    // how many of them are set
}

// Block is a range of sequence numbers that was received (RFC 2018): from Left
// to just before Right.
type Block struct{ Left, Right uint32 }

// control reports whether a segment opens, closes or resets.
func (s *Segment) control() bool { return s.Flags&(SYN|FIN|RST) != 0 }

// end is the sequence number after the segment's payload, SYN and FIN left out.
func (s *Segment) end() uint32 { return s.Seq + s.Len }

// after and atOrAfter compare sequence numbers, which wrap (RFC 9293, section 3.4).
func after(a, b uint32) bool     { return int32(a-b) > 0 }
func atOrAfter(a, b uint32) bool { return int32(a-b) >= 0 }
