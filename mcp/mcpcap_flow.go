package mcp

import (
	"fmt"
	"strconv"

	"pcapidx/query"
)

type trafficFlowArgs struct {
	mcpcapFile
	IP   string `json:"server_ip" jsonschema:"IP address of the server"`
	Port int    `json:"server_port,omitempty" jsonschema:"port of the server"`
	size
	seen *tcpSums
}

type trafficFlowOut struct {
	File      string          `json:"file"`
	Timestamp query.Timestamp `json:"analysis_timestamp"`
	Server    string          `json:"server"` // "ip:port" or "ip:any"
	ToServer  flowDirection   `json:"client_to_server"`
	ToClient  flowDirection   `json:"server_to_client"`
	Analysis  flowAnalysis    `json:"analysis"`
	mcpcapEnd
}

type flowDirection struct {
	Packets uint64 `json:"packet_count"`
	Bytes   uint64 `json:"byte_count"`
	SYN     uint64 `json:"syn_count"` // SYN-ACKs too
	RST     uint64 `json:"rst_count"`
	FIN     uint64 `json:"fin_count"`
	Data    uint64 `json:"data_packets"`
	Resent  uint64 `json:"retransmissions"`
}

type flowAnalysis struct {
	Ratio     *float64 `json:"asymmetry_ratio,omitempty"` // packets to the server for each from it
	Reset     string   `json:"primary_rst_source"`        // client, server, balanced, none
	Direction string   `json:"data_flow_direction"`       // client_heavy, server_heavy, balanced, client_only, none
	Sentence  string   `json:"interpretation"`
}

func analyzeTrafficFlow() *tool {
	t := define(tool{
		name: "analyze_traffic_flow", title: "Traffic to and from a server", module: "tcp",
		description: "What TCP clients sent to a server and what it sent to them: packets, bytes, SYN, RST, FIN, retransmissions of each direction, and which side sends and resets more.",
		narrow:      "or name a port",
	}, func(c *call, in *trafficFlowArgs) (*trafficFlowOut, error) {
		f := tcpFilter{in.IP, in.Port}
		s, err := c.tcpTraffic(in.File, f, nil, &in.seen)
		if err != nil {
			return nil, err
		}
		up, down := s.directions(f)
		out := &trafficFlowOut{
			File: in.File, Timestamp: s.info.Added, Server: in.IP + ":any", ToServer: flowOf(up), ToClient: flowOf(down), Analysis: analyzeFlow(up, down), mcpcapEnd: s.end(c, f),
		}
		if in.Port != 0 {
			out.Server = in.IP + ":" + strconv.Itoa(in.Port)
		}
		return out, nil
	})
	outline(t.output, "file", "server", "client_to_server", "server_to_client", "analysis", "note")
	return t
}

// directions sums up what went to the host that was asked for and what came from it,
// also in connections in which the capture makes it the client.
func (s *tcpSums) directions(f tcpFilter) (up, down query.DirectionTraffic) {
	turned := false
	for i := range s.Rows {
		r := &s.Rows[i]
		a, b := r.ToServer, r.FromServer
		if !f.isServer(r.Server) {
			a, b, turned = b, a, true
		}
		up = both(&query.TrafficRow{ToServer: up, FromServer: a})
		down = both(&query.TrafficRow{ToServer: down, FromServer: b})
	}
	if !turned { // the sum is of all connections, also of those without a row
		return s.Total.ToServer, s.Total.FromServer
	}
	return up, down
}

func flowOf(d query.DirectionTraffic) flowDirection {
	return flowDirection{d.Packets, d.Bytes, d.SYN + d.SYNACK, d.RST, d.FIN, d.DataSegments, resent(d)}
}

// analyzeFlow compares the directions. One side sends more if it sends more than 1.2
// packets for each of the other's.
func analyzeFlow(up, down query.DirectionTraffic) flowAnalysis {
	a := flowAnalysis{Reset: "balanced", Direction: "balanced"}
	switch {
	case up.Packets == 0 && down.Packets == 0:
		a.Direction = "none"
	case down.Packets == 0:
		a.Direction = "client_only"
	default:
		ratio := float64(up.Packets) / float64(down.Packets)
		a.Ratio = &ratio
		if ratio > 1.2 {
			a.Direction = "client_heavy"
		} else if ratio < 0.8 {
			a.Direction = "server_heavy"
		}
	}
	switch {
	case up.RST == 0 && down.RST == 0:
		a.Reset, a.Sentence = "none", "Nobody reset a connection."
	case down.RST == 0:
		a.Reset, a.Sentence = "client", fmt.Sprintf("Only clients reset connections, with %s.", plural(up.RST, "RST packet"))
	case up.RST == 0:
		a.Reset, a.Sentence = "server", fmt.Sprintf("Only the server reset connections, with %s.", plural(down.RST, "RST packet"))
	default:
		if up.RST > down.RST {
			a.Reset = "client"
		} else if up.RST < down.RST {
			a.Reset = "server"
		}
		a.Sentence = fmt.Sprintf("Both sides reset connections: %d RST packets of clients, %d of the server.", up.RST, down.RST)
	}
	switch a.Direction {
	case "none":
		a.Sentence = "There is no TCP traffic with this server."
	case "client_only":
		a.Sentence += " The server sent nothing: it does not answer, or its side was not captured."
	default:
		a.Sentence += fmt.Sprintf(" Payload: %d bytes to the server, %d from it.", up.PayloadBytes, down.PayloadBytes)
	}
	return a
}
