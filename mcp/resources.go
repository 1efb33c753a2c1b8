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
	filtersURI    = "pcapidx://docs/filters"
	capturesURI   = "pcapidx://captures/"
	captureURI    = capturesURI + "{capture}"
	connectionURI = captureURI + "/connections/{connection}"
	packetURI     = captureURI + "/packets/{frame}"
)

const jsonType = "application/json"

// addResources registers the filter reference, and templates: a list of
// captures would be the same for all users of a server.
func (s *Server) addResources() {
	s.sdk.AddResource(&sdk.Resource{
		URI: filtersURI, Name: "filters", Title: "Display filter reference", MIMEType: "text/markdown",
		Description: "The display filter language by examples: operators, fields, common questions, pitfalls.",
	}, func(context.Context, *sdk.ReadResourceRequest) (*sdk.ReadResourceResult, error) {
		return &sdk.ReadResourceResult{Contents: []*sdk.ResourceContents{{URI: filtersURI, MIMEType: "text/markdown", Text: filterReference}}}, nil
	})
	for _, t := range []sdk.ResourceTemplate{
		{URITemplate: captureURI, Name: "capture", Title: "A capture", Description: "What capture_info answers about a capture, by id or name."},
		{URITemplate: connectionURI, Name: "connection", Title: "A connection", Description: "One connection of a capture, by number."},
		{URITemplate: packetURI, Name: "packet", Title: "A packet", Description: "One packet of a capture decoded in full with its bytes, by frame number."},
	} {
		t.MIMEType = jsonType
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
	a := &answer{tool: &tool{narrow: "or use the tools, which give pages"}, budget: defaultBudget, detailed: true}
	if a.ask = resourceQuestion(ctx, e, uri); a.ask == nil {
		return nil, sdk.ResourceNotFoundError(uri)
	}
	n, err := a.fit()
	var q *query.Error
	if errors.As(err, &q) && (q.Kind == query.NotFound || q.Kind == query.BadRequest) {
		return nil, sdk.ResourceNotFoundError(uri)
	}
	if err != nil {
		return nil, errors.New(s.explain("this resource", err))
	}
	n.set("notice", textNode(notice, false))
	return &sdk.ReadResourceResult{Contents: []*sdk.ResourceContents{{URI: uri, MIMEType: jsonType, Text: n.JSON()}}}, nil
}

// resourceQuestion gives what a URI asks, nil if it asks nothing.
func resourceQuestion(ctx context.Context, e *query.Engine, uri string) func() (*node, error) {
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
		return func() (*node, error) { return treeOrError(e.Info(ctx, query.InfoRequest{Capture: capture})) }
	}
	if len(parts) != 3 {
		return nil
	}
	number, err := strconv.ParseUint(parts[2], 10, 32)
	if err != nil {
		return nil
	}
	switch parts[1] {
	case "connections":
		return func() (*node, error) { return oneConnection(ctx, e, capture, uint32(number)) }
	case "packets":
		return func() (*node, error) {
			return treeOrError(e.Decode(ctx, query.DecodeRequest{Capture: capture, Frames: parts[2], Layers: "full", Payload: "hex", PayloadBytes: 4096}))
		}
	}
	return nil
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
