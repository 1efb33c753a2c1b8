package index

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
)

// sumsFile stands beside index.db and holds the CRC-32C of every sumsChunk
// bytes of it: bbolt's own page structure has no checksums.
const (
	sumsFile  = "index.sum"
	sumsChunk = 1 << 20
)

type sums struct {
	Bytes  int64    `json:"bytes"`
	CRC32C []uint32 `json:"crc32c"` // one per MiB
}

// sumsReaders is how many goroutines read a file for its sums.
const sumsReaders = 4

// computeSums reads the whole file at path, in parallel.
func computeSums(path string) (*sums, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	s := &sums{Bytes: info.Size()}
	s.CRC32C = make([]uint32, (s.Bytes+sumsChunk-1)/sumsChunk)
	var next atomic.Int64
	var wait sync.WaitGroup
	failed := make([]error, min(sumsReaders, runtime.GOMAXPROCS(0)))
	for worker := range failed {
		wait.Go(func() {
			buf := make([]byte, min(sumsChunk, s.Bytes))
			for i := next.Add(1) - 1; i < int64(len(s.CRC32C)); i = next.Add(1) - 1 {
				chunk := buf[:min(sumsChunk, s.Bytes-i*sumsChunk)]
				if _, err := f.ReadAt(chunk, i*sumsChunk); err != nil {
					failed[worker] = err
					return
				}
				s.CRC32C[i] = crc32.Checksum(chunk, castagnoli())
			}
		})
	}
	wait.Wait()
	return s, errors.Join(failed...)
}

// writeSums writes sumsFile for the index.db in dir and syncs it.
func writeSums(dir string) error {
	s, err := computeSums(filepath.Join(dir, indexFile))
	if err != nil {
		return fmt.Errorf("sum index: %w", err)
	}
	return writeJSON(filepath.Join(dir, sumsFile), s)
}

// writeJSON writes a file of sums and syncs it.
func writeJSON(path string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("sum index: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o644)
	if err != nil {
		return fmt.Errorf("sum index: %w", err)
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("sum index: %w", err)
	}
	return nil
}

// verifySums compares index.db with sumsFile and describes every difference.
func verifySums(dir string) (problems []string, err error) {
	path := filepath.Join(dir, indexFile)
	got, err := computeSums(path)
	if err != nil {
		return nil, fmt.Errorf("check index: %w", err)
	}
	b, err := os.ReadFile(filepath.Join(dir, sumsFile))
	if err != nil {
		return []string{"index.sum cannot be read: " + err.Error()}, nil //nolint:nilerr // it is a finding
	}
	var want sums
	if err := json.Unmarshal(b, &want); err != nil {
		return []string{"index.sum is damaged"}, nil //nolint:nilerr // it is a finding
	}
	return compareSums(indexFile, got, &want), nil
}

// compareSums describes how a file differs from what was written.
func compareSums(name string, got, want *sums) (problems []string) {
	if got.Bytes != want.Bytes {
		problems = append(problems, fmt.Sprintf("%s has %d bytes, written were %d", name, got.Bytes, want.Bytes))
	}
	for i := range min(len(got.CRC32C), len(want.CRC32C)) {
		if got.CRC32C[i] != want.CRC32C[i] {
			problems = append(problems, fmt.Sprintf("%s bytes %d to %d changed since they were written", name, int64(i)*sumsChunk, min(int64(i+1)*sumsChunk, got.Bytes)-1))
		}
	}
	return problems
}
