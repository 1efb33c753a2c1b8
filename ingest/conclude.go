package ingest

import (
	"cmp"
	"net/netip"
	"slices"

	"pcapidx/index"
	"pcapidx/ingest/diag"
)

// concluded is a connection as it is stored.
type concluded struct {
	conn     index.Connection
	analysis index.ConnAnalysis
	watched  bool
}

// concludedBatch connections are handed on at once, concludedBatches at a time.
const (
	concludedBatch   = 64
	concludedBatches = 4
)

// conclude writes all connections at the end of the capture, and what their
// diagnostics say. Storing goes on in a second goroutine while the next connections
// are diagnosed.
func (t *tracker) conclude() error {
	full, free := make(chan []concluded, concludedBatches), make(chan []concluded, concludedBatches)
	stored := make(chan error)
	for range concludedBatches {
		free <- make([]concluded, 0, concludedBatch)
	}
	go func() {
		var err error
		for batch := range full {
			for i := range batch {
				if err == nil {
					err = t.store(&batch[i])
				}
			}
			free <- batch[:0]
		}
		stored <- err
	}()
	batch := <-free
	err := t.table.each(func(c *conn) error {
		c.settleClient(t.servers)
		var cut bool
		if c.State, c.History, cut = c.state(); cut {
			c.History += "+"
			t.summary.Counters.HistoriesCapped++
		}
		batch = append(batch, concluded{watched: c.watched})
		one := &batch[len(batch)-1]
		if err := t.diagnose(c, &one.analysis); err != nil {
			return err
		}
		if one.conn = c.Connection; len(batch) == concludedBatch {
			full <- batch
			batch = <-free
		}
		return nil
	})
	if err == nil {
		full <- batch
	}
	close(full)
	if serr := <-stored; err == nil {
		err = serr
	}
	return err
}

// store writes a connection and its analysis.
func (t *tracker) store(c *concluded) error {
	if err := t.w.WriteConnection(&c.conn); err != nil || !c.watched {
		return err
	}
	t.found.add(&c.analysis)
	return t.w.WriteAnalysis(&c.analysis)
}

// diagnose says what the diagnostics find of a connection, and adds what it measured
// to its record.
func (t *tracker) diagnose(c *conn, a *index.ConnAnalysis) error {
	if !c.watched {
		return nil
	}
	w, err := t.log.watch(c.Number, t.engine)
	if err != nil {
		return err
	}
	w.A, w.B = c.A, c.B
	r := diag.Report{CaptureEnd: int64(t.summary.End), Client: uint8(c.ClientSide()), Guessed: c.ClientBy.Guessed(), TCP: &c.tcp}
	dropped, byOS := diag.Drops(&t.summary.File)
	a.Number, a.Findings = c.Number, t.engine.Finish(&r, dropped+byOS > 0)
	t.capture.Connection(&w.Conn, &r, a.Findings)
	for side, e := range []netip.AddrPort{c.A, c.B} {
		t.capture.Checksums(e.Addr(), r.Sums[side].Good, r.Sums[side].Bad)
	}
	a.Measures = r.Measures
	a.Measures.IRTT = c.tcp.IRTT()
	c.IRTT = index.Time(a.Measures.IRTT)
	c.Resent = uint64(a.Measures.Sides[0].Resent + a.Measures.Sides[1].Resent)
	return nil
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
