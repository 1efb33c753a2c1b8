package source

import (
	"bytes"
	"errors"
	"testing"
)

// FuzzReader feeds any bytes: no panic, only the documented errors, and every
// capture can be rebuilt byte for byte (see read).
func FuzzReader(f *testing.F) {
	for _, o := range oddFiles(f) {
		if len(o.file) < 4096 {
			f.Add(o.file)
		}
	}
	const limit = 8 << 20
	f.Fuzz(func(t *testing.T, file []byte) {
		c, err := read(t, bytes.NewReader(file), Config{MaxData: limit})
		switch {
		case errors.Is(err, ErrNotCapture) || errors.Is(err, ErrTooLarge):
			return
		case err != nil:
			t.Fatal(err)
		}
		size := 0
		for _, d := range c.data {
			size += len(d)
		}
		if size > limit || len(c.info.Interfaces) > maxInterfaces+3 {
			t.Errorf("%d bytes of data, %d interfaces", size, len(c.info.Interfaces))
		}
	})
}
