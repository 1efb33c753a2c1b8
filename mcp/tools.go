package mcp

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/google/jsonschema-go/jsonschema"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"pcapidx/query"
)

// allTools is the list of tools, in the order in which they are offered.
func allTools() []*tool {
	return []*tool{
		listCaptures(),
		addCapture(),
		createUpload(),
		captureInfo(),
		listConnections(),
		followStream(),
		plotConnection(),
		diagnoseCapture(),
		diagnoseConnection(),
		analyzeTraffic(),
		searchPackets(),
		searchPayload(),
		decodeConnection(),
		analyzeMCPTraffic(),
		summarizeProtocol(),
		summarizeCapture(),
		extractObjects(),
		getPackets(),
		stats(),
		listFields(),
		exportPcap(),
		deleteCapture(),
	}
}

// Toolsets names the groups of tools that are offered where none is chosen.
func Toolsets() []string {
	return []string{"captures", "connections", "packets", "applications", "stats", "export"}
}

// tool is one question as MCP shows it.
type tool struct {
	name, title string
	set         string // its group
	module      string // of the toolset mcpcap
	description string // the first sentence says what it answers
	writes      bool   // changes the store or writes a file
	destructive bool   // takes something away
	adds        bool   // indexes the file that it is asked about
	openWorld   bool   // reaches beyond the store

	list string // key of its rows, "" for rows

	// choices are the values that arguments may have.
	choices map[string][]string
	// concise are the keys of a row that only the detailed format shows.
	concise []string
	// narrow says how to ask for less.
	narrow string

	input, output *jsonschema.Schema
	run           func(c *call, args json.RawMessage) (*sdk.CallToolResult, error)
}

// call is one use of a tool.
type call struct {
	ctx     context.Context // a call lives as long as its context
	server  *Server
	engine  *query.Engine
	user    string
	name    string // of the tool
	request *sdk.CallToolRequest
}

// pages are the arguments of a tool that answers with rows page by page.
type pages struct {
	Limit  int    `json:"limit,omitempty" jsonschema:"most rows"`
	Cursor string `json:"cursor,omitempty" jsonschema:"next_cursor of the last answer"`
	size
}

func (p *pages) limit() *int     { return &p.Limit }
func (p *pages) cursor() *string { return &p.Cursor }

// page is the page that the engine is asked for.
func (p *pages) page() query.Page { return query.Page{Limit: p.Limit, Cursor: p.Cursor} }

// size bounds an answer.
type size struct {
	MaxBytes int `json:"max_bytes,omitempty" jsonschema:"of the answer"`
}

func (s *size) budget() int { return cmp.Or(s.MaxBytes, defaultBudget) }

// format chooses the columns of rows.
type format struct {
	Format string `json:"response_format,omitempty" jsonschema:"concise leaves columns out"`
}

func (f *format) detailed() bool { return f.Format == "detailed" }

// outcome wraps an answer with what mcp says about it.
type outcome struct {
	Truncated string `json:"truncated,omitempty"`
	Notice    string `json:"notice,omitempty"`
}

// define completes a tool: its schemas come from the types, its handler asks
// the question and fits the answer into the budget of bytes. What an answer has
// attached, a picture, goes out behind its text.
func define[In, Out any](t tool, ask func(*call, *In) (Out, error)) *tool {
	t.input, t.output = inputSchema[In](t.choices), outputSchema[Out](t.concise)
	t.run = func(c *call, args json.RawMessage) (*sdk.CallToolResult, error) {
		var in In
		var more []sdk.Content
		if err := json.Unmarshal(args, &in); err != nil {
			return nil, &query.Error{Kind: query.BadRequest, Msg: "the arguments do not fit the tool", Err: err}
		}
		if p, ok := any(&in).(interface{ cursor() *string }); ok {
			if err := c.unseal(p.cursor()); err != nil {
				return nil, err
			}
		}
		a := &answer{tool: &t, budget: defaultBudget, ask: func() (*node, error) {
			out, err := ask(c, &in)
			if err != nil {
				return nil, err
			}
			if m, ok := any(out).(interface{ attached() []sdk.Content }); ok {
				more = m.attached()
			}
			n := treeOf(out)
			c.seal(n)
			if h, ok := any(&in).(interface{ hidden() []string }); ok {
				n.drop(h.hidden())
			}
			return n, nil
		}}
		if s, ok := any(&in).(interface{ budget() int }); ok {
			a.budget = s.budget()
		}
		if p, ok := any(&in).(interface{ limit() *int }); ok {
			a.limit = p.limit()
		}
		if f, ok := any(&in).(interface{ detailed() bool }); ok {
			a.detailed = f.detailed()
		}
		n, err := a.fit()
		var question *asksUser
		if errors.As(err, &question) {
			return question.result(), nil
		}
		if err != nil {
			return nil, err
		}
		return &sdk.CallToolResult{
			Content:           append([]sdk.Content{&sdk.TextContent{Text: n.Text()}}, more...),
			StructuredContent: json.RawMessage(n.JSON()),
		}, nil
	}
	return &t
}

// describe gives the tool as tools/list shows it.
func (t *tool) describe() *sdk.Tool {
	return &sdk.Tool{
		Name: t.name, Title: t.title, Description: t.description, InputSchema: shown(t.input), OutputSchema: flat(t.output),
		Annotations: t.annotations(),
	}
}

// annotations leaves out what means nothing for a tool that only reads.
func (t *tool) annotations() *sdk.ToolAnnotations {
	a := &sdk.ToolAnnotations{ReadOnlyHint: !t.writes && !t.adds, OpenWorldHint: ptr(t.openWorld)}
	if t.writes || t.adds {
		a.IdempotentHint, a.DestructiveHint = true, ptr(t.destructive)
	}
	return a
}

// handler answers calls of a tool. Whatever goes wrong is told as a result that
// the model can read; the protocol knows no errors of tools.
func (s *Server) handler(t *tool) sdk.ToolHandler {
	return func(ctx context.Context, req *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		c := &call{ctx: ctx, server: s, user: user(req), name: t.name, request: req}
		var err error
		if c.engine, err = s.config.Engine(c.user); err != nil {
			return s.failure(t.name, err), nil
		}
		args, err := c.identify(req.Params.Arguments)
		if err != nil {
			return s.failure(t.name, err), nil
		}
		res, err := t.run(c, args)
		if err == nil && !t.writes { // what was done is told, however long it took
			err = ctx.Err()
		}
		if err != nil {
			return s.failure(t.name, err), nil
		}
		return res, nil
	}
}

// schemaOf gives the input schema of a tool, nil if there is no such tool.
func (s *Server) schemaOf(name string) *jsonschema.Schema {
	for _, t := range s.tools {
		if t.name == name {
			return t.input
		}
	}
	return nil
}

// chosen names the captures that a question is about: those given, or all.
type chosen struct {
	Captures []string `json:"captures,omitempty" jsonschema:"ids or names; without it all"`
}

// captures gives the names, or says that all are meant.
func (c *chosen) captures() (names []string, all bool) {
	if len(c.Captures) == 0 || slices.Contains(c.Captures, "*") {
		return nil, true
	}
	return c.Captures, false
}

// one names one capture.
type one struct {
	Capture string `json:"capture" jsonschema:"id or name"`
}
