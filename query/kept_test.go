package query

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"pcapidx/index"
	"pcapidx/ingest"
)

// keptStore is a store of some captures, and a source that keeps two of them open.
func keptStore(t *testing.T, captures int) (*index.Store, *KeptSource, []string) {
	t.Helper()
	files, err := filepath.Glob("../testdata/captures/diag/*.pcap")
	if err != nil || len(files) < captures {
		t.Fatalf("%d captures, %v", len(files), err)
	}
	store := index.OpenStore(t.TempDir())
	var ids []string
	for _, f := range files[:captures] {
		a, err := testWriter{store: store}.Add(t.Context(), f, nil)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, a.Entry.ID)
	}
	s := NewKeptSource(store, 2, time.Minute)
	t.Cleanup(s.Close)
	return store, s, ids
}

func openIndex(t *testing.T, s *KeptSource, ref string) *keptIndex {
	t.Helper()
	x, _, err := s.Open(ref)
	if err != nil {
		t.Fatal(err)
	}
	return x.(*keptIndex)
}

// closed tells an index whose files were released.
func closed(k *keptIndex) bool {
	_, _, _, err := k.Packet(1)
	return err != nil
}

func closeIndex(t *testing.T, k *keptIndex) {
	t.Helper()
	if err := k.Close(); err != nil {
		t.Error(err)
	}
}

// TestKeptSource: an index stays open for the next question; beyond the bound the
// one asked longest ago is closed, when nobody uses it.
func TestKeptSource(t *testing.T) {
	_, s, ids := keptStore(t, 3)
	a := openIndex(t, s, ids[0])
	closeIndex(t, a)
	if closed(a) || openIndex(t, s, ids[0]) != a {
		t.Error("an index that was used was opened again")
	}
	b := openIndex(t, s, ids[1])
	closeIndex(t, b)
	closeIndex(t, openIndex(t, s, ids[2]))
	if closed(a) {
		t.Error("an index in use was closed")
	}
	closeIndex(t, a)
	if !closed(a) || closed(b) {
		t.Error("not the one asked longest ago was closed")
	}
	s.Close()
	if !closed(b) {
		t.Error("Close left an index open")
	}
}

// TestKeptSourceIdle: an index that nobody asks any more is closed.
func TestKeptSourceIdle(t *testing.T) {
	_, s, ids := keptStore(t, 1)
	s.idle = time.Millisecond
	a := openIndex(t, s, ids[0])
	time.Sleep(20 * time.Millisecond)
	if closed(a) {
		t.Fatal("an index in use was closed")
	}
	closeIndex(t, a)
	for range 2000 {
		s.lock.Lock()
		open := len(s.kept)
		s.lock.Unlock()
		if open == 0 {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Error("the index stays open")
}

// TestKeptSourceAfterChanges: what others did to the store since the last question
// counts: a capture that was removed is not there, one that was indexed anew is
// answered from its new index.
func TestKeptSourceAfterChanges(t *testing.T) {
	store, s, ids := keptStore(t, 2)
	e := New(s, nil)
	for _, id := range ids {
		if _, err := e.Info(t.Context(), InfoRequest{Capture: id}); err != nil {
			t.Fatal(err)
		}
	}
	old := openIndex(t, s, ids[0])
	closeIndex(t, old)
	if _, err := ingest.Reindex(t.Context(), store, ids[0], ingest.Config{NoText: true}, nil); err != nil {
		t.Fatal(err)
	}
	if x := openIndex(t, s, ids[0]); x == old || x.Summary().Text != nil || !closed(old) {
		t.Error("answered from the index that was there before")
	} else {
		closeIndex(t, x)
	}
	if _, err := store.Remove(ids[1]); err != nil {
		t.Fatal(err)
	}
	var q *Error
	if _, err := e.Info(t.Context(), InfoRequest{Capture: ids[1]}); !errors.As(err, &q) || q.Kind != NotFound {
		t.Errorf("a removed capture: %v", err)
	}
	x := openIndex(t, s, ids[0])
	closeIndex(t, x)
	if _, err := s.Remove(ids[0]); err != nil || !closed(x) {
		t.Errorf("Remove left the index open, %v", err)
	}
}

// TestKeptSourceCrowd: questions of many at once, captures coming and going.
func TestKeptSourceCrowd(t *testing.T) {
	_, s, ids := keptStore(t, 4)
	files, _ := filepath.Glob("../testdata/captures/diag/*.pcap")
	s.idle = time.Millisecond
	e := New(s, testWriter{store: s.Store})
	var all sync.WaitGroup
	for g := range 4 {
		all.Go(func() {
			for i := range 40 {
				id := ids[(g+i)%3]
				if a, err := e.Search(context.Background(), SearchRequest{Captures: []string{id}, Needle: "http"}); err != nil || a.Captures[0] != id {
					t.Errorf("%+v, %v", a, err)
					return
				}
			}
		})
	}
	all.Go(func() {
		for range 10 {
			if _, err := e.Remove(context.Background(), RemoveRequest{Captures: []string{ids[3]}}); err != nil {
				t.Error(err)
			}
			if _, err := e.Add(context.Background(), AddRequest{Files: files[3:4]}, nil); err != nil {
				t.Error(err)
			}
		}
	})
	all.Wait()
}

// TestKeptSourceDamage: damage that was there when an index was opened is found at
// its first use, also when other blocks were found to be sound before.
func TestKeptSourceDamage(t *testing.T) {
	store, s, ids := keptStore(t, 1)
	e, err := store.Find(ids[0])
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(store.Dir(), "captures", e.ID, e.Build, "index.db")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for at := len(whole) / 8; at < len(whole); at += len(whole) / 8 {
		damaged := append([]byte{}, whole...)
		for i := at; i < min(at+600, len(whole)); i++ {
			damaged[i] ^= 0x55
		}
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		for range 2 { // each damage is found each time
			a, err := New(s, nil).Search(t.Context(), SearchRequest{Captures: ids, Needle: "zqxjk"})
			if err != nil || len(a.Unreadable) > 0 {
				found++
			}
		}
		s.Close()
	}
	if found == 0 || found%2 != 0 {
		t.Errorf("damage was found %d times", found)
	}
}
