package plot

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

const second = int64(1e9)

// bulk makes a transfer of n points of side 1: two segments, then an ACK, a loss
// every so often.
func bulk(n int) *Trace {
	t := &Trace{Names: [2]string{"192.0.2.1:1234", "[2001:db8::1]:80"}, Caption: "synthetic", Origin: 1_700_000_000 * second}
	r := rand.New(rand.NewPCG(1, 2))
	now, seq, acked := t.Origin, int64(1), int64(1)
	for i := range n {
		now += 20_000 + r.Int64N(60_000)
		p := Point{Time: now, Frame: uint32(i + 1), Wire: 66, Flags: flagACK, Window: 200_000, Ack: 1}
		if i%3 == 2 {
			p.Ack, p.Seq, p.RTT = acked, 1, 100_000+r.Int64N(1_000_000)
			if acked = seq; i%99 == 2 {
				p.Marks, p.Window = ZeroWindow, 0
				t.Blocks = append(t.Blocks, Block{i, seq, seq + 2920})
			}
		} else {
			p.Side, p.Seq, p.Len, p.Wire = 1, seq, 1460, 1526
			p.InFlight = uint32(seq + 1460 - acked)
			switch seq += 1460; {
			case i%500 == 1:
				p.Marks, p.Seq, seq = Retransmission, seq-30_000, seq-1460
			case i%800 == 4:
				p.Marks = LostSegment
			}
		}
		t.Points = append(t.Points, p)
	}
	return t
}

func picture(t testing.TB, trace *Trace, o Options) (image.Image, []byte) {
	t.Helper()
	if o.Width == 0 {
		o.Width, o.Height = DefaultWidth, DefaultHeight(len(o.Zooms))
	}
	var b bytes.Buffer
	if err := Draw(&b, trace, o); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if got := img.Bounds().Size(); got != image.Pt(o.Width, o.Height) {
		t.Fatalf("the picture has %v pixels, want %d x %d", got, o.Width, o.Height)
	}
	return img, b.Bytes()
}

// count counts the pixels of a colour below a row.
func count(img image.Image, top int, v uint32) (n int) {
	p := img.(*image.Paletted)
	want := slices.Index(p.Palette, color.Color(rgb(v)))
	for _, i := range p.Pix[top*p.Stride:] {
		if int(i) == want {
			n++
		}
	}
	return n
}

// TestEveryMarkIsSeen: one mark among many points is in the overview,
// whatever its kind, and wherever it falls.
func TestEveryMarkIsSeen(t *testing.T) {
	const panelTop = 190 // below the legend
	base := bulk(30_000)
	for i := range base.Points {
		base.Points[i].Marks = 0
		base.Points[i].Window = 200_000
	}
	clean, _ := picture(t, base, Options{Kind: Sequence, Sender: 1})
	if n := len(styles()); n != markKinds {
		t.Fatalf("%d kinds of marks, %d styles", markKinds, n)
	}
	for m, s := range styles() {
		trace := *base
		trace.Points = slices.Clone(base.Points)
		at := 10_000 + m*997
		for (trace.Points[at].Side == 1) == (s.place == onAck) {
			at++
		}
		trace.Points[at].Marks = s.mark
		img, _ := picture(t, &trace, Options{Kind: Sequence, Sender: 1})
		v := uint32(s.color.R)<<16 | uint32(s.color.G)<<8 | uint32(s.color.B)
		if before, n := count(clean, panelTop, v), count(img, panelTop, v); n < before+12 {
			t.Errorf("%s: %d pixels of its colour, without the mark %d", s.label, n, before)
		}
	}
}

// TestLayerKeepsExtremes: what a bitmap shows of points is what all of them would
// show, the highest and the lowest of each column included.
func TestLayerKeepsExtremes(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 50 {
		w, h := 1+r.IntN(90), 1+r.IntN(200)
		l := newLayer(w, h)
		want := map[image.Point]bool{}
		for range 300 {
			x, a, b := r.IntN(w+20)-10, r.IntN(h+100)-50, r.IntN(h+100)-50
			l.vertical(x, a, b)
			for y := min(a, b); y <= max(a, b); y++ {
				want[image.Pt(x, y)] = true
			}
			y, c := r.IntN(h+20)-10, r.IntN(w+20)-10
			l.horizontal(x, c, y)
			for i := min(x, c); i <= max(x, c); i++ {
				want[image.Pt(i, y)] = true
			}
		}
		img := image.NewRGBA(image.Rect(0, 0, w+6, h+6))
		at := image.Rect(3, 3, w+3, h+3)
		l.paint(img, at, rgb(blue), 1)
		for x := range w + 6 {
			for y := range h + 6 {
				p := image.Pt(x-3, y-3)
				set := image.Pt(x, y).In(at) && want[p]
				if l.has(p.X, p.Y) != set || (img.RGBAAt(x, y) == rgb(blue)) != set {
					t.Fatalf("%d x %d: pixel %v: set %v, painted %v, want %v", w, h, p, l.has(p.X, p.Y), img.RGBAAt(x, y), set)
				}
			}
		}
	}
}

func TestSameBytes(t *testing.T) {
	trace := bulk(3000)
	for _, kind := range Kinds() {
		o := Options{Kind: Kind(kind), Sender: 1}
		o.Zooms = Findings(trace, o)
		if len(o.Zooms) == 0 {
			t.Fatal("nothing to zoom into")
		}
		_, a := picture(t, trace, o)
		_, b := picture(t, trace, o)
		if !bytes.Equal(a, b) {
			t.Errorf("%s: two pictures of the same points differ", kind)
		}
		if x, y := Reading(trace, o), Reading(trace, o); x != y || x == "" {
			t.Errorf("%s: readings %q and %q", kind, x, y)
		}
	}
}

// TestStrangePoints: nothing that a capture can hold makes a picture fail.
func TestStrangePoints(t *testing.T) {
	segment := Point{Time: second, Seq: 1, Len: 100, Flags: flagACK, Ack: 1, Window: 1000, Wire: 150, InFlight: 100, RTT: 5}
	other := func(change func(*Point)) Point {
		p := segment
		change(&p)
		return p
	}
	all := Marks(1<<markKinds - 1)
	for name, points := range map[string][]Point{
		"none":      {},
		"one":       {segment},
		"one ACK":   {other(func(p *Point) { p.Len = 0 })},
		"one RST":   {other(func(p *Point) { p.Len, p.Flags = 0, flagRST })},
		"same time": {segment, segment, segment},
		"backwards": {segment, other(func(p *Point) { p.Time = -second }), other(func(p *Point) { p.Time = 0; p.Marks = all })},
		"far times": {
			other(func(p *Point) { p.Time = math.MinInt64 }), segment,
			other(func(p *Point) { p.Time = math.MaxInt64; p.Marks = all }),
		},
		"far numbers": {
			other(func(p *Point) { p.Seq, p.Len = math.MaxInt64, math.MaxUint32 }),
			other(func(p *Point) { p.Seq, p.Ack, p.Side = math.MinInt64, math.MaxInt64, 1 }),
			other(func(p *Point) { p.Seq, p.Ack, p.Window, p.InFlight = -5, math.MinInt64, math.MaxUint32, math.MaxUint32 }),
		},
		"long round trip": {segment, other(func(p *Point) { p.RTT = math.MaxInt64; p.Side = 1 })},
		"shut for ever":   {segment, other(func(p *Point) { p.Side, p.Window, p.Len = 1, 0, 0 })},
	} {
		for _, kind := range Kinds() {
			trace := &Trace{Names: [2]string{strings.Repeat("a long name ", 40), "\u202e\x00ü世"}, Caption: strings.Repeat("w", 5000), Points: points}
			for i := range points {
				trace.Blocks = append(trace.Blocks, Block{i, math.MinInt64, math.MaxInt64})
			}
			for sender := range uint8(2) {
				o := Options{Kind: Kind(kind), Sender: sender, Width: MinWidth, Height: MinHeight}
				picture(t, trace, o)
				o.Height = ZoomHeight
				o.Zooms = append(Findings(trace, o), Zoom{second, second, "a moment"}, Zoom{5 * second, second, strings.Repeat("x", 300)})
				o.Zooms = o.Zooms[:min(len(o.Zooms), MaxZooms)]
				_, b := picture(t, trace, o)
				if text := Reading(trace, o); strings.Contains(text, "NaN") || strings.Contains(text, "Inf") || text == "" {
					t.Errorf("%s, %s: reading %q", name, kind, text)
				}
				if len(b) == 0 {
					t.Errorf("%s, %s: no picture", name, kind)
				}
				if sender == 0 {
					o.Begin, o.End = math.MinInt64, math.MaxInt64
					picture(t, trace, o)
					for _, z := range Findings(trace, o) {
						if z.Begin > z.End {
							t.Errorf("%s: a zoom from %d to %d", name, z.Begin, z.End)
						}
					}
				}
			}
		}
	}
}

func TestBounds(t *testing.T) {
	for name, o := range map[string]Options{
		"narrow": {Width: MinWidth - 1, Height: MinHeight}, "wide": {Width: MaxWidth + 1, Height: MinHeight},
		"low": {Width: MinWidth, Height: MinHeight - 1}, "high": {Width: MinWidth, Height: MaxHeight + 1},
		"many zooms": {Width: MinWidth, Height: ZoomHeight, Zooms: make([]Zoom, MaxZooms+1)},
		"low zooms":  {Width: MinWidth, Height: ZoomHeight - 1, Zooms: make([]Zoom, 1)},
	} {
		if err := Draw(&bytes.Buffer{}, &Trace{}, o); err == nil {
			t.Errorf("%s: drawn", name)
		}
	}
	picture(t, bulk(100), Options{Kind: Sequence, Width: MaxWidth, Height: MaxHeight})
}

func TestUnwrap(t *testing.T) {
	for _, c := range []struct {
		last int64
		v    uint32
		want int64
	}{
		{0, 5, 5},
		{0xfffffff0, 0x10, 0x100000010},
		{0x100000010, 0xfffffff0, 0xfffffff0},
		{1, 0xffffffff, -1},
		{0x500001000, 0x2000, 0x500002000},
	} {
		if got := Unwrap(c.last, c.v); got != c.want {
			t.Errorf("Unwrap(%#x, %#x) = %#x, want %#x", c.last, c.v, got, c.want)
		}
	}
}

func TestRoundSteps(t *testing.T) {
	for _, c := range []struct {
		span float64
		most int
		want float64
	}{
		{10, 10, 1},
		{10, 5, 2},
		{11, 5, 5},
		{99, 5, 20},
		{100, 5, 20},
		{101, 5, 50},
		{3, 10, 1}, // there is nothing between two bytes
		{4.2e9, 8, 1e9},
		{4.2e9, 9, 5e8},
		{1 << 62, 4, 2e18},
	} {
		if got := roundStep(c.span, c.most, 0).value(); got != c.want {
			t.Errorf("%v in %d parts: step %v, want %v", c.span, c.most, got, c.want)
		}
	}
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		axis axis
		most int
		want string
	}{
		{newAxis(0, 43_300, byteUnits, 0), 5, "0 10 20 30 40"},
		{newAxis(-500, 2500, byteUnits, 0), 6, "-0.5 0 0.5 1.0 1.5 2.0 2.5"},
		{newAxis(0, 1.2e6, byteUnits, 0), 6, "0 0.2 0.4 0.6 0.8 1.0 1.2"},
		{newAxis(0, 7, byteUnits, 0), 10, "0 1 2 3 4 5 6 7"},
		{newAxis(1.2340e9, 1.2350e9, timeUnits, 0), 5, "1.2340 1.2342 1.2344 1.2346 1.2348 1.2350"},
		{newAxis(0, 246_761_000, timeUnits, 0), 13, "0 20 40 60 80 100 120 140 160 180 200 220 240"},
		{newAxis(81.5e6, 81.6e6, timeUnits, 0), 4, "81.50 81.55 81.60"},
		{newAxis(0, 1.6e6, rateUnits, 0), 4, "0 0.5 1.0 1.5"},
		{axis{low: 600e3, high: 120e6, unit: unit{6, "ms"}, log: true}, 4, "1 10 100"},
		{axis{low: 600e3, high: 12e6, unit: unit{6, "ms"}, log: true}, 8, "1 2 5 10"},
	} {
		var got []string
		for _, x := range c.axis.ticks(c.most) {
			got = append(got, x.label)
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("%v to %v in %d: %s, want %s", c.axis.low, c.axis.high, c.most, text, c.want)
		}
	}
}

func TestNumbersInUnits(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0 B", 1: "1 B", 999: "999 B", 1000: "1.00 kB", 43_336: "43.3 kB", 999_499: "999 kB", 999_600: "1.00 MB", 1.5e13: "15.0 TB",
	} {
		if got := inUnits(byteUnits, v); got != want {
			t.Errorf("%v: %s, want %s", v, got, want)
		}
	}
	for v, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567", -123: "-123"} {
		if got := grouped(v); got != want {
			t.Errorf("%d: %s, want %s", v, got, want)
		}
	}
}

// small is a transfer with one of each: a loss, a re-sent segment, a closed window.
func small() *Trace {
	ms := int64(1e6)
	data := func(at, seq int64, m Marks) Point {
		return Point{Time: at * ms, Seq: seq, Len: 1000, Wire: 1066, Flags: flagACK, Ack: 1, Window: 5000, Side: 1, InFlight: 3000, Marks: m}
	}
	ack := func(at, n int64, window uint32, m Marks) Point {
		return Point{Time: at * ms, Seq: 1, Ack: n, Wire: 66, Flags: flagACK, Window: window, Marks: m, RTT: 2 * ms}
	}
	t := &Trace{Names: [2]string{"client", "server"}, Points: []Point{
		data(0, 1, 0), data(1, 2001, LostSegment), ack(2, 1001, 5000, 0), ack(3, 1001, 5000, DuplicateAck), data(10, 1001, FastRetransmission),
		ack(12, 3001, 0, ZeroWindow), ack(112, 3001, 5000, WindowUpdate), data(113, 3001, 0), ack(120, 4001, 5000, 0),
	}}
	for i := range t.Points {
		t.Points[i].Frame = uint32(i + 1)
	}
	return t
}

func TestReading(t *testing.T) {
	for kind, want := range map[Kind]string{
		Sequence: "4.00 kB in 4 segments and 120 ms, 200 kbit/s; 1 re-sent (25.0%, 1.00 kB); 1 fast retransmission, 1 gap before a segment, 1 duplicate ACK; " +
			"the receiver closed its window once, 100 ms in all; at most 3.00 kB in flight.",
		Throughput: "client sent 0 B in 120 ms; server sent 4.00 kB in 120 ms, 200 kbit/s of new bytes, 284 kbit/s of frames, 1.00 kB re-sent.",
		RTT:        "client acknowledges after 2.00 ms (median of 5; least 2.00 ms, 95% within 2.00 ms, most 2.00 ms); no round trip to server was seen.",
		Window:     "Receive window 0 B to 5.00 kB; at most 3.00 kB in flight; the receiver closed its window once, 100 ms in all; 120 ms.",
	} {
		if got := Reading(small(), Options{Kind: kind, Sender: 1}); got != want {
			t.Errorf("%s:\n got %s\nwant %s", kind, got, want)
		}
	}
	part := Options{Kind: Sequence, Sender: 1, Begin: 100e6, End: 115e6}
	if got, want := Reading(small(), part), "1.00 kB in 1 segment and 1.00 ms, 8.00 Mbit/s; nothing re-sent; the receiver closed its window once, 12.0 ms in all; at most 3.00 kB in flight."; got != want {
		t.Errorf("a part:\n got %s\nwant %s", got, want)
	}
}

func TestFindings(t *testing.T) {
	trace := bulk(3000)
	for i := range trace.Points {
		trace.Points[i].Marks = 0
	}
	if z := Findings(trace, Options{Sender: 1}); len(z) != 0 {
		t.Errorf("a clean transfer has findings: %v", z)
	}
	for _, i := range []int{100, 103, 106, 1000, 2000, 2500, 2503} {
		trace.Points[i].Side, trace.Points[i].Marks = 1, Retransmission
	}
	z := Findings(trace, Options{Sender: 1})
	var got []string
	for i := range z {
		got = append(got, z[i].Caption)
		if z[i].Begin > z[i].End || i > 0 && z[i].Begin <= z[i-1].End {
			t.Errorf("zoom %d: %d to %d", i, z[i].Begin, z[i].End)
		}
	}
	want := []string{"3 retransmissions, frames 101–107", "1 retransmission, frame 1001", "2 retransmissions, frames 2501–2504"}
	if !slices.Equal(got, want) {
		t.Errorf("findings %q, want %q", got, want)
	}
	if z := Findings(trace, Options{Sender: 0}); len(z) != 0 {
		t.Errorf("the other direction has findings: %v", z)
	}
}

// TestFindingBackwards: a finding in a capture whose time runs backwards has a
// beginning and an end.
func TestFindingBackwards(t *testing.T) {
	trace := bulk(3000)
	for i := range trace.Points {
		p := &trace.Points[i]
		if p.Marks = 0; i >= 1000 && i < 1020 {
			p.Time -= int64(i-1000) * 200_000
			p.Side, p.Marks = 1, OutOfOrder
		}
	}
	z := Findings(trace, Options{Sender: 1})
	if len(z) != 1 || z[0].Begin >= z[0].End || z[0].Caption != "20 out-of-order segments, frames 1001–1020" {
		t.Errorf("findings %+v", z)
	}
}

func benchmark(b *testing.B, kind Kind, n int) {
	trace := bulk(n)
	o := Options{Kind: kind, Sender: 1}
	o.Zooms = Findings(trace, o)
	b.ReportAllocs()
	for b.Loop() {
		picture := Options{Kind: kind, Sender: 1, Width: DefaultWidth, Height: DefaultHeight(3), Zooms: o.Zooms}
		if err := Draw(&bytes.Buffer{}, trace, picture); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSequence(b *testing.B)        { benchmark(b, Sequence, 50_000) }
func BenchmarkSequenceMillion(b *testing.B) { benchmark(b, Sequence, 1_000_000) }
func BenchmarkThroughput(b *testing.B)      { benchmark(b, Throughput, 50_000) }
func BenchmarkRTT(b *testing.B)             { benchmark(b, RTT, 50_000) }
func BenchmarkWindow(b *testing.B)          { benchmark(b, Window, 50_000) }
