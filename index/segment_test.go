package index

import (
	"bytes"
	"context"
	"testing"
)

// A capture that goes on in a second segment, with one connection that is in
// both and connections that are in one of them only.
func TestSegmentBoundary(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED with -short: no capture of more than one segment was written")
	}
	const frames = SegmentFrames + 3000
	c := newSynthetic(frames, 40, 0)
	x, dir := openSynthetic(t, c)
	if n := x.Segments(); n != 2 {
		t.Fatalf("%d segments", n)
	}
	compareMembers(t, x, c)
	compareRows(t, x, c, SegmentFrames, false)
	for segment := range uint16(2) {
		tcp, ok, err := x.Posting(segment, PostProtocol, []byte("tcp"))
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		n := min(frames-int(segment)*SegmentFrames, SegmentFrames)
		for i := range uint32(n) {
			if frame := frameAt(segment, i); tcp.Contains(i) != c.rows[frame-1].TCP {
				t.Fatalf("frame %d in the list of tcp: %v", frame, tcp.Contains(i))
			}
		}
		if _, ok, err := x.Posting(segment, PostIPSrc, []byte("1234")); ok != (segment == 1) || err != nil {
			t.Errorf("segment %d: addresses are indexed: %v, %v", segment, ok, err)
		}
	}
	var b bytes.Buffer
	if err := x.Export(&b); err != nil || !bytes.Equal(b.Bytes(), c.file) {
		t.Errorf("export: %d bytes of %d, %v", b.Len(), len(c.file), err)
	}
	report, err := Check(context.Background(), dir, c.sha())
	if err != nil || len(report.Problems) > 0 {
		t.Errorf("check: %v, %v", report, err)
	}
}
