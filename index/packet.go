package index

// Packet is one stored packet: what filters and lists need without decoding its
// bytes again. The transport columns (Conn to Delay) are those of the frame's
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
	Delta   Time   // since the frame of Conn before this one; 0 for its first

	TCP      bool   // the fields below, to Scale, are set
	Flags    uint16 // FIN=1 SYN=2 RST=4 PSH=8 ACK=16 URG=32 ECE=64 CWR=128, reserved bits above
	Seq, Ack uint32 // relative to the connection (Wireshark's tcp.seq, tcp.ack)
	Window   uint16 // raw
	// Scale is the window scale in force for the packet (RFC 7323): a shift from
	// 0 to 14, -1 when the handshake was not seen, -2 when it agreed on none.
	Scale int8

	// App is an index into Summary.Apps: the application protocols that Wireshark
	// finds in the payload. DataLengths and PDUSizes are the values of data.len and
	// tcp.pdu.size; where App is "data" alone, DataLengths is nil and Length tells.
	App                   uint32
	DataLengths, PDUSizes []uint32

	Request uint32 // ICMP echo reply: the frame of its request, 0: none
	Delay   Time   // since the request
}

// Range of Packet.Scale.
const (
	noScale  = -2
	maxScale = 14
)

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
	// StatusComplex: the columns and posting lists do not tell every value of
	// the fields that they are about: there are several network or transport
	// headers, or one that is not whole. Such a frame is asked itself.
	StatusComplex
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
