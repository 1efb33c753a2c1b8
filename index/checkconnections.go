package index

import (
	"github.com/RoaringBitmap/roaring/v2"
)

// tally is what the frames say about one connection.
type tally struct {
	packets, bytes [2]uint64
	first, last    uint32
}

// checkWindow is how many connections are compared in one pass over the rows.
const checkWindow = 1 << 20

func (c *checker) connections() error {
	total := c.x.summary.Connections
	for from := uint64(0); from < uint64(total); from += checkWindow {
		tallies := make([]tally, min(checkWindow, uint64(total)-from))
		if err := c.tally(uint32(from), tallies); err != nil {
			return err
		}
		err := c.x.EachConnection(uint32(from), func(g *Connection) bool {
			i := int(g.Number - uint32(from))
			if i >= len(tallies) {
				return false
			}
			t := &tallies[i]
			if t.packets != g.Packets || t.bytes != g.Bytes || t.first != g.First || t.last != g.Last {
				c.problem("connection %d does not agree with its frames", g.Number)
			}
			c.report.Connections++
			return true
		})
		if err != nil {
			return err
		}
	}
	if c.report.Connections != total {
		c.problem("%d connections are stored, the summary says %d", c.report.Connections, total)
	}
	for _, column := range SortColumns() {
		if column.since() > c.x.summary.Content {
			continue
		}
		if _, err := c.x.SortColumn(column); c.note(err) != nil {
			return err
		}
	}
	return c.analyses()
}

// analyses compares the connections that have each finding with the findings.
func (c *checker) analyses() error {
	if c.x.summary.Content < analysesSince {
		return nil
	}
	want := map[string]*roaring.Bitmap{}
	err := c.x.EachAnalysis(0, func(a *ConnAnalysis) bool {
		if a.Number >= c.x.summary.Connections {
			c.problem("connection %d has an analysis, there are %d", a.Number, c.x.summary.Connections)
		}
		for i := range a.Findings {
			code := a.Findings[i].Code
			if want[code] == nil {
				want[code] = roaring.New()
			}
			want[code].Add(a.Number)
		}
		return true
	})
	if c.note(err) != nil {
		return err
	}
	for code, b := range want {
		got, err := c.x.Found(code)
		if c.note(err) != nil {
			return err
		}
		if !b.Equals(got) {
			c.problem("the list of connections with finding %q differs", code)
		}
	}
	return nil
}

func (c *checker) tally(from uint32, tallies []tally) error {
	add := func(conn, frame uint32, side Side, bytes uint32) {
		if conn < from || uint64(conn-from) >= uint64(len(tallies)) {
			return
		}
		t := &tallies[conn-from]
		if t.first == 0 {
			t.first = frame
		}
		t.last = frame
		t.packets[side]++
		t.bytes[side] += uint64(bytes)
	}
	return c.x.EachRows(1, false, func(r *Rows) (bool, error) {
		more := r.More
		for i := range r.Packets {
			p := &r.Packets[i]
			if p.Conn != NoConnection {
				add(p.Conn, p.Number, p.Side, p.OrigLen)
			}
			for len(more) > 0 && more[0].Frame == p.Number {
				add(more[0].Conn, p.Number, more[0].Side, p.OrigLen)
				more = more[1:]
			}
		}
		return true, c.ctx.Err()
	})
}
