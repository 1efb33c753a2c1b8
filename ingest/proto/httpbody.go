package proto

import (
	"bytes"
	"strconv"
)

// httpFraming is how the end of a body is found (RFC 9112, section 6.3).
type httpFraming uint8

const (
	httpNoBody httpFraming = iota
	httpSized
	httpChunked
	httpUntilClose
)

// httpChunkState is what comes next in a chunked body.
type httpChunkState uint8

const (
	httpChunkHead httpChunkState = iota // the line with the size
	httpChunkData
	httpChunkEnd // the line end behind the data
	httpTrailers
)

// Bounds of chunked bodies.
const (
	httpMaxChunkLine = 8 << 10
	httpMaxSizes     = 1024 // sizes of chunks, and trailer lines, kept for fields
)

// httpFramer finds the end of a body and gives what is between to take.
type httpFramer struct {
	framing  httpFraming
	left     uint64 // of a sized body, or of a chunk
	wire     uint64 // bytes seen of the body, with its chunk lines
	state    httpChunkState
	line     []byte // first part of a line between chunks
	sizes    []uint64
	trailers []string
	broken   bool // a chunk line makes no sense; the rest cannot be found
	take     func(data []byte)
}

// feed takes bytes of the body, tells how many are its, and whether it is over.
func (f *httpFramer) feed(data []byte) (n int, done bool) {
	switch f.framing {
	case httpNoBody:
		return 0, true
	case httpSized:
		n = int(min(f.left, uint64(len(data))))
		f.left -= uint64(n)
		f.give(data[:n])
		done = f.left == 0
	case httpUntilClose:
		n = len(data)
		f.give(data)
	case httpChunked:
		n, done = f.chunks(data)
	}
	f.wire += uint64(n)
	return n, done
}

func (f *httpFramer) give(data []byte) {
	if f.take != nil && len(data) > 0 {
		f.take(data)
	}
}

func (f *httpFramer) chunks(data []byte) (n int, done bool) {
	for n < len(data) {
		if f.state == httpChunkData {
			k := int(min(f.left, uint64(len(data)-n)))
			f.give(data[n : n+k])
			n += k
			if f.left -= uint64(k); f.left == 0 {
				f.state = httpChunkEnd
			}
			continue
		}
		end := bytes.IndexByte(data[n:], '\n') + 1
		if end == 0 {
			f.line = append(f.line, data[n:]...)
			f.broken = f.broken || len(f.line) > httpMaxChunkLine
			return len(data), f.broken
		}
		line := data[n : n+end]
		if len(f.line) > 0 {
			f.line = append(f.line, line...)
			line = f.line
		}
		n += end
		done = f.chunkLine(line)
		f.line = f.line[:0]
		if done {
			return n, true
		}
	}
	return n, false
}

// chunkLine reads a line between chunks and tells whether it ends the body.
func (f *httpFramer) chunkLine(whole []byte) (done bool) {
	line := bytes.TrimSpace(whole)
	switch f.state {
	case httpChunkEnd:
		f.state = httpChunkHead
		f.broken = len(line) > 0
		return f.broken
	case httpTrailers:
		if len(line) > 0 && len(f.trailers) < httpMaxLines {
			f.trailers = append(f.trailers, string(whole))
		}
		return len(line) == 0
	}
	digits, _, _ := bytes.Cut(line, []byte{';'})
	size, err := strconv.ParseUint(string(bytes.TrimSpace(digits[:min(len(digits), 32)])), 16, 48)
	if err != nil {
		f.broken = true
		return true
	}
	if len(f.sizes) < httpMaxSizes {
		f.sizes = append(f.sizes, size)
	}
	f.left, f.state = size, httpChunkData
	if size == 0 {
		f.state = httpTrailers
	}
	return false
}

// skip passes over bytes that are missing, and tells whether the end of the body can
// be found behind them.
func (f *httpFramer) skip(n uint64) bool {
	switch {
	case f.framing == httpUntilClose:
		return true
	case f.framing == httpSized && n <= f.left,
		f.framing == httpChunked && f.state == httpChunkData && n < f.left:
		f.left -= n
		return true
	}
	return false
}
