package keys

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// throttle is how exactly the last use of a key is kept: a busy key would
// otherwise cost a write for each request.
const throttle = time.Minute

// isID reports whether a text can be an id, and so a name of a file.
func isID(s string) bool {
	return len(s) == idLetters && !strings.ContainsFunc(s, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '2' || r > '7') })
}

func (s *Store) path(id string) string { return filepath.Join(s.dir, id+".json") }
func (s *Store) mark(id string) string { return filepath.Join(s.dir, id+".used") }

// get reads a key's file. Errors: fs.ErrNotExist.
func (s *Store) get(id string) (*Key, error) {
	b, err := os.ReadFile(s.path(id))
	if err != nil {
		return nil, err
	}
	k, err := decode(b)
	if err != nil {
		return nil, fmt.Errorf("read key %s: %w", id, err)
	}
	if k.ID != id {
		return nil, fmt.Errorf("read key %s: the file holds key %q", id, k.ID)
	}
	if info, err := os.Stat(s.mark(id)); err == nil {
		k.LastUsed = info.ModTime().UTC()
	}
	return k, nil
}

// put writes a key's file.
func (s *Store) put(k *Key) error {
	b, err := json.MarshalIndent(k, "", "  ")
	if err != nil {
		return err
	}
	part, err := s.part(append(b, '\n'))
	if err != nil {
		return err
	}
	if err := os.Rename(part, s.path(k.ID)); err != nil {
		_ = os.Remove(part)
		return err
	}
	return nil
}

// part writes a file that only the owner reads, under a name that nothing looks
// at.
func (s *Store) part(content []byte) (path string, err error) {
	f, err := os.OpenFile(filepath.Join(s.dir, "."+rand.Text()), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return "", err
	}
	return f.Name(), nil
}

// used notes that a key was used. Where that cannot be noted, the key opens all
// the same.
func (s *Store) used(k *Key) {
	now := time.Now()
	if now.Sub(k.LastUsed) < throttle {
		return
	}
	if err := os.Chtimes(s.mark(k.ID), now, now); !errors.Is(err, fs.ErrNotExist) {
		return
	}
	if f, err := os.OpenFile(s.mark(k.ID), os.O_CREATE|os.O_WRONLY, 0o600); err == nil {
		_ = f.Close()
	}
}

func (s *Store) pepper() ([]byte, error) {
	b, err := os.ReadFile(filepath.Join(s.dir, pepperFile))
	if err == nil && len(b) != pepperSize {
		err = fmt.Errorf("%s holds %d bytes, not %d", filepath.Join(s.dir, pepperFile), len(b), pepperSize)
	}
	return b, err
}

// makePepper gives the pepper, made if there is none. It comes into place as a
// whole, and the first one stays.
func (s *Store) makePepper() ([]byte, error) {
	b, err := s.pepper()
	if !errors.Is(err, fs.ErrNotExist) {
		return b, err
	}
	b = make([]byte, pepperSize)
	_, _ = rand.Read(b) // never fails
	part, err := s.part(b)
	if err != nil {
		return nil, err
	}
	err = os.Link(part, filepath.Join(s.dir, pepperFile))
	_ = os.Remove(part)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return s.pepper()
}
