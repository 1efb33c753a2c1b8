package diag

import (
	"pcapidx/ingest/tcp"
)

// rateFamily measures how fast each side sent. It finds nothing.
func rateFamily() Family {
	return Family{Name: "rate", New: func() Watcher { return &rate{} }}
}

type rate struct{ side [2]rateSide }

type rateSide struct {
	wire        uint64 // bytes of its frames
	second      int64  // the second in hand, from the connection's first packet
	inSecond    uint64 // bytes of its frames in it
	peak        uint64 // most bytes of a second before
	data        *ranges
	fresh       uint32 // segments with new data, the first and the last of them
	first, last int64
}

func (w *rate) Watch(c *Conn, p *Packet) {
	if p.Duplicate {
		return
	}
	s := &w.side[p.Dir]
	s.wire += uint64(p.WireLen)
	if second := (p.Time - c.First.Time) / 1e9; second > s.second {
		s.peak = max(s.peak, s.inSecond)
		s.second, s.inSecond = second, 0
	}
	s.inSecond += uint64(p.WireLen)
	if !p.Data() || p.Labels&tcp.KeepAlive != 0 {
		return
	}
	if s.data == nil {
		s.data = &ranges{}
		switch f := &c.Side[p.Dir]; {
		case p.Flags&tcp.SYN != 0: // TCP Fast Open: the data follows the SYN
			s.data.begin(p.Seq + 1)
		case f.SYN.Count > 0:
			s.data.begin(f.SYN.Seq + 1)
		case f.SYNACK.Count > 0:
			s.data.begin(f.SYNACK.Seq + 1)
		}
	}
	seq := p.Seq
	if p.Flags&tcp.SYN != 0 {
		seq++
	}
	if s.data.add(seq, p.Len) == 0 {
		return
	}
	if s.fresh == 0 {
		s.first = p.Time
	}
	s.fresh++
	s.last = p.Time
}

func (w *rate) Finish(c *Conn, r *Report) {
	for dir := range w.side {
		s, m := &w.side[dir], &r.Measures.Sides[dir]
		m.PeakRate = int64(8 * max(s.peak, s.inSecond))
		m.WireRate = bitRate(s.wire, c.End-c.Start)
		if s.data == nil {
			continue
		}
		m.UniqueBytes = int64(s.data.bytes)
		if s.fresh > 1 {
			m.Goodput = bitRate(s.data.bytes, s.last-s.first)
		}
	}
}

// bitRate gives bit/s, 0 if there was no time.
func bitRate(bytes uint64, ns int64) int64 {
	if ns <= 0 {
		return 0
	}
	return int64(float64(bytes) * 8e9 / float64(ns))
}
