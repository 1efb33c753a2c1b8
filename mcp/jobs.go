package mcp

import (
	"context"
	"fmt"
	"sync"

	"pcapidx/query"
)

// jobs are the files that are being indexed. A job outlives the call that began
// it: hosts give up on calls long before a large capture is indexed. A call for
// the same file joins it.
type jobs struct {
	ctx  context.Context // ends when the server does
	stop context.CancelFunc
	all  sync.WaitGroup

	mu      sync.Mutex
	running map[string]*job
}

// maxJobs bounds how many files are indexed at the same time: each takes the
// memory and the cores of an ingest.
const maxJobs = 2

// job is one file. answer and err are set when done is closed.
type job struct {
	done   chan struct{}
	answer *query.AddAnswer
	err    error

	cancel  context.CancelFunc
	mu      sync.Mutex
	waiting int
	last    query.Progress
}

func newJobs() *jobs {
	ctx, stop := context.WithCancel(context.Background())
	return &jobs{ctx: ctx, stop: stop, running: map[string]*job{}}
}

// start begins a job or joins the one that runs under the same key.
func (j *jobs) start(key string, work func(context.Context, func(query.Progress)) (*query.AddAnswer, error)) (*job, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if one := j.running[key]; one != nil {
		one.join()
		return one, nil
	}
	if j.ctx.Err() != nil {
		return nil, j.ctx.Err()
	}
	if len(j.running) >= maxJobs {
		return nil, &query.Error{
			Kind: query.BadRequest, Msg: fmt.Sprintf("%d files are being indexed already", maxJobs),
			Hint: "call again when they are done",
		}
	}
	ctx, cancel := context.WithCancel(j.ctx)
	one := &job{done: make(chan struct{}), cancel: cancel, waiting: 1}
	j.running[key] = one
	j.all.Add(1)
	go func() {
		defer j.all.Done()
		defer cancel()
		defer close(one.done)
		defer j.finish(key)
		defer func() { // this goroutine is outside the server's recovery
			if p := recover(); p != nil {
				one.err = fmt.Errorf("indexing panicked: %v", p)
			}
		}()
		one.answer, one.err = work(ctx, one.progress)
	}()
	return one, nil
}

func (j *jobs) finish(key string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.running, key)
}

// count is how many files are being indexed.
func (j *jobs) count() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.running)
}

// close stops all jobs and waits for their end.
func (j *jobs) close() {
	j.stop()
	j.all.Wait()
}

func (o *job) progress(p query.Progress) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last = p
}

// at is how far the job is.
func (o *job) at() query.Progress {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.last
}

func (o *job) join() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.waiting++
}

func (o *job) leave() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.waiting--
}

// abandon stops the job unless others wait for it.
func (o *job) abandon() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.waiting <= 1 {
		o.cancel()
	}
}
