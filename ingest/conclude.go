package ingest

import (
	"errors"
	"fmt"
	"net/netip"
	"runtime"

	"pcapidx/index"
	"pcapidx/ingest/diag"
)

// concludeGroup connections are diagnosed by one worker at once, and concludeGroups
// are on their way.
const (
	concludeGroup  = 64
	concludeGroups = 8
)

// concluder writes all connections at the end of the capture, and what their
// diagnostics say:
//
//	gather (caller) -> diagnose (workers) -> store (1 goroutine, in order)
//
// Groups come from a fixed pool and go back to it.
type concluder struct {
	*tracker
	free chan *concludeJob
	work chan *concludeJob
	next chan *concludeJob // the same, in order
}

// concludeJob is a group of connections in a row.
type concludeJob struct {
	conns []concluded
	ready chan error // the worker is done with it
}

// concluded is a connection on its way to the index.
type concluded struct {
	conn     *conn
	own      conn   // conn points here if it was spilled
	spilled  []byte // its state, until the worker restores it
	number   uint32
	records  records // if it was watched
	watched  bool
	cut      bool // the history was
	facts    diag.Conn
	report   diag.Report
	analysis index.ConnAnalysis
}

func (t *tracker) conclude() error {
	c := &concluder{
		tracker: t, free: make(chan *concludeJob, concludeGroups), work: make(chan *concludeJob, concludeGroups), next: make(chan *concludeJob, concludeGroups),
	}
	for range concludeGroups {
		c.free <- &concludeJob{conns: make([]concluded, 0, concludeGroup), ready: make(chan error, 1)}
	}
	for range max(1, min(t.workers, runtime.GOMAXPROCS(0))) {
		go c.diagnoseAll()
	}
	stored := make(chan error)
	go func() { stored <- c.storeAll() }()
	err := c.gather()
	close(c.work)
	close(c.next)
	return errors.Join(err, <-stored)
}

// gather hands all connections on in the order of their numbers.
func (c *concluder) gather() error {
	job := <-c.free
	hand := func() {
		c.work <- job
		c.next <- job
	}
	err := c.table.each(func(number uint32, hot *conn, spilled []byte) error {
		if turns, err := c.log.turns(number); err != nil {
			return err
		} else if turns && len(job.conns) > 0 { // the next batch waits for the users of one before
			hand()
			job = <-c.free
		}
		job.conns = job.conns[:len(job.conns)+1]
		one := &job.conns[len(job.conns)-1]
		one.conn, one.number, one.spilled = hot, number, append(one.spilled[:0], spilled...)
		if hot == nil {
			one.conn, one.own = &one.own, conn{}
		}
		var err error
		if one.records, err = c.log.records(number); err != nil {
			job.conns = job.conns[:len(job.conns)-1]
			return err
		}
		if len(job.conns) == concludeGroup {
			hand()
			job = <-c.free
		}
		return nil
	})
	hand()
	return err
}

// diagnoseAll is a worker.
func (c *concluder) diagnoseAll() {
	r := &replayer{engine: diag.New(*c.thresholds)}
	for job := range c.work {
		var failed error
		for i := range job.conns {
			one := &job.conns[i]
			if failed != nil {
				one.records.release()
			} else {
				failed = c.diagnose(one, r)
			}
		}
		job.ready <- failed
	}
}

// storeAll takes the groups in order.
func (c *concluder) storeAll() (failed error) {
	for job := range c.next {
		err := <-job.ready
		for i := range job.conns {
			if failed == nil && err == nil {
				err = c.store(&job.conns[i])
			}
		}
		if failed == nil {
			failed = err
		}
		job.conns = job.conns[:0]
		c.free <- job
	}
	return failed
}

// diagnose restores a connection, decides what depends on its end, says what the
// diagnostics find, and adds what they measured to its record.
func (t *tracker) diagnose(one *concluded, replay *replayer) error {
	c := one.conn
	if c == &one.own && !c.decode(one.spilled) {
		one.records.release()
		return fmt.Errorf("read spilled connection %d: state is damaged", one.number)
	}
	c.Number = one.number
	c.settleClient(t.servers)
	c.State, c.History, one.cut = c.state()
	if one.cut {
		c.History += "+"
	}
	if one.watched = c.watched; !one.watched {
		one.records.release()
		return nil
	}
	w, err := replay.connection(&one.records)
	if err != nil {
		return err
	}
	w.A, w.B = c.A, c.B
	r := &one.report
	*r = diag.Report{CaptureEnd: int64(t.summary.End), Client: uint8(c.ClientSide()), Guessed: c.ClientBy.Guessed(), TCP: &c.tcp}
	dropped, byOS := diag.Drops(&t.summary.File)
	a := &one.analysis
	a.Number, a.Findings = c.Number, replay.engine.Finish(r, dropped+byOS > 0)
	a.Measures = r.Measures
	a.Measures.IRTT = c.tcp.IRTT()
	c.IRTT = index.Time(a.Measures.IRTT)
	c.Resent = uint64(a.Measures.Sides[0].Resent + a.Measures.Sides[1].Resent)
	one.facts = w.Conn
	return nil
}

// store writes a connection and its analysis, and tells those who sum up the
// capture.
func (t *tracker) store(one *concluded) error {
	if one.cut {
		t.summary.Counters.HistoriesCapped++
	}
	c := one.conn
	if err := t.w.WriteConnection(&c.Connection); err != nil || !one.watched {
		return err
	}
	t.capture.Connection(&one.facts, &one.report, one.analysis.Findings)
	for side, e := range []netip.AddrPort{c.A, c.B} {
		t.capture.Checksums(e.Addr(), one.report.Sums[side].Good, one.report.Sums[side].Bad)
	}
	t.found.add(&one.analysis)
	return t.w.WriteAnalysis(&one.analysis)
}
