package query

import (
	"context"
	"path"
	"strconv"
	"strings"

	"pcapidx/index"
	"pcapidx/ingest/proto"
)

// ObjectsRequest asks for the files that messages carried: bodies of HTTP, mails,
// files of FTP.
type ObjectsRequest struct {
	Capture    string `json:"capture" jsonschema:"name, id or id prefix"`
	Connection string `json:"connection,omitempty" jsonschema:"number of a connection; without it all are meant"`
	Filter     string `json:"filter,omitempty" jsonschema:"Wireshark display filter that the frame where the object ends must match"`
	Type       string `json:"type,omitempty" jsonschema:"beginning of the declared or sniffed media type: image/"`
	Incomplete bool   `json:"incomplete,omitempty" jsonschema:"only objects that are not whole"`
	Page
}

// ObjectRow is one file, and what it came with.
type ObjectRow struct {
	Message    uint32  `json:"message"`
	Frame      uint32  `json:"frame"` // where it ends
	Connection *uint32 `json:"connection,omitempty"`
	Protocol   string  `json:"protocol"`
	From       string  `json:"from"` // who sent it
	Host       string  `json:"host,omitempty"`
	// Summary is the message's line: of HTTP the status line with type and length.
	Summary string `json:"summary"`
	// Complete says that it is whole; Verdict why not.
	Complete bool `json:"complete"`
	MessageObject
	// Because is the evidence of the verdict, and Frames the frames that show it.
	Because string   `json:"because,omitempty"`
	Frames  []uint32 `json:"evidence,omitempty"`
	File    string   `json:"file,omitempty"`  // it was written to
	Error   string   `json:"error,omitempty"` // why it was not
}

// ObjectsAnswer is a page of objects, in the order of their frames.
type ObjectsAnswer struct {
	Capture string      `json:"capture"`
	Rows    []ObjectRow `json:"rows"`
	Paged
}

// Objects lists files.
func (e *Engine) Objects(ctx context.Context, q ObjectsRequest) (*ObjectsAnswer, error) {
	if err := q.Page.check(); err != nil {
		return nil, err
	}
	f, x, entry, err := e.openFiltered(q.Capture, q.Filter)
	if err != nil {
		return nil, err
	}
	defer x.Close()
	shape := strings.Join([]string{"objects", q.Connection, q.Filter, q.Type, strconv.FormatBool(q.Incomplete)}, "\x00")
	after, err := parseCursor(q.Cursor, shape, []string{entry.Build})
	if err != nil {
		return nil, err
	}
	scan, err := newMessageScan(ctx, x, &MessagesRequest{Connection: q.Connection}, f)
	if err != nil {
		return nil, wrap(err)
	}
	a := &ObjectsAnswer{Capture: entry.ID, Rows: []ObjectRow{}}
	last, before, more := rowKey{}, 0, false
	if after != nil {
		last, before = *after, int(after.value)
	}
	err = scan.each(ctx, last.capture, last.number, func(m, _ *index.Message) (bool, error) {
		if m.Object == nil || !q.wants(m.Object) {
			return true, nil
		}
		if q.Limit > 0 && len(a.Rows) == q.Limit {
			more = true
			return false, nil
		}
		row, err := scan.object(m)
		if err != nil {
			return false, err
		}
		a.Rows = append(a.Rows, row)
		last = rowKey{value: uint64(before + len(a.Rows)), capture: int(m.Frame), number: m.Number}
		return true, nil
	})
	if err != nil {
		return nil, wrap(err)
	}
	a.Returned, a.Total, a.TotalExact = len(a.Rows), before+len(a.Rows), !more
	if more {
		a.NextCursor = formatCursor(shape, []string{entry.Build}, last)
	}
	return a, nil
}

func (q *ObjectsRequest) wants(o *index.Object) bool {
	if q.Incomplete && o.Verdict == proto.VerdictComplete {
		return false
	}
	return q.Type == "" || strings.HasPrefix(strings.ToLower(o.Type), strings.ToLower(q.Type)) || strings.HasPrefix(o.Sniff, strings.ToLower(q.Type))
}

// object describes a file.
func (s *messageScan) object(m *index.Message) (ObjectRow, error) {
	r := ObjectRow{
		Message: m.Number, Frame: m.Frame, Protocol: m.Protocol, Summary: m.Summary, Complete: m.Object.Verdict == proto.VerdictComplete, MessageObject: *objectOf(m.Object),
	}
	var err error
	if r.From, _, err = s.ends.of(m); err != nil {
		return r, err
	}
	if m.Conn != index.NoConnection {
		n := m.Conn
		r.Connection = &n
		app, err := applicationOf(s.capture, n)
		if err != nil {
			return r, err
		}
		if app != nil {
			r.Host = app.Host
		}
	}
	if !r.Complete && len(m.Warnings) > 0 {
		worst := &m.Warnings[0]
		for i := range m.Warnings {
			if strings.Contains(m.Warnings[i].Code, "body") {
				worst = &m.Warnings[i]
				break
			}
		}
		r.Because, r.Frames = worst.Text, worst.Frames
	}
	return r, nil
}

// FileName makes a name for the object's file: the number of its message, and of the
// name on the wire what is harmless in a name.
func (r *ObjectRow) FileName() string {
	name := r.Name
	if cut := strings.IndexAny(name, "?#"); cut >= 0 {
		name = name[:cut]
	}
	name = path.Base("/" + strings.ReplaceAll(name, `\`, "/"))
	var b strings.Builder
	for _, r := range name {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '-', r == '_':
			b.WriteRune(r)
		case b.Len() > 0:
			b.WriteByte('_')
		}
	}
	clean := strings.Trim(b.String(), "._-")
	if len(clean) > maxFileName {
		clean = clean[len(clean)-maxFileName:]
	}
	if clean == "" {
		clean = "object" + extensionOf(r.Type)
	}
	return strconv.FormatUint(uint64(r.Message), 10) + "-" + clean
}

const maxFileName = 80

// extensionOf gives the usual ending for some media types.
func extensionOf(mediaType string) string {
	kind, _, _ := strings.Cut(mediaType, ";")
	switch strings.TrimSpace(strings.ToLower(kind)) {
	case "text/html":
		return ".html"
	case "application/json":
		return ".json"
	case "text/plain":
		return ".txt"
	case "image/png":
		return ".png"
	case "image/jpeg":
		return ".jpg"
	case "image/gif":
		return ".gif"
	}
	return ".bin"
}
