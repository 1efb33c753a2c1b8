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
			Code: "idle_gap", Severity: index.SeverityNote, Group: "delay", Title: "long silence",
			Doc: "No packet of the connection for more than IdleGap. The frames are those before and after.",
		},
		{
			Code: "idle_timeout", Severity: index.SeverityWarn, Group: "path", Title: "broken after a silence",
			Doc: "After a silence of more than IdleGap came a RST, or data that had to be sent again IdleResends times without an answer: a " +
				"firewall or NAT may have dropped the idle connection. Not given once a side has closed.",
		},
	}}
}

type idle struct {
	frame uint32   // the packet before
	long  *silence // after the first long silence
}

// silence is what is known of long silences.
type silence struct {
	gaps       Evidence // the frames before and after each
	longest    int64
	longestDir uint8 // who ended the longest

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
	if gap := p.Time - c.Before; gap > c.T.IdleGap && c.First.Count > 1 {
		if w.long == nil {
			w.long = &silence{}
		}
		w.long.begin(c, p, gap, w.frame)
	}
	if w.long != nil && w.long.pending {
		w.long.follow(c, p)
	}
	w.frame = p.Frame
}

func (s *silence) begin(c *Conn, p *Packet, gap int64, before uint32) {
	s.gaps.Add(before)
	s.gaps.Add(p.Frame)
	if gap > s.longest {
		s.longest, s.longestDir = gap, p.Dir
	}
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
	s := w.long
	if s == nil {
		return
	}
	gaps := s.gaps.Count / 2
	r.Add(index.Finding{
		Code: "idle_gap", Severity: index.SeverityNote, Side: -1,
		Sentence: fmt.Sprintf("The connection was silent for more than %s %s; the longest silence lasted %s, then the %s sent the next packet.",
			timeWords(c.T.IdleGap), countWords(gaps, "time"), timeWords(s.longest), r.Role(s.longestDir)),
		Numbers: []index.Number{figure("times", gaps), inSeconds("longest", s.longest)},
		Frames:  s.gaps.Frames, Count: s.gaps.Count,
	})
	if s.broken.Count == 0 {
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
