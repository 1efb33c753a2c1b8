package query

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pcapidx/index"
	"pcapidx/ingest/proto"
)

// TestTally: a message counts once for a value, hidden values of the same words are one, and
// what comes beyond the bound is not counted.
func TestTally(t *testing.T) {
	c := newTally(3)
	for _, x := range []struct {
		value  string
		number uint32
		frame  uint32
	}{{"b", 1, 9}, {"b", 1, 9}, {"a", 2, 8}, {"B", 3, 2}, {"b", 4, 7}, {"late", 5, 1}} {
		c.add(storedValue{text: x.value}, &index.Message{Number: x.number, Frame: x.frame})
	}
	all := func(storedValue) bool { return true }
	list, distinct := c.top(5, all, func(v storedValue) string { return strings.ToLower(v.text) })
	if want := []ValueCount{{"b", 3, 2}, {"a", 1, 8}}; !slices.Equal(list, want) || distinct != 2 || !c.full {
		t.Errorf("%+v, %d, full %v", list, distinct, c.full)
	}
	if list, distinct := c.top(5, storedValue.hides, func(v storedValue) string { return v.text[:0] }); len(list) != 3 || distinct != 3 || list[0].Count != 2 {
		t.Errorf("cut values: %+v of %d", list, distinct)
	}
	if list, distinct := c.top(1, storedValue.hides, storedValue.words); len(list) != 1 || list[0] != (ValueCount{"b", 2, 7}) || distinct != 3 {
		t.Errorf("%+v of %d", list, distinct)
	}
}

// TestTallyTop: the words of values are made only where they may be seen, and the list is
// that of all words.
func TestTallyTop(t *testing.T) {
	c, n := newTally(1000), uint32(0)
	for v := range 300 {
		for range 1 + v%7 {
			n++
			c.add(storedValue{text: fmt.Sprint(v), secret: v%50 == 0}, &index.Message{Number: n, Frame: n})
		}
	}
	said := 0
	hides := func(v storedValue) bool { return v.secret }
	words := func(v storedValue) string {
		if said++; v.secret {
			return "hidden"
		}
		return v.text
	}
	whole, distinct := c.top(1000, hides, words)
	if said != 300 || len(whole) != 295 || distinct != 295 || whole[0] != (ValueCount{"hidden", 21, 1}) {
		t.Fatalf("%d of %d, %d words: %+v", len(whole), distinct, said, whole[0])
	}
	for limit := range 60 {
		said = 0
		list, distinct := c.top(limit, hides, words)
		if !slices.Equal(list, whole[:limit]) || distinct != 295 || said > 6+2*43 {
			t.Errorf("limit %d of %d, %d words: %+v", limit, distinct, said, list)
		}
	}
}

// TestTallyOrdinals: values that have an ordinal are counted as others are.
func TestTallyOrdinals(t *testing.T) {
	numbered, plain := newTally(90), newTally(90)
	for n := uint32(1); n < 3000; n++ {
		m := &index.Message{Number: n / 2, Frame: n}
		f := index.MessageField{Name: "dns.qry.name", Text: fmt.Sprint(n * n % 101), Secret: n%2 == 0}
		plain.addField(&f, m)
		if v := n * n % 101; v%5 != 0 { // the others found no room among those with one
			f.Ordinal = 2*v + n%2 + 1
		}
		numbered.addField(&f, m)
	}
	if !slices.Equal(numbered.all, plain.all) || len(plain.all) != 90 || !plain.full || !numbered.full {
		t.Errorf("%d, %v; want %d, %v", len(numbered.all), numbered.full, len(plain.all), plain.full)
	}
}

// TestOpenRequests: each request is taken once, by its number, whatever waits before it
// and behind it, and of several protocols one after the other.
func TestOpenRequests(t *testing.T) {
	var o openRequests
	waits := map[uint32]bool{}
	next, seed := uint32(0), uint32(1)
	for i := range 60_000 {
		if i%20_000 == 19_999 {
			next = uint32(i % 7) // another protocol
		}
		if next += 1 + uint32(i%3); !waits[next] {
			o.add(asked{number: next})
			waits[next] = true
		}
		seed = seed*1664525 + 1013904223
		number := next - min(next, seed>>8%40)
		if i%1000 == 0 {
			number = seed >> 8 % (next + 9)
		}
		r := o.take(number)
		if (r != nil) != waits[number] || r != nil && r.number != number {
			t.Fatalf("%d: %+v, waits %v", number, r, waits[number])
		}
		delete(waits, number)
	}
	o.each(func(r *asked) {
		if !waits[r.number] {
			t.Errorf("%d was answered", r.number)
		}
		delete(waits, r.number)
	})
	if len(waits) > 0 {
		t.Errorf("%d are lost", len(waits))
	}
}

// TestSumsAreStored: what summaries look at is stored for them; else they read every
// message in full.
func TestSumsAreStored(t *testing.T) {
	x, _, err := engineWith(t, "web-day.pcap").source.Open("web-day.pcap")
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	stored := proto.Summed()
	known := proto.Fields()
	for _, f := range stored {
		if !slices.ContainsFunc(known, func(k proto.Field) bool { return k.Name == f }) {
			t.Errorf("no decoder knows %s", f)
		}
	}
	for _, s := range proto.Sums() {
		a := SummaryAnswer{}
		w := newSummer(x, &a, &SummaryRequest{Protocol: s.Word}, &ObservationThresholds{}).wish()
		if !w.Sums || w.NoFields || len(w.Fields) == 0 || !slices.Equal(w.Protocols, s.Protocols) {
			t.Errorf("%s: %+v", s.Word, w)
		}
		for _, f := range w.Fields {
			if !slices.Contains(stored, f) {
				t.Errorf("%s looks at %s, which is not stored for sums", s.Word, f)
			}
		}
	}
}
