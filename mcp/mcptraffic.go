package mcp

import (
	"pcapidx/query"
)

type analyzeMCPTrafficArgs struct {
	one
	Connections []string `json:"connections,omitempty"`
	Mode        string   `json:"mode,omitempty"`
	Category    string   `json:"category,omitempty"`
	format
	pages
}

type analyzeMCPTrafficOut struct {
	query.MCPTrafficAnswer
	outcome
}

func analyzeMCPTraffic() *tool {
	t := define(tool{
		name: "analyze_mcp_traffic", title: "MCP traffic", set: "applications",
		description: "Model Context Protocol in a capture: sessions, calls with their answers and latency, errors, diagnostics; of TLS guesses from sizes. detailed adds all layers.",
		choices:     map[string][]string{"mode": query.MCPModes(), "category": query.MCPCategories()},
		concise:     []string{"first_frame", "bytes", "argument_bytes", "result_bytes", "arguments"},
		narrow:      "or name connections or a category",
	}, func(c *call, in *analyzeMCPTrafficArgs) (*analyzeMCPTrafficOut, error) {
		a, err := c.engine.MCPTraffic(c.ctx, query.MCPTrafficRequest{
			Capture: in.Capture, Connections: in.Connections, Mode: in.Mode, Category: in.Category, Details: in.detailed(), Page: in.page(),
		})
		if err != nil {
			return nil, err
		}
		return &analyzeMCPTrafficOut{MCPTrafficAnswer: *a, outcome: outcome{Notice: notice}}, nil
	})
	t.input.Properties["category"].Default = nil // without one, all
	outline(t.output, "rows", "next_cursor")
	return t
}
