package ingest

import (
	"cmp"
	"net/netip"
	"slices"

	"pcapidx/index"
	"pcapidx/ingest/diag"
)

// conclude writes a connection at the end of the capture: its record, and what its
// diagnostics say.
func (t *tracker) conclude(c *conn) error {
	if !c.watched {
		return t.w.WriteConnection(&c.Connection)
	}
	w, err := t.log.watch(c.Number, t.engine)
	if err != nil {
		return err
	}
	w.A, w.B = c.A, c.B
	r := diag.Report{CaptureEnd: int64(t.summary.End), Client: uint8(c.ClientSide()), Guessed: c.ClientBy.Guessed(), TCP: &c.tcp}
	a := index.ConnAnalysis{Number: c.Number}
	dropped, byOS := diag.Drops(&t.summary.File)
	a.Findings = t.engine.Finish(&r, dropped+byOS > 0)
	t.capture.Connection(&w.Conn, &r, a.Findings)
	for side, e := range []netip.AddrPort{c.A, c.B} {
		t.capture.Checksums(e.Addr(), r.Sums[side].Good, r.Sums[side].Bad)
	}
	a.Measures = r.Measures
	a.Measures.IRTT = c.tcp.IRTT()
	c.IRTT = index.Time(a.Measures.IRTT)
	c.Resent = uint64(a.Measures.Sides[0].Resent + a.Measures.Sides[1].Resent)
	t.found.add(&a)
	if err := t.w.WriteConnection(&c.Connection); err != nil {
		return err
	}
	return t.w.WriteAnalysis(&a)
}

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
