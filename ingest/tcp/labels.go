package tcp

// Labels is a set of what Wireshark says of a packet in tcp.analysis. The numbers
// of the bits are part of the index format.
type Labels uint16

// The labels, by Wireshark's names. Fast and spurious retransmissions are
// retransmissions too.
const (
	Retransmission Labels = 1 << iota
	FastRetransmission
	SpuriousRetransmission
	OutOfOrder
	LostSegment    // previous segment not captured
	AckLostSegment // acknowledges what was not captured
	ReusedPorts
	WindowUpdate
	WindowFull
	KeepAlive
	KeepAliveAck
	ZeroWindow
	ZeroWindowProbe
	ZeroWindowProbeAck
	DuplicateAck
	// CaptureDuplicate is ours: the packet was captured before, as by a mirror
	// port that sees it twice. Wireshark takes it for a retransmission.
	CaptureDuplicate
)

// Names lists the labels by bit, as they follow "tcp.analysis.".
func Names() []string {
	return []string{
		"retransmission", "fast_retransmission", "spurious_retransmission", "out_of_order", "lost_segment", "ack_lost_segment",
		"reused_ports", "window_update", "window_full", "keep_alive", "keep_alive_ack", "zero_window", "zero_window_probe",
		"zero_window_probe_ack", "duplicate_ack", "capture_duplicate",
	}
}

// Analysis is what the packets before tell about one packet: Wireshark's
// tcp.analysis, completeness, and relative numbers.
type Analysis struct {
	Relative
	Labels Labels
	// Record says that Wireshark keeps analysis of the packet: it then shows the
	// connection's initial round-trip time with it.
	Record bool

	DupNum, DupFrame uint32 // duplicate_ack_num and the frame that came first
	AcksFrame        uint32 // frame of the segment that it acknowledges; 0: none
	AckRTT           int64  // since that frame, ns
	RTO              int64  // retransmission: time since the oldest segment without acknowledgement, ns
	RTOFrame         uint32 // that segment's frame
	InFlight         uint32 // bytes_in_flight
	PushBytes        uint32 // push_bytes_sent

	// IRTT is initial_rtt, ns: from the SYN to the first acknowledgement after the
	// SYN+ACK. 0 until it is known.
	IRTT int64
	// Completeness is tcp.completeness as one pass shows it: of the packets before.
	// 1 SYN, 2 SYN+ACK, 4 ACK, 8 data, 16 FIN, 32 RST.
	Completeness uint8
	// States are those of both ends (by Dir) after the packet, if it arrives.
	States [2]State
}
