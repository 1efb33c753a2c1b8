package query

import (
	"context"
	"io"

	"github.com/RoaringBitmap/roaring/v2"

	"pcapidx/index"
)

// Source is what questions are answered from: a set of captures of one owner.
// The embedded store (StoreSource) is one; an engine elsewhere may be another.
// Only types of the index's model cross it.
type Source interface {
	// List gives the captures, oldest first.
	List() ([]index.Entry, error)
	// Find gives the capture that a name, id or id prefix means.
	Find(ref string) (*index.Entry, error)
	// Open opens it for questions; the caller closes it.
	Open(ref string) (Capture, *index.Entry, error)
	Remove(ref string) (*index.Entry, error)
	Check(ctx context.Context, ref string) (*index.CheckReport, *index.Entry, error)
}

// Capture is one indexed capture. It is safe for concurrent use.
type Capture interface {
	Summary() *index.Summary
	// SortColumn gives a fixed-width column over all connections.
	SortColumn(index.SortColumn) ([]uint64, error)
	// EachConnection walks the connections from a number on, in order.
	EachConnection(from uint32, yield func(*index.Connection) bool) error
	// EachEnds walks their endpoints alone.
	EachEnds(from uint32, yield func(number uint32, ends index.Ends) bool) error
	// ConnectionsByNumber gives some connections in the order asked for.
	ConnectionsByNumber([]uint32) ([]index.Connection, error)
	// EachRows walks the stored packets by blocks, from the block that holds a
	// frame on, with their bytes if data is set.
	EachRows(from uint32, data bool, yield func(*index.Rows) (bool, error)) error
	// EachBlock reads the blocks of the frames that next names (see index.Index)
	// with some columns, and their bytes when asked.
	EachBlock(want index.Columns, next func(from uint32) uint32, yield func(*index.Rows) (bool, error)) error
	// Segments is the number of segments of 2^20 frames, and the unit in which
	// posting lists come.
	Segments() int
	// Posting gives the frames of a segment that have a value in a field;
	// EachPosting walks the values in a range. ok is false where the field has no
	// lists: any frame may have the value.
	Posting(segment uint16, field index.PostingField, value []byte) (frames *roaring.Bitmap, ok bool, err error)
	EachPosting(segment uint16, field index.PostingField, low, high []byte, yield func(value []byte, frames *roaring.Bitmap) bool) (ok bool, err error)
	// Members walks the frames of a connection, in order.
	Members(c *index.Connection, yield func(index.Member) bool) error
	// Analysis gives what TCP analysis says of a connection, EachAnalysis that of
	// the connections from a number on, Found the connections that have a finding.
	Analysis(number uint32) (a index.ConnAnalysis, ok bool, err error)
	EachAnalysis(from uint32, yield func(*index.ConnAnalysis) bool) error
	Found(code string) (*roaring.Bitmap, error)
	// Words gives the chunks of payload that hold a word, nearest first, then by
	// weight; more says that it stands for more words than were looked for.
	Words(ctx context.Context, q index.WordQuery, limit int) (hits []index.WordHit, total int, more bool, err error)
	// EachMessage walks the messages of application protocols from a number on, in
	// the order in which they were decoded; MessageGroup gives those stored together
	// with one, Message one alone, MessageText the text of a body, EachFrameMessage which
	// messages frames have, in the frames' order, MessageList the frames that have a field
	// or a value of it, EachApplication what is known of connections' applications, and
	// EachMissing only how many bytes these lacked.
	EachMessage(from uint32, wish index.MessageWish, yield func(*index.Message) bool) error
	MessageText(number uint32) ([]byte, error)
	MessageGroup(number uint32) ([]index.Message, error)
	Message(number uint32) (*index.Message, error)
	EachFrameMessage(from uint32, yield func(index.FrameMessage) bool) error
	MessageList(field string, value []byte) (frames *roaring.Bitmap, listed bool, err error)
	EachApplication(from uint32, yield func(*index.Application) bool) error
	EachMissing(from uint32, yield func(number uint32, missing uint64) bool) error
	// Packet gives one stored packet with its bytes.
	Packet(frame uint32) (index.Packet, []index.Member, []byte, error)
	// Datagram gives the frames of an IP datagram that a frame completed.
	Datagram(frame uint32) ([]uint32, error)
	// Export writes the decompressed capture file back.
	Export(io.Writer) error
	Close() error
}

// StoreSource makes an embedded store a Source.
type StoreSource struct{ *index.Store }

// Open opens an index of the store.
func (s StoreSource) Open(ref string) (Capture, *index.Entry, error) {
	x, e, err := s.Store.Open(ref)
	if err != nil {
		return nil, nil, err
	}
	return x, e, nil
}

// Writer adds captures; package ingest's functions stand behind it.
type Writer interface {
	// Add indexes a file, "-" being standard input.
	Add(ctx context.Context, path string, progress func(Progress)) (*Added, error)
	// AddOpen indexes a file that is open, from its start.
	AddOpen(ctx context.Context, f OpenFile, progress func(Progress)) (*Added, error)
	// Reindex builds a capture's index anew from its stored packets.
	Reindex(ctx context.Context, ref string, progress func(Progress)) (*Added, error)
}

// OpenFile is a capture file whose bytes somebody has at hand.
type OpenFile struct {
	Name    string // to list the capture under
	Content io.ReadSeeker
	Size    uint64 // of Content in bytes
	// MaxData is the most bytes that it may be when it is decompressed, MaxRatio how
	// many times as large as it is (where that is more than a few megabytes); 0 is no
	// limit.
	MaxData, MaxRatio uint64
}

// Added is what became of a file.
type Added struct {
	Entry     index.Entry
	Duplicate bool
}

// Progress is a moment of adding a capture.
type Progress struct {
	File   string // name of the file or capture
	Bytes  uint64 // of the file, read so far
	Total  uint64 // of the file; 0: not known
	Frames uint32 // read so far
}
