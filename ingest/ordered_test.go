package ingest

import (
	"fmt"
	"slices"
	"testing"

	"pcapidx/index"
	"pcapidx/ingest/tcp"
)

// eventList is a byteSink that writes down what it gets.
type eventList struct{ lines []string }

func (l *eventList) add(format string, a ...any) {
	l.lines = append(l.lines, fmt.Sprintf(format, a...))
}

func (l *eventList) opened(c *orderedConn) { l.add("opened %d", c.number) }

func (l *eventList) piece(c *orderedConn, side index.Side, offset uint64, data []byte, frame uint32) {
	l.add("%d/%d+%d %s %d", c.number, side, offset, data, frame)
}

func (l *eventList) gap(c *orderedConn, side index.Side, bytes uint64, _ tcp.Reason) {
	l.add("%d/%d gap %d", c.number, side, bytes)
}

func (l *eventList) ended(c *orderedConn, e ending) {
	l.add("%d/%d ended %t %d", c.number, e.side, e.reset, e.frame)
}

func (l *eventList) gone(c *orderedConn, early bool) { l.add("%d gone %t", c.number, early) }

// TestOrderedEnds: behind a RST what the other side had under way still comes, and what
// TCP sends again behind the FINs of both sides does not.
func TestOrderedEnds(t *testing.T) {
	const second = 1e9
	for _, c := range []struct {
		name    string
		packets []packetOf
		want    []string
	}{
		{"data behind a RST", []packetOf{
			{side: a, flags: psh, seq: 1, payload: "ask"},
			{side: b, flags: psh, seq: 1, payload: "one "},
			{side: a, flags: tcp.RST, seq: 4},
			{side: b, flags: psh, seq: 5, payload: "two", time: second},
			{side: b, flags: psh, seq: 8, payload: "!", time: 2.5 * second}, // not silent for long enough
			{conn: 1, side: a, flags: psh, seq: 1, payload: "x", time: 9 * second},
		}, []string{
			"opened 0", "0/0+0 ask 1", "0/1+0 one  2", "0/1+4 two 4", "0/1+7 ! 5", "0/0 ended true 3", "0 gone false", "opened 1", "1/0+0 x 6", "1 gone false",
		}},
		{"RST at the end of the capture", []packetOf{
			{side: a, flags: psh, seq: 1, payload: "ask"}, {side: b, flags: tcp.RST, seq: 1}, {side: a, flags: tcp.RST, seq: 4},
		}, []string{"opened 0", "0/0+0 ask 1", "0/1 ended true 2", "0 gone false"}},
		{"sent again behind both FINs", []packetOf{
			{side: a, flags: psh | tcp.FIN, seq: 1, payload: "ask"},
			{side: b, flags: psh | tcp.FIN, seq: 1, ack: 5, payload: "answer"},
			{side: b, flags: psh | tcp.FIN, seq: 1, ack: 5, payload: "answer"},
			{side: a, flags: tcp.ACK, seq: 5, ack: 8},
			{side: a, flags: tcp.SYN, seq: 0},
			{side: a, flags: psh, seq: 1, payload: "new"},
		}, []string{
			"opened 0", "0/0+0 ask 1", "0/0 ended false 1", "0/1+0 answer 2", "0/1 ended false 2", "0 gone false", "opened 0", "0/0+0 new 6", "0 gone false",
		}},
	} {
		l := &eventList{}
		o := newOrdered(l, 1<<20)
		for i, p := range c.packets {
			r := index.Packet{
				Number: uint32(i + 1), Conn: p.conn, Side: p.side, TCP: true, Flags: p.flags, Seq: p.seq, Ack: p.ack,
				Length: uint32(len(p.payload)),
			}
			r.Time = index.Time(p.time)
			o.row(&r, []byte(p.payload))
		}
		o.finish()
		if !slices.Equal(l.lines, c.want) {
			t.Errorf("%s: got\n%q\nwant\n%q", c.name, l.lines, c.want)
		}
	}
}
