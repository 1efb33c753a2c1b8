package query

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"pcapidx/index"
	"pcapidx/query/plot"
)

// pointsOf reads the points of a connection.
func pointsOf(t *testing.T, x Capture, q PlotRequest) *pointReader {
	t.Helper()
	c, err := connectionNamed(x, q.Connection)
	if err != nil {
		t.Fatal(err)
	}
	r := newPointReader(x, c, &q)
	if err := r.read(context.Background()); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestPlotPoints: the points are the connection's segments, with the numbers and
// SACK blocks that `packet` shows of them.
func TestPlotPoints(t *testing.T) {
	e := engineWith(t, "web-day.pcap")
	x, _, err := e.source.Open("web-day.pcap")
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	r := pointsOf(t, x, PlotRequest{Connection: "9", Kind: "sequence"})
	c := r.connection
	var payload, packets [2]uint64
	for _, p := range r.trace.Points {
		payload[p.Side] += uint64(p.Len)
		packets[p.Side]++
	}
	if payload != c.Payload || packets != c.Packets || r.shown != len(r.trace.Points) {
		t.Errorf("%v bytes in %v packets, want %v in %v", payload, packets, c.Payload, c.Packets)
	}
	a, err := e.Decode(context.Background(), DecodeRequest{Capture: "web-day.pcap", Connection: "9"})
	if err != nil || len(a.Rows) != len(r.trace.Points) {
		t.Fatalf("%d rows, %v", len(a.Rows), err)
	}
	var want, got []string
	for i := range a.Rows {
		values := map[string][]string{}
		for _, l := range a.Rows[i].Layers {
			for _, f := range l.Fields {
				values[f.Name] = append(values[f.Name], f.Value)
			}
		}
		var edges []string
		for k, left := range values["tcp.options.sack_le"] {
			edges = append(edges, left+"-"+values["tcp.options.sack_re"][k])
		}
		want = append(want, fmt.Sprint(a.Rows[i].Frame, values["tcp.seq"], values["tcp.ack"], values["tcp.len"], values["tcp.window_size"], edges))
	}
	for i := range r.trace.Points {
		p := &r.trace.Points[i]
		var edges []string
		for _, b := range r.trace.Blocks {
			if b.Point == i {
				edges = append(edges, fmt.Sprintf("%d-%d", b.From, b.To))
			}
		}
		got = append(got, fmt.Sprint(p.Frame, []int64{p.Seq}, []int64{p.Ack}, []uint32{p.Len}, []uint32{p.Window}, edges))
	}
	if w, g := strings.Join(want, "\n"), strings.Join(got, "\n"); w != g {
		t.Errorf("points\n%s\nwant\n%s", g, w)
	}
	if len(r.trace.Blocks) == 0 {
		t.Error("no SACK block to compare")
	}
}

// TestPlotPart: of what lies before the time asked for, only the last of each side
// is kept, for the lines.
func TestPlotPart(t *testing.T) {
	e := engineWith(t, "web-day.pcap")
	x, _, err := e.source.Open("web-day.pcap")
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	all := pointsOf(t, x, PlotRequest{Connection: "9", Kind: "sequence"})
	part := pointsOf(t, x, PlotRequest{Connection: "9", Kind: "sequence", FromS: 0.1, ToS: 0.15})
	inside, before := 0, map[uint8]plot.Point{}
	for _, p := range all.trace.Points {
		switch s := float64(p.Time-all.trace.Origin) / 1e9; {
		case s < 0.1:
			before[p.Side] = p
		case s <= 0.15:
			inside++
		}
	}
	points := part.trace.Points
	if part.shown != inside || len(points) != inside+2 || points[0] != before[0] || points[1] != before[1] {
		t.Errorf("%d points, %d shown, want %d and two before them", len(points), part.shown, inside)
	}
	few := newPointReader(x, all.connection, &PlotRequest{})
	few.most = 10
	wantError(t, few.read(context.Background()), BadRequest, "more than 10 packets", "a part")
	for _, b := range part.trace.Blocks {
		if p := points[b.Point]; p.Flags&flagACK == 0 || b.From >= b.To || b.From < p.Ack {
			t.Errorf("block %+v of the point %+v", b, p)
		}
	}
}

// TestPlotCorpus draws connections of real and broken captures: every one gives a
// picture, of the segments that the connection has.
func TestPlotCorpus(t *testing.T) {
	files, _ := filepath.Glob("../../shared/corpus/captures/*")
	if len(files) == 0 {
		t.Skip("SKIPPED: no corpus of captures")
	}
	drawn := 0
	for i, file := range files {
		info, err := os.Stat(file)
		if err != nil || info.Size() > 200_000 || testing.Short() && i%5 > 0 || i%2 > 0 {
			continue
		}
		e := engineWith(t)
		path, err := filepath.Abs(file)
		if err != nil {
			t.Fatal(err)
		}
		a, err := e.Add(context.Background(), AddRequest{Files: []string{path}}, nil)
		if err != nil {
			continue // no capture
		}
		rows, err := e.Connections(context.Background(), ConnectionsRequest{All: true, Protocol: "tcp", Sort: "packets", Page: Page{Limit: 1}})
		if err != nil {
			t.Fatal(err)
		}
		for n, row := range rows.Rows {
			q := PlotRequest{Capture: a.Rows[0].Capture, Connection: strconv.Itoa(int(row.Connection)), Kind: plot.Kinds()[(i+n)%4]}
			p, err := e.Plot(context.Background(), q)
			if err != nil {
				t.Errorf("%s %d: %v", file, row.Connection, err)
				continue
			}
			drawn++
			if c, err := png.DecodeConfig(bytes.NewReader(p.PNG)); err != nil || c.Width != p.Width || c.Height != p.Height {
				t.Errorf("%s %d: %v", file, row.Connection, err)
			}
			if uint64(p.Packets) > row.ClientPackets+row.ServerPackets || p.Reading == "" || strings.Contains(p.Reading, "NaN") {
				t.Errorf("%s %d: %d packets, %s", file, row.Connection, p.Packets, p.Reading)
			}
		}
	}
	if drawn == 0 || drawn < 20 && !testing.Short() { // -short draws a fifth of them
		t.Errorf("only %d pictures", drawn)
	}
	t.Logf("%d pictures", drawn)
}

// TestMarksOfLabels: every label of a packet is a mark but that of ports that are
// used again, which is no segment's; a segment is marked once as sent again, and not
// at all where only its packet was captured twice.
func TestMarksOfLabels(t *testing.T) {
	seen := map[plot.Marks]bool{0: true}
	for bit, name := range index.LabelNames() {
		m := marksOf(1 << bit)
		if none := name == "reused_ports"; seen[m] != none {
			t.Errorf("%s: marks %b", name, m)
		}
		seen[m] = true
	}
	for labels, want := range map[index.Labels]plot.Marks{
		index.LabelRetransmission | index.LabelFastRetransmission:                              plot.FastRetransmission,
		index.LabelRetransmission | index.LabelSpuriousRetransmission | index.LabelLostSegment: plot.SpuriousRetransmission | plot.LostSegment,
		index.LabelRetransmission | index.LabelCaptureDuplicate:                                plot.CapturedTwice,
		index.LabelZeroWindow | index.LabelDuplicateAck:                                        plot.ZeroWindow | plot.DuplicateAck,
	} {
		if got := marksOf(labels); got != want {
			t.Errorf("%v: marks %b, want %b", labels.Names(), got, want)
		}
	}
}

// TestFlight follows bytes without acknowledgement: those after a gap and those that
// were acknowledged selectively count, stray numbers do not.
func TestFlight(t *testing.T) {
	var f flight
	for i, step := range []struct {
		ack  bool
		n    int64
		len  uint32
		want uint32
	}{
		{false, 1001, 1000, 1000}, // the first that was seen
		{false, 2001, 1000, 2000},
		{false, 4001, 1000, 4000}, // a gap
		{true, 2001, 0, 0},
		{false, 3001, 1000, 3000}, // again
		{false, 1 << 40, 1000, 3000},
		{true, 1 << 40, 0, 0},
		{true, 1001, 0, 0}, // late
		{false, 5001, 500, 3500},
		{true, 9001, 0, 0}, // of what was not seen
		{false, 5501, 500, 0},
	} {
		if step.ack {
			f.ack(step.n)
		} else if got := f.sent(step.n, step.len); got != step.want {
			t.Errorf("step %d: %d in flight, want %d", i, got, step.want)
		}
	}
}

// TestPlotOldIndex: an index without TCP analysis says what to do.
func TestPlotOldIndex(t *testing.T) {
	x, _ := openOld(t)
	_, err := New(oneCapture{x: x}, nil).Plot(context.Background(), PlotRequest{Capture: "http-loss.pcapng", Connection: "0"})
	wantError(t, err, BadRequest, "older index", "pcapidx reindex")
}

// TestPlotOfQuoted: what an ICMP error quotes belongs to the connection, but is no
// segment of it.
func TestPlotOfQuoted(t *testing.T) {
	e := engineWith(t, "icmp-errors.pcap")
	x, _, err := e.source.Open("icmp-errors.pcap")
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	quoted := 0
	err = x.EachConnection(0, func(c *index.Connection) bool {
		if c.Kind != kindTCP {
			return true
		}
		members := 0
		if err := x.Members(c, func(index.Member) bool { members++; return true }); err != nil {
			t.Error(err)
		}
		r := pointsOf(t, x, PlotRequest{Connection: strconv.Itoa(int(c.Number)), Kind: "sequence"})
		quoted += members - len(r.trace.Points)
		return true
	})
	if err != nil || quoted == 0 {
		t.Errorf("%d quoted segments (%v)", quoted, err)
	}
}
