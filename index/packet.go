package index

// Packet is one stored packet: what filters and lists need without decoding its
// bytes again. The transport columns (Conn and those after it) are those of the frame's
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

	Analysis
}

// Analysis is what following the connection tells about a packet: Wireshark's
// tcp.analysis and tcp.completeness.
type Analysis struct {
	Labels Labels
	// Analysed says that Wireshark keeps analysis of the packet (tcp.analysis), and
	// HasIRTT that it shows the connection's initial_rtt with it.
	Analysed, HasIRTT bool
	Acks              uint32 // acks_frame, 0: none
	AckRTT            Time   // ack_rtt, of a packet with Acks
	InFlight          uint32 // bytes_in_flight, 0: none
	PushBytes         uint32 // push_bytes_sent, 0: none
	// Completeness is tcp.completeness as one pass over the capture shows it: of
	// the packets before.
	Completeness uint8
	States       [2]uint8 // of both sides after the packet, by number in TCPStateNames

	Dup, DupFrame uint32 // duplicate_ack_num, duplicate_ack_frame; 0: none
	RTO           Time   // rto, of a retransmission
	RTOFrame      uint32 // rto_frame, 0: none
}

// Labels is a set of Wireshark's labels of tcp.analysis. A label's bit is its place
// in LabelNames.
type Labels uint16

// Labels of a packet.
const (
	LabelRetransmission Labels = 1 << iota // fast and spurious ones too
	LabelFastRetransmission
	LabelSpuriousRetransmission
	LabelOutOfOrder
	LabelLostSegment
	LabelAckLostSegment
	LabelReusedPorts
	LabelWindowUpdate
	LabelWindowFull
	LabelKeepAlive
	LabelKeepAliveAck
	LabelZeroWindow
	LabelZeroWindowProbe
	LabelZeroWindowProbeAck
	LabelDuplicateAck
	LabelCaptureDuplicate // ours: the packet was captured before
)

// WiresharkLabels are those that Wireshark knows: tcp.analysis.flags.
const WiresharkLabels = LabelCaptureDuplicate - 1

// LabelNames lists the labels by bit, as they follow "tcp.analysis.".
func LabelNames() []string {
	return []string{
		"retransmission", "fast_retransmission", "spurious_retransmission", "out_of_order", "lost_segment", "ack_lost_segment",
		"reused_ports", "window_update", "window_full", "keep_alive", "keep_alive_ack", "zero_window", "zero_window_probe",
		"zero_window_probe_ack", "duplicate_ack", "capture_duplicate",
	}
}

// Names lists the labels of a set.
func (l Labels) Names() (names []string) {
	for bit, name := range LabelNames() {
		if l>>bit&1 != 0 {
			names = append(names, name)
		}
	}
	return names
}

// TCPStateNames lists the states of one side of a TCP connection by number (RFC
// 9293, section 3.3.2). The first is that of a side that has not shown its state.
func TCPStateNames() []string {
	return []string{
		"UNKNOWN", "LISTEN", "SYN_SENT", "SYN_RECEIVED", "ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "CLOSE_WAIT", "CLOSING", "LAST_ACK",
		"TIME_WAIT", "CLOSED",
	}
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
