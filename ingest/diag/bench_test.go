package diag

import (
	"fmt"
	"strings"
	"testing"

	"pcapidx/ingest/tcp"
)

// bulk is a connection of 40 requests with responses of 20 segments, two
// for each acknowledgement, analysed.
func bulk(t testing.TB) []Packet {
	lines := ready + times(40, func(i int) string {
		at, seq, ack := 100+i*100, 100+i*300, 500+i*20*1460
		return fmt.Sprintf("%d > PA %d %d 300 win=60000\n%d < A %d %d 0 win=60000", at, seq, ack, at+10, ack, seq+300) + times(10, func(j int) string {
			at, ack := at+11+j, ack+j*2*1460
			return fmt.Sprintf("%d < A %d %d 1460 win=60000\n%d < A %d %d 1460 win=60000\n%d.1 > A %d %d 0 win=60000",
				at, ack, seq+300, at, ack+1460, seq+300, at, seq+300, ack+2*1460)
		})
	})
	var conn tcp.Conn
	var packets []Packet
	for line := range strings.SplitSeq(strings.TrimSpace(lines), "\n") {
		p := packetOf(t, strings.TrimSpace(line), uint32(len(packets)+1))
		p.Time += 1_700_000_000 * second // as long as those of real captures
		a := conn.Feed(p.Segment)
		p.Analysis, p.WindowSize = &a, uint32(p.Window)
		packets = append(packets, *p)
	}
	return packets
}

// BenchmarkFeed gives the time of one packet in all families.
func BenchmarkFeed(b *testing.B) {
	packets := bulk(b)
	e := New(Defaults())
	b.ReportAllocs()
	for i := 0; i < b.N; {
		e.Begin()
		for j := 0; j < len(packets) && i < b.N; j++ {
			e.Feed(&packets[j])
			i++
		}
	}
}

// BenchmarkFamilies gives the time of one packet in each family.
func BenchmarkFamilies(b *testing.B) {
	packets := bulk(b)
	for _, f := range families() {
		b.Run(f.Name, func(b *testing.B) {
			e := &Engine{t: Defaults(), families: []Family{f}, all: []Watcher{f.New()}}
			for i := 0; i < b.N; {
				e.Begin()
				for j := 0; j < len(packets) && i < b.N; j++ {
					e.Feed(&packets[j])
					i++
				}
			}
		})
	}
}

// TestNoAllocation: an ordinary packet costs no memory.
func TestNoAllocation(t *testing.T) {
	e, packets := New(Defaults()), bulk(t)
	e.Begin()
	for i := range packets[:900] {
		e.Feed(&packets[i])
	}
	next := 900
	if n := testing.AllocsPerRun(300, func() {
		e.Feed(&packets[next])
		next++
	}); n > 0 {
		t.Errorf("%v allocations for a packet", n)
	}
}
