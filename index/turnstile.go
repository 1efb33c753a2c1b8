package index

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// The turnstile keeps readers from starving writers. bbolt's file lock goes to
// whoever asks while it is free, and a writer asks every 50 ms only: a few busy
// readers would keep it out for good. So a writer holds the turnstile while it
// waits for the catalog and works on it, and a reader goes through the turnstile
// before it opens the catalog.
const (
	turnstileFile = "catalog.turn"
	turnstilePoll = 2 * time.Millisecond
)

// enter waits until no writer holds the turnstile. Where there is none (nothing
// was written yet, or the store cannot be written) there is nothing to wait for.
func (s *Store) enter() error {
	return s.patiently(func() error {
		if err := tryShared(filepath.Join(s.dir, turnstileFile)); errors.Is(err, ErrBusy) {
			return err
		}
		return nil
	})
}

// hold takes the turnstile; closing the file gives it back.
func (s *Store) hold() (f *os.File, err error) {
	err = s.patiently(func() error {
		f, err = lockFile(filepath.Join(s.dir, turnstileFile), false)
		return err
	})
	return f, err
}

// patiently tries again while others are in the way, as long as the store waits.
func (s *Store) patiently(try func() error) error {
	for start := time.Now(); ; time.Sleep(turnstilePoll) {
		err := try()
		if err == nil {
			return nil
		}
		if !errors.Is(err, ErrBusy) || time.Since(start) > s.patience {
			return fmt.Errorf("open catalog in %s: %w", s.dir, err)
		}
	}
}
