package diag

import (
	"fmt"

	"pcapidx/index"
	"pcapidx/ingest/tcp"
)

// nagleFamily finds senders and receivers that wait for each other: one holds small
// data back until what it sent is acknowledged (RFC 896), the other delays the
// acknowledgement (RFC 1122, section 4.2.3.2).
func nagleFamily() Family {
	return Family{Name: "nagle", FromData: true, New: func() Watcher { return &nagle{} }, Finds: []Diagnostic{
		{
			Code: "nagle_delayed_ack", Severity: index.SeverityWarn, Group: "delay", Title: "small writes wait for acknowledgements",
			Doc: "After a segment below the MSS the same side's next data came NagleMin to NagleMax later, and at most NagleAfter after the " +
				"acknowledgement. Given for NagleTimes of these, or for two that are NagleTurns of the sender's turns; and only if they are " +
				"NagleShare of all such pauses, since by chance some end near an acknowledgement.",
		},
		{
			Code: "delayed_ack", Severity: index.SeverityInfo, Group: "delay", Title: "delayed acknowledgements",
			Doc: "A side's median time to acknowledge a single segment without sending data was DelayedAck above its fastest acknowledgement, of " +
				"at least DelayedAckSamples.",
		},
	}}
}

// optionsMax is the room that TCP options may take from a full segment.
const optionsMax = 40

// usualMSS is that of Ethernet, for connections without a captured handshake.
const usualMSS = 1460

type nagle struct {
	side [2]nagleSide
	last uint8 // who sent the last new data
	any  bool  // there was some
}

type nagleSide struct {
	// Its last new data segment.
	end            uint32
	time, ackTime  int64 // ackTime: of the pure acknowledgement, if acked
	short, alone   bool  // below the MSS; nothing before it waited for acknowledgement
	acked          bool
	turns          uint32
	waits, matches uint32 // pauses after a short segment; those that an acknowledgement ended
	waited         int64  // sum of the matches
	frames         Evidence

	delays  histogram // of its acknowledgements of single segments
	delayed Evidence
}

func (w *nagle) Watch(c *Conn, p *Packet) {
	switch {
	case p.Duplicate:
	case p.Data():
		w.data(c, p)
	case p.Flags&(tcp.SYN|tcp.FIN|tcp.RST|tcp.ACK) == tcp.ACK:
		s := &w.side[1-p.Dir]
		if s.acked || p.Ack != s.end || s.turns == 0 {
			return
		}
		s.acked, s.ackTime = true, p.Time
		if me := &w.side[p.Dir]; s.alone {
			d := p.Time - s.time
			me.delays.add(d)
			if d >= c.T.DelayedAck {
				me.delayed.Add(p.Frame)
			}
		}
	}
}

func (w *nagle) data(c *Conn, p *Packet) {
	s := &w.side[p.Dir]
	if p.Labels&(tcp.Retransmission|tcp.OutOfOrder|tcp.KeepAlive|tcp.ZeroWindowProbe) != 0 {
		s.short, s.alone = false, false
		return
	}
	if !w.any || w.last != p.Dir {
		s.turns++
		w.any, w.last = true, p.Dir
	} else if wait := p.Time - s.time; s.short && wait >= c.T.NagleMin && wait <= c.T.NagleMax {
		s.waits++
		if s.acked && p.Time-s.ackTime <= c.T.NagleAfter {
			s.matches++
			s.waited += wait
			s.frames.Add(p.Frame)
		}
	}
	peer := &c.Side[1-p.Dir]
	s.end, s.time, s.acked = p.Seq+p.Len, p.Time, false
	s.short = p.Len+optionsMax < c.mss()
	s.alone = peer.AckSet && peer.Acked == p.Seq
}

// mss is the smaller of both sides' maximum segment sizes.
func (c *Conn) mss() uint32 {
	least := uint32(usualMSS)
	for i := range c.Side {
		if f := &c.Side[i]; f.Opened && f.Options.MSS > 0 {
			least = min(least, uint32(f.Options.MSS))
		}
	}
	return least
}

func (w *nagle) Finish(c *Conn, r *Report) {
	for i := range w.side {
		dir, s := uint8(i), &w.side[i]
		if s.matches > 0 && float64(s.matches) >= c.T.NagleShare*float64(s.waits) &&
			(s.matches >= c.T.NagleTimes || s.matches >= 2 && float64(s.matches) >= c.T.NagleTurns*float64(s.turns)) {
			each := s.waited / int64(s.matches)
			r.Add(index.Finding{
				Code: "nagle_delayed_ack", Severity: index.SeverityWarn, Side: int8(dir), Weight: float64(s.waited) / 1e9,
				Sentence: fmt.Sprintf("The %s held small data back %s until the %s acknowledged what went before, %s each on average: use TCP_NODELAY or write in one piece.",
					r.Role(dir), countWords(s.matches, "time"), r.Role(1-dir), timeWords(each)),
				Numbers: []index.Number{figure("times", s.matches), inMs("average", each), inMs("total", s.waited), figure("turns", s.turns)},
				Frames:  s.frames.Frames, Count: s.frames.Count,
			})
		}
		median, least := s.delays.quantile(50), c.Side[1-dir].MinRTT
		if s.delays.count >= uint64(c.T.DelayedAckSamples) && median-least >= c.T.DelayedAck {
			r.Add(index.Finding{
				Code: "delayed_ack", Severity: index.SeverityInfo, Side: int8(dir),
				Sentence: fmt.Sprintf("The %s acknowledged single segments after %s (median of %d), against %s at best: it delays acknowledgements.",
					r.Role(dir), timeWords(median), s.delays.count, timeWords(least)),
				Numbers: []index.Number{inMs("median", median), inMs("least", least), figure("samples", s.delays.count)},
				Frames:  s.delayed.Frames, Count: s.delayed.Count,
			})
		}
	}
}
