package index

// Severity says how much a finding matters.
type Severity uint8

// Severities, as Wireshark's expert information has them but for error.
const (
	SeverityInfo  Severity = iota // neutral
	SeverityNote                  // worth knowing
	SeverityWarn                  // performance or correctness harmed
	SeverityError                 // traffic failed
)

// SeverityNames lists the severities by number.
func SeverityNames() []string { return []string{"info", "note", "warn", "error"} }

func (s Severity) String() string {
	if names := SeverityNames(); int(s) < len(names) {
		return names[s]
	}
	return SeverityNames()[0]
}

// ConnAnalysis is what TCP analysis says of a connection as a whole.
type ConnAnalysis struct {
	Number   uint32 // of the connection
	Measures Measures
	Findings []Finding
}

// FoundCode sums up the findings of one code over a capture.
type FoundCode struct {
	Code        string   `json:"code"`
	Severity    Severity `json:"severity"` // the highest
	Connections uint64   `json:"connections"`
	Frames      uint64   `json:"frames"`   // evidence, all connections
	Weight      float64  `json:"weight"`   // sum
	Examples    []uint32 `json:"examples"` // connections with the highest severity and weight, the worst first
}

// MaxExamples is how many connections a FoundCode names.
const MaxExamples = 5

// Finding is something that a diagnostic says of a connection, or of the whole
// capture.
type Finding struct {
	Code     string   `json:"code"` // the diagnostic, such as "syn_unanswered"
	Severity Severity `json:"severity"`
	// Low says that the finding is uncertain: the client is guessed, or the capture
	// is one-sided, doubled or has losses of its own.
	Low bool `json:"low,omitempty"`
	// Weight ranks findings of the same severity: seconds of delay, or what comes
	// near it.
	Weight float64 `json:"weight,omitempty"`
	// Side is who is at fault or concerned, by Connection's sides; -1: nobody alone.
	Side     int8     `json:"side"`
	Sentence string   `json:"sentence"` // in plain words, with its numbers; holds no text from the capture
	Numbers  []Number `json:"numbers,omitempty"`
	Frames   []uint32 `json:"frames,omitempty"` // evidence: the first MaxEvidence frames
	Count    uint32   `json:"count,omitempty"`  // of all frames that are evidence
}

// MaxEvidence is how many frames a finding names.
const MaxEvidence = 20

// Number is one figure of a finding. The name ends in its unit: _ms, _s, _bytes,
// _percent; without one it is a count.
type Number struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
}

// Measures are what a TCP connection was measured to be. Times are in ns; 0 of
// what cannot be 0 stands for "not known".
type Measures struct {
	Handshake, Close string // result of each, such as "complete" and "fin_fin"; "" if it tells nothing
	ClosedBy         int8   // side of the first FIN or of the RST; -1: nobody

	ConnectServer int64 // SYN to SYN+ACK
	ConnectClient int64 // SYN+ACK to the ACK
	IRTT          int64 // both, as Wireshark's tcp.analysis.initial_rtt
	CloseDelay    int64 // last data byte to the first FIN

	Sides [2]SideMeasures // by sender

	// Turns are the first MaxTurns pairs of a client's request and the server's
	// response; TurnCount counts all.
	Turns     []Turn
	TurnCount int64
}

// MaxTurns is how many turns are kept of a connection.
const MaxTurns = 64

// SideMeasures are those of one sender.
type SideMeasures struct {
	DataSegments, UniqueBytes           int64
	Resent, ResentBytes                 int64 // re-sent data segments, capture duplicates left out
	ResentControl                       int64 // SYN and FIN sent again
	Spurious, OutOfOrder, DuplicateAcks int64
	// UpstreamLost, DownstreamLost and CaptureLost are bytes lost before the capture
	// point, behind it, and by the capture itself.
	UpstreamLost, DownstreamLost, CaptureLost int64

	ZeroWindows, ZeroWindowTime, ZeroWindowLongest int64 // its own receive window
	WindowFulls, WindowFullTime                    int64 // its sending was stopped by the peer's window
	WindowMin, WindowMax                           int64 // its own receive window, calculated, without that of SYN and RST
	InFlightMax                                    int64

	MSS           int64 // of its SYN; 0 without the option or the SYN
	Scale         int64 // shift of its SYN; -1 without
	SACKPermitted bool
	Timestamps    bool

	RTT      Spread // of acknowledgements of its data (Karn's rule: nothing that was re-sent)
	Response Spread // end of the peer's turn to the start of this side's: a server's response time, a client's thinking
	Transfer Spread // duration of its turns

	Goodput, WireRate, PeakRate int64 // bit/s
	Unacked                     int64 // bytes that the peer never acknowledged
	TTL                         int64 // most frequent
}

// Spread describes a set of durations, ns.
type Spread struct{ Count, Min, Median, P95, Max, Sum int64 }

// Turn is one request and its response. Times are ns since the epoch, 0 where there
// is no response.
type Turn struct {
	RequestFrame, ResponseFrame uint32 // first frames
	RequestStart, RequestEnd    int64
	ResponseStart, ResponseEnd  int64
	RequestBytes, ResponseBytes int64
}
