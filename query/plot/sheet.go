package plot

import (
	"image"
	"image/color"
	"image/png"
	"io"
	"strings"
	"sync"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	stdfont "golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// fonts are the two that a picture uses. Importing gonum's package plot would
// parse twelve whenever the program starts.
var fonts = sync.OnceValue(func() *font.Cache {
	var all font.Collection
	for _, f := range []struct {
		weight stdfont.Weight
		ttf    []byte
	}{{stdfont.WeightNormal, liberationsansregular.TTF}, {stdfont.WeightBold, liberationsansbold.TTF}} {
		if face, err := opentype.Parse(f.ttf); err == nil { // part of the program: it parses
			all = append(all, font.Face{Font: font.Font{Typeface: typeface, Variant: "Sans", Weight: f.weight}, Face: face})
		}
	}
	return font.NewCache(all)
})

const typeface = "Liberation"

// Sizes of text and distances, pixels.
const (
	titleSize = 19
	textSize  = 14
	lineGap   = 6
	margin    = 14
)

// sheet is the paper: an image whose pixels are painted directly, and gonum's canvas
// for text and marks. One unit of the canvas is one pixel; rows count from the
// top here, the canvas counts from the bottom.
type sheet struct {
	img           *image.RGBA
	canvas        draw.Canvas
	width, height int
	top           int // below what is written already
}

func newSheet(width, height int) *sheet {
	c := vgimg.NewWith(vgimg.UseWH(vg.Length(width), vg.Length(height)), vgimg.UseDPI(72))
	s := &sheet{canvas: draw.New(c), width: width, height: height, top: margin}
	s.img, _ = c.Image().(*image.RGBA)
	return s
}

// style is how a text is written.
type style struct {
	size  float64
	bold  bool
	color uint32
	align draw.XAlignment
}

func (s style) text() draw.TextStyle {
	t := draw.TextStyle{
		Color: rgb(s.color), XAlign: s.align, YAlign: draw.YTop,
		Font:    font.Font{Typeface: typeface, Variant: "Sans", Size: font.Length(s.size)},
		Handler: text.Plain{Fonts: fonts()},
	}
	if s.bold {
		t.Font.Weight = stdfont.WeightBold
	}
	return t
}

// unkerned replaces spaces: pairs of a space and a letter are kerned so closely that
// small words grow together.
func unkerned(line string) string { return strings.ReplaceAll(line, " ", "\u00a0") }

func (s style) width(line string) int { return int(s.text().Width(unkerned(line))) + 1 }

// write puts a line of text below a row.
func (s *sheet) write(x, top int, line string, how style) {
	t := how.text()
	t.YAlign = draw.YBottom
	base := float64(top) + how.size // the base line lies one size below the top
	s.canvas.FillText(t, vg.Point{X: vg.Length(x), Y: vg.Length(float64(s.height)-base) - t.FontExtents().Descent}, unkerned(line))
}

// fit shortens a line to a width.
func (s style) fit(line string, width int) string {
	if s.width(line) <= width {
		return line
	}
	runes := []rune(line)
	low, high := 0, len(runes)
	for low < high {
		n := (low + high + 1) / 2
		if s.width(string(runes[:n])+"…") <= width {
			low = n
		} else {
			high = n - 1
		}
	}
	return string(runes[:low]) + "…"
}

// wrap breaks a text into lines of a width, at most so many.
func (s style) wrap(words string, width, most int) (lines []string) {
	line := ""
	for _, word := range strings.Fields(words) {
		next := strings.TrimPrefix(line+" "+word, " ")
		if line != "" && s.width(next) > width && len(lines)+1 < most {
			lines = append(lines, line)
			next = word
		}
		line = next
	}
	return append(lines, s.fit(line, width))
}

// place converts a pixel to a point of the canvas.
func (s *sheet) place(x, y int) vg.Point {
	return vg.Point{X: vg.Length(x) + 0.5, Y: vg.Length(s.height-y) - 0.5}
}

// stamp draws a mark at several places.
func (s *sheet) stamp(m *markStyle, radius float64, at []image.Point) {
	for _, layer := range []struct {
		color color.RGBA
		grow  float64
	}{{m.rim, 1.3}, {m.color, 0}} {
		var path vg.Path
		for _, p := range at {
			path = m.shape.add(path, s.place(p.X, p.Y), vg.Length(radius+layer.grow))
		}
		s.canvas.SetColor(layer.color)
		s.canvas.Fill(path)
	}
}

// encode writes the picture with a palette of at most 256 colours: shades that only
// smooth edges share one with their neighbours. It is several times smaller and
// quicker than full colour.
func (s *sheet) encode(w io.Writer) error {
	var seen [1 << 15]int16 // place in the palette + 1, by five bits of each colour
	out := image.NewPaletted(s.img.Rect, make(color.Palette, 0, 256))
	for _, v := range named { // they stay as they are
		c := rgb(v)
		out.Palette = append(out.Palette, c)
		seen[int(c.R>>3)<<10|int(c.G>>3)<<5|int(c.B>>3)] = int16(len(out.Palette))
	}
	for i := range out.Pix {
		p := s.img.Pix[4*i : 4*i+4]
		k := int(p[0]>>3)<<10 | int(p[1]>>3)<<5 | int(p[2]>>3)
		if seen[k] == 0 {
			c := color.RGBA{p[0], p[1], p[2], 0xff}
			if len(out.Palette) < cap(out.Palette) {
				out.Palette = append(out.Palette, c)
				seen[k] = int16(len(out.Palette))
			} else {
				seen[k] = int16(out.Palette.Index(c)) + 1
			}
		}
		out.Pix[i] = uint8(seen[k] - 1)
	}
	e := png.Encoder{CompressionLevel: png.DefaultCompression}
	return e.Encode(w, out)
}
