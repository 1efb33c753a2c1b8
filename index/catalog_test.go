package index

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
)

func TestFind(t *testing.T) {
	all := []Entry{
		{Name: "a.pcap", ID: "0123456789abcdef"},
		{Name: "b.pcap", ID: "0123ffffffffffff"},
		{Name: "twice.pcap", ID: "aaaa000000000000"},
		{Name: "twice.pcap", ID: "bbbb000000000000"},
		{Name: "bbbb", ID: "cccc000000000000"},
		{Name: "abc", ID: "dddd000000000000"},
	}
	for _, c := range []struct {
		ref, id string
		err     error
	}{
		{"a.pcap", "0123456789abcdef", nil},
		{"0123456789abcdef", "0123456789abcdef", nil},
		{"01234", "0123456789abcdef", nil},
		{"0123F", "0123ffffffffffff", nil},
		{"aaaa", "aaaa000000000000", nil},
		{"bbbb", "cccc000000000000", nil}, // a name goes before an id
		{"bbbb0", "bbbb000000000000", nil},
		{"0123", "", ErrAmbiguous},
		{"twice.pcap", "", ErrAmbiguous},
		{"ddd", "", ErrNotFound}, // too short for an id
		{"A.PCAP", "", ErrNotFound},
		{"0123456789abcdef0", "", ErrNotFound},
		{"", "", ErrNotFound},
	} {
		e, err := find(all, c.ref)
		if !errors.Is(err, c.err) || err == nil && e.ID != c.id || err != nil && e != nil {
			t.Errorf("%q: %+v, %v", c.ref, e, err)
		}
		if errors.Is(err, ErrAmbiguous) && strings.Count(err.Error(), ",") != 1 {
			t.Errorf("%q: %v does not name both", c.ref, err)
		}
	}
}

func TestNoStore(t *testing.T) {
	for _, dir := range []string{t.TempDir(), filepath.Join(t.TempDir(), "none")} {
		s := OpenStore(dir)
		if all, err := s.List(); err != nil || all == nil || len(all) > 0 {
			t.Errorf("list: %v, %v", all, err)
		}
		if _, _, err := s.Open("x"); !errors.Is(err, ErrNotFound) {
			t.Errorf("open: %v", err)
		}
		if _, err := s.Remove("x"); !errors.Is(err, ErrNotFound) {
			t.Errorf("remove: %v", err)
		}
		if _, err := os.Stat(filepath.Join(dir, catalogFile)); err == nil {
			t.Error("asking made a catalog")
		}
	}
}

func TestListOrder(t *testing.T) {
	s := OpenStore(t.TempDir())
	for i, name := range []string{"third", "first", "second"} {
		c := newSynthetic(i+1, 1, 5)
		added := time.Unix(int64([]int{30, 10, 20}[i]), 0).UTC()
		mustPublish(t, s, c, func(e *Entry) { e.Name, e.Added = name, added })
	}
	all, err := s.List()
	if err != nil || len(all) != 3 {
		t.Fatal(all, err)
	}
	for i, want := range []string{"first", "second", "third"} {
		if all[i].Name != want {
			t.Errorf("%d: %s", i, all[i].Name)
		}
	}
}

// changeCatalog changes the catalog behind the store's back.
func changeCatalog(t *testing.T, s *Store, fn func(*bolt.Tx) error) {
	t.Helper()
	db, err := bolt.Open(filepath.Join(s.dir, catalogFile), 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(fn)
	if cerr := db.Close(); err != nil || cerr != nil {
		t.Fatal(err, cerr)
	}
}

func TestStrangeCatalog(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*bolt.Tx) error
		newer  bool
	}{
		{"newer format", func(tx *bolt.Tx) error { return tx.Bucket([]byte(bucketMeta)).Put([]byte("format"), []byte("2")) }, true},
		{"no captures", func(tx *bolt.Tx) error { return tx.DeleteBucket([]byte(bucketCaptures)) }, false},
		{"no meta", func(tx *bolt.Tx) error { return tx.DeleteBucket([]byte(bucketMeta)) }, false},
		{"damaged entry", func(tx *bolt.Tx) error {
			return tx.Bucket([]byte(bucketCaptures)).Put(entryKey(LocalOwner, "1"), []byte("{"))
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := OpenStore(t.TempDir())
			e := mustPublish(t, s, newSynthetic(1, 1, 5), nil)
			changeCatalog(t, s, c.change)
			b, err := s.Begin()
			if err != nil {
				t.Fatal(err)
			}
			other := newSynthetic(2, 1, 5)
			other.write(t, b.Dir())
			_, _, publishErr := b.Publish(other.entry(), false)
			_, listErr := s.List()
			_, removeErr := s.Remove(e.ID)
			for _, err := range []error{publishErr, listErr, removeErr} {
				var corrupt *CorruptError
				if errors.Is(err, ErrNewer) != c.newer || errors.As(err, &corrupt) == c.newer {
					t.Errorf("got %v", err)
				}
			}
			if _, err := os.Stat(s.buildDir(e)); err != nil {
				t.Errorf("the standing build: %v", err)
			}
		})
	}
}

func TestCatalogIsNoCatalog(t *testing.T) {
	s := OpenStore(t.TempDir())
	if err := os.WriteFile(filepath.Join(s.dir, catalogFile), []byte(strings.Repeat("text ", 5000)), 0o600); err != nil {
		t.Fatal(err)
	}
	var corrupt *CorruptError
	if _, err := s.List(); !errors.As(err, &corrupt) {
		t.Errorf("list: %v", err)
	}
}

func TestEntryJSON(t *testing.T) {
	b, err := json.Marshal(Entry{Owner: "o", ID: "i", State: "ready"})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"owner", "id", "name", "added", "state", "build", "content", "fingerprint", "file_sha256", "data_sha256"} {
		if !strings.Contains(string(b), fmt.Sprintf("%q:", key)) {
			t.Errorf("%s is not stored", key)
		}
	}
}

// Eight processes' worth of stores make the catalog at once; it is made once,
// and every capture is in it.
func TestCatalogRace(t *testing.T) {
	const writers = 8
	for range 5 {
		dir := t.TempDir()
		errs := make([]error, writers)
		start, done := make(chan struct{}), sync.WaitGroup{}
		for i := range writers {
			c := newSynthetic(i+1, 1, 5)
			done.Go(func() {
				<-start
				errs[i] = publishOnce(OpenStore(dir), c)
			})
		}
		close(start)
		done.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		if all, err := OpenStore(dir).List(); err != nil || len(all) != writers {
			t.Fatalf("%d captures of %d, %v", len(all), writers, err)
		}
	}
}

// publishOnce builds and publishes a capture.
func publishOnce(s *Store, c *synthetic) error {
	b, err := s.Begin()
	if err != nil {
		return err
	}
	defer b.Abort()
	w, err := CreateIndex(b.Dir())
	if err != nil {
		return err
	}
	if err := c.feed(w, func() {}); err != nil {
		w.Abort()
		return err
	}
	_, _, err = b.Publish(c.entry(), false)
	return err
}
