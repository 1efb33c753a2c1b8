package diag

import (
	"testing"

	"pcapidx/ingest/tcp"
)

// TestDuplicates: which packets are copies. Lines are those of watch; sum is the
// checksum.
func TestDuplicates(t *testing.T) {
	type packet struct {
		line string
		sum  uint16
		copy bool
	}
	for name, packets := range map[string][]packet{
		"equal, lower TTL":         {{"0 > PA 100 500 10 id=7", 1, false}, {"4.9 > PA 100 500 10 id=7 ttl=63", 1, true}},
		"three times":              {{"0 > PA 100 500 10 id=7", 1, false}, {"1 > PA 100 500 10 id=7", 1, true}, {"2 > PA 100 500 10 id=7", 1, true}},
		"too late":                 {{"0 > PA 100 500 10 id=7", 1, false}, {"5 > PA 100 500 10 id=7", 1, false}},
		"other identification":     {{"0 > PA 100 500 10 id=7", 1, false}, {"1 > PA 100 500 10 id=8", 1, false}},
		"other checksum":           {{"0 > PA 100 500 10 id=7", 1, false}, {"1 > PA 100 500 10 id=7", 2, false}},
		"other acknowledgement":    {{"0 > PA 100 500 10 id=7", 1, false}, {"1 > PA 100 501 10 id=7", 1, false}},
		"other window":             {{"0 > PA 100 500 10 id=7", 1, false}, {"1 > PA 100 500 10 id=7 win=9", 1, false}},
		"other side":               {{"0 > PA 100 500 10 id=7", 1, false}, {"1 < PA 100 500 10 id=7", 1, false}},
		"other SACK":               {{"0 > A 100 500 0 id=7", 1, false}, {"1 > A 100 500 0 id=7 sacked=600-700", 1, false}},
		"time runs back":           {{"4 > PA 100 500 10 id=7", 1, false}, {"1 > PA 100 500 10 id=7", 1, true}},
		"no identification":        {{"0 > PA 100 500 10", 1, false}, {"0.9 > PA 100 500 10", 1, true}},
		"no identification, 1 ms":  {{"0 > PA 100 500 10", 1, false}, {"1 > PA 100 500 10", 1, false}},
		"IPv6":                     {{"0 > PA 100 500 10 v6=1", 1, false}, {"0.9 > PA 100 500 10 v6=1", 1, true}},
		"bare acknowledgements":    {{"0 > A 100 500 0 v6=1", 1, false}, {"0.1 > A 100 500 0 v6=1", 1, false}, {"0.2 > A 100 500 0 v6=1", 1, false}},
		"bare with identification": {{"0 > A 100 500 0 id=7", 1, false}, {"0.1 > A 100 500 0 id=7", 1, true}},
		"bare where data is twice": {
			{"0 > PA 100 500 10 v6=1", 1, false},
			{"0.1 > PA 100 500 10 v6=1", 1, true},
			{"10 > A 110 600 0 v6=1", 1, false},
			{"10.1 > A 110 600 0 v6=1", 1, true},
		},
		"a burst between": {
			{"0 > A 100 500 10 id=1", 1, false},
			{"0 > A 110 500 10 id=2", 1, false},
			{"0 > A 120 500 10 id=3", 1, false},
			{"0 > A 130 500 10 id=4", 1, false},
			{"1 > A 100 500 10 id=1", 1, true},
			{"1 > A 110 500 10 id=2", 1, true},
			{"1 > A 120 500 10 id=3", 1, true},
		},
	} {
		d, doubled := NewDuplicates(), false
		for i, one := range packets {
			p := packetOf(t, one.line, uint32(i+1))
			p.Sum = one.sum
			if got := d.Seen(3, &doubled, p); got != one.copy {
				t.Errorf("%s: %s: %t", name, one.line, got)
			}
			if d.Seen(4+uint32(i), new(bool), p) {
				t.Errorf("%s: %s: seen in another connection", name, one.line)
			}
		}
	}
}

// TestDuplicatesFast: with a short round trip, a quick repeat without
// identification may be one.
func TestDuplicatesFast(t *testing.T) {
	for _, c := range []struct {
		irtt int64
		copy bool
	}{{0, true}, {1_100_000, true}, {900_000, false}} {
		d, doubled := NewDuplicates(), false
		d.Seen(1, &doubled, packetOf(t, "0 > PA 100 500 10", 1))
		p := packetOf(t, "0.5 > PA 100 500 10", 2)
		p.Analysis = &tcp.Analysis{IRTT: c.irtt}
		if got := d.Seen(1, &doubled, p); got != c.copy {
			t.Errorf("%+v: %t", c, got)
		}
	}
}

func BenchmarkDuplicates(b *testing.B) {
	d, doubled := NewDuplicates(), false
	p := &Packet{Segment: &tcp.Segment{Len: 1460, Flags: tcp.ACK, Window: 500, Options: tcp.Options{Timestamps: true}}, IPID: 1}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		p.Seq, p.Time, p.IPID = uint32(i), int64(i), uint16(i)
		if p.Sum = uint16(i); d.Seen(1, &doubled, p) {
			b.Fatal("no copy")
		}
	}
}
