package plot

import (
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
)

// Marks is a set of what is special about a segment. The names and meanings are
// those of Wireshark's tcp.analysis fields.
type Marks uint32

// The marks.
const (
	Retransmission Marks = 1 << iota
	FastRetransmission
	SpuriousRetransmission
	OutOfOrder
	LostSegment // bytes before this segment were not captured
	WindowFull  // the segment fills the receiver's window
	KeepAlive   // of the data's sender
	ZeroWindowProbe
	DuplicateAck
	AckLostSegment // acknowledges what was not captured
	ZeroWindow
	ZeroWindowProbeAck
	WindowUpdate
	KeepAliveAck
	Reset         // RST
	CapturedTwice // a copy of a packet, as a mirror port makes it

	// Resent are the marks of bytes that were sent before.
	Resent = Retransmission | FastRetransmission | SpuriousRetransmission
	// again are the marks of bytes that were captured before.
	again = Resent | CapturedTwice
)

const markKinds = 16

// place is where on a time-sequence graph a mark stands.
type place uint8

const (
	onData place = iota // the end of a segment of the sender
	onAck               // the acknowledged number of the receiver
	onBoth              // either, by who sent it
)

// markStyle is how a mark is drawn.
type markStyle struct {
	mark   Marks
	label  string // one of them; "s" makes it many
	plural string
	place  place
	shape  shape
	color  color.RGBA
	rim    color.RGBA
}

// The colours are those of Okabe and Ito, which people with any colour vision can
// tell apart; marks of like colour differ in shape.
const (
	black     = 0x000000
	orange    = 0xe69f00
	sky       = 0x56b4e9
	green     = 0x009e73
	yellow    = 0xf0e442
	blue      = 0x0072b2
	vermilion = 0xd55e00
	purple    = 0xcc79a7
	white     = 0xffffff
	gray      = 0x757575
	lightGray = 0xe4e4e4
	darkGray  = 0x303030
	paleBlue  = 0xa9d3ee
	paleSand  = 0xf3d08a
	paleRed   = 0xfbece3
)

// named are all of them.
var named = [...]uint32{
	black, orange, sky, green, yellow, blue, vermilion, purple, white, gray, lightGray, darkGray, paleBlue, paleSand, paleRed,
}

func rgb(v uint32) color.RGBA {
	return color.RGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 0xff}
}

// styles lists the marks in the order of the legend.
func styles() []markStyle {
	return []markStyle{
		{Retransmission, "retransmission", "retransmissions", onData, up, rgb(vermilion), rgb(white)},
		{FastRetransmission, "fast retransmission", "fast retransmissions", onData, diamond, rgb(vermilion), rgb(white)},
		{SpuriousRetransmission, "spurious retransmission", "spurious retransmissions", onData, circle, rgb(vermilion), rgb(white)},
		{OutOfOrder, "out-of-order segment", "out-of-order segments", onData, square, rgb(orange), rgb(white)},
		{LostSegment, "gap before a segment", "gaps before segments", onData, cross, rgb(black), rgb(white)},
		{WindowFull, "segment that fills the window", "segments that fill the window", onData, square, rgb(yellow), rgb(black)},
		{KeepAlive, "keep-alive", "keep-alives", onData, circle, rgb(gray), rgb(white)},
		{ZeroWindowProbe, "zero-window probe", "zero-window probes", onData, up, rgb(yellow), rgb(black)},
		{DuplicateAck, "duplicate ACK", "duplicate ACKs", onAck, down, rgb(purple), rgb(white)},
		{AckLostSegment, "ACK of unseen bytes", "ACKs of unseen bytes", onAck, plus, rgb(black), rgb(white)},
		{ZeroWindow, "zero window", "zero windows", onAck, square, rgb(black), rgb(white)},
		{ZeroWindowProbeAck, "answer to a probe", "answers to probes", onAck, down, rgb(yellow), rgb(black)},
		{WindowUpdate, "window update", "window updates", onAck, up, rgb(green), rgb(white)},
		{KeepAliveAck, "answer to a keep-alive", "answers to keep-alives", onAck, down, rgb(gray), rgb(white)},
		{Reset, "RST", "RST", onBoth, cross, rgb(vermilion), rgb(white)},
		{CapturedTwice, "packet captured twice", "packets captured twice", onBoth, square, rgb(gray), rgb(white)},
	}
}

// shows tells whether a picture shows a mark of a segment.
func (g *graph) shows(m *markStyle, p *Point) bool {
	ofSender := p.Side == g.options.Sender
	fits := m.place == onBoth || m.place == onData && ofSender || m.place == onAck && !ofSender
	switch g.options.Kind {
	case Sequence:
		return fits
	case Throughput:
		return m.mark&(again|OutOfOrder|LostSegment|Reset) != 0
	case Window:
		return fits && m.mark&(ZeroWindow|ZeroWindowProbe|WindowFull|WindowUpdate|Resent) != 0
	}
	return false
}

// count writes how many there are of a mark.
func (m *markStyle) count(n int) string {
	if n == 1 {
		return "1 " + m.label
	}
	return grouped(int64(n)) + " " + m.plural
}

// shape is the form of a mark.
type shape uint8

const (
	up shape = iota
	down
	square
	diamond
	circle
	cross
	plus
)

// outlines gives the corners of each shape in units of its radius, against the
// clock, y upwards; a circle has none.
var outlines = [...][][2]float64{
	up:      {{-1, -0.85}, {1, -0.85}, {0, 1}},
	down:    {{-1, 0.85}, {0, -1}, {1, 0.85}},
	square:  {{-0.8, -0.8}, {0.8, -0.8}, {0.8, 0.8}, {-0.8, 0.8}},
	diamond: {{0, -1.1}, {1.1, 0}, {0, 1.1}, {-1.1, 0}},
	circle:  nil,
	cross: {
		{-1, -0.6},
		{-0.6, -1},
		{0, -0.4},
		{0.6, -1},
		{1, -0.6},
		{0.4, 0},
		{1, 0.6},
		{0.6, 1},
		{0, 0.4},
		{-0.6, 1},
		{-1, 0.6},
		{-0.4, 0},
	},
	plus: {
		{-0.3, -1.1},
		{0.3, -1.1},
		{0.3, -0.3},
		{1.1, -0.3},
		{1.1, 0.3},
		{0.3, 0.3},
		{0.3, 1.1},
		{-0.3, 1.1},
		{-0.3, 0.3},
		{-1.1, 0.3},
		{-1.1, -0.3},
		{-0.3, -0.3},
	},
}

// add appends the outline of a shape to a path.
func (s shape) add(path vg.Path, at vg.Point, radius vg.Length) vg.Path {
	corners := outlines[s]
	if corners == nil {
		path.Move(vg.Point{X: at.X + radius, Y: at.Y})
		path.Arc(at, radius, 0, 2*math.Pi)
		path.Close()
		return path
	}
	for i, c := range corners {
		p := vg.Point{X: at.X + vg.Length(c[0])*radius, Y: at.Y + vg.Length(c[1])*radius}
		if i == 0 {
			path.Move(p)
		} else {
			path.Line(p)
		}
	}
	path.Close()
	return path
}
