package index

import (
	"golang.org/x/sys/unix"

	bolt "go.etcd.io/bbolt"
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
