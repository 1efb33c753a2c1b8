package ingest

import (
	"sync/atomic"

	"pcapidx/index"
)

// textRun is the goroutine of a textStage. A nil one does nothing.
type textRun struct {
	stage  *textStage
	jobs   chan *job
	done   chan struct{}
	failed atomic.Pointer[error]
}

// startText starts the text index of a build in folder dir, unless the
// configuration leaves it out.
func startText(dir string, c Config) (*textRun, error) {
	if c.NoText {
		return nil, nil
	}
	w, err := index.CreateText(dir)
	if err != nil {
		return nil, err
	}
	r := &textRun{stage: newTextStage(w, c.TextCap), jobs: make(chan *job, jobs), done: make(chan struct{})}
	go r.run()
	return r, nil
}

func (r *textRun) run() {
	defer close(r.done)
	for j := range r.jobs {
		if r.failed.Load() == nil {
			if err := r.stage.block(j.block.Rows, j.batch.Packet, j.datagrams); err != nil {
				r.failed.Store(&err)
			}
		}
		j.release()
	}
}

// take hands over a job whose rows are filled; it is released in time.
func (r *textRun) take(j *job) error {
	if r == nil {
		return nil
	}
	j.uses.Add(1)
	r.jobs <- j
	if err := r.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// finish completes the text index.
func (r *textRun) finish() (*index.TextSummary, error) {
	if r == nil {
		return nil, nil
	}
	close(r.jobs)
	<-r.done
	return r.stage.finish()
}

// abort gives the text index up.
func (r *textRun) abort() {
	if r == nil {
		return
	}
	close(r.jobs)
	<-r.done
	r.stage.w.Abort()
}
