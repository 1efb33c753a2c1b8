package index

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// Packet data lie in blocks of up to 256 frames or 256 KiB; the columns of the
// same frames lie beside them under the same key, so that a list of times and
// lengths does not decompress packet data.

// Rows is a run of stored packets with the memberships beyond their first. It is
// valid during the call that was given it.
type Rows struct {
	Packets []Packet
	More    []Member // in the order of their frames
	view    *view
	key     []byte
	buf     *readBuffers
	old     bool // of format 1: all columns are read at once
	data    []byte
	offsets []uint32
}

// Load reads the packet data of the block; what was read stays.
func (r *Rows) Load() error {
	if r.data != nil {
		return nil
	}
	if err := r.Need(ColCapLen); err != nil {
		return err
	}
	packed, err := r.view.get(bucketBlocks, r.key)
	if err != nil {
		return err
	}
	data, err := unpack(packed, r.buf.data, packLimit)
	if err != nil {
		return r.view.corrupt(bucketBlocks, r.key, err)
	}
	if packed[0] == packedS2 {
		r.buf.data = data
	}
	end := uint64(0)
	r.buf.offsets = append(r.buf.offsets[:0], 0)
	for i := range r.Packets {
		end += uint64(r.Packets[i].CapLen)
		r.buf.offsets = append(r.buf.offsets, uint32(end))
	}
	r.offsets = r.buf.offsets
	if end != uint64(len(data)) {
		return r.view.corrupt(bucketBlocks, r.key, errShort)
	}
	if r.data = data; data == nil {
		r.data = []byte{}
	}
	return nil
}

// Data gives the captured bytes of Packets[i]; nil before Load.
func (r *Rows) Data(i int) []byte {
	if r.data == nil {
		return nil
	}
	return r.data[r.offsets[i]:r.offsets[i+1]:r.offsets[i+1]]
}

// All gives the captured bytes of all packets of the block, one behind the other;
// those of Packets[i] begin at Start(i). Nil before Load.
func (r *Rows) All() []byte { return r.data }

// Start is where the bytes of Packets[i] begin in All. Call Load before.
func (r *Rows) Start(i int) int { return int(r.offsets[i]) }

// EachRows calls yield for all blocks with all their columns, from the one that
// holds frame from (1 for the first), until it returns false. data asks for the
// packet bytes too.
func (x *Index) EachRows(from uint32, data bool, yield func(*Rows) (bool, error)) error {
	next, all := uint64(0), true // 0: the block may begin anywhere up to from
	err := x.EachBlock(ColAll, func(frame uint32) uint32 { return max(frame, from) }, func(rows *Rows) (bool, error) {
		first := uint64(rows.Packets[0].Number)
		if next != 0 && first != next {
			return false, rows.view.corrupt(bucketColumns, rows.key, errMissing)
		}
		next = first + uint64(len(rows.Packets))
		if data {
			if err := rows.Load(); err != nil {
				return false, err
			}
		}
		var err error
		all, err = yield(rows)
		return all, err
	})
	if err == nil && all && x.summary.Frames > 0 && next != uint64(x.summary.Frames)+1 && from <= x.summary.Frames {
		err = &CorruptError{File: x.db.Path(), Bucket: bucketColumns, Reason: errMissing.Error()}
	}
	return err
}

// EachBlock reads the blocks that hold certain frames, in order: next(n) names
// the first of them from frame n on, or a number beyond the capture's when there
// is none. It calls yield for each block, with the columns want, until yield
// returns false.
func (x *Index) EachBlock(want Columns, next func(from uint32) uint32, yield func(*Rows) (bool, error)) error {
	buf := x.buffers.Get().(*readBuffers)
	defer x.buffers.Put(buf)
	return x.view(func(v *view) error {
		b := v.tx.Bucket([]byte(bucketColumns))
		if b == nil {
			return v.corrupt(bucketColumns, nil, errors.New("bucket is missing"))
		}
		c := b.Cursor()
		rows := &Rows{view: v, buf: buf}
		for frame := next(1); frame != 0 && frame <= x.summary.Frames; {
			key, value := seekBlock(c, frame)
			if key == nil {
				return v.corrupt(bucketColumns, key32(frame), errMissing)
			}
			if err := rows.read(key, value, want); err != nil {
				return err
			}
			end := uint64(rows.Packets[0].Number) + uint64(len(rows.Packets))
			if uint64(frame) < uint64(rows.Packets[0].Number) || uint64(frame) >= end {
				return v.corrupt(bucketColumns, key32(frame), errMissing)
			}
			if more, err := yield(rows); err != nil || !more || end > uint64(x.summary.Frames) {
				return v.wrap(bucketColumns, key, err)
			}
			frame = next(uint32(end))
		}
		return nil
	})
}

// seekBlock gives the last block that begins at frame or before.
func seekBlock(c *bolt.Cursor, frame uint32) (key, value []byte) {
	want := key32(frame)
	if key, value = c.Seek(want); bytes.Equal(key, want) {
		return key, value
	}
	if key == nil {
		return c.Last()
	}
	return c.Prev()
}

// read decodes one columns value.
func (r *Rows) read(key, value []byte, want Columns) error {
	body, ok := r.view.x.sound.unsealOnce(&r.view.x.sound.columns, key, value)
	if !ok {
		return r.view.corrupt(bucketColumns, key, errChecksum)
	}
	var err error
	first, buf := binary.BigEndian.Uint32(key), r.buf
	r.key, r.data, r.More = key, nil, nil
	if r.old = r.view.x.summary.Format < 2; r.old {
		r.Packets, r.More, buf.data, err = decodeColumns1(body, first, buf.rows, buf.data)
	} else {
		r.Packets, err = buf.columns.open(body, first, buf.rows)
	}
	buf.rows = r.Packets
	if err == nil && len(r.Packets) == 0 {
		err = errShort
	}
	if err == nil {
		err = r.Need(want)
	}
	return r.view.wrap(bucketColumns, key, err)
}

// Need reads further columns of the block; those that were read stay.
func (r *Rows) Need(want Columns) (err error) {
	if r.old {
		return nil
	}
	r.More, err = r.buf.columns.read(want, r.Packets, r.More)
	return r.view.wrap(bucketColumns, r.key, err)
}

// Packet gives one stored packet, its further memberships and a copy of its
// captured bytes.
func (x *Index) Packet(frame uint32) (p Packet, more []Member, data []byte, err error) {
	if frame == 0 || frame > x.summary.Frames {
		return p, nil, nil, fmt.Errorf("no frame %d: the capture has frames 1 to %d", frame, x.summary.Frames)
	}
	err = x.EachRows(frame, true, func(r *Rows) (bool, error) {
		i := int(frame - r.Packets[0].Number)
		if i >= len(r.Packets) {
			return false, errShort
		}
		p, data = r.Packets[i], append([]byte{}, r.Data(i)...)
		for _, m := range r.More {
			if m.Frame == frame {
				more = append(more, m)
			}
		}
		return false, nil
	})
	return p, more, data, err
}

// Connection gives one connection.
func (x *Index) Connection(number uint32) (c Connection, err error) {
	if number >= x.summary.Connections {
		return c, fmt.Errorf("no connection %d: the capture has %d", number, x.summary.Connections)
	}
	err = x.EachConnection(number, func(g *Connection) bool {
		c = *g
		return false
	})
	return c, err
}

// EachConnection calls yield for the connections from number from on, in order,
// until it returns false.
func (x *Index) EachConnection(from uint32, yield func(*Connection) bool) error {
	if from >= x.summary.Connections {
		return nil
	}
	return x.view(func(v *view) error {
		next, all := from-from%connGroup, true
		err := v.scan(bucketConnections, key32(from), func(key, body []byte) (bool, error) {
			if len(key) != 4 {
				return false, errShort
			}
			if binary.BigEndian.Uint32(key) != next {
				return false, v.corrupt(bucketConnections, key, errMissing)
			}
			group, err := decodeConnections(body, next, nil)
			if err != nil {
				return false, err
			}
			next += uint32(len(group))
			for i := range group {
				if group[i].Number >= from && !yield(&group[i]) {
					all = false
					return false, nil
				}
			}
			return true, nil
		})
		if err == nil && all && next != x.summary.Connections {
			err = v.corrupt(bucketConnections, nil, errMissing)
		}
		return err
	})
}

// ConnectionsByNumber gives several connections in the order asked for. Groups
// are decoded once each when neighbours are asked for in a row.
func (x *Index) ConnectionsByNumber(numbers []uint32) (out []Connection, err error) {
	var group []Connection
	var buf []byte
	out = make([]Connection, 0, len(numbers))
	err = x.view(func(v *view) error {
		for _, n := range numbers {
			first := n - n%connGroup
			if len(group) == 0 || group[0].Number != first {
				body, err := v.get(bucketConnections, key32(first))
				if err != nil {
					return err
				}
				if group, err = decodeConnections(body, first, buf); err != nil {
					return v.corrupt(bucketConnections, key32(first), err)
				}
			}
			if int(n-first) >= len(group) {
				return v.corrupt(bucketConnections, key32(first), errShort)
			}
			out = append(out, group[n-first])
		}
		return nil
	})
	return out, err
}

// SortColumn gives a column of all connections, by connection number. An index
// of older content lacks some: ErrOutdated.
func (x *Index) SortColumn(column SortColumn) (values []uint64, err error) {
	if x.summary.Content < column.since() {
		return nil, x.outdated()
	}
	values = make([]uint64, 0, x.summary.Connections)
	err = x.view(func(v *view) error {
		var buf []byte
		return v.scan(bucketSort, keySort(column, 0), func(key, body []byte) (bool, error) {
			if len(key) != 5 || SortColumn(key[0]) > column {
				return false, nil
			}
			if SortColumn(key[0]) < column {
				return true, nil
			}
			body, err := unpack(body, buf, groupLimit)
			if err == nil {
				values, err = decodePlanes(values, body)
			}
			return err == nil, err
		})
	})
	if err == nil && uint32(len(values)) != x.summary.Connections {
		err = &CorruptError{File: x.db.Path(), Bucket: bucketSort, Key: keySort(column, 0), Reason: errMissing.Error()}
	}
	return values, err
}

func (x *Index) outdated() error { return fmt.Errorf("read index %s: %w", x.db.Path(), ErrOutdated) }
