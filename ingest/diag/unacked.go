package diag

import (
	"fmt"

	"pcapidx/index"
)

// unackedAtEnd reports what the sides sent last without an acknowledgement: data,
// or the FIN alone. A lone FIN that a RST answered is no finding.
func unackedAtEnd(c *Conn, r *Report, x *closing) {
	for d := range c.Side {
		dir := uint8(d)
		bytes, fin := c.unacked(dir, x.end[d].seq, x.end[d].set)
		r.Measures.Sides[d].Unacked = int64(bytes)
		if bytes == 0 && (!fin || x.resets.Count > 0) {
			continue
		}
		end, until := r.CaptureEnd, "the end of the capture"
		if x.resets.Count > 0 {
			end, until = max(c.Side[0].RST.LastTime, c.Side[1].RST.LastTime), "the RST"
		}
		e, segments, oldest := waiting(c, r, dir, bytes == 0)
		age := max(0, end-oldest)
		f := index.Finding{
			Code: "unacked_at_end", Side: int8(d), Weight: min(60, seconds(age)), Frames: e.Frames, Count: e.Count,
			Numbers: []index.Number{{Name: "unacked_bytes", Value: float64(bytes)}, {Name: "segments", Value: float64(segments)}, {Name: "age_s", Value: seconds(age)}},
		}
		switch {
		case age <= c.T.UnackedAge: // the capture or the connection just ended
		case bytes > 0:
			f.Severity = index.SeverityWarn
		case !x.end[1-d].set:
			f.Severity = index.SeverityNote
		}
		if bytes > 0 {
			f.Sentence = fmt.Sprintf("The last %s from the %s %s never acknowledged; the oldest of %s had waited %s at %s.",
				countWords(bytes, "byte"), r.Role(dir), either(bytes > 1, "were", "was"), countWords(segments, "segment"), timeWords(age), until)
		} else {
			f.Sentence = fmt.Sprintf("The FIN of the %s was never acknowledged, in the %s until %s.", r.Role(dir), timeWords(age), until)
		}
		r.Add(f)
	}
}

// waiting lists the frames of a side that were not acknowledged, with the number
// of different segments and the time of the oldest.
func waiting(c *Conn, r *Report, dir uint8, finOnly bool) (e Evidence, segments uint32, oldest int64) {
	f := &c.Side[dir]
	acked := c.Side[1-dir].Acked
	high := acked
	if r.TCP != nil {
		for s := range r.TCP.Unacked(dir) {
			if !beyond(s.End, acked) {
				continue
			}
			if e.Count == 0 {
				oldest = s.Time
			}
			if e.Add(s.Frame); beyond(s.End, high) {
				segments, high = segments+1, s.End
			}
		}
	}
	switch {
	case e.Count > 0:
	case finOnly && f.FIN.Frame != 0:
		return evidence(f.FIN.Frame), 1, f.FIN.Time
	default:
		return evidence(f.Data.LastFrame), 1, f.Data.LastTime
	}
	return e, segments, oldest
}
