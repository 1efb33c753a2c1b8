package query

import (
	"context"
	"testing"

	"pcapidx/index"
)

func BenchmarkProf(b *testing.B) {
	x, err := index.Open("/tmp/big/open")
	if err != nil {
		b.Fatal(err)
	}
	e := New(oneCapture{x: x}, nil)
	for _, f := range []string{"tcp.len > 1400", "frame.time_relative > 5", "tcp.window_size < 1000", "tcp.time_delta > 1", "udp", "ip.addr == 10.0.0.0/24", "tcp.flags.syn == 1 && tcp.flags.ack == 0"} {
		b.Run(f, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := e.Packets(context.Background(), PacketsRequest{Captures: []string{"x"}, Filter: f, Numbers: true}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
