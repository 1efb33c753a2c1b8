package mcp

import (
	"fmt"
	"slices"

	"pcapidx/query"
)

type tcpAnomaliesArgs struct {
	mcpcapFile
	tcpFilter
	size
	seen *tcpSums
}

type tcpAnomaliesOut struct {
	File      string           `json:"file"`
	Timestamp query.Timestamp  `json:"analysis_timestamp"`
	Filter    tcpFilter        `json:"filter"`
	Stats     tcpStatistics    `json:"statistics"`
	Patterns  []tcpPattern     `json:"patterns"`
	Summary   tcpPatternCounts `json:"summary"`
	mcpcapEnd
}

type tcpStatistics struct {
	Connections uint64        `json:"total_connections"`
	Packets     uint64        `json:"total_packets"`
	Handshake   tcpHandshakes `json:"handshake"`
	Flags       tcpFlagCounts `json:"flags"`
	Resets      tcpResets     `json:"rst_distribution"`
	Resent      tcpResent     `json:"retransmissions"`
	States      tcpStates     `json:"connection_states"`
}

type tcpHandshakes struct {
	Successful uint64 `json:"successful"`
	Failed     uint64 `json:"failed"`     // refused, unanswered
	Incomplete uint64 `json:"incomplete"` // answered, then given up
	Unseen     uint64 `json:"unseen"`     // begun before the capture
}

type tcpFlagCounts struct {
	SYN    uint64 `json:"syn"` // without ACK
	SYNACK uint64 `json:"syn_ack"`
	RST    uint64 `json:"rst"`
	FIN    uint64 `json:"fin"`
	ACK    uint64 `json:"ack"`
}

type tcpResets struct {
	Sources     map[string]uint64 `json:"by_source"`
	Direction   tcpResetWays      `json:"by_direction"`
	Connections []string          `json:"connections_with_rst"`
}

type tcpResetWays struct {
	ToServer   uint64 `json:"to_server"`
	FromServer uint64 `json:"from_server"`
	Unknown    uint64 `json:"unknown"` // always 0: each packet has a side
}

type tcpResent struct {
	Total       uint64            `json:"total"`
	Connections map[string]uint64 `json:"by_connection"`
	Rate        float64           `json:"rate"` // of data segments
}

type tcpStates struct {
	Established uint64 `json:"established"`
	Reset       uint64 `json:"reset"`
	Closed      uint64 `json:"closed"`
	Unknown     uint64 `json:"unknown"`
}

type tcpPattern struct {
	Pattern      string         `json:"pattern"`
	Category     string         `json:"category"`
	Observations map[string]any `json:"observations"`
	Description  string         `json:"description"`
}

type tcpPatternCounts struct {
	Total    int            `json:"total_patterns"`
	Category map[string]int `json:"by_category"`
	Notable  []string       `json:"notable_observations"`
}

func analyzeTCPAnomalies() *tool {
	t := define(tool{
		name: "analyze_tcp_anomalies", title: "TCP patterns of a capture file", module: "tcp",
		description: "What is odd about TCP in a capture file: failed handshakes, who resets connections, retransmissions, SYNs without answers; figures and patterns, no causes. " +
			"For causes with evidence use diagnose_capture, where it is offered.",
		narrow: "or narrow by server_ip and server_port",
	}, func(c *call, in *tcpAnomaliesArgs) (*tcpAnomaliesOut, error) {
		s, err := c.tcpTraffic(in.File, in.tcpFilter, nil, &in.seen)
		if err != nil {
			return nil, err
		}
		out := &tcpAnomaliesOut{
			File: in.File, Timestamp: s.info.Added, Filter: in.tcpFilter, Stats: s.statistics(), Patterns: tcpPatterns(&s.Total), mcpcapEnd: s.end(c, in.tcpFilter),
			Summary: tcpPatternCounts{Category: map[string]int{}, Notable: []string{}},
		}
		for _, p := range out.Patterns {
			out.Summary.Total++
			out.Summary.Category[p.Category]++
			out.Summary.Notable = append(out.Summary.Notable, p.Description)
		}
		return out, nil
	})
	outline(t.output, "file", "statistics", "patterns", "summary", "note")
	return t
}

// maxInLists bounds the connections and hosts that statistics name.
const maxInLists = 50

func (s *tcpSums) statistics() tcpStatistics {
	sum, r := both(&s.Total), &s.Total
	out := tcpStatistics{
		Connections: r.Connections, Packets: sum.Packets, Handshake: tcpHandshakes{r.Complete, r.Failed, r.HalfOpen, r.Undecided},
		Flags:  tcpFlagCounts{sum.SYN, sum.SYNACK, sum.RST, sum.FIN, sum.ACK},
		Resets: tcpResets{Sources: map[string]uint64{}, Direction: tcpResetWays{ToServer: r.ToServer.RST, FromServer: r.FromServer.RST}, Connections: []string{}},
		Resent: tcpResent{Total: resent(sum), Connections: map[string]uint64{}, Rate: r.Rate}, States: tcpStates{Reset: r.Reset, Closed: r.Closed},
	}
	for i := range s.Rows {
		out.row(&s.Rows[i])
	}
	out.States.Unknown = r.Connections - r.Reset - r.Closed - out.States.Established
	return out
}

// row adds what a connection adds to lists by name.
func (out *tcpStatistics) row(r *query.TrafficRow) {
	name := r.Client + " <-> " + r.Server
	if r.Complete > 0 && r.Reset+r.Closed == 0 {
		out.States.Established++
	}
	if n := resent(both(r)); n > 0 {
		addNamed(out.Resent.Connections, name, n)
	}
	for _, d := range []struct {
		from string
		n    uint64
	}{{r.Client, r.ToServer.RST}, {r.Server, r.FromServer.RST}} {
		if ip, _ := endOf(d.from); d.n > 0 {
			addNamed(out.Resets.Sources, ip, d.n)
		}
	}
	if r.ToServer.RST+r.FromServer.RST > 0 && len(out.Resets.Connections) < maxInLists && !slices.Contains(out.Resets.Connections, name) {
		out.Resets.Connections = append(out.Resets.Connections, name)
	}
}

// addNamed counts by name; what comes after the first names is "others".
func addNamed(in map[string]uint64, name string, n uint64) {
	if _, known := in[name]; !known && len(in) >= maxInLists {
		name = "others"
	}
	in[name] += n
}

// tcpPatterns names what the figures show. The bounds are mcpcap's.
func tcpPatterns(r *query.TrafficRow) []tcpPattern {
	out := []tcpPattern{}
	add := func(category, pattern, description string, observations map[string]any) {
		out = append(out, tcpPattern{pattern, category, observations, description})
	}
	sum := both(r)
	if sum.RST > 0 {
		share, strength := float64(r.FromServer.RST)/float64(sum.RST), "moderate"
		if share > 0.9 || share < 0.1 {
			strength = "strong"
		}
		add("termination", "rst_directional_asymmetry", fmt.Sprintf("Of %s the server sent %d.", plural(sum.RST, "RST packet"), r.FromServer.RST),
			map[string]any{"to_server": r.ToServer.RST, "from_server": r.FromServer.RST, "server_share": share, "strength": strength})
	}
	if n := resent(sum); n > 0 {
		add("reliability", "packet_retransmission", fmt.Sprintf("%d packets were sent again, %.2f%% of the data segments.", n, r.Rate*100),
			map[string]any{"retransmissions": n, "data_segments": sum.DataSegments, "rate": r.Rate, "exceeds_threshold": r.Rate > query.DefaultThreshold})
	}
	if bad := r.Failed + r.HalfOpen; bad > 0 {
		add("establishment", "handshake_completion", fmt.Sprintf("%d of %s did not complete the handshake.", bad, plural(r.Connections, "connection")),
			map[string]any{"successful": r.Complete, "failed": r.Failed, "incomplete": r.HalfOpen})
	}
	if r.Connections > 0 && float64(r.Reset) > 0.1*float64(r.Connections) {
		add("termination", "abnormal_termination", fmt.Sprintf("%d of %s ended with RST.", r.Reset, plural(r.Connections, "connection")),
			map[string]any{"reset": r.Reset, "share": float64(r.Reset) / float64(r.Connections)})
	}
	if sum.SYN > 0 && float64(sum.SYNACK) < 0.5*float64(sum.SYN) {
		add("establishment", "syn_response_imbalance", fmt.Sprintf("%s got %d answers.", plural(sum.SYN, "SYN packet"), sum.SYNACK),
			map[string]any{"syn": sum.SYN, "syn_ack": sum.SYNACK, "ratio": float64(sum.SYNACK) / float64(sum.SYN)})
	}
	return out
}
