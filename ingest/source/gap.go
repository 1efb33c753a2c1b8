package source

import (
	"bytes"
	"fmt"

	"pcapidx/index"
)

// gap collects the container bytes between two frames. They are compared with
// what index.AppendGap tells and become pieces where they differ. A gap that
// grows to PieceBytes is longer than anything AppendGap gives; from then on it
// streams into pieces.
type gap struct {
	bytes   []byte
	stored  bool // a part of this gap is already in pieces
	prev    index.Frame
	hasPrev bool
	want    []byte // scratch for AppendGap
}

// addGap adds bytes to the gap before the next frame.
func (r *Reader) addGap(b *Batch, p []byte) {
	g := &r.gap
	for len(g.bytes)+len(p) >= PieceBytes {
		n := PieceBytes - len(g.bytes)
		g.bytes = append(g.bytes, p[:n]...)
		b.addPiece(r.frames+1, g.bytes)
		g.bytes, g.stored = g.bytes[:0], true
		p = p[n:]
	}
	g.bytes = append(g.bytes, p...)
}

// endGap closes the gap before the frame next; nil is the end of the file.
func (r *Reader) endGap(b *Batch, next *index.Frame) {
	g := &r.gap
	if !g.stored {
		var prev *index.Frame
		if g.hasPrev {
			prev = &g.prev
		}
		want, ok := index.AppendGap(g.want[:0], r.info.Interfaces, prev, next)
		g.want = want
		if !ok || !bytes.Equal(want, g.bytes) {
			b.addPiece(r.frames+1, g.bytes)
		}
	} else if len(g.bytes) > 0 {
		b.addPiece(r.frames+1, g.bytes)
	}
	g.bytes, g.stored = g.bytes[:0], false
}

// commit makes a frame of the bytes that were appended to b.Data, with head as
// the last part of the gap before it.
func (r *Reader) commit(b *Batch, head []byte, f *index.Frame, link uint32) error {
	if r.frames >= r.maxFrames {
		b.Data = b.Data[:b.Offset[len(b.Frames)]]
		return ErrTooManyFrames
	}
	r.addGap(b, head)
	r.endGap(b, f)
	b.addFrame(f, link)
	r.frames++
	r.gap.prev, r.gap.hasPrev = *f, true
	r.info.Interfaces[f.Iface].Packets++
	return nil
}

// take consumes a frame's head and data that are too long for one window: the
// head is returned as a copy, the data goes to b.Data. If the stream ends
// inside, all of it becomes gap and ok is false.
func (r *Reader) take(b *Batch, headLen int, dataLen uint32) (head []byte, ok bool) {
	head = bytes.Clone(r.data.peek(headLen))
	r.data.discard(len(head))
	start, left := len(b.Data), int(dataLen)
	for left > 0 && len(r.data.peek(1)) > 0 {
		n := min(left, len(r.data.win))
		b.Data = append(b.Data, r.data.win[:n]...)
		r.data.discard(n)
		left -= n
	}
	if left > 0 || len(head) < headLen {
		r.untake(b, head, start)
		return nil, false
	}
	return head, true
}

// untake turns a head and the data from start on into gap.
func (r *Reader) untake(b *Batch, head []byte, start int) {
	r.addGap(b, head)
	r.addGap(b, b.Data[start:])
	b.Data = b.Data[:start]
}

// damage ends the frames of the file. The first damage is the one reported.
func (r *Reader) damage(kind string, offset uint64, format string, args ...any) {
	r.state = inTail
	if r.info.Damage == nil {
		r.info.Damage = &index.Damage{
			Kind: kind, Offset: offset, AfterFrame: r.frames, Message: fmt.Sprintf(format, args...),
		}
	}
}

// noteCorrupt reports a broken compressed stream, if there is one.
func (r *Reader) noteCorrupt(offset uint64) bool {
	if !r.corrupt() {
		return false
	}
	r.damage(damageCompression, offset, "the %s data ends early or is broken after %d decompressed bytes: %v",
		r.layers[len(r.layers)-1].name, r.data.total, r.data.err)
	return true
}

// ends handles a stream that ends inside a record, or before one if rest is 0.
// It returns an error if the input failed rather than ended.
func (r *Reader) ends(kind string, offset uint64, rest int, what string) error {
	if err := r.hardError(); err != nil {
		return err
	}
	r.state = inTail
	if !r.noteCorrupt(offset) && rest > 0 {
		r.damage(kind, offset, "the file ends inside a record: %s", what)
	}
	return nil
}

// Kinds of index.Damage.
const (
	damageCutHeader   = "cut in header"
	damageCutPacket   = "cut in packet"
	damageLength      = "impossible length"
	damageUnsupported = "unsupported record"
	damageGarbage     = "garbage"
	damageCompression = "compression"
)
