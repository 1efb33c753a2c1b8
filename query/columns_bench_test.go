package query

import (
	"bytes"
	"context"
	"os"
	"testing"

	"pcapidx/index"
	"pcapidx/ingest"
)

// longCapture is an engine over the packets of web-day.pcap, many times over.
func longCapture(t testing.TB, times int) (e *Engine, packets int) {
	t.Helper()
	file, err := os.ReadFile("../testdata/captures/web-day.pcap")
	if err != nil {
		t.Fatal(err)
	}
	const header = 24 // of the file; records follow
	long := append(bytes.Clone(file[:header]), bytes.Repeat(file[header:], times)...)
	store := index.OpenStore(t.TempDir())
	r, err := ingest.Ingest(context.Background(), store, ingest.Input{Name: "long.pcap", Reader: bytes.NewReader(long)}, ingest.Config{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	x, _, err := store.Open("long.pcap")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close() })
	return New(oneCapture{x: x}, nil), int(r.Entry.Frames)
}

// columnFilters are answered from columns alone, and match few packets.
func columnFilters() []string {
	return []string{"tcp.len > 1500", "tcp.window_size < 1", "frame.time_relative > 100", "tcp.time_delta > 100"}
}

// BenchmarkColumns asks filters of every packet's columns; allocs/op are those of
// all packets together.
func BenchmarkColumns(b *testing.B) {
	e, packets := longCapture(b, 400)
	for _, f := range columnFilters() {
		b.Run(f, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := e.Packets(context.Background(), PacketsRequest{Captures: []string{"x"}, Filter: f, Numbers: true}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(packets), "ns/packet")
		})
	}
}

// TestColumnsDoNotAllocate: what a column filter allocates is for blocks and
// answers, not for packets.
func TestColumnsDoNotAllocate(t *testing.T) {
	e, packets := longCapture(t, 100)
	for _, f := range columnFilters() {
		allocs := testing.AllocsPerRun(3, func() {
			if _, err := e.Packets(context.Background(), PacketsRequest{Captures: []string{"x"}, Filter: f, Numbers: true}); err != nil {
				t.Fatal(err)
			}
		})
		if perPacket := allocs / float64(packets); perPacket > 0.2 {
			t.Errorf("%s: %.2f allocations for a packet", f, perPacket)
		}
	}
}
