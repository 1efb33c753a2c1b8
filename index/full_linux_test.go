package index_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"pcapidx/index"
	"pcapidx/ingest"
)

// smallDisk mounts a file system of some bytes.
func smallDisk(t *testing.T, bytes int64) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("pcapidx-test", dir, "tmpfs", 0, fmt.Sprintf("size=%d", bytes)); err != nil {
		t.Skipf("SKIPPED: cannot mount a tmpfs (needs root): %v; no full disk was tested", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return dir
}

// A disk that is full at any point of an ingest gives one clear error and leaves
// the store as it was.
func TestFullDisk(t *testing.T) {
	standing, large := filepath.Join(captures, "any.pcap"), filepath.Join(t.TempDir(), "large.pcap")
	writeLarge(t, large, 8_000)
	need := [2]int64{usage(t, 0, standing), usage(t, 0, standing, large)}
	spilled := usage(t, 16, standing, large)
	for i, most := range map[int]int64{0: need[1], 16: max(need[1], spilled)} {
		var sizes []int64
		steps := int64(6)
		if testing.Short() {
			steps = 2
		}
		for part := range steps {
			sizes = append(sizes, need[0]*(part+1)/steps, need[0]+(most-need[0])*part/steps)
		}
		for pages := range steps {
			sizes = append(sizes, most-pages*4096)
		}
		failed := 0
		for _, size := range sizes {
			t.Run(fmt.Sprintf("%d connections in memory, disk of %d", i, size), func(t *testing.T) {
				if fillDisk(t, smallDisk(t, size), i, standing, large) {
					failed++
				}
			})
		}
		if int64(failed) < steps && !t.Failed() {
			t.Errorf("only %d of %d disks were too small", failed, len(sizes))
		}
	}
}

// fillDisk ingests captures into a store until the disk is full.
func fillDisk(t *testing.T, dir string, maxConnections int, paths ...string) (failed bool) {
	t.Helper()
	store := index.OpenStore(filepath.Join(dir, "store"))
	var have []string
	for _, path := range paths {
		err := ingestWith(store, path, maxConnections)
		if err == nil {
			have = append(have, path)
			continue
		}
		failed = true
		if !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%s: %v is not about the disk", filepath.Base(path), err)
		}
	}
	var want []string
	for _, path := range have {
		want = append(want, filepath.Base(path))
	}
	if got := names(t, store); got != strings.Join(want, " ") {
		t.Fatalf("the store lists %q, want %q", got, want)
	}
	if exists(store.Dir()) {
		mustBeSwept(t, store)
	}
	for _, path := range have {
		mustBeWhole(t, store, filepath.Base(path), path)
	}
	for _, path := range have { // a full disk can be cleared
		if _, err := store.Remove(filepath.Base(path)); err != nil {
			t.Errorf("remove: %v", err)
		}
	}
	return failed
}

func ingestWith(store *index.Store, path string, maxConnections int) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	in := ingest.Input{Name: filepath.Base(path), Reader: f}
	_, err = ingest.Ingest(context.Background(), store, in, ingest.Config{MaxConnections: maxConnections}, nil)
	return err
}

// usage tells how many bytes of disk a store of some captures takes while the
// last is ingested: more than it keeps, as far as connections are spilled.
func usage(t *testing.T, maxConnections int, paths ...string) int64 {
	t.Helper()
	dir := smallDisk(t, 256<<20)
	store := index.OpenStore(filepath.Join(dir, "store"))
	most := int64(0)
	store.OnStep(func(string) {
		var s syscall.Statfs_t
		if err := syscall.Statfs(dir, &s); err != nil {
			t.Fatal(err)
		}
		most = max(most, int64(s.Blocks-s.Bfree)*s.Bsize)
	})
	for _, path := range paths {
		if err := ingestWith(store, path, maxConnections); err != nil {
			t.Fatal(err)
		}
	}
	return most
}
