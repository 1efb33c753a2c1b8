package diag

import (
	"fmt"
	"strings"
	"testing"

	"pcapidx/index"
)

// transfer is a number of acknowledged data segments of the client, 10 bytes each,
// from sequence number 100 on, after which extra lines come.
func transfer(segments int, extra string) string {
	var b strings.Builder
	b.WriteString(opened)
	for i := range segments {
		fmt.Fprintf(&b, "%d > A %d 500 10\n%d < A 500 %d 0\n", 100+20*i, 100+10*i, 110+20*i, 110+10*i)
	}
	return b.String() + extra
}

func TestLoss(t *testing.T) {
	// one segment of the client is captured, lost behind, and sent again
	again := func(at, seq int) string {
		return fmt.Sprintf("%d > A %d 500 10\n%d > A %d 500 10\n%d < A 500 %d 0\n", at, seq, at+300, seq, at+310, seq+10)
	}
	var many strings.Builder
	for i := range 3 {
		many.WriteString(again(10_000+1000*i, 300+10*i))
	}
	table := []finding{
		{name: "3 of 26", endMs: minute, code: "high_retransmission", severity: 3, says: "send 3 of its 26 data segments again (11.5 %); 30 bytes were lost behind", lines: transfer(20, many.String()), measure: func(m *index.Measures) bool {
			s := m.Sides[0]
			return s.Resent == 3 && s.ResentBytes == 30 && s.DownstreamLost == 30 && s.UpstreamLost == 0 && s.UniqueBytes == 230 && s.DataSegments == 26
		}},
		{name: "2 are a note", endMs: minute, code: "high_retransmission", severity: 1, lines: transfer(2, again(10_000, 120)+again(11_000, 130))},
		{name: "1 of 200", endMs: minute, code: "high_retransmission", severity: 1, says: "0.5 %", lines: transfer(198, again(10_000, 2080))},
		{name: "1 of 201", endMs: minute, code: "high_retransmission", severity: none, lines: transfer(199, again(10_000, 2090))},
		{name: "captured twice", endMs: minute, code: "high_retransmission", severity: none, lines: transfer(1, "200 > A 110 500 10\n200 > A 110 500 10 dup=1\n210 < A 500 120 0\n")},
		{name: "lost before the capture", endMs: minute, code: "high_retransmission", severity: 1, says: "10 bytes were lost before the capture point", lines: transfer(1, `
			200 > A 120 500 10
			210 < A 500 110 0
			900 > A 110 500 10
			910 < A 500 130 0`), measure: func(m *index.Measures) bool {
			s := m.Sides[0]
			return s.UpstreamLost == 10 && s.DownstreamLost == 0 && s.CaptureLost == 0 && s.UniqueBytes == 30
		}},
		{name: "overtaken", endMs: minute, code: "high_retransmission", severity: none, lines: transfer(1, `
			200 > A 120 500 10
			201 > A 110 500 10
			210 < A 500 130 0`), measure: func(m *index.Measures) bool {
			s := m.Sides[0]
			return s.UpstreamLost == 0 && s.OutOfOrder == 1 && s.UniqueBytes == 30
		}},
		{name: "gap", endMs: minute, code: "capture_loss", severity: 1, says: "The server confirmed 10 bytes of the client", lines: transfer(1, `
			200 > A 120 500 10
			210 < A 500 130 0`), measure: func(m *index.Measures) bool { return m.Sides[0].CaptureLost == 10 }},
		{name: "at the end", endMs: minute, code: "capture_loss", severity: 1, says: "confirmed 30 bytes", lines: transfer(1, "210 < A 500 140 0\n")},
		{name: "in part", endMs: minute, code: "capture_loss", severity: 1, says: "confirmed 4 bytes", lines: transfer(1, `
			200 > A 120 500 10
			210 < A 500 114 0`)},
		{name: "captured late", endMs: minute, code: "capture_loss", severity: none, lines: transfer(1, `
			200 < A 500 120 0
			201 > A 110 500 10`), measure: func(m *index.Measures) bool { return m.Sides[0].CaptureLost == 0 }},
		{name: "FIN is no data", endMs: minute, code: "capture_loss", severity: none, lines: transfer(1, `
			200 > FA 110 500 0
			210 < A 500 111 0`)},
		{name: "acknowledged before", endMs: minute, code: "spurious_retransmission", severity: 1, says: "The client sent 1 segment again that had arrived", lines: transfer(1, "400 > A 100 500 10\n"), measure: func(m *index.Measures) bool {
			return m.Sides[0].Spurious == 1 && m.Sides[0].DownstreamLost == 0
		}},
		{name: "D-SACK, quick time-out", endMs: minute, code: "spurious_retransmission", severity: 2, says: "it waited only 15 ms, with a round-trip time of 10 ms", lines: transfer(3, `
			1000 > A 130 500 10
			1015 > A 130 500 10
			1020 < A 500 140 0
			1025 < A 500 140 0 sacked=130-140`), measure: func(m *index.Measures) bool {
			return m.Sides[0].Spurious == 1 && m.Sides[0].DownstreamLost == 0 && m.Sides[0].Resent == 1
		}},
		{name: "SACK of later data", endMs: minute, code: "spurious_retransmission", severity: none, lines: transfer(3, `
			1000 > A 130 500 10
			1001 > A 140 500 10
			1011 < A 500 130 0 sacked=140-150
			1300 > A 130 500 10
			1310 < A 500 150 0`), measure: func(m *index.Measures) bool {
			return m.Sides[0].Spurious == 0 && m.Sides[0].DownstreamLost == 10
		}},
		{name: "7 s", endMs: minute, code: "long_rto", severity: 2, says: "stood still for 7 s, waiting for retransmission time-outs (3 re-sends after a long wait, the longest 7 s)", lines: transfer(1, `
			1000 > A 110 500 10
			2000 > A 110 500 10
			4000 > A 110 500 10
			8000 > A 110 500 10
			8010 < A 500 120 0`)},
		{name: "999 ms", endMs: minute, code: "long_rto", severity: none, lines: transfer(1, `
			1000 > A 110 500 10
			1999 > A 110 500 10
			2010 < A 500 120 0`)},
	}
	check(t, table)
	both(t, lossFamily(), table)
}

// TestLossBounds: many holes and repeats do not grow the state, and count.
func TestLossBounds(t *testing.T) {
	var b strings.Builder
	b.WriteString(opened)
	for i := range 300 {
		fmt.Fprintf(&b, "%d > A %d 500 10\n", 100+i, 110+20*i)
	}
	for i := range 300 {
		fmt.Fprintf(&b, "%d > A %d 500 10\n", 10_000+400*i, 110+20*i)
	}
	_, r := watch(t, 10*minute, b.String())
	if s := r.Measures.Sides[0]; s.Resent != 300 || s.DownstreamLost != 3000 || s.UpstreamLost != 0 || s.UniqueBytes != 3000 {
		t.Errorf("%+v", s)
	}
	f := lossSide{known: true}
	for i := range uint32(10 * maxLost) {
		f.data(packetOf(t, fmt.Sprintf("0 > A %d 0 10", 10+20*i), 1))
	}
	f.acknowledged(packetOf(t, fmt.Sprintf("0 < A 0 %d 0", 20*10*maxLost), 1))
	if len(f.holes) > maxLost || f.open != 0 || f.missing < 10*(maxLost-1) {
		t.Errorf("%d holes, %d open, %d missing", len(f.holes), f.open, f.missing)
	}
}
