package mcp

import (
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"pcapidx/query"
)

type plotArgs struct {
	one
	Connection string  `json:"connection" jsonschema:"number of a TCP connection"`
	Kind       string  `json:"kind,omitempty" jsonschema:"what to draw"`
	Direction  string  `json:"direction,omitempty" jsonschema:"whose data; without it who sent more"`
	FromS      float64 `json:"from_s,omitempty" jsonschema:"begin, in seconds of the connection"`
	ToS        float64 `json:"to_s,omitempty" jsonschema:"end, likewise; without it that of the connection"`
	Width      int     `json:"width,omitempty" jsonschema:"pixels"`
	Height     int     `json:"height,omitempty" jsonschema:"pixels; without it what suits"`
}

type plotOut struct {
	query.PlotAnswer
	outcome
}

// attached is the picture.
func (o *plotOut) attached() []sdk.Content {
	return []sdk.Content{&sdk.ImageContent{Data: o.PNG, MIMEType: "image/png"}}
}

func plotConnection() *tool {
	t := define(tool{
		name: "plot", title: "Draw a TCP connection", set: "connections",
		description: "A picture (PNG) of a TCP connection with a one-line reading in numbers: sequence (tcptrace's time-sequence graph: segments, ACKs, window, SACK, what was re-sent or lost), " +
			"throughput, rtt, or window (receive window against bytes in flight). What stands out is drawn again, larger: why a transfer is slow or stalls.",
		choices: map[string][]string{"kind": query.PlotKinds()},
	}, func(c *call, in *plotArgs) (*plotOut, error) {
		a, err := c.engine.Plot(c.ctx, query.PlotRequest{
			Capture: in.Capture, Connection: in.Connection, Kind: in.Kind, Direction: in.Direction,
			FromS: in.FromS, ToS: in.ToS, Width: in.Width, Height: in.Height,
		})
		if err != nil {
			return nil, err
		}
		return &plotOut{PlotAnswer: *a, outcome: outcome{Notice: notice}}, nil
	})
	t.input.Properties["direction"].Enum = []any{"client", "server"}
	outline(t.output, "client", "server", "start", "reading", "zooms", "hints")
	return t
}
