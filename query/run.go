package query

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/RoaringBitmap/roaring/v2"

	"pcapidx/index"
	"pcapidx/query/filter"
)

// matcher finds the frames of one capture that match a filter.
type matcher struct {
	capture Capture
	plan    *plan
	tables  *tables
	need    index.Columns
	records []*frameRecord // one for each worker
	work    work
}

// work counts what answering cost.
type work struct {
	tested  atomic.Uint64 // frames that the filter was asked of
	decoded atomic.Uint64 // of them, frames whose bytes were dissected
	blocks  atomic.Uint64 // blocks read
}

func newMatcher(x Capture, f *filter.Filter) *matcher {
	m := &matcher{capture: x, plan: newPlan(x, f), tables: newTables(x)}
	for range max(1, min(runtime.GOMAXPROCS(0), maxWorkers)) {
		m.records = append(m.records, newFrameRecord(x, m.tables, f))
	}
	for i := range m.records[0].fields {
		if c := m.records[0].fields[i].column; c != nil {
			m.need |= c.need
		}
	}
	return m
}

const (
	// maxWorkers bounds the goroutines of one question.
	maxWorkers = 8
	// chunkFrames is how many frames a worker takes at once. A question begins
	// with one chunk for each worker and doubles, so that a page that is soon full
	// reads little.
	chunkFrames = 1 << 10
)

// noLimit is the limit of a question that wants every frame.
const noLimit = -1

// frames finds the frames of a segment that match, from an offset on. It may stop
// when it has more than limit; those that it gives are then the first.
func (m *matcher) frames(ctx context.Context, s *segmentBounds, from uint32, limit int) (found *roaring.Bitmap, err error) {
	must, may := s.root.must, s.root.may
	if must == nil {
		must = roaring.New()
	}
	if may == nil {
		may = s.lists.universe
	}
	found = must.Clone()
	found.RemoveRange(0, uint64(from))
	open := roaring.AndNot(may, must)
	open.RemoveRange(0, uint64(from))
	if open.IsEmpty() {
		return found, nil
	}
	if first := open.Minimum(); limit != noLimit && first > 0 && found.Rank(first-1) > uint64(limit) {
		found.RemoveRange(uint64(first), index.SegmentFrames)
		return found, nil
	}
	for _, r := range m.records {
		r.tests = s.tests
	}
	wave := len(m.records)
	if limit == noLimit {
		wave = index.SegmentFrames / chunkFrames
	}
	for next := open.Minimum(); ; wave = min(2*wave, index.SegmentFrames/chunkFrames) {
		chunks := chunksOf(open, next, wave)
		if len(chunks) == 0 {
			return found, nil
		}
		matched := make([][]uint32, len(chunks))
		err := m.parallel(ctx, len(chunks), func(r *frameRecord, i int) error {
			var err error
			matched[i], err = m.test(ctx, r, s, open, chunks[i])
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, some := range matched {
			found.AddMany(some)
		}
		next = chunks[len(chunks)-1] + chunkFrames
		if limit != noLimit && found.Rank(next-1) > uint64(limit) {
			found.RemoveRange(uint64(next), index.SegmentFrames) // certain ones, with others before them
			return found, nil
		}
	}
}

// chunksOf gives the beginnings of the next chunks that hold open frames.
func chunksOf(open *roaring.Bitmap, next uint32, most int) (chunks []uint32) {
	it := open.Iterator()
	for len(chunks) < most {
		it.AdvanceIfNeeded(next)
		if !it.HasNext() {
			break
		}
		first := it.PeekNext() &^ (chunkFrames - 1)
		chunks = append(chunks, first)
		next = first + chunkFrames
	}
	return chunks
}

// parallel calls do for 0 to n-1, each worker with a record of its own, until one
// fails.
func (m *matcher) parallel(ctx context.Context, n int, do func(r *frameRecord, i int) error) error {
	var next atomic.Int64
	var failed atomic.Pointer[error]
	work := func(r *frameRecord) {
		for failed.Load() == nil {
			i := int(next.Add(1)) - 1
			if i >= n {
				return
			}
			err := ctx.Err()
			if err == nil {
				err = do(r, i)
			}
			if err != nil {
				failed.CompareAndSwap(nil, &err)
			}
		}
	}
	var wait sync.WaitGroup
	for _, r := range m.records[1:max(1, min(len(m.records), n))] {
		wait.Add(1)
		go func() {
			defer wait.Done()
			work(r)
		}()
	}
	work(m.records[0])
	wait.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}

// test asks the filter of the open frames of a chunk.
func (m *matcher) test(ctx context.Context, r *frameRecord, s *segmentBounds, open *roaring.Bitmap, chunk uint32) (matched []uint32, err error) {
	var tested, decoded uint64
	err = m.walk(ctx, r, s.lists.segment, open, chunk, m.need, func(r *frameRecord) error {
		tested++
		if r.filter.Match() {
			if matched == nil {
				matched = make([]uint32, 0, chunkFrames)
			}
			matched = append(matched, r.offset)
		}
		if r.decoded {
			decoded++
		}
		return r.err
	})
	m.work.tested.Add(tested)
	m.work.decoded.Add(decoded)
	return matched, err
}

// framesOfChunk gives a function that names the first frame, from a number on, of those
// of a chunk that are in a set; 0: there is none. It is asked with rising numbers.
func framesOfChunk(segment uint16, frames *roaring.Bitmap, chunk uint32) (next func(from uint32) uint32) {
	base := uint32(segment) * index.SegmentFrames
	it := frames.Iterator()
	it.AdvanceIfNeeded(chunk)
	return func(from uint32) uint32 {
		if from > base {
			it.AdvanceIfNeeded(from - base - 1)
		}
		if !it.HasNext() || it.PeekNext() >= chunk+chunkFrames {
			return 0
		}
		return base + it.PeekNext() + 1
	}
}

// walk calls do for those frames of a chunk that are in a set, in order.
func (m *matcher) walk(ctx context.Context, r *frameRecord, segment uint16, frames *roaring.Bitmap, chunk uint32, need index.Columns, do func(*frameRecord) error) error {
	next := framesOfChunk(segment, frames, chunk)
	r.rows = nil
	return m.capture.EachBlock(need, next, func(rows *index.Rows) (bool, error) {
		m.work.blocks.Add(1)
		last := rows.Packets[len(rows.Packets)-1].Number
		for frame := next(rows.Packets[0].Number); frame != 0 && frame <= last; frame = next(frame + 1) {
			r.set(rows, int(frame-rows.Packets[0].Number))
			if err := do(r); err != nil {
				return false, err
			}
		}
		return true, ctx.Err()
	})
}

// visit calls do for the frames of a set in one segment, in parallel and in no
// order; worker is below maxWorkers and tells the goroutines apart.
func (m *matcher) visit(ctx context.Context, segment uint16, frames *roaring.Bitmap, need index.Columns, do func(worker int, r *frameRecord) error) error {
	chunks := chunksOf(frames, 0, index.SegmentFrames/chunkFrames)
	workers := make(map[*frameRecord]int, len(m.records))
	for i, r := range m.records {
		workers[r] = i
	}
	return m.parallel(ctx, len(chunks), func(r *frameRecord, i int) error {
		return m.walk(ctx, r, segment, frames, chunks[i], need, func(r *frameRecord) error { return do(workers[r], r) })
	})
}
