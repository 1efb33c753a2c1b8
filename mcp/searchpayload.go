package mcp

import (
	"pcapidx/query"
)

type searchPayloadArgs struct {
	chosen
	Needle        string   `json:"needle" jsonschema:"what to look for; in mode hex digits, in mode regex RE2 syntax"`
	Mode          string   `json:"mode,omitempty" jsonschema:"how needle is meant"`
	MaxEdits      int      `json:"max_edits,omitempty" jsonschema:"fuzzy: most bytes that may differ, 1 to 3; words: letters"`
	In            string   `json:"in,omitempty" jsonschema:"what TCP and UDP carried, or what applications decode it to"`
	CaseSensitive bool     `json:"case_sensitive,omitempty" jsonschema:"case counts"`
	Encodings     []string `json:"encodings,omitempty" jsonschema:"also find utf16le, utf16be, percent or base64 of needle"`
	Filter        string   `json:"filter,omitempty" jsonschema:"display filter: only packets that match"`
	Context       *int     `json:"context,omitempty" jsonschema:"bytes to show before and behind a match"`
	Explain       bool     `json:"explain,omitempty" jsonschema:"add how the answer was found"`
	pages
}

type searchPayloadOut struct {
	query.SearchAnswer
	outcome
}

func searchPayload() *tool {
	t := define(tool{
		name: "search_payload", title: "Search what was sent", set: "packets",
		description: "Where a text, pattern or bytes occur in the payload of TCP and UDP: in single packets, and across the packets of a TCP stream. " +
			"A row has the frames that hold the match, connection, direction, offset, and the match in its context; connections counts them. " +
			"To read on use follow_stream.",
		choices: map[string][]string{"mode": query.SearchModes(), "in": query.SearchPlaces()},
		narrow:  "or narrow by filter or captures, or ask for less context",
	}, func(c *call, in *searchPayloadArgs) (*searchPayloadOut, error) {
		q := query.SearchRequest{
			Needle: in.Needle, Mode: in.Mode, MaxEdits: in.MaxEdits, In: in.In, CaseSensitive: in.CaseSensitive, Encodings: in.Encodings,
			Filter: in.Filter, Context: searchContext, Explain: in.Explain, Redact: !c.server.config.Reveal, Page: in.page(),
		}
		if in.Context != nil {
			q.Context = *in.Context
		}
		q.Captures, q.All = in.captures()
		a, err := c.engine.Search(c.ctx, q)
		if err != nil {
			return nil, err
		}
		out := &searchPayloadOut{SearchAnswer: *a, outcome: outcome{Notice: notice}}
		if a.Total == 0 && len(a.Captures) == 0 {
			out.Hints = append(out.Hints, c.whatThereIs(nil)...)
		}
		return out, nil
	})
	for name, bound := range map[string][3]int{"context": {searchContext, 0, 1 << 10}, "max_edits": {0, 0, 3}} {
		p := t.input.Properties[name]
		p.Minimum, p.Maximum = ptr(float64(bound[1])), ptr(float64(bound[2]))
	}
	t.input.Properties["context"].Default = []byte("32")
	outline(t.output, "rows", "connections", "total", "total_exact", "next_cursor", "hints")
	outline(t.output.Properties["rows"].Items, "frames", "connection", "direction", "match", "context")
	return t
}

// searchContext is how many bytes are shown on either side of a match.
const searchContext = 32
