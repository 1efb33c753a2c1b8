package index

import "encoding/binary"

// ContainerPiece is a run of container bytes that stands before the data of
// frame Before (number of frames + 1 at the end of the file); see AppendGap.
type ContainerPiece struct {
	Before uint32
	Data   []byte
}

// Pieces are stored in groups of about pieceGroup bytes: packed(per piece:
// Before minus that of the piece before, length, bytes). The key is the first
// piece's Before and a running part number.
const pieceGroup = 64 << 10

// pieceWriter collects pieces into groups.
type pieceWriter struct {
	first uint32 // Before of the group's first piece
	last  uint32
	part  uint32
	body  []byte
}

func (w *pieceWriter) add(p ContainerPiece) {
	if len(w.body) == 0 {
		w.first, w.last = p.Before, p.Before
	}
	w.body = binary.AppendUvarint(w.body, uint64(p.Before-w.last))
	w.body = binary.AppendUvarint(w.body, uint64(len(p.Data)))
	w.body = append(w.body, p.Data...)
	w.last = p.Before
}

// flush hands the group to put if it is large enough, or at any size if all.
func (w *pieceWriter) flush(all bool, put func(key, body []byte) error) error {
	if len(w.body) == 0 || !all && len(w.body) < pieceGroup {
		return nil
	}
	key := keyPiece(w.first, w.part)
	body := pack(nil, w.body)
	w.body, w.part = w.body[:0], w.part+1
	return put(key, body)
}

// decodePieces decodes one group; first comes from its key.
func decodePieces(value []byte, first uint32) ([]ContainerPiece, error) {
	body, err := unpack(value, nil, groupLimit)
	if err != nil {
		return nil, err
	}
	d := &decoder{b: body}
	var out []ContainerPiece
	for before := first; len(d.b) > 0; {
		before += d.uint32()
		out = append(out, ContainerPiece{Before: before, Data: d.bytes(d.count(1))})
	}
	return out, d.err
}
