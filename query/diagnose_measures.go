package query

import "pcapidx/index"

// Times describes a set of durations, milliseconds.
type Times struct {
	Count    int64   `json:"count"`
	MinMS    float64 `json:"min_ms"`
	MedianMS float64 `json:"median_ms"`
	P95MS    float64 `json:"p95_ms"`
	MaxMS    float64 `json:"max_ms"`
	AvgMS    float64 `json:"avg_ms"`
}

// Timings are the times of a connection, milliseconds. What is not known is left
// out.
type Timings struct {
	ConnectServerMS float64 `json:"connect_server_ms,omitempty"` // SYN to SYN+ACK
	ConnectClientMS float64 `json:"connect_client_ms,omitempty"` // SYN+ACK to the ACK
	InitialRTTMS    float64 `json:"initial_rtt_ms,omitempty"`    // both, as Wireshark's tcp.analysis.initial_rtt
	CloseDelayMS    float64 `json:"close_delay_ms,omitempty"`    // last data to the first FIN

	// ClientRTT is of acknowledgements of the client's data, so of the path between
	// the capture point and the server; ServerRTT the other way.
	ClientRTT *Times `json:"client_rtt,omitempty"`
	ServerRTT *Times `json:"server_rtt,omitempty"`

	ServerResponse *Times `json:"server_response,omitempty"` // end of a request to the start of its response
	ClientThink    *Times `json:"client_think,omitempty"`    // end of a response to the next request
	ClientTransfer *Times `json:"client_transfer,omitempty"` // duration of requests
	ServerTransfer *Times `json:"server_transfer,omitempty"` // duration of responses

	TurnCount int64     `json:"turn_count"` // of all; Turns are the first
	Turns     []TurnRow `json:"turns,omitempty"`
}

// TurnRow is one request and its response.
type TurnRow struct {
	RequestFrame  uint32  `json:"request_frame"` // first of the request
	ResponseFrame uint32  `json:"response_frame,omitempty"`
	StartS        Seconds `json:"start_s"`    // of the request, since the start of the connection
	RequestMS     float64 `json:"request_ms"` // duration
	// WaitMS is from the end of the request to the start of the response.
	WaitMS        *float64 `json:"wait_ms,omitempty"`
	ResponseMS    *float64 `json:"response_ms,omitempty"` // duration
	RequestBytes  int64    `json:"request_bytes"`
	ResponseBytes int64    `json:"response_bytes"`
}

// SenderMeasures are those of one side as a sender of data, but for the window,
// which is the one that it receives with.
type SenderMeasures struct {
	DataSegments   int64   `json:"data_segments"`
	UniqueBytes    int64   `json:"unique_bytes"` // payload without what was re-sent
	ResentSegments int64   `json:"resent_segments"`
	ResentBytes    int64   `json:"resent_bytes"`
	ResentPercent  float64 `json:"resent_percent"` // of its data segments
	ResentControl  int64   `json:"resent_control"` // SYN and FIN sent again
	Spurious       int64   `json:"spurious"`       // re-sent although it had arrived
	OutOfOrder     int64   `json:"out_of_order"`
	DuplicateAcks  int64   `json:"duplicate_acks"`

	UpstreamLostBytes   int64 `json:"upstream_lost_bytes"`   // before the capture point
	DownstreamLostBytes int64 `json:"downstream_lost_bytes"` // behind it
	CaptureLostBytes    int64 `json:"capture_lost_bytes"`    // by the capture itself
	UnackedBytes        int64 `json:"unacked_bytes"`         // that the peer never acknowledged

	WindowMinBytes      int64   `json:"window_min_bytes"` // own receive window
	WindowMaxBytes      int64   `json:"window_max_bytes"`
	ZeroWindows         int64   `json:"zero_windows"`
	ZeroWindowMS        float64 `json:"zero_window_ms"`
	ZeroWindowLongestMS float64 `json:"zero_window_longest_ms"`
	WindowFulls         int64   `json:"window_fulls"` // its sending was stopped by the peer's window
	WindowFullMS        float64 `json:"window_full_ms"`
	InFlightMaxBytes    int64   `json:"in_flight_max_bytes"`

	MSSBytes      int64  `json:"mss_bytes,omitempty"`    // of its SYN
	WindowScale   *int64 `json:"window_scale,omitempty"` // shift of its SYN
	SACKPermitted bool   `json:"sack_permitted"`
	Timestamps    bool   `json:"timestamps"`
	TTL           int64  `json:"ttl,omitempty"` // most frequent

	GoodputBitS  int64 `json:"goodput_bit_s,omitempty"`
	WireRateBitS int64 `json:"wire_rate_bit_s,omitempty"` // whole frames, over the connection
	PeakRateBitS int64 `json:"peak_rate_bit_s,omitempty"` // most within one second
}

func milliseconds(ns int64) float64 { return float64(ns) / 1e6 }

func timesOf(s *index.Spread) *Times {
	if s.Count <= 0 {
		return nil
	}
	return &Times{
		Count: s.Count, MinMS: milliseconds(s.Min), MedianMS: milliseconds(s.Median), P95MS: milliseconds(s.P95), MaxMS: milliseconds(s.Max),
		AvgMS: milliseconds(s.Sum / s.Count),
	}
}

func timingsOf(c *index.Connection, m *index.Measures) *Timings {
	client, server := &m.Sides[c.ClientSide()], &m.Sides[1-c.ClientSide()]
	t := &Timings{
		ConnectServerMS: milliseconds(m.ConnectServer), ConnectClientMS: milliseconds(m.ConnectClient),
		InitialRTTMS: milliseconds(m.IRTT), CloseDelayMS: milliseconds(m.CloseDelay),
		ClientRTT: timesOf(&client.RTT), ServerRTT: timesOf(&server.RTT), ServerResponse: timesOf(&server.Response),
		ClientThink: timesOf(&client.Response), ClientTransfer: timesOf(&client.Transfer), ServerTransfer: timesOf(&server.Transfer),
		TurnCount: m.TurnCount,
	}
	for i := range m.Turns {
		u := &m.Turns[i]
		r := TurnRow{
			RequestFrame: u.RequestFrame, ResponseFrame: u.ResponseFrame, StartS: secondsBetween(c.Start, index.Time(u.RequestStart)),
			RequestMS: milliseconds(u.RequestEnd - u.RequestStart), RequestBytes: u.RequestBytes, ResponseBytes: u.ResponseBytes,
		}
		if u.ResponseFrame != 0 {
			wait, lasted := milliseconds(u.ResponseStart-u.RequestEnd), milliseconds(u.ResponseEnd-u.ResponseStart)
			r.WaitMS, r.ResponseMS = &wait, &lasted
		}
		t.Turns = append(t.Turns, r)
	}
	return t
}

func senderMeasures(s *index.SideMeasures) *SenderMeasures {
	r := &SenderMeasures{
		DataSegments: s.DataSegments, UniqueBytes: s.UniqueBytes, ResentSegments: s.Resent, ResentBytes: s.ResentBytes,
		ResentControl: s.ResentControl, Spurious: s.Spurious, OutOfOrder: s.OutOfOrder, DuplicateAcks: s.DuplicateAcks,
		UpstreamLostBytes: s.UpstreamLost, DownstreamLostBytes: s.DownstreamLost, CaptureLostBytes: s.CaptureLost, UnackedBytes: s.Unacked,
		WindowMinBytes: s.WindowMin, WindowMaxBytes: s.WindowMax, ZeroWindows: s.ZeroWindows, ZeroWindowMS: milliseconds(s.ZeroWindowTime),
		ZeroWindowLongestMS: milliseconds(s.ZeroWindowLongest), WindowFulls: s.WindowFulls, WindowFullMS: milliseconds(s.WindowFullTime),
		InFlightMaxBytes: s.InFlightMax, MSSBytes: s.MSS, SACKPermitted: s.SACKPermitted, Timestamps: s.Timestamps, TTL: s.TTL,
		GoodputBitS: s.Goodput, WireRateBitS: s.WireRate, PeakRateBitS: s.PeakRate,
	}
	if s.DataSegments > 0 {
		r.ResentPercent = 100 * float64(s.Resent) / float64(s.DataSegments)
	}
	if s.Scale >= 0 {
		shift := s.Scale
		r.WindowScale = &shift
	}
	return r
}
