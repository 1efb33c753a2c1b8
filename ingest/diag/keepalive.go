package diag

import (
	"fmt"

	"pcapidx/index"
	"pcapidx/ingest/tcp"
)

// keepAliveFamily judges connections by their keep-alives (RFC 1122, section
// 4.2.3.6).
func keepAliveFamily() Family {
	return Family{Name: "keepalive", New: func() Watcher { return &keepAlive{} }, Finds: []Diagnostic{
		{
			Code: "keep_alive_only", Severity: index.SeverityInfo, Group: "application", Title: "held open by keep-alives",
			Doc: "Intervals without data but with keep-alives make up KeepAliveShare of the connection's duration, with two keep-alives at least.",
		},
		{
			Code: "keep_alive_unanswered", Severity: index.SeverityWarn, Group: "path", Title: "keep-alives not answered",
			Doc: "A side sent KeepAliveMisses keep-alives or more without any packet from its peer in between: the peer is gone or filtered. " +
				"Not given if the capture has no packet of the peer at all.",
		},
	}}
}

type keepAlive struct {
	data  int64 // last data, or the connection's first packet
	begun bool
	kept  *kept // after the first keep-alive
}

// kept is what is known of keep-alives.
type kept struct {
	open      bool  // there was one since the last data
	covered   int64 // sum of the intervals without data that had keep-alives
	intervals histogram
	frames    Evidence
	side      [2]keptSide // by the sender of the keep-alives
}

type keptSide struct {
	last   int64    // its last keep-alive, if sent since the last data
	sent   bool     //
	row    Evidence // keep-alives since the peer's last packet
	missed Evidence // the longest such row that is too long
}

func (w *keepAlive) Watch(c *Conn, p *Packet) {
	if p.Duplicate {
		return
	}
	if !w.begun {
		w.data, w.begun = p.Time, true
	}
	if w.kept != nil {
		if s := &w.kept.side[1-p.Dir]; s.row.Count > 0 {
			s.answered(c)
		}
	}
	switch {
	case p.Labels&tcp.KeepAlive != 0:
		if w.kept == nil {
			w.kept = &kept{}
		}
		w.kept.add(p)
	case p.Data():
		if w.kept != nil {
			w.kept.close(p.Time - w.data)
		}
		w.data = p.Time
	}
}

func (k *kept) add(p *Packet) {
	k.open = true
	k.frames.Add(p.Frame)
	s := &k.side[p.Dir]
	if s.sent {
		k.intervals.add(p.Time - s.last)
	}
	s.sent, s.last = true, p.Time
	s.row.Add(p.Frame)
}

// close ends an interval without data.
func (k *kept) close(ns int64) {
	if k.open {
		k.covered += max(ns, 0)
		k.open, k.side[0].sent, k.side[1].sent = false, false, false
	}
}

// answered ends a row of keep-alives.
func (s *keptSide) answered(c *Conn) {
	if s.row.Count >= c.T.KeepAliveMisses && s.row.Count > s.missed.Count {
		s.missed = s.row
	}
	s.row = Evidence{}
}

func (w *keepAlive) Finish(c *Conn, r *Report) {
	k := w.kept
	if k == nil {
		return
	}
	k.close(c.End - w.data)
	if duration := c.End - c.Start; k.frames.Count >= 2 && float64(k.covered) >= c.T.KeepAliveShare*float64(duration) {
		every := ""
		if k.intervals.count > 0 {
			every = fmt.Sprintf(", about every %s", timeWords(k.intervals.quantile(50)))
		}
		r.Add(index.Finding{
			Code: "keep_alive_only", Severity: index.SeverityInfo, Side: -1,
			Sentence: fmt.Sprintf("For %s of %s the connection carried no data and was only held open by keep-alives (%d%s).", timeWords(k.covered),
				timeWords(duration), k.frames.Count, every),
			Numbers: []index.Number{
				figure("keep_alives", k.frames.Count), inSeconds("interval", k.intervals.quantile(50)), inSeconds("without_data", k.covered),
			},
			Frames: k.frames.Frames, Count: k.frames.Count,
		})
	}
	for i := range k.side {
		dir, s := uint8(i), &k.side[i]
		end := s.row.Count >= c.T.KeepAliveMisses
		s.answered(c)
		if s.missed.Count == 0 || c.Side[1-dir].Any.Count == 0 {
			continue
		}
		after := "only then came an answer"
		if end {
			after = "none came later: it is gone or filtered"
		}
		r.Add(index.Finding{
			Code: "keep_alive_unanswered", Severity: index.SeverityWarn, Side: int8(1 - dir), Weight: 1,
			Sentence: fmt.Sprintf("The %s sent %d keep-alives in a row without an answer of the %s; %s.", r.Role(dir), s.missed.Count, r.Role(1-dir), after),
			Numbers:  []index.Number{figure("keep_alives", s.missed.Count)},
			Frames:   s.missed.Frames, Count: s.missed.Count,
		})
	}
}
