package ingest

import (
	"pcapidx/index"
	"pcapidx/ingest/diag"
	"pcapidx/ingest/dissect"
	"pcapidx/ingest/tcp"
)

// tracker sees the dissected frames in file order, in one goroutine: it
// reassembles IP, finds connections and fills the stored columns; the lister goes on
// with them. Order is what makes their result the same every time.
type tracker struct {
	w          *index.Writer
	table      *connTable
	frags      *reassembler
	servers    servers
	decoder    *dissect.Decoder // for reassembled datagrams
	apps       appTable
	summary    index.Summary
	found      foundCodes
	capture    *diag.Capture
	copies     *diag.Duplicates
	log        *tcpLog
	workers    int // that diagnose
	thresholds *diag.Thresholds

	tcp          tcp.Segment // of the transport header in hand
	analysis     tcp.Analysis
	packet       diag.Packet // for the diagnostics
	appendPacket func([]byte) []byte
	seen         []uint32     // connections of the frame in hand
	datagrams    []datagramOf // that frames of the job completed
	datagram     []byte       // the one of the frame in hand
	err          error        // first error of the connection table
}

// maxMemberships bounds the connections of one frame: nested tunnels and ICMP
// quotes reach three or four.
const maxMemberships = 16

func newTracker(w *index.Writer, dir string, c Config) *tracker {
	t := &tracker{
		w: w, table: newConnTable(dir, c), log: newTCPLog(dir, c.ReplayBytes), workers: c.Workers, thresholds: c.Thresholds, copies: diag.NewDuplicates(), servers: servers{}, decoder: dissect.NewDecoder(),
		apps: newAppTable(), found: foundCodes{}, capture: diag.NewCapture(*c.Thresholds),
	}
	t.appendPacket = t.packet.AppendBinary
	t.frags = newReassembler(c.ReassemblyBytes, &t.summary.Counters)
	return t
}

// job fills the rows of a job.
func (t *tracker) job(j *job) error {
	b, block := &j.batch, &j.block
	block.Rows, block.More = block.Rows[:0], block.More[:0]
	t.datagrams = j.datagrams[:0]
	for i := range b.Frames {
		block.Rows = append(block.Rows, index.Packet{Frame: b.Frames[i], Number: b.First + uint32(i), Conn: index.NoConnection})
		t.frame(&block.Rows[i], b.Packet(i), &j.packets[i], block)
		if t.err != nil {
			return t.err
		}
	}
	j.datagrams, j.apps = t.datagrams, t.apps.names
	return t.log.error
}

// frame handles one frame: row is stored, data are its captured bytes.
func (t *tracker) frame(row *index.Packet, data []byte, p *dissect.Packet, block *index.Block) {
	if p.Fragment != nil {
		t.fragment(row, data, p)
	}
	t.problem(row, p)
	if row.Status&index.StatusReassembled == 0 {
		t.datagram = nil
	}
	if isComplex(row, p) {
		row.Status |= index.StatusComplex
	}
	t.connections(row, data, p, block)
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
		t.datagrams = append(t.datagrams, datagramOf{row.Number, from, whole})
		row.Status |= index.StatusReassembled
		data, t.datagram = whole, whole
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

// connections finds the connections of a frame's transport headers.
func (t *tracker) connections(row *index.Packet, data []byte, p *dissect.Packet, block *index.Block) {
	if t.datagram != nil {
		data = t.datagram
	}
	t.seen = t.seen[:0]
	primary := primaryTransport(p.Transports)
	for i := range p.Transports {
		tr := &p.Transports[i]
		if len(t.seen) >= maxMemberships {
			t.summary.Counters.MembershipsCapped++
			break
		}
		n := &p.Networks[tr.Network]
		if tr.Broken { // Wireshark gives it no stream
			continue
		}
		key, swapped := keyOf(tr.Kind, n.Src, n.Dst, tr.SrcPort, tr.DstPort)
		c, err := t.lookup(row, key, swapped, tr)
		if err != nil {
			t.err = err
			return
		}
		side := index.SideA
		if swapped != c.aIsHigh {
			side = index.SideB
		}
		c.seeSNMP(tr, data)
		analysis := t.feed(row, c, side, tr, p, data)
		if t.member(row, c, side, tr, p) && i != primary {
			block.More = append(block.More, index.Member{Frame: row.Number, Conn: c.Number, Side: side})
		}
		if i == primary {
			setTransport(row, c, side, tr, analysis)
			t.pairEcho(row, c, tr, p, data)
			t.apps.feed(row, c, side, tr, p, data, analysis.Labels, &t.summary.Counters)
		}
	}
}

// setTransport fills the columns that the frame's primary transport header and
// its connection give.
func setTransport(row *index.Packet, c *conn, side index.Side, tr *dissect.Transport, r *tcp.Analysis) {
	row.Conn, row.Side, row.Payload, row.Length, row.Delta = c.Number, side, tr.Payload, tr.Length, c.delta
	if tr.Quoted {
		row.Status |= index.StatusQuoted
	}
	if tr.HasTCP {
		row.TCP, row.Flags, row.Seq, row.Ack, row.Window, row.Scale = true, tr.Flags, r.Seq, r.Ack, tr.Window, r.Scale
		row.Analysis = analysisOf(r)
		if tr.BadOffset { // Wireshark gives such a packet up before it shows any more
			row.Analysis = index.Analysis{Completeness: r.Completeness, States: row.States}
		}
	}
}

// analysisOf gives what the index keeps of a packet's analysis.
func analysisOf(a *tcp.Analysis) index.Analysis {
	return index.Analysis{
		Labels: index.Labels(a.Labels), Analysed: a.Record, HasIRTT: a.Record && a.IRTT != 0,
		Acks: a.AcksFrame, AckRTT: index.Time(a.AckRTT), InFlight: a.InFlight, PushBytes: a.PushBytes,
		Completeness: a.Completeness, States: [2]uint8{uint8(a.States[0]), uint8(a.States[1])},
		Dup: a.DupNum, DupFrame: a.DupFrame, RTO: index.Time(a.RTO), RTOFrame: a.RTOFrame,
	}
}

// isComplex tells whether a frame says more than its columns and posting lists
// can (index.StatusComplex).
func isComplex(row *index.Packet, p *dissect.Packet) bool {
	const broken = index.StatusReassembled | index.StatusQuoted | index.StatusMalformed | index.StatusTruncated | index.StatusPanicked
	if len(p.Networks) > 1 || len(p.Transports) > 1 || len(p.VLANs) > 1 || row.Status&broken != 0 {
		return true
	}
	networks, transports := 0, 0 // headers that stand where nothing records them
	for i := range p.Layers {
		switch p.Layers[i].Proto {
		case dissect.ProtoIP, dissect.ProtoIPv6:
			networks++
		case dissect.ProtoTCP, dissect.ProtoUDP, dissect.ProtoUDPLite, dissect.ProtoSCTP:
			transports++
		}
	}
	for i := range p.Transports {
		if isEcho(p.Transports[i].Kind) {
			transports++
		}
	}
	if networks != len(p.Networks) || transports != len(p.Transports) {
		return true
	}
	for i := range p.Transports {
		t := &p.Transports[i]
		if t.Broken || !t.HasLength && !isEcho(t.Kind) || t.Kind == dissect.TCP && (!t.HasTCP || t.BadOffset || t.OptionsCut) {
			return true
		}
	}
	return false
}

// finish writes all connections, and what the diagnostics found.
func (t *tracker) finish() error {
	t.frags.finish()
	s := &t.summary
	s.TCPStreams, s.UDPStreams = t.table.stream[dissect.TCP], t.table.stream[dissect.UDP]
	s.Apps = t.apps.list
	err := t.conclude()
	s.Found, s.Findings = t.found.list(), t.capture.Finish(&s.File)
	return err
}
