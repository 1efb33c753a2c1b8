package source

import "pcapidx/index"

// BatchFrames and BatchBytes bound one batch: it is full after BatchFrames
// frames, or as soon as its packet data reaches BatchBytes.
const (
	BatchFrames = 256
	BatchBytes  = 256 << 10
)

// PieceBytes bounds one piece.
const PieceBytes = 64 << 10

const (
	batchPieces = 1 << 20 // a batch is also full with so many bytes of pieces
	keepBytes   = 4 << 20 // larger buffers are not kept for the next batch
)

// Batch is a run of frames in file order, with the container bytes before them.
// It is filled by Reader.Next and reused: nothing in it may be kept after it
// went back to its pool.
type Batch struct {
	First  uint32        // number of Frames[0]; frames count from 1
	Frames []index.Frame // at most BatchFrames
	Links  []uint32      // link type of each frame, see LinkTypeCustom for those above 65535
	Offset []uint32      // Offset[i]: where the data of Frames[i] starts in Data; len(Frames)+1 values
	Data   []byte        // packet data, back to back
	Pieces []Piece       // container bytes that index.AppendGap does not give, in file order
	arena  []byte        // backs the pieces
}

// Piece is a part of the container bytes that stand before the data of frame
// Before (n+1 after the last frame n). Long gaps come in several pieces of at
// most PieceBytes. A single piece without data says that the gap is empty
// though index.AppendGap gives something, or nothing that can be relied on.
type Piece struct {
	Before uint32
	Data   []byte
}

// Packet returns the captured bytes of Frames[i].
func (b *Batch) Packet(i int) []byte { return b.Data[b.Offset[i]:b.Offset[i+1]:b.Offset[i+1]] }

// reset empties the batch and keeps its memory, unless a giant frame blew it up.
func (b *Batch) reset(first uint32) {
	if cap(b.Data) > keepBytes {
		b.Data = nil
	}
	if cap(b.arena) > keepBytes {
		b.arena = nil
	}
	b.First, b.Frames, b.Links, b.Data = first, b.Frames[:0], b.Links[:0], b.Data[:0]
	b.Pieces, b.arena = b.Pieces[:0], b.arena[:0]
	b.Offset = append(b.Offset[:0], 0)
}

// full reports whether the batch should be handed out.
func (b *Batch) full() bool {
	return len(b.Frames) >= BatchFrames || len(b.Data) >= BatchBytes || len(b.arena) >= batchPieces
}

// addFrame adds a frame whose data was appended to Data.
func (b *Batch) addFrame(f *index.Frame, link uint32) {
	b.Frames = append(b.Frames, *f)
	b.Links = append(b.Links, link)
	b.Offset = append(b.Offset, uint32(len(b.Data)))
}

// addPiece adds a copy of p, which is at most PieceBytes long.
func (b *Batch) addPiece(before uint32, p []byte) {
	from := len(b.arena)
	b.arena = append(b.arena, p...)
	to := len(b.arena)
	b.Pieces = append(b.Pieces, Piece{Before: before, Data: b.arena[from:to:to]})
}
