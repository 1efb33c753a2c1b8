package query

import (
	"context"
	"strconv"
	"strings"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
	"pcapidx/query/filter"
)

// PacketsRequest asks for the packets of a capture.
type PacketsRequest struct {
	Capture string `json:"capture"`
	Filter  string `json:"filter,omitempty" jsonschema:"Wireshark display filter"`
	Numbers bool   `json:"numbers,omitempty" jsonschema:"frame numbers only"`
	Page
}

// PacketRow describes one packet.
type PacketRow struct {
	Frame       uint32    `json:"frame"`
	Time        Timestamp `json:"time,omitempty"`
	RelS        Seconds   `json:"rel_s"` // since frame 1
	Length      uint32    `json:"length"`
	Protocols   string    `json:"protocols"` // layers 2 to 4, Wireshark's names
	Src         string    `json:"src"`
	Dst         string    `json:"dst"`
	Connections []uint32  `json:"connections"`
}

// PacketsAnswer is a page of packets, in file order. With Numbers only the
// frame numbers are given.
type PacketsAnswer struct {
	Capture string      `json:"capture"`
	Rows    []PacketRow `json:"rows"`
	Numbers []uint32    `json:"numbers,omitempty"`
	Paged
}

// Packets lists the packets that a display filter matches. All frames are
// looked at; Total is exact.
func (e *Engine) Packets(ctx context.Context, q PacketsRequest) (*PacketsAnswer, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	f, err := parseFilter(q.Filter)
	if err != nil {
		return nil, err
	}
	x, entry, err := e.source.Open(q.Capture)
	if err != nil {
		return nil, wrap(err)
	}
	defer x.Close()
	shape := "packets\x00" + q.Filter
	after, err := parseCursor(q.Cursor, shape, []string{entry.Build})
	if err != nil {
		return nil, err
	}
	a := &PacketsAnswer{Capture: entry.ID, Rows: []PacketRow{}}
	if f != nil {
		a.Hints = f.Hints()
	}
	var last uint32
	err = eachMatch(ctx, x, f, q.Numbers, func(r *frameRecord) {
		a.Total++
		if after != nil && r.row.Number <= after.number || q.Limit > 0 && a.Returned >= q.Limit {
			return
		}
		a.Returned, last = a.Returned+1, r.row.Number
		if q.Numbers {
			a.Numbers = append(a.Numbers, r.row.Number)
		} else {
			a.Rows = append(a.Rows, packetRow(r))
		}
	})
	if err != nil {
		return nil, wrap(err)
	}
	if skipped := countUpTo(after); q.Limit > 0 && a.Returned == q.Limit && a.Total > skipped+a.Returned {
		a.NextCursor = formatCursor(shape, []string{entry.Build}, rowKey{number: last, value: uint64(skipped + a.Returned)})
	}
	return a, nil
}

// countUpTo is how many matches the pages before held.
func countUpTo(after *rowKey) int {
	if after == nil {
		return 0
	}
	return int(after.value)
}

// eachMatch calls fn for the frames that match, in order.
func eachMatch(ctx context.Context, x Capture, f *filter.Filter, numbers bool, fn func(*frameRecord)) error {
	r := newFrameRecord(x, f)
	return x.EachRows(1, f != nil || !numbers, func(rows *index.Rows) (bool, error) {
		for i := range rows.Packets {
			r.set(rows, i)
			if f == nil || f.Match(r) {
				fn(r)
			}
		}
		if r.err != nil {
			return false, r.err
		}
		return true, ctx.Err()
	})
}

func packetRow(r *frameRecord) PacketRow {
	row := PacketRow{Frame: r.row.Number, Length: r.row.OrigLen, Connections: []uint32{}}
	if !r.row.NoTime {
		row.Time, row.RelS = stampOf(r.row.Time.UTC()), secondsBetween(r.first, r.row.Time)
	}
	if s := r.capture.Summary().Stacks; int(r.row.Stack) < len(s) {
		row.Protocols = s[r.row.Stack].Layers
	}
	if r.row.Conn != index.NoConnection {
		row.Connections = append(row.Connections, r.row.Conn)
	}
	for _, m := range r.more {
		row.Connections = append(row.Connections, m.Conn)
	}
	row.Src, row.Dst = addresses(r)
	return row
}

// addresses gives the innermost addresses of a frame that are not quoted in an
// ICMP error, as Wireshark's address columns have them: network, else link.
func addresses(r *frameRecord) (src, dst string) {
	p := r.dissected()
	for i := len(p.Networks) - 1; i >= 0; i-- {
		if n := &p.Networks[i]; !n.Quoted {
			return n.Src.String(), n.Dst.String()
		}
	}
	return ether(r, "eth.src"), ether(r, "eth.dst")
}

func ether(r *frameRecord, name string) string {
	id, ok := dissect.FieldByName(name)
	if !ok {
		return ""
	}
	r.values = dissect.AppendValues(r.values[:0], id, r.data, r.datagram, int(r.row.OrigLen), r.dissected())
	if len(r.values) == 0 {
		return ""
	}
	parts := make([]string, 0, 6)
	for _, b := range r.values[0].Bytes {
		s := strconv.FormatUint(uint64(b), 16)
		parts = append(parts, strings.Repeat("0", 2-len(s))+s)
	}
	return strings.Join(parts, ":")
}
