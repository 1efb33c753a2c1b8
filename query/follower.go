package query

import (
	"context"
	"net/netip"

	"github.com/RoaringBitmap/roaring/v2"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
	"pcapidx/ingest/tcp"
)

// follower puts together what one connection carried: it reads the connection's
// frames in order and gives the part that was asked for.
type follower struct {
	capture    Capture
	connection *index.Connection
	answer     *FollowAnswer
	give       func(*FollowChunk) error
	only       [2]bool // by index.Side: asked for

	streams *tcp.Streams // nil for datagrams
	sent    [2]uint64    // datagrams: bytes so far
	reset   [2]bool      // an RST was seen

	from, room uint64 // place to begin at, bytes that may be given
	bounded    bool   // room counts
	at         uint64 // place of the next chunk
	more       bool   // something is left behind it
	rows       int    // chunks given
	held       FollowChunk
	err        error // of give

	secrets *[2]secretStream // FollowRequest.Redact; else nil

	certain bool    // FollowRequest.Certain
	dark    [2]bool // what follows in a direction is behind such a hole
	behind  uint64  // bytes left out for it
	hole    uint64  // place behind the first
}

func newFollower(x Capture, c *index.Connection, q *FollowRequest, capture string, give func(*FollowChunk) error) *follower {
	f := &follower{
		capture: x, connection: c, give: give,
		from: q.Offset, room: uint64(q.Limit), bounded: q.Limit > 0, certain: q.Certain,
		answer: &FollowAnswer{
			Capture: capture, Connection: c.Number, Protocol: transportName(c.Kind), Format: q.Format,
			Client: endpointText(c.Client(), true), Server: endpointText(c.Server(), true), Rows: []FollowChunk{},
		},
	}
	client := c.ClientSide()
	f.only[client], f.only[1-client] = q.Direction != "server", q.Direction != "client"
	if q.Redact {
		f.secrets = &[2]secretStream{}
	}
	if dissect.Kind(c.Kind) == dissect.TCP {
		f.streams = tcp.NewStreams(followLimits())
	}
	return f
}

// side gives the summary of the direction that a side sends.
func (f *follower) side(dir uint8) *FollowSide {
	if index.Side(dir) == f.connection.ClientSide() {
		return &f.answer.ClientStream
	}
	return &f.answer.ServerStream
}

func (f *follower) name(dir uint8) string {
	if index.Side(dir) == f.connection.ClientSide() {
		return "client"
	}
	return "server"
}

// read feeds all frames of the connection.
func (f *follower) read(ctx context.Context) error {
	frames, err := framesOf(f.capture, f.connection)
	if err != nil {
		return err
	}
	r := &frameRecord{capture: f.capture, file: &f.capture.Summary().File, decoder: dissect.NewDecoder()}
	err = f.eachFrame(frames, func(rows *index.Rows, i int) error {
		r.set(rows, i)
		f.frame(r)
		if r.err != nil {
			return r.err
		}
		if f.err != nil {
			return f.err
		}
		return ctx.Err()
	})
	if err == nil && f.streams != nil {
		f.streams.Flush(f)
	}
	if err == nil {
		f.release()
		err = f.err
	}
	return err
}

// eachFrame walks stored packets.
func (f *follower) eachFrame(frames *roaring.Bitmap, visit func(rows *index.Rows, i int) error) error {
	it := frames.Iterator()
	next := func(from uint32) uint32 {
		if it.AdvanceIfNeeded(from); !it.HasNext() {
			return 0
		}
		return it.PeekNext()
	}
	return f.capture.EachBlock(index.ColTime|index.ColCapLen|index.ColOrigLen|index.ColIface, next, func(rows *index.Rows) (bool, error) {
		first := rows.Packets[0].Number
		last := first + uint32(len(rows.Packets)) - 1
		for n := next(first); n != 0 && n <= last; n = next(n + 1) {
			if err := visit(rows, int(n-first)); err != nil {
				return false, err
			}
		}
		return true, nil
	})
}

// frame takes what a frame holds of the connection: the payload behind its header,
// which may be any of the frame's. Headers that an ICMP error quotes were no
// packets.
func (f *follower) frame(r *frameRecord) {
	p, c := r.dissected(), f.connection
	for i := range p.Transports {
		t := &p.Transports[i]
		if uint8(t.Kind) != c.Kind || t.Quoted || t.Broken || !t.HasLength || int(t.Network) >= len(p.Networks) {
			continue
		}
		n := &p.Networks[t.Network]
		src, dst := netip.AddrPortFrom(n.Src, t.SrcPort), netip.AddrPortFrom(n.Dst, t.DstPort)
		var dir uint8
		switch {
		case src == c.A && dst == c.B:
		case src == c.B && dst == c.A:
			dir = 1
		default:
			continue
		}
		f.packet(r, dir, t, payloadOf(r, p, t))
		return
	}
}

// payloadOf gives the captured payload of a transport header, in the frame or in
// the datagram that it completed.
func payloadOf(r *frameRecord, p *dissect.Packet, t *dissect.Transport) []byte {
	data := r.data()
	if int(t.Layer) < len(p.Layers) && p.Layers[t.Layer].Reassembled {
		data = r.datagram
	}
	begin := min(uint64(t.Payload), uint64(len(data)))
	return data[begin:min(begin+uint64(t.Captured), uint64(len(data)))]
}

func (f *follower) packet(r *frameRecord, dir uint8, t *dissect.Transport, data []byte) {
	frame := r.row.Number
	if f.streams == nil {
		f.datagram(dir, frame, data, t.Length)
		return
	}
	g := tcp.Segment{Dir: dir, Flags: t.Flags & 0xff, Seq: t.Seq, Ack: t.Ack, Len: t.Length, HasLen: true}
	if !t.HasTCP {
		return
	}
	f.streams.Feed(&g, data, frame, int64(r.row.Time), f)
	f.reset[dir] = f.reset[dir] || t.Flags&tcp.RST != 0
}

// datagram gives a datagram, and what the snap length cut from it.
func (f *follower) datagram(dir uint8, frame uint32, data []byte, length uint32) {
	data = data[:min(len(data), int(length))]
	if len(data) > 0 {
		f.Chunk(tcp.Chunk{Dir: dir, Offset: f.sent[dir], Data: data, Frame: frame})
	}
	f.sent[dir] += uint64(len(data))
	if n := uint64(length) - uint64(len(data)); n > 0 {
		f.Chunk(tcp.Chunk{Dir: dir, Offset: f.sent[dir], Gap: n, Reason: tcp.SnapLen, Frame: frame})
		f.sent[dir] += n
	}
}

// Chunk counts a chunk and gives what was asked of it (tcp.Sink).
func (f *follower) Chunk(c tcp.Chunk) {
	s := f.side(c.Dir)
	s.Bytes += uint64(len(c.Data))
	if c.Gap > 0 {
		s.Missing += c.Gap
		s.Gaps++
	}
	if !f.only[c.Dir] || f.more || f.err != nil {
		return
	}
	out := FollowChunk{Direction: f.name(c.Dir), Offset: c.Offset, Frame: c.Frame, Length: uint64(len(c.Data)) + c.Gap, Data: c.Data, at: f.at}
	if c.Gap > 0 {
		out.Gap = c.Reason.String()
	}
	end := f.at + out.Length
	f.redact(&out, c.Dir, end > f.from)
	f.dark[c.Dir] = f.dark[c.Dir] || f.certain && c.Reason == tcp.Unrecovered && end > f.from
	switch {
	case f.dark[c.Dir]:
		if f.hole == 0 {
			f.hole = end
		}
		f.behind += uint64(len(c.Data))
	case end > f.from: // else it is before what was asked for
		if f.asked(&out); f.more {
			return
		}
	}
	f.at = end
}

// redact finds the secrets of a chunk; of one before the place asked for only the line
// that it ends in counts.
func (f *follower) redact(c *FollowChunk, dir uint8, asked bool) {
	if f.secrets == nil {
		return
	}
	s := &f.secrets[dir]
	switch {
	case c.Gap != "":
		s.gap()
	case asked:
		c.secrets = s.find(c.Data)
	default:
		s.skip(c.Data)
	}
}

// asked gives a chunk that is not wholly before the place asked for.
func (f *follower) asked(c *FollowChunk) {
	if c.Gap != "" {
		f.gap(c)
		return
	}
	if c.at < f.from {
		cut := f.from - c.at
		c.secrets = within(c.secrets, int(cut), len(c.Data))
		c.Data, c.Offset, c.Length, c.at = c.Data[cut:], c.Offset+cut, c.Length-cut, f.from
		f.at = f.from
	}
	if !f.hasRoom() {
		return
	}
	if f.bounded && f.room < c.Length {
		c.Data, c.Length, f.more = c.Data[:f.room], f.room, true
	}
	f.room -= c.Length
	f.at += c.Length
	f.release()
	f.hand(c)
}

// hasRoom reports whether the answer may have another chunk.
func (f *follower) hasRoom() bool {
	f.more = f.bounded && (f.room == 0 || f.rows == maxFollowRows)
	f.rows++
	return !f.more
}

// gap holds a gap back until it is known how far it goes: where all frames are
// cut there is one after the other.
func (f *follower) gap(c *FollowChunk) {
	if h := &f.held; h.Gap == c.Gap && h.Direction == c.Direction && h.Offset+h.Length == c.Offset {
		h.Length += c.Length
		return
	}
	if f.hasRoom() {
		f.release()
		f.held = *c
	}
}

// release gives the gap that was held back.
func (f *follower) release() {
	if h := f.held; h.Gap != "" {
		f.held = FollowChunk{}
		f.hand(&h)
	}
}

func (f *follower) hand(c *FollowChunk) {
	c.Data = overwritten(c.Data, within(c.secrets, 0, len(c.Data)))
	if f.err == nil {
		f.err = f.give(c)
	}
}

// Conflict notes an overlap whose bytes differ (tcp.Sink).
func (f *follower) Conflict(c tcp.Conflict) {
	f.side(c.Dir).Conflicts++
	if f.only[c.Dir] && len(f.answer.Conflicts) < maxConflicts {
		f.answer.Conflicts = append(f.answer.Conflicts, FollowConflict{
			Direction: f.name(c.Dir), Offset: c.Offset, Differ: c.Differ, KeptFrame: c.Kept, DroppedFrame: c.Dropped,
		})
	}
}
