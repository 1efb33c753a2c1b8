package plot

import (
	"image"
)

// sample is what a legend shows before a label.
type sample uint8

const (
	bar sample = iota
	line
	thinLine
	dot
	band
	mark
)

// entry is one line of the legend.
type entry struct {
	sample sample
	color  uint32
	mark   *markStyle
	label  string
}

// head writes the title, what the connection is part of, the reading, and the legend.
func (s *sheet) head(g *graph) {
	inner := s.width - 2*margin
	line := func(words string, how style, most int) {
		for _, l := range how.wrap(words, inner, most) {
			s.write(margin, s.top, l, how)
			s.top += int(how.size) + lineGap
		}
	}
	line(g.title(), style{size: titleSize, bold: true, color: darkGray}, 1)
	s.top++
	if g.trace.Caption != "" {
		line(g.trace.Caption, style{size: textSize, color: gray}, 1)
	}
	line(g.reading(), style{size: textSize, color: darkGray}, 3)
	s.top += lineGap
	s.legend(g.legend())
}

// legend writes entries side by side, as many to a line as fit.
func (s *sheet) legend(entries []entry) {
	const swatch, gap = 24, 22
	how := style{size: textSize, color: darkGray}
	x := margin
	for i := range entries {
		e := &entries[i]
		width := swatch + how.width(e.label)
		if x > margin && x+width > s.width-margin {
			x = margin
			s.top += textSize + lineGap
		}
		s.swatch(e, x, s.top)
		s.write(x+swatch, s.top, e.label, how)
		x += width + gap
	}
	if len(entries) > 0 {
		s.top += textSize + lineGap
	}
	s.top += lineGap
}

// swatch draws the sample of an entry in a box of 18 pixels by the size of the text.
func (s *sheet) swatch(e *entry, x, top int) {
	middle := top + textSize/2 + 2
	c := rgb(e.color)
	switch e.sample {
	case bar:
		fill(s.img, image.Rect(x+8, top+2, x+11, top+textSize+1), c)
	case line:
		fill(s.img, image.Rect(x, middle-1, x+18, middle+1), c)
	case thinLine:
		fill(s.img, image.Rect(x, middle, x+18, middle+1), c)
	case dot:
		fill(s.img, image.Rect(x+7, middle-2, x+11, middle+2), c)
	case band:
		fill(s.img, image.Rect(x, top+2, x+18, top+textSize+1), c)
	case mark:
		s.stamp(e.mark, markRadius, []image.Point{{X: x + 9, Y: middle}})
	}
}

// title says what the picture shows.
func (g *graph) title() string {
	names, from := g.trace.Names, g.options.Sender&1
	switch g.options.Kind {
	case Sequence:
		return "Time-sequence graph: " + names[from] + " → " + names[1-from]
	case Window:
		return "Receive window and bytes in flight: " + names[from] + " → " + names[1-from]
	case Throughput:
		return "Throughput: " + names[0] + " ↔ " + names[1]
	}
	return "Round-trip times: " + names[0] + " ↔ " + names[1]
}

// legend lists what is drawn.
func (g *graph) legend() (all []entry) {
	names, from := g.trace.Names, g.options.Sender&1
	switch g.options.Kind {
	case Sequence:
		all = append(all, entry{sample: bar, color: blue, label: "segments of " + names[from]})
		all = append(all, entry{sample: line, color: green, label: "acknowledged"})
		edge := "receive window"
		if g.clipped {
			edge += " (goes beyond the top)"
		}
		all = append(all, entry{sample: line, color: sky, label: edge})
		if len(g.trace.Blocks) > 0 {
			all = append(all, entry{sample: bar, color: purple, label: "SACK blocks"})
		}
	case Window:
		all = append(all, entry{sample: line, color: green, label: "receive window of " + names[1-from]},
			entry{sample: dot, color: blue, label: "in flight from " + names[from]})
	case Throughput:
		for side, c := range sideColors {
			all = append(all, entry{sample: line, color: c.strong, label: names[side] + ", new bytes"},
				entry{sample: line, color: c.pale, label: "its frames"})
		}
	case RTT:
		for side, c := range sideColors {
			all = append(all, entry{sample: dot, color: c.strong, label: "until " + names[side] + " acknowledges"})
		}
	}
	if len(g.shut) > 0 {
		all = append(all, entry{sample: band, color: paleRed, label: "window closed"})
	}
	for m := range g.styles { // in the order of the list
		if n := g.counts[m]; n > 0 {
			all = append(all, entry{sample: mark, mark: &g.styles[m], label: g.styles[m].count(n)})
		}
	}
	return all
}

// sideColors are the colours of the two sides.
var sideColors = [2]struct{ strong, pale uint32 }{{blue, paleBlue}, {vermilion, paleSand}}

const markRadius = 4.5
