package plot

import (
	"image"
	"math"

	"gonum.org/v1/plot/vg/draw"
)

// panel is one coordinate system of a picture.
type panel struct {
	*graph
	sheet      *sheet
	data       image.Rectangle // the pixels of the data
	begin, end int64           // time
	overview   bool
	y          axis
	label      string // of the y axis
}

// Distances around the data of a panel, pixels.
const (
	axisLeft   = 66
	axisBottom = 24
	axisRight  = 16
	captionTop = 24
	letterTop  = 17 // in the overview, letters of the zooms; in a zoom, its highest number
)

// panels draws the overview, and the zooms below it side by side.
func (s *sheet) panels(g *graph) {
	zooms := g.options.Zooms
	area := image.Rect(margin, s.top, s.width-margin, s.height-margin/2)
	over := area
	if len(zooms) > 0 {
		over.Max.Y = area.Min.Y + area.Dy()*57/100
	}
	p := s.panel(g, over, g.options.Begin, g.options.End)
	if p.overview = true; len(zooms) > 0 {
		p.data.Min.Y += letterTop // for the letters
	}
	p.draw("", "")
	for i := range zooms {
		part := image.Rect(area.Min.X+i*area.Dx()/len(zooms), over.Max.Y+4, area.Min.X+(i+1)*area.Dx()/len(zooms), area.Max.Y)
		z := s.panel(g, part, zooms[i].Begin, zooms[i].End)
		z.data.Min.Y += letterTop / 2
		z.draw(ZoomName(i), zooms[i].Caption)
	}
}

// ZoomName is the letter of a zoom.
func ZoomName(i int) string { return string(rune('A' + i)) }

func (s *sheet) panel(g *graph, area image.Rectangle, begin, end int64) *panel {
	p := &panel{graph: g, sheet: s, begin: begin, end: end}
	p.data = image.Rect(area.Min.X+axisLeft, area.Min.Y+captionTop, area.Max.X-axisRight, area.Max.Y-2*axisBottom)
	return p
}

// draw draws a panel with its caption.
func (p *panel) draw(name, caption string) {
	if p.end <= p.begin { // one moment: give it some width
		p.begin, p.end = p.begin-500_000, p.begin+500_000
	} else if !p.overview || p.whole {
		p.widen()
	}
	var paint func()
	switch p.options.Kind {
	case Sequence:
		paint = p.sequence()
	case Throughput:
		paint = p.throughput()
	case RTT:
		paint = p.roundTrips()
	default:
		paint = p.windows()
	}
	p.background()
	p.axes()
	paint()
	p.frame()
	p.captions(name, caption)
}

// widen leaves some room before the first and behind the last point.
func (p *panel) widen() {
	room := max((p.end-p.begin)/60, 1)
	p.begin, p.end = p.begin-room, p.end+room
}

// x gives the column of a time, which may lie outside.
func (p *panel) x(t int64) int {
	return pixel(float64(t-p.begin) / float64(p.end-p.begin) * float64(p.data.Dx()-1))
}

// row gives the row of a value, which may lie outside.
func (p *panel) row(v float64) int {
	h := float64(p.data.Dy() - 1)
	return pixel(h - p.y.norm(v)*h)
}

// pixel rounds, and bounds what lies far outside.
func pixel(v float64) int {
	if math.IsNaN(v) {
		return 0
	}
	return int(math.Round(max(-1e6, min(v, 1e6))))
}

// has tells whether a time lies in the panel.
func (p *panel) has(t int64) bool { return t >= p.begin && t <= p.end }

func (p *panel) layer() *layer { return newLayer(p.data.Dx(), p.data.Dy()) }

// background paints the times of closed windows, and in the overview those of the
// zooms.
func (p *panel) background() {
	fill(p.sheet.img, p.data, rgb(white))
	for _, s := range p.shut {
		if s.end < p.begin || s.begin > p.end {
			continue
		}
		r := p.data
		r.Min.X, r.Max.X = p.data.Min.X+p.x(s.begin), p.data.Min.X+p.x(s.end)+1
		fill(p.sheet.img, r.Intersect(p.data), rgb(paleRed))
	}
	if !p.overview {
		return
	}
	for i, z := range p.options.Zooms {
		r := p.zoomed(z)
		for y := r.Min.Y; y < r.Max.Y && r.Dx() > 8; y += 6 { // dashed sides, where they leave room for the data
			fill(p.sheet.img, image.Rect(r.Min.X, y, r.Min.X+1, y+3), rgb(gray))
			fill(p.sheet.img, image.Rect(r.Max.X-1, y, r.Max.X, y+3), rgb(gray))
		}
		p.sheet.write((r.Min.X+r.Max.X)/2, p.data.Min.Y-textSize-5, ZoomName(i), style{size: textSize, bold: true, color: darkGray, align: draw.XCenter})
		fill(p.sheet.img, image.Rect(r.Min.X, p.data.Min.Y-2, r.Max.X, p.data.Min.Y+1), rgb(gray))
	}
}

// zoomed gives the place of a zoom in the overview.
func (p *panel) zoomed(z Zoom) image.Rectangle {
	r := p.data
	r.Min.X = p.data.Min.X + min(max(p.x(z.Begin), 0), p.data.Dx()-3)
	r.Max.X = max(p.data.Min.X+min(p.x(z.End)+1, p.data.Dx()), r.Min.X+3)
	return r
}

// axes draws the grid and the numbers beside it.
func (p *panel) axes() {
	how := style{size: textSize, color: darkGray, align: draw.XRight}
	rows := p.y.ticks(max(p.data.Dy()/45, 2))
	if n := len(rows); n > 0 && !p.overview { // the overview has a line for its unit
		rows[n-1].label += " " + p.y.unit.name
	}
	for _, t := range rows {
		y := p.data.Min.Y + p.row(t.value)
		fill(p.sheet.img, image.Rect(p.data.Min.X-5, y, p.data.Max.X, y+1).Intersect(p.outer()), rgb(lightGray))
		p.sheet.write(p.data.Min.X-8, y-textSize/2-2, t.label, how)
	}
	how.align = draw.XCenter
	x := newAxis(float64(p.begin-p.trace.Origin), float64(p.end-p.trace.Origin), timeUnits, 0)
	most := max(p.data.Dx()/64, 2)
	ticks := x.ticks(most)
	for len(ticks) == 0 && most < 8 {
		most++
		ticks = x.ticks(most)
	}
	for len(ticks) > 2 && most > 1 && how.width(longest(ticks))+24 > p.data.Dx()/(len(ticks)-1) {
		most--
		ticks = x.ticks(most)
	}
	for _, t := range ticks {
		at := p.data.Min.X + p.x(p.trace.Origin+int64(math.Round(t.value)))
		fill(p.sheet.img, image.Rect(at, p.data.Min.Y, at+1, p.data.Max.Y+5).Intersect(p.outer()), rgb(lightGray))
		p.sheet.write(at, p.data.Max.Y+5, t.label, how)
	}
	p.sheet.write((p.data.Min.X+p.data.Max.X)/2, p.data.Max.Y+axisBottom, "time, "+x.unit.name, style{size: textSize, color: gray, align: draw.XCenter})
}

// outer is the data with room for ticks.
func (p *panel) outer() image.Rectangle {
	r := p.data
	r.Min.X -= 5
	r.Max.Y += 5
	return r
}

func longest(ticks []tick) (label string) {
	for _, t := range ticks {
		if len(t.label) > len(label) {
			label = t.label
		}
	}
	return label
}

// frame draws the two axes.
func (p *panel) frame() {
	r := p.data
	fill(p.sheet.img, image.Rect(r.Min.X-1, r.Min.Y, r.Min.X, r.Max.Y+1), rgb(gray))
	fill(p.sheet.img, image.Rect(r.Min.X-1, r.Max.Y, r.Max.X, r.Max.Y+1), rgb(gray))
}

// captions writes what the y axis counts, and the caption of a zoom.
func (p *panel) captions(name, caption string) {
	top := p.data.Min.Y - textSize - 6
	if p.overview {
		if len(p.options.Zooms) > 0 {
			top -= letterTop
		}
		label := p.label + ", " + p.y.unit.name
		if p.y.log {
			label += ", logarithmic"
		}
		p.sheet.write(margin, top, label, style{size: textSize, color: gray})
		return
	}
	top -= letterTop / 2
	letter, how := style{size: textSize, bold: true, color: darkGray}, style{size: textSize - 1, color: darkGray}
	x := p.data.Min.X - axisLeft
	p.sheet.write(x, top, name, letter)
	x += letter.width(name) + 6
	p.sheet.write(x, top+1, how.fit(caption, p.data.Max.X-x), how)
}

// put draws the marks that were gathered: the frequent ones below the rare ones.
func (p *panel) put(all map[Marks]*cells) {
	for i := range p.marks {
		m := p.marks[i]
		c := all[m.mark]
		if c == nil {
			continue
		}
		thinned := c.thinned(p.data.Dx() / 20)
		at := make([]image.Point, len(thinned))
		for j, q := range thinned {
			at[j] = image.Pt(p.data.Min.X+min(max(q.X, 3), p.data.Dx()-4), p.data.Min.Y+min(max(q.Y, 3), p.data.Dy()-4))
		}
		p.sheet.stamp(m, markRadius, at)
	}
}

// gather keeps the marks of a segment that the picture shows, at a row.
func (p *panel) gather(all map[Marks]*cells, q *Point, x int, y int) {
	if q.Marks == 0 {
		return
	}
	for i := range p.marks {
		m := p.marks[i]
		if q.Marks&m.mark == 0 || !p.graph.shows(m, q) {
			continue
		}
		if all[m.mark] == nil {
			all[m.mark] = &cells{size: fewCell}
		}
		all[m.mark].add(min(max(x, 0), p.data.Dx()-1), min(max(y, 0), p.data.Dy()-1))
	}
}
