package query

import (
	"context"

	"github.com/RoaringBitmap/roaring/v2"

	"pcapidx/index"
	"pcapidx/query/needle"
)

// searchColumns are the columns that a search reads of every frame.
const searchColumns = index.ColCapLen | index.ColStack | index.ColConn | index.ColPayload | index.ColLength | index.ColFlags | index.ColSeq

// searchWorker searches chunks of frames. It is used by one goroutine.
type searchWorker struct {
	scan     *searchScan
	record   *frameRecord
	searcher *needle.Searcher
	out      *searchChunk
	room     int      // matches that are enough; noLimit
	list     []uint16 // frames of the block in hand that have payload
	parts    []payloadPart
	from, at int // the needle's first candidate behind from in the block
}

// chunk searches the frames of a set in one chunk; full says that it found enough.
func (w *searchWorker) chunk(ctx context.Context, c *searchChunk, segment uint16, frames *roaring.Bitmap, chunk uint32, room int) (full bool, err error) {
	w.out, w.room, w.record.tests = c, room, nil
	next := framesOfChunk(segment, frames, chunk)
	w.record.rows = nil
	err = w.scan.capture.EachBlock(searchColumns, next, func(rows *index.Rows) (bool, error) {
		if err := w.block(rows, next); err != nil {
			return false, err
		}
		return !w.full(), ctx.Err()
	})
	return w.full(), err
}

func (w *searchWorker) full() bool { return w.room != noLimit && len(w.out.hits) >= w.room }

// block searches a block.
func (w *searchWorker) block(rows *index.Rows, next func(uint32) uint32) error {
	s, first := w.scan, rows.Packets[0].Number
	last, load := first+uint32(len(rows.Packets))-1, false
	frames := uint64(0)
	w.list = w.list[:0]
	for frame := next(first); frame != 0 && frame <= last; frame = next(frame + 1) {
		frames++
		p := &rows.Packets[frame-first]
		payload, wanted := s.wants(p)
		if wanted {
			w.list = append(w.list, uint16(frame-first))
			load = load || payload
		}
	}
	s.work.frames.Add(frames)
	s.work.blocks.Add(1)
	if !load {
		s.work.packed.Add(1)
	} else if err := rows.Load(); err != nil {
		return err
	}
	w.from, w.at = -1, -1
	for _, i := range w.list {
		if err := w.frame(rows, int(i)); err != nil || w.full() {
			return err
		}
	}
	return nil
}

// wants says whether a frame has payload to search, or matters for the borders of
// segments.
func (s *searchScan) wants(p *index.Packet) (payload, wanted bool) {
	kind := carriesAsk
	if int(p.Stack) < len(s.stacks) {
		kind = s.stacks[p.Stack]
	}
	if kind == carriesNone {
		return false, false
	}
	payload = p.Length > 0 && p.Conn != index.NoConnection
	if kind == carriesAsk || p.Status&index.StatusComplex != 0 {
		payload = p.CapLen > 0
	}
	if s.pass > 0 && !s.seams.wants(p) {
		return false, false
	}
	return payload, payload || s.seams != nil && p.TCP && p.Flags&(flagSYN|flagFIN|flagRST) != 0
}

// touched reports whether a match may lie in a range of the block.
func (w *searchWorker) touched(data []byte, begin, end int) bool {
	if w.from < 0 || begin < w.from || w.at < begin {
		w.from = begin
		if w.at = w.searcher.Next(data, begin); w.at < 0 {
			w.at = len(data)
		}
	}
	return w.at < end
}
