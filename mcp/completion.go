package mcp

import (
	"context"
	"errors"
	"strings"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"pcapidx/query"
)

// complete offers values for arguments of prompts and variables of templates, from
// what the user has: captures by name or id; of the capture that was chosen
// connections, frames and objects by number, addresses, protocols. A capture that is
// not there and one of another user offer the same: nothing.
func (s *Server) complete(ctx context.Context, req *sdk.CompleteRequest) (*sdk.CompleteResult, error) {
	e, err := s.config.Engine(user(req))
	if err != nil {
		return nil, errors.New(s.explain("completion", err))
	}
	capture := ""
	if req.Params.Context != nil {
		capture = req.Params.Context.Arguments["capture"]
	}
	offers, err := offersFor(ctx, e, req.Params.Argument.Name, capture)
	var q *query.Error
	if err != nil && !errors.As(err, &q) {
		return nil, errors.New(s.explain("completion", err))
	}
	return offered(offers, req.Params.Argument.Value), nil
}

// offersFor lists the values of an argument; of most only where a capture is chosen.
func offersFor(ctx context.Context, e *query.Engine, argument, capture string) ([]string, error) {
	switch argument {
	case "capture", "a", "b":
		return captureNames(ctx, e)
	case "kind":
		return query.PlotKinds(), nil
	case "direction":
		return []string{"both", "client", "server"}, nil
	}
	if capture == "" {
		return nil, nil
	}
	switch argument {
	case "connection":
		return numbers(ctx, e, capture, 0, func(i *query.InfoAnswer) uint32 { return i.Connections })
	case "frame":
		return numbers(ctx, e, capture, 1, func(i *query.InfoAnswer) uint32 { return i.Packets })
	case "object":
		return objectNumbers(ctx, e, capture)
	case "address", "protocol":
		i, err := e.Info(ctx, query.InfoRequest{Capture: capture})
		if err != nil {
			return nil, err
		}
		if argument == "address" {
			return addresses(i), nil
		}
		return protocols(i), nil
	}
	return nil, nil
}

// numbers offers those from first on, count of them; few are enough to see what
// numbers there are, and a prefix narrows them.
func numbers(ctx context.Context, e *query.Engine, capture string, first uint32, count func(*query.InfoAnswer) uint32) ([]string, error) {
	i, err := e.Info(ctx, query.InfoRequest{Capture: capture})
	if err != nil {
		return nil, err
	}
	const most = 100_000
	var offers []string
	for n := range min(count(i), most) {
		offers = append(offers, itoa(first+n))
	}
	return offers, nil
}

// objectNumbers offers the numbers of messages that carried a file.
func objectNumbers(ctx context.Context, e *query.Engine, capture string) (offers []string, err error) {
	a, err := e.Objects(ctx, query.ObjectsRequest{Capture: capture, Page: query.Page{Limit: maxRows}})
	if err != nil {
		return nil, err
	}
	for i := range a.Rows {
		offers = append(offers, itoa(a.Rows[i].Message))
	}
	return offers, nil
}

// addresses offers the IP addresses of a capture, the busiest first.
func addresses(i *query.InfoAnswer) (offers []string) {
	for n := range i.Endpoints {
		offers = append(offers, i.Endpoints[n].Address)
	}
	return offers
}

// protocols offers the application protocols of a capture.
func protocols(i *query.InfoAnswer) (offers []string) {
	for n := range i.Applications {
		offers = append(offers, i.Applications[n].Name)
	}
	return offers
}

// offered keeps what begins with the value, at most 100 of them.
func offered(offers []string, value string) *sdk.CompleteResult {
	r := &sdk.CompleteResult{Completion: sdk.CompletionResultDetails{Values: []string{}}}
	for _, o := range offers {
		if len(o) < len(value) || !strings.EqualFold(o[:len(value)], value) {
			continue
		}
		r.Completion.Total++
		if len(r.Completion.Values) < 100 {
			r.Completion.Values = append(r.Completion.Values, o)
		}
	}
	r.Completion.HasMore = r.Completion.Total > len(r.Completion.Values)
	return r
}
