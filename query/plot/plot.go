// Package plot draws pictures of one TCP connection as PNG: the time-sequence
// graph in the manner of tcptrace, throughput, round-trip times, and window
// against bytes in flight. It knows points and nothing of where they come from,
// reads no clock and no file: the same points give the same bytes.
//
// A picture is an overview and, below it, up to three zooms that the caller
// names. Whatever lies in one column of pixels is gathered in bitmaps of the
// panel (layer.go), so that a picture costs one pass over the points and shows
// what a picture of all of them would show: extremes and single marks stay.
package plot

import (
	"errors"
	"io"
	"math"
	"slices"
)

// Kind is what a picture shows.
type Kind string

// The kinds of pictures.
const (
	Sequence   Kind = "sequence"   // segments, ACKs, window and SACK blocks of one direction
	Throughput Kind = "throughput" // bits per second, both directions
	RTT        Kind = "rtt"        // round-trip times by ACKs, both directions
	Window     Kind = "window"     // receive window and bytes in flight of one direction
)

// Kinds lists the kinds of pictures.
func Kinds() []string {
	return []string{string(Sequence), string(Throughput), string(RTT), string(Window)}
}

// TCP flags of Point.Flags.
const (
	flagFIN = 1
	flagSYN = 2
	flagRST = 4
	flagACK = 16
)

// Point is one segment of the connection.
type Point struct {
	Time int64 // ns; on the axis relative to Trace.Origin
	// Seq and Ack count the bytes of a direction from its first sequence number,
	// beyond 2^32 too (see Unwrap). Ack counts where Flags has ACK.
	Seq, Ack int64
	RTT      int64  // ns from the acknowledged segment to this ACK; 0: none
	Frame    uint32 // number in the capture
	Len      uint32 // payload, bytes
	Wire     uint32 // length of the frame, bytes
	Window   uint32 // scaled window, bytes
	InFlight uint32 // bytes that the sender has outstanding with this segment, from the highest acknowledged on
	Marks    Marks
	Flags    uint8 // of the TCP header: FIN 1, SYN 2, RST 4, ACK 16
	Side     uint8 // sender, 0 or 1
}

// end is the sequence number behind the segment.
func (p *Point) end() int64 {
	end := p.Seq + int64(p.Len)
	if p.Flags&(flagSYN|flagFIN) != 0 {
		end++
	}
	return end
}

// acks tells that the segment's acknowledgement number counts.
func (p *Point) acks() bool { return p.Flags&flagACK != 0 && p.Flags&flagRST == 0 }

// shut tells that the segment closes its sender's window, as Wireshark decides it:
// a window of 0 in a segment that is none of SYN, FIN and RST.
func (p *Point) shut() bool { return p.Window == 0 && p.Flags&(flagSYN|flagFIN|flagRST) == 0 }

// Block is a selectively acknowledged range of the other direction's bytes.
type Block struct {
	Point    int // place of the ACK in Trace.Points
	From, To int64
}

// Trace is one connection.
type Trace struct {
	Names   [2]string // the endpoints, by side, as they are to be shown
	Caption string    // the line below the title: what the connection is part of
	Origin  int64     // the time that the axis calls 0
	Points  []Point   // in the order of the capture
	Blocks  []Block   // by Point
}

// Options say what is drawn.
type Options struct {
	Kind Kind
	// Sender is the side whose data Sequence and Window show, see Busier.
	Sender        uint8
	Width, Height int // pixels; see Bounds
	// Begin and End bound the overview; both 0: all points.
	Begin, End int64
	Zooms      []Zoom // at most MaxZooms
}

// Zoom is a span of time that is drawn again, larger.
type Zoom struct {
	Begin, End int64
	Caption    string
}

// Limits of a picture. A smaller one has no room for its legend.
const (
	MinWidth   = 640
	MaxWidth   = 4000
	MinHeight  = 400
	MaxHeight  = 3000
	ZoomHeight = 700 // least height of a picture with zooms
	MaxZooms   = 3

	DefaultWidth = 1200
)

// DefaultHeight is the height that suits a number of zooms.
func DefaultHeight(zooms int) int {
	if zooms > 0 {
		return 960
	}
	return 640
}

// errSize is a mistake of the caller.
var errSize = errors.New("plot: the picture is too small, too large, or has too many zooms")

// Draw writes a picture.
func Draw(w io.Writer, t *Trace, o Options) error {
	if o.Width < MinWidth || o.Width > MaxWidth || o.Height < MinHeight || o.Height > MaxHeight || len(o.Zooms) > MaxZooms ||
		len(o.Zooms) > 0 && o.Height < ZoomHeight {
		return errSize
	}
	g := newGraph(t.tame(), o)
	s := newSheet(o.Width, o.Height)
	s.head(g)
	s.panels(g)
	return s.encode(w)
}

// span gives the times of the overview: those asked for, or those of the points.
func (o *Options) span(t *Trace) (begin, end int64) {
	if o.Begin != 0 || o.End != 0 {
		low, high := t.limits()
		begin = min(max(o.Begin, low), high)
		return begin, max(begin, min(o.End, high))
	}
	if len(t.Points) == 0 {
		return t.Origin, t.Origin
	}
	begin, end = math.MaxInt64, math.MinInt64
	for i := range t.Points {
		begin, end = min(begin, t.Points[i].Time), max(end, t.Points[i].Time)
	}
	return begin, end
}

// far bounds times, relative to the origin, and sequence numbers, so that their
// differences are numbers too: 73 years, and more bytes than were ever sent.
const far = 1 << 61

// limits are the earliest and latest time that can be drawn.
func (t *Trace) limits() (low, high int64) {
	if t.Origin < math.MinInt64+far || t.Origin > math.MaxInt64-far {
		return -far, far
	}
	return t.Origin - far, t.Origin + far
}

// tame gives the trace without numbers that are too far out to be drawn: they come
// from a hostile capture.
func (t *Trace) tame() *Trace {
	low, high := t.limits()
	wild := func(v, low, high int64) bool { return v < low || v > high }
	if !slices.ContainsFunc(t.Points, func(p Point) bool {
		return wild(p.Time, low, high) || wild(p.Seq, -far, far) || wild(p.Ack, -far, far)
	}) {
		return t
	}
	tamed := *t
	tamed.Points = slices.Clone(t.Points)
	for i := range tamed.Points {
		p := &tamed.Points[i]
		p.Time, p.Seq, p.Ack = min(max(p.Time, low), high), min(max(p.Seq, -far), far), min(max(p.Ack, -far), far)
	}
	return &tamed
}

// Busier gives the side that sent more payload.
func Busier(t *Trace) uint8 {
	var sent [2]uint64
	for i := range t.Points {
		sent[t.Points[i].Side&1] += uint64(t.Points[i].Len)
	}
	if sent[1] > sent[0] {
		return 1
	}
	return 0
}

// Unwrap gives the 64-bit number that is nearest to one known before and has v as
// its lower 32 bits: sequence numbers wrap, streams do not.
func Unwrap(last int64, v uint32) int64 { return last + int64(int32(v-uint32(last))) }

// graph is a picture in the making: what its panels have in common.
type graph struct {
	trace   *Trace
	options *Options // with the times of the overview
	whole   bool     // the overview shows all points
	styles  []markStyle
	marks   []*markStyle // that occur, the most frequent first
	counts  [markKinds]int
	shut    []span // times in which the receiver's window was closed
	clipped bool   // the window's edge lies above a panel
}

// span is a part of time, both ends included.
type span struct{ begin, end int64 }

func newGraph(t *Trace, asked Options) *graph {
	o := &asked
	g := &graph{trace: t, options: o, styles: styles(), whole: o.Begin == 0 && o.End == 0}
	low, high := t.limits()
	o.Begin, o.End = o.span(t)
	o.Zooms = slices.Clone(o.Zooms)
	for i := range o.Zooms {
		z := &o.Zooms[i]
		z.Begin = min(max(z.Begin, low), high)
		z.End = max(min(max(z.End, low), high), z.Begin)
	}
	for i := range t.Points {
		p := &t.Points[i]
		if p.Time < o.Begin || p.Time > o.End {
			continue
		}
		for m := range g.styles {
			if p.Marks&g.styles[m].mark != 0 && g.shows(&g.styles[m], p) {
				g.counts[m]++
			}
		}
	}
	var order []int
	for m := range g.styles {
		if g.counts[m] > 0 {
			order = append(order, m)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return g.counts[b] - g.counts[a] })
	for _, m := range order {
		g.marks = append(g.marks, &g.styles[m])
	}
	if o.Kind == Sequence || o.Kind == Window {
		g.shut = closed(t, 1-o.Sender)
	}
	if o.Kind == Sequence {
		_, g.clipped = g.sequenceAxis(o.Begin, o.End)
		for _, z := range o.Zooms {
			_, cut := g.sequenceAxis(z.Begin, z.End)
			g.clipped = g.clipped || cut
		}
	}
	return g
}

// closed gives the times in which a side's window was closed: from the segment
// that says so to its next that does not.
func closed(t *Trace, side uint8) (spans []span) {
	open := true
	var last int64
	for i := range t.Points {
		p := &t.Points[i]
		last = p.Time
		switch {
		case p.Side != side || p.Flags&(flagSYN|flagRST) != 0 || p.Flags&flagACK == 0:
		case p.shut() && open:
			spans = append(spans, span{p.Time, p.Time})
			open = false
		case p.Window > 0 && !open:
			spans[len(spans)-1].end = max(p.Time, spans[len(spans)-1].begin)
			open = true
		}
	}
	if !open {
		spans[len(spans)-1].end = max(last, spans[len(spans)-1].begin)
	}
	return spans
}
