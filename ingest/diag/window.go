package diag

import (
	"fmt"

	"pcapidx/index"
	"pcapidx/ingest/tcp"
)

// windowFamily watches receive windows: how large they are, how long they are
// zero, how long they stop the sender, and whether they limit the transfer.
func windowFamily() Family {
	return Family{Name: "window", FromData: true, New: func() Watcher { return &window{} }, Finds: []Diagnostic{
		{
			Code: "zero_window", Severity: index.SeverityWarn, Group: "window", Title: "receive buffer full",
			Doc: "A side announced a window of zero: its application did not read fast enough. Measured from the packet that says so to that " +
				"side's next packet with a window. Given above ZeroWindowTime, or ZeroWindowShare of the connection's duration.",
		},
		{
			Code: "zero_window_stuck", Severity: index.SeverityError, Group: "window", Title: "receive buffer stayed full",
			Doc: "The window was zero for more than ZeroWindowStuck and did not open again before the connection was reset or the capture ended.",
		},
		{
			Code: "window_full", Severity: index.SeverityWarn, Group: "window", Title: "sender stopped by the window",
			Doc: "Data reached exactly the end of the peer's window (tcp.analysis.window_full). The stop is measured to the sender's next new " +
				"data, but not beyond one initial round-trip time after the window opened. Given above WindowFullTime together with " +
				"WindowFullShare of the connection's duration.",
		},
		{
			Code: "small_window", Severity: index.SeverityWarn, Group: "window", Title: "window too small for the path",
			Doc: "SmallWindowShare of a sender's data segments had SmallWindowFill of the peer's window in flight, with no zero window, so that the " +
				"window limits the transfer to window / round-trip time. Not given when that is above SmallWindowRate, with fewer than " +
				"SmallWindowSegments, or when the window scale is not known.",
		},
		{
			Code: "scaling_missing", Severity: index.SeverityNote, Group: "window", Title: "no window scaling",
			Doc: "The window that limits the transfer is near 65535 bytes and scaling (RFC 7323) was not agreed on: a host without it, or a " +
				"middlebox that takes the option away. Given with small_window.",
		},
	}}
}

// unscaledNear is a window that would be larger if it could: the 16 bits of the
// field are nearly used up.
const unscaledNear = 60000

type window struct{ side [2]windowSide }

type windowSide struct {
	// Its receive window, calculated.
	seen, scaled, known bool // known: the scale is; scaled: there is one
	last, min, max      uint32

	zero                  bool  // the window is zero, since zeroSince
	zeroSince, stuck      int64 // stuck: how long it was when a RST came
	zeros                 uint32
	zeroTime, zeroLongest int64
	zeroFrames            Evidence

	// Its sending into the peer's window.
	full, opened        bool   // stopped since fullSince; the window opened at openedAt
	fullEnd             uint32 // sequence number where it stopped
	fullSince, openedAt int64
	fullTime            int64
	fulls               Evidence
	segments            uint32 // data segments while the peer's window was known
	inFlight            uint32 // most bytes
	tight               Evidence
}

func (w *window) Watch(c *Conn, p *Packet) {
	if p.Duplicate {
		return
	}
	me, peer := &w.side[p.Dir], &w.side[1-p.Dir]
	if p.Data() {
		me.send(c, p, peer)
	}
	if p.Flags&tcp.RST != 0 {
		me.reset(p.Time)
		peer.reset(p.Time)
	}
	if p.Flags&(tcp.SYN|tcp.RST) != 0 {
		return
	}
	if !me.seen {
		me.seen, me.min = true, p.WindowSize
	}
	me.min, me.max = min(me.min, p.WindowSize), max(me.max, p.WindowSize)
	me.last, me.known, me.scaled = p.WindowSize, p.Analysis.Scale != tcp.ScaleUnknown, p.Analysis.Scale >= 0
	switch {
	case p.Labels&tcp.ZeroWindow != 0:
		me.zeroFrames.Add(p.Frame)
		if !me.zero {
			me.zero, me.zeroSince = true, p.Time
			me.zeros++
		}
	case me.zero && p.WindowSize > 0:
		me.reopen(p.Time)
	}
	if peer.full && !peer.opened && p.Flags&tcp.ACK != 0 && beyond(p.Ack+p.WindowSize, peer.fullEnd) {
		peer.opened, peer.openedAt = true, p.Time
	}
}

// send takes a data segment of s.
func (s *windowSide) send(c *Conn, p *Packet, peer *windowSide) {
	again := p.Labels&(tcp.Retransmission|tcp.OutOfOrder|tcp.KeepAlive|tcp.ZeroWindowProbe) != 0
	if s.full && !again {
		end := p.Time
		if s.opened {
			end = min(end, s.openedAt+max(p.IRTT, 0))
		}
		s.fullTime += max(end-s.fullSince, 0)
		s.full = false
	}
	if p.Labels&tcp.WindowFull != 0 {
		s.fulls.Add(p.Frame)
		if !s.full {
			s.full, s.opened, s.fullEnd, s.fullSince = true, false, p.Seq+p.Len, p.Time
		}
	}
	s.inFlight = max(s.inFlight, p.InFlight)
	if peer.known {
		s.segments++
		if float64(p.InFlight) >= c.T.SmallWindowFill*float64(peer.last) && p.InFlight > 0 {
			s.tight.Add(p.Frame)
		}
	}
}

// reopen ends an interval with a window of zero.
func (s *windowSide) reopen(now int64) {
	d := max(now-s.zeroSince, 0)
	s.zeroTime += d
	s.zeroLongest = max(s.zeroLongest, d)
	s.zero = false
}

func (s *windowSide) reset(now int64) {
	if s.zero {
		s.stuck = max(now-s.zeroSince, 0)
		s.reopen(now)
	}
}

func (w *window) Finish(c *Conn, r *Report) {
	for dir := range w.side {
		s := &w.side[dir]
		if s.zero {
			s.stuck = max(r.CaptureEnd, c.End) - s.zeroSince
			s.reopen(c.End)
		}
		m := &r.Measures.Sides[dir]
		m.ZeroWindows, m.ZeroWindowTime, m.ZeroWindowLongest = int64(s.zeros), s.zeroTime, s.zeroLongest
		m.WindowFulls, m.WindowFullTime = int64(s.fulls.Count), s.fullTime
		m.WindowMin, m.WindowMax, m.InFlightMax = int64(s.min), int64(s.max), int64(s.inFlight)
	}
	for dir := range w.side {
		w.side[dir].reportZero(c, r, uint8(dir))
		w.side[dir].reportFull(c, r, uint8(dir))
		w.reportSmall(c, r, uint8(dir))
	}
}

func (s *windowSide) reportZero(c *Conn, r *Report, dir uint8) {
	f := index.Finding{
		Code: "zero_window", Severity: index.SeverityWarn, Side: int8(dir), Weight: float64(s.zeroTime) / 1e9,
		Numbers: []index.Number{figure("times", s.zeros), inMs("total", s.zeroTime), inMs("longest", s.zeroLongest)},
		Frames:  s.zeroFrames.Frames, Count: s.zeroFrames.Count,
	}
	switch {
	case s.stuck > c.T.ZeroWindowStuck:
		f.Code, f.Severity = "zero_window_stuck", index.SeverityError
		f.Weight = max(f.Weight, float64(s.stuck)/1e9)
		f.Numbers = append(f.Numbers, inMs("stuck", s.stuck))
		f.Sentence = fmt.Sprintf("The %s's receive window went to zero and did not open again in the %s that followed: the application there has stopped reading.",
			r.Role(dir), timeWords(s.stuck))
	case s.zeroTime > c.T.ZeroWindowTime || float64(s.zeroTime) > c.T.ZeroWindowShare*float64(c.End-c.Start):
		f.Sentence = fmt.Sprintf("The %s's receive window was zero %s, for %s in all (longest %s): the application there does not read fast enough.",
			r.Role(dir), countWords(s.zeros, "time"), timeWords(s.zeroTime), timeWords(s.zeroLongest))
	default:
		return
	}
	r.Add(f)
}

func (s *windowSide) reportFull(c *Conn, r *Report, dir uint8) {
	if s.fullTime <= c.T.WindowFullTime || float64(s.fullTime) <= c.T.WindowFullShare*float64(c.End-c.Start) {
		return
	}
	percent := 100 * float64(s.fullTime) / float64(max(c.End-c.Start, 1))
	r.Add(index.Finding{
		Code: "window_full", Severity: index.SeverityWarn, Side: int8(1 - dir), Weight: float64(s.fullTime) / 1e9,
		Sentence: fmt.Sprintf("The %s had to stop sending because the %s's window was used up: %s filled it, and the waits add up to %s (%s %% of the connection).",
			r.Role(dir), r.Role(1-dir), countWords(s.fulls.Count, "packet"), timeWords(s.fullTime), digits(percent)),
		Numbers: []index.Number{figure("times", s.fulls.Count), inMs("total", s.fullTime), {Name: "share_percent", Value: percent}},
		Frames:  s.fulls.Frames, Count: s.fulls.Count,
	})
}

// reportSmall judges the peer's window by what dir had in flight. The round-trip
// time is that of both ways from the capture point.
func (w *window) reportSmall(c *Conn, r *Report, dir uint8) {
	s, peer := &w.side[dir], &w.side[1-dir]
	trip := c.Side[0].MinRTT + c.Side[1].MinRTT
	if s.segments < c.T.SmallWindowSegments || float64(s.tight.Count) < c.T.SmallWindowShare*float64(s.segments) ||
		peer.zeros > 0 || !peer.known || trip == 0 {
		return
	}
	rate := float64(peer.max) / float64(trip) * 1e9
	if rate > c.T.SmallWindowRate {
		return
	}
	percent := 100 * float64(s.tight.Count) / float64(s.segments)
	f := index.Finding{
		Code: "small_window", Severity: index.SeverityWarn, Side: int8(1 - dir),
		Weight: float64(c.Side[dir].Data.LastTime-c.Side[dir].Data.Time) / 1e9,
		Sentence: fmt.Sprintf("The %s's window of at most %d bytes limits the %s to about %s at a round-trip time of %s: %s %% of its data segments found it nearly used up.",
			r.Role(1-dir), peer.max, r.Role(dir), rateWords(rate), timeWords(trip), digits(percent)),
		Numbers: []index.Number{
			{Name: "window_bytes", Value: float64(peer.max)},
			inMs("rtt", trip),
			{Name: "limit_bits_per_second", Value: 8 * rate},
			{Name: "share_percent", Value: percent},
		},
		Frames: s.tight.Frames, Count: s.tight.Count,
	}
	r.Add(f)
	if !peer.scaled && peer.max >= unscaledNear {
		f.Code, f.Severity = "scaling_missing", index.SeverityNote
		f.Sentence = fmt.Sprintf("Window scaling is missing: without it the %s cannot announce more than 65535 bytes, and %d are not enough for a round-trip time of %s.",
			r.Role(1-dir), peer.max, timeWords(trip))
		r.Add(f)
	}
}
