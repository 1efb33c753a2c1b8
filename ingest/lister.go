package ingest

import (
	"math/bits"
	"sync/atomic"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
)

// lister sees the frames after the tracker, in file order, in a goroutine of its own:
// it puts them into the posting lists, counts them in the summary, and hands their
// blocks to the index. Of the summary it writes what is counted by frame, and the
// counters of its dictionaries; the rest is the tracker's.
type lister struct {
	w       *index.Writer
	jobs    chan *job
	done    chan struct{}
	failed  atomic.Pointer[error]
	segment *index.Segment
	stacks  stackTable
	hosts   addressTable
	complex complexLists
	conns   connLists
	apps    appLists
	summary *index.Summary
	last    index.Time
}

// listerQueue is how many jobs may wait for the lister; all of them come from the
// pipeline's pool.
const listerQueue = 4

func startLister(w *index.Writer, s *index.Summary) *lister {
	l := &lister{
		w: w, jobs: make(chan *job, listerQueue), done: make(chan struct{}), stacks: newStackTable(), hosts: newAddressTable(),
		complex: newComplexLists(), conns: newConnLists(), summary: s,
	}
	s.Sizes = make([]uint64, len(index.SizeClasses()))
	go l.run(l.jobs)
	return l
}

// run takes jobs until there are no more. After a failure it only gives them back.
func (l *lister) run(jobs <-chan *job) {
	defer close(l.done)
	for j := range jobs {
		if l.failed.Load() != nil {
			j.block.Release()
			continue
		}
		if err := l.job(j); err != nil {
			l.failed.Store(&err)
		}
	}
	l.w.EndBlocks()
}

// err gives the first failure.
func (l *lister) err() error {
	if err := l.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// finish waits until all jobs are done, and fills the summary. It may be called more
// than once.
func (l *lister) finish() error {
	if l.jobs != nil {
		close(l.jobs)
		l.jobs = nil
	}
	<-l.done
	l.summary.Stacks, l.summary.Addresses = l.stacks.list, l.hosts.top()
	return l.err()
}

// job lists the frames of a job and stores its block, which the writer releases.
func (l *lister) job(j *job) error {
	more, datagrams := j.block.More, j.datagrams
	for i := range j.block.Rows {
		row := &j.block.Rows[i]
		if s := l.w.Segment(row.Number); s != l.segment {
			l.segment = s
			l.stacks.newSegment()
			l.conns.newSegment()
			l.apps.newSegment()
		}
		var datagram []byte // the last one, if several were nested
		for ; len(datagrams) > 0 && datagrams[0].frame == row.Number; datagrams = datagrams[1:] {
			l.w.WriteDatagram(row.Number, datagrams[0].from)
			datagram = datagrams[0].data
		}
		n := 0
		for n < len(more) && more[n].Frame == row.Number {
			n++
		}
		l.frame(row, &j.packets[i], j.batch.Packet(i), datagram, j.apps)
		l.members(row, more[:n])
		more = more[n:]
	}
	return l.w.WriteBlock(&j.block)
}

// frame lists one frame: its captured bytes, the datagram that it completed, and the
// names of the dictionary of application protocols.
func (l *lister) frame(row *index.Packet, p *dissect.Packet, data, datagram []byte, apps [][]string) {
	s := l.segment
	row.Stack = l.stacks.add(s, row, p, &l.summary.Counters)
	l.count(row, p)
	if row.Status&index.StatusComplex != 0 {
		l.complex.add(s, &l.stacks, row, data, datagram, p)
	} else {
		l.plain(row, p)
	}
	l.apps.post(s, apps, row)
	for rest := row.Labels; rest != 0; rest &= rest - 1 {
		s.List(index.PostLabel, []byte{byte(bits.TrailingZeros16(uint16(rest)))}).Add(row.Number)
	}
	for rest := row.Status; rest != 0; rest &= rest - 1 {
		s.List(index.PostStatus, []byte{byte(rest & -rest)}).Add(row.Number)
	}
}

// members notes which connections the frame belongs to. It may hold two headers of
// one: the first counts.
func (l *lister) members(row *index.Packet, more []index.Member) {
	again := row.Conn == index.NoConnection
	for _, m := range more {
		l.segment.AddMember(m)
		again = again || m.Conn == row.Conn
	}
	if !again {
		l.segment.AddMember(index.Member{Frame: row.Number, Conn: row.Conn, Side: row.Side})
	}
}

// plain lists the addresses and ports of a frame that is not complex: one network
// and one transport header at most.
func (l *lister) plain(row *index.Packet, p *dissect.Packet) {
	if len(p.Transports) > 0 && row.Conn != index.NoConnection {
		tr := &p.Transports[0]
		l.conns.of(l.segment, row, tr, &p.Networks[tr.Network]).add(row.Number)
		if tr.HasTCP {
			l.stacks.flags(l.segment, tr.Flags, row.Number)
		}
	} else {
		for i := range p.Networks {
			n := &p.Networks[i]
			l.segment.List(index.PostIPSrc, index.AddressValue(n.Src)).Add(row.Number)
			l.segment.List(index.PostIPDst, index.AddressValue(n.Dst)).Add(row.Number)
		}
	}
	for _, v := range p.VLANs {
		l.segment.List(index.PostVLAN, index.PortValue(v)).Add(row.Number)
	}
}

// connLists remembers the posting lists of the connections seen last: four look-ups
// for each frame would cost more than all else here.
type connLists struct{ slots []connSlot }

type connSlot struct {
	conn uint32 // one more than the number
	side index.Side
	endLists
}

// endLists are the posting lists of one direction of a connection in the current
// segment.
type endLists struct{ src, dst, srcPort, dstPort index.PostingList }

const connSlots = 1 << 12 // a power of two

func newConnLists() connLists { return connLists{make([]connSlot, connSlots)} }

func (c *connLists) newSegment() { clear(c.slots) }

// of gives the lists of the direction that a packet went.
func (c *connLists) of(s *index.Segment, row *index.Packet, tr *dissect.Transport, n *dissect.Network) *endLists {
	slot := &c.slots[(row.Conn<<1|uint32(row.Side))&(connSlots-1)]
	if slot.conn == row.Conn+1 && slot.side == row.Side {
		return &slot.endLists
	}
	*slot = connSlot{row.Conn + 1, row.Side, endLists{src: s.List(index.PostIPSrc, index.AddressValue(n.Src)), dst: s.List(index.PostIPDst, index.AddressValue(n.Dst))}}
	if src, dst := portFields(tr.Kind); src != 0 {
		slot.srcPort, slot.dstPort = s.List(src, index.PortValue(tr.SrcPort)), s.List(dst, index.PortValue(tr.DstPort))
	}
	return &slot.endLists
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

func (l *endLists) add(frame uint32) {
	l.src.Add(frame)
	l.dst.Add(frame)
	l.srcPort.Add(frame)
	l.dstPort.Add(frame)
}
