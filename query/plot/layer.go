package plot

import (
	"image"
	"image/color"
	"math/bits"
)

// layer is a bitmap of a panel's pixels in which all points of one kind are
// gathered: row 0 is the upper one. Setting a pixel twice costs nothing in the
// picture, so that a layer is the decimation of its points per column.
type layer struct {
	width, height int
	words         int      // of a column
	bits          []uint64 // column after column
}

func newLayer(width, height int) *layer {
	words := (height + 63) / 64
	return &layer{width: width, height: height, words: words, bits: make([]uint64, width*words)}
}

// vertical sets the rows from a to b, in either order, of a column. What lies
// outside of the panel is cut off.
func (l *layer) vertical(x, a, b int) {
	a, b = max(min(a, b), 0), min(max(a, b), l.height-1)
	if x < 0 || x >= l.width || a > b {
		return
	}
	column := l.bits[x*l.words : (x+1)*l.words]
	first, last := a>>6, b>>6
	low, high := ^uint64(0)<<(a&63), ^uint64(0)>>(63-b&63)
	if first == last {
		column[first] |= low & high
		return
	}
	column[first] |= low
	for i := first + 1; i < last; i++ {
		column[i] = ^uint64(0)
	}
	column[last] |= high
}

// horizontal sets the columns from a to b, in either order, of a row.
func (l *layer) horizontal(a, b, y int) {
	if y < 0 || y >= l.height {
		return
	}
	a, b = max(min(a, b), 0), min(max(a, b), l.width-1)
	for x := a; x <= b; x++ {
		l.bits[x*l.words+y>>6] |= 1 << (y & 63)
	}
}

// step draws one step of a line that goes from the pixel before to the next.
func (l *layer) step(x0, y0, x1, y1 int) {
	l.horizontal(x0, x1, y0)
	l.vertical(x1, y0, y1)
}

// has tells whether a pixel is set.
func (l *layer) has(x, y int) bool {
	return x >= 0 && x < l.width && y >= 0 && y < l.height && l.bits[x*l.words+y>>6]>>(y&63)&1 != 0
}

// columns counts the columns that hold something.
func (l *layer) columns() (n int) {
	for x := range l.width {
		for _, w := range l.bits[x*l.words : (x+1)*l.words] {
			if w != 0 {
				n++
				break
			}
		}
	}
	return n
}

// paint colours the pixels that are set, each as a square of pen pixels, in a
// part of an image.
func (l *layer) paint(img *image.RGBA, at image.Rectangle, c color.RGBA, pen int) {
	for x := range l.width {
		for i, w := range l.bits[x*l.words : (x+1)*l.words] {
			for w != 0 {
				from := bits.TrailingZeros64(w)
				n := bits.TrailingZeros64(^(w >> from))
				y := at.Min.Y + i<<6 + from
				left := at.Min.X + x - (pen-1)/2
				top := y - (pen-1)/2
				fill(img, image.Rect(left, top, left+pen, y+n+pen/2).Intersect(at), c)
				if from+n >= 64 {
					break
				}
				w &= ^uint64(0) << (from + n)
			}
		}
	}
}

// fill colours a rectangle.
func fill(img *image.RGBA, r image.Rectangle, c color.RGBA) {
	r = r.Intersect(img.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := img.Pix[img.PixOffset(r.Min.X, y):]
		for i := range r.Dx() {
			row[4*i], row[4*i+1], row[4*i+2], row[4*i+3] = c.R, c.G, c.B, c.A
		}
	}
}

// cells keeps marks apart: those of one kind that would lie in the same square of
// some pixels are one, the first.
type cells struct {
	size  int
	taken map[[2]int]bool
	at    []image.Point
}

// Sizes of the squares: of few marks, and of so many that they would hide the rest.
const (
	fewCell  = 4
	manyCell = 16
)

// thinned gives the marks that are drawn.
func (c *cells) thinned(few int) []image.Point {
	if len(c.at) <= few {
		return c.at
	}
	many := &cells{size: manyCell}
	for _, p := range c.at {
		many.add(p.X, p.Y)
	}
	return many.at
}

func (c *cells) add(x, y int) {
	k := [2]int{x / c.size, y / c.size}
	if c.taken[k] {
		return
	}
	if c.taken == nil {
		c.taken = map[[2]int]bool{}
	}
	c.taken[k] = true
	c.at = append(c.at, image.Pt(x, y))
}
