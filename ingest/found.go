package ingest

import (
	"cmp"
	"slices"

	"pcapidx/index"
)

// foundCodes sums up findings by code. There are as many as there are diagnostics.
type foundCodes map[string]*foundCode

type foundCode struct {
	index.FoundCode
	worst []example
	last  uint32 // connection that was counted last, and one
}

type example struct {
	severity index.Severity
	weight   float64
	conn     uint32
}

func (f foundCodes) add(a *index.ConnAnalysis) {
	for i := range a.Findings {
		x := &a.Findings[i]
		c := f[x.Code]
		if c == nil {
			c = &foundCode{FoundCode: index.FoundCode{Code: x.Code}}
			f[x.Code] = c
		}
		c.Severity = max(c.Severity, x.Severity)
		c.Frames += uint64(x.Count)
		c.Weight += x.Weight
		if c.last == a.Number+1 { // said of both sides
			continue
		}
		c.last = a.Number + 1
		c.Connections++
		c.keep(example{x.Severity, x.Weight, a.Number})
	}
}

// keep puts an example among the worst.
func (c *foundCode) keep(e example) {
	at, _ := slices.BinarySearchFunc(c.worst, e, func(a, b example) int {
		return cmp.Or(-cmp.Compare(a.severity, b.severity), -cmp.Compare(a.weight, b.weight), cmp.Compare(a.conn, b.conn))
	})
	if at < index.MaxExamples {
		c.worst = slices.Insert(c.worst, at, e)
		c.worst = c.worst[:min(len(c.worst), index.MaxExamples)]
	}
}

// list gives the sums, the most severe and weighty first.
func (f foundCodes) list() (out []index.FoundCode) {
	for _, c := range f {
		for _, e := range c.worst {
			c.Examples = append(c.Examples, e.conn)
		}
		out = append(out, c.FoundCode)
	}
	slices.SortFunc(out, func(a, b index.FoundCode) int {
		return cmp.Or(-cmp.Compare(a.Severity, b.Severity), -cmp.Compare(a.Weight, b.Weight), -cmp.Compare(a.Connections, b.Connections), cmp.Compare(a.Code, b.Code))
	})
	return out
}
