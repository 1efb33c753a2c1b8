package mcp

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"pcapidx/mcp/keys"
	"pcapidx/query"
)

// Headers by which a client asks for fewer tools than the server has. They are
// for hosts that have room for few; whatever they say, they give nobody more.
const (
	toolsetsHeader = "X-MCP-Toolsets"
	toolsHeader    = "X-MCP-Tools"
	excludeHeader  = "X-MCP-Exclude-Tools"
	readOnlyHeader = "X-MCP-Readonly"
)

// selection is a choice of tools: those of toolsets and those by name, all if
// neither is given; without the excluded, and without those that write if it is
// read-only.
type selection struct {
	toolsets, tools, exclude []string
	readOnly                 bool
}

func (s *selection) has(t *tool) bool {
	switch {
	case slices.Contains(s.exclude, t.name) || s.readOnly && t.writes:
		return false
	case len(s.toolsets) == 0 && len(s.tools) == 0:
		return true
	}
	return slices.Contains(s.toolsets, t.set) || slices.Contains(s.tools, t.name)
}

// check refuses names that nothing has: a slip would go unseen.
func (s *selection) check(tools []*tool) error {
	known := append(Toolsets(), mcpcapSet)
	for _, name := range s.toolsets {
		if !slices.Contains(known, name) {
			return &query.Error{Kind: query.BadRequest, Msg: "unknown toolset " + quoted(name), Hint: "known are " + strings.Join(known, ", ")}
		}
	}
	for _, name := range slices.Concat(s.tools, s.exclude) {
		if !slices.ContainsFunc(tools, func(t *tool) bool { return t.name == name }) {
			return &query.Error{Kind: query.BadRequest, Msg: "unknown tool " + quoted(name), Hint: "tools/list names those that there are"}
		}
	}
	return nil
}

// asked is the selection that a request's headers ask for.
func asked(h http.Header) selection {
	words := func(name string) (all []string) {
		for _, line := range h.Values(name) {
			for _, w := range strings.Split(line, ",") {
				if w = strings.TrimSpace(w); w != "" {
					all = append(all, w)
				}
			}
		}
		return all
	}
	s := selection{toolsets: words(toolsetsHeader), tools: words(toolsHeader), exclude: words(excludeHeader)}
	if text := strings.TrimSpace(h.Get(readOnlyHeader)); text != "" {
		no, err := strconv.ParseBool(text)
		s.readOnly = no || err != nil // what cannot be read narrows
	}
	return s
}

// visible gives the tools that a request may see and call: of the server's, those
// that its key allows and its headers leave.
func (s *Server) visible(req sdk.Request) ([]*tool, error) {
	var want selection
	if x := req.GetExtra(); x != nil {
		want = asked(x.Header)
	}
	if err := want.check(s.known); err != nil {
		return nil, &jsonrpc.Error{Code: jsonrpc.CodeInvalidParams, Message: "X-MCP headers: " + err.Error()}
	}
	want.readOnly = want.readOnly || !may(req, keys.Write)
	tools := make([]*tool, 0, len(s.tools))
	for _, t := range s.tools {
		if want.has(t) {
			tools = append(tools, t)
		}
	}
	return tools, nil
}

// narrows is the middleware that keeps other tools out of sight and out of reach.
func (s *Server) narrows(next sdk.MethodHandler) sdk.MethodHandler {
	return func(ctx context.Context, method string, req sdk.Request) (sdk.Result, error) {
		switch method {
		case callTool, "tools/list", "initialize", "server/discover":
		default:
			return next(ctx, method, req)
		}
		tools, err := s.visible(req)
		if err != nil {
			return nil, err
		}
		has := func(name string) bool {
			return slices.ContainsFunc(tools, func(t *tool) bool { return t.name == name })
		}
		if r, ok := req.(*sdk.CallToolRequest); ok && !has(r.Params.Name) {
			return nil, &jsonrpc.Error{Code: jsonrpc.CodeInvalidParams, Message: fmt.Sprintf("unknown tool %q", r.Params.Name)}
		}
		res, err := next(ctx, method, req)
		if err != nil || len(tools) == len(s.tools) {
			return res, err
		}
		switch r := res.(type) { // results may be shared: copies are changed
		case *sdk.ListToolsResult:
			few := *r
			few.Tools = slices.DeleteFunc(slices.Clone(r.Tools), func(t *sdk.Tool) bool { return !has(t.Name) })
			res = &few
		case *sdk.InitializeResult:
			few := *r
			few.Instructions = instructions(has)
			res = &few
		case *sdk.DiscoverResult:
			few := *r
			few.Instructions = instructions(has)
			res = &few
		}
		return res, nil
	}
}
