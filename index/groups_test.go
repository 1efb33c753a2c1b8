package index

import (
	"bytes"
	"encoding/binary"
	"math"
	"reflect"
	"slices"
	"testing"
)

func TestPiecesRoundTrip(t *testing.T) {
	r := seeded(20)
	var want []ContainerPiece
	w := &pieceWriter{}
	var got []ContainerPiece
	var keys [][]byte
	take := func(key, body []byte) error {
		pieces, err := decodePieces(body, binary.BigEndian.Uint32(key))
		got = append(got, pieces...)
		keys = append(keys, key)
		return err
	}
	before := uint32(1)
	for range 2000 {
		p := ContainerPiece{Before: before, Data: make([]byte, r.IntN(300))}
		for i := range p.Data {
			p.Data[i] = byte(r.Uint32())
		}
		want = append(want, p)
		w.add(p)
		if err := w.flush(false, take); err != nil {
			t.Fatal(err)
		}
		before += []uint32{0, 0, 1, 1 << 20}[r.IntN(4)] // several pieces may stand before one frame
	}
	if err := w.flush(true, take); err != nil {
		t.Fatal(err)
	}
	if len(keys) < 3 || !slices.IsSortedFunc(keys, bytes.Compare) {
		t.Errorf("%d groups, keys in order: %v", len(keys), slices.IsSortedFunc(keys, bytes.Compare))
	}
	if len(got) != len(want) {
		t.Fatalf("%d pieces came back of %d", len(got), len(want))
	}
	for i := range want {
		if got[i].Before != want[i].Before || !bytes.Equal(got[i].Data, want[i].Data) {
			t.Fatalf("piece %d differs", i)
		}
	}
	if err := w.flush(true, take); err != nil || len(got) != len(want) {
		t.Error("an empty writer gave a group")
	}
}

func TestPiecesSurvive(t *testing.T) {
	w := &pieceWriter{}
	for i := range 40 {
		w.add(ContainerPiece{Before: uint32(i + 1), Data: bytes.Repeat([]byte{byte(i)}, i)})
	}
	err := w.flush(true, func(_, body []byte) error {
		for _, v := range bothForms(t, body) {
			survives(t, seeded(21), v, func(b []byte) { _, _ = decodePieces(b, 1) })
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestPlanesRoundTrip(t *testing.T) {
	r := seeded(22)
	for _, n := range []int{0, 1, 100, sortGroup} {
		want := make([]uint64, n)
		for i := range want {
			want[i] = r.Uint64() >> r.IntN(64)
		}
		body := appendPlanes(nil, want)
		got, err := decodePlanes([]uint64{1, 2}, body)
		if err != nil || !slices.Equal(got[2:], want) || got[0] != 1 {
			t.Fatalf("%d values: %v", n, err)
		}
		if n == 100 {
			survives(t, r, body, func(b []byte) { _, _ = decodePlanes(nil, b) })
		}
	}
	if _, err := decodePlanes(nil, make([]byte, (sortGroup+1)*8)); err == nil {
		t.Error("a group with too many values was decoded")
	}
}

func TestFrameListRoundTrip(t *testing.T) {
	r := seeded(23)
	for _, want := range [][]uint32{nil, {1}, {3, 3, 4}, {1, 1 << 20, math.MaxUint32}} {
		got, err := decodeFrameList(appendFrameList(nil, want))
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%v came back as %v, %v", want, got, err)
		}
	}
	survives(t, r, appendFrameList(nil, []uint32{5, 6, 300, 1 << 30}), func(b []byte) { _, _ = decodeFrameList(b) })
}

func TestSegmentOf(t *testing.T) {
	for _, c := range []struct {
		frame   uint32
		segment uint16
		offset  uint32
	}{
		{1, 0, 0},
		{1 << 20, 0, segmentMask},
		{1<<20 + 1, 1, 0},
		{math.MaxUint32, 4095, segmentMask - 1},
	} {
		segment, offset := segmentOf(c.frame)
		if segment != c.segment || offset != c.offset || frameAt(segment, offset) != c.frame {
			t.Errorf("frame %d: segment %d, offset %d, back %d", c.frame, segment, offset, frameAt(segment, offset))
		}
	}
}

func TestSeal(t *testing.T) {
	key, body := []byte("key"), []byte("some value")
	value := seal(slices.Clone(body), 0, key)
	if got, ok := unseal(key, value); !ok || !bytes.Equal(got, body) {
		t.Fatalf("got %q, %v", got, ok)
	}
	for bit := range len(value) * 8 {
		b := slices.Clone(value)
		b[bit/8] ^= 1 << (bit % 8)
		if _, ok := unseal(key, b); ok {
			t.Fatalf("flipped bit %d was not noticed", bit)
		}
	}
	if _, ok := unseal([]byte("kez"), value); ok {
		t.Error("the value was taken under another key")
	}
	if _, ok := unseal(key, []byte{1, 2, 3}); ok {
		t.Error("a value without checksum was taken")
	}
}

func TestSortValuesOrder(t *testing.T) {
	early, late := &Connection{Start: -5, FirstTime: -5, End: 1}, &Connection{Start: 3, FirstTime: 3, Stream: 1, End: 4, IRTT: 5, Resent: 1, Bytes: [2]uint64{1, 2}, Packets: [2]uint64{1, 1}, Kind: 6}
	for _, column := range SortColumns() {
		if a, b := early.SortValue(column), late.SortValue(column); (a < b) != (column != SortDuration) {
			t.Errorf("column %d: %d and %d", column, a, b)
		}
	}
}

func TestNames(t *testing.T) {
	if got := ClientByPort.String() + " " + ClientRule(99).String(); got != "port unknown" {
		t.Error(got)
	}
	if got := StateRSTRH.String() + " " + ConnState(99).String(); got != "RSTRH OTH" {
		t.Error(got)
	}
	c := anyConnection(seeded(24), 1)
	c.ClientIsB = true
	if c.Client() != c.B || c.Server() != c.A {
		t.Error("client and server are mixed up")
	}
	if got := []bool{ClientUnknown.Guessed(), ClientBySYN.Guessed(), ClientByRequest.Guessed(), ClientByPort.Guessed()}; !reflect.DeepEqual(got, []bool{true, false, false, true}) {
		t.Errorf("guessed: %v", got)
	}
}
