package query

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"pcapidx/index"
	"pcapidx/query/capfile"
	"pcapidx/query/filter"
)

// ExportRequest asks for a capture file: the one that was read, or with a filter
// or a format a new one with the packets that match.
type ExportRequest struct {
	Capture string `json:"capture" jsonschema:"name, id or id prefix"`
	Filter  string `json:"filter,omitempty" jsonschema:"Wireshark display filter; empty: all packets"`
	Format  string `json:"format,omitempty" jsonschema:"pcapng or pcap; empty: the file as it was read, or pcapng with a filter"`
}

// ExportAnswer describes what was written.
type ExportAnswer struct {
	Capture string `json:"capture"`
	Name    string `json:"name"`
	Format  string `json:"format"` // pcap or pcapng
	Packets uint32 `json:"packets"`
	Bytes   uint64 `json:"bytes"`
	// SHA256 is that of the bytes as read, for the whole file; a new file has none.
	SHA256 string `json:"sha256,omitempty"`
	// Losses name what the capture has and a new file has not.
	Losses []string `json:"losses,omitempty"`
	Hints  []string `json:"hints,omitempty"`
}

// Export writes a capture file to w.
func (e *Engine) Export(ctx context.Context, q ExportRequest, w io.Writer) (*ExportAnswer, error) {
	formats := []string{"pcapng", "pcap"}
	if q.Format != "" && !slices.Contains(formats, q.Format) {
		return nil, UnknownWord("format", q.Format, formats)
	}
	f, x, entry, err := e.openFiltered(q.Capture, q.Filter)
	if err != nil {
		return nil, err
	}
	defer x.Close()
	out := &contextWriter{ctx: ctx, w: w}
	a := &ExportAnswer{Capture: entry.ID, Name: entry.Name, Format: q.Format, Hints: f.Hints()}
	if q.Format == "" && f.Root == nil {
		if err := x.Export(out); err != nil {
			return nil, wrap(err)
		}
		s := x.Summary()
		a.Format, a.Packets, a.Bytes, a.SHA256 = s.File.Format.String(), s.Frames, s.File.DataBytes, entry.DataSHA256
		return a, nil
	}
	if a.Format == "" {
		a.Format = "pcapng"
	}
	if err := a.write(ctx, x, f, out); err != nil {
		return nil, wrap(err)
	}
	a.Bytes = out.bytes
	if a.Packets == 0 {
		a.Hints = append(a.Hints, "no packet matches: the file has none")
	}
	return a, nil
}

// write writes the matching packets in file order.
func (a *ExportAnswer) write(ctx context.Context, x Capture, f *filter.Filter, out io.Writer) error {
	var w capfile.Writer
	var err error
	if a.Format == "pcap" {
		w = capfile.NewPcap(out, &x.Summary().File)
	} else if w, err = capfile.NewPcapng(out, &x.Summary().File); err != nil {
		return err
	}
	m := newMatcher(x, f)
	err = m.eachFound(ctx, func(segment uint16, frames *roaring.Bitmap) error {
		for _, chunk := range chunksOf(frames, 0, index.SegmentFrames/chunkFrames) {
			err := m.walk(ctx, m.records[0], segment, frames, chunk, index.ColTime|index.ColOrigLen|index.ColIface, func(r *frameRecord) error {
				data := r.data()
				if r.err != nil {
					return r.err
				}
				return w.Packet(r.row.Number, &r.row.Frame, data)
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return exportError(err)
	}
	r := w.Result()
	a.Packets, a.Losses = r.Frames, r.Losses
	if r.LeftOut > 0 {
		a.Losses = append(a.Losses, fmt.Sprintf("%d frames that are no packets", r.LeftOut))
	}
	return nil
}

// contextWriter stops writing when its context ends, and counts bytes.
type contextWriter struct {
	ctx   context.Context
	w     io.Writer
	bytes uint64
}

func (c *contextWriter) Write(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.w.Write(b)
	c.bytes += uint64(n)
	return n, err
}

// exportError turns what a format cannot hold into a bad request.
func exportError(err error) error {
	var p *capfile.PcapError
	if errors.As(err, &p) {
		return &Error{Kind: BadRequest, Msg: p.Error(), Hint: "write pcapng", Err: err}
	}
	return err
}
