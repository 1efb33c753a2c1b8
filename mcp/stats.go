package mcp

import "pcapidx/query"

type statsArgs struct {
	chosen
	By     string `json:"by,omitempty" jsonschema:"what to count by"`
	Metric string `json:"metric,omitempty" jsonschema:"what orders the rows, largest first"`
	Filter string `json:"filter,omitempty" jsonschema:"display filter: only packets that match"`
	Bucket string `json:"bucket,omitempty" jsonschema:"width of a row by time, e.g. 100ms, 1s, 1m"`
	Top    int    `json:"top,omitempty" jsonschema:"most rows"`
	size
}

type statsOut struct {
	query.StatsAnswer
	outcome
}

func stats() *tool {
	t := define(tool{
		name: "stats", title: "Count packets, bytes and connections", set: "stats",
		description: "How much of what: packets, bytes and connections by protocol, endpoint, pair of endpoints, port, frame length or time, of all packets or those of a filter. " +
			"Answers \"who sent most\", \"when was the peak\", \"which ports\" without paging through packets.",
		choices: map[string][]string{
			"by":     {"protocol", "endpoint", "pair", "port", "length", "time"},
			"metric": {"packets", "bytes", "connections"},
		},
		narrow: "or ask for a smaller top, a wider bucket, or a filter",
	}, func(c *call, in *statsArgs) (*statsOut, error) {
		q := query.StatsRequest{By: in.By, Metric: in.Metric, Filter: in.Filter, Bucket: in.Bucket, Top: in.Top}
		q.Captures, q.All = in.captures()
		a, err := c.engine.Stats(c.ctx, q)
		if err != nil {
			return nil, err
		}
		out := &statsOut{StatsAnswer: *a, outcome: outcome{Notice: notice}}
		if len(a.Rows) == 0 {
			out.Hints = append(out.Hints, c.whatThereIs(a.Captures)...)
		}
		return out, nil
	})
	outline(t.output, "rows", "bucket_s", "total", "total_packets", "total_bytes", "truncated", "hints")
	return t
}
