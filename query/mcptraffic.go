package query

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
)

// MCPTrafficRequest asks for the traffic of the Model Context Protocol in a capture, and
// for JSON-RPC 2.0 in general.
type MCPTrafficRequest struct {
	Capture     string   `json:"capture" jsonschema:"name, id or id prefix"`
	Connections []string `json:"connections,omitempty" jsonschema:"numbers of connections; without them all are meant"`
	// Mode is content (what can be read), metadata (the TLS connections) or auto:
	// content, and of TLS what was asked for or has marks of MCP.
	Mode string `json:"mode,omitempty" jsonschema:"auto, content or metadata"`
	// Category keeps rows of one category (MCPRow.Category).
	Category string `json:"category,omitempty" jsonschema:"synchronisation, request, response, notification, error, invalid or exchange"`
	// Details adds the layers of each row.
	Details bool `json:"details,omitempty" jsonschema:"add the layers of each message"`
	// SlowMS is the latency that counts as slow. 0: 1000.
	SlowMS float64 `json:"slow_ms,omitempty" jsonschema:"latency that counts as slow; 0 means 1000"`
	Page
}

// MCPModes and MCPCategories list what a request may ask for.
func MCPModes() []string { return []string{"auto", "content", "metadata"} }

// MCPCategories lists the categories of rows.
func MCPCategories() []string {
	return []string{mcpSync, mcpRequest, mcpResponse, mcpNotification, mcpError, mcpInvalid, mcpExchangeRow}
}

// Categories of rows.
const (
	mcpSync         = "synchronisation"
	mcpRequest      = "request"
	mcpResponse     = "response"
	mcpNotification = "notification"
	mcpError        = "error"
	mcpInvalid      = "invalid"
	mcpExchangeRow  = "exchange"
)

// MCPTrafficAnswer is what was said, by whom, and what is odd about it. Sessions, Tools
// and Diagnostics stand on the first page only.
type MCPTrafficAnswer struct {
	Capture     string          `json:"capture"`
	Mode        string          `json:"mode"` // content, metadata, or both
	Summary     MCPSummary      `json:"summary"`
	Sessions    []MCPSessionRow `json:"sessions,omitempty"`
	Tools       []MCPToolRow    `json:"methods,omitempty"`
	Diagnostics []MCPDiagnostic `json:"diagnostics,omitempty"`
	Rows        []MCPRow        `json:"rows"`
	// Limits says what the capture cannot tell.
	Limits []string `json:"limits"`
	Paged
}

// MCPSummary counts over all rows, whatever the category asked for.
type MCPSummary struct {
	Sessions        int      `json:"sessions"`
	Messages        int      `json:"messages"` // of JSON-RPC
	Synchronisation int      `json:"synchronisation"`
	Requests        int      `json:"requests"`
	Responses       int      `json:"responses"`
	Notifications   int      `json:"notifications"`
	Errors          int      `json:"errors"`
	Invalid         int      `json:"invalid"`
	ToolErrors      int      `json:"tool_errors"` // responses whose result says isError
	Unanswered      int      `json:"unanswered"`
	Exchanges       int      `json:"exchanges"` // inferred from TLS
	Eras            []string `json:"eras"`      // of sessions, with their number: "legacy 2"
	P50MS           *float64 `json:"p50_ms,omitempty"`
	P95MS           *float64 `json:"p95_ms,omitempty"`
}

// MCPToolRow sums up the calls of a method, of tools/call of one tool.
type MCPToolRow struct {
	Method string   `json:"method"`
	Name   string   `json:"name,omitempty"`
	Calls  int      `json:"calls"`
	Failed int      `json:"failed"`
	P50MS  *float64 `json:"p50_ms,omitempty"`
	P95MS  *float64 `json:"p95_ms,omitempty"`
}

// MCPDiagnostic is something odd, with the frames that show it.
type MCPDiagnostic struct {
	Code     string   `json:"code"`
	Severity string   `json:"severity"` // error, warn, note, info
	Session  int      `json:"session,omitempty"`
	Count    int      `json:"count"`
	Text     string   `json:"text"`
	Frames   []uint32 `json:"evidence"`
}

// MCPRow is a message of JSON-RPC, or an exchange that TLS hides.
type MCPRow struct {
	N          int     `json:"n"`       // from 1, in the order of frames, exchanges by their first one
	Message    uint32  `json:"message"` // that carried it, by its number in the capture
	Frame      uint32  `json:"frame"`   // of its last byte
	First      uint32  `json:"first_frame,omitempty"`
	Connection uint32  `json:"connection"`
	Session    int     `json:"session"`
	RelS       Seconds `json:"rel_s"`
	// Direction is told by the roles of HTTP, or who opened the connection.
	Direction string `json:"direction"` // client_to_server, server_to_client
	Category  string `json:"category"`
	Kind      string `json:"kind"` // request, notification, response, error, tool_error, invalid, exchange
	Method    string `json:"method,omitempty"`
	// Name is the tool, the prompt or the URI of the resource.
	Name    string `json:"name,omitempty"`
	ID      string `json:"id,omitempty"`
	Carrier string `json:"carrier"` // http, sse, websocket, raw, tls
	Bytes   int    `json:"bytes"`
	// ArgumentBytes and ResultBytes are the sizes of params and result; Arguments the
	// names of a tool's arguments.
	ArgumentBytes int      `json:"argument_bytes,omitempty"`
	ResultBytes   int      `json:"result_bytes,omitempty"`
	Arguments     []string `json:"arguments,omitempty"`
	IsError       bool     `json:"is_error,omitempty"`
	Code          string   `json:"code,omitempty"` // of an error
	Text          string   `json:"text,omitempty"` // of an error, or why it is invalid
	// Answer and Request are the rows that belong to it.
	Answer  int `json:"answer,omitempty"`
	Request int `json:"request,omitempty"`
	// Status: of requests that of their answer, or http_error (HTTP refused it), or
	// no_response, or unknown where the capture cannot tell; of answers without a request
	// orphan_response; else ok, error, tool_error, or why it is invalid.
	Status    string       `json:"status"`
	LatencyMS *float64     `json:"latency_ms,omitempty"` // from the last byte of the request to the last of its answer
	Exchange  *MCPExchange `json:"exchange,omitempty"`
	Layers    *MCPLayers   `json:"layers,omitempty"`
}

func (q *MCPTrafficRequest) check() error {
	if err := q.Page.check(); err != nil {
		return err
	}
	if q.Mode == "" {
		q.Mode = "auto"
	}
	switch {
	case !slices.Contains(MCPModes(), q.Mode):
		return UnknownWord("mode", q.Mode, MCPModes())
	case q.Category != "" && !slices.Contains(MCPCategories(), q.Category):
		return UnknownWord("category", q.Category, MCPCategories())
	case !(q.SlowMS >= 0): // NaN is not
		return badRequest("give a positive number of milliseconds", "the time that counts as slow is none")
	}
	if q.SlowMS == 0 {
		q.SlowMS = 1000
	}
	return nil
}

// mcpContent is the content number of indexes that hold all that MCP is read from.
const mcpContent = 5

// MCPTraffic analyses the traffic of the Model Context Protocol.
func (e *Engine) MCPTraffic(ctx context.Context, q MCPTrafficRequest) (*MCPTrafficAnswer, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	x, entry, err := e.source.Open(q.Capture)
	if err != nil {
		return nil, wrap(err)
	}
	defer x.Close()
	shape := fmt.Sprintf("mcp\x00%s\x00%s\x00%s\x00%g", strings.Join(q.Connections, ","), q.Mode, q.Category, q.SlowMS)
	after, err := parseCursor(q.Cursor, shape, []string{entry.Build})
	if err != nil {
		return nil, err
	}
	if x.Summary().Content < mcpContent {
		return nil, wrap(fmt.Errorf("capture %s: %w", entry.ID, index.ErrOutdated))
	}
	t := &mcpTraffic{
		capture: x, request: &q, records: &knownConnections{capture: x}, ends: endsReader{capture: x}, names: newMCPNames(x), tables: newTables(x),
		sessions: map[string]*mcpSession{}, odds: map[string]*MCPDiagnostic{}, about: map[*MCPDiagnostic]*mcpSession{},
	}
	if t.only, err = connectionsNamed(x, q.Connections); err != nil {
		return nil, err
	}
	if err := t.analyse(ctx); err != nil {
		return nil, wrap(err)
	}
	a := &MCPTrafficAnswer{Capture: entry.ID, Rows: []MCPRow{}}
	last, err := t.answer(a, after)
	if err != nil {
		return nil, wrap(err)
	}
	if last != nil {
		a.NextCursor = formatCursor(shape, []string{entry.Build}, *last)
	}
	return a, nil
}

// connectionsNamed gives the set of some connections, nil without any.
func connectionsNamed(x Capture, names []string) (*roaring.Bitmap, error) {
	if len(names) == 0 {
		return nil, nil
	}
	set := roaring.New()
	for _, n := range names {
		c, err := connectionNamed(x, n)
		if err != nil {
			return nil, err
		}
		set.Add(c.Number)
	}
	return set, nil
}

// mcpTraffic is an analysis under way.
type mcpTraffic struct {
	capture   Capture
	request   *MCPTrafficRequest
	only      *roaring.Bitmap // connections asked for; nil: all
	records   *knownConnections
	tables    *tables
	ends      endsReader
	decoder   *dissect.Decoder
	packet    dissect.Packet
	names     *mcpNames
	messages  []*mcpMessage
	items     []mcpItem
	calls     []*mcpHTTP // exchanges of HTTP that belong to MCP
	sessions  map[string]*mcpSession
	order     []*mcpSession
	endpoints map[string]bool // announced by servers; nil: not collected yet
	odds      map[string]*MCPDiagnostic
	about     map[*MCPDiagnostic]*mcpSession
	found     []MCPDiagnostic
	hidden    int // connections of TLS that are not shown
	capped    bool
}

func (t *mcpTraffic) analyse(ctx context.Context) error {
	if t.request.Mode != "metadata" {
		if err := t.content(ctx); err != nil {
			return err
		}
	}
	if t.request.Mode != "content" {
		if err := t.metadata(ctx); err != nil {
			return err
		}
	}
	t.number()
	t.diagnose()
	return nil
}

func (t *mcpTraffic) content(ctx context.Context) error {
	scan := newMCPScan(t)
	if err := scan.read(ctx); err != nil {
		return err
	}
	scan.join()
	for _, m := range t.messages {
		if err := t.assign(m); err != nil {
			return err
		}
	}
	t.pair()
	return t.settle()
}
