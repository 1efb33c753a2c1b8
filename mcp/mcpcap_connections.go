package mcp

import (
	"fmt"
	"strconv"

	"pcapidx/query"
)

type tcpConnectionsArgs struct {
	mcpcapFile
	tcpFilter
	Detailed bool `json:"detailed,omitempty" jsonschema:"all connections, page by page, not the first 10 only"`
	pages
	seen *tcpSums
}

type tcpConnectionsOut struct {
	File        string          `json:"file"`
	Timestamp   query.Timestamp `json:"analysis_timestamp"`
	Total       uint32          `json:"total_packets"`
	Found       uint64          `json:"tcp_packets_found"`
	Filter      tcpFilter       `json:"filter"`
	Summary     tcpSummary      `json:"summary"`
	Connections []tcpConnection `json:"connections"`
	Issues      []string        `json:"issues"`
	mcpcapPage
}

type tcpSummary struct {
	Connections uint64 `json:"total_connections"`
	Complete    uint64 `json:"successful_handshakes"`
	Failed      uint64 `json:"failed_handshakes"` // refused, unanswered, given up half open
	Unseen      uint64 `json:"unseen_handshakes"` // begun before the capture, or not to be told
	Established uint64 `json:"established_connections"`
	Reset       uint64 `json:"reset_connections"`
	Closed      uint64 `json:"normal_close"`
	Active      uint64 `json:"active_connections"`
}

type tcpConnection struct {
	Connection uint32 `json:"connection"` // its number, for all other tools
	Client     string `json:"client"`
	Server     string `json:"server"`
	State      string `json:"state"` // closed, active
	Complete   bool   `json:"handshake_completed"`
	SYN        uint64 `json:"syn_count"` // SYN-ACKs too
	SYNACK     uint64 `json:"syn_ack_count"`
	ACK        uint64 `json:"ack_count"`
	RST        uint64 `json:"rst_count"`
	FIN        uint64 `json:"fin_count"`
	Data       uint64 `json:"data_packets"`
	Resent     uint64 `json:"retransmissions"`
	Reason     string `json:"close_reason"` // reset, normal, active, unknown
	Packets    uint64 `json:"packet_count"`
}

func analyzeTCPConnections() *tool {
	t := define(tool{
		name: "analyze_tcp_connections", title: "TCP connections of a capture file", module: "tcp", list: "connections",
		description: "TCP connections in a capture file: how many handshakes succeeded and failed, how connections ended, retransmissions; " +
			"then the first 10 connections, or with detailed all.",
		narrow: "or narrow by server_ip and server_port",
	}, func(c *call, in *tcpConnectionsArgs) (*tcpConnectionsOut, error) {
		s, err := c.tcpTraffic(in.File, in.tcpFilter, nil, &in.seen)
		if err != nil {
			return nil, err
		}
		from, to, err := in.slice(len(s.Rows))
		if err != nil {
			return nil, err
		}
		sum := both(&s.Total)
		out := &tcpConnectionsOut{
			File: in.File, Timestamp: s.info.Added, Total: s.info.Packets, Found: sum.Packets, Filter: in.tcpFilter, Summary: tcpSummaryOf(&s.Total),
			Connections: []tcpConnection{}, Issues: tcpIssues(&s.Total), mcpcapPage: mcpcapPage{Returned: to - from, mcpcapEnd: s.end(c, in.tcpFilter)},
		}
		for i := range s.Rows[from:to] {
			out.Connections = append(out.Connections, tcpConnectionOf(&s.Rows[from+i]))
		}
		switch {
		case to == len(s.Rows):
		case in.Detailed:
			out.NextCursor = strconv.Itoa(to)
		default:
			out.Hints = append(out.Hints, fmt.Sprintf("connections has the first %d of %d; detailed gives all", to, len(s.Rows)))
		}
		return out, nil
	})
	outline(t.output, "file", "tcp_packets_found", "summary", "connections", "issues", "note", "next_cursor")
	return t
}

// slice chooses the connections to list.
func (in *tcpConnectionsArgs) slice(n int) (from, to int, err error) {
	if !in.Detailed {
		return 0, min(10, in.Limit, n), nil
	}
	if in.Cursor != "" {
		if from, err = strconv.Atoi(in.Cursor); err != nil || from < 0 {
			return 0, 0, &query.Error{Kind: query.BadRequest, Msg: "the cursor is none of this tool", Hint: "pass next_cursor of the answer before, with the same file"}
		}
	}
	from = min(from, n)
	return from, min(from+in.Limit, n), nil
}

func tcpSummaryOf(r *query.TrafficRow) tcpSummary {
	return tcpSummary{
		Connections: r.Connections, Complete: r.Complete, Failed: r.Failed + r.HalfOpen, Unseen: r.Undecided, Established: r.Complete,
		Reset: r.Reset, Closed: r.Closed, Active: r.Connections - r.Reset - r.Closed,
	}
}

func tcpIssues(r *query.TrafficRow) []string {
	out := []string{}
	for _, i := range []struct {
		n    uint64
		text string
	}{
		{r.Reset, "connections terminated by RST"}, {resent(both(r)), "retransmissions detected"}, {r.Failed + r.HalfOpen, "failed handshakes"},
	} {
		if i.n > 0 {
			out = append(out, strconv.FormatUint(i.n, 10)+" "+i.text)
		}
	}
	return out
}

func tcpConnectionOf(r *query.TrafficRow) tcpConnection {
	sum := both(r)
	out := tcpConnection{
		Connection: *r.Connection, Client: r.Client, Server: r.Server, State: "active", Complete: r.Complete > 0, SYN: sum.SYN + sum.SYNACK, SYNACK: sum.SYNACK, ACK: sum.ACK,
		RST: sum.RST, FIN: sum.FIN, Data: sum.DataSegments, Resent: resent(sum), Reason: "unknown", Packets: sum.Packets,
	}
	switch {
	case r.Reset > 0:
		out.State, out.Reason = "closed", "reset"
	case r.Closed > 0:
		out.State, out.Reason = "closed", "normal"
	case r.Complete > 0 || sum.DataSegments > 0:
		out.Reason = "active"
	}
	return out
}
