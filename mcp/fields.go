package mcp

import "pcapidx/query"

type listFieldsArgs struct {
	Prefix  string `json:"prefix,omitempty" jsonschema:"beginning of the names, e.g. tcp.flags or icmp"`
	Capture string `json:"capture,omitempty" jsonschema:"count the frames of this capture that have each field"`
	pages
}

type listFieldsOut struct {
	query.FieldsAnswer
	outcome
}

func listFields() *tool {
	return define(tool{
		name: "list_fields", title: "List filter fields", set: "packets",
		description: "Which fields a display filter can name: Wireshark's names with type and meaning, by the beginning of the name. " +
			"With capture, how many of its frames have each field.",
		narrow: "or give a longer prefix",
	}, func(c *call, in *listFieldsArgs) (*listFieldsOut, error) {
		a, err := c.engine.Fields(c.ctx, query.FieldsRequest{Prefix: in.Prefix, Capture: in.Capture, Page: in.page()})
		if err != nil {
			return nil, err
		}
		out := &listFieldsOut{FieldsAnswer: *a}
		if a.Total == 0 {
			out.Hints = append(out.Hints, "no field begins so; protocols are fields too, e.g. prefix tcp, ip, dns; without prefix all are listed")
		}
		return out, nil
	})
}
