package mcp

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"pcapidx/query"
)

// URIs of resources.
const (
	filtersURI     = "pcapidx://docs/filters"
	diagnosticsURI = "pcapidx://docs/diagnostics"
	capturesURI    = "pcapidx://captures/"
	captureURI     = capturesURI + "{capture}"
	connectionURI  = captureURI + "/connections/{connection}"
	plotURI        = connectionURI + "/plots/{kind}.png"
	streamURI      = connectionURI + "/stream/{direction}"
	packetURI      = captureURI + "/packets/{frame}"
	objectURI      = captureURI + "/objects/{object}"
)

const (
	jsonType     = "application/json"
	markdownType = "text/markdown"
	pngType      = "image/png"
)

// addResources registers what is the same for all users: two references and
// templates. The captures of a user come in through listsCaptures.
func (s *Server) addResources() {
	for _, r := range []struct {
		uri, name, title, description string
		text                          func() string
	}{
		{
			filtersURI, "filters", "Display filter reference",
			"The display filter language by examples: operators, fields, common questions, pitfalls.", func() string { return filterReference },
		},
		{
			diagnosticsURI, "diagnostics", "Reference of findings",
			"Every code that diagnose_capture and diagnose_connection give: what it means, when it is said, what to do.", diagnosticsReference,
		},
	} {
		s.sdk.AddResource(&sdk.Resource{URI: r.uri, Name: r.name, Title: r.title, MIMEType: markdownType, Description: r.description},
			func(context.Context, *sdk.ReadResourceRequest) (*sdk.ReadResourceResult, error) {
				return &sdk.ReadResourceResult{Contents: []*sdk.ResourceContents{{URI: r.uri, MIMEType: markdownType, Text: r.text()}}}, nil
			})
	}
	for _, t := range []sdk.ResourceTemplate{
		{URITemplate: captureURI, Name: "capture", Title: "A capture", Description: "What capture_info answers about a capture, by id or name."},
		{URITemplate: connectionURI, Name: "connection", Title: "A connection", Description: "One connection of a capture, by number."},
		{URITemplate: plotURI, Name: "plot", Title: "A picture of a connection", MIMEType: pngType, Description: "A TCP connection as a picture: sequence, throughput, rtt or window."},
		{URITemplate: streamURI, Name: "stream", Title: "What a connection carried", Description: "The beginning of what client, server or both sent, as text."},
		{URITemplate: packetURI, Name: "packet", Title: "A packet", Description: "One packet of a capture decoded in full with its bytes, by frame number."},
		{URITemplate: objectURI, Name: "object", Title: "A file that was carried", Description: "A file of extract_objects, by the number of its message: what is known of it, and its content if it is a small text or picture."},
	} {
		if t.MIMEType == "" {
			t.MIMEType = jsonType
		}
		s.sdk.AddResourceTemplate(&t, s.readResource)
	}
}

// readResource answers the templates. What does not exist and what is not the
// user's is the same.
func (s *Server) readResource(ctx context.Context, req *sdk.ReadResourceRequest) (*sdk.ReadResourceResult, error) {
	uri := req.Params.URI
	e, err := s.config.Engine(user(req))
	if err != nil {
		return nil, errors.New(s.explain("this resource", err))
	}
	read := resourceAt(e, uri)
	if read == nil {
		return nil, sdk.ResourceNotFoundError(uri)
	}
	n, blob, err := read(ctx)
	var q *query.Error
	if errors.As(err, &q) && (q.Kind == query.NotFound || q.Kind == query.BadRequest) {
		return nil, sdk.ResourceNotFoundError(uri)
	}
	if err != nil {
		return nil, errors.New(s.explain("this resource", err))
	}
	res := &sdk.ReadResourceResult{}
	if n != nil {
		n.set("notice", textNode(notice, false))
		res.Contents = append(res.Contents, &sdk.ResourceContents{URI: uri, MIMEType: jsonType, Text: n.JSON()})
	}
	if blob != nil {
		blob.URI = uri
		res.Contents = append(res.Contents, blob)
	}
	return res, nil
}

// resource reads one: an answer, bytes, or both.
type resource func(context.Context) (*node, *sdk.ResourceContents, error)

// resourceAt gives what a URI names, nil if it names nothing.
func resourceAt(e *query.Engine, uri string) resource {
	path, ok := strings.CutPrefix(uri, capturesURI)
	if !ok {
		return nil
	}
	parts := strings.Split(path, "/")
	capture, err := url.PathUnescape(parts[0])
	if err != nil || capture == "" {
		return nil
	}
	if len(parts) == 1 {
		return answering(func(ctx context.Context) (*node, error) {
			return treeOrError(e.Info(ctx, query.InfoRequest{Capture: capture}))
		})
	}
	if len(parts) < 3 {
		return nil
	}
	number, err := strconv.ParseUint(parts[2], 10, 32)
	if err != nil || strconv.FormatUint(number, 10) != parts[2] {
		return nil
	}
	switch what := parts[1]; {
	case what == "connections" && len(parts) == 3:
		return answering(func(ctx context.Context) (*node, error) { return oneConnection(ctx, e, capture, uint32(number)) })
	case what == "connections" && len(parts) == 5:
		return partOfConnection(e, capture, parts[2], parts[3], parts[4])
	case what == "packets" && len(parts) == 3:
		return answering(func(ctx context.Context) (*node, error) {
			return treeOrError(e.Decode(ctx, query.DecodeRequest{Capture: capture, Frames: parts[2], Layers: "full", Payload: "hex", PayloadBytes: 4096, Redact: true}))
		})
	case what == "objects" && len(parts) == 3:
		return func(ctx context.Context) (*node, *sdk.ResourceContents, error) {
			return oneObject(ctx, e, capture, uint32(number))
		}
	}
	return nil
}

// answering reads an answer and fits it into the usual budget.
func answering(ask func(context.Context) (*node, error)) resource {
	return func(ctx context.Context) (*node, *sdk.ResourceContents, error) {
		n, err := fitted(func() (*node, error) { return ask(ctx) })
		return n, nil, err
	}
}

// fitted is an answer in the usual budget.
func fitted(ask func() (*node, error)) (*node, error) {
	a := &answer{tool: &tool{narrow: "or use the tools, which give pages"}, budget: defaultBudget, detailed: true, ask: ask}
	return a.fit()
}

func treeOrError[T any](v T, err error) (*node, error) {
	if err != nil {
		return nil, err
	}
	return treeOf(v), nil
}

// oneConnection finds a connection by its number: connections are numbered in
// order of appearance without gaps, so that the page before ends with the one
// before.
func oneConnection(ctx context.Context, e *query.Engine, capture string, number uint32) (*node, error) {
	q := query.ConnectionsRequest{Captures: []string{capture}}
	const chunk = 1000
	for q.Limit = chunk; ; {
		a, err := e.Connections(ctx, q)
		if err != nil {
			return nil, err
		}
		for i := range a.Rows {
			if a.Rows[i].Connection == number {
				return treeOf(&a.Rows[i]), nil
			}
		}
		if q.Cursor = a.NextCursor; q.Cursor == "" {
			return nil, &query.Error{Kind: query.NotFound, Msg: "no such connection"}
		}
	}
}
