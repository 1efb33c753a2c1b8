package mcp

import (
	"pcapidx/query"
)

type diagnoseCaptureArgs struct {
	one
	By       string `json:"by,omitempty" jsonschema:"what rows sum up: code of the finding, host (server address) or connection"`
	Severity string `json:"severity,omitempty" jsonschema:"lowest severity that counts"`
	Code     string `json:"code,omitempty" jsonschema:"only findings of these codes; several with commas"`
	pages
}

type diagnoseCaptureOut struct {
	query.CaptureDiagnosisAnswer
	outcome
}

func diagnoseCapture() *tool {
	t := define(tool{
		name: "diagnose_capture", title: "Diagnose a capture", set: "connections",
		description: "What went wrong in a capture. First how good the capture itself is (drops, duplicates, one-sided, cut), " +
			"then findings of its TCP connections, the worst first: failed handshakes, resets, losses, zero windows, slow servers, path and scan problems; " +
			"each with a sentence and connections for diagnose_connection. The first question when something is broken or slow.",
		choices: map[string][]string{"by": query.DiagnosisGroupings()},
		narrow:  "or narrow by severity or code",
	}, func(c *call, in *diagnoseCaptureArgs) (*diagnoseCaptureOut, error) {
		a, err := c.engine.DiagnoseCapture(c.ctx, query.CaptureDiagnosisRequest{
			Capture: in.Capture, By: in.By, Severity: in.Severity, Code: in.Code, Page: in.page(),
		})
		if err != nil {
			return nil, err
		}
		return &diagnoseCaptureOut{CaptureDiagnosisAnswer: *a, outcome: outcome{Notice: notice}}, nil
	})
	severity := t.input.Properties["severity"]
	for _, word := range query.Severities() {
		severity.Enum = append(severity.Enum, word)
	}
	severity.Default = []byte(`"note"`)
	outline(t.output, "quality", "verdict", "rows", "findings", "limits", "total", "next_cursor", "truncated", "hints")
	outline(t.output.Properties["rows"].Items, "severity", "connections", "sentence", "examples")
	return t
}

type diagnoseConnectionArgs struct {
	one
	Connections []string `json:"connections" jsonschema:"numbers of connections"`
	pages
}

type diagnoseConnectionOut struct {
	query.ConnectionDiagnosisAnswer
	outcome
}

func diagnoseConnection() *tool {
	t := define(tool{
		name: "diagnose_connection", title: "Diagnose connections", set: "connections",
		description: "What went wrong in one or several TCP connections: a verdict of two sentences, findings with their evidence frames, " +
			"times (connect, round trips, server's response and client's thinking for each turn, close), and for each sender what was sent again or lost, windows, rates. " +
			"plot draws it, get_packets shows the frames.",
		narrow: "or ask for fewer connections",
	}, func(c *call, in *diagnoseConnectionArgs) (*diagnoseConnectionOut, error) {
		a, err := c.engine.DiagnoseConnections(c.ctx, query.ConnectionDiagnosisRequest{
			Capture: in.Capture, Connections: in.Connections, Page: in.page(),
		})
		if err != nil {
			return nil, err
		}
		return &diagnoseConnectionOut{ConnectionDiagnosisAnswer: *a, outcome: outcome{Notice: notice}}, nil
	})
	outline(t.output.Properties["rows"].Items, "connection", "client", "server", "verdict", "findings")
	t.input.Properties["limit"].Default = []byte("20")
	return t
}
