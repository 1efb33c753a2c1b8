package index

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"
)

// Build is an index in the making: a folder under incoming/ whose owner file
// stays locked until it was published or given up. Nothing of it can be seen in
// the store before Publish returns.
type Build struct {
	store  *Store
	dir    string
	parent string // folder captures/<id>, once it may have been made
	lock   *os.File
}

// Begin starts a build and sweeps what dead processes left behind.
func (s *Store) Begin() (*Build, error) {
	incoming := filepath.Join(s.dir, "incoming")
	if err := os.MkdirAll(incoming, 0o755); err != nil {
		return nil, fmt.Errorf("create store: %w", err)
	}
	// The gate is held while a build gets its owner file and while leftovers
	// are swept, so that a folder without owner file is a dead one.
	gate, err := lockFile(filepath.Join(incoming, "gate"), true)
	if err != nil {
		return nil, fmt.Errorf("lock store: %w", err)
	}
	defer gate.Close()
	s.step("gate")
	if s.tidy {
		s.sweep()
	}
	b := &Build{store: s, dir: filepath.Join(incoming, randomName())}
	if err := os.Mkdir(b.dir, 0o755); err != nil {
		return nil, fmt.Errorf("create build: %w", err)
	}
	s.step("folder")
	if b.lock, err = lockFile(filepath.Join(b.dir, ownerFile), false); err != nil {
		_ = os.RemoveAll(b.dir)
		return nil, fmt.Errorf("create build: %w", err)
	}
	s.step("locked")
	return b, nil
}

func randomName() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// Dir gives the folder to build in.
func (b *Build) Dir() string { return b.dir }

// Abort removes the build. It does nothing after Publish.
func (b *Build) Abort() {
	if b.lock == nil {
		return
	}
	_ = os.RemoveAll(b.dir)
	if b.parent != "" {
		_ = os.Remove(b.parent) // only if it is empty
	}
	_ = b.lock.Close()
	b.lock = nil
}

// Publish makes the build the content of capture e: it moves the folder into
// place and commits one catalog transaction. e.ID and e.Build are set. If the
// owner has the capture already with the same content, the build is dropped, and
// the entry that stands is given with duplicate true. If another owner has it,
// the build is dropped too and that owner's is shared, but the answer is that of
// a capture which is new. With replace, the build takes the place of an equal one.
func (b *Build) Publish(e Entry, replace bool) (published Entry, duplicate bool, err error) {
	s := b.store
	defer b.Abort()
	e.Owner, e.State, e.ID, e.Build = s.owner, "ready", e.DataSHA256[:idDigits], randomName()
	if err := b.settle(&e); err != nil {
		return e, false, err
	}
	var old *Entry
	needed := true
	err = s.write(func(captures *bolt.Bucket) error {
		standing, shared, err := s.standing(captures, &e)
		if err != nil {
			return err
		}
		if standing != nil && same(standing, &e) && !replace {
			e, duplicate, needed = *standing, true, false
			return nil
		}
		old = standing
		if shared != nil && !replace {
			e.Build, e.IndexBytes, needed = shared.Build, shared.IndexBytes, false
		}
		value, err := json.Marshal(e)
		if err != nil {
			return err
		}
		return captures.Put(entryKey(e.Owner, e.ID), value)
	})
	if err != nil {
		return e, false, fmt.Errorf("publish capture: %w", err)
	}
	s.step("committed")
	if needed || !s.tidy { // else Abort removes the folder
		_ = b.lock.Close() // from here on the catalog keeps it, or the next sweep takes it
		b.lock = nil
	}
	if old != nil && s.tidy {
		s.removeUnreferenced(old)
	}
	s.step("cleaned")
	return e, duplicate, nil
}

// same reports whether two entries have the same content.
func same(a, b *Entry) bool {
	return a.DataSHA256 == b.DataSHA256 && a.Fingerprint == b.Fingerprint && a.Content == b.Content
}

// standing gives the owner's entry for e's capture, and an entry of any other
// owner with the same content.
func (s *Store) standing(captures *bolt.Bucket, e *Entry) (own, shared *Entry, err error) {
	err = eachEntry(captures, func(have *Entry) error {
		if have.ID != e.ID {
			return nil
		}
		if have.DataSHA256 != e.DataSHA256 {
			return fmt.Errorf("capture id %s is taken by other bytes (SHA-256 %s)", e.ID, have.DataSHA256)
		}
		if have.Owner == e.Owner {
			own = have
		} else if same(have, e) {
			shared = have
		}
		return nil
	})
	return own, shared, err
}

// settle makes the build durable and moves it to where the catalog will say.
func (b *Build) settle(e *Entry) error {
	s := b.store
	if err := s.createCatalog(b.dir); err != nil {
		return err
	}
	s.step("catalog")
	size, err := folderBytes(b.dir)
	if err == nil {
		err = syncDir(b.dir)
	}
	if err != nil {
		return fmt.Errorf("publish capture: %w", err)
	}
	e.IndexBytes = size
	to := s.buildDir(e)
	b.parent = filepath.Dir(to)
	for range 10 { // a removal next door may take the empty parent away
		if err = os.MkdirAll(b.parent, 0o755); err != nil {
			break
		}
		s.step("parent")
		if err = os.Rename(b.dir, to); !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("publish capture: %w", err)
	}
	b.dir = to
	s.step("renamed")
	for _, dir := range []string{b.parent, filepath.Join(s.dir, "captures"), filepath.Join(s.dir, "incoming"), s.dir} {
		if err := syncDir(dir); err != nil {
			return fmt.Errorf("publish capture: %w", err)
		}
	}
	s.step("synced")
	return nil
}

// folderBytes sums up the files in a folder and the folders in it.
func folderBytes(dir string) (total int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, f fs.DirEntry, err error) error {
		if err != nil || f.IsDir() {
			return err
		}
		info, err := f.Info()
		if err == nil {
			total += info.Size()
		}
		return err
	})
	return total, err
}

// Open opens the index that ref names. When it was removed or re-indexed
// between look-up and opening, it is looked up once more.
func (s *Store) Open(ref string) (*Index, *Entry, error) {
	var err error
	for range 2 {
		var e *Entry
		if e, err = s.Find(ref); err != nil {
			return nil, nil, err
		}
		var x *Index
		if x, err = Open(s.buildDir(e)); err == nil {
			x.verified = s.verified
			return x, e, nil
		}
		if !errors.Is(err, ErrGone) {
			return nil, nil, err
		}
	}
	return nil, nil, err
}

// Remove takes a capture out of the store. Open readers keep answering.
func (s *Store) Remove(ref string) (*Entry, error) {
	e, err := s.Find(ref)
	if err != nil {
		return nil, err
	}
	err = s.write(func(captures *bolt.Bucket) error {
		key := entryKey(s.owner, e.ID)
		value := captures.Get(key)
		if value == nil {
			return fmt.Errorf("%w: %q", ErrNotFound, ref)
		}
		if e, err = decodeEntry(captures, key, value); err != nil {
			return err
		}
		return captures.Delete(key)
	})
	if err != nil {
		return nil, fmt.Errorf("remove capture: %w", err)
	}
	s.step("removed")
	if s.tidy {
		s.removeUnreferenced(e)
	}
	return e, nil
}

// removeUnreferenced removes those of the builds that no entry of any owner
// refers to. What cannot be removed now is swept later.
func (s *Store) removeUnreferenced(builds ...*Entry) {
	referenced := map[string]bool{}
	err := s.read(func(captures *bolt.Bucket) error {
		return eachEntry(captures, func(have *Entry) error {
			referenced[s.buildDir(have)] = true
			return nil
		})
	})
	if err != nil {
		return
	}
	for _, e := range builds {
		if dir := s.buildDir(e); !referenced[dir] {
			_ = os.RemoveAll(dir)
			_ = os.Remove(filepath.Dir(dir)) // only if it is empty
		}
	}
}

// Sweep removes what dead processes and deletions left behind. A store of the
// local owner does so itself with each build.
func (s *Store) Sweep() error {
	incoming := filepath.Join(s.dir, "incoming")
	if _, err := os.Stat(incoming); errors.Is(err, fs.ErrNotExist) {
		return nil // nothing was ever built
	}
	gate, err := lockFile(filepath.Join(incoming, "gate"), true)
	if err != nil {
		return fmt.Errorf("lock store: %w", err)
	}
	defer gate.Close()
	s.sweep()
	return nil
}

// sweep removes folders of dead processes: those whose owner file is missing or
// can be locked, and that no entry refers to. The caller holds the gate.
func (s *Store) sweep() {
	for _, dir := range folders(filepath.Join(s.dir, "incoming", "*")) {
		if abandoned(dir) {
			_ = os.RemoveAll(dir)
		}
	}
	var candidates []*Entry
	for _, dir := range folders(filepath.Join(s.dir, "captures", "*", "*")) {
		if abandoned(dir) {
			candidates = append(candidates, &Entry{ID: filepath.Base(filepath.Dir(dir)), Build: filepath.Base(dir)})
		}
	}
	// Read after the locks were tried: who published meanwhile is in the catalog.
	if len(candidates) > 0 {
		s.removeUnreferenced(candidates...)
	}
	for _, dir := range folders(filepath.Join(s.dir, "captures", "*")) {
		_ = os.Remove(dir) // only if it is empty
	}
}

func folders(pattern string) (dirs []string) {
	paths, _ := filepath.Glob(pattern) // the pattern is well-formed
	for _, p := range paths {
		if info, err := os.Stat(p); err == nil && info.IsDir() {
			dirs = append(dirs, p)
		}
	}
	return dirs
}

// abandoned reports whether no living process builds or publishes in dir.
func abandoned(dir string) bool {
	path := filepath.Join(dir, ownerFile)
	if _, err := os.Stat(path); err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	lock, err := lockFile(path, false)
	if err != nil {
		return false
	}
	_ = lock.Close()
	return true
}
