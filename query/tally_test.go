package query

import (
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
	list, distinct := c.top(5, func(v storedValue) (string, bool) { return strings.ToLower(v.text), true })
	if want := []ValueCount{{"b", 3, 2}, {"a", 1, 8}}; !slices.Equal(list, want) || distinct != 2 || !c.full {
		t.Errorf("%+v, %d, full %v", list, distinct, c.full)
	}
	if list, distinct := c.top(5, func(v storedValue) (string, bool) { return v.text[:0], false }); len(list) != 3 || distinct != 3 || list[0].Count != 2 {
		t.Errorf("cut values: %+v of %d", list, distinct)
	}
	if list, distinct := c.top(1, storedValue.words); len(list) != 1 || list[0] != (ValueCount{"b", 2, 7}) || distinct != 3 {
		t.Errorf("%+v of %d", list, distinct)
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
