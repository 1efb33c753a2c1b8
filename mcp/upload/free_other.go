//go:build !linux && !darwin

package upload

import "math"

// freeBytes knows of no limit: a disk that is full says so when it is written to.
func freeBytes(string) (uint64, error) { return math.MaxUint64, nil }
