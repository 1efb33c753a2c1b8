package capfile

import (
	"errors"
	"math"
	"slices"
	"testing"

	"pcapidx/index"
	"pcapidx/ingest/source"
)

func TestJournalLinkType(t *testing.T) {
	if linkJournal != source.LinkTypeJournal {
		t.Errorf("%#x, want %#x", linkJournal, source.LinkTypeJournal)
	}
}

// TestRoundTrip writes every capture, whole and every third frame, and reads it
// back.
func TestRoundTrip(t *testing.T) {
	third := func(n int) bool { return n%3 == 1 }
	each(t, true, func(t *testing.T, _ string, c *capture) {
		for _, keep := range []func(int) bool{nil, third} {
			file, r, err := c.write(t, index.FormatPcapng, keep)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, c, file, r, index.FormatPcapng, keep)
			again, _, err := c.write(t, index.FormatPcapng, keep)
			if err != nil || !slices.Equal(file, again) {
				t.Errorf("a second file differs: %v", err)
			}
			compareAgain(t, file)
			roundTripPcap(t, c, keep)
		}
	})
}

// compareAgain: a file that was written has everything that can be written, so
// writing it again gives the same bytes.
func compareAgain(t *testing.T, file []byte) {
	t.Helper()
	again, _, err := mustRead(t, file).write(t, index.FormatPcapng, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(file, again) {
		t.Error("the file written from a written file differs")
	}
}

// roundTripPcap also checks that a file that cannot be a pcap is refused, and
// only that.
func roundTripPcap(t *testing.T, c *capture, keep func(int) bool) {
	t.Helper()
	file, r, err := c.write(t, index.FormatPcap, keep)
	links, timed := map[uint32]bool{}, true
	for n := range c.frames {
		if (keep == nil || keep(n)) && !c.leftOut(n, index.FormatPcap) {
			links[c.iface(n).LinkType] = true
			timed = timed && c.frames[n].Time >= 0 && c.frames[n].Time < (math.MaxUint32+1)*second
		}
	}
	var refused *PcapError
	switch {
	case len(links) <= 1 && timed && err == nil:
		compare(t, c, file, r, index.FormatPcap, keep)
	case len(links) <= 1 && timed:
		t.Error(err)
	case !errors.As(err, &refused):
		t.Errorf("%v, want a PcapError for link types %v", err, links)
	case timed && (len(refused.LinkTypes) != 2 || !links[refused.LinkTypes[0]] || !links[refused.LinkTypes[1]]):
		t.Errorf("%+v, want two of %v", refused, links)
	}
}
