package query

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"testing"

	"pcapidx/index"
)

// oneCapture is a Source with a single open index.
type oneCapture struct {
	Source
	x *index.Index
}

func (o oneCapture) entry() *index.Entry { return &index.Entry{ID: "0123456789abcdef", Build: "b"} }

func (o oneCapture) Find(string) (*index.Entry, error) { return o.entry(), nil }

func (o oneCapture) Open(string) (Capture, *index.Entry, error) {
	return notClosed{o.x}, o.entry(), nil
}

// notClosed keeps the index open over many questions, as a server does.
type notClosed struct{ *index.Index }

func (notClosed) Close() error { return nil }

// manyConnections writes an index with n random connections.
func manyConnections(b *testing.B, n int) *Engine {
	b.Helper()
	dir := b.TempDir()
	w, err := index.CreateIndex(dir)
	if err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 1))
	for i := range n {
		start := index.Time(1700000000e9 + r.Int64N(1e12))
		address := func() netip.AddrPort {
			return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32())}), uint16(r.Uint32()))
		}
		c := &index.Connection{
			Kind: 6, Stream: uint32(i), A: address(), B: address(), ClientBy: index.ClientBySYN, First: uint32(i + 1), Last: uint32(i + 1),
			Start: start, End: start + index.Time(r.Int64N(1e11)), Packets: [2]uint64{r.Uint64N(1000), r.Uint64N(1000)},
			Bytes: [2]uint64{r.Uint64N(1 << 20), r.Uint64N(1 << 20)}, State: index.StateSF, History: "ShADadFf",
		}
		if err := w.WriteConnection(c); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Finish(&index.Summary{Applications: &index.MessageSummary{}}); err != nil {
		b.Fatal(err)
	}
	x, err := index.Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = x.Close() })
	return New(oneCapture{x: x}, nil)
}

// BenchmarkConnectionsPage asks for 100 of 50,000 connections.
func BenchmarkConnectionsPage(b *testing.B) {
	e := manyConnections(b, 50_000)
	for name, q := range map[string]ConnectionsRequest{
		"frame": {}, "start": {Sort: "start"}, "duration": {Sort: "duration"}, "bytes": {Sort: "bytes"}, "packets": {Sort: "packets"},
		"state": {Sort: "bytes", State: "SF"}, "port": {Port: "443"}, "address": {Address: "10.1.0.0/16", Sort: "bytes"},
	} {
		q.Captures, q.Limit = []string{"x"}, 100
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := e.Connections(context.Background(), q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
