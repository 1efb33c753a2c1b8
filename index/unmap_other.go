//go:build !linux

package index

import bolt "go.etcd.io/bbolt"

// forget and forgetPages are for systems that count pages of mapped files to a process.
func forget(*bolt.DB) error { return nil }

func forgetPages([]byte) error { return nil }
