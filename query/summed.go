package query

import (
	"cmp"
	"slices"
)

// finish makes the answer of what was summed up.
func (s *summer) finish() {
	a, limit := s.answer, s.request.Limit
	end := s.capture.Summary().End
	for _, r := range s.open {
		if end-r.end >= s.scan.patience[r.proto] && s.scan.ends.missing(r.conn) == 0 {
			a.NoResponse++
			if r.server != nil {
				r.server.NoResponse++
			}
		} else {
			a.Unknown++
		}
	}
	a.Codes, a.Warnings = topOf(s.codes, limit), topOf(s.warned, limit)
	for _, f := range s.tops {
		if counts := s.counts[f]; len(counts) > 0 {
			a.Top = append(a.Top, TopValues{Field: f, Distinct: len(counts), Capped: len(counts) >= maxSummed, Values: topOf(counts, limit)})
		}
	}
	a.Latency = spreadMS(s.times)
	a.SlowMS = s.slowAbove()
	slices.SortFunc(s.slow, func(x, y slowOne) int {
		return cmp.Or(-cmp.Compare(x.latency, y.latency), cmp.Compare(x.number, y.number))
	})
	for _, x := range s.slow {
		if milliseconds(x.latency) < a.SlowMS {
			break
		}
		a.Slow++
	}
	s.listServers(limit)
}

// listServers lists the servers with the most requests.
func (s *summer) listServers(limit int) {
	var all []*serverSum
	for _, x := range s.servers {
		all = append(all, x)
	}
	slices.SortFunc(all, func(x, y *serverSum) int {
		return cmp.Or(-cmp.Compare(x.Requests, y.Requests), cmp.Compare(x.Server, y.Server))
	})
	if s.request.View == "overview" {
		limit = min(limit, 5)
	}
	for _, x := range all[:min(limit, len(all))] {
		x.Latency = spreadMS(x.times)
		s.answer.Servers = append(s.answer.Servers, x.ServerFigure)
	}
}

// slowAbove gives the latency from which on a transaction is slow, ms.
func (s *summer) slowAbove() float64 {
	if s.request.SlowMS > 0 {
		return s.request.SlowMS
	}
	least := 1000.0
	if s.request.Protocol == "dns" {
		least = 200
	}
	if l := s.answer.Latency; l != nil {
		return max(least, 3*l.P95)
	}
	return least
}

// wanted gives the numbers of the messages that the view shows.
func (s *summer) wanted() []uint32 {
	limit := s.request.Limit
	switch s.request.View {
	case "errors":
		var out []uint32
		out = append(out, s.errors...)
		for n, r := range s.open {
			if s.capture.Summary().End-r.end >= s.scan.patience[r.proto] && s.scan.ends.missing(r.conn) == 0 {
				out = append(out, n)
			}
		}
		slices.Sort(out)
		out = slices.Compact(out)
		return out[:min(limit, len(out))]
	case "slow":
		var out []uint32
		for _, x := range s.slow[:min(limit, len(s.slow))] {
			out = append(out, x.number)
		}
		return out
	}
	return s.late[:min(limit, len(s.late))]
}

// spreadMS describes times given in nanoseconds; nil if there are none.
func spreadMS(times []int64) *SpreadMS {
	if len(times) == 0 {
		return nil
	}
	sorted := slices.Clone(times)
	slices.Sort(sorted)
	var sum int64
	for _, t := range sorted {
		sum += t
	}
	at := func(share float64) float64 { return milliseconds(sorted[int(share*float64(len(sorted)-1)+0.5)]) }
	return &SpreadMS{
		Count: uint64(len(sorted)), Min: at(0), Avg: milliseconds(sum) / float64(len(sorted)), Median: at(0.5), P95: at(0.95), Max: at(1),
	}
}
