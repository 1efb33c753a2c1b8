package source

import (
	"crypto/sha256"
	"io"
)

const (
	chunkBytes = 512 << 10 // bytes read into one chunk
	maxPeek    = 512 << 10 // most bytes that peek gives
	ringChunks = 4         // chunks per stream: one is parsed, the others are hashed
)

// chunk is a part of a stream. Fresh bytes go into buf[maxPeek:]; the room
// before it takes the unread end of the chunk before, so that a record that
// crosses the border is contiguous too.
type chunk struct {
	buf []byte
	end int // end of the bytes in buf
}

// stream is a buffered reader that gives contiguous windows of up to maxPeek
// bytes and passes every chunk on to be hashed.
type stream struct {
	src   io.Reader
	max   uint64  // limit of total, 0 for none
	file  *stream // what total may be ratio times as large as; nil: not bounded
	ratio uint64
	win   []byte // bytes read but not consumed
	off   uint64 // offset of win in the stream
	total uint64 // bytes read
	err   error  // sticky error of src, io.EOF at its end
	cur   *chunk
	hash  *hasher // nil: not hashed
}

func newStream(src io.Reader) *stream { return &stream{src: src} }

// peek returns the next n <= maxPeek bytes without consuming them, or fewer if
// the stream ends or fails before.
func (s *stream) peek(n int) []byte {
	if len(s.win) >= n {
		return s.win[:n]
	}
	return s.more(n)
}

// discard consumes n bytes of the window.
func (s *stream) discard(n int) {
	s.win = s.win[n:]
	s.off += uint64(n)
}

// more reads until the window has n bytes.
func (s *stream) more(n int) []byte {
	for len(s.win) < n && s.err == nil {
		if s.cur == nil || s.cur.end == len(s.cur.buf) {
			s.rotate()
		}
		s.read()
	}
	return s.win[:min(n, len(s.win))]
}

// read makes one successful call of src.Read.
func (s *stream) read() {
	c := s.cur
	for range 100 {
		n, err := s.src.Read(c.buf[c.end:])
		if n < 0 || n > len(c.buf)-c.end {
			n, err = 0, io.ErrNoProgress // a Reader that breaks its contract
		}
		start := c.end - len(s.win)
		c.end += n
		s.total += uint64(n)
		s.win = c.buf[start:c.end]
		s.err = err
		if s.tooLarge() {
			s.err = ErrTooLarge
		}
		if n > 0 || err != nil {
			return
		}
	}
	s.err = io.ErrNoProgress
}

// tooLarge reports whether more was read than is allowed.
func (s *stream) tooLarge() bool {
	return s.max > 0 && s.total > s.max ||
		s.file != nil && s.total > RatioBytes && s.total/s.ratio > s.file.total
}

// rotate passes the full chunk on and takes a free one, with the unread bytes
// in front of its fresh ones.
func (s *stream) rotate() {
	old := s.cur
	switch {
	case s.hash != nil:
		s.cur = s.hash.swap(old)
	case old == nil:
		s.cur = newChunk()
	}
	c := s.cur
	start := maxPeek - len(s.win)
	copy(c.buf[start:], s.win)
	c.end = maxPeek
	s.win = c.buf[start:maxPeek]
}

func newChunk() *chunk { return &chunk{buf: make([]byte, maxPeek+chunkBytes)} }

// Read implements io.Reader for a decompressor on top of the stream.
func (s *stream) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if len(s.peek(1)) == 0 {
		return 0, s.err
	}
	n := copy(p, s.win)
	s.discard(n)
	return n, nil
}

// stop ends the hashing. It may be called more than once.
func (s *stream) stop() {
	if s.hash != nil {
		s.hash.stop(s.cur)
		s.cur, s.win = nil, nil
	}
}

// hasher computes the SHA-256 of a stream in its own goroutine. Chunks go in
// through full and come back through free.
type hasher struct {
	full, free chan *chunk
	done       chan struct{}
	made       int // chunks made so far
	stopped    bool
	sum        [32]byte // valid after done is closed
}

// newHasher starts a hasher. It must be attached before its stream rotates for
// the second time. The channels hold all chunks, also one that the stream made
// before, so that sending never blocks.
func newHasher() *hasher {
	h := &hasher{
		full: make(chan *chunk, ringChunks+1),
		free: make(chan *chunk, ringChunks+1),
		done: make(chan struct{}),
	}
	go h.run()
	return h
}

func (h *hasher) run() {
	sum := sha256.New()
	for c := range h.full {
		sum.Write(c.buf[maxPeek:c.end])
		h.free <- c
	}
	sum.Sum(h.sum[:0])
	close(h.done)
}

// swap hands over a chunk that is read to its end, and waits for a free one.
// The bytes of old stay valid until the next call.
func (h *hasher) swap(old *chunk) *chunk {
	var c *chunk
	if h.made < ringChunks {
		h.made++
		c = newChunk()
	} else {
		c = <-h.free
	}
	if old != nil {
		h.full <- old
	}
	return c
}

// stop hashes the last chunk and ends the goroutine.
func (h *hasher) stop(last *chunk) {
	if h.stopped {
		return
	}
	h.stopped = true
	if last != nil {
		h.full <- last
	}
	close(h.full)
	<-h.done
}
