package query

import (
	"cmp"
	"context"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/RoaringBitmap/roaring/v2"

	"pcapidx/index"
)

// A search reads the stored packets once, block by block and in parallel, and runs
// the needle over a whole block at once; only packets that a candidate touches are
// looked at one by one. What crosses the borders of TCP segments is found from
// their first and last bytes (searchseams.go), which are gathered on the way.
//
// Chunks of frames are handed out in waves. After each its matches are put in
// order, so that a page that is full ends the search after few blocks and the
// answer does not depend on the number of workers.
type searchScan struct {
	page        *searchPage
	capture     Capture
	matcher     *matcher // of the filter; its workers are those of the search
	seams       *seams   // nil: no match can cross a border
	stacks      []carries
	asked       bool // every frame is dissected: the index is too old to tell simple ones
	workers     map[*frameRecord]*searchWorker
	chunks      []searchChunk // of the wave in hand
	merged      []searchChunk // of the wave before
	room        int           // matches of a chunk that are enough (searchPage.room)
	wave        int           // chunks in the next wave
	most        int           // bound of it
	pass        uint8
	start       uint32       // first frame of the pass whose matches may be given
	payloadFrom uint32       // first frame whose payload is searched
	reader      *frameRecord // of readSegment
	filtered    *PlanText
	work        searchWork
}

// carries says whether frames of a layer stack have payload of TCP or UDP.
type carries uint8

const (
	carriesNone carries = iota
	carriesOne          // if the frame is simple, behind its one transport header
	carriesAsk          // only the frame tells
)

// searchWork counts what a search cost.
type searchWork struct {
	frames  atomic.Uint64 // looked at by their columns
	blocks  atomic.Uint64 // read
	packed  atomic.Uint64 // of them, not decompressed: no payload
	touched atomic.Uint64 // payloads that a candidate touched
	decoded atomic.Uint64 // frames dissected
}

// searchChunk is what a worker found in a chunk of frames.
type searchChunk struct {
	hits  []chunkHit
	edges []segmentEdge
	bytes []byte // what hits and edges show
}

// chunkHit is a match in one payload.
type chunkHit struct {
	searchHit
	at, n uint32 // its text, in searchChunk.bytes
}

// searchChunkBytes bounds what the edges of the segments of a wave hold, roughly.
const searchChunkBytes = 16 << 20

func newSearchScan(p *searchPage, x Capture) *searchScan {
	s := &searchScan{page: p, capture: x, matcher: newMatcher(x, p.filter), workers: map[*frameRecord]*searchWorker{}, most: 32}
	if begin, end := p.needle.Anchored(); !begin && !end && p.needle.Reach() > 1 {
		s.seams = newSeams(p.needle, s.readSegment)
		s.most = max(2, min(s.most, searchChunkBytes/(chunkFrames*min(2*s.seams.keep, 1<<11))))
	}
	s.wave, s.filtered = len(s.matcher.records), newPlanText(s.matcher)
	sum := x.Summary()
	s.asked = sum.Content < 2
	for i := range sum.Stacks {
		kind := carriesNone
		for name := range strings.SplitSeq(sum.Stacks[i].Layers, ":") {
			if name == "tcp" || name == "udp" || name == "udplite" {
				kind = carriesOne
			}
		}
		if s.asked && kind == carriesOne || i == 0 && sum.Counters.StacksCapped > 0 {
			kind = carriesAsk
		}
		s.stacks = append(s.stacks, kind)
	}
	for _, r := range s.matcher.records {
		s.workers[r] = &searchWorker{scan: s, record: r, searcher: p.needle.Searcher()}
	}
	return s
}

// maxPass is the number of the last pass; a cursor has a byte for it.
const maxPass = 254

// run searches the capture. Each pass reads it as far as needed: the first finds
// nearly everything, further ones what crosses the borders of segments in those
// directions that found no room in memory.
func (s *searchScan) run(ctx context.Context) error {
	for {
		s.start, s.payloadFrom, s.room = s.page.start(s.pass), noFrame, s.page.room()
		if s.pass == 0 {
			s.payloadFrom = s.start
		}
		for segment := range uint16(s.capture.Segments()) {
			if err := s.segment(ctx, segment); err != nil || s.page.full {
				return err
			}
		}
		if s.seams == nil || !s.seams.again() {
			return nil
		}
		if s.pass == maxPass {
			s.page.left = true
			s.page.hint("too many connections carry data at once: what crosses the packets of some was not searched; narrow the search by a filter")
			return nil
		}
		s.pass++
	}
}

// segment searches the frames of one segment that match the filter.
func (s *searchScan) segment(ctx context.Context, segment uint16) error {
	base := uint64(segment) * index.SegmentFrames
	from := uint32(0)
	if s.seams == nil { // nothing before start matters
		if uint64(s.start) > base+index.SegmentFrames {
			return nil
		}
		from = uint32(max(uint64(s.start), base+1) - base - 1)
	}
	bounds, err := s.matcher.plan.bounds(s.capture, segment)
	if err != nil {
		return err
	}
	if s.pass == 0 {
		s.filtered.bounds(bounds)
	}
	want := noLimit
	if s.page.room() != noLimit {
		want = 4 * chunkFrames // a filter that reads bytes costs as much as the search
	}
	for {
		found, err := s.matcher.frames(ctx, bounds, from, want)
		if err != nil || found.IsEmpty() {
			return err
		}
		if err := s.waves(ctx, segment, found); err != nil || s.page.full {
			return err
		}
		if want == noLimit || found.GetCardinality() <= uint64(want) {
			return nil
		}
		from, want = found.Maximum()+1, min(2*want, index.SegmentFrames)
	}
}

// waves searches some frames of a segment, in order. When waves are large, one is
// put in order while the next is searched.
func (s *searchScan) waves(ctx context.Context, segment uint16, frames *roaring.Bitmap) (err error) {
	merging := func() error { return nil } // waits for the wave before
	defer func() { err = cmp.Or(err, merging()) }()
	for next := frames.Minimum(); ; s.wave = min(2*s.wave, s.most) {
		chunks := chunksOf(frames, next, s.wave)
		if len(chunks) == 0 {
			return nil
		}
		s.chunks, s.merged = s.merged, s.chunks
		for len(s.chunks) < len(chunks) {
			s.chunks = append(s.chunks, searchChunk{})
		}
		found := s.chunks[:len(chunks)]
		if err := s.scan(ctx, segment, frames, chunks, found); err != nil {
			return err
		}
		if err := merging(); err != nil || s.page.full {
			return err
		}
		if n := hitsOf(found); n > maxWaveHits {
			s.most = max(1, len(chunks)/2)
		}
		next = chunks[len(chunks)-1] + chunkFrames
		done := min(uint32(segment)*index.SegmentFrames+next, s.capture.Summary().Frames)
		s.room = s.page.room()
		merging = s.merging(found, done)
		if s.wave < s.most { // the page may be full
			if err := merging(); err != nil || s.page.full {
				return err
			}
			s.room = s.page.room()
		}
	}
}

// maxWaveHits is how many matches of a wave are too many to hold: the next is smaller.
const maxWaveHits = 100_000

func hitsOf(chunks []searchChunk) (n int) {
	for i := range chunks {
		n += len(chunks[i].hits)
	}
	return n
}

// merging begins to merge a wave, and gives a function that waits for it.
func (s *searchScan) merging(found []searchChunk, done uint32) (wait func() error) {
	ended := make(chan error, 1)
	go func() {
		err := s.merge(found)
		s.page.report(s.page.capture, done)
		ended <- err
	}()
	return sync.OnceValue(func() error { return <-ended })
}

// scan searches the chunks of a wave in parallel.
func (s *searchScan) scan(ctx context.Context, segment uint16, frames *roaring.Bitmap, chunks []uint32, found []searchChunk) error {
	var enough atomic.Int64 // the first chunk that fills the page: those behind it are not needed
	enough.Store(int64(len(chunks)))
	return s.matcher.parallel(ctx, len(chunks), func(r *frameRecord, i int) error {
		c := &found[i]
		c.hits, c.edges, c.bytes = c.hits[:0], c.edges[:0], c.bytes[:0]
		if int64(i) > enough.Load() {
			return nil
		}
		full, err := s.workers[r].chunk(ctx, c, segment, frames, chunks[i], s.room)
		for old := enough.Load(); full && int64(i) < old && !enough.CompareAndSwap(old, int64(i)); old = enough.Load() {
		}
		return err
	})
}

// merge gives the matches of a wave to the page, in the order of their frames;
// those that cross a border before those of the frame that completes them.
func (s *searchScan) merge(chunks []searchChunk) error {
	var crossing []searchHit
	if s.seams != nil {
		for i := range chunks {
			for k := range chunks[i].edges {
				if err := s.seams.add(chunks[i].bytes, &chunks[i].edges[k]); err != nil {
					return err
				}
			}
		}
		crossing = s.seams.matches(s.start)
	}
	offer := func(h *searchHit) (bool, error) { return s.page.offer(s.pass, h) }
	cross := func(before uint32) (bool, error) {
		for len(crossing) > 0 && crossing[0].frame <= before {
			h := &crossing[0]
			if err := s.surround(h); err != nil {
				return false, err
			}
			if more, err := offer(h); err != nil || !more {
				return false, err
			}
			crossing = crossing[1:]
		}
		return true, nil
	}
	for i := range chunks {
		for k := range chunks[i].hits {
			h := &chunks[i].hits[k]
			if more, err := cross(h.frame); err != nil || !more {
				return err
			}
			h.text = chunks[i].bytes[h.at : h.at+h.n]
			if more, err := offer(&h.searchHit); err != nil || !more {
				return err
			}
		}
	}
	_, err := cross(noFrame)
	return err
}
