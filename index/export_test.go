package index

import (
	"encoding/binary"
	"os"
	"time"
)

// What tests outside of the package need from inside.

// WriteSums writes index.sum anew for the index.db in a folder.
func WriteSums(dir string) error { return writeSums(dir) }

// OnStep has fn called with the name of each step of a build's life.
func (s *Store) OnStep(fn func(string)) { s.step = fn }

// SetPatience says how long the catalog is waited for.
func (s *Store) SetPatience(d time.Duration) { s.patience = d }

// BuildDir gives the folder of a published build.
func (s *Store) BuildDir(e *Entry) string { return s.buildDir(e) }

// LockFile takes the lock of an owner file.
func LockFile(path string, wait bool) (*os.File, error) { return lockFile(path, wait) }

// LivePages gives the byte offsets of the pages of an index.db that are in use,
// by kind.
func LivePages(path string) (branches, leaves []int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	w := &pageWalk{f: f, seen: map[uint64]bool{}}
	if err := w.meta(); err != nil {
		return nil, nil, err
	}
	if err := w.buckets(true); err != nil {
		return nil, nil, err
	}
	for id := range w.end {
		at := int64(id * w.size)
		var head [pageHeader]byte
		if _, err := f.ReadAt(head[:], at); err != nil {
			return nil, nil, err
		}
		switch {
		case !w.seen[id] || binary.NativeEndian.Uint64(head[:]) != id:
		case head[8] == pageBranch:
			branches = append(branches, at)
		default:
			leaves = append(leaves, at)
		}
	}
	return branches, leaves, nil
}
