package query

import (
	"context"
	"fmt"
	"net/netip"
)

// TrafficRequest asks how TCP clients and servers share the work: who sends, who
// resets, what has to be sent again.
type TrafficRequest struct {
	Capture string `json:"capture" jsonschema:"name, id or id prefix"`
	Server  string `json:"server,omitempty" jsonschema:"IP address or CIDR prefix of the server"`
	Port    string `json:"port,omitempty" jsonschema:"port of the server, or a range such as 8000-8010"`
	// Threshold is the share of data segments sent again above which it is too much.
	// nil: DefaultThreshold.
	Threshold *float64 `json:"threshold,omitempty" jsonschema:"share of data segments sent again that is too much; default 0.02"`
	// Each gives a row to every connection instead of every server, in the order of
	// appearance; Server and Port may then be those of either side.
	Each bool `json:"each,omitempty" jsonschema:"a row for each connection instead of each server"`
	Page
}

// maxEach bounds the connections that have a row of their own.
const maxEach = 1 << 16

// DefaultThreshold is that of TrafficRequest.
const DefaultThreshold = 0.02

// DirectionTraffic is what one side sent.
type DirectionTraffic struct {
	Packets      uint64 `json:"packets"`
	Bytes        uint64 `json:"bytes"`         // original frame lengths
	PayloadBytes uint64 `json:"payload_bytes"` // re-sent ones too
	SYN          uint64 `json:"syn"`           // packets with SYN and without ACK
	SYNACK       uint64 `json:"syn_ack"`
	FIN          uint64 `json:"fin"`
	RST          uint64 `json:"rst"`
	ACK          uint64 `json:"ack"` // packets with ACK: nearly all
	noACK        uint64
	// DataSegments counts segments with payload, Resent those of them that were sent
	// before: keep-alives, capture duplicates, SYN and FIN are not. ResentControl counts
	// SYN and FIN sent again.
	DataSegments  uint64  `json:"data_segments"`
	Resent        uint64  `json:"resent"`
	ResentControl uint64  `json:"resent_control"`
	Rate          float64 `json:"resent_share"` // Resent of DataSegments
	Exceeds       bool    `json:"exceeds_threshold"`
}

func (d *DirectionTraffic) add(o *DirectionTraffic) {
	d.Packets, d.Bytes, d.PayloadBytes = d.Packets+o.Packets, d.Bytes+o.Bytes, d.PayloadBytes+o.PayloadBytes
	d.SYN, d.SYNACK, d.FIN, d.RST, d.noACK = d.SYN+o.SYN, d.SYNACK+o.SYNACK, d.FIN+o.FIN, d.RST+o.RST, d.noACK+o.noACK
	d.ACK += o.ACK
	d.DataSegments, d.Resent, d.ResentControl = d.DataSegments+o.DataSegments, d.Resent+o.Resent, d.ResentControl+o.ResentControl
}

// TrafficRow sums up the TCP connections to one server and port, or all of them.
type TrafficRow struct {
	// Connection, Client and State (Zeek's) are those of a row for one connection.
	Connection  *uint32 `json:"connection,omitempty"`
	Client      string  `json:"client,omitempty"` // "ip:port"
	State       string  `json:"state,omitempty"`
	Server      string  `json:"server,omitempty"` // "ip:port"
	Connections uint64  `json:"connections"`
	// Handshakes that were completed, that failed (refused, unanswered, wrong answer),
	// that were answered and then given up by the client (scans do so), and of which the
	// capture tells none of these.
	Complete  uint64 `json:"handshakes_complete"`
	Failed    uint64 `json:"handshakes_failed"`
	HalfOpen  uint64 `json:"handshakes_half_open"`
	Undecided uint64 `json:"handshakes_undecided"`
	// Connections that ended with FIN from both sides, and with RST.
	Closed uint64 `json:"connections_closed"`
	Reset  uint64 `json:"connections_reset"`

	ToServer   DirectionTraffic `json:"client_to_server"`
	FromServer DirectionTraffic `json:"server_to_client"`

	// Asymmetry is the clients' packets for each of the server's; absent if it sent none.
	Asymmetry *float64 `json:"asymmetry,omitempty"`
	Balance   string   `json:"balance"`  // balanced, client sends more, server sends more, or server silent
	ResetBy   string   `json:"reset_by"` // nobody, clients, server, or both
	Rate      float64  `json:"resent_share"`
	Exceeds   bool     `json:"exceeds_threshold"` // both directions together do
}

// ResentRow is a connection in which much was sent again.
type ResentRow struct {
	Connection   uint32  `json:"connection"`
	Client       string  `json:"client"`
	Server       string  `json:"server"`
	Resent       uint64  `json:"resent"`
	DataSegments uint64  `json:"data_segments"`
	Rate         float64 `json:"resent_share"`
}

// TrafficAnswer is a page of servers, the busiest first, with totals of all of them.
type TrafficAnswer struct {
	Capture   string       `json:"capture"`
	Threshold float64      `json:"threshold"`
	Total     TrafficRow   `json:"sum"`
	Worst     []ResentRow  `json:"worst"` // at most 10 connections, the highest share first
	Above     uint64       `json:"connections_above_threshold"`
	Rows      []TrafficRow `json:"rows"`
	Paged
}

// Traffic sums up TCP by server.
func (e *Engine) Traffic(ctx context.Context, q TrafficRequest) (*TrafficAnswer, error) {
	chosen, err := parseConnectionFilter(&ConnectionsRequest{Address: q.Server, Port: q.Port, Protocol: "tcp"})
	if err != nil {
		return nil, err
	}
	if err := q.check(); err != nil {
		return nil, err
	}
	threshold := DefaultThreshold
	if q.Threshold != nil {
		threshold = *q.Threshold
	}
	if !(threshold >= 0 && threshold <= 1) { // NaN is neither
		return nil, badRequest("give a share from 0 to 1, such as 0.02", "threshold %g is none", threshold)
	}
	x, entry, err := e.source.Open(q.Capture)
	if err != nil {
		return nil, wrap(err)
	}
	defer x.Close()
	shape := fmt.Sprintf("traffic\x00%s\x00%s\x00%g\x00%v", q.Server, q.Port, threshold, q.Each)
	after, err := parseCursor(q.Cursor, shape, []string{entry.Build})
	if err != nil {
		return nil, err
	}
	s := &trafficSums{capture: x, chosen: chosen, most: maxKeys, each: q.Each, threshold: threshold, servers: map[netip.AddrPort]int32{}}
	if s.each {
		s.most = maxEach
	}
	if err := s.connections(); err != nil {
		return nil, wrap(err)
	}
	if err := s.flags(ctx); err != nil {
		return nil, wrap(err)
	}
	a := &TrafficAnswer{Capture: entry.ID, Threshold: threshold, Above: s.above, Worst: s.worst, Rows: []TrafficRow{}}
	s.finish(a)
	from, to, last := q.slice(len(s.rows), after)
	a.Rows = append(a.Rows, s.rows[from:to]...)
	a.Returned, a.Paged.Total = len(a.Rows), len(s.rows)
	if last != nil {
		a.NextCursor = formatCursor(shape, []string{entry.Build}, *last)
	}
	if s.guessed > 0 {
		a.Hints = append(a.Hints, fmt.Sprintf("of %d of %d connections no SYN was captured: which side is the server is a guess", s.guessed, a.Total.Connections))
	}
	if len(s.rows) == 0 {
		a.Hints = append(a.Hints, "no TCP connection "+map[bool]string{false: "to such a server", true: "of such a host"}[q.Each])
	}
	return a, nil
}
