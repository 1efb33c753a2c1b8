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
}

// byteSink takes what ordered gives.
type byteSink interface {
	// piece takes the next bytes of a direction. They begin where the piece before
	// ended, or later if some are missing. Each datagram is a piece, and offsets
	// count what was captured of them.
	piece(c *orderedConn, side index.Side, offset uint64, data []byte, frame uint32)
	// gap says that bytes of a direction are missing, in front of the next piece.
	gap(c *orderedConn, side index.Side, bytes uint64, reason tcp.Reason)
	// ended says that a side has sent all it had, or with reset, that it broke the
	// connection, in the frame in hand.
	ended(c *orderedConn, side index.Side, reset bool)
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
	done    [2]bool           // ended was told
	pending [2]dirChunk       // the text sink's
	app     *proto.Connection // the protocol sink's
	held    int               // memory that app takes
	counted int               // what it adds to ordered.used
	place   *list.Element
}

// Bounds of ordered.
const (
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
	ended := func(side uint8) bool { return !c.begun[side] || c.streams.Side(side).Ended() }
	if r.Flags&tcp.RST != 0 {
		c.streams.Flush(&orderedSink{o: o, c: c})
		o.out.ended(c, r.Side, true)
		o.close(c, false)
		return true
	}
	for side := range c.done {
		if c.begun[side] && !c.done[side] && ended(uint8(side)) {
			c.done[side] = true
			o.out.ended(c, index.Side(side), false)
		}
	}
	if r.Flags&tcp.FIN != 0 && ended(0) && ended(1) {
		o.close(c, false)
		return true
	}
	return false
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
