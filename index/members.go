package index

import (
	"encoding/binary"
	"slices"
)

// Frames of connections
//
// Per segment the pairs (connection, frame) are sorted and written in chunks of
// about memberChunk bytes. A chunk's key is its first (segment, connection,
// frame); its body is a row of lists: connection minus the one before (from the
// key's for the first), number of frames, then per frame
// (frame minus the one before)<<1 | side, counted within the segment. A
// connection with very many frames goes on in the next chunk.
const memberChunk = 16 << 10

// memberList collects the pairs of one segment as connection<<21 | frame in
// segment<<1 | side, so that sorting numbers sorts by connection, then frame.
type memberList []uint64

func (l *memberList) add(conn, offset uint32, side Side) {
	*l = append(*l, uint64(conn)<<(segmentBits+1)|uint64(offset)<<1|uint64(side))
}

func splitMember(v uint64) (conn, offset uint32, side Side) {
	return uint32(v >> (segmentBits + 1)), uint32(v>>1) & segmentMask, Side(v & 1)
}

// write sorts the list and hands its chunks to put, in key order.
func (l memberList) write(segment uint16, put func(key, body []byte) error) error {
	slices.Sort(l)
	var body []byte
	for len(l) > 0 {
		conn, offset, _ := splitMember(l[0])
		key := keyMember(segment, conn, offset)
		body = body[:0]
		for last := conn; len(l) > 0 && len(body) < memberChunk; {
			c, _, _ := splitMember(l[0])
			n := sameConnection(l, c, memberChunk/2)
			body = binary.AppendUvarint(body, uint64(c-last))
			body = appendFrames(body, l[:n])
			last, l = c, l[n:]
		}
		if err := put(key, body); err != nil {
			return err
		}
	}
	return nil
}

// sameConnection counts the pairs of connection c at the head of l, up to limit.
func sameConnection(l memberList, c uint32, limit int) int {
	n := 1
	for n < len(l) && n < limit && l[n]>>(segmentBits+1) == uint64(c) {
		n++
	}
	return n
}

func appendFrames(body []byte, l memberList) []byte {
	body = binary.AppendUvarint(body, uint64(len(l)))
	var last uint32
	for _, v := range l {
		_, offset, side := splitMember(v)
		body = binary.AppendUvarint(body, uint64(offset-last)<<1|uint64(side))
		last = offset
	}
	return body
}

// eachMember calls yield for every pair of a chunk until it returns false.
// firstConn comes from the chunk's key.
func eachMember(body []byte, segment uint16, firstConn uint32, yield func(Member) bool) (more bool, err error) {
	d := &decoder{b: body}
	conn := firstConn
	for len(d.b) > 0 {
		conn += d.uint32()
		var offset uint32
		for range d.count(1) {
			v := d.uvarint()
			offset += uint32(v >> 1)
			if d.err != nil || offset > segmentMask {
				return false, errShort
			}
			if !yield(Member{Frame: frameAt(segment, offset), Conn: conn, Side: Side(v & 1)}) {
				return false, nil
			}
		}
	}
	return true, d.err
}
