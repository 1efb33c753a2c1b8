package diag

// Thresholds are the limits above which something is a finding. Times are in ns,
// shares from 0 to 1. They are judgement, not standards: change them with
// ingest.Config.
type Thresholds struct {
	// Undecided: an opening whose last SYN or SYN+ACK is less than this before the
	// end of the capture may still be answered. Default 3 s, the first time-outs of
	// common systems.
	Undecided int64
	// SlowHandshake is how long SYN to ACK may take, waits for repeats left out.
	// Default 300 ms.
	SlowHandshake int64
	// NearShare: the capture was made near the side whose part of the handshake's
	// time is below this. Default 0.1.
	NearShare float64

	// StillOpen: a connection without FIN and RST whose last packet is less than
	// this before the end of the capture is open, else it went silent. Default 60 s.
	StillOpen int64
	// IdleReset: a RST after so long a silence is put down to a time-out. Default 30 s.
	IdleReset int64
	// UnackedAge is how long data may wait for its acknowledgement at the end.
	// Default 1 s.
	UnackedAge int64

	// ResentNote, ResentWarn and ResentError are shares of a side's data segments
	// that were sent again. Defaults 0.005, 0.02, 0.1.
	ResentNote, ResentWarn, ResentError float64
	// ResentMin re-sent segments are needed for more than a note. Default 3.
	ResentMin uint32
	// Spurious is the share of a side's data segments that were sent again though
	// they had arrived. Default 0.01.
	Spurious float64
	// LongRTO is a wait for a retransmission time-out that is worth naming.
	// Default 1 s.
	LongRTO int64

	// TinyMSS is the smallest usual maximum segment size, bytes. Default 536 (RFC
	// 9293, section 3.7.1).
	TinyMSS uint32
	// OffloadFrame: a segment beyond the MSS in a frame of more bytes was cut or
	// joined by a network card. Default 2271, 1.5 Ethernet frames.
	OffloadFrame uint32
	// BlackholeResends of one full-size segment without an answer, while smaller
	// ones pass, are a path that loses large packets. Default 3.
	BlackholeResends uint32

	// PortReuse: endpoints used again so soon after their last connection are a
	// finding. Default 60 s.
	PortReuse int64
	// TimeWait is twice the maximum segment lifetime. Default 120 s.
	TimeWait int64

	// Duplicates is the share of packets captured twice, of a connection and of the
	// capture. Default 0.05.
	Duplicates float64
	// OneSided is the share of one-sided connections that makes it a finding of the
	// capture. Default 0.3.
	OneSided float64

	// ScanWindow is the time in which the attempts of a scan are counted. Default 60 s.
	ScanWindow int64
	// ScanPorts and ScanHosts are how many ports of one host, and hosts on one port,
	// a source tries in vain before it is a scan. Defaults 15 and 15.
	ScanPorts, ScanHosts uint32
	// StealthProbes are connections of one source that begin with flags that no
	// connection begins with. Default 5; for a lone ACK ScanPorts counts.
	StealthProbes uint32
	// FloodRate is how many handshakes at one server port stay unfinished in one
	// second. Default 100.
	FloodRate uint32

	// rtt_variation: the 95th percentile is RTTFactor times the minimum and RTTExcess
	// (ns) above it, of RTTSamples at least. 5, 100 ms, 10.
	RTTFactor  float64
	RTTExcess  int64
	RTTSamples int64
	// A longer time (ns) to an acknowledgement is no round-trip time: the sender would
	// have sent again. 10 s.
	RTTMax int64

	// zero_window: longer than ZeroWindowTime (ns) in all, or ZeroWindowShare of the
	// connection's duration. 200 ms, 0.05.
	ZeroWindowTime  int64
	ZeroWindowShare float64
	// zero_window_stuck: a window that is never opened again is zero for longer than
	// this (ns). 1 s.
	ZeroWindowStuck int64
	// window_full: the sender stood still for longer than WindowFullTime (ns) and
	// WindowFullShare of the duration. 50 ms, 0.05.
	WindowFullTime  int64
	WindowFullShare float64
	// small_window: SmallWindowShare of the data segments have SmallWindowFill of the
	// window in flight, of SmallWindowSegments at least. 0.5, 0.8, 10. A window that
	// allows more than SmallWindowRate (bytes per second) is large enough. 125e6.
	SmallWindowShare, SmallWindowFill float64
	SmallWindowSegments               uint32
	SmallWindowRate                   float64

	// slow_response: the server needs longer than this (ns) to begin. 1 s.
	SlowResponse int64
	// idle_push: a pause longer than this (ns) is long polling or push. 30 s.
	LongPoll int64
	// client_waiting: share of the duration between responses and requests. 0.8.
	ClientWaiting float64
	// nagle_delayed_ack: pauses from NagleMin to NagleMax that end at most NagleAfter
	// after the acknowledgement (ns). 35 ms, 250 ms, 5 ms. NagleTimes of them are
	// enough, or NagleTurns of the sender's turns; they must be NagleShare of the
	// pauses of that length. 3, 0.2, 0.5.
	NagleMin, NagleMax, NagleAfter int64
	NagleTimes                     uint32
	NagleTurns, NagleShare         float64
	// delayed_ack: the median is this much (ns) above the fastest, of
	// DelayedAckSamples at least. 20 ms, 3.
	DelayedAck        int64
	DelayedAckSamples uint32

	// idle_gap: no packet for longer than IdlePause (ns) and IdleRTTs median round-trip
	// times. 1 s, 10.
	IdlePause int64
	IdleRTTs  float64
	// idle_gap as a note, and idle_timeout: no packet for longer than this (ns). 60 s.
	IdleGap int64
	// idle_timeout: re-sends after the gap without an answer. 3.
	IdleResends uint32
	// keep_alive_only: share of the duration without data but with keep-alives. 0.8.
	KeepAliveShare float64
	// keep_alive_unanswered: keep-alives in a row without a packet of the peer. 3.
	KeepAliveMisses uint32

	// ttl_change, injected_rst: difference from the sender's most frequent TTL. 2.
	TTLDifference uint8
	// injected_rst: RSTs of one side that come together, within this time (ns). 10 ms.
	RSTBurst int64
	// checksum_offload: share of a sender's packets with a wrong checksum. 0.9.
	OffloadShare float64
}

const (
	millisecond = 1_000_000 // ns
	second      = 1000 * millisecond
)

// Defaults gives the thresholds that an ingest uses unless told otherwise.
func Defaults() Thresholds {
	return Thresholds{
		Undecided: 3 * second, SlowHandshake: 300 * millisecond, NearShare: 0.1,
		StillOpen: 60 * second, IdleReset: 30 * second, UnackedAge: second,
		ResentNote: 0.005, ResentWarn: 0.02, ResentError: 0.1, ResentMin: 3, Spurious: 0.01, LongRTO: second,
		TinyMSS: 536, OffloadFrame: 2271, BlackholeResends: 3,
		PortReuse: 60 * second, TimeWait: 120 * second,
		Duplicates: 0.05, OneSided: 0.3,
		ScanWindow: 60 * second, ScanPorts: 15, ScanHosts: 15, StealthProbes: 5, FloodRate: 100,
		RTTFactor: 5, RTTExcess: 100 * millisecond, RTTSamples: 10, RTTMax: 10 * second,

		ZeroWindowTime: 200 * millisecond, ZeroWindowShare: 0.05, ZeroWindowStuck: second,
		WindowFullTime: 50 * millisecond, WindowFullShare: 0.05,
		SmallWindowShare: 0.5, SmallWindowFill: 0.8, SmallWindowSegments: 10, SmallWindowRate: 125e6,

		SlowResponse: second, LongPoll: 30 * second, ClientWaiting: 0.8,
		NagleMin: 35 * millisecond, NagleMax: 250 * millisecond, NagleAfter: 5 * millisecond, NagleTimes: 3, NagleTurns: 0.2, NagleShare: 0.5,
		DelayedAck: 20 * millisecond, DelayedAckSamples: 3,

		IdlePause: second, IdleRTTs: 10, IdleGap: 60 * second, IdleResends: 3, KeepAliveShare: 0.8, KeepAliveMisses: 3,

		TTLDifference: 2, RSTBurst: 10 * millisecond, OffloadShare: 0.9,
	}
}
