package query

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"pcapidx/index"
)

// maxDiagnosedHosts bounds the memory of a grouping by host.
const maxDiagnosedHosts = 100_000

// stride is from how many connections without findings on it is quicker to look
// for the next one than to read on.
const stride = 1024

// eachDiagnosed walks the connections that have findings asked for, in order,
// with those findings.
func (d *diagnosis) eachDiagnosed(ctx context.Context, yield func(number uint32, findings []index.Finding)) error {
	wanted, err := d.connections()
	if err != nil {
		return err
	}
	for it := wanted.Iterator(); it.HasNext(); {
		if err := ctx.Err(); err != nil {
			return err
		}
		from := it.PeekNext()
		read := false
		err := d.capture.EachAnalysis(from, func(a *index.ConnAnalysis) bool {
			read = true
			it.AdvanceIfNeeded(a.Number)
			if !it.HasNext() {
				return false
			}
			if next := it.PeekNext(); next != a.Number {
				return next-a.Number < stride && ctx.Err() == nil
			}
			it.Next()
			findings := slices.DeleteFunc(a.Findings, func(f index.Finding) bool { return !d.wants(&f) })
			if len(findings) > 0 {
				slices.SortStableFunc(findings, compareFindings)
				yield(a.Number, findings)
			}
			return true
		})
		if err != nil {
			return err
		}
		if !read {
			return nil
		}
		if it.HasNext() && it.PeekNext() == from { // a list that names a connection without analysis
			it.Next()
		}
	}
	return nil
}

// heaviness sums up the findings of a connection: the highest severity, and the
// weight of those that have it.
func heaviness(findings []index.Finding) (severity index.Severity, weight float64) {
	severity = findings[0].Severity
	for i := range findings {
		if findings[i].Severity == severity {
			weight += max(0, finite(findings[i].Weight))
		}
	}
	return severity, weight
}

// heavinessKey orders connections: the worst has the smallest key. A weight that
// is not negative compares as its bits do.
func heavinessKey(severity index.Severity, weight float64) uint64 {
	return ^(uint64(severity)<<62 | math.Float64bits(weight)>>2)
}

// byConnection lists connections.
func (d *diagnosis) byConnection(ctx context.Context, a *CaptureDiagnosisAnswer, after *rowKey) (*rowKey, error) {
	s := &selection{limit: d.Limit, after: after}
	err := d.eachDiagnosed(ctx, func(number uint32, findings []index.Finding) {
		s.take(rowKey{value: heavinessKey(heaviness(findings)), number: number})
	})
	if err != nil {
		return nil, err
	}
	chosen, more := s.chosen()
	a.Total = s.total
	numbers := make([]uint32, len(chosen))
	for i, k := range chosen {
		numbers[i] = k.number
	}
	records, err := d.capture.ConnectionsByNumber(numbers)
	if err != nil {
		return nil, err
	}
	for i := range records {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r, err := d.connectionRow(&records[i])
		if err != nil {
			return nil, err
		}
		a.Rows = append(a.Rows, r)
	}
	if more {
		return &chosen[len(chosen)-1], nil
	}
	return nil, nil
}

func (d *diagnosis) connectionRow(c *index.Connection) (r DiagnosisRow, err error) {
	found, _, err := d.capture.Analysis(c.Number)
	if err != nil {
		return r, err
	}
	findings := slices.DeleteFunc(found.Findings, func(f index.Finding) bool { return !d.wants(&f) })
	slices.SortStableFunc(findings, compareFindings)
	number := c.Number
	r = DiagnosisRow{Connection: &number, Client: endpointText(c.Client(), true), Server: endpointText(c.Server(), true), Connections: 1}
	if len(findings) == 0 {
		return r, nil
	}
	severity, weight := heaviness(findings)
	r.Severity, r.Weight, r.Sentence, r.Low = severity.String(), weight, findings[0].Sentence, findings[0].Low
	for i := range findings {
		r.Frames += uint64(findings[i].Count)
		r.Codes = countCode(r.Codes, &findings[i])
	}
	return r, nil
}

// countCode counts a finding. There are few codes.
func countCode(codes []CodeCount, f *index.Finding) []CodeCount {
	i := slices.IndexFunc(codes, func(c CodeCount) bool { return c.Code == f.Code })
	if i < 0 {
		return append(codes, CodeCount{f.Code, 1, f.Severity})
	}
	codes[i].Findings++
	codes[i].worst = max(codes[i].worst, f.Severity)
	return codes
}

// hostSum sums up the findings of connections to one server address.
type hostSum struct {
	host     string
	worst    []rowKey // the worst connections
	severity index.Severity
	weight   float64
	conns    uint64
	frames   uint64
	codes    []CodeCount
}

// byHost groups by server address.
func (d *diagnosis) byHost(ctx context.Context, a *CaptureDiagnosisAnswer, after *rowKey) (*rowKey, error) {
	hosts, left, err := d.hosts(ctx)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(hosts, func(x, y *hostSum) int {
		return cmp.Or(-cmp.Compare(x.severity, y.severity), -cmp.Compare(x.weight, y.weight), -cmp.Compare(x.conns, y.conns), cmp.Compare(x.host, y.host))
	})
	if left {
		a.Hints = append(a.Hints, fmt.Sprintf("only the first %d hosts are told apart; the findings of the others are left out", maxDiagnosedHosts))
	}
	a.Total = len(hosts)
	from, to, last := d.slice(len(hosts), after)
	for _, h := range hosts[from:to] {
		r := DiagnosisRow{Host: h.host, Severity: h.severity.String(), Connections: h.conns, Frames: h.frames, Weight: h.weight, Codes: h.codes}
		for _, k := range h.worst {
			r.Examples = append(r.Examples, k.number)
		}
		worst, err := d.worst(h.worst[0].number, d.wants)
		if err != nil {
			return nil, err
		}
		r.Sentence, r.Low = worst.Sentence, worst.Low
		slices.SortFunc(r.Codes, func(x, y CodeCount) int {
			return cmp.Or(-cmp.Compare(x.worst, y.worst), -cmp.Compare(x.Findings, y.Findings), cmp.Compare(x.Code, y.Code))
		})
		a.Rows = append(a.Rows, r)
	}
	return last, nil
}

// hosts gives the sums; left says that there were too many.
func (d *diagnosis) hosts(ctx context.Context) (list []*hostSum, left bool, err error) {
	byName := map[string]*hostSum{}
	const batch = 512
	var numbers []uint32
	var pending [][]index.Finding
	flush := func() error {
		records, err := d.capture.ConnectionsByNumber(numbers)
		if err != nil {
			return err
		}
		for i := range records {
			name := records[i].Server().Addr().String()
			h := byName[name]
			if h == nil {
				if len(list) == maxDiagnosedHosts {
					left = true
					continue
				}
				h = &hostSum{host: name}
				byName[name], list = h, append(list, h)
			}
			h.add(records[i].Number, pending[i])
		}
		numbers, pending = numbers[:0], pending[:0]
		return nil
	}
	var failed error
	err = d.eachDiagnosed(ctx, func(number uint32, findings []index.Finding) {
		numbers, pending = append(numbers, number), append(pending, findings)
		if len(numbers) == batch && failed == nil {
			failed = flush()
		}
	})
	if err = cmp.Or(err, failed); err != nil {
		return nil, false, err
	}
	return list, left, flush()
}

func (h *hostSum) add(number uint32, findings []index.Finding) {
	severity, weight := heaviness(findings)
	if severity > h.severity {
		h.severity, h.weight = severity, 0
	}
	if severity == h.severity {
		h.weight += weight
	}
	h.conns++
	for i := range findings {
		h.frames += uint64(findings[i].Count)
		h.codes = countCode(h.codes, &findings[i])
	}
	k := rowKey{value: heavinessKey(severity, weight), number: number}
	at, _ := slices.BinarySearchFunc(h.worst, k, rowKey.compare)
	if at < index.MaxExamples {
		h.worst = slices.Insert(h.worst, at, k)
		h.worst = h.worst[:min(len(h.worst), index.MaxExamples)]
	}
}
