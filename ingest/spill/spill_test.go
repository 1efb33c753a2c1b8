package spill_test

import (
	"math"
	"testing"

	"pcapidx/ingest/spill"
)

type state struct {
	a    uint8
	b    uint32
	c    uint64
	d    int64
	e    int8
	f, g bool
	text string
	list []uint16
}

func (s *state) code(c *spill.Coder) {
	spill.Uint(c, &s.a)
	spill.Uint(c, &s.b)
	spill.Uint(c, &s.c)
	spill.Int(c, &s.d)
	spill.Int(c, &s.e)
	c.Bits(&s.f, &s.g)
	c.String(&s.text)
	spill.Slice(c, &s.list, 3, func(v *uint16) { spill.Uint(c, v) })
}

func same(a, b state) bool {
	if len(a.list) != len(b.list) {
		return false
	}
	for i := range a.list {
		if a.list[i] != b.list[i] {
			return false
		}
	}
	a.list, b.list = nil, nil
	return a.a == b.a && a.b == b.b && a.c == b.c && a.d == b.d && a.e == b.e && a.f == b.f && a.g == b.g && a.text == b.text
}

func TestRoundTrip(t *testing.T) {
	for _, s := range []state{
		{},
		{255, math.MaxUint32, math.MaxUint64, math.MinInt64, -128, true, false, "text", []uint16{1, 65535}},
		{1, 2, 3, math.MaxInt64, 127, false, true, "", []uint16{0, 0, 0}},
	} {
		w := spill.Writer([]byte("head"))
		s.code(w)
		r := spill.Reader(append(w.Bytes()[4:], "tail"...))
		var got state
		got.code(r)
		if !same(got, s) || r.Failed() || string(r.Bytes()) != "tail" {
			t.Errorf("got %+v, want %+v; failed %v, rest %q", got, s, r.Failed(), r.Bytes())
		}
		for cut := range len(w.Bytes()) - 4 {
			var cutState state
			r := spill.Reader(w.Bytes()[4 : 4+cut])
			if cutState.code(r); !r.Failed() {
				t.Errorf("%d bytes of %d are taken for a whole state", cut, len(w.Bytes())-4)
			}
		}
	}
}

// TestDamage: numbers that do not fit and lists that are too long.
func TestDamage(t *testing.T) {
	w := spill.Writer(nil)
	long := []uint16{1, 2, 3, 4}
	spill.Slice(w, &long, 9, func(v *uint16) { spill.Uint(w, v) })
	r := spill.Reader(w.Bytes())
	if spill.Slice(r, &long, 3, func(v *uint16) { spill.Uint(r, v) }); !r.Failed() || long != nil {
		t.Error("a list above its limit is taken")
	}
	w, big, small := spill.Writer(nil), uint32(300), uint8(7)
	spill.Uint(w, &big)
	r = spill.Reader(w.Bytes())
	if spill.Uint(r, &small); !r.Failed() || small != 0 {
		t.Error("300 is taken for a byte")
	}
}
