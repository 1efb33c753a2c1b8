package query

import (
	"bytes"
	"context"
	"crypto/sha256"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pcapidx/index"
)

// openOld opens the stored index of format 1 in a folder that may be written to.
func openOld(t *testing.T) (*index.Index, string) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"index.db", "index.sum"} {
		b, err := os.ReadFile(filepath.Join("../testdata/index/format1", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	x, err := index.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close() })
	return x, dir
}

// TestOldIndex: an index of format 1 answers as one of today does, or says that
// it has to be built anew; it is whole, and gives its capture back.
func TestOldIndex(t *testing.T) {
	x, dir := openOld(t)
	if x.Summary().Format != 1 || x.Summary().Content != 1 {
		t.Fatalf("format %d, content %d", x.Summary().Format, x.Summary().Content)
	}
	old, today := New(oneCapture{x: x}, nil), engineWith(t, "http-loss.pcapng")
	name := []string{"http-loss.pcapng"}
	for _, f := range []string{
		"", "tcp", "tcp.port == 80", "tcp.port != 80", "tcp.flags.syn == 1", "tcp.flags == 0x12", "tcp.len > 100", "ip.addr == 192.0.2.10",
		"!(ip.src == 192.0.2.10) && tcp.flags.ack == 0", "frame.len in {54..90}", "tcp.window_size_value < 64", "ipv6 || arp", "tcp.seq == 1",
	} {
		got, err := old.Packets(context.Background(), PacketsRequest{Captures: name, Filter: f, Numbers: true})
		if err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		want, err := today.Packets(context.Background(), PacketsRequest{Captures: name, Filter: f, Numbers: true})
		if err != nil || got.Total != want.Total || got.Total > 0 && !slices.Equal(got.Numbers[0].Frames, want.Numbers[0].Frames) {
			t.Errorf("%s: %d packets, today %d (%v)", f, got.Total, want.Total, err)
		}
	}
	_, err := old.Packets(context.Background(), PacketsRequest{Captures: name, Filter: "tcp.window_size > 5"})
	wantError(t, err, BadRequest, "older index", "pcapidx reindex")
	if r, err := index.Check(context.Background(), dir, ""); err != nil || len(r.Problems) > 0 || r.Frames != 288 {
		t.Errorf("check: %+v %v", r, err)
	}
	file, err := os.ReadFile("../testdata/captures/http-loss.pcapng")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := x.Export(&out); err != nil || sha256.Sum256(out.Bytes()) != sha256.Sum256(file) {
		t.Errorf("the old index does not give its capture back (%v)", err)
	}
}
