package mcp

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"pcapidx/query"
)

// jobs are the captures that are being fetched and indexed, or wait for it. A job
// outlives the call that began it: hosts give up on calls long before a large
// capture is indexed. A call for the same file joins it. Until a capture has an id,
// its job's name stands for it, and some time longer.
type jobs struct {
	ctx   context.Context // ends when the server does
	stop  context.CancelFunc
	all   sync.WaitGroup
	slots chan struct{} // one for each that is indexed

	mu      sync.Mutex
	running map[string]*job // by user and what is indexed
	named   []*job          // running or done, oldest first
}

const (
	// maxJobs bounds how many captures are indexed at the same time: each takes
	// the memory and the cores of an ingest. Others wait.
	maxJobs = 2
	// maxUserJobs bounds how many captures of a user are indexed or wait.
	maxUserJobs = 8
	// maxNamed bounds how many jobs are remembered, maxUserNamed those of a user.
	maxNamed, maxUserNamed = 4096, 64
	// jobPrefix begins the names of jobs.
	jobPrefix = "new-"
)

// order is what a job is to do.
type order struct {
	user, key string // a second order of a user with the same key joins the first
	name      string // of the capture
	bytes     uint64 // of the file, if that is known
	// fetch, if not nil, gets the file; it runs before the job's turn to index.
	fetch func(ctx context.Context, progress func(query.Progress)) error
	index func(ctx context.Context, progress func(query.Progress)) (*query.AddAnswer, error)
	// release and reserved, if not nil, give back what the order holds and its place
	// in the user's quota, whether it ran or not.
	release, reserved func()
}

func (o *order) free() {
	if o.release != nil {
		o.release()
	}
	if o.reserved != nil {
		o.reserved()
	}
	o.fetch, o.index, o.release, o.reserved = nil, nil, nil, nil // they may hold the file's bytes
}

// job is an order that is carried out. answer and err are set when done is closed.
type job struct {
	*order
	id     string
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
	return &jobs{ctx: ctx, stop: stop, slots: make(chan struct{}, maxJobs), running: map[string]*job{}}
}

// start begins a job or joins the one that does the same. Who starts it waits for
// it, see leave.
func (j *jobs) start(o *order) (*job, error) {
	one, fresh, err := j.enter(o)
	if !fresh {
		o.free()
	}
	return one, err
}

func (j *jobs) enter(o *order) (one *job, fresh bool, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	key := o.user + "\x00" + o.key
	if one := j.running[key]; one != nil {
		one.join()
		return one, false, nil
	}
	if j.ctx.Err() != nil {
		return nil, false, j.ctx.Err()
	}
	if err := j.roomLocked(o.user); err != nil {
		return nil, false, err
	}
	ctx, cancel := context.WithCancel(j.ctx)
	one = &job{order: o, id: jobPrefix + strings.ToLower(rand.Text()[:10]), done: make(chan struct{}), cancel: cancel, waiting: 1}
	j.running[key] = one
	j.remember(one)
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
		one.answer, one.err = j.run(ctx, one)
	}()
	return one, true, nil
}

// room is an error if a user has as many captures in the works as are allowed.
func (j *jobs) room(user string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.roomLocked(user)
}

func (j *jobs) roomLocked(user string) error {
	mine := 0
	for _, one := range j.running {
		if one.user == user {
			mine++
		}
	}
	if mine < maxUserJobs {
		return nil
	}
	return &query.Error{
		Kind: query.BadRequest, Msg: fmt.Sprintf("%d captures are being indexed already", mine),
		Hint: "call again when they are done; list_captures shows how far they are",
	}
}

// run carries an order out: the file is fetched at once, indexed when it is its turn.
func (j *jobs) run(ctx context.Context, one *job) (*query.AddAnswer, error) {
	defer one.free()
	if one.fetch != nil {
		if err := one.fetch(ctx, one.progress); err != nil {
			return nil, err
		}
	}
	select {
	case j.slots <- struct{}{}:
		defer func() { <-j.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return one.index(ctx, one.progress)
}

// remember keeps a job by its name, and forgets the oldest that are done.
func (j *jobs) remember(one *job) {
	mine := 0
	for _, o := range j.named {
		if o.user == one.user {
			mine++
		}
	}
	all := len(j.named)
	j.named = slices.DeleteFunc(j.named, func(o *job) bool {
		over := all >= maxNamed || o.user == one.user && mine >= maxUserNamed
		if !over || !o.ended() {
			return false
		}
		all--
		if o.user == one.user {
			mine--
		}
		return true
	})
	j.named = append(j.named, one)
}

// find gives a user's job by its name, nil if there is none.
func (j *jobs) find(user, id string) *job {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, o := range j.named {
		if o.user == user && o.id == id {
			return o
		}
	}
	return nil
}

// has reports whether an order would join a job.
func (j *jobs) has(o *order) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.running[o.user+"\x00"+o.key] != nil
}

// of gives the jobs of a user that are not done, oldest first.
func (j *jobs) of(user string) (mine []*job) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, o := range j.named {
		if o.user == user && !o.ended() {
			mine = append(mine, o)
		}
	}
	return mine
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

func (o *job) ended() bool {
	select {
	case <-o.done:
		return true
	default:
		return false
	}
}

// share is how far the job is, in words.
func (o *job) share() string {
	switch p := o.at(); {
	case p.Bytes == 0:
		return "waits to be indexed"
	case p.Total == 0:
		return "is being indexed: " + itoa(p.Bytes) + " bytes read, " + itoa(p.Frames) + " packets so far"
	default:
		return fmt.Sprintf("is being indexed: %d %% read, %d packets so far", min(100, p.Bytes*100/p.Total), p.Frames)
	}
}

// result is what became of a job that has ended.
func (o *job) result() (*query.AddAnswer, error) {
	if errors.Is(o.err, context.Canceled) {
		return nil, &query.Error{Kind: query.Gone, Msg: "indexing was stopped before its end", Err: o.err}
	}
	return o.answer, o.err
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
