package index

import (
	"errors"

	bolt "go.etcd.io/bbolt"
	"golang.org/x/sys/unix"
)

// forget takes what was read of a growing database out of this process's memory; the
// system keeps it in its cache as long as there is room. Otherwise the tree of a large
// index would stand in memory once more, as pages of the file, until it is closed.
func forget(db *bolt.DB) error {
	return db.View(func(tx *bolt.Tx) error {
		_, _, failed := unix.Syscall(unix.SYS_MADVISE, db.Info().Data, uintptr(tx.Size()), unix.MADV_DONTNEED)
		if failed != 0 && failed != unix.EINVAL { // what a kernel does not know costs memory only
			return failed
		}
		return nil
	})
}

// forgetPages does the same for a file that stands in memory as b.
func forgetPages(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	if err := unix.Madvise(b, unix.MADV_DONTNEED); err != nil && !errors.Is(err, unix.EINVAL) {
		return err
	}
	return nil
}
