package query

import (
	"context"
	"encoding/hex"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
)

// rows describes the packets of a set in one segment, in order.
func (m *matcher) rows(ctx context.Context, id string, segment uint16, frames *roaring.Bitmap) ([]PacketRow, error) {
	start, err := m.tables.start()
	if err != nil {
		return nil, err
	}
	rows := make([]PacketRow, frames.GetCardinality())
	for _, r := range m.records {
		r.tests = nil
	}
	err = m.visit(ctx, segment, frames, index.ColAll, func(_ int, r *frameRecord) error {
		rows[frames.Rank(r.offset)-1] = r.packetRow(id, start)
		return r.err
	})
	return rows, err
}

// packetRow describes the frame in hand.
func (r *frameRecord) packetRow(id string, start index.Time) PacketRow {
	row := PacketRow{Capture: id, Frame: r.row.Number, Length: r.row.OrigLen, Connections: []uint32{}}
	if !r.row.NoTime {
		row.Time, row.RelS = stampOf(r.row.Time.UTC()), secondsBetween(start, r.row.Time)
	}
	if s := r.capture.Summary().Stacks; int(r.row.Stack) < len(s) {
		row.Protocols = s[r.row.Stack].Layers
	}
	if r.row.Conn != index.NoConnection {
		row.Connections = append(row.Connections, r.row.Conn)
	}
	for _, m := range r.members() {
		row.Connections = append(row.Connections, m.Conn)
	}
	row.Src, row.Dst = r.addresses()
	return row
}

// addresses gives the innermost addresses of a frame that are not quoted in an
// ICMP error, as Wireshark's address columns have them: network, else link.
func (r *frameRecord) addresses() (src, dst string) {
	p := r.dissected()
	for i := len(p.Networks) - 1; i >= 0; i-- {
		if n := &p.Networks[i]; !n.Quoted {
			return n.Src.String(), n.Dst.String()
		}
	}
	return r.ether("eth.src"), r.ether("eth.dst")
}

func (r *frameRecord) ether(name string) string {
	id, ok := dissect.FieldByName(name)
	if !ok {
		return ""
	}
	values := r.bytesOf(id)
	if len(values) == 0 {
		return ""
	}
	return colons(values[0].Bytes)
}

// colons writes bytes as aa:bb:cc.
func colons(b []byte) string {
	parts := make([]string, len(b))
	for i := range b {
		parts[i] = hex.EncodeToString(b[i : i+1])
	}
	return strings.Join(parts, ":")
}
