package query

import (
	"cmp"
	"math"
	"net/netip"
	"slices"

	"pcapidx/index"
)

// finish makes the answer of what was summed up.
func (s *summer) finish() error {
	a, limit := s.answer, s.request.Limit
	if err := s.waitInVain(); err != nil {
		return err
	}
	s.open.each(func(r *asked) {
		if !r.inVain {
			a.Unknown++
			return
		}
		if a.NoResponse++; r.server != noServer {
			s.sums[r.server].NoResponse++
		}
	})
	a.Codes, _ = s.codes.top(limit, storedValue.hides, storedValue.words)
	a.Warnings, _ = s.warned.top(limit, storedValue.hides, storedValue.words)
	s.capped = s.capped || s.codes.full || s.warned.full
	for i, f := range s.tops {
		values, distinct := s.counts[i].top(limit,
			func(v storedValue) bool { return s.scan.texts.hides(&index.MessageField{Name: f, Secret: v.secret}) },
			func(v storedValue) string {
				return s.scan.texts.value(&index.MessageField{Name: f, Text: v.text, Num: v.num, Secret: v.secret})
			})
		if distinct > 0 {
			a.Top = append(a.Top, TopValues{Field: f, Distinct: distinct, Capped: s.counts[i].full, Values: values})
		}
		s.capped = s.capped || s.counts[i].full
	}
	times := make([]int64, len(s.taken))
	for i := range s.taken {
		times[i] = s.taken[i].latency
	}
	a.Latency = spreadMS(times)
	a.SlowMS = s.slowAbove()
	for _, t := range times {
		if milliseconds(t) >= a.SlowMS {
			a.Slow++
		}
	}
	return s.listServers(limit)
}

// waitInVain marks the open requests that an answer would have come to: there was time
// for it, and the capture lacks nothing of the connection.
func (s *summer) waitInVain() error {
	lacks := map[uint32]bool{}
	first, last := index.NoConnection, uint32(0)
	s.open.each(func(r *asked) {
		if r.conn != index.NoConnection {
			lacks[r.conn] = false
			first, last = min(first, r.conn), max(last, r.conn)
		}
	})
	if len(lacks) > 0 {
		err := s.capture.EachMissing(first, func(conn uint32, missing uint64) bool {
			if missing > 0 {
				if _, asked := lacks[conn]; asked {
					lacks[conn] = true
				}
			}
			return conn < last
		})
		if err != nil {
			return err
		}
	}
	patience := make([]index.Time, math.MaxUint8+1)
	for i, p := range s.answer.Of {
		patience[i] = s.scan.patience[p]
	}
	end := s.capture.Summary().End
	s.open.each(func(r *asked) { r.inVain = end-r.end >= patience[r.proto] && !lacks[r.conn] })
	return nil
}

// byServer puts together what connections asked of the same server.
func (s *summer) byServer() ([]*serverSum, error) {
	senders := make([]sender, 0, len(s.servers))
	for x := range s.servers {
		senders = append(senders, x)
	}
	slices.SortFunc(senders, func(x, y sender) int { return cmp.Or(cmp.Compare(x.conn, y.conn), cmp.Compare(x.side, y.side)) })
	by := map[netip.AddrPort]*serverSum{}
	var all []*serverSum
	for _, x := range senders {
		ends, err := s.ends.of(x.conn)
		if err != nil {
			return nil, err
		}
		end := ends.Of(x.side)
		sum := by[end]
		if sum == nil {
			sum = &serverSum{ServerFigure: ServerFigure{Server: endpointText(end, end.Port() != 0)}}
			by[end], all = sum, append(all, sum)
		}
		sum.add(s.sums[s.servers[x]])
	}
	return all, nil
}

// add takes what one connection asked.
func (x *serverSum) add(y *serverSum) {
	x.Requests, x.Answered, x.NoResponse = x.Requests+y.Requests, x.Answered+y.Answered, x.NoResponse+y.NoResponse
	x.Errors, x.Bytes = x.Errors+y.Errors, x.Bytes+y.Bytes
	x.times = append(x.times, y.times[:min(len(y.times), maxServerRTT-len(x.times))]...)
}

// listServers lists the servers with the most requests.
func (s *summer) listServers(limit int) error {
	all, err := s.byServer()
	if err != nil {
		return err
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
	return nil
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
		s.open.each(func(r *asked) {
			if r.inVain {
				out = append(out, r.number)
			}
		})
		slices.Sort(out)
		out = slices.Compact(out)
		return out[:min(limit, len(out))]
	case "slow":
		slices.SortFunc(s.taken, func(x, y timedRequest) int {
			return cmp.Or(-cmp.Compare(x.latency, y.latency), cmp.Compare(x.number, y.number))
		})
		var out []uint32
		for _, x := range s.taken[:min(limit, len(s.taken))] {
			out = append(out, x.number)
		}
		return out
	}
	slices.Sort(s.late)
	return s.late[:min(limit, len(s.late))]
}

// spreadMS describes times given in nanoseconds, and sorts them; nil if there are none.
func spreadMS(sorted []int64) *SpreadMS {
	if len(sorted) == 0 {
		return nil
	}
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
