package query

import (
	"context"
	"fmt"
	"math"

	"github.com/RoaringBitmap/roaring/v2"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
	"pcapidx/query/plot"
)

// pointReader reads the segments of one connection from the columns.
type pointReader struct {
	capture    Capture
	connection *index.Connection
	trace      plot.Trace
	begin, end index.Time // what is drawn
	shown      int        // points in that time
	most       int        // of them
	blocks     bool       // SACK blocks are wanted
	untimed    int        // frames without time
	unscaled   bool       // a window's scale is not known
	seq, ack   [2]int64   // last numbers of each side
	flights    [2]flight  // by sender
	before     [2]*plot.Point
	edges      []uint32
}

func newPointReader(x Capture, c *index.Connection, q *PlotRequest) *pointReader {
	r := &pointReader{
		capture: x, connection: c, begin: c.Start + index.Time(q.FromS*1e9), end: math.MaxInt64,
		blocks: q.Kind == string(plot.Sequence), most: maxPlotPackets,
	}
	if q.FromS == 0 {
		r.begin = math.MinInt64
	}
	if q.ToS != 0 {
		r.end = c.Start + index.Time(q.ToS*1e9)
	}
	r.trace.Origin = int64(c.Start)
	return r
}

// read gathers the points. Of those before the time asked for only the last of each
// side is kept: the lines of the picture go on from it.
func (r *pointReader) read(ctx context.Context) error {
	frames := roaring.New()
	err := r.capture.Members(r.connection, func(m index.Member) bool {
		frames.Add(m.Frame)
		return true
	})
	if err != nil {
		return err
	}
	it := frames.Iterator()
	next := func(from uint32) uint32 {
		if it.AdvanceIfNeeded(from); !it.HasNext() {
			return 0
		}
		return it.PeekNext()
	}
	rec := &frameRecord{capture: r.capture, file: &r.capture.Summary().File, decoder: dissect.NewDecoder()}
	return r.capture.EachBlock(plotColumns, next, func(rows *index.Rows) (bool, error) {
		last := rows.Packets[len(rows.Packets)-1].Number
		for frame := next(rows.Packets[0].Number); frame != 0 && frame <= last; frame = next(frame + 1) {
			rec.set(rows, int(frame-rows.Packets[0].Number))
			if err := r.take(rec); err != nil {
				return false, err
			}
		}
		return true, ctx.Err()
	})
}

// plotColumns are what a point is made of.
const plotColumns = index.ColTime | index.ColOrigLen | index.ColIface | index.ColConn | index.ColLength | index.ColFlags |
	index.ColSeq | index.ColAck | index.ColWindow | index.ColScale | index.ColLabels | index.ColAcks | index.ColAckRTT

// take makes the frame in hand a point, unless it belongs to the connection only by
// what an ICMP error quotes.
func (r *pointReader) take(rec *frameRecord) error {
	row := rec.row
	switch {
	case row.Conn != r.connection.Number || !row.TCP || row.Status&index.StatusQuoted != 0:
		return nil
	case row.NoTime:
		r.untimed++
		return nil
	}
	side := row.Side & 1
	p := plot.Point{
		Time: int64(row.Time), Frame: row.Number, Len: row.Length, Wire: row.OrigLen, Window: scaledWindow(row),
		Flags: uint8(row.Flags), Side: uint8(side),
	}
	r.seq[side] = plot.Unwrap(r.seq[side], row.Seq)
	p.Seq = r.seq[side]
	if p.Flags&flagACK != 0 {
		r.ack[side] = plot.Unwrap(r.ack[side], row.Ack)
		p.Ack = r.ack[side]
	}
	r.unscaled = r.unscaled || row.Scale == -1 && row.Flags&flagSYN == 0
	label(&p, row)
	if p.Flags&(flagACK|flagRST) == flagACK {
		r.flights[1-side].ack(p.Ack)
	}
	if p.Len > 0 {
		p.InFlight = r.flights[side].sent(p.Seq, p.Len)
	}
	switch {
	case row.Time > r.end:
		return nil
	case row.Time < r.begin:
		r.before[side] = &p
		return nil
	}
	if r.shown == 0 {
		for _, b := range r.before {
			if b != nil {
				r.trace.Points = append(r.trace.Points, *b)
			}
		}
	}
	if r.shown++; r.shown > r.most {
		return badRequest("choose a part of its time", "the connection has more than %d packets", r.most)
	}
	r.trace.Points = append(r.trace.Points, p)
	if r.blocks && p.Flags&(flagACK|flagSYN) == flagACK {
		return r.sacked(rec)
	}
	return nil
}

const (
	flagRST = 4
	flagACK = 16
)

// sacked adds the blocks that the frame in hand acknowledges selectively.
func (r *pointReader) sacked(rec *frameRecord) error {
	p := rec.dissected()
	t := primaryTCP(p)
	if t == nil {
		return rec.err
	}
	r.edges = dissect.SACKEdges(r.edges[:0], rec.data(), rec.datagram, p, int(t.Layer))
	at := len(r.trace.Points) - 1
	q := &r.trace.Points[at]
	for i := 0; i+1 < len(r.edges); i += 2 { // the edges lie near what is acknowledged
		from, to := q.Ack+int64(int32(r.edges[i]-t.Ack)), q.Ack+int64(int32(r.edges[i+1]-t.Ack))
		if from < to {
			r.trace.Blocks = append(r.trace.Blocks, plot.Block{Point: at, From: from, To: to})
		}
	}
	return rec.err
}

// sender gives the side whose data are shown.
func (r *pointReader) sender(direction string) uint8 {
	client := uint8(r.connection.ClientSide())
	switch direction {
	case "client":
		return client
	case "server":
		return 1 - client
	}
	return plot.Busier(&r.trace)
}

func (r *pointReader) hints() (hints []string) {
	if r.untimed > 0 {
		hints = append(hints, fmt.Sprintf("%d frames have no time and are not drawn", r.untimed))
	}
	if r.unscaled {
		hints = append(hints, "the handshake was not captured: windows are drawn without their scale, they may be larger")
	}
	if r.shown == 0 {
		hints = append(hints, "no packet of the connection lies in this time")
	}
	return hints
}
