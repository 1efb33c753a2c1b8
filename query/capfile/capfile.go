// Package capfile writes packets of an indexed capture into a new capture file,
// pcapng (draft-ietf-opsawg-pcapng) or classic pcap, little-endian whatever the
// source was.
//
// A frame keeps its time to the nanosecond, which is all that an index holds,
// both of its lengths, its bytes, and in pcapng its interface and comments. What
// does not come over from the source is listed in Result.Losses.
//
// Frames that are no packets have link types above 65535 (see package
// ingest/source). A systemd journal entry becomes a block of its own again; a
// custom block or a Sysdig event cannot, because an index keeps the fields at its
// start only as bytes of the source, and is left out. A pcap leaves out all of
// them.
//
// The same frames of the same capture always give the same bytes.
package capfile

import (
	"bufio"
	"fmt"
	"io"
	"sort"

	"pcapidx/index"
)

// Writer writes frames of one capture, in the order in which they are given. It
// is used by one goroutine at a time. After an error nothing more is to be
// written: the file is not complete.
type Writer interface {
	// Packet writes a frame of the source. number is its frame number there, by
	// which its comments are found; data are its captured bytes, f.CapLen of
	// them, and are not kept. A frame that the format has no form for is left
	// out without an error and counted in Result.LeftOut.
	Packet(number uint32, f *index.Frame, data []byte) error
	// Close writes what is still held back, also the header of a file without
	// frames. It does not close the io.Writer.
	Close() error
	// Result says what was written so far.
	Result() Result
}

// Result says what a Writer wrote.
type Result struct {
	Frames  uint32 // frames in the file
	LeftOut uint32 // frames that are no packets and have no form in the file
	// Losses names, one thing an entry, what the source has, or may have, and
	// the file has not. The entries hold no text from the capture.
	Losses []string
}

const (
	maxLink     = 1<<16 - 1 // largest link type of a packet: the field has 16 bits
	linkJournal = 0x10009   // frames that are systemd journal entries
	maxData     = 128 << 20 // captured bytes of a frame; Wireshark takes no more for any link type
)

// output is what the writers of both formats have in common.
type output struct {
	w    *bufio.Writer
	info *index.FileInfo

	frames   uint32
	leftOut  uint32
	untimed  uint32 // frames without time that are written with the time 0
	comments uint64 // comments of packets, sections and interfaces that are not written
	fine     bool   // a frame was written whose source counts less than nanoseconds
}

func newOutput(w io.Writer, info *index.FileInfo) output {
	return output{w: bufio.NewWriterSize(w, 64<<10), info: info}
}

// frame checks that a frame fits its data and the capture, and gives its
// interface.
func (o *output) frame(number uint32, f *index.Frame, data []byte) (*index.Interface, error) {
	switch {
	case uint64(f.Iface) >= uint64(len(o.info.Interfaces)):
		return nil, fmt.Errorf("write frame %d: it names interface %d of %d", number, f.Iface, len(o.info.Interfaces))
	case uint64(f.CapLen) != uint64(len(data)):
		return nil, fmt.Errorf("write frame %d: it has %d bytes of data, and says %d", number, len(data), f.CapLen)
	case len(data) > maxData:
		return nil, fmt.Errorf("write frame %d: it has %d bytes of data, allowed are up to %d", number, len(data), maxData)
	}
	return &o.info.Interfaces[f.Iface], nil
}

// wrote counts a frame that was written.
func (o *output) wrote(i *index.Interface) {
	o.frames++
	o.fine = o.fine || !coarse(i.Resolution)
}

// commentsOf gives the comments of a frame, which stand together because
// FileInfo.Comments is in the order of the frames.
func (o *output) commentsOf(number uint32) []index.FrameComment {
	all := o.info.Comments
	from := sort.Search(len(all), func(i int) bool { return all[i].Frame >= number })
	to := from
	for to < len(all) && all[to].Frame == number {
		to++
	}
	return all[from:to]
}
