package index

import (
	"encoding/binary"
	"fmt"
)

// Packet data lie in blocks of up to 256 frames or 256 KiB; the columns of the
// same frames lie beside them under the same key, so that a list of times and
// lengths does not decompress packet data.

// Rows is a run of stored packets with the memberships beyond their first.
type Rows struct {
	Packets []Packet
	More    []Member
	data    []byte
	offsets []uint32
}

// Data gives the captured bytes of Packets[i]; nil if they were not read.
func (r *Rows) Data(i int) []byte {
	if r.data == nil {
		return nil
	}
	return r.data[r.offsets[i]:r.offsets[i+1]:r.offsets[i+1]]
}

// EachRows calls yield for the blocks from the one that holds frame from (1 for
// all) until it returns false. The rows are valid during the call only. data
// asks for the packet bytes too.
func (x *Index) EachRows(from uint32, data bool, yield func(*Rows) (bool, error)) error {
	buf := x.buffers.Get().(*readBuffers)
	defer x.buffers.Put(buf)
	return x.view(func(v *view) error {
		next, all := uint64(0), true // 0: the block may begin anywhere up to from
		err := v.scan(bucketColumns, key32(from), func(key, body []byte) (bool, error) {
			rows, err := v.rows(key, body, data, buf)
			if err != nil {
				return false, err
			}
			first := uint64(rows.Packets[0].Number)
			if next != 0 && first != next || next == 0 && first > uint64(from) {
				return false, v.corrupt(bucketColumns, key, errMissing)
			}
			next = first + uint64(len(rows.Packets))
			all, err = yield(rows)
			return all, err
		})
		if err == nil && all && x.summary.Frames > 0 && next != uint64(x.summary.Frames)+1 {
			err = v.corrupt(bucketColumns, nil, errMissing)
		}
		return err
	})
}

// rows decodes one columns value and, if asked, the block beside it.
func (v *view) rows(key, body []byte, data bool, buf *readBuffers) (*Rows, error) {
	if len(key) != 4 {
		return nil, errShort
	}
	r := &Rows{}
	var err error
	r.Packets, r.More, buf.columns, err = decodeColumns(body, binary.BigEndian.Uint32(key), buf.rows, buf.columns)
	buf.rows = r.Packets
	if err == nil && len(r.Packets) == 0 {
		err = errShort
	}
	if err != nil || !data {
		return r, err
	}
	packed, err := v.get(bucketBlocks, key)
	if err != nil {
		return nil, err
	}
	r.data, err = unpack(packed, buf.data, packLimit)
	if err != nil {
		return nil, v.corrupt(bucketBlocks, key, err)
	}
	if packed[0] == packedS2 {
		buf.data = r.data
	}
	end := uint64(0)
	r.offsets = make([]uint32, 1, len(r.Packets)+1)
	for i := range r.Packets {
		end += uint64(r.Packets[i].CapLen)
		r.offsets = append(r.offsets, uint32(end))
	}
	if end != uint64(len(r.data)) {
		return nil, v.corrupt(bucketBlocks, key, errShort)
	}
	return r, nil
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

// SortColumn gives a column of all connections, by connection number.
func (x *Index) SortColumn(column SortColumn) (values []uint64, err error) {
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
