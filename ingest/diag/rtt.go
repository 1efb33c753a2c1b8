package diag

import (
	"fmt"

	"pcapidx/index"
	"pcapidx/ingest/tcp"
)

// rttFamily measures round-trip times: how long data waits for its
// acknowledgement, as seen where the capture was made.
func rttFamily() Family {
	return Family{Name: "rtt", FromData: true, New: func() Watcher { return &rtt{} }, Finds: []Diagnostic{{
		Code: "rtt_variation", Severity: index.SeverityWarn, Group: "delay", Title: "round-trip time varies",
		Doc: "Some acknowledgements took several times the smallest round-trip time: queues on the way (bufferbloat), a radio link, or a " +
			"receiver that delays them. Given if the 95th percentile exceeds RTTFactor times the minimum and is RTTExcess above it. " +
			"Acknowledgements that cover re-sent bytes do not count (Karn's rule, RFC 6298, section 3), nor do those " +
			"after more than RTTMax: without a re-send until then, the true acknowledgement was not captured.",
	}}}
}

type rtt struct{ side [2]rttSide } // by the sender of the data

type rttSide struct {
	acked    uint32 // highest acknowledgement, if ackedSet
	ackedSet bool
	// resent: bytes between low and high were sent again, or out of order, and are
	// not acknowledged yet.
	resent    bool
	low, high uint32
	samples   histogram
	worst     uint32   // frame of the largest sample
	slow      Evidence // acknowledgements that were late by the limits
}

func (w *rtt) Watch(c *Conn, p *Packet) {
	if p.Duplicate {
		return
	}
	if p.Data() && p.Labels&(tcp.Retransmission|tcp.OutOfOrder) != 0 {
		w.side[p.Dir].again(p.Seq, p.Seq+p.Len)
	}
	if p.Flags&(tcp.ACK|tcp.RST) == tcp.ACK {
		w.side[1-p.Dir].ack(c, &c.Side[1-p.Dir], p)
	}
}

// again notes bytes that were sent before, or should have been.
func (s *rttSide) again(from, to uint32) {
	if s.ackedSet && !beyond(to, s.acked) { // spurious
		return
	}
	if !s.resent {
		s.resent, s.low, s.high = true, from, to
		return
	}
	if beyond(s.low, from) {
		s.low = from
	}
	if beyond(to, s.high) {
		s.high = to
	}
}

// ack takes a sample from an acknowledgement of something new that is data, f being
// the facts of the data's sender.
func (s *rttSide) ack(c *Conn, f *Facts, p *Packet) {
	if s.ackedSet && !beyond(p.Ack, s.acked) {
		return
	}
	s.acked, s.ackedSet = p.Ack, true
	if s.resent && beyond(p.Ack, s.low) {
		s.resent = beyond(s.high, p.Ack)
		return
	}
	switch {
	case p.AcksFrame == 0 || p.AckRTT < 0 || p.AckRTT > c.T.RTTMax:
		return
	case f.SYN.Count > 0 && p.Ack == f.SYN.Seq+1, f.SYNACK.Count > 0 && p.Ack == f.SYNACK.Seq+1, f.FIN.Count > 0 && p.Ack == f.FIN.Seq+1:
		return
	}
	s.samples.add(p.AckRTT)
	if p.AckRTT == s.samples.max {
		s.worst = p.Frame
	}
	if c.T.late(p.AckRTT, s.samples.min) {
		s.slow.Add(p.Frame)
	}
}

// late reports whether a round-trip time is far above the smallest.
func (t *Thresholds) late(v, least int64) bool {
	return v-least > t.RTTExcess && float64(v) > t.RTTFactor*float64(least)
}

func (w *rtt) Finish(c *Conn, r *Report) {
	for dir := range w.side {
		s := &w.side[dir]
		v := s.samples.spread()
		r.Measures.Sides[dir].RTT = v
		if v.Count < c.T.RTTSamples || !c.T.late(v.P95, v.Min) {
			continue
		}
		if s.slow.Count == 0 {
			s.slow.Add(s.worst)
		}
		r.Add(index.Finding{
			Code: "rtt_variation", Severity: index.SeverityWarn, Side: int8(dir), Weight: float64(v.P95-v.Min) / 1e9,
			Sentence: fmt.Sprintf("The round-trip time of the %s's data varied from %s to %s (median %s; 5 %% of %d samples took %s or more): queues on the way, a radio link, or delayed acknowledgements.",
				r.Role(uint8(dir)), timeWords(v.Min), timeWords(v.Max), timeWords(v.Median), v.Count, timeWords(v.P95)),
			Numbers: []index.Number{
				inMs("rtt_min", v.Min), inMs("rtt_median", v.Median), inMs("rtt_p95", v.P95), inMs("rtt_max", v.Max), figure("samples", v.Count),
			},
			Frames: s.slow.Frames, Count: s.slow.Count,
		})
	}
}
