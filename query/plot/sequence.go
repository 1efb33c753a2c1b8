package plot

import (
	"math"
	"slices"
)

// sequence prepares the time-sequence graph of one direction: segments as bars from
// their first byte to their last, the receiver's acknowledgements and the edge of
// its window as lines, SACK blocks as bars.
func (p *panel) sequence() (paint func()) {
	p.label = "sequence number"
	p.y, _ = p.sequenceAxis(p.begin, p.end)
	d := &sequenceDrawing{
		panel: p, data: p.layer(), resent: p.layer(), moved: p.layer(), gaps: p.layer(),
		sacked: p.layer(), acks: p.layer(), edge: p.layer(), marks: map[Marks]*cells{},
	}
	d.gather()
	if 12*d.bars < p.data.Dx() {
		d.caps()
	}
	return d.paint
}

// extent is what a time-sequence graph has to show of some span of time.
type extent struct {
	low, high float64 // of the sender's segments; low is +Inf if there are none
	payload   float64
	most      float64 // payload of a segment, of the whole connection
	acked     float64 // lowest acknowledged number, that before the span included
	edge      float64 // highest edge of the window
}

// sequenceAxis chooses the numbers that are shown: those of the segments and ACKs,
// and the window's edge where it does not make them small; cut says that it does.
func (g *graph) sequenceAxis(begin, end int64) (y axis, cut bool) {
	e := g.extent(begin, end)
	if e.high-e.low > 16*e.payload+1<<20 { // a stray number must not make the rest a line
		e.low, e.high = g.usual(begin, end)
	}
	switch {
	case math.IsInf(e.low, 0) && math.IsInf(e.acked, 0):
		return newAxis(0, 1000, byteUnits, 0), false
	case math.IsInf(e.low, 0):
		e.low, e.high = e.acked, e.acked
	}
	least := math.Max(4*e.most, 1000) // a few segments, so that one is no wall
	if e.acked < e.low && e.low-e.acked < math.Max(e.high-e.low, least) {
		e.low = e.acked
	}
	if cut = e.edge > e.high+0.7*math.Max(e.high-e.low, least); !cut {
		e.high = math.Max(e.high, e.edge)
	}
	size := e.high - e.low
	if room := least - size; room > 0 {
		e.low, e.high, size = e.low-room/2, e.high+room/2, least
		if e.low < 0 && e.low > -least/2 {
			e.low, e.high = 0, e.high-e.low
		}
	}
	return newAxis(e.low-0.03*size, e.high+0.06*size, byteUnits, 0), cut
}

// usual gives the range of the sender's segments without the lowest and highest
// fiftieth of their edges.
func (g *graph) usual(begin, end int64) (low, high float64) {
	var edges []int64
	for i := range g.trace.Points {
		if q := &g.trace.Points[i]; q.Side == g.options.Sender && q.Time >= begin && q.Time <= end && q.end() > q.Seq {
			edges = append(edges, q.Seq, q.end())
		}
	}
	slices.Sort(edges)
	return float64(edges[len(edges)/50]), float64(edges[len(edges)-1-len(edges)/50])
}

func (g *graph) extent(begin, end int64) extent {
	e := extent{low: math.Inf(1), high: math.Inf(-1), acked: math.Inf(1), edge: math.Inf(-1)}
	for i := range g.trace.Points {
		q := &g.trace.Points[i]
		e.most = math.Max(e.most, float64(q.Len))
		switch {
		case q.Time > end:
		case q.Side == g.options.Sender:
			if q.Time >= begin && q.end() > q.Seq {
				e.low, e.high = math.Min(e.low, float64(q.Seq)), math.Max(e.high, float64(q.end()))
				e.payload += float64(q.Len)
			}
		case q.acks():
			ack, edge := float64(q.Ack), float64(q.Ack)+float64(q.Window)
			if q.Time < begin { // only the last before the span counts
				e.acked, e.edge = ack, edge
			} else {
				e.acked, e.edge = math.Min(e.acked, ack), math.Max(e.edge, edge)
			}
		}
	}
	return e
}

// sequenceDrawing gathers the pixels of a time-sequence graph.
type sequenceDrawing struct {
	*panel
	data, resent, moved, gaps, sacked, acks, edge *layer
	bars                                          int
	marks                                         map[Marks]*cells
}

// tracker draws a line in steps: the value holds until the next one.
type tracker struct {
	x, y  int
	begun bool
}

// move draws the step to the next value; what happened left of the panel is kept in
// mind only.
func (t *tracker) move(l *layer, x, y int) {
	switch {
	case x < 0:
		x = 0
	case t.begun:
		l.step(t.x, t.y, x, y)
	default:
		l.step(x, y, x, y)
	}
	t.x, t.y, t.begun = x, y, true
}

// hold draws the last value on to a column.
func (t *tracker) hold(l *layer, x int) {
	if t.begun {
		l.horizontal(t.x, max(x, t.x), t.y)
	}
}

func (d *sequenceDrawing) gather() {
	var acked, edge tracker
	var next int64 // behind the last byte that was seen
	var seen bool
	block, lastX := 0, 0
	blocks := d.trace.Blocks
	for i := range d.trace.Points {
		q := &d.trace.Points[i]
		for block < len(blocks) && blocks[block].Point < i {
			block++
		}
		x := d.x(q.Time)
		lastX = max(lastX, x) // cut at the edge of the panel
		if q.Time > d.end {
			continue
		}
		if q.Side == d.options.Sender {
			if d.has(q.Time) {
				d.segment(q, x, next, seen)
			}
			if q.end() > q.Seq && (!seen || q.end() > next) {
				next, seen = q.end(), true
			}
			continue
		}
		if q.acks() {
			y := d.row(float64(q.Ack))
			acked.move(d.acks, x, y)
			if q.Flags&flagSYN == 0 || q.Window > 0 {
				edge.move(d.edge, x, d.row(float64(q.Ack)+float64(q.Window)))
			}
		}
		if d.has(q.Time) {
			for ; block < len(blocks) && blocks[block].Point == i; block++ {
				d.sacked.vertical(x, d.row(float64(blocks[block].From)), d.row(float64(blocks[block].To)))
			}
			d.panel.gather(d.marks, q, x, d.row(float64(q.Ack)))
		}
	}
	acked.hold(d.acks, lastX)
	edge.hold(d.edge, lastX)
}

// segment draws one segment of the sender; next is the number that was expected.
func (d *sequenceDrawing) segment(q *Point, x int, next int64, seen bool) {
	top := d.row(float64(q.end()))
	if q.end() > q.Seq {
		d.layerOf(q).vertical(x, d.row(float64(q.Seq)), top)
		d.bars++
	}
	if q.Marks&LostSegment != 0 && seen && q.Seq > next {
		d.gaps.vertical(x, d.row(float64(next)), d.row(float64(q.Seq)))
	}
	d.panel.gather(d.marks, q, x, top)
}

// caps draws the ends of the segments as short strokes, so that one is told from the
// next where they stand close.
func (d *sequenceDrawing) caps() {
	for i := range d.trace.Points {
		q := &d.trace.Points[i]
		if q.Side != d.options.Sender || !d.has(q.Time) || q.Len == 0 {
			continue
		}
		l, x := d.layerOf(q), d.x(q.Time)
		l.horizontal(x-3, x+3, d.row(float64(q.Seq)))
		l.horizontal(x-3, x+3, d.row(float64(q.end())))
	}
}

// layerOf gives the layer that a segment is drawn in.
func (d *sequenceDrawing) layerOf(q *Point) *layer {
	switch {
	case q.Marks&Resent != 0:
		return d.resent
	case q.Marks&OutOfOrder != 0:
		return d.moved
	}
	return d.data
}

// paint colours what was gathered, the lines below the bars.
func (d *sequenceDrawing) paint() {
	pen := 1
	switch n := d.data.columns(); {
	case 12*d.bars < d.data.width: // with caps
		pen = 2
	case 4*n < d.data.width:
		pen = 3
	case 2*n < d.data.width:
		pen = 2
	}
	for _, l := range []struct {
		layer *layer
		color uint32
		pen   int
	}{
		{d.edge, sky, 2},
		{d.acks, green, 2},
		{d.sacked, purple, max(pen, 2)},
		{d.data, blue, pen},
		{d.gaps, black, 1},
		{d.moved, orange, max(pen, 2)},
		{d.resent, vermilion, max(pen, 2)},
	} {
		l.layer.paint(d.sheet.img, d.panel.data, rgb(l.color), l.pen)
	}
	d.put(d.marks)
}
