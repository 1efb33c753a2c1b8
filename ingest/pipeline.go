package ingest

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
	"pcapidx/ingest/source"
)

// job is one batch on its way through the pipeline, with all memory it needs.
//
//	read (1 goroutine) -> dissect, compress (workers) -> track (caller) -> list (1) -> store (index.Writer)
//	                                                                   -> words (1, textRun)
//
// Jobs come from a fixed pool and go back to it: that bounds memory, and a slow
// stage holds up the ones before it.
type job struct {
	batch     source.Batch
	packets   []dissect.Packet
	packed    []byte
	block     index.Block
	pieces    []index.ContainerPiece
	datagrams []datagramOf  // that its frames completed, in their order
	apps      [][]string    // names of the dictionary of application protocols, as it is with this job
	ready     chan struct{} // the workers are done with it
	uses      atomic.Int32  // stages that still read it
	free      chan<- *job
}

// release gives the job back to the pool when the last of its uses ends.
func (j *job) release() {
	if j.uses.Add(-1) == 0 {
		j.free <- j
	}
}

// datagramOf is an IP datagram that a frame completed, and the frames that it came
// from.
type datagramOf struct {
	frame uint32
	from  []uint32
	data  []byte
}

// jobs is the size of the pool: about 1 MiB each.
const jobs = 16

// pipeline connects the stages.
type pipeline struct {
	reader *source.Reader
	free   chan *job
	work   chan *job
	order  chan *job // same jobs, in file order
	failed error     // of the reading goroutine; read it after order was closed
	stop   context.CancelFunc
	wait   sync.WaitGroup
}

// startPipeline starts reading and dissecting; each takes the jobs from it.
func startPipeline(ctx context.Context, r *source.Reader, workers int) *pipeline {
	p := &pipeline{
		reader: r, free: make(chan *job, jobs), work: make(chan *job, jobs), order: make(chan *job, jobs),
	}
	for range jobs {
		p.free <- &job{packets: make([]dissect.Packet, source.BatchFrames), ready: make(chan struct{}, 1), free: p.free}
	}
	ctx, p.stop = context.WithCancel(ctx)
	p.wait.Add(1 + workers)
	go p.read(ctx)
	for range workers {
		go p.dissect()
	}
	return p
}

// read fills batches until the end of the file, and closes the reader.
func (p *pipeline) read(ctx context.Context) {
	defer p.wait.Done()
	defer p.reader.Close()
	defer close(p.order)
	defer close(p.work)
	for {
		select {
		case <-ctx.Done():
			p.failed = ctx.Err()
			return
		case j := <-p.free:
			if err := p.reader.Next(&j.batch); err != nil {
				if !errors.Is(err, io.EOF) {
					p.failed = err
				}
				return
			}
			p.work <- j
			p.order <- j
		}
	}
}

// dissect decodes and compresses batches, each by itself.
func (p *pipeline) dissect() {
	defer p.wait.Done()
	d := dissect.NewDecoder()
	for j := range p.work {
		b := &j.batch
		for i := range b.Frames {
			d.Decode(b.Links[i], b.Packet(i), int(b.Frames[i].OrigLen), &j.packets[i])
		}
		j.packed = index.PackData(j.packed[:0], b.Data)
		j.pieces = j.pieces[:0]
		for _, piece := range b.Pieces {
			j.pieces = append(j.pieces, index.ContainerPiece{Before: piece.Before, Data: piece.Data})
		}
		j.ready <- struct{}{}
	}
}

// each hands the jobs to fn in file order, until the end, the first error or the
// end of ctx. Whoever gets a job releases it.
func (p *pipeline) each(ctx context.Context, fn func(*job) error) error {
	defer p.stop()
	for {
		select {
		case <-ctx.Done():
			// The reading goroutine may hang in its input (a terminal, a
			// pipe): it is not waited for, and ends when its input does.
			return ctx.Err()
		case j, ok := <-p.order:
			if !ok {
				p.wait.Wait()
				return p.failed
			}
			<-j.ready
			if err := fn(j); err != nil {
				return err
			}
		}
	}
}
