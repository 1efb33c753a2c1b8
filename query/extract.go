package query

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"

	"pcapidx/index"
	"pcapidx/ingest/proto"
)

// maxExtract bounds the bytes on the wire of an object that is given back.
const maxExtract = 256 << 20

// ExtractObject writes the bytes of an object, by its row of Objects. They come from
// the stored packets, decoded anew. The error says where they differ from what was
// indexed; what could be read is written then all the same.
func (e *Engine) ExtractObject(ctx context.Context, capture string, row *ObjectRow, w io.Writer) error {
	x, _, err := e.source.Open(capture)
	if err != nil {
		return wrap(err)
	}
	defer x.Close()
	reader := messageReader{capture: x}
	m, err := reader.message(row.Message)
	if err != nil {
		return wrap(err)
	}
	if m == nil || m.Object == nil {
		return &Error{Kind: NotFound, Msg: fmt.Sprintf("message %d has no object", row.Message), Hint: "`pcapidx objects CAPTURE` lists them"}
	}
	body, err := e.objectBody(ctx, x, capture, &reader, *m)
	if err != nil {
		return wrap(err)
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(w, sum), body)
	switch {
	case err != nil:
		return &Error{Kind: IO, Msg: fmt.Sprintf("after %d bytes: %v", n, err), Err: err}
	case hex.EncodeToString(sum.Sum(nil)) != m.Object.SHA256:
		return &Error{Kind: Corrupt, Msg: fmt.Sprintf("%d bytes could be read again, %d were indexed: bytes are missing in the capture", n, m.Object.Size)}
	}
	return nil
}

// objectBody gives a reader of the object's bytes.
func (e *Engine) objectBody(ctx context.Context, x Capture, capture string, reader *messageReader, m index.Message) (io.Reader, error) {
	text, err := x.MessageText(m.Number)
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) == m.Object.SHA256 {
		return bytes.NewReader(text), nil
	}
	wire, err := e.wireBytes(ctx, x, capture, &m)
	if err != nil || m.Protocol != "http" {
		return bytes.NewReader(wire), err
	}
	method := ""
	if m.Request > 0 {
		asked, err := reader.message(m.Request)
		if err != nil {
			return nil, err
		}
		if asked != nil {
			method = fieldText(asked, "http.request.method")
		}
	}
	if m.Object.Verdict == proto.VerdictFragment {
		return bytes.NewReader(wire), nil
	}
	return proto.HTTPBody(wire, method)
}

// wireBytes gives what the stream carried of a message.
func (e *Engine) wireBytes(ctx context.Context, x Capture, capture string, m *index.Message) ([]byte, error) {
	if m.Length > maxExtract {
		return nil, badRequest("follow the connection instead: `pcapidx follow CAPTURE N --raw`", "the object takes %d bytes on the wire, more than %d", m.Length, maxExtract)
	}
	records, err := x.ConnectionsByNumber([]uint32{m.Conn})
	if err != nil {
		return nil, err
	}
	direction := "client"
	if m.Side != records[0].ClientSide() {
		direction = "server"
	}
	var wire []byte
	_, err = e.FollowTo(ctx, FollowRequest{
		Capture: capture, Connection: strconv.FormatUint(uint64(m.Conn), 10), Direction: direction, Offset: m.Offset, Limit: int(max(m.Length, 1)),
	}, func(c *FollowChunk) error {
		if wire = append(wire, c.Data...); c.Gap != "" && m.Protocol == "http" {
			return io.EOF // what follows stands elsewhere
		}
		return nil
	})
	if errors.Is(err, io.EOF) || err != nil && len(wire) > 0 && ctx.Err() == nil {
		err = nil
	}
	return wire, err
}
