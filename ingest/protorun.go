package ingest

import (
	"pcapidx/index"
	"pcapidx/ingest/proto"
)

// protoRun is the goroutine of a protoStage, and the log that takes what it finds.
type protoRun struct {
	stage *protoStage
	log   *index.MessageLog
	jobs  chan *job
	done  chan struct{}
}

// startProto starts the decoding of application protocols of a build in folder dir.
func startProto(dir string) (*protoRun, error) {
	var listed []string
	for _, f := range proto.Fields() {
		if f.Listed {
			listed = append(listed, f.Name)
		}
	}
	log, err := index.NewMessageLog(dir, listed, proto.Summed())
	if err != nil {
		return nil, err
	}
	r := &protoRun{stage: newProtoStage(logSink{log}), log: log, jobs: make(chan *job, jobs), done: make(chan struct{})}
	go r.run(r.jobs)
	return r, nil
}

// logSink gives what the engine finds to a log.
type logSink struct{ *index.MessageLog }

// Message implements proto.Sink.
func (l logSink) Message(m *index.Message) { l.Add(m) }

// Application implements proto.Sink.
func (l logSink) Application(a *index.Application) { l.AddApplication(a) }

func (r *protoRun) run(jobs <-chan *job) {
	defer close(r.done)
	for j := range jobs {
		r.stage.block(j.block.Rows, j.packets, j.batch.Packet, j.datagrams)
		j.release()
	}
	r.stage.finish()
}

// take hands over a job whose rows are filled; it is released in time.
func (r *protoRun) take(j *job) error {
	j.uses.Add(1)
	r.jobs <- j
	return nil
}

// finish waits until everything is decoded. It may be called more than once.
func (r *protoRun) finish() {
	if r.jobs != nil {
		close(r.jobs)
		r.jobs = nil
	}
	<-r.done
}

// store waits until everything is decoded and stores it.
func (r *protoRun) store(w *index.Writer) (*index.MessageSummary, error) {
	r.finish()
	return r.log.Store(w, r.stage.engine.Panics)
}

// close gives up what is left.
func (r *protoRun) close() {
	r.finish()
	_ = r.log.Close() // the folder is new, or is removed
}
