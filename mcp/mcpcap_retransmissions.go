package mcp

import (
	"github.com/google/jsonschema-go/jsonschema"

	"pcapidx/query"
)

type tcpResentArgs struct {
	mcpcapFile
	IP        string   `json:"server_ip,omitempty" jsonschema:"IP address or CIDR prefix of the server"`
	Threshold *float64 `json:"threshold,omitempty" jsonschema:"share of data segments sent again that is too much, from 0 to 1"`
	size
	seen *tcpSums
}

type tcpResentOut struct {
	File      string          `json:"file"`
	Timestamp query.Timestamp `json:"analysis_timestamp"`
	Total     uint64          `json:"total_packets"` // of TCP
	// Resent counts data segments that were sent before, and SYN and FIN. The rate is of
	// data segments: acknowledgements cannot be sent again.
	Resent      uint64             `json:"total_retransmissions"`
	Data        uint64             `json:"data_segments"`
	DataResent  uint64             `json:"data_retransmissions"`
	Control     uint64             `json:"syn_fin_retransmissions"`
	Rate        float64            `json:"retransmission_rate"`
	Threshold   float64            `json:"threshold"`
	Exceeds     bool               `json:"exceeds_threshold"`
	Connections []resentConnection `json:"by_connection"`
	Summary     resentSummary      `json:"summary"`
	mcpcapEnd
}

type resentConnection struct {
	Name    string  `json:"connection"` // "a:p <-> b:q"
	Number  uint32  `json:"connection_number"`
	Resent  uint64  `json:"retrans_count"`
	Packets uint64  `json:"total_packets,omitempty"`
	Data    uint64  `json:"data_segments"`
	Rate    float64 `json:"retrans_rate"`
}

type resentSummary struct {
	Worst string  `json:"worst_connection,omitempty"`
	Rate  float64 `json:"worst_retrans_rate"`
	Above uint64  `json:"connections_above_threshold"`
}

func analyzeTCPRetransmissions() *tool {
	t := define(tool{
		name: "analyze_tcp_retransmissions", title: "TCP retransmissions of a capture file", module: "tcp",
		description: "What TCP sent again in a capture file: share of data segments, whether it exceeds a threshold, and the 10 connections with the highest share. " +
			"Keep-alives and packets captured twice are not counted.",
		narrow: "or narrow by server_ip",
	}, func(c *call, in *tcpResentArgs) (*tcpResentOut, error) {
		f := tcpFilter{IP: in.IP}
		s, err := c.tcpTraffic(in.File, f, in.Threshold, &in.seen)
		if err != nil {
			return nil, err
		}
		sum := both(&s.Total)
		out := &tcpResentOut{
			File: in.File, Timestamp: s.info.Added, Total: sum.Packets, Resent: resent(sum), Data: sum.DataSegments, DataResent: sum.Resent, Control: sum.ResentControl,
			Rate: s.Total.Rate, Threshold: s.Threshold, Exceeds: s.Total.Exceeds, Connections: []resentConnection{}, Summary: resentSummary{Above: s.Above}, mcpcapEnd: s.end(c, f),
		}
		packets := map[uint32]uint64{}
		for i := range s.Rows {
			packets[*s.Rows[i].Connection] = both(&s.Rows[i]).Packets
		}
		for _, w := range s.Worst {
			out.Connections = append(out.Connections, resentConnection{w.Client + " <-> " + w.Server, w.Connection, w.Resent, packets[w.Connection], w.DataSegments, w.Rate})
		}
		if len(out.Connections) > 0 {
			out.Summary.Worst, out.Summary.Rate = out.Connections[0].Name, out.Connections[0].Rate
		}
		return out, nil
	})
	t.input.Properties["threshold"] = &jsonschema.Schema{Type: "number", Description: t.input.Properties["threshold"].Description, Default: []byte("0.02")}
	outline(t.output, "file", "total_retransmissions", "retransmission_rate", "exceeds_threshold", "by_connection", "summary", "note")
	return t
}
