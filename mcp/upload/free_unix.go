//go:build linux || darwin

package upload

import "syscall"

// freeBytes gives the bytes that are free on the disk of a folder, for users
// without privileges.
func freeBytes(dir string) (uint64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return s.Bavail * uint64(s.Bsize), nil
}
