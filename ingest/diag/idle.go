package diag

import (
	"fmt"

	"pcapidx/index"
	"pcapidx/ingest/tcp"
)

// idleFamily finds long silences, and connections that did not survive one.
func idleFamily() Family {
	return Family{Name: "idle", New: func() Watcher { return &idle{} }, Finds: []Diagnostic{
		{
			Code: "idle_gap", Severity: index.SeverityNote, Group: "delay", Title: "silence",
			Doc: "No packet of the connection for more than IdlePause and IdleRTTs median round-trip times: info, a note if it lasted longer " +
				"than IdleGap. The frames are those before and after.",
		},
		{
			Code: "idle_timeout", Severity: index.SeverityWarn, Group: "path", Title: "broken after a silence",
			Doc: "After a silence of more than IdleGap came a RST, or data that had to be sent again IdleResends times without an answer: a " +
				"firewall or NAT may have dropped the idle connection. Not given once a side has closed.",
		},
	}}
}

type idle struct {
	frame  uint32   // the packet before
	dir    uint8    // its sender
	pauses *pauses  // after the first pause
	long   *silence // after the first long silence
}

// pauses are the silences above IdlePause.
type pauses struct {
	lengths histogram
	listed  []pause // the first, as many as evidence has room for
	longest pause
}

type pause struct {
	length        int64
	before, after uint32 // frames
	from, by      uint8  // their senders
}

// maxPauses give two frames each.
const maxPauses = index.MaxEvidence / 2

func (w *pauses) add(p pause) {
	w.lengths.add(p.length)
	if len(w.listed) < maxPauses {
		w.listed = append(w.listed, p)
	}
	if p.length > w.longest.length {
		w.longest = p
	}
}

// silence is what is known of long silences.
type silence struct {
	// The last one. pending: the side that did not end it has not answered yet.
	pending       bool
	last          int64
	lastDir       uint8 // who ended it
	before, after uint32
	resends       uint32 // since

	// Those that the connection did not survive, and the longest of them.
	broken                    Evidence
	brokenGap                 int64
	brokenDir                 uint8 // who ended it
	brokenByRST, brokenAtOnce bool  // AtOnce: with the RST
	brokenResends             uint32
}

func (w *idle) Watch(c *Conn, p *Packet) {
	if p.Duplicate {
		return
	}
	if gap := p.Time - c.Before; gap > c.T.IdlePause && c.First.Count > 1 {
		if w.pauses == nil {
			w.pauses = &pauses{}
		}
		w.pauses.add(pause{gap, w.frame, p.Frame, w.dir, p.Dir})
		if gap > c.T.IdleGap {
			if w.long == nil {
				w.long = &silence{}
			}
			w.long.begin(c, p, gap, w.frame)
		}
	}
	if w.long != nil && w.long.pending {
		w.long.follow(c, p)
	}
	w.frame, w.dir = p.Frame, p.Dir
}

func (s *silence) begin(c *Conn, p *Packet, gap int64, before uint32) {
	closed := false
	for i := range c.Side {
		f := &c.Side[i].FIN
		closed = closed || f.Count > 0 && f.Frame != p.Frame
	}
	s.pending = !closed
	s.last, s.lastDir, s.before, s.after, s.resends = gap, p.Dir, before, p.Frame, 0
}

// follow takes the packets after a silence until they tell whether the connection
// is still there.
func (s *silence) follow(c *Conn, p *Packet) {
	switch {
	case p.Flags&tcp.RST != 0:
		if p.Frame == s.after || p.Dir != s.lastDir {
			s.fail(p, true)
		}
		s.pending = false
	case p.Dir != s.lastDir:
		s.pending = false
	case p.Resent():
		if s.resends++; s.resends >= c.T.IdleResends {
			s.fail(p, false)
			s.pending = false
		}
	}
}

func (s *silence) fail(p *Packet, rst bool) {
	s.broken.Add(s.before)
	s.broken.Add(s.after)
	if p.Frame != s.after {
		s.broken.Add(p.Frame)
	}
	if s.last > s.brokenGap {
		s.brokenGap, s.brokenDir, s.brokenByRST, s.brokenAtOnce, s.brokenResends = s.last, s.lastDir, rst, p.Frame == s.after, s.resends
	}
}

func (w *idle) Finish(c *Conn, r *Report) {
	if w.pauses != nil {
		w.pauses.report(c, r)
	}
	s := w.long
	if s == nil || s.broken.Count == 0 {
		return
	}
	what := fmt.Sprintf("data of the %s had to be sent again %s and was not answered", r.Role(s.brokenDir), countWords(s.brokenResends, "time"))
	switch {
	case s.brokenAtOnce:
		what = fmt.Sprintf("a RST from the %s came", r.Role(s.brokenDir))
	case s.brokenByRST:
		what = fmt.Sprintf("the %s continued and was answered with a RST", r.Role(s.brokenDir))
	}
	r.Add(index.Finding{
		Code: "idle_timeout", Severity: index.SeverityWarn, Side: -1, Weight: 1,
		Sentence: fmt.Sprintf("After a silence of %s %s: a firewall or NAT on the way may have dropped the idle connection.", timeWords(s.brokenGap), what),
		Numbers:  []index.Number{inSeconds("silence", s.brokenGap), figure("resends", s.brokenResends)},
		Frames:   s.broken.Frames, Count: s.broken.Count,
	})
}

// report lists the pauses that are long beside the connection's round-trip time.
func (w *pauses) report(c *Conn, r *Report) {
	limit := c.T.IdlePause
	for i := range r.Measures.Sides {
		limit = max(limit, int64(c.T.IdleRTTs*float64(r.Measures.Sides[i].RTT.Median)))
	}
	if w.longest.length <= limit {
		return
	}
	var e Evidence
	for _, p := range w.listed {
		if p.length > limit {
			e.Add(p.before)
			e.Add(p.after)
		}
	}
	if e.Count == 0 {
		e = evidence(w.longest.before, w.longest.after)
	}
	times := max(w.lengths.above(limit), uint64(e.Count/2))
	f := index.Finding{
		Code: "idle_gap", Severity: index.SeverityInfo, Side: -1,
		Sentence: fmt.Sprintf("The connection was silent for %s, between a packet of the %s and one of the %s.",
			timeWords(w.longest.length), r.Role(w.longest.from), r.Role(w.longest.by)),
		Numbers: []index.Number{figure("times", times), inSeconds("longest", w.longest.length)},
		Frames:  e.Frames, Count: uint32(min(2*times, 1<<32-1)),
	}
	if times > 1 {
		f.Sentence = fmt.Sprintf("The connection was silent %d times for more than %s; the longest silence, between a packet of the %s and one of the %s, lasted %s.",
			times, timeWords(limit), r.Role(w.longest.from), r.Role(w.longest.by), timeWords(w.longest.length))
	}
	if w.longest.length > c.T.IdleGap {
		f.Severity = index.SeverityNote
	}
	r.Add(f)
}
