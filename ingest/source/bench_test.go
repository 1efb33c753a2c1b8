package source

import (
	"bytes"
	"io"
	"testing"
)

// BenchmarkNext reads 100,000 packets of 500 bytes.
func BenchmarkNext(b *testing.B) {
	p := le.epb(0, stamp, payload(500))
	for _, f := range []struct {
		name string
		file []byte
	}{
		{"pcap", cat(le.pcap(pcapFile{}), bytes.Repeat(le.pcap(pcapFile{}, rec(500))[24:], 100_000))},
		{"pcapng", cat(le.shb(), le.idb(1, 0), bytes.Repeat(p, 100_000))},
		{"options", cat(le.shb(), le.idb(1, 0), bytes.Repeat(le.epb(0, stamp, payload(500), le.option(2, 1), uint32(0)), 100_000))},
	} {
		b.Run(f.name, func(b *testing.B) {
			b.SetBytes(int64(len(f.file)))
			b.ReportAllocs()
			var batch Batch
			for b.Loop() {
				if n := count(b, f.file, &batch); n != 100_000 {
					b.Fatalf("%d frames", n)
				}
			}
		})
	}
}

func count(t testing.TB, file []byte, batch *Batch) (n int) {
	r, err := NewReader(bytes.NewReader(file), Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for {
		if err := r.Next(batch); err == io.EOF {
			return n
		} else if err != nil {
			t.Fatal(err)
		}
		n += len(batch.Frames)
	}
}

// TestAllocations checks that packets cost none: twice as many packets take no
// more allocations.
func TestAllocations(t *testing.T) {
	one := le.epb(0, stamp, payload(500))
	head := cat(le.shb(), le.idb(1, 0))
	var batch Batch
	allocs := func(n int) float64 {
		file := cat(head, bytes.Repeat(one, n))
		return testing.AllocsPerRun(3, func() { count(t, file, &batch) })
	}
	if few, many := allocs(10_000), allocs(20_000); many > few+10 {
		t.Errorf("%v allocations for 10,000 packets, %v for 20,000", few, many)
	}
}
