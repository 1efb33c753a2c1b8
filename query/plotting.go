package query

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"pcapidx/index"
	"pcapidx/query/plot"
)

// PlotRequest asks for a picture of a TCP connection.
type PlotRequest struct {
	Capture    string `json:"capture" jsonschema:"name, id or id prefix"`
	Connection string `json:"connection" jsonschema:"number of the connection"`
	Kind       string `json:"kind,omitempty" jsonschema:"sequence (default), throughput, rtt or window"`
	// Direction is whose data a picture of one direction shows: client or server;
	// empty: the side that sent more.
	Direction string `json:"direction,omitempty" jsonschema:"whose data: client or server; empty: who sent more"`
	// FromS and ToS bound the picture, in seconds since the connection's first
	// packet; both 0: all of it.
	FromS  float64 `json:"from_s,omitempty" jsonschema:"begin, seconds since the start of the connection"`
	ToS    float64 `json:"to_s,omitempty" jsonschema:"end, seconds since the start of the connection; 0: its end"`
	Width  int     `json:"width,omitempty" jsonschema:"pixels; 0 means 1200"`
	Height int     `json:"height,omitempty" jsonschema:"pixels; 0: what suits"`
}

// PlotKinds lists the kinds of pictures, the default first.
func PlotKinds() []string { return plot.Kinds() }

// PlotZoom is a part of a picture that is drawn larger.
type PlotZoom struct {
	Name    string  `json:"name"` // A, B or C
	FromS   Seconds `json:"from_s"`
	ToS     Seconds `json:"to_s"`
	Caption string  `json:"caption"`
}

// PlotAnswer is a picture and what it shows.
type PlotAnswer struct {
	Capture    string     `json:"capture"`
	Connection uint32     `json:"connection"`
	Kind       string     `json:"kind"`
	Direction  string     `json:"direction,omitempty"` // whose data, of a picture of one direction
	Client     string     `json:"client"`
	Server     string     `json:"server"`
	Start      Timestamp  `json:"start"` // what the axis calls 0
	Packets    int        `json:"packets"`
	Width      int        `json:"width"`
	Height     int        `json:"height"`
	Zooms      []PlotZoom `json:"zooms,omitempty"`
	Reading    string     `json:"reading"` // the picture in one line
	Hints      []string   `json:"hints,omitempty"`
	PNG        []byte     `json:"-"`
}

// maxPlotPackets bounds the memory of one picture: 64 bytes each.
const maxPlotPackets = 2_000_000

// Plot draws a TCP connection.
func (e *Engine) Plot(ctx context.Context, q PlotRequest) (*PlotAnswer, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	x, entry, err := e.source.Open(q.Capture)
	if err != nil {
		return nil, wrap(err)
	}
	defer x.Close()
	c, err := connectionNamed(x, q.Connection)
	if err != nil {
		return nil, wrap(err)
	}
	if c.Kind != kindTCP {
		return nil, badRequest("`pcapidx connections CAPTURE --protocol tcp` lists those that can be drawn", "connection %d is %s, not TCP", c.Number, transportName(c.Kind))
	}
	if x.Summary().Content < analysisSince {
		return nil, badRequest("`pcapidx reindex "+entry.ID+"` brings it up to date", "TCP analysis is not in this older index")
	}
	r := newPointReader(x, c, &q)
	if err := r.read(ctx); err != nil {
		return nil, wrap(err)
	}
	a := &PlotAnswer{
		Capture: entry.ID, Connection: c.Number, Kind: q.Kind, Start: stampOf(c.Start.UTC()), Width: q.Width,
		Client: endpointText(c.Client(), true), Server: endpointText(c.Server(), true), Packets: r.shown, Hints: r.hints(),
	}
	if err := a.draw(r, &q); err != nil {
		return nil, wrap(err)
	}
	return a, nil
}

// check refuses what cannot be drawn, and fills in what was not said.
func (q *PlotRequest) check() error {
	if q.Kind == "" {
		q.Kind = string(plot.Sequence)
	}
	if q.Width == 0 {
		q.Width = plot.DefaultWidth
	}
	directions := []string{"client", "server"}
	switch {
	case !slices.Contains(plot.Kinds(), q.Kind):
		return UnknownWord("kind of plot", q.Kind, plot.Kinds())
	case q.Direction != "" && !slices.Contains(directions, q.Direction):
		return UnknownWord("direction", q.Direction, directions)
	case !seconds(q.FromS) || !seconds(q.ToS):
		return badRequest("give seconds since the start of the connection, such as 1.5", "the times cannot be used")
	case q.ToS != 0 && q.ToS <= q.FromS:
		return badRequest("give a later end, or none", "the end %v s is not after the begin %v s", q.ToS, q.FromS)
	case q.Width < plot.MinWidth || q.Width > plot.MaxWidth:
		return badRequest(fmt.Sprintf("give %d to %d pixels", plot.MinWidth, plot.MaxWidth), "width %d", q.Width)
	case q.Height != 0 && (q.Height < plot.MinHeight || q.Height > plot.MaxHeight):
		return badRequest(fmt.Sprintf("give %d to %d pixels", plot.MinHeight, plot.MaxHeight), "height %d", q.Height)
	}
	return nil
}

// seconds tells whether a time can be counted in nanoseconds.
func seconds(s float64) bool { return !math.IsNaN(s) && s >= 0 && s < 1e9 }

// connectionNamed gives the connection of a number.
func connectionNamed(x Capture, text string) (*index.Connection, error) {
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil || n >= uint64(x.Summary().Connections) {
		return nil, &Error{
			Kind: NotFound, Msg: "no connection " + strconv.Quote(text),
			Hint: "the capture has " + strconv.FormatUint(uint64(x.Summary().Connections), 10) + ", numbered from 0",
		}
	}
	records, err := x.ConnectionsByNumber([]uint32{uint32(n)})
	if err != nil {
		return nil, err
	}
	return &records[0], nil
}

// draw makes the picture and its reading.
func (a *PlotAnswer) draw(r *pointReader, q *PlotRequest) error {
	t, c := &r.trace, r.connection
	t.Names[c.ClientSide()], t.Names[1-c.ClientSide()] = a.Client, a.Server
	t.Caption = fmt.Sprintf("capture %s, connection %d, %d packets; time 0 is %s", a.Capture, c.Number, r.shown, a.Start)
	o := plot.Options{Kind: plot.Kind(q.Kind), Sender: r.sender(q.Direction), Width: q.Width, Height: q.Height}
	if q.FromS != 0 || q.ToS != 0 {
		o.Begin, o.End = int64(max(r.begin, c.Start)), int64(min(r.end, c.End))
	}
	if q.Height == 0 || q.Height >= plot.ZoomHeight {
		o.Zooms = plot.Findings(t, o)
	}
	if a.Height = q.Height; a.Height == 0 {
		a.Height = plot.DefaultHeight(len(o.Zooms))
	}
	o.Height = a.Height
	if o.Kind == plot.Sequence || o.Kind == plot.Window {
		if a.Direction = "server"; o.Sender == uint8(c.ClientSide()) {
			a.Direction = "client"
		}
	}
	for i, z := range o.Zooms {
		a.Zooms = append(a.Zooms, PlotZoom{
			Name: plot.ZoomName(i), FromS: secondsBetween(c.Start, index.Time(z.Begin)), ToS: secondsBetween(c.Start, index.Time(z.End)), Caption: z.Caption,
		})
	}
	var b bytes.Buffer
	if err := plot.Draw(&b, t, o); err != nil {
		return err
	}
	a.PNG, a.Reading = b.Bytes(), plot.Reading(t, o)
	return nil
}
