package mcp

import (
	"context"
	"errors"
	"fmt"
	"slices"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"pcapidx/query"
)

// mostListed bounds the captures that resources/list names, the newest first.
const mostListed = 500

// listsCaptures adds a user's captures to resources/list. The SDK's own list is one
// for all users of a server: no capture may ever be in it.
func (s *Server) listsCaptures(next sdk.MethodHandler) sdk.MethodHandler {
	return func(ctx context.Context, method string, req sdk.Request) (sdk.Result, error) {
		res, err := next(ctx, method, req)
		list, ok := res.(*sdk.ListResourcesResult)
		if r, is := req.(*sdk.ListResourcesRequest); err != nil || !ok || !is || r.Params != nil && r.Params.Cursor != "" {
			return res, err
		}
		e, err := s.config.Engine(user(req))
		if err != nil {
			return nil, errors.New(s.explain("the list of resources", err))
		}
		a, err := e.Captures(ctx, query.CapturesRequest{})
		if err != nil {
			return nil, errors.New(s.explain("the list of resources", err))
		}
		own := *list
		own.Resources = slices.Clone(list.Resources)
		for i := len(a.Rows) - 1; i >= max(0, len(a.Rows)-mostListed); i-- {
			own.Resources = append(own.Resources, captureResource(&a.Rows[i]))
		}
		return &own, nil
	}
}

// captureResource describes a capture. Its name is the file's, which whoever added
// it chose.
func captureResource(r *query.CaptureRow) *sdk.Resource {
	return &sdk.Resource{
		URI: capturesURI + r.Capture, Name: r.Capture, Title: escape(clip(r.Name, 100)), MIMEType: jsonType,
		Description: fmt.Sprintf("%s, %s", plural(uint64(r.Packets), "packet"), plural(uint64(r.Connections), "connection")),
	}
}

// mostLinks bounds the resources that an answer links to.
const mostLinks = 3

// links makes links to the resources of the first rows.
func links[Row any](rows []Row, link func(*Row) *sdk.ResourceLink) (all []sdk.Content) {
	for i := range rows[:min(mostLinks, len(rows))] {
		if l := link(&rows[i]); l != nil {
			l.MIMEType = jsonType
			all = append(all, l)
		}
	}
	return all
}

func (o *listCapturesOut) attached() []sdk.Content {
	return links(o.Rows, func(r *query.CaptureRow) *sdk.ResourceLink {
		return &sdk.ResourceLink{URI: capturesURI + r.Capture, Name: "capture " + r.Capture}
	})
}

func (o *listConnectionsOut) attached() []sdk.Content {
	return links(o.Rows, func(r *query.ConnectionRow) *sdk.ResourceLink {
		return &sdk.ResourceLink{URI: capturesURI + r.Capture + "/connections/" + itoa(r.Connection), Name: "connection " + itoa(r.Connection)}
	})
}

func (o *extractObjectsOut) attached() []sdk.Content {
	return links(o.Rows, func(r *query.ObjectRow) *sdk.ResourceLink {
		return &sdk.ResourceLink{URI: capturesURI + o.Capture + "/objects/" + itoa(r.Message), Name: "object " + itoa(r.Message)}
	})
}
