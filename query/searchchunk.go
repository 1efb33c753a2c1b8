package query

import (
	"cmp"
	"context"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"pcapidx/index"
	"pcapidx/ingest/words"
)

// chunkReader reads the payload of a chunk of the text index from stored packets.
type chunkReader struct {
	capture Capture
	record  *frameRecord
	matched map[uint16]*roaring.Bitmap // frames that the filter wants, by segment; nil: all
	matcher *matcher
	conn    *index.Connection
	known   *knownConnections

	frames, blocks, decoded uint64
}

// wideChunk: the frames of a chunk are looked for in all between its first and its
// last up to this distance, beyond it in the list of its connection's.
const wideChunk = 4096

func newChunkReader(p *searchPage, x Capture) (*chunkReader, error) {
	r := &chunkReader{capture: x, known: p.known, matcher: newMatcher(x, p.filter)}
	r.record = r.matcher.records[0]
	if p.filter.Root != nil {
		r.matched = map[uint16]*roaring.Bitmap{}
	}
	return r, nil
}

// wants reports whether the filter matches a frame.
func (r *chunkReader) wants(ctx context.Context, frame uint32) (bool, error) {
	if r.matched == nil {
		return true, nil
	}
	segment := uint16((frame - 1) / index.SegmentFrames)
	found := r.matched[segment]
	if found == nil {
		bounds, err := r.matcher.plan.bounds(r.capture, segment)
		if err != nil {
			return false, err
		}
		if found, err = r.matcher.frames(ctx, bounds, 0, noLimit); err != nil {
			return false, err
		}
		r.matched[segment] = found
	}
	return found.Contains((frame - 1) % index.SegmentFrames), nil
}

// chunkPiece is the payload of one frame.
type chunkPiece struct {
	frame uint32
	seq   uint32 // place in the stream; of datagrams 0
	skip  uint32 // bytes of the frame's payload before data
	data  []byte
}

// chunkRun is a run of bytes without a gap.
type chunkRun struct {
	data     []byte
	pieces   []chunkPiece // that it is made of
	streamed bool
	kind     uint8
}

// placedWord is a word of a run.
type placedWord struct {
	text     string
	from, to int
}

// read gives the payload of a chunk's direction in the frames from its first to
// last, in order.
func (r *chunkReader) read(ctx context.Context, h *index.WordHit, last uint32) (runs []chunkRun, err error) {
	if r.conn, err = r.known.connection(h.Conn); err != nil {
		return nil, err
	}
	next := func(from uint32) uint32 {
		if from = max(from, h.First); from > last {
			return noFrame
		}
		return from
	}
	if last-h.First > wideChunk {
		frames, err := r.members(h, last)
		if err != nil {
			return nil, err
		}
		next = func(from uint32) uint32 {
			at, _ := slices.BinarySearch(frames, from)
			if at == len(frames) {
				return noFrame
			}
			return frames[at]
		}
	}
	var pieces []chunkPiece
	r.record.rows = nil
	err = r.capture.EachBlock(searchColumns, next, func(rows *index.Rows) (bool, error) {
		r.blocks++
		for i := range rows.Packets {
			p := &rows.Packets[i]
			if p.Conn != h.Conn || p.Side != h.Side || p.Number < h.First || p.Number > last || p.Status&index.StatusQuoted != 0 {
				continue
			}
			if ok, err := r.wants(ctx, p.Number); err != nil || !ok {
				if err != nil {
					return false, err
				}
				continue
			}
			piece, err := r.piece(rows, i)
			if err != nil {
				return false, err
			}
			if len(piece.data) > 0 {
				pieces = append(pieces, piece)
			}
		}
		return true, nil
	})
	return r.order(pieces), err
}

// members lists the frames of a chunk's direction.
func (r *chunkReader) members(h *index.WordHit, last uint32) (frames []uint32, err error) {
	err = r.capture.Members(r.conn, func(m index.Member) bool {
		if m.Side == h.Side && m.Frame >= h.First && m.Frame <= last {
			frames = append(frames, m.Frame)
		}
		return m.Frame <= last
	})
	return frames, err
}

// piece gives the payload of a frame.
func (r *chunkReader) piece(rows *index.Rows, i int) (piece chunkPiece, err error) {
	p := &rows.Packets[i]
	r.frames++
	if err := rows.Load(); err != nil {
		return piece, err
	}
	piece.frame = p.Number
	if p.TCP {
		piece.seq = streamOffset(p)
	}
	data := rows.Data(i)
	if p.Status&index.StatusReassembled != 0 {
		r.decoded++
		r.record.set(rows, i)
		for _, part := range r.record.payloads(nil) {
			if part.first {
				piece.data = slices.Clone(part.data)
			}
		}
		return piece, r.record.err
	}
	if from := uint64(p.Payload); from < uint64(len(data)) {
		piece.data = slices.Clone(data[from:min(from+uint64(p.Length), uint64(len(data)))])
	}
	return piece, nil
}

// order makes runs of pieces: of datagrams one each, of a stream as long as
// nothing is missing. Where segments overlap, the one that came first counts.
func (r *chunkReader) order(pieces []chunkPiece) (runs []chunkRun) {
	streamed := r.conn.Kind == kindTCP
	if streamed && len(pieces) > 0 {
		base := pieces[0].seq
		slices.SortStableFunc(pieces, func(a, b chunkPiece) int { return cmp.Compare(int32(a.seq-base), int32(b.seq-base)) })
	}
	for _, p := range pieces {
		n := len(runs)
		if streamed && n > 0 {
			run := &runs[n-1]
			end := run.pieces[0].seq + uint32(len(run.data))
			if over := int32(end - p.seq); over >= 0 {
				if int(over) < len(p.data) {
					p.seq, p.skip, p.data = end, uint32(over), p.data[over:]
					run.data, run.pieces = append(run.data, p.data...), append(run.pieces, p)
				}
				continue
			}
		}
		runs = append(runs, chunkRun{data: p.data, pieces: []chunkPiece{p}, streamed: streamed, kind: r.conn.Kind})
	}
	return runs
}

// words gives the words of a run.
func (run *chunkRun) words() (all []placedWord) {
	words.Split(run.data, func(w words.Word) { all = append(all, placedWord{string(w.Text), w.Start, w.End}) })
	return all
}

// inside reports whether a place in the run belongs to a chunk: in a stream its
// frames may hold parts of its neighbours.
func (run *chunkRun) inside(h *index.WordHit, at int) bool {
	return !run.streamed || run.pieces[0].seq+uint32(at)-uint32(h.Offset) < h.Length
}

// hit describes what stands from one place of the run to another.
func (run *chunkRun) hit(h *index.WordHit, from, to, around int) searchHit {
	shown := min(to-from, maxMatchShown)
	before, behind := max(0, from-around), min(len(run.data), from+shown)
	if shown == to-from {
		behind = min(len(run.data), to+around)
	}
	out := searchHit{
		conn: h.Conn, kind: run.kind, side: h.Side, length: uint32(to - from),
		text: run.data[before:behind], lead: from - before, shown: shown,
	}
	if run.streamed {
		out.streamed, out.stream = true, run.pieces[0].seq+uint32(from)
	}
	at := 0
	for i := range run.pieces {
		p := &run.pieces[i]
		if end := at + len(p.data); from < end && to > at {
			if len(out.frames) == 0 {
				out.offset = p.skip + uint32(from-at)
			}
			out.frames = append(out.frames, p.frame)
			out.end = p.skip + uint32(min(to, end)-at)
		}
		at += len(p.data)
	}
	return out
}
