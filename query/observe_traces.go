package query

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"pcapidx/index"
)

// maxTraces bounds the pairs of hosts of which the probes are counted.
const maxTraces = 16

// traces looks for hosts that find out the way to another one by the errors of the
// routers between them.
type traces struct {
	limits *ObservationThresholds
	frames []uint32 // of Time Exceeded
	times  []index.Time
	by     map[addrPair]*traceSum
}

type traceSum struct {
	times   []index.Time
	best    int // errors in one window
	routers []netip.Addr
	frames  []uint32
	probes  uint64 // with a small time to live
}

func (t *traces) fields() []string { return nil }

func (t *traces) watch(m *index.Message, _ *talkers) {
	if len(t.frames) < maxReviewed && warning(m, "icmp.ttl_exceeded") != nil {
		t.frames, t.times = append(t.frames, m.Frame), append(t.times, m.Start)
	}
}

// review reads which packets the errors are about, and counts the probes of those pairs
// that have enough.
func (t *traces) review(ctx context.Context, x Capture) error {
	if len(t.frames) < int(t.limits.TraceAnswers) {
		return nil
	}
	t.by = map[addrPair]*traceSum{}
	if err := reviewFrames(ctx, x, reviewed(t.frames), t.note); err != nil {
		return err
	}
	asked := 0
	for _, k := range reached(t.limits.TraceAnswers, t.by, func(x *traceSum) int { return x.best }, addrPair.compare) {
		s := t.by[k]
		if asked == maxTraces {
			break
		}
		asked++
		filter := fmt.Sprintf("ip.src == %s && ip.dst == %s && ip.ttl < %d && !(icmp.type == 11)", k.a, k.b, t.limits.TraceTTL)
		if k.a.Is6() {
			filter = fmt.Sprintf("ipv6.src == %s && ipv6.dst == %s && ipv6.hlim < %d && !(icmpv6.type == 3)", k.a, k.b, t.limits.TraceTTL)
		}
		var err error
		if s.probes, err = matchingFrames(ctx, x, filter); err != nil {
			return err
		}
	}
	return nil
}

func (t *traces) note(r *frameRecord) {
	router, from, to := r.quotedEnds()
	if !from.IsValid() || !to.IsValid() {
		return
	}
	k := addrPair{from, to}
	s := t.by[k]
	if s == nil {
		s = &traceSum{}
		t.by[k] = s
	}
	s.times = append(s.times, r.row.Time)
	for r.row.Time-s.times[0] > t.limits.TraceWindow {
		s.times = s.times[1:]
	}
	s.best = max(s.best, len(s.times))
	s.frames = few(s.frames, r.row.Number)
	if !slices.Contains(s.routers, router) && len(s.routers) < 64 {
		s.routers = append(s.routers, router)
	}
}

func (t *traces) report() (out []Observation) {
	for _, k := range reached(t.limits.TraceAnswers, t.by, func(x *traceSum) int { return x.best }, addrPair.compare) {
		s := t.by[k]
		if s.probes == 0 {
			continue
		}
		var names []string
		for _, a := range s.routers {
			names = few(names, a.String())
		}
		out = append(out, Observation{
			Code: "icmp.traceroute", Title: "a way that is traced", Who: k.a.String(), Frames: s.frames,
			Statement: fmt.Sprintf("%d Time Exceeded within %s for packets from %s to %s, by %d routers (%s); %d packets on that way have a time to live below %d",
				s.best, spanWords(t.limits.TraceWindow), k.a, k.b, len(s.routers), strings.Join(names, ", "), s.probes, t.limits.TraceTTL),
			Rule:   fmt.Sprintf("at least %d Time Exceeded for one pair of hosts in %s, and packets with a time to live below %d", t.limits.TraceAnswers, spanWords(t.limits.TraceWindow), t.limits.TraceTTL),
			Source: "Zeek's detect-traceroute (3 minutes, below 10)",
			Benign: []string{"somebody looks for a fault", "monitoring of ways", "a routing loop near the source"},
			Limits: fmt.Sprintf("the first %d errors are read; probes that were captured behind routers have a smaller time to live than they were sent with", maxReviewed),
		})
	}
	return out
}
