package mcp

import (
	"slices"
	"strconv"

	"github.com/google/jsonschema-go/jsonschema"

	"pcapidx/query"
)

type captureInfoArgs struct {
	one
	Sections []string `json:"sections,omitempty" jsonschema:"overview, protocols, endpoints (these by default), file, sizes, comments"`
	size
}

type captureInfoOut struct {
	query.InfoAnswer
	outcome
}

// infoSections are the parts of the description, by the keys that they show.
// What is in none of them is always shown.
func infoSections() []struct {
	name string
	keys []string
} {
	return []struct {
		name string
		keys []string
	}{
		{"overview", []string{
			"bytes", "captured_bytes", "start", "end", "duration_s", "bits_per_second", "packets_per_second",
			"average_packet_bytes", "strict_time_order", "connections", "tcp_streams", "udp_streams", "counters",
		}},
		{"protocols", []string{"hierarchy", "applications"}},
		{"endpoints", []string{"endpoints"}},
		{"sizes", []string{"sizes"}},
		{"file", []string{
			"added", "sha256", "data_sha256", "file_type", "file_version", "file_variant", "compression", "file_bytes", "data_bytes",
			"encapsulations", "bytes_per_second", "sections", "interfaces", "secrets", "blocks", "index_bytes", "index_format", "index_content",
		}},
		{"comments", []string{"frame_comments", "names"}},
	}
}

func captureInfo() *tool {
	t := define(tool{
		name: "capture_info", title: "Describe a capture", set: "captures",
		description: "What is in one capture: times, rates, counts, protocol hierarchy, applications, busiest endpoints, damage, limits. " +
			"The first question about a capture. Further sections: file (interfaces, drops, hashes), sizes (frame lengths), comments (of frames, and names in the file).",
		narrow: "name fewer sections",
	}, func(c *call, in *captureInfoArgs) (*captureInfoOut, error) {
		if err := checkSections(in.Sections); err != nil {
			return nil, err
		}
		a, err := c.engine.Info(c.ctx, query.InfoRequest{Capture: in.Capture})
		if err != nil {
			return nil, err
		}
		return &captureInfoOut{InfoAnswer: *a, outcome: outcome{Notice: notice}}, nil
	})
	// sections come and go, and what is deep inside would be a sixth of all schemas
	t.output.Required = []string{"capture", "name", "packets"}
	outline(t.output, "capture", "name", "packets", "connections", "start", "end", "duration_s", "hierarchy", "applications", "endpoints", "damage", "truncated", "hints")
	t.output.Properties["damage"] = &jsonschema.Schema{Type: "object"}
	return t
}

func checkSections(names []string) error {
	var known []string
	for _, s := range infoSections() {
		known = append(known, s.name)
	}
	for _, n := range names {
		if !slices.Contains(known, n) {
			return &query.Error{Kind: query.BadRequest, Msg: "there is no section " + quoted(n), Hint: "sections are overview, protocols, endpoints, sizes, file, comments"}
		}
	}
	return nil
}

// hidden lists the keys of the sections that were not asked for.
func (in *captureInfoArgs) hidden() (keys []string) {
	shown := in.Sections
	if len(shown) == 0 {
		shown = []string{"overview", "protocols", "endpoints"}
	}
	for _, s := range infoSections() {
		if !slices.Contains(shown, s.name) {
			keys = append(keys, s.keys...)
		}
	}
	return keys
}

// plural writes a count with its noun.
func plural(n uint64, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.FormatUint(n, 10) + " " + one + "s"
}
