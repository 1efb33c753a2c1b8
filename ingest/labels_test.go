package ingest

import (
	"slices"
	"testing"

	"pcapidx/index"
	"pcapidx/ingest/tcp"
)

// TestNamesAgree: what TCP analysis counts by number is stored by number, so the
// names of both must be the same.
func TestNamesAgree(t *testing.T) {
	if !slices.Equal(tcp.Names(), index.LabelNames()) || !slices.Equal(tcp.StateNames(), index.TCPStateNames()) {
		t.Error("labels or states of ingest/tcp are not those of index")
	}
	if index.LabelDuplicateAck != index.Labels(tcp.DuplicateAck) || index.LabelCaptureDuplicate != index.Labels(tcp.CaptureDuplicate) {
		t.Error("the bits of labels differ")
	}
}
