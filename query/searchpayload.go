package query

import (
	"net/netip"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
	"pcapidx/query/needle"
)

// payloadPart is the captured payload of one transport header of a frame.
type payloadPart struct {
	data  []byte
	conn  uint32 // or NoConnection
	kind  uint8
	side  index.Side
	first bool // of the frame's innermost header that is not quoted: columns tell of it

	touched bool // a candidate may touch it
}

// frame searches the payload of one frame and gathers the ends of its segment.
func (w *searchWorker) frame(rows *index.Rows, i int) error {
	p := &rows.Packets[i]
	s := w.scan
	simple := p.Status&index.StatusComplex == 0 && (int(p.Stack) >= len(s.stacks) || s.stacks[p.Stack] == carriesOne)
	var begin, end int // of the payload of a simple frame, else of the frame
	if rows.All() != nil {
		begin = rows.Start(i)
		if end = begin + int(p.CapLen); simple {
			begin = min(begin+int(p.Payload), end)
			end = min(end, begin+int(p.Length))
		}
	}
	search := p.Number >= s.payloadFrom && end > begin
	if simple {
		part := payloadPart{data: rows.All()[begin:end:end], conn: p.Conn, kind: kindUDP, side: p.Side, first: true}
		if p.TCP {
			part.kind = kindTCP
		}
		if part.touched = !search || w.touched(rows.All(), begin, end); search && part.touched {
			w.search(p, &part)
		}
		w.edge(p, &part)
		return nil
	}
	reassembled := p.Status&index.StatusReassembled != 0
	search = search && (reassembled || w.touched(rows.All(), begin, end))
	const broken = index.StatusReassembled | index.StatusQuoted | index.StatusMalformed | index.StatusTruncated | index.StatusPanicked
	switch {
	case search:
	case s.seams == nil || !p.TCP:
		return nil
	case p.Status&broken == 0 && !s.asked: // its columns tell of the innermost header all the same
		begin = min(begin+int(p.Payload), end)
		w.edge(p, &payloadPart{data: rows.All()[begin:min(end, begin+int(p.Length))], touched: true})
		return nil
	}
	return w.complex(rows, i, search)
}

// complex dissects a frame and takes the payload of each of its headers, also of
// those that an ICMP error quotes.
func (w *searchWorker) complex(rows *index.Rows, i int, search bool) error {
	p, r := &rows.Packets[i], w.record
	if err := rows.Load(); err != nil {
		return err
	}
	w.scan.work.decoded.Add(1)
	r.set(rows, i)
	w.parts = r.payloads(w.parts[:0])
	for k := range w.parts {
		part := &w.parts[k]
		part.touched = true
		if search && len(part.data) > 0 {
			if err := r.owner(part, k); err != nil {
				return err
			}
			w.search(p, part)
		}
		if part.first {
			w.edge(p, part)
		}
	}
	return r.err
}

// payloads appends the payload of each transport header of the frame in hand, in
// the order of its layers. Their connections are not looked up.
func (r *frameRecord) payloads(parts []payloadPart) []payloadPart {
	p := r.dissected()
	first := primaryOf(p)
	for i := range p.Transports {
		t := &p.Transports[i]
		switch t.Kind {
		case dissect.TCP, dissect.UDP, dissect.UDPLite:
		default:
			parts = append(parts, payloadPart{conn: index.NoConnection}) // keeps the places of the others
			continue
		}
		part := payloadPart{conn: index.NoConnection, kind: uint8(t.Kind), first: i == first}
		if !t.Broken {
			part.data = payloadOf(r, p, t)
		}
		if t.HasLength {
			part.data = part.data[:min(uint64(len(part.data)), uint64(t.Length))]
		}
		parts = append(parts, part)
	}
	return parts
}

// primaryOf gives the place of the header that the columns describe; -1: none that
// is not quoted.
func primaryOf(p *dissect.Packet) int {
	for i := len(p.Transports) - 1; i >= 0; i-- {
		if !p.Transports[i].Quoted {
			return i
		}
	}
	return -1
}

// owner looks up the connection of a part of the frame in hand; k is the place of
// its header.
func (r *frameRecord) owner(part *payloadPart, k int) error {
	if err := r.rows.Need(index.ColConn | index.ColMore); err != nil {
		return err
	}
	r.set(r.rows, r.at)
	p := r.dissected()
	t := &p.Transports[k]
	if int(t.Network) >= len(p.Networks) {
		return nil
	}
	n := &p.Networks[t.Network]
	src, dst := netip.AddrPortFrom(n.Src, t.SrcPort), netip.AddrPortFrom(n.Dst, t.DstPort)
	var numbers []uint32
	if r.row.Conn != index.NoConnection {
		numbers = append(numbers, r.row.Conn)
	}
	for _, m := range r.members() {
		numbers = append(numbers, m.Conn)
	}
	records, err := r.capture.ConnectionsByNumber(numbers)
	if err != nil {
		return err
	}
	for i := range records {
		c := &records[i]
		switch {
		case c.Kind != part.kind:
		case src == c.A && dst == c.B:
			part.conn, part.side = c.Number, index.SideA
			return nil
		case src == c.B && dst == c.A:
			part.conn, part.side = c.Number, index.SideB
			return nil
		}
	}
	return nil
}

// maxPerPayload bounds the matches in one payload that are given: a byte may be all
// that a payload holds.
const maxPerPayload = 256

// search notes the matches in a payload.
func (w *searchWorker) search(p *index.Packet, part *payloadPart) {
	c, n := w.out, 0
	w.scan.work.touched.Add(1)
	before := w.scan.page.request.around()
	w.searcher.Each(part.data, func(m needle.Match) bool {
		if n++; n > maxPerPayload {
			c.hits[len(c.hits)-1].more = true
			return false
		}
		shown := min(m.End-m.Start, maxMatchShown)
		from, to := max(0, m.Start-before), min(len(part.data), m.Start+shown)
		lead := m.Start - from
		if shown == m.End-m.Start {
			to = min(len(part.data), m.End+before)
		}
		h := chunkHit{at: uint32(len(c.bytes)), n: uint32(to - from)}
		c.bytes = append(c.bytes, part.data[from:to]...)
		h.searchHit = searchHit{
			frame: p.Number, conn: part.conn, kind: part.kind, side: part.side, offset: uint32(m.Start), length: uint32(m.End - m.Start),
			distance: m.Distance, encoding: m.Encoding, lead: lead, shown: shown,
		}
		if part.first && part.kind == kindTCP && p.TCP && p.Status&index.StatusQuoted == 0 {
			h.streamed, h.stream = true, streamOffset(p)+uint32(m.Start)
		}
		c.hits = append(c.hits, h)
		return !w.full()
	})
}

// streamOffset is where the payload of a TCP packet stands in its stream: data
// begin with relative number 1, or behind a SYN that holds some.
func streamOffset(p *index.Packet) uint32 {
	if p.Flags&flagSYN != 0 {
		return p.Seq
	}
	return p.Seq - 1
}

// readSegment reads a TCP segment once more. It is used by the goroutine that puts
// matches in order.
func (s *searchScan) readSegment(frame uint32) (out segment, err error) {
	if s.reader == nil {
		s.reader = &frameRecord{capture: s.capture, file: &s.capture.Summary().File, decoder: dissect.NewDecoder()}
	}
	r := s.reader
	r.rows = nil
	next := func(from uint32) uint32 { return max(from, frame) }
	err = s.capture.EachBlock(searchColumns, next, func(rows *index.Rows) (bool, error) {
		r.set(rows, int(frame-rows.Packets[0].Number))
		for k, part := range r.payloads(nil) {
			if part.first {
				out = segment{r.packet.Transports[k].Seq, append([]byte{}, part.data...)}
			}
		}
		return false, r.err
	})
	return out, err
}
