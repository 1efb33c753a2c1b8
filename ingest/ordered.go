package ingest

import (
	"container/list"

	"pcapidx/index"
	"pcapidx/ingest/proto"
	"pcapidx/ingest/tcp"
)

// ordered gives the payload of every connection in order, with bounded memory: the
// bytes of each direction of a TCP connection as its peer would take them, and the
// payload of datagrams one by one. It sees the stored rows in file order, so that
// what it gives depends on the capture alone.
//
// Connections that carried nothing for the longest time are given up when all
// together take more than the budget. Their pending bytes are given before; if
// they go on later, they begin anew where they then are.
type ordered struct {
	out    byteSink
	limits tcp.Limits
	budget int
	used   int // of all connections, as size counts
	conns  map[uint32]*orderedConn
	recent *list.List // *orderedConn, the one that carried payload last in front
	resets []lingering
	// over are connections that both sides finished, a bit each: what TCP sends again
	// of them says nothing new.
	over []uint64
}

// byteSink takes what ordered gives.
type byteSink interface {
	// opened says that a connection begins, with the frame in hand.
	opened(c *orderedConn)
	// piece takes the next bytes of a direction. They begin where the piece before
	// ended, or later if some are missing. Each datagram is a piece, and offsets
	// count what was captured of them.
	piece(c *orderedConn, side index.Side, offset uint64, data []byte, frame uint32)
	// gap says that bytes of a direction are missing, in front of the next piece.
	gap(c *orderedConn, side index.Side, bytes uint64, reason tcp.Reason)
	// ended says that a side has sent all it had, or with reset, that it broke the
	// connection, and in which frame.
	ended(c *orderedConn, e ending)
	// gone says that no more comes of what is known of the connection: it is
	// closed, the capture ends, or, with early set, it is given up and may go on.
	gone(c *orderedConn, early bool)
}

// orderedConn is what is kept of one connection.
type orderedConn struct {
	number  uint32
	streams *tcp.Streams // nil: datagrams
	begun   [2]bool
	base    [2]uint64         // TCP: offset of the first byte that streams knows; datagrams: of the next byte
	fin     [2]bool           // FIN was seen
	done    [2]bool           // ended was told
	reset   *ending           // RST was seen; it is told when nothing more comes
	quiet   index.Time        // that was when the last payload behind it came
	pending [2]dirChunk       // the text sink's
	app     *proto.Connection // the protocol sink's
	held    int               // memory that app takes
	counted int               // what it adds to ordered.used
	place   *list.Element
}

// ending is how, and where, a direction or the connection ended.
type ending struct {
	side  index.Side // who ended it
	reset bool
	frame uint32
	time  index.Time
}

// lingering is a connection after its RST, and when to look whether it is silent.
type lingering struct {
	c    *orderedConn
	look index.Time
}

// Bounds of ordered.
const (
	// linger is how long a connection must be silent after a RST to be over: what the
	// other side had under way still comes, and a RST may be forged.
	linger = 2e9
	// orderedAge is how long bytes wait behind a hole, in capture time: what was
	// lost when it was captured must not hold up the rest.
	orderedAge   = 5e9
	orderedBytes = 256 << 10 // of a direction, behind holes
	connOverhead = 1 << 10   // memory of a connection besides its bytes
	// resync is how far into a direction it is taken to begin at its start, though
	// the first bytes are not there yet.
	resync = 1 << 20
)

func newOrdered(out byteSink, budget int) *ordered {
	return &ordered{
		out: out, budget: budget, conns: map[uint32]*orderedConn{}, recent: list.New(),
		limits: tcp.Limits{Bytes: orderedBytes, Age: orderedAge},
	}
}

// row takes one frame: its columns, and what was captured of its payload.
func (o *ordered) row(r *index.Packet, payload []byte) {
	o.expire(r.Time)
	if r.TCP && o.isOver(r) {
		return
	}
	c := o.conns[r.Conn]
	if c == nil {
		if len(payload) == 0 {
			return
		}
		c = o.open(r)
	}
	if c.streams == nil {
		if len(payload) == 0 {
			return
		}
		o.out.piece(c, r.Side, c.base[r.Side], payload, r.Number)
		c.base[r.Side] += uint64(len(payload))
	} else if !o.segment(c, r, payload) {
		return
	}
	if len(payload) > 0 {
		o.recent.MoveToFront(c.place)
	}
	o.count(c)
	for o.used > o.budget && o.recent.Len() > 1 {
		o.close(o.recent.Back().Value.(*orderedConn), true)
	}
}

func (o *ordered) open(r *index.Packet) *orderedConn {
	c := &orderedConn{number: r.Conn}
	if r.TCP {
		c.streams = tcp.NewStreams(&o.limits)
	}
	c.place = o.recent.PushFront(c)
	o.conns[r.Conn] = c
	o.out.opened(c)
	return c
}

// segment feeds a TCP packet; more is false when the connection was closed.
func (o *ordered) segment(c *orderedConn, r *index.Packet, payload []byte) (more bool) {
	if !r.TCP {
		return true
	}
	sink := &orderedSink{o: o, c: c}
	if len(payload) > 0 && !c.begun[r.Side] {
		o.begin(c, r, sink)
	}
	const ends = tcp.FIN | tcp.RST
	if len(payload) == 0 && r.Flags&ends == 0 && c.streams.Buffered() == 0 {
		return true // an acknowledgement, and nothing waits for one
	}
	if r.Flags&tcp.SYN != 0 && len(payload) == 0 {
		return true // what it would begin has begun
	}
	if c.begun[r.Side] || r.Flags&tcp.ACK != 0 {
		g := tcp.Segment{Dir: uint8(r.Side), Flags: r.Flags, Seq: r.Seq, Ack: r.Ack, Len: r.Length, HasLen: true}
		c.streams.Feed(&g, payload, r.Number, int64(r.Time), sink)
	}
	return !o.ends(c, r)
}

// ends tells what has ended with a packet, and whether the connection is closed.
func (o *ordered) ends(c *orderedConn, r *index.Packet) bool {
	switch {
	case c.reset != nil:
		if r.Length > 0 {
			c.quiet = r.Time
		}
		return false
	case r.Flags&tcp.RST != 0:
		c.reset, c.quiet = &ending{side: r.Side, reset: true, frame: r.Number, time: r.Time}, r.Time
		o.resets = append(o.resets, lingering{c, r.Time + linger})
		return false
	}
	c.fin[r.Side] = c.fin[r.Side] || r.Flags&tcp.FIN != 0
	ended := func(side uint8) bool { return c.fin[side] && (!c.begun[side] || c.streams.Side(side).Ended()) }
	for side := range c.done {
		if c.begun[side] && !c.done[side] && ended(uint8(side)) {
			c.done[side] = true
			o.out.ended(c, ending{side: index.Side(side), frame: r.Number, time: r.Time})
		}
	}
	if ended(0) && ended(1) {
		o.setOver(r.Conn)
		o.close(c, false)
		return true
	}
	return false
}

// expire closes the connections that have been silent since their RST.
func (o *ordered) expire(now index.Time) {
	for len(o.resets) > 0 && o.resets[0].look < now {
		c := o.resets[0].c
		o.resets = o.resets[1:]
		switch {
		case o.conns[c.number] != c: // it was given up
		case c.quiet+linger < now:
			o.close(c, false)
		default:
			o.resets = append(o.resets, lingering{c, c.quiet + linger})
		}
	}
}

func (o *ordered) setOver(conn uint32) {
	if n := int(conn / 64); n >= len(o.over) {
		o.over = append(o.over, make([]uint64, n+1-len(o.over))...)
	}
	o.over[conn/64] |= 1 << (conn % 64)
}

// isOver tells whether the packet's connection was finished by both sides. A SYN begins
// it anew.
func (o *ordered) isOver(r *index.Packet) bool {
	n := int(r.Conn / 64)
	if n >= len(o.over) {
		return false
	}
	if r.Flags&tcp.SYN != 0 {
		o.over[n] &^= 1 << (r.Conn % 64)
	}
	return o.over[n]&(1<<(r.Conn%64)) != 0
}

// begin says where a direction begins: behind its SYN, whose relative number is
// 0, or, far into a connection that was given up, at this segment.
func (o *ordered) begin(c *orderedConn, r *index.Packet, sink *orderedSink) {
	first := r.Seq
	if r.Flags&tcp.SYN != 0 || first-1 < resync {
		first = 1
	}
	c.begun[r.Side], c.base[r.Side] = true, uint64(first-1)
	c.streams.Feed(&tcp.Segment{Dir: uint8(r.Side), Flags: tcp.SYN, Seq: first - 1, HasLen: true}, nil, r.Number, int64(r.Time), sink)
}

// count brings used up to date.
func (o *ordered) count(c *orderedConn) {
	n := connOverhead + c.held + c.pending[0].size() + c.pending[1].size()
	if c.streams != nil {
		n += c.streams.Buffered()
	}
	o.used += n - c.counted
	c.counted = n
}

// close gives what waits of a connection and forgets it.
func (o *ordered) close(c *orderedConn, early bool) {
	if c.streams != nil {
		c.streams.Flush(&orderedSink{o: o, c: c})
	}
	if c.reset != nil {
		o.out.ended(c, *c.reset)
		early = false
	}
	o.out.gone(c, early)
	o.used -= c.counted
	o.recent.Remove(c.place)
	delete(o.conns, c.number)
}

// finish closes all connections, oldest first.
func (o *ordered) finish() {
	for o.recent.Len() > 0 {
		o.close(o.recent.Back().Value.(*orderedConn), false)
	}
}

// orderedSink passes on the chunks of a connection.
type orderedSink struct {
	o *ordered
	c *orderedConn
}

// Chunk implements tcp.Sink.
func (s *orderedSink) Chunk(c tcp.Chunk) {
	side := index.Side(c.Dir)
	if len(c.Data) > 0 {
		s.o.out.piece(s.c, side, s.c.base[side]+c.Offset, c.Data, c.Frame)
	} else if c.Gap > 0 {
		s.o.out.gap(s.c, side, c.Gap, c.Reason)
	}
}

// Conflict implements tcp.Sink.
func (s *orderedSink) Conflict(tcp.Conflict) {}
