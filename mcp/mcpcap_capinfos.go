package mcp

import (
	"fmt"
	"strings"
	"time"

	"pcapidx/query"
)

type capinfosArgs struct {
	mcpcapFile
	size
}

type capinfosOut struct {
	FileBytes     uint64        `json:"file_size_bytes"`
	Name          string        `json:"filename"`
	Encapsulation string        `json:"file_encapsulation"`
	Packets       uint32        `json:"packet_count"`
	Bytes         uint64        `json:"data_size_bytes"` // on the wire, also what the snap length cut
	Duration      query.Seconds `json:"capture_duration_seconds"`
	First         query.Seconds `json:"first_packet_time"` // seconds since 1970; the earliest packet
	Last          query.Seconds `json:"last_packet_time"`
	ByteRate      float64       `json:"data_rate_bytes"`
	BitRate       float64       `json:"data_rate_bits"`
	AverageSize   float64       `json:"average_packet_size_bytes"`
	PacketRate    float64       `json:"average_packet_rate"`
	Error         string        `json:"error,omitempty"`
	mcpcapEnd
}

func analyzeCapinfos() *tool {
	t := define(tool{
		name: "analyze_capinfos", title: "Figures of a capture file", module: "capinfos",
		description: "A capture file in figures: size, encapsulation, packets, first and last packet, duration, rates, average packet size.",
		narrow:      "the answer is short",
	}, func(c *call, in *capinfosArgs) (*capinfosOut, error) {
		a, err := c.intake(in.File)
		if err != nil {
			return nil, err
		}
		out := &capinfosOut{
			FileBytes: a.FileBytes, Name: a.Name, Encapsulation: encapsulations(a), Packets: a.Packets, Bytes: a.Bytes, Duration: a.DurationS, First: epoch(a.Start), Last: epoch(a.End),
			ByteRate: a.BytesPerSecond, BitRate: a.BitsPerSecond, AverageSize: a.AveragePacketBytes, PacketRate: a.PacketsPerSecond,
			mcpcapEnd: mcpcapEnd{Capture: a.Capture, outcome: outcome{Notice: notice}},
		}
		if a.Packets == 0 {
			out.Error = "No packets found"
		}
		if a.Damage != nil {
			out.Hints = append(out.Hints, fmt.Sprintf("the file is damaged (%s); figures are of what could be read", a.Damage.Kind))
		}
		return out, nil
	})
	outline(t.output, "file_size_bytes", "filename", "file_encapsulation", "packet_count", "data_size_bytes", "capture_duration_seconds", "error")
	return t
}

// encapsulations names the link types of a file: those that mcpcap names under its
// names, others under capinfos'.
func encapsulations(a *query.InfoAnswer) string {
	known := map[uint32]string{
		1: "Ethernet", 101: "Raw IP", 105: "IEEE 802.11 Wireless LAN", 113: "Linux cooked-mode capture", 228: "Raw IPv4", 229: "Raw IPv6", 276: "Linux cooked-mode capture v2",
	}
	var out distinct
	for _, i := range a.Interfaces {
		name := known[i.LinkType]
		if name == "" && !strings.HasPrefix(i.Encapsulation, "linktype-") {
			name = i.Encapsulation
		}
		if name == "" {
			name = fmt.Sprintf("Unknown (%d)", i.LinkType)
		}
		out.add(name)
	}
	return strings.Join(out.list(), ", ")
}

// epoch gives a time in seconds since 1970, 0 for none.
func epoch(t query.Timestamp) query.Seconds {
	at, err := time.Parse(time.RFC3339Nano, string(t))
	if err != nil {
		return 0
	}
	return query.Seconds(float64(at.UnixNano()) / 1e9)
}
