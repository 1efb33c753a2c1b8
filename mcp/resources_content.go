package mcp

import (
	"bytes"
	"context"
	"slices"
	"strconv"
	"strings"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"pcapidx/query"
)

// partOfConnection gives the picture or stream of a connection, nil if there is none
// of that name.
func partOfConnection(e *query.Engine, capture, connection, what, name string) resource {
	kind, isPNG := strings.CutSuffix(name, ".png")
	switch {
	case what == "plots" && isPNG && slices.Contains(query.PlotKinds(), kind):
		return func(ctx context.Context) (*node, *sdk.ResourceContents, error) {
			a, err := e.Plot(ctx, query.PlotRequest{Capture: capture, Connection: connection, Kind: kind})
			if err != nil {
				return nil, nil, err
			}
			return nil, &sdk.ResourceContents{MIMEType: pngType, Blob: a.PNG}, nil
		}
	case what == "stream" && slices.Contains([]string{"both", "client", "server"}, name):
		return func(ctx context.Context) (*node, *sdk.ResourceContents, error) {
			a, err := e.Follow(ctx, query.FollowRequest{Capture: capture, Connection: connection, Direction: name, Limit: defaultBudget, Redact: true})
			if err != nil {
				return nil, nil, err
			}
			out := &followStreamOut{FollowAnswer: *a}
			out.fit(defaultBudget - reserve)
			return treeOf(out), nil, nil
		}
	}
	return nil
}

// Bounds of an object that is shown, bytes; wire is what it took in the stream.
const (
	mostPicture = 1 << 20
	mostText    = 16 << 10
	mostWire    = 4 << 20
)

// objectOut is a file with its content if that is a text.
type objectOut struct {
	query.ObjectRow
	Text  string   `json:"captured_text,omitempty"`
	Hints []string `json:"hints,omitempty"`
}

// oneObject describes the file that a message carried. A small text stands in the
// description, a small picture beside it as its bytes, whether it is whole or not;
// programs, archives and all else are described only.
func oneObject(ctx context.Context, e *query.Engine, capture string, number uint32) (*node, *sdk.ResourceContents, error) {
	row, err := objectOf(ctx, e, capture, number)
	if err != nil {
		return nil, nil, err
	}
	out := &objectOut{ObjectRow: *row}
	pictures := []string{"image/jpeg", pngType, "image/gif", "image/webp"}
	texts := []string{"text/plain", "text/html", "text/xml", jsonType}
	var picture *sdk.ResourceContents
	switch {
	case row.Wire > mostWire:
		out.Hints = append(out.Hints, "the content is too large to be shown")
	case slices.Contains(pictures, row.Sniffed) && row.Size <= mostPicture:
		content, err := objectBytes(ctx, e, capture, out)
		if err != nil {
			return nil, nil, err
		}
		picture = &sdk.ResourceContents{MIMEType: row.Sniffed, Blob: content}
	case slices.Contains(texts, row.Sniffed):
		content, err := objectBytes(ctx, e, capture, out)
		if err != nil {
			return nil, nil, err
		}
		if len(content) > mostText {
			content = content[:mostText]
			out.Hints = append(out.Hints, "captured_text is the beginning; follow_stream and decode_connection give the rest")
		}
		out.Text = string(content)
	default:
		out.Hints = append(out.Hints, "only small texts and pictures are shown")
	}
	n, err := fitted(func() (*node, error) { return treeOf(out), nil })
	return n, picture, err
}

// objectBytes reads the content. Where it differs from what was indexed, that is said
// in the description, and what could be read counts.
func objectBytes(ctx context.Context, e *query.Engine, capture string, out *objectOut) ([]byte, error) {
	var content bytes.Buffer
	if err := e.ExtractObject(ctx, capture, &out.ObjectRow, &content); err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		out.Hints = append(out.Hints, "the content could not be read again in full")
	}
	return content.Bytes(), nil
}

// objectOf finds the file of a message.
func objectOf(ctx context.Context, e *query.Engine, capture string, number uint32) (*query.ObjectRow, error) {
	missing := &query.Error{Kind: query.NotFound, Msg: "no such object"}
	if number == 0 { // of messages it would mean all
		return nil, missing
	}
	m, err := e.Messages(ctx, query.MessagesRequest{Capture: capture, Message: number})
	if err != nil {
		return nil, err
	}
	if len(m.Rows) != 1 || m.Rows[0].Object == nil {
		return nil, missing
	}
	a, err := e.Objects(ctx, query.ObjectsRequest{Capture: capture, Filter: "frame.number == " + strconv.FormatUint(uint64(m.Rows[0].Frame), 10)})
	if err != nil {
		return nil, err
	}
	for i := range a.Rows {
		if a.Rows[i].Message == number {
			return &a.Rows[i], nil
		}
	}
	return nil, missing
}
