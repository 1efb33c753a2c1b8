package mcp

import (
	"pcapidx/query"
)

type decodeConnectionArgs struct {
	one
	Connection string `json:"connection,omitempty" jsonschema:"connection number; without it those of the whole capture"`
	Protocol   string `json:"protocol,omitempty" jsonschema:"http, dns, tls ..."`
	Filter     string `json:"filter,omitempty" jsonschema:"display filter that the message's packet matches"`
	Status     string `json:"status,omitempty"`
	Message    uint32 `json:"message,omitempty" jsonschema:"one message, by its number, with fields and text"`
	TextOffset int    `json:"text_offset,omitempty" jsonschema:"byte to begin at in the text of bodies"`
	format
	pages
}

type decodeConnectionOut struct {
	query.MessagesAnswer
	outcome
}

func decodeConnection() *tool {
	t := define(tool{
		name: "decode_connection", title: "What was said: application messages", set: "applications",
		description: "The requests, responses and other messages of application protocols (HTTP, DNS, TLS, SIP, SQL, mail ...) of a connection or capture, in order: who, when, " +
			"size, summary, status (ok, error, no_response, truncated ...), latency, warnings. detailed adds all fields and the text of bodies; secrets are shown as their length.",
		choices: map[string][]string{"status": {"ok", "error", "no_response", "truncated", "partial", "aborted", "malformed", "orphan_response", "unknown"}},
		concise: []string{"time", "first_frame", "duration_ms"},
		narrow:  "or name a connection, protocol or status",
	}, func(c *call, in *decodeConnectionArgs) (*decodeConnectionOut, error) {
		a, err := c.engine.Messages(c.ctx, query.MessagesRequest{
			Capture: in.Capture, Connection: in.Connection, Protocol: in.Protocol, Filter: in.Filter, Status: in.Status, Message: in.Message,
			Details: in.detailed() || in.Message != 0, TextOffset: in.TextOffset, Reveal: c.server.config.Reveal, Page: in.page(),
		})
		if err != nil {
			return nil, err
		}
		return &decodeConnectionOut{MessagesAnswer: *a, outcome: outcome{Notice: notice}}, nil
	})
	t.input.Properties["text_offset"].Minimum = ptr(0.0)
	t.input.Properties["status"].Default = nil // without one, all
	outline(t.output, "application", "rows", "returned", "total", "next_cursor", "truncated", "hints")
	return t
}

type summarizeProtocolArgs struct {
	one
	Protocol string  `json:"protocol" jsonschema:"http, dns, tls, dhcp, icmp, sip, rtp, sql, redis, or another protocol"`
	View     string  `json:"view,omitempty"`
	SlowMS   float64 `json:"slow_ms,omitempty" jsonschema:"latency that counts as slow"`
	Limit    int     `json:"limit,omitempty" jsonschema:"most rows and values of each list"`
	size
}

type summarizeProtocolOut struct {
	query.SummaryAnswer
	outcome
}

func summarizeProtocol() *tool {
	t := define(tool{
		name: "summarize_protocol", title: "Sum up an application protocol", set: "applications",
		description: "Figures of one application protocol: requests answered, failed and unanswered, latency percentiles, top codes, names, values and servers, warnings. " +
			"Views: transactions, errors, slow, hosts.",
		choices: map[string][]string{"view": {"overview", "transactions", "errors", "slow", "hosts"}},
		narrow:  "or ask for a smaller limit",
	}, func(c *call, in *summarizeProtocolArgs) (*summarizeProtocolOut, error) {
		a, err := c.engine.Summary(c.ctx, query.SummaryRequest{Capture: in.Capture, Protocol: in.Protocol, View: in.View, SlowMS: in.SlowMS, Limit: in.Limit})
		if err != nil {
			return nil, err
		}
		return &summarizeProtocolOut{SummaryAnswer: *a, outcome: outcome{Notice: notice}}, nil
	})
	t.input.Properties["limit"].Default, t.input.Properties["limit"].Maximum = []byte("10"), ptr(200.0)
	outline(t.output, "messages", "requests", "answered", "no_response", "errors", "latency_ms", "top", "rows", "truncated", "hints")
	return t
}

type summarizeCaptureArgs struct {
	one
	Code string `json:"code,omitempty" jsonschema:"keep codes that begin so: scan, beacon, cleartext, tls, dns"`
	size
}

type summarizeCaptureOut struct {
	query.OverviewAnswer
	outcome
}

func summarizeCapture() *tool {
	t := define(tool{
		name: "summarize_capture", title: "Application protocols and observations", set: "applications",
		description: "Which application protocols a capture has, and patterns over all of them (scans, beacons, cleartext credentials, weak TLS, tunnels, rogue servers, " +
			"unusual ports): numbers with evidence and benign explanations, not verdicts.",
		narrow: "or name a code",
	}, func(c *call, in *summarizeCaptureArgs) (*summarizeCaptureOut, error) {
		a, err := c.engine.Overview(c.ctx, query.OverviewRequest{Capture: in.Capture, Code: in.Code})
		if err != nil {
			return nil, err
		}
		return &summarizeCaptureOut{OverviewAnswer: *a, outcome: outcome{Notice: notice}}, nil
	})
	outline(t.output, "protocols", "observations", "truncated", "hints")
	return t
}

type extractObjectsArgs struct {
	one
	Connection string `json:"connection,omitempty" jsonschema:"connection number"`
	Type       string `json:"type,omitempty" jsonschema:"beginning of the declared or sniffed type: image/"`
	Filter     string `json:"filter,omitempty" jsonschema:"display filter that the object's last packet matches"`
	Incomplete bool   `json:"incomplete,omitempty" jsonschema:"only objects that are not whole"`
	pages
}

type extractObjectsOut struct {
	query.ObjectsAnswer
	outcome
}

func extractObjects() *tool {
	t := define(tool{
		name: "extract_objects", title: "Files carried by HTTP, mail, FTP", set: "applications",
		description: "Files that messages carried: name, declared and sniffed type, size, SHA-256, bytes announced and received, whether complete, and if not why " +
			"(server closed early, reset, client abort, loss, snap length, capture ended) with evidence.",
		narrow: "or name a connection or type",
	}, func(c *call, in *extractObjectsArgs) (*extractObjectsOut, error) {
		a, err := c.engine.Objects(c.ctx, query.ObjectsRequest{
			Capture: in.Capture, Connection: in.Connection, Type: in.Type, Filter: in.Filter, Incomplete: in.Incomplete, Page: in.page(),
		})
		if err != nil {
			return nil, err
		}
		return &extractObjectsOut{ObjectsAnswer: *a, outcome: outcome{Notice: notice}}, nil
	})
	outline(t.output, "rows", "returned", "total", "next_cursor", "truncated", "hints")
	return t
}
