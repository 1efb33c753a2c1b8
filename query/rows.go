package query

import (
	"context"
	"encoding/hex"
	"strconv"
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
	row.Protocols = r.layers()
	if r.row.Conn != index.NoConnection {
		row.Connections = append(row.Connections, r.row.Conn)
	}
	for _, m := range r.members() {
		row.Connections = append(row.Connections, m.Conn)
	}
	row.Src, row.Dst = r.addresses()
	p, length := r.dissected(), int(r.row.OrigLen)
	row.Protocol = dissect.ProtocolColumn(r.data(), r.datagram, length, p)
	r.text = dissect.AppendInfo(r.text[:0], r.data(), r.datagram, length, p, r.infoContext(p))
	row.Info = labelPrefix(r.row) + string(r.text)
	r.tcpStates(&row)
	row.Messages = r.messageLines()
	return row
}

// maxMessageLines bounds the messages shown of one frame in a list.
const maxMessageLines = 16

// messageLines gives a line for each message of the frame in hand.
func (r *frameRecord) messageLines() (lines []string) {
	if r.capture.Summary().Content < appContent {
		return nil
	}
	messages, err := r.messages.of(r.row.Number)
	if err != nil {
		r.err = err
	}
	for i, m := range messages {
		if i == maxMessageLines {
			return append(lines, strconv.Itoa(len(messages)-i)+" more")
		}
		if _, layer := dissect.FieldByName(m.Protocol); layer || m.Summary == "" { // a layer of the frame: Info tells
			continue
		}
		lines = append(lines, m.Protocol+": "+m.Summary)
	}
	return lines
}

// tcpStates says what TCP analysis knows of the frame in hand.
func (r *frameRecord) tcpStates(row *PacketRow) {
	if !r.row.TCP || r.row.Conn == index.NoConnection || r.capture.Summary().Content < analysisSince {
		return
	}
	row.Labels = r.row.Labels.Names()
	client, err := r.clientOf(r.row.Conn)
	if err != nil {
		r.err = err
		return
	}
	name := func(side index.Side) string {
		if names := index.TCPStateNames(); int(r.row.States[side]) < len(names) {
			return names[r.row.States[side]]
		}
		return ""
	}
	row.ClientState, row.ServerState = name(client), name(1-client)
}

// clientOf gives the side of a connection that is the client. The frames of a page
// are often of the same connection.
func (r *frameRecord) clientOf(conn uint32) (index.Side, error) {
	if r.client.known && r.client.conn == conn {
		return r.client.side, nil
	}
	records, err := r.capture.ConnectionsByNumber([]uint32{conn})
	if err != nil {
		return 0, err
	}
	r.client.known, r.client.conn, r.client.side = true, conn, records[0].ClientSide()
	return r.client.side, nil
}

// infoContext is what the index knows for the Info line.
func (r *frameRecord) infoContext(p *dissect.Packet) *dissect.InfoContext {
	c := &dissect.InfoContext{RequestFrame: r.row.Request}
	if r.row.TCP {
		c.HasSeq, c.Seq, c.Ack = true, r.row.Seq, r.row.Ack
		c.HasWindow, c.Window = r.row.Status&index.StatusQuoted == 0, scaledWindow(r.row)
	}
	if t := primaryTCP(p); t != nil && r.row.TCP {
		c.HasSACKBase, c.SACKBase = true, t.Ack-r.row.Ack
	}
	return c
}

// primaryTCP gives the innermost TCP header that is not quoted.
func primaryTCP(p *dissect.Packet) *dissect.Transport {
	for i := len(p.Transports) - 1; i >= 0; i-- {
		if t := &p.Transports[i]; !t.Quoted {
			if t.Kind != dissect.TCP {
				return nil
			}
			return t
		}
	}
	return nil
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
