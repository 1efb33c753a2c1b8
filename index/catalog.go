package index

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// Entry is one capture in a store's catalog.
type Entry struct {
	Owner   string    `json:"owner"`
	ID      string    `json:"id"`   // first 16 hex digits of DataSHA256
	Name    string    `json:"name"` // base name of the file as given
	Added   time.Time `json:"added"`
	State   string    `json:"state"` // "ready"
	Build   string    `json:"build"` // folder under captures/<id>/
	Content int       `json:"content"`
	// Fingerprint identifies the configuration that shaped the content.
	Fingerprint string `json:"fingerprint"`
	FileSHA256  string `json:"file_sha256"` // of the file as given
	DataSHA256  string `json:"data_sha256"` // of the decompressed bytes
	FileBytes   uint64 `json:"file_bytes"`
	// HeadSHA256 is of the first HeadBytes of the file as given: it tells
	// whether hashing a whole file to recognise it is worth while.
	HeadSHA256 string `json:"head_sha256"`

	Frames      uint32  `json:"frames"`
	Bytes       uint64  `json:"bytes"`
	Connections uint32  `json:"connections"`
	Start       Time    `json:"start"`
	End         Time    `json:"end"`
	IndexBytes  int64   `json:"index_bytes"` // size of the build on disk
	Damage      *Damage `json:"damage,omitempty"`
}

// HeadBytes is how much of a file Entry.HeadSHA256 covers.
const HeadBytes = 64 << 10

// LocalOwner owns the captures of a store that has no users.
const LocalOwner = "local"

// idDigits is the length of a capture id.
const idDigits = 16

// catalogFormat is the number of the catalog's own format, under key "format"
// of bucket "meta". Captures stand in bucket "captures" as owner, a zero byte
// and id -> Entry as JSON.
const (
	catalogFile    = "catalog.db"
	catalogFormat  = "1"
	bucketCaptures = "captures"
)

// Store is a folder of indexed captures, seen by one owner. Any number of
// Stores, also in other processes, may work on the same folder; not over a
// network file system, whose locks cannot be trusted.
type Store struct {
	dir   string
	owner string
	tidy  bool // folders that nobody needs any more are removed at once
	// step, set by tests only, is called with the name of each step of a
	// build's life, so that a test can end the process there.
	step func(string)
	// patience is how long the catalog is waited for while others hold it.
	patience time.Duration
	// verified holds the folders of the builds whose text index was compared with
	// its sums: a build does not change.
	verified *sync.Map
}

// OpenStore gives the store in folder dir, which is made by the first build.
func OpenStore(dir string) *Store {
	return &Store{dir: dir, owner: LocalOwner, tidy: true, step: func(string) {}, patience: openTimeout, verified: &sync.Map{}}
}

// ForOwner gives the same store as another owner sees it. Nothing that an owner
// can do there tells of the captures of others, not by its time either: what a
// deletion or a build that another owner has already leaves over stays on disk
// until the next Sweep.
func (s *Store) ForOwner(owner string) *Store {
	o := *s
	o.owner, o.tidy = owner, false
	return &o
}

// Dir gives the store's folder.
func (s *Store) Dir() string { return s.dir }

func (s *Store) buildDir(e *Entry) string {
	return filepath.Join(s.dir, "captures", e.ID, e.Build)
}

// read runs fn on the catalog's captures, nil if there is no catalog yet. The
// catalog is held only while fn runs.
func (s *Store) read(fn func(*bolt.Bucket) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	path := filepath.Join(s.dir, catalogFile)
	db, err := bolt.Open(path, 0, &bolt.Options{ReadOnly: true, Timeout: s.patience})
	if errors.Is(err, fs.ErrNotExist) {
		return fn(nil)
	}
	if err != nil {
		return s.catalogError(path, err)
	}
	err = guard(path, func() error {
		return db.View(func(tx *bolt.Tx) error { return withCaptures(tx, fn) })
	})
	if cerr := db.Close(); err == nil {
		err = cerr
	}
	return err
}

// write runs fn in the catalog's one kind of write transaction.
func (s *Store) write(fn func(*bolt.Bucket) error) error {
	turn, err := s.hold()
	if err != nil {
		return err
	}
	defer turn.Close()
	path := filepath.Join(s.dir, catalogFile)
	db, err := bolt.Open(path, 0o644, &bolt.Options{Timeout: s.patience})
	if err != nil {
		return s.catalogError(path, err)
	}
	err = guard(path, func() error {
		return db.Update(func(tx *bolt.Tx) error { return withCaptures(tx, fn) })
	})
	if cerr := db.Close(); err == nil {
		err = cerr
	}
	return err
}

func (s *Store) catalogError(path string, err error) error {
	if errors.Is(err, bolterrors.ErrTimeout) {
		return fmt.Errorf("open catalog %s: %w", path, ErrBusy)
	}
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return fmt.Errorf("open catalog: %w", err)
	}
	return &CorruptError{File: path, Reason: err.Error()}
}

func withCaptures(tx *bolt.Tx, fn func(*bolt.Bucket) error) error {
	meta, captures := tx.Bucket([]byte(bucketMeta)), tx.Bucket([]byte(bucketCaptures))
	if meta == nil || captures == nil {
		return &CorruptError{File: tx.DB().Path(), Reason: "buckets are missing"}
	}
	if f := string(meta.Get([]byte("format"))); f != catalogFormat {
		return fmt.Errorf("open catalog %s: %w (%q, known is %s): use a newer pcapidx", tx.DB().Path(), ErrNewer, f, catalogFormat)
	}
	return fn(captures)
}

// createCatalog makes the catalog if there is none. It is built in folder
// scratch and linked into place, so that nobody ever sees half of one.
func (s *Store) createCatalog(scratch string) error {
	path := filepath.Join(s.dir, catalogFile)
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	tmp := filepath.Join(scratch, catalogFile)
	db, err := bolt.Open(tmp, 0o644, nil)
	if err != nil {
		return fmt.Errorf("create catalog: %w", err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		meta, err := tx.CreateBucket([]byte(bucketMeta))
		if err != nil {
			return err
		}
		if err := meta.Put([]byte("format"), []byte(catalogFormat)); err != nil {
			return err
		}
		_, err = tx.CreateBucket([]byte(bucketCaptures))
		return err
	})
	if cerr := db.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		if err = os.Link(tmp, path); errors.Is(err, fs.ErrExist) {
			err = nil // another process was first
		}
	}
	if err != nil {
		return fmt.Errorf("create catalog: %w", err)
	}
	_ = os.Remove(tmp)
	return syncDir(s.dir)
}

func entryKey(owner, id string) []byte { return []byte(owner + "\x00" + id) }

func decodeEntry(b *bolt.Bucket, key, value []byte) (*Entry, error) {
	e := &Entry{}
	if err := json.Unmarshal(value, e); err != nil {
		return nil, &CorruptError{File: b.Tx().DB().Path(), Bucket: bucketCaptures, Key: slices.Clone(key), Reason: err.Error()}
	}
	return e, nil
}

// eachEntry calls yield for the entries of all owners.
func eachEntry(b *bolt.Bucket, yield func(*Entry) error) error {
	if b == nil {
		return nil
	}
	return b.ForEach(func(key, value []byte) error {
		e, err := decodeEntry(b, key, value)
		if err != nil {
			return err
		}
		return yield(e)
	})
}

// List gives the owner's captures, oldest first.
func (s *Store) List() ([]Entry, error) {
	out := []Entry{}
	err := s.read(func(b *bolt.Bucket) error {
		return eachEntry(b, func(e *Entry) error {
			if e.Owner == s.owner {
				out = append(out, *e)
			}
			return nil
		})
	})
	slices.SortFunc(out, func(a, b Entry) int {
		if c := a.Added.Compare(b.Added); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out, err
}

// Usage counts the captures of all owners, and the bytes of their indexes, each
// index once.
func (s *Store) Usage() (captures int, bytes int64, err error) {
	builds := map[string]bool{}
	err = s.read(func(b *bolt.Bucket) error {
		return eachEntry(b, func(e *Entry) error {
			captures++
			if dir := s.buildDir(e); !builds[dir] {
				builds[dir] = true
				bytes += e.IndexBytes
			}
			return nil
		})
	})
	return captures, bytes, err
}

// Find gives the capture that ref names: its name, its id, or a prefix of at
// least 4 digits of its id. Errors: ErrNotFound, ErrAmbiguous.
func (s *Store) Find(ref string) (*Entry, error) {
	all, err := s.List()
	if err != nil {
		return nil, err
	}
	return find(all, ref)
}

func find(all []Entry, ref string) (*Entry, error) {
	var byName, byID []*Entry
	for i := range all {
		e := &all[i]
		if e.Name == ref {
			byName = append(byName, e)
		}
		if e.ID == ref || len(ref) >= 4 && strings.HasPrefix(e.ID, strings.ToLower(ref)) {
			byID = append(byID, e)
		}
	}
	found := byName
	if len(found) == 0 {
		found = byID
	}
	switch len(found) {
	case 0:
		return nil, fmt.Errorf("%w: %q", ErrNotFound, ref)
	case 1:
		return found[0], nil
	}
	ids := make([]string, len(found))
	for i, e := range found {
		ids[i] = e.ID
	}
	return nil, fmt.Errorf("%w: %q is any of %s", ErrAmbiguous, ref, strings.Join(ids, ", "))
}
