package query

import (
	"context"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"

	"pcapidx/index"
)

// TestSearchWhileIngesting: a store with 50 captures is searched, by several at once,
// while others are added to it: each answer is that of a state of the store, newest
// first, and no capture that was there before is missing.
func TestSearchWhileIngesting(t *testing.T) {
	files, err := filepath.Glob("../testdata/captures/diag/*.pcap")
	if err != nil || len(files) < 60 {
		t.Fatalf("%d captures, %v", len(files), err)
	}
	store := index.OpenStore(t.TempDir())
	e := New(StoreSource{store}, testWriter{store: store})
	ctx := context.Background()
	add := func(file string) {
		if _, err := e.Add(ctx, AddRequest{Files: []string{file}}, nil); err != nil {
			t.Error(err)
		}
	}
	for _, f := range files[:50] {
		add(f)
	}
	before, err := e.Search(ctx, SearchRequest{All: true, Needle: "http"})
	if err != nil || len(before.Captures) == 0 || before.Total == 0 {
		t.Fatalf("%+v, %v", before, err)
	}
	var added atomic.Int32
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, f := range files[50:60] {
			add(f)
			added.Add(1)
		}
	}()
	for searching := true; searching; {
		select {
		case <-done:
			searching = false
		default:
		}
		least := len(before.Captures)
		a, err := e.Search(ctx, SearchRequest{All: true, Needle: "http"})
		if err != nil {
			t.Fatal(err)
		}
		if len(a.Unreadable) > 0 || len(a.Captures) < least || !slices.Equal(a.Captures[len(a.Captures)-least:], before.Captures) || a.Total < before.Total {
			t.Fatalf("%d captures, %d matches, unreadable %v; before %d and %d", len(a.Captures), a.Total, a.Unreadable, least, before.Total)
		}
	}
	after, err := e.Search(ctx, SearchRequest{All: true, Needle: "http"})
	if err != nil || added.Load() != 10 || len(after.Captures) <= len(before.Captures) {
		t.Errorf("%d captures after %d were added, %v", len(after.Captures), added.Load(), err)
	}
}
