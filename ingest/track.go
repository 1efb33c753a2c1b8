package ingest

import (
	"pcapidx/index"
	"pcapidx/ingest/dissect"
	"pcapidx/ingest/source"
	"pcapidx/ingest/tcp"
)

// tracker sees the dissected frames in file order, in one goroutine: it
// reassembles IP, finds connections, fills the stored columns, the posting
// lists and the summary. Order is what makes its result the same every time.
type tracker struct {
	w       *index.Writer
	table   *connTable
	frags   *reassembler
	servers servers
	decoder *dissect.Decoder // for reassembled datagrams
	stacks  stackTable
	hosts   addressTable
	summary index.Summary
	segment *index.Segment

	seen []uint32 // connections of the frame in hand
	last index.Time
	err  error // first error of the connection table
}

// maxMemberships bounds the connections of one frame: nested tunnels and ICMP
// quotes reach three or four.
const maxMemberships = 16

func newTracker(w *index.Writer, dir string, c Config) *tracker {
	t := &tracker{
		w: w, table: newConnTable(dir, c.MaxConnections), servers: servers{}, decoder: dissect.NewDecoder(),
		stacks: newStackTable(), hosts: newAddressTable(),
	}
	t.frags = newReassembler(c.ReassemblyBytes, &t.summary.Counters)
	t.summary.Sizes = make([]uint64, len(index.SizeClasses()))
	return t
}

// batch turns a dissected batch into a block. rows and more are the block's.
func (t *tracker) batch(b *source.Batch, packets []dissect.Packet, block *index.Block) error {
	block.Rows, block.More = block.Rows[:0], block.More[:0]
	for i := range b.Frames {
		number := b.First + uint32(i)
		if s := t.w.Segment(number); s != t.segment {
			t.segment = s
			t.stacks.newSegment()
			t.table.newSegment()
		}
		block.Rows = append(block.Rows, index.Packet{Frame: b.Frames[i], Number: number, Conn: index.NoConnection})
		t.frame(&block.Rows[i], b.Packet(i), &packets[i], block)
		if t.err != nil {
			return t.err
		}
	}
	return nil
}

// frame handles one frame: row is stored, data are its captured bytes.
func (t *tracker) frame(row *index.Packet, data []byte, p *dissect.Packet, block *index.Block) {
	if p.Fragment != nil {
		t.fragment(row, data, p)
	}
	t.problem(row, p)
	row.Stack = t.stacks.add(t.segment, row, p, &t.summary.Counters)
	t.count(row, p)
	covered := t.connections(row, p, block)
	for i := range p.Networks {
		if covered&(1<<i) == 0 {
			n := &p.Networks[i]
			t.segment.List(index.PostIPSrc, index.AddressValue(n.Src)).Add(row.Number)
			t.segment.List(index.PostIPDst, index.AddressValue(n.Dst)).Add(row.Number)
		}
	}
	for _, v := range p.VLANs {
		t.segment.List(index.PostVLAN, index.PortValue(v)).Add(row.Number)
	}
	for bit := index.Status(1); bit != 0; bit <<= 1 {
		if row.Status&bit != 0 {
			t.segment.List(index.PostStatus, []byte{byte(bit)}).Add(row.Number)
		}
	}
}

// fragment hands an IP fragment to reassembly and, when that completes the
// datagram, decodes it as part of this frame. A datagram may hold fragments of
// an inner datagram: decoding may ask again, as often as tunnels nest.
func (t *tracker) fragment(row *index.Packet, data []byte, p *dissect.Packet) {
	for range maxMemberships {
		f := p.Fragment
		if f == nil {
			return
		}
		end := uint64(f.Start) + uint64(f.Length)
		if end > uint64(len(data)) || int(f.Network) >= len(p.Networks) {
			break
		}
		network := f.Network
		whole, from := t.frags.add(row.Number, &p.Networks[network], f, data[f.Start:end])
		if whole == nil {
			break
		}
		t.w.WriteDatagram(row.Number, from)
		row.Status |= index.StatusReassembled
		data = whole
		t.decoder.DecodeDatagram(network, whole, p)
	}
	if p.Fragment != nil {
		row.Status |= index.StatusFragment
	}
}

// problem notes what was wrong with a frame.
func (t *tracker) problem(row *index.Packet, p *dissect.Packet) {
	c := &t.summary.Counters
	switch p.Problem {
	case dissect.Malformed:
		row.Status |= index.StatusMalformed
		c.Malformed++
	case dissect.Truncated:
		row.Status |= index.StatusTruncated
		c.Truncated++
	case dissect.Panicked:
		row.Status |= index.StatusPanicked | index.StatusMalformed
		c.Panics++
	}
	if row.CapLen < row.OrigLen {
		c.Sliced++
	}
	if len(p.Layers) == 0 && row.CapLen > 0 {
		c.UnknownLinkTypes++
	}
}

// connections finds the connections of a frame's transport headers. The answer
// has bit i set when network i is in posting lists already.
func (t *tracker) connections(row *index.Packet, p *dissect.Packet, block *index.Block) (covered uint64) {
	t.seen = t.seen[:0]
	primary := primaryTransport(p.Transports)
	for i := range p.Transports {
		tr := &p.Transports[i]
		if len(t.seen) >= maxMemberships {
			t.summary.Counters.MembershipsCapped++
			break
		}
		n := &p.Networks[tr.Network]
		if tr.Broken {
			t.portsOnly(row, tr)
			continue
		}
		key, swapped := keyOf(tr.Kind, n.Src, n.Dst, tr.SrcPort, tr.DstPort)
		c, err := t.lookup(key, swapped, tr)
		if err != nil {
			t.err = err
			return covered
		}
		side := index.SideA
		if swapped != c.aIsHigh {
			side = index.SideB
		}
		seq, ack := t.feed(c, side, tr)
		c.listsFor(t.segment, side, tr, n).add(row.Number)
		covered |= 1 << min(tr.Network, 63)
		t.flags(row, tr)
		if i == primary {
			row.Conn, row.Side, row.Payload, row.Length = c.Number, side, tr.Payload, tr.Length
			row.TCP, row.Flags, row.Seq, row.Ack, row.Window = tr.HasTCP, tr.Flags, seq, ack, tr.Window
			if tr.Quoted {
				row.Status |= index.StatusQuoted
			}
		}
		if t.member(row, c, side, tr, p) && i != primary {
			block.More = append(block.More, index.Member{Frame: row.Number, Conn: c.Number, Side: side})
		}
	}
	return covered
}

// portsOnly indexes the ports of a header to which Wireshark gives no stream.
func (t *tracker) portsOnly(row *index.Packet, tr *dissect.Transport) {
	src, dst := portFields(tr.Kind)
	t.segment.List(src, index.PortValue(tr.SrcPort)).Add(row.Number)
	t.segment.List(dst, index.PortValue(tr.DstPort)).Add(row.Number)
}

// primaryTransport gives the innermost transport that is not quoted in an ICMP
// error, or else the innermost.
func primaryTransport(ts []dissect.Transport) int {
	for i := len(ts) - 1; i >= 0; i-- {
		if !ts[i].Quoted {
			return i
		}
	}
	return len(ts) - 1
}

// lookup finds or makes the connection of a transport header.
func (t *tracker) lookup(key connKey, swapped bool, tr *dissect.Transport) (*conn, error) {
	c, err := t.table.find(key)
	if err != nil {
		return nil, err
	}
	if c != nil && tr.Kind == dissect.TCP {
		s := segmentFor(c, swapped, tr)
		if c.tcp.Splits(&s) {
			c = nil
		}
	}
	if c == nil {
		return t.table.add(key, swapped)
	}
	return c, nil
}

func segmentFor(c *conn, swapped bool, tr *dissect.Transport) tcp.Segment {
	s := tcp.Segment{Flags: tr.Flags & 0xff, Seq: tr.Seq, Ack: tr.Ack, Window: tr.Window, Len: tr.Length, HasLen: tr.HasLength}
	if swapped != c.aIsHigh {
		s.Dir = 1
	}
	return s
}

// feed gives a TCP packet to the connection's state machines and notes what
// tells client and server apart.
func (t *tracker) feed(c *conn, side index.Side, tr *dissect.Transport) (seq, ack uint32) {
	switch tr.Kind {
	case dissect.ICMP, dissect.ICMPv6:
		if !tr.Quoted && c.ClientBy == index.ClientUnknown {
			c.ClientBy, c.ClientIsB = index.ClientByRequest, tr.Request == (side == index.SideB)
		}
	case dissect.TCP:
		s := segmentFor(c, (side == index.SideB) != c.aIsHigh, tr)
		seq, ack = c.tcp.Feed(&s)
		if tr.HasLength && !tr.BadOffset {
			c.zeek.Feed(&s, tr.SrcPort, tr.DstPort)
			c.handshake(side, tr.Flags, t.servers)
		}
	}
	return seq, ack
}

// member counts a frame into a connection; false if it was counted already (a
// frame may hold two headers of one connection).
func (t *tracker) member(row *index.Packet, c *conn, side index.Side, tr *dissect.Transport, p *dissect.Packet) bool {
	for _, n := range t.seen {
		if n == c.Number {
			return false
		}
	}
	t.seen = append(t.seen, c.Number)
	t.segment.AddMember(index.Member{Frame: row.Number, Conn: c.Number, Side: side})
	if c.First == 0 {
		c.First, c.Start, c.End = row.Number, row.Time, row.Time
		c.VLANs = append(append(c.VLANs, p.ServiceVLANs...), p.VLANs...)
	}
	c.Last = row.Number
	c.Start, c.End = min(c.Start, row.Time), max(c.End, row.Time)
	c.Packets[side]++
	c.Bytes[side] += uint64(row.OrigLen)
	if tr.HasLength {
		c.Payload[side] += uint64(tr.Length)
		if tr.Length > 0 && c.payloadBy < 0 {
			c.payloadBy = int8(side)
		}
	}
	return true
}

// listsFor gives the posting lists of a direction of the connection in a
// segment; they are looked up once per segment.
func (c *conn) listsFor(s *index.Segment, side index.Side, tr *dissect.Transport, n *dissect.Network) *connLists {
	l := &c.lists[side]
	if c.listsSet[side] {
		return l
	}
	c.listsSet[side] = true
	*l = connLists{src: s.List(index.PostIPSrc, index.AddressValue(n.Src)), dst: s.List(index.PostIPDst, index.AddressValue(n.Dst))}
	src, dst := portFields(tr.Kind)
	if src != 0 {
		l.srcPort, l.dstPort = s.List(src, index.PortValue(tr.SrcPort)), s.List(dst, index.PortValue(tr.DstPort))
	}
	return l
}

func portFields(k dissect.Kind) (src, dst index.PostingField) {
	switch k {
	case dissect.TCP:
		return index.PostTCPSrcPort, index.PostTCPDstPort
	case dissect.UDP, dissect.UDPLite:
		return index.PostUDPSrcPort, index.PostUDPDstPort
	case dissect.SCTP:
		return index.PostSCTPSrc, index.PostSCTPDst
	}
	return 0, 0
}

func (l *connLists) add(frame uint32) {
	l.src.Add(frame)
	l.dst.Add(frame)
	l.srcPort.Add(frame)
	l.dstPort.Add(frame)
}

// flags puts a frame into the lists of the TCP flags that are set.
func (t *tracker) flags(row *index.Packet, tr *dissect.Transport) {
	if tr.HasTCP {
		t.stacks.flags(t.segment, tr.Flags, row.Number)
	}
}

// finish writes all connections.
func (t *tracker) finish() error {
	t.frags.finish()
	s := &t.summary
	s.TCPStreams, s.UDPStreams = t.table.stream[dissect.TCP], t.table.stream[dissect.UDP]
	s.Stacks, s.Addresses = t.stacks.list, t.hosts.top()
	return t.table.each(func(c *conn) error {
		c.settleClient(t.servers)
		var full bool
		if c.State, c.History, full = c.state(); full {
			c.History += "+"
			s.Counters.HistoriesCapped++
		}
		return t.w.WriteConnection(&c.Connection)
	})
}
