package tcp

// Limits bound what a Stream keeps. The zero value of a field means its default.
type Limits struct {
	// Bytes and Segments bound what waits behind a hole; a hole that has more
	// behind it is given up. Defaults: 1 MiB, 1024.
	Bytes, Segments int
	// Age bounds how long, in nanoseconds of capture time, bytes wait behind a
	// hole; 0 is no bound. Time counts while the sender is past the hole: as long
	// as it stands right before it, nothing is missing.
	Age int64
	// History is how many of the bytes given last are kept, to compare what is
	// sent again with them; 0 keeps none, and no conflict with them is seen.
	History int
}

// Defaults of Limits.
const (
	defaultBytes    = 1 << 20
	defaultSegments = 1024
)

func (l *Limits) bytes() int {
	if l == nil || l.Bytes <= 0 {
		return defaultBytes
	}
	return l.Bytes
}

func (l *Limits) segments() int {
	if l == nil || l.Segments <= 0 {
		return defaultSegments
	}
	return l.Segments
}

func (l *Limits) age() int64 {
	if l == nil {
		return 0
	}
	return l.Age
}

// Reason says why bytes are missing.
type Reason uint8

// Reasons of gaps.
const (
	NotCaptured Reason = iota + 1 // the peer acknowledged them, the capture lacks them
	SnapLen                       // the frame that held them was cut when it was captured
	Unrecovered                   // they had not come when the capture ended, and nobody acknowledged them
	OverLimit                     // too many bytes waited for them, or too long
)

// String names the reason.
func (r Reason) String() string {
	return [...]string{"", "not captured", "cut by the snap length", "not recovered", "over the limit"}[min(r, OverLimit)]
}

// Chunk is the next part of a stream: bytes, or a gap. The chunks of a direction
// follow each other without holes: each begins where the one before ends.
type Chunk struct {
	Dir uint8 // sender, as in Segment
	// Offset is the place in the stream: 0 is the byte behind the SYN, or the first
	// one seen where the SYN was not.
	Offset uint64
	Data   []byte // valid until Sink.Chunk returns
	Gap    uint64 // bytes missing; Data is then empty
	Reason Reason // of a gap
	// Frame brought the bytes. Of a gap it is the frame that decided it, 0 if that
	// was the end of the capture.
	Frame uint32
}

// Conflict is an overlap whose bytes differ: the same place of a stream was sent
// twice with different content. The first to come counts.
type Conflict struct {
	Dir           uint8
	Offset        uint64 // of the first byte that differs
	Differ        int    // bytes that do
	Kept, Dropped uint32 // the frame whose bytes count, and the other
}

// Sink takes what a stream gives.
type Sink interface {
	Chunk(c Chunk)
	Conflict(c Conflict)
}
