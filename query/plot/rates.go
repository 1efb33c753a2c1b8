package plot

import (
	"math"
	"strconv"
)

// bins are bytes per span of time, by side.
type bins struct {
	first  int64 // beginning of the first bin, ns
	width  int64 // ns
	frames [2][]float64
	fresh  [2][]float64 // payload that was not sent before
}

// newBins chooses a round width of bins, so that a bin is some pixels wide and holds
// some segments, and adds up what falls into a span of time.
func newBins(t *Trace, begin, end int64, pixels int) *bins {
	points := 0
	for i := range t.Points {
		if q := &t.Points[i]; q.Time >= begin && q.Time <= end {
			points++
		}
	}
	most := min(max(points/4, 12), max(pixels/4, 12))
	step := roundStep(float64(end-begin), most, 0)
	b := &bins{width: int64(step.value())}
	b.first = t.Origin + floorDiv(begin-t.Origin, b.width)*b.width
	n := int((end-b.first)/b.width) + 1
	for side := range b.frames {
		b.frames[side], b.fresh[side] = make([]float64, n), make([]float64, n)
	}
	for i := range t.Points {
		q := &t.Points[i]
		if q.Time < b.first || q.Time > end {
			continue
		}
		at := (q.Time - b.first) / b.width
		b.frames[q.Side&1][at] += float64(q.Wire)
		if q.Marks&again == 0 {
			b.fresh[q.Side&1][at] += float64(q.Len)
		}
	}
	return b
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// rate converts the bytes of a bin to bits per second.
func (b *bins) rate(n float64) float64 { return n * 8 * 1e9 / float64(b.width) }

// throughput prepares bits per second: of whole frames, and of payload that is new.
func (p *panel) throughput() (paint func()) {
	b := newBins(p.trace, p.begin, p.end, p.data.Dx())
	high := 0.0
	for side := range b.frames {
		for _, n := range b.frames[side] {
			high = math.Max(high, b.rate(n))
		}
	}
	p.y = newAxis(0, math.Max(high, 1000)*1.08, rateUnits, 0)
	p.label = "throughput per " + step(b.width)
	marks := map[Marks]*cells{}
	for i := range p.trace.Points {
		if q := &p.trace.Points[i]; p.has(q.Time) {
			p.gather(marks, q, p.x(q.Time), p.data.Dy()-8)
		}
	}
	return func() {
		for side, c := range sideColors {
			p.stairs(b, b.frames[side]).paint(p.sheet.img, p.data, rgb(c.pale), 2)
		}
		for side, c := range sideColors {
			p.stairs(b, b.fresh[side]).paint(p.sheet.img, p.data, rgb(c.strong), 2)
		}
		p.put(marks)
	}
}

// step writes a round length of time.
func step(ns int64) string {
	u := unitFor(timeUnits, float64(ns))
	return strconv.FormatFloat(float64(ns)/math.Pow10(u.power), 'f', -1, 64) + " " + u.name
}

// stairs draws a rate for each bin.
func (p *panel) stairs(b *bins, values []float64) *layer {
	l := p.layer()
	var t tracker
	for i, n := range values {
		t.move(l, p.x(b.first+int64(i)*b.width), p.row(b.rate(n)))
	}
	t.hold(l, p.x(b.first+int64(len(values))*b.width))
	return l
}

// roundTrips prepares the round-trip times: one dot for each ACK that answers a
// segment, by who acknowledges.
func (p *panel) roundTrips() (paint func()) {
	p.label = "round-trip time"
	low, high := math.Inf(1), 0.0
	for i := range p.trace.Points {
		if q := &p.trace.Points[i]; q.RTT > 0 && p.has(q.Time) {
			low, high = math.Min(low, float64(q.RTT)), math.Max(high, float64(q.RTT))
		}
	}
	p.y = newAxis(0, math.Max(high, 1000)*1.08, timeUnits, 0)
	if high/30 > low { // as where the capture was taken at one of the ends
		p.y.low, p.y.high, p.y.log = low*0.8, high*1.4, true
	}
	dots := [2]*layer{p.layer(), p.layer()}
	n := 0
	for i := range p.trace.Points {
		if q := &p.trace.Points[i]; q.RTT > 0 && p.has(q.Time) {
			y := p.row(float64(q.RTT))
			dots[q.Side&1].vertical(p.x(q.Time), y, y)
			n++
		}
	}
	pen := 4
	if n < p.data.Dx()/4 {
		pen = 6
	}
	return func() {
		for side, c := range sideColors {
			dots[side].paint(p.sheet.img, p.data, rgb(c.strong), pen)
		}
	}
}

// windows prepares the receiver's window and the bytes in flight towards it.
func (p *panel) windows() (paint func()) {
	p.label = "bytes"
	window, flight := p.layer(), p.layer()
	high, before := 0.0, 0.0
	for i := range p.trace.Points {
		q := &p.trace.Points[i]
		v := float64(q.InFlight)
		if q.Side != p.options.Sender {
			if v = float64(q.Window); !q.acks() {
				continue
			}
			if q.Time < p.begin {
				before = v
			}
		}
		if p.has(q.Time) {
			high = math.Max(high, v)
		}
	}
	p.y = newAxis(0, math.Max(math.Max(high, before), 1000)*1.08, byteUnits, 0)
	marks := map[Marks]*cells{}
	var held tracker
	last := 0
	for i := range p.trace.Points {
		q := &p.trace.Points[i]
		x := p.x(q.Time)
		last = max(last, x)
		if q.Time > p.end {
			continue
		}
		y := p.row(float64(q.InFlight))
		if q.Side != p.options.Sender {
			y = p.row(float64(q.Window))
			if q.acks() {
				held.move(window, x, y)
			}
		} else if q.InFlight > 0 && p.has(q.Time) {
			flight.vertical(x, y, y)
		}
		if p.has(q.Time) {
			p.gather(marks, q, x, y)
		}
	}
	held.hold(window, last)
	pen := 3
	if flight.columns() < p.data.Dx()/6 {
		pen = 4
	}
	return func() {
		window.paint(p.sheet.img, p.data, rgb(green), 2)
		flight.paint(p.sheet.img, p.data, rgb(blue), pen)
		p.put(marks)
	}
}
