package mcp

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"pcapidx/query"
)

type listCapturesArgs struct {
	Name string `json:"name,omitempty" jsonschema:"part of the name; without it all are listed"`
	format
	size
}

type listCapturesOut struct {
	query.CapturesAnswer
	Indexing []indexingRow `json:"indexing,omitempty"` // what has no id yet
	outcome
}

func listCaptures() *tool {
	t := define(tool{
		name: "list_captures", title: "List captures", set: "captures",
		description: "Which captures are indexed: id, name, size, packets, connections, time range, damage. Begin here; every other tool takes an id (its first 4 digits or more) or a name from it.",
		concise:     []string{"sha256", "index_bytes"},
		narrow:      "or give a part of the name",
	}, func(c *call, in *listCapturesArgs) (*listCapturesOut, error) {
		a, err := c.engine.Captures(c.ctx, query.CapturesRequest{})
		if err != nil {
			return nil, err
		}
		out := &listCapturesOut{CapturesAnswer: *a, Indexing: c.indexingRows(), outcome: outcome{Notice: notice}}
		if in.Name != "" && len(a.Rows) > 0 {
			out.Rows = slices.DeleteFunc(out.Rows, func(r query.CaptureRow) bool {
				return !strings.Contains(strings.ToLower(r.Name), strings.ToLower(in.Name))
			})
			out.Returned, out.Total = len(out.Rows), len(out.Rows)
			if out.Total == 0 {
				out.Hints = append(out.Hints, fmt.Sprintf("no name holds this; without name there are %s", plural(uint64(len(a.Rows)), "capture")))
			}
		} else if len(a.Rows) == 0 {
			out.Hints = []string{"the store is empty: add_capture indexes a file"}
			if !c.server.has("add_capture") {
				out.Hints = []string{"the store is empty, and this server is read-only"}
			}
		}
		return out, nil
	})
	outline(t.output, "rows", "truncated", "hints")
	outline(t.output.Properties["rows"].Items, "capture", "name", "packets", "connections", "start", "end", "damage")
	return t
}

type deleteCaptureArgs struct {
	one
	Confirm bool `json:"confirm,omitempty" jsonschema:"true: the user has agreed to this deletion"`
}

type deleteCaptureOut struct {
	query.RemoveAnswer
	outcome
}

func deleteCapture() *tool {
	return define(tool{
		name: "delete_capture", title: "Delete a capture", set: "captures", writes: true, destructive: true,
		description: "Take one capture and its index out of the store; it cannot be undone. The file it came from is not touched. " +
			"The user is asked, or has to have agreed: then confirm is true.",
	}, func(c *call, in *deleteCaptureArgs) (*deleteCaptureOut, error) {
		info, err := c.engine.Info(c.ctx, query.InfoRequest{Capture: in.Capture})
		if err != nil {
			return nil, err
		}
		if err := c.agreed(in.Confirm, info); err != nil {
			return nil, err
		}
		a, err := c.engine.Remove(c.ctx, query.RemoveRequest{Captures: []string{info.Capture}})
		if err != nil {
			return nil, err
		}
		return &deleteCaptureOut{RemoveAnswer: *a, outcome: outcome{Notice: notice}}, nil
	})
}

// asksUser ends a call that waits for what the user says; the client calls
// again with the answer.
type asksUser struct{ question string }

func (a *asksUser) Error() string { return "the user is asked" }

const deleteQuestion = "delete"

func (a *asksUser) result() *sdk.CallToolResult {
	return &sdk.CallToolResult{InputRequests: sdk.InputRequestMap{deleteQuestion: &sdk.ElicitParams{
		Message: a.question,
		RequestedSchema: map[string]any{
			"type": "object",
			"properties": map[string]any{
				"delete": map[string]any{"type": "boolean", "title": "Delete it", "description": "This cannot be undone."},
			},
			"required": []string{"delete"},
		},
	}}}
}

// agreed is nil if the user wants the capture deleted: a client that can ask
// asks, for others the argument counts.
func (c *call) agreed(confirm bool, info *query.InfoAnswer) error {
	caps := c.request.ClientCapabilities()
	if caps == nil || caps.Elicitation == nil {
		if confirm {
			return nil
		}
		return &query.Error{
			Kind: query.BadRequest, Msg: "nothing was deleted",
			Hint: "ask the user whether capture " + info.Capture + " is to go; if so, call again with confirm true",
		}
	}
	answer, ok := c.request.Params.InputResponses[deleteQuestion].(*sdk.ElicitResult)
	if !ok {
		return &asksUser{fmt.Sprintf("Delete capture %s (%s, %d packets) and its index?", info.Capture, quoted(info.Name), info.Packets)}
	}
	if yes, _ := answer.Content["delete"].(bool); answer.Action == "accept" && yes {
		return nil
	}
	return &query.Error{Kind: query.BadRequest, Msg: "nothing was deleted", Hint: "the user does not want it"}
}

// captureNames offers the captures of a user by name, or by id where a name
// stands for several or holds what is not plain text.
func captureNames(ctx context.Context, e *query.Engine) ([]string, error) {
	a, err := e.Captures(ctx, query.CapturesRequest{})
	if err != nil {
		return nil, err
	}
	times := map[string]int{}
	for i := range a.Rows {
		times[a.Rows[i].Name]++
	}
	var names []string
	for i := range a.Rows {
		r := &a.Rows[i]
		if times[r.Name] > 1 || escape(r.Name) != r.Name || len(r.Name) > 100 {
			names = append(names, r.Capture)
			continue
		}
		names = append(names, r.Name)
	}
	return names, nil
}

// itoa writes a number of a message.
func itoa[N uint32 | uint64](n N) string { return strconv.FormatUint(uint64(n), 10) }
