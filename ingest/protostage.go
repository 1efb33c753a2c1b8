package ingest

import (
	"encoding/binary"
	"math"
	"net/netip"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
	"pcapidx/ingest/proto"
	"pcapidx/ingest/tcp"
)

// protoStage decodes application protocols: it gives the ordered bytes of
// connections, datagrams, and ICMP and ARP layers to the engine of package proto.
// It runs in a goroutine of its own behind the tracker.
type protoStage struct {
	engine *proto.Engine
	order  *ordered
	layers map[dissect.Proto]bool // that the engine takes from frames
	times  []frameTime            // of the frames seen last, by number modulo their count
	syn    []uint8                // by connection: 1 + side of the client, where a SYN told; a byte each
	row    *index.Packet          // in hand
	ends   [2]netip.AddrPort      // of it: sender and receiver
	class  int                    // class of service (DSCP) of it, -1: not known
}

// frameTime is when a frame came. Bytes that waited behind a hole came with an
// earlier frame than the one in hand.
type frameTime struct {
	frame uint32
	time  index.Time
}

const (
	protoBudget = 40 << 20 // of connections, their held bytes and decoders
	// decoderBytes is what a decoder takes, about.
	decoderBytes = 2 << 10
	recentTimes  = 1 << 16
)

func newProtoStage(sink proto.Sink) *protoStage {
	protocols := proto.All()
	t := &protoStage{engine: proto.NewEngine(sink, protocols), layers: map[dissect.Proto]bool{}, times: make([]frameTime, recentTimes)}
	for _, p := range protocols {
		for _, l := range p.Layers {
			t.layers[l] = true
		}
	}
	t.order = newOrdered(t, protoBudget)
	return t
}

// block takes the rows of a block, with the layers and the captured bytes of each,
// and the datagrams that some of them completed.
func (t *protoStage) block(rows []index.Packet, packets []dissect.Packet, data func(i int) []byte, datagrams []datagramOf) {
	for i := range rows {
		r := &rows[i]
		frame := data(i)
		bytes := frame
		for ; len(datagrams) > 0 && datagrams[0].frame <= r.Number; datagrams = datagrams[1:] {
			bytes = datagrams[0].data // the last one, if several were nested
		}
		t.times[r.Number%recentTimes] = frameTime{r.Number, r.Time}
		t.engine.At(r.Number, r.Time)
		t.frameLayers(r, &packets[i], frame, bytes)
		if r.Conn == index.NoConnection || r.Status&index.StatusQuoted != 0 {
			continue
		}
		if r.TCP && r.Flags&tcp.SYN != 0 {
			t.noteSYN(r)
		}
		if t.row = r; t.setEnds(&packets[i], frame) {
			payload := payloadOf(r, bytes)
			t.order.row(r, payload)
			if r.TCP && r.Labels&index.LabelFastRetransmission != 0 && r.Labels&index.LabelSpuriousRetransmission == 0 {
				t.repeat(r, len(payload))
			}
		}
	}
}

// repeat shows a fast retransmission to the engine. Its place in the direction is that
// next to where the direction is.
func (t *protoStage) repeat(r *index.Packet, n int) {
	c := t.order.conns[r.Conn]
	if c == nil || !c.begun[r.Side] {
		return
	}
	next := c.base[r.Side] + c.streams.Side(uint8(r.Side)).Next()
	offset := int64(next) + int64(int32(r.Seq-1-uint32(next)))
	if offset >= 0 && offset+int64(n) <= int64(next) {
		c.app.Repeat(r.Side, uint64(offset), n, r.Number, r.Time)
	}
}

// noteSYN remembers who opened a connection. There is nothing of it to decode yet, and
// of most connections of a flood there never is.
func (t *protoStage) noteSYN(r *index.Packet) {
	n := int(r.Conn)
	if n >= len(t.syn) {
		t.syn = append(t.syn, make([]uint8, n+1-len(t.syn))...)
	}
	client := r.Side
	if r.Flags&tcp.ACK != 0 {
		client = 1 - client
	}
	t.syn[n] = 1 + uint8(client)
}

// setEnds notes the ends of the packet's innermost transport header, and the class of
// service of the IP header in front of it.
func (t *protoStage) setEnds(p *dissect.Packet, frame []byte) bool {
	for i := len(p.Transports) - 1; i >= 0; i-- {
		tr := &p.Transports[i]
		if tr.Quoted {
			continue
		}
		if tr.Kind != dissect.TCP && tr.Kind != dissect.UDP && tr.Kind != dissect.UDPLite {
			return false
		}
		n := &p.Networks[tr.Network]
		t.class = classOf(&p.Layers[n.Layer], frame)
		t.ends = [2]netip.AddrPort{netip.AddrPortFrom(n.Src, tr.SrcPort), netip.AddrPortFrom(n.Dst, tr.DstPort)}
		return true
	}
	return false
}

// classOf gives the class of service (DSCP) of an IP header, -1 of one within a
// reassembled datagram.
func classOf(l *dissect.Layer, frame []byte) int {
	if l.Reassembled || uint64(l.Offset)+2 > uint64(len(frame)) {
		return -1
	}
	b := frame[l.Offset:]
	if b[0]>>4 == 6 {
		return int(b[0]&15)<<2 | int(b[1]>>6)
	}
	return int(b[1] >> 2)
}

// frameLayers gives the layers that are decoded from frames to the engine: not those
// that an ICMP error quotes.
func (t *protoStage) frameLayers(r *index.Packet, p *dissect.Packet, frame, datagram []byte) {
	for i := range p.Layers {
		l := &p.Layers[i]
		if !t.layers[l.Proto] {
			continue
		}
		bytes := frame
		if l.Reassembled {
			bytes = datagram
		}
		if uint64(l.Offset) >= uint64(len(bytes)) {
			return
		}
		var src, dst netip.Addr
		end := uint64(len(bytes))
		if !l.Reassembled {
			end += uint64(r.OrigLen) - min(uint64(r.OrigLen), uint64(len(frame)))
		}
		for n := range p.Networks {
			if net := &p.Networks[n]; int(net.Layer) < i && !net.Quoted {
				src, dst = net.Src, net.Dst
				if header := &p.Layers[net.Layer]; header.Reassembled == l.Reassembled {
					end = min(end, endOfIP(bytes, uint64(header.Offset)))
				}
			}
		}
		conn := r.Conn
		if r.Status&index.StatusQuoted != 0 { // the one that an error is about
			conn = index.NoConnection
		}
		t.engine.Uncaptured(end - min(end, uint64(len(bytes))))
		if end = min(end, uint64(len(bytes))); end > uint64(l.Offset) {
			t.engine.Layer(l.Proto, src, dst, conn, r.Side, bytes[l.Offset:end])
		}
		return // what follows is quoted, or padding
	}
}

// endOfIP gives where the packet ends whose IP header is at a place: behind it there is
// padding of the frame.
func endOfIP(b []byte, at uint64) uint64 {
	length := uint64(0)
	switch {
	case at+8 > uint64(len(b)):
	case b[at]>>4 == 4:
		length = uint64(binary.BigEndian.Uint16(b[at+2:]))
	case b[at]>>4 == 6:
		if length = uint64(binary.BigEndian.Uint16(b[at+4:])); length > 0 {
			length += 40
		}
	}
	if length == 0 { // not told: left to the network card
		return math.MaxUint64
	}
	return at + length
}

// finish closes all connections.
func (t *protoStage) finish() { t.order.finish() }

// opened implements byteSink.
func (t *protoStage) opened(c *orderedConn) {
	ends := t.ends
	if t.row.Side == index.SideB {
		ends[0], ends[1] = ends[1], ends[0]
	}
	c.app = t.engine.Open(c.number, ends, c.streams == nil)
	if n := int(c.number); n < len(t.syn) && t.syn[n] > 0 {
		c.app.Client(index.Side(t.syn[n] - 1))
	}
}

// piece implements byteSink.
func (t *protoStage) piece(c *orderedConn, side index.Side, offset uint64, data []byte, frame uint32) {
	x := c.app
	if c.streams == nil {
		t.engine.Uncaptured(uint64(t.row.Length) - min(uint64(t.row.Length), uint64(len(data))))
		if t.class >= 0 {
			t.engine.DSCP(uint8(t.class))
		}
		x.Datagram(side, data, frame, t.row.Time)
	} else {
		x.Bytes(side, offset, data, frame, t.timeOf(frame))
	}
	c.held = x.Held() + decoderBytes
}

// gap implements byteSink.
func (t *protoStage) gap(c *orderedConn, side index.Side, bytes uint64, reason tcp.Reason) {
	c.app.Gap(side, proto.Gap{
		Bytes: bytes, Captured: reason == tcp.OverLimit, Snapped: reason == tcp.SnapLen, Lost: reason == tcp.Unrecovered,
	})
}

// ended implements byteSink.
func (t *protoStage) ended(c *orderedConn, e ending) {
	x := c.app
	if !e.reset {
		x.End(e.side, proto.Finished, e.frame, e.time)
		return
	}
	x.End(e.side, proto.ResetBySender, e.frame, e.time)
	x.End(1-e.side, proto.ResetByReceiver, e.frame, e.time)
}

// gone implements byteSink.
func (t *protoStage) gone(c *orderedConn, early bool) {
	end := proto.CaptureEnded
	if early {
		end = proto.Forgotten
	}
	c.app.Close(end)
}

func (t *protoStage) timeOf(frame uint32) index.Time {
	if f := t.times[frame%recentTimes]; f.frame == frame {
		return f.time
	}
	return t.row.Time
}
