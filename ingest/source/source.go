// Package source reads capture files: pcap and pcapng, plain or compressed with
// gzip or zstd, recognised by their content, from any io.Reader.
//
// A Reader hands out Batches: runs of frames in file order with their times,
// lengths and data. Beside the packet data it keeps every other byte of the
// decompressed file as Pieces, leaving out only what index.AppendGap can tell,
// so that an export without a filter gives the file back byte for byte. What
// the container says about itself (sections, interfaces, comments, names, drop
// counts, damage) is collected in an index.FileInfo, within fixed limits.
//
// Wireshark 4.0 is the reference for what is a frame: frames get the same
// numbers here and there, also in files with odd records or damage. A damaged
// file is no error. Frames end where the damage begins, FileInfo.Damage says
// where that is, and the bytes behind it are pieces of the last gap.
//
// Memory use does not depend on the size of the file: batches, pieces, windows
// of decompressors and descriptions are all bounded. Hashing the file runs
// beside the parser.
//
// The package does not look into packets, decrypt, sort frames by time, open
// files or follow growing ones.
package source

import (
	"errors"
	"io"
	"math"

	"pcapidx/index"
)

// Errors of NewReader and Reader.Next. All others are those of the io.Reader
// that was given.
var (
	// ErrNotCapture says that the input is no pcap or pcapng file. It is
	// wrapped with what was found instead.
	ErrNotCapture = errors.New("not a capture file")
	// ErrTooLarge says that there is more decompressed data than Config.MaxData
	// and Config.MaxRatio allow.
	ErrTooLarge = errors.New("capture is larger than the limit")
	// ErrTooManyFrames says that frame numbers do not fit into 32 bits.
	ErrTooManyFrames = errors.New("capture has too many frames")
)

// RatioBytes of decompressed data are read however small the file is.
const RatioBytes = 64 << 20

// Config bounds and observes a Reader. The zero value is valid.
type Config struct {
	// MaxData is the most bytes of decompressed data to read; 0 is no limit.
	MaxData uint64
	// MaxRatio is the most bytes of decompressed data for each byte of the file,
	// asked when there are more than RatioBytes of them; 0 is no limit.
	MaxRatio uint64
	// Progress, if not nil, is called by Next about once per MiB of input and
	// at its end, with the bytes of the file as given that were consumed and
	// the number of frames so far.
	Progress func(fileBytes uint64, frames uint32)
}

// state is where a Reader stands in the file.
type state uint8

const (
	inRecords state = iota // at the start of a record or block
	inSkip                 // inside a block that is passed over, see pcapng.skip
	inTail                 // behind the last record: the rest is gap
	atEnd                  // all is read
)

// Reader reads one capture file. It is used by one goroutine at a time.
type Reader struct {
	cfg    Config
	raw    *stream   // the file as given
	data   *stream   // decompressed; the same as raw if there is no compression
	layers []layer   // decompressors, outermost first
	unpack []*stream // what they give

	info   index.FileInfo
	limits limits
	pcap   pcap
	ng     pcapng
	gap    gap

	state     state
	frames    uint32
	maxFrames uint32
	reported  uint64 // raw bytes at the last call of Progress
	err       error  // sticky
}

// NewReader reads the head of a capture from r and finds out compression and
// format. Errors are those of r, ErrTooLarge, and ErrNotCapture. An empty input
// is a capture without frames, as it is for Wireshark; its format is 0.
func NewReader(r io.Reader, c Config) (*Reader, error) {
	rd := &Reader{cfg: c, maxFrames: math.MaxUint32 - 1}
	rd.limits.info = &rd.info
	err := rd.open(r)
	if err == nil {
		err = rd.sniff()
	}
	if err != nil {
		rd.Close()
		return nil, err
	}
	return rd, nil
}

// Next fills b with the next frames and pieces. It returns io.EOF, with b
// empty, after the last batch; then Info and Sums are complete. Other errors
// are those of the input, ErrTooLarge and ErrTooManyFrames, and come after the
// frames read before them. A batch may hold pieces without frames.
func (r *Reader) Next(b *Batch) error {
	b.reset(r.frames + 1)
	for r.err == nil && r.state != atEnd && !b.full() {
		r.err = r.step(b)
	}
	if r.err == nil && r.state == atEnd {
		r.err = r.finish()
	}
	r.progress(r.err != nil)
	if r.err != nil && len(b.Frames) == 0 && len(b.Pieces) == 0 {
		return r.err
	}
	return nil
}

// step does one piece of work in the current state.
func (r *Reader) step(b *Batch) error {
	switch {
	case r.state == inSkip:
		return r.skipBlock(b)
	case r.state == inTail:
		return r.readTail(b)
	case r.info.Format == index.FormatPcap:
		return r.readRecords(b)
	case r.info.Format == index.FormatPcapng:
		return r.readBlocks(b)
	}
	r.state = inTail
	return nil
}

// readTail moves bytes behind the last record into the last gap.
func (r *Reader) readTail(b *Batch) error {
	for !b.full() {
		w := r.data.peek(1)
		if len(w) == 0 {
			if err := r.hardError(); err != nil {
				return err
			}
			r.noteCorrupt(r.data.off)
			r.endGap(b, nil)
			r.state = atEnd
			return nil
		}
		n := min(len(r.data.win), PieceBytes)
		r.addGap(b, r.data.win[:n])
		r.data.discard(n)
	}
	return nil
}

// finish reads what is left behind the compressed data, ends the hashes and
// completes the description. It returns io.EOF if all went well.
func (r *Reader) finish() error {
	for len(r.raw.peek(1)) > 0 {
		r.raw.discard(len(r.raw.win))
	}
	if !errors.Is(r.raw.err, io.EOF) {
		return r.raw.err
	}
	r.info.FileBytes, r.info.DataBytes = r.raw.total, r.data.total
	r.stop()
	return io.EOF
}

// progress reports to Config.Progress, if there is something new.
func (r *Reader) progress(last bool) {
	if r.cfg.Progress != nil && (last || r.raw.total-r.reported >= 1<<20) {
		r.reported = r.raw.total
		r.cfg.Progress(r.raw.total, r.frames)
	}
}

// Info describes the container. It is complete after Next returned io.EOF and
// must not be read before while another goroutine calls Next.
func (r *Reader) Info() *index.FileInfo { return &r.info }

// Sums gives the SHA-256 of the file as given and of the decompressed data.
// Both are zero before Next returned io.EOF.
func (r *Reader) Sums() (file, data [32]byte) {
	if !errors.Is(r.err, io.EOF) {
		return file, data
	}
	return r.raw.hash.sum, r.data.hash.sum
}

// Link gives the link type of an entry of FileInfo.Interfaces. Like Info it is
// not for other goroutines; Batch.Links is.
func (r *Reader) Link(iface uint32) uint32 {
	if int(iface) >= len(r.info.Interfaces) {
		return LinkTypeNone
	}
	return r.info.Interfaces[iface].LinkType
}

// Close stops the goroutines and frees the decompressors. It may be called at
// any time between calls of Next, and more than once; it does not close the
// io.Reader given to NewReader.
func (r *Reader) Close() error {
	r.stop()
	if r.err == nil {
		r.err = errClosed
	}
	return nil
}

// errClosed is returned by Next after Close.
var errClosed = errors.New("capture reader is closed")

// stop ends hashing and decompression.
func (r *Reader) stop() {
	for i := range r.layers {
		r.layers[i].close()
	}
	if r.raw != nil {
		r.raw.stop()
	}
	if r.data != nil {
		r.data.stop()
	}
}
