package mcp

import (
	"github.com/google/jsonschema-go/jsonschema"

	"pcapidx/query"
)

type analyzeTrafficArgs struct {
	one
	Server    string  `json:"server,omitempty" jsonschema:"IP address or CIDR prefix of the server"`
	Port      string  `json:"port,omitempty" jsonschema:"port of the server, or a range such as 8000-8010"`
	Threshold float64 `json:"threshold,omitempty" jsonschema:"share of data segments sent again that is too much, from 0 to 1"`
	pages
}

type analyzeTrafficOut struct {
	query.TrafficAnswer
	outcome
}

func analyzeTraffic() *tool {
	t := define(tool{
		name: "analyze_traffic", title: "TCP by server", set: "connections",
		description: "TCP summed up by server and port: handshakes complete, failed and half open, packets and bytes of both directions, " +
			"SYN, FIN and RST of each side, share of retransmissions and whether it exceeds a threshold; sum of all, and the worst connections.",
		narrow: "or narrow by server or port",
	}, func(c *call, in *analyzeTrafficArgs) (*analyzeTrafficOut, error) {
		a, err := c.engine.Traffic(c.ctx, query.TrafficRequest{
			Capture: in.Capture, Server: in.Server, Port: in.Port, Threshold: &in.Threshold, Page: in.page(),
		})
		if err != nil {
			return nil, err
		}
		return &analyzeTrafficOut{TrafficAnswer: *a, outcome: outcome{Notice: notice}}, nil
	})
	t.input.Properties["threshold"].Default = []byte("0.02")
	t.output.Properties["sum"] = &jsonschema.Schema{Type: "object"}
	outline(t.output, "sum", "worst", "rows", "returned", "total", "next_cursor", "truncated", "hints")
	outline(t.output.Properties["rows"].Items, "server", "connections", "balance", "reset_by", "resent_share", "exceeds_threshold")
	return t
}
