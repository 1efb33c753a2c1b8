package index

import (
	"cmp"
	"encoding/binary"
	"reflect"
	"slices"
	"testing"
)

// The fuzz targets decode any bytes. What decodes must survive another round:
// encoding it and decoding that gives the same.

func FuzzColumns(f *testing.F) {
	r := seeded(40)
	for _, n := range []int{1, 5, 60} {
		rows, more := anyRows(r, 7, n)
		value, scratch := appendColumns(nil, rows, more, nil)
		f.Add(value)
		f.Add(append([]byte{packedPlain}, scratch...))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		rows, more, err := decodeColumns(value, 7, ColAll, nil)
		if err != nil || len(rows) == 0 {
			return
		}
		again, _ := appendColumns(nil, rows, more, nil)
		rows2, more2, err := decodeColumns(again, 7, ColAll, nil)
		if err != nil || !reflect.DeepEqual(rows, rows2) || !reflect.DeepEqual(more, more2) {
			t.Fatalf("%v\n%+v %+v\n%+v %+v", err, rows, more, rows2, more2)
		}
	})
}

func FuzzConnections(f *testing.F) {
	r := seeded(41)
	for _, n := range []int{1, 4} {
		f.Add(packConnections(anyConnections(r, n)))
		f.Add(append([]byte{packedPlain}, connectionsBody(anyConnections(r, n))...))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		group, err := decodeConnections(value, 128, nil)
		if err != nil {
			return
		}
		again, err := decodeConnections(packConnections(group), 128, nil)
		if err != nil || !reflect.DeepEqual(group, again) {
			t.Fatalf("%v\n%+v\n%+v", err, group, again)
		}
		for i := range group { // what the sort columns and the views ask of any record
			for _, column := range SortColumns() {
				group[i].SortValue(column)
			}
			_, _ = group[i].Client().String(), group[i].State.String()
		}
	})
}

func anyConnections(r interface{ Uint32() uint32 }, n int) []Connection {
	group := make([]Connection, n)
	for i := range group {
		group[i] = anyConnection(seeded(uint64(r.Uint32())), 128+uint32(i))
	}
	return group
}

func connectionsBody(group []Connection) []byte {
	body, base := binary.AppendUvarint(nil, uint64(len(group))), &Connection{}
	for i := range group {
		body = appendConnection(body, &group[i], base)
		base = &group[i]
	}
	return body
}

func packConnections(group []Connection) []byte { return pack(nil, connectionsBody(group)) }

func FuzzMembers(f *testing.F) {
	var list memberList
	for i := range 50 {
		list.add(uint32(i*i%7), uint32(i), Side(i&1))
	}
	_ = list.write(1, func(_, body []byte) error { f.Add(slices.Clone(body)); return nil })
	f.Fuzz(func(t *testing.T, body []byte) {
		var got memberList
		_, err := eachMember(body, 1, 5, func(m Member) bool {
			segment, offset := segmentOf(m.Frame)
			if segment != 1 {
				t.Fatalf("frame %d is not in the segment", m.Frame)
			}
			got.add(m.Conn, offset, m.Side)
			return true
		})
		if err != nil {
			return
		}
		want := slices.Clone(got)
		slices.Sort(want)
		if again, _ := readMembers(t, got, 1); !slices.Equal(again, want) {
			t.Fatalf("%v\n%v", want, again)
		}
	})
}

func FuzzPieces(f *testing.F) {
	w := &pieceWriter{}
	for i := range 20 {
		w.add(ContainerPiece{Before: uint32(3 + i/2), Data: make([]byte, i)})
	}
	f.Add(append([]byte{packedPlain}, w.body...))
	f.Add(pack(nil, w.body))
	f.Fuzz(func(t *testing.T, value []byte) {
		pieces, err := decodePieces(value, 3)
		if err != nil || len(pieces) == 0 {
			return
		}
		w := &pieceWriter{}
		for _, p := range pieces {
			w.add(p)
		}
		again, err := decodePieces(pack(nil, w.body), w.first)
		same := slices.EqualFunc(pieces, again, func(a, b ContainerPiece) bool {
			return a.Before == b.Before && string(a.Data) == string(b.Data)
		})
		if err != nil || !same {
			t.Fatalf("%v\n%v\n%v", err, pieces, again)
		}
	})
}

func FuzzBitmap(f *testing.F) {
	for _, n := range []int{3, 40, 3000} {
		p := newPostings()
		b := p.list(PostVLAN, nil)
		for i := range n {
			b.Add(uint32(i * 37))
		}
		f.Add(appendBitmap(nil, b))
		b.AddRange(100, 90_000)
		b.RunOptimize()
		f.Add(appendBitmap(nil, b))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		b, err := decodeBitmap(body)
		if err != nil {
			return
		}
		if n := len(b.ToArray()); uint64(n) != b.GetCardinality() || n > 0 && cmp.Compare(b.Maximum(), b.Minimum()) < 0 {
			t.Fatalf("%d frames, said to be %d", n, b.GetCardinality())
		}
		again, err := decodeBitmap(appendBitmap(nil, b))
		if err != nil || !again.Equals(b) {
			t.Fatalf("%v\n%v\n%v", err, b, again)
		}
	})
}
