package mcp

import (
	"fmt"
	"slices"
	"sort"

	"pcapidx/query"
)

type followStreamArgs struct {
	one
	Connection string `json:"connection" jsonschema:"connection number"`
	Direction  string `json:"direction,omitempty" jsonschema:"whose bytes; both: in the order of the capture"`
	Format     string `json:"format,omitempty" jsonschema:"text (no text: dots), hex, or raw (base64)"`
	Offset     int    `json:"offset,omitempty" jsonschema:"place to begin at; next_offset of the answer before goes on"`
	Limit      int    `json:"limit,omitempty" jsonschema:"most bytes of the stream to return"`
	size
}

type followStreamOut struct {
	query.FollowAnswer
	outcome
}

func followStream() *tool {
	t := define(tool{
		name: "follow_stream", title: "Follow a connection", set: "connections",
		description: "What a connection carried: the bytes of a TCP connection put in order, without retransmissions, or the datagrams of UDP. " +
			"A row has who sent it, its offset in the sender's stream, the frame, and the bytes, or a gap and why it is there. " +
			"complete says whether all is there from beginning to end.",
		choices: map[string][]string{"direction": {"both", "client", "server"}, "format": {"text", "hex", "raw"}},
		narrow:  "or ask for one direction",
	}, func(c *call, in *followStreamArgs) (*followStreamOut, error) {
		a, err := c.engine.Follow(c.ctx, query.FollowRequest{
			Capture: in.Capture, Connection: in.Connection, Direction: in.Direction, Format: in.Format,
			Offset: uint64(max(in.Offset, 0)), Limit: in.Limit, Redact: !c.server.config.Reveal,
		})
		if err != nil {
			return nil, err
		}
		out := &followStreamOut{FollowAnswer: *a, outcome: outcome{Notice: notice}}
		out.fit(in.budget() - reserve)
		return out, nil
	})
	limit, offset := t.input.Properties["limit"], t.input.Properties["offset"]
	limit.Default, limit.Maximum = []byte("8192"), ptr(float64(64<<10))
	offset.Minimum = ptr(0.0)
	outline(t.output, "client", "server", "complete", "rows", "conflicts", "next_offset", "truncated", "hints")
	return t
}

// fit cuts the answer to a number of bytes: whole rows, and a part of the next.
func (o *followStreamOut) fit(room int) {
	cut := func(rows, n int) *followStreamOut {
		c := *o
		c.Rows = slices.Clone(o.Rows)
		c.Cut(rows, n)
		return &c
	}
	large := func(c *followStreamOut) bool {
		n := treeOf(c)
		return len(n.JSON()) > room || len(n.Text()) > room
	}
	if len(o.Rows) == 0 || !large(o) {
		return
	}
	rows := sort.Search(len(o.Rows)-1, func(k int) bool { return large(cut(k+1, 0)) })
	n := sort.Search(len(o.Rows[rows].Data), func(k int) bool { return large(cut(rows, k+1)) })
	o.Cut(rows, n)
	o.Truncated = fmt.Sprintf("the answer holds what fits %d bytes; go on with offset %d, raise max_bytes (at most %d), or ask for one direction", room+reserve, o.NextOffset, maxBudget)
}
