package index

import (
	"bytes"
	"encoding/binary"
	"reflect"
	"slices"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/klauspost/compress/s2"
)

func TestPack(t *testing.T) {
	r := seeded(1)
	noise := make([]byte, 5000)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	for _, c := range []struct {
		name string
		body []byte
		kind byte
	}{
		{"empty", nil, packedPlain},
		{"one byte", []byte{7}, packedPlain},
		{"noise", noise, packedPlain},
		{"zeros", make([]byte, 100_000), packedS2},
	} {
		t.Run(c.name, func(t *testing.T) {
			packed := pack([]byte("before"), c.body)
			if string(packed[:6]) != "before" || packed[6] != c.kind {
				t.Fatalf("packed as %x...", packed[:7])
			}
			got, err := unpack(packed[6:], nil, packLimit)
			if err != nil || !bytes.Equal(got, c.body) {
				t.Fatalf("got %d bytes, %v", len(got), err)
			}
			if _, err := unpack(packed[6:], nil, len(c.body)-1); c.kind == packedS2 && err == nil {
				t.Error("a body above the limit was unpacked")
			}
		})
	}
	for _, bad := range [][]byte{nil, {2}, {packedS2}, {packedS2, 0xff, 0xff, 0xff, 0xff, 0x0f}, append([]byte{3}, s2.Encode(nil, noise)...)} {
		if _, err := unpack(bad, nil, packLimit); err == nil {
			t.Errorf("%.10x was unpacked", bad)
		}
	}
}

func TestDecoderRefuses(t *testing.T) {
	huge := binary.AppendUvarint(nil, 1<<40)
	for name, read := range map[string]func(*decoder){
		"uvarint":  func(d *decoder) { d.uvarint() },
		"varint":   func(d *decoder) { d.varint() },
		"byte":     func(d *decoder) { d.byte() },
		"string":   func(d *decoder) { d.string() },
		"negative": func(d *decoder) { d.b = []byte{1}; d.bytes(-1) },
		"uint32":   func(d *decoder) { d.b = huge; d.uint32() },
		"count":    func(d *decoder) { d.b = huge; d.count(1) },
		"overflow": func(d *decoder) { d.b = bytes.Repeat([]byte{0xff}, 11); d.uvarint() },
	} {
		d := &decoder{}
		if read(d); d.err == nil {
			t.Errorf("%s: no error", name)
		}
		if d.uvarint() != 0 || d.byte() != 0 || d.string() != "" {
			t.Errorf("%s: values after an error", name)
		}
	}
}

func TestColumnsRoundTrip(t *testing.T) {
	r := seeded(2)
	for _, n := range []int{1, 2, 17, 256} {
		for range 20 {
			first := 1 + r.Uint32N(1<<31)
			rows, more := anyRows(r, first, n)
			value, _ := appendColumns(nil, rows, more, nil)
			for _, v := range [][]byte{value, plainSections(t, value)} {
				gotRows, gotMore, err := decodeColumns(v, first, ColAll, nil)
				if err != nil || !reflect.DeepEqual(gotRows, rows) || !reflect.DeepEqual(gotMore, more) {
					t.Fatalf("%d rows differ (%v)", n, err)
				}
			}
		}
	}
	rows, more := anyRows(r, 1000, 40)
	outside, _ := appendColumns(nil, rows, []Member{{Frame: 1040}}, nil)
	many, _ := appendColumns(nil, make([]Packet, maxBlockRows+1), nil, nil)
	none := appendSection([]byte{1}, []byte{rowConn, 0})
	for range 5 { // time to stack
		none = appendSection(none, []byte{0})
	}
	none = appendSection(none, binary.AppendVarint(nil, int64(NoConnection)))
	for name, value := range map[string][]byte{
		"a member outside of the block": outside, "too many rows": many,
		"a connection number that means none": none,
	} {
		if _, _, err := decodeColumns(value, 1000, ColAll, nil); err == nil {
			t.Errorf("%s was decoded", name)
		}
	}
	value, _ := appendColumns(nil, rows, more, nil)
	for i := range packetColumns {
		one, none, err := decodeColumns(value, 1000, 1<<i, nil)
		if err != nil || len(one) != len(rows) || (none != nil) != (packetColumns[i].lists == moreLists) {
			t.Fatalf("column %d alone: %v", i, err)
		}
		if packetColumns[i].lists != noLists {
			continue
		}
		for j := range rows {
			if got, want := packetColumns[i].get(&one[j]), packetColumns[i].get(&rows[j]); got != want {
				t.Errorf("column %d alone: row %d is %d, want %d", i, j, got, want)
			}
		}
	}
	for _, v := range [][]byte{value, plainSections(t, value)} {
		survives(t, r, v, func(b []byte) { _, _, _ = decodeColumns(b, 1000, ColAll, nil) })
	}
}

// The scratch memory that a decoder gives back must never be the value itself:
// a reader's values are pages that cannot be written to.
func TestColumnsKeepNoValue(t *testing.T) {
	rows, more := anyRows(seeded(3), 1, 200)
	packed, _ := appendColumns(nil, rows, more, nil)
	plain := plainSections(t, packed)
	want := slices.Clone(plain)
	small, _ := appendColumns(nil, make([]Packet, 256), nil, nil)
	if bytes.Equal(small, plainSections(t, small)) {
		t.Fatal("nothing of the second block is compressed")
	}
	reader := &columnReader{}
	for _, value := range [][]byte{plain, small} {
		rows, err := reader.open(value, 1, nil)
		if err == nil {
			_, err = reader.read(ColAll, rows, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(plain, want) {
		t.Error("decoding the next block wrote into the value before")
	}
}

// decodeColumns decodes those columns of what appendColumns wrote that want
// names, into rows (reused).
func decodeColumns(value []byte, first uint32, want Columns, rows []Packet) (out []Packet, more []Member, err error) {
	r := &columnReader{}
	if rows, err = r.open(value, first, rows); err == nil {
		more, err = r.read(want, rows, nil)
	}
	return rows, more, err
}

// plainSections stores the sections of a columns value without compression.
func plainSections(t *testing.T, value []byte) []byte {
	t.Helper()
	d := &decoder{b: value}
	out := binary.AppendUvarint(nil, d.uvarint())
	for len(d.b) > 0 {
		body, err := unpack(d.bytes(int(d.fixed32())), nil, groupLimit)
		if err != nil {
			t.Fatal(err)
		}
		out = binary.BigEndian.AppendUint32(out, uint32(1+len(body)))
		out = append(append(out, packedPlain), body...)
	}
	return out
}

func TestConnectionsRoundTrip(t *testing.T) {
	r := seeded(4)
	for _, n := range []int{1, 3, connGroup} {
		for range 20 {
			first := r.Uint32N(1 << 20)
			group := make([]Connection, n)
			body := binary.AppendUvarint(nil, uint64(n))
			base := &Connection{}
			for i := range group {
				group[i] = anyConnection(r, first+uint32(i))
				body = appendConnection(body, &group[i], base)
				base = &group[i]
			}
			value := pack(nil, body)
			for _, v := range bothForms(t, value) {
				got, err := decodeConnections(v, first, nil)
				if err != nil || !reflect.DeepEqual(got, group) {
					t.Fatalf("%d records differ (%v)\n got %+v\nwant %+v", n, err, got, group)
				}
			}
			if n == 3 {
				survives(t, r, append([]byte{packedPlain}, body...), func(b []byte) { _, _ = decodeConnections(b, first, nil) })
			}
		}
	}
	if _, err := decodeConnections(append([]byte{packedPlain, connGroup + 1}, make([]byte, 5000)...), 0, nil); err == nil {
		t.Error("a group with too many records was decoded")
	}
}

func TestSpilledConnection(t *testing.T) {
	r := seeded(5)
	for range 200 {
		want := anyConnection(r, 0)
		b := append(AppendConnection([]byte{9}, &want), "rest"...)
		got, rest, err := DecodeConnection(b[1:])
		if err != nil || string(rest) != "rest" || !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v, rest %q, %v; want %+v", got, rest, err, want)
		}
	}
}

func TestMembersRoundTrip(t *testing.T) {
	r := seeded(6)
	for _, c := range []struct {
		name          string
		pairs, conns  int
		leastOfChunks int
	}{{"none", 0, 1, 0}, {"one", 1, 1, 1}, {"many small", 30_000, 5000, 2}, {"one large", 60_000, 1, 3}, {"mixed", 40_000, 3, 2}} {
		t.Run(c.name, func(t *testing.T) {
			var list memberList
			for i := range c.pairs {
				list.add(uint32(r.IntN(c.conns)), uint32(i*17)&segmentMask, Side(r.IntN(2)))
			}
			want := slices.Clone(list)
			slices.Sort(want)
			got, chunks := readMembers(t, list, 3)
			if !slices.Equal(got, want) {
				t.Fatalf("%d pairs came back as %d others", len(want), len(got))
			}
			if chunks < c.leastOfChunks {
				t.Errorf("%d chunks, expected %d", chunks, c.leastOfChunks)
			}
		})
	}
}

// readMembers writes a list in chunks and reads them back.
func readMembers(t *testing.T, list memberList, segment uint16) (got memberList, chunks int) {
	t.Helper()
	var lastKey []byte
	err := list.write(segment, func(key, body []byte) error {
		if bytes.Compare(key, lastKey) <= 0 {
			t.Fatalf("key %x comes after %x", key, lastKey)
		}
		lastKey = slices.Clone(key)
		chunks++
		n := 0
		_, err := eachMember(body, segment, binary.BigEndian.Uint32(key[2:]), func(m Member) bool {
			s, offset := segmentOf(m.Frame)
			if n == 0 && !bytes.Equal(key, keyMember(s, m.Conn, offset)) {
				t.Fatalf("key %x begins with %+v", key, m)
			}
			got.add(m.Conn, offset, m.Side)
			n++
			return true
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return got, chunks
}

func TestMembersSurvive(t *testing.T) {
	r := seeded(7)
	var list memberList
	for i := range 300 {
		list.add(r.Uint32N(20), uint32(i), Side(r.IntN(2)))
	}
	err := list.write(1, func(_, body []byte) error {
		survives(t, r, slices.Clone(body), func(b []byte) {
			_, _ = eachMember(b, 1, 0, func(Member) bool { return true })
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestBitmapRoundTrip(t *testing.T) {
	r := seeded(8)
	for _, n := range []int{0, 1, smallList, smallList + 1, 5000, 200_000} {
		b := roaring.New()
		for range n {
			b.Add(r.Uint32N(SegmentFrames))
		}
		if n == 5000 {
			b.AddRange(1000, 60_000)
		}
		b.RunOptimize()
		body := appendBitmap(nil, b)
		got, err := decodeBitmap(body)
		if err != nil || !got.Equals(b) {
			t.Fatalf("%d frames: %v", n, err)
		}
		if n <= 5000 {
			survives(t, r, body, func(b []byte) {
				if m, err := decodeBitmap(b); err == nil {
					m.GetCardinality()
				}
			})
		}
	}
	body := appendBitmap(nil, roaring.BitmapOf(1, 2, 3, 100, 101, 102, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15))
	got, err := decodeBitmap(body)
	if err != nil {
		t.Fatal(err)
	}
	clear(body) // as when the index was closed
	if got.GetCardinality() != 18 || !got.Contains(102) {
		t.Error("the bitmap refers to the reader's page")
	}
}

func TestOverflowIsNoValue(t *testing.T) {
	p := newPostings()
	p.overflow[PostIPSrc] = true
	p.list(PostIPDst, make([]byte, 16))
	var keys []string
	if err := p.write(2, func(key, _ []byte) error { keys = append(keys, string(key)); return nil }); err != nil {
		t.Fatal(err)
	}
	want := []string{
		string(keyPosting(2, PostIPSrc, make([]byte, overflowLen))), string(keyPosting(2, PostIPDst, make([]byte, 16))),
	}
	if !slices.Equal(keys, want) {
		t.Errorf("keys %x, want %x", keys, want)
	}
}
