package mcp

import "pcapidx/query"

type getPacketsArgs struct {
	one
	Frames       string `json:"frames,omitempty" jsonschema:"frame numbers and ranges, e.g. 17 or 3,5-9"`
	Connection   string `json:"connection,omitempty" jsonschema:"connection number: all its packets, instead of frames"`
	Layers       string `json:"layers,omitempty" jsonschema:"full shows every field"`
	Payload      string `json:"payload,omitempty" jsonschema:"text of what the headers carry, or the whole frame in hex"`
	PayloadBytes int    `json:"payload_bytes,omitempty" jsonschema:"most payload bytes for each packet"`
	pages
}

type getPacketsOut struct {
	query.DecodeAnswer
	outcome
}

func getPackets() *tool {
	t := define(tool{
		name: "get_packets", title: "Show packets in full", set: "packets",
		description: "Packets decoded: every layer with its fields (Wireshark's names, value, place in the frame), and the payload if asked for. " +
			"By frame numbers, or all packets of a connection. To find packets use search_packets; this is for reading a few.",
		choices: map[string][]string{"layers": {"concise", "full"}, "payload": {"none", "text", "hex"}},
		narrow:  "or ask for fewer frames, layers concise, or fewer payload_bytes",
	}, func(c *call, in *getPacketsArgs) (*getPacketsOut, error) {
		if (in.Frames == "") == (in.Connection == "") {
			return nil, &query.Error{
				Kind: query.BadRequest, Msg: "give frames or connection, one of them",
				Hint: "search_packets finds frame numbers, list_connections connection numbers",
			}
		}
		a, err := c.engine.Decode(c.ctx, query.DecodeRequest{
			Capture: in.Capture, Frames: in.Frames, Connection: in.Connection, Layers: in.Layers,
			Payload: in.Payload, PayloadBytes: in.PayloadBytes, Redact: !c.server.config.Reveal, Reveal: c.server.config.Reveal, Page: in.page(),
		})
		if err != nil {
			return nil, err
		}
		return &getPacketsOut{DecodeAnswer: *a, outcome: outcome{Notice: notice}}, nil
	})
	// a decoded packet is large
	t.input.Properties["limit"].Default = []byte("10")
	outline(t.output.Properties["rows"].Items, "frame", "src", "dst", "protocol", "info", "layers", "bytes")
	return t
}
