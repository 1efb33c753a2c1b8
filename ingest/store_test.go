package ingest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pcapidx/index"
	"pcapidx/ingest"
	"pcapidx/ingest/source"
)

const (
	captures = "../testdata/captures"
	corpus   = "../../shared/corpus/captures"
)

// indexOf ingests a capture into a store of its own and gives its index.db; nil
// if it is no capture.
func indexOf(t *testing.T, path string, c ingest.Config) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	store := index.OpenStore(t.TempDir())
	r, err := ingest.Ingest(context.Background(), store, ingest.Input{Name: filepath.Base(path), Reader: f}, c, nil)
	if errors.Is(err, source.ErrNotCapture) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(store.Dir(), "captures", r.Entry.ID, r.Entry.Build, "index.db"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// smallFiles lists the captures of a folder that are quick to ingest.
func smallFiles(t *testing.T, dir string) (paths []string) {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range all {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().IsRegular() && info.Size() < 300<<10 && !strings.HasSuffix(path, ".keys") {
			paths = append(paths, path)
		}
	}
	return paths
}

// The same capture gives the same index.db, byte for byte, however many workers
// there are and however many connections have to be spilled to disk.
func TestSameIndexEveryTime(t *testing.T) {
	own := smallFiles(t, captures)
	if len(own) < 30 {
		t.Fatalf("only %d captures in %s", len(own), captures)
	}
	t.Run("testdata", func(t *testing.T) {
		sameIndexes(t, own, ingest.Config{Workers: 4, MaxConnections: 8}, ingest.Config{Workers: 2, MaxConnections: 1, ReplayBytes: 3000})
	})
	t.Run("corpus", func(t *testing.T) {
		paths := smallFiles(t, corpus)
		if len(paths) == 0 || testing.Short() {
			t.Skipf("SKIPPED: no captures in %s, or -short: only those in testdata were compared", corpus)
		}
		sameIndexes(t, paths, ingest.Config{Workers: 4, MaxConnections: 8})
	})
}

func sameIndexes(t *testing.T, paths []string, others ...ingest.Config) {
	t.Helper()
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			want := indexOf(t, path, ingest.Config{Workers: 1})
			for _, c := range others {
				if got := indexOf(t, path, c); !bytes.Equal(got, want) {
					t.Errorf("%+v: the index differs (%d and %d bytes)", c, len(got), len(want))
				}
			}
		})
	}
}

// endless is a capture without end. It calls at once it gave so many bytes.
type endless struct {
	after int
	at    func() error
	gave  int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.gave >= e.after && e.at != nil {
		at := e.at
		e.at = nil
		if err := at(); err != nil {
			return 0, err
		}
	}
	record := fmt.Sprintf("\x01\x00\x00\x00\x02\x00\x00\x00\x3c\x00\x00\x00\x3c\x00\x00\x00%-60s", "a frame of sixty bytes")
	records := strings.Repeat(record, 1000)
	head := []byte("\xd4\xc3\xb2\xa1\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x04\x00\x01\x00\x00\x00")
	n := 0
	if e.gave < len(head) {
		n = copy(p, head[e.gave:])
	} else {
		n = copy(p, records[(e.gave-len(head))%len(records):])
	}
	e.gave += n
	return n, nil
}

// mustHoldOnly makes sure that a store lists one capture, or none if name is
// empty, and that there is no other file in it.
func mustHoldOnly(t *testing.T, store *index.Store, name string) {
	t.Helper()
	all, err := store.List()
	if err != nil {
		t.Fatal(err)
	}
	files := 0
	err = filepath.WalkDir(store.Dir(), func(path string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == "text" {
			files++
			return filepath.SkipDir
		}
		if err == nil && !d.IsDir() && d.Name() != "gate" && d.Name() != "catalog.turn" {
			files++
		}
		return err
	})
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	want := 0
	if name != "" {
		want = 6 // catalog.db, index.db, index.sum, text, text.sum, owner
	}
	if len(all) != min(want, 1) || want > 0 && all[0].Name != name || files != want {
		t.Errorf("%d files, listed: %+v", files, all)
	}
}

func ingestFrom(ctx context.Context, store *index.Store, name string, r io.Reader) error {
	_, err := ingest.Ingest(ctx, store, ingest.Input{Name: name, Reader: r}, ingest.Config{}, nil)
	return err
}

// An ingest that ends early, for whatever reason, says why and leaves nothing.
func TestEndedIngest(t *testing.T) {
	broken := errors.New("the disk is broken")
	for _, after := range []int{0, 10, 30_000, 3 << 20, 30 << 20} {
		for _, standing := range []string{"", "mpls.pcap"} {
			t.Run(fmt.Sprintf("%d bytes %s", after, standing), func(t *testing.T) {
				t.Parallel()
				store := index.OpenStore(filepath.Join(t.TempDir(), "store"))
				if standing != "" {
					b, err := os.ReadFile(filepath.Join(captures, standing))
					if err != nil {
						t.Fatal(err)
					}
					if err := ingestFrom(context.Background(), store, standing, bytes.NewReader(b)); err != nil {
						t.Fatal(err)
					}
				}
				ctx, cancel := context.WithCancel(context.Background())
				err := ingestFrom(ctx, store, "x", &endless{after: after, at: func() error { cancel(); return nil }})
				if !errors.Is(err, context.Canceled) {
					t.Errorf("a cancelled ingest says %v", err)
				}
				mustHoldOnly(t, store, standing)
				err = ingestFrom(context.Background(), store, "x", &endless{after: after, at: func() error { return broken }})
				if !errors.Is(err, broken) {
					t.Errorf("an ingest that cannot be read says %v", err)
				}
				mustHoldOnly(t, store, standing)
			})
		}
	}
}

// An input that gives no more and does not end, as an idle pipe, does not keep a
// cancelled ingest from ending.
func TestCancelledWhileWaiting(t *testing.T) {
	for _, given := range []int64{0, 10, 1 << 10, 1 << 20} {
		store := index.OpenStore(filepath.Join(t.TempDir(), "store"))
		r, w := io.Pipe()
		ctx, cancel := context.WithCancel(context.Background())
		go func() {
			_, _ = io.CopyN(w, &endless{}, given) // the pipe hands over all of it, and then nothing
			cancel()
		}()
		if err := ingestFrom(ctx, store, "x", r); !errors.Is(err, context.Canceled) {
			t.Errorf("after %d bytes: %v", given, err)
		}
		mustHoldOnly(t, store, "")
		_ = w.Close()
	}
}

func TestCancelledReindex(t *testing.T) {
	store, name := index.OpenStore(filepath.Join(t.TempDir(), "store")), "long"
	if err := ingestFrom(context.Background(), store, name, io.LimitReader(&endless{}, 4<<20)); err != nil {
		t.Fatal(err)
	}
	before, err := store.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	progress := func(p ingest.Progress) {
		if p.Bytes > 1<<20 {
			cancel()
		}
	}
	if _, err := ingest.Reindex(ctx, store, name, ingest.Config{}, progress); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	mustHoldOnly(t, store, name)
	if after, err := store.Find(name); err != nil || after.Build != before.Build {
		t.Errorf("%+v became %+v, %v", before, after, err)
	}
}

func TestNoCaptureMakesNoStore(t *testing.T) {
	store := index.OpenStore(filepath.Join(t.TempDir(), "store"))
	err := ingestFrom(context.Background(), store, "x", strings.NewReader("this is no capture, it is only text"))
	if !errors.Is(err, source.ErrNotCapture) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(store.Dir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the store was made: %v", err)
	}
}
