package diag

import (
	"fmt"

	"pcapidx/index"
)

func (x *loss) Finish(c *Conn, r *Report) {
	for d := range x.side {
		f, m := &x.side[d], &r.Measures.Sides[d]
		for _, one := range f.repeats {
			f.downstream += int64(one.bytes)
		}
		f.repeats = nil
		m.DataSegments, m.UniqueBytes = int64(c.Side[d].Data.Count), f.unique
		m.Resent, m.ResentBytes, m.Spurious = int64(f.resent.Count), f.resentBytes, int64(f.spurious.Count)
		m.OutOfOrder, m.DuplicateAcks = int64(f.outOfOrder), int64(f.duplicateAcks)
		m.UpstreamLost, m.DownstreamLost, m.CaptureLost = f.upstream, f.downstream, f.missing
		f.rate(c, r, uint8(d))
		f.incomplete(r, uint8(d))
		f.spuriousRate(c, r, uint8(d))
		f.timeouts(r, uint8(d))
	}
}

// rate reports re-sent data.
func (f *lossSide) rate(c *Conn, r *Report, dir uint8) {
	segments := c.Side[dir].Data.Count
	rate := share(f.resent.Count, segments)
	if f.resent.Count == 0 || rate < c.T.ResentNote {
		return
	}
	severity := index.SeverityNote
	switch {
	case f.resent.Count < c.T.ResentMin:
	case rate >= c.T.ResentError:
		severity = index.SeverityError
	case rate >= c.T.ResentWarn:
		severity = index.SeverityWarn
	}
	lost := f.upstream + f.downstream
	s := fmt.Sprintf("The %s had to send %d of its %s again (%s)", r.Role(dir), f.resent.Count, countWords(segments, "data segment"), shareText(rate))
	switch {
	case f.upstream > 0 && f.downstream > 0:
		s += fmt.Sprintf("; %s were lost before the capture point and %d behind it", countWords(f.upstream, "byte"), f.downstream)
	case f.upstream > 0:
		s += fmt.Sprintf("; %s were lost before the capture point", countWords(f.upstream, "byte"))
	case f.downstream > 0:
		s += fmt.Sprintf("; %s were lost behind the capture point", countWords(f.downstream, "byte"))
	default:
		s += "; nothing of it was lost"
	}
	r.Add(index.Finding{
		Code: "high_retransmission", Severity: severity, Side: int8(dir), Weight: max(rate, seconds(f.stalled)), Sentence: s + ".",
		Numbers: []index.Number{
			{Name: "resent", Value: float64(f.resent.Count)},
			{Name: "segments", Value: float64(segments)},
			{Name: "resent_percent", Value: rate * 100},
			{Name: "resent_bytes", Value: float64(f.resentBytes)},
			{Name: "upstream_lost_bytes", Value: float64(f.upstream)},
			{Name: "downstream_lost_bytes", Value: float64(f.downstream)},
			{Name: "loss_percent", Value: 100 * share(lost, f.unique)},
			{Name: "out_of_order", Value: float64(f.outOfOrder)},
		},
		Frames: f.resent.Frames, Count: f.resent.Count,
	})
}

// incomplete reports data that is acknowledged, but not in the capture.
func (f *lossSide) incomplete(r *Report, dir uint8) {
	if f.missing <= 0 {
		return
	}
	r.Add(index.Finding{
		Code: "capture_loss", Severity: index.SeverityNote, Side: int8(dir),
		Sentence: fmt.Sprintf("The %s confirmed %s of the %s that the capture does not contain: the capture is incomplete, the network did not lose them.",
			r.Role(1-dir), countWords(f.missing, "byte"), r.Role(dir)),
		Numbers: []index.Number{{Name: "missing_bytes", Value: float64(f.missing)}, {Name: "missing_percent", Value: 100 * share(f.missing, f.unique+f.missing)}},
		Frames:  f.unseen.Frames, Count: f.unseen.Count,
	})
}

// spuriousRate reports data that was sent again though it had arrived.
func (f *lossSide) spuriousRate(c *Conn, r *Report, dir uint8) {
	segments := c.Side[dir].Data.Count
	rate := share(f.spurious.Count, segments)
	if f.spurious.Count == 0 || rate <= c.T.Spurious {
		return
	}
	rtt := r.Measures.Sides[dir].RTT.Median
	if rtt == 0 {
		rtt = c.Side[dir].MinRTT
	}
	severity := index.SeverityNote
	s := fmt.Sprintf("The %s sent %s again that had arrived (%s of its data segments)", r.Role(dir), countWords(f.spurious.Count, "segment"), shareText(rate))
	if rtt > 0 && f.minTimeout > 0 && f.minTimeout < 2*rtt {
		severity = index.SeverityWarn
		s += fmt.Sprintf(": it waited only %s, with a round-trip time of %s", timeWords(f.minTimeout), timeWords(rtt))
	} else {
		s += ": acknowledgements were lost or came late"
	}
	r.Add(index.Finding{
		Code: "spurious_retransmission", Severity: severity, Side: int8(dir), Weight: rate, Sentence: s + ".",
		Numbers: []index.Number{
			{Name: "spurious", Value: float64(f.spurious.Count)},
			{Name: "spurious_percent", Value: rate * 100},
			{Name: "dsack", Value: float64(f.dsack)},
			{Name: "shortest_timeout_ms", Value: millis(f.minTimeout)},
			{Name: "rtt_ms", Value: millis(rtt)},
		},
		Frames: f.spurious.Frames, Count: f.spurious.Count,
	})
}

// timeouts reports long waits for a retransmission time-out.
func (f *lossSide) timeouts(r *Report, dir uint8) {
	if f.stalls.Count == 0 {
		return
	}
	r.Add(index.Finding{
		Code: "long_rto", Severity: index.SeverityWarn, Side: int8(dir), Weight: seconds(f.stalled),
		Sentence: fmt.Sprintf("The transfer of the %s stood still for %s, waiting for retransmission time-outs (%s after a long wait, the longest %s).",
			r.Role(dir), timeWords(f.stalled), countWords(f.stalls.Count, "re-send"), timeWords(f.longest)),
		Numbers: []index.Number{
			{Name: "stalled_s", Value: seconds(f.stalled)}, {Name: "longest_s", Value: seconds(f.longest)}, {Name: "resends", Value: float64(f.stalls.Count)},
		},
		Frames: f.stalls.Frames, Count: f.stalls.Count,
	})
}
