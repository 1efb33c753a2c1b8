package index

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
)

// CheckReport says what Check looked at and what it found.
type CheckReport struct {
	Frames      uint32   // whose stored bytes and columns were read
	Connections uint32   // whose records were compared with their frames
	Postings    int      // lists compared with the columns
	Problems    []string // empty: the index is whole; at most maxProblems
}

const maxProblems = 100

// Check verifies an index: the sums of the whole file, every value's checksum,
// blocks and columns against each other, posting lists and memberships against
// the columns, connections against their frames, and the exported file against
// its SHA-256 (hex). Damage is in the report; the error is about reading or ctx.
func Check(ctx context.Context, dir, sha string) (*CheckReport, error) {
	c := &checker{ctx: ctx, report: &CheckReport{Problems: []string{}}}
	problems, err := verifySums(dir)
	if err != nil {
		return nil, err
	}
	if err := c.text(dir); err != nil {
		return nil, err
	}
	c.report.Problems = append(c.report.Problems, problems...)
	if len(problems) > 0 {
		// what lies in a damaged page tree cannot be walked safely
		return c.report, nil
	}
	if err := verifyPages(filepath.Join(dir, indexFile), true); err != nil {
		return c.report, c.note(err)
	}
	x, err := Open(dir)
	if err != nil {
		return c.report, c.note(err)
	}
	defer x.Close()
	c.x = x
	for _, step := range []func() error{c.values, c.rows, c.connections, c.messages, func() error { return c.container(sha) }} {
		if err := c.note(step()); err != nil {
			return c.report, err
		}
	}
	return c.report, nil
}

// Check verifies the capture that ref names.
func (s *Store) Check(ctx context.Context, ref string) (*CheckReport, *Entry, error) {
	e, err := s.Find(ref)
	if err != nil {
		return nil, nil, err
	}
	r, err := Check(ctx, s.buildDir(e), e.DataSHA256)
	return r, e, err
}

// text verifies the text index, if there is one: the sums of its files, and that
// it opens.
func (c *checker) text(dir string) error {
	problems, err := verifyTextSums(dir, false)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	c.report.Problems = append(c.report.Problems, problems...)
	if len(problems) > 0 {
		return nil
	}
	t, err := OpenText(dir)
	if err != nil {
		return c.note(err)
	}
	return t.Close()
}

type checker struct {
	ctx    context.Context
	x      *Index
	report *CheckReport
}

func (c *checker) problem(format string, args ...any) {
	if len(c.report.Problems) < maxProblems {
		c.report.Problems = append(c.report.Problems, fmt.Sprintf(format, args...))
	}
}

// note turns damage into a problem and passes other errors on.
func (c *checker) note(err error) error {
	var corrupt *CorruptError
	if errors.As(err, &corrupt) || errors.Is(err, errShort) {
		c.problem("%v", err)
		return nil
	}
	return err
}

// values reads every value of every bucket for its checksum alone.
func (c *checker) values() error {
	return c.x.view(func(v *view) error {
		for _, name := range buckets() {
			b := v.tx.Bucket([]byte(name))
			if b == nil && c.x.summary.Content < bucketSince(name) {
				continue
			}
			if b == nil {
				c.problem("bucket %s is missing", name)
				continue
			}
			err := b.ForEach(func(key, value []byte) error {
				if _, ok := unseal(key, value); !ok {
					c.problem("%s/%x: checksum differs", name, key)
				}
				return c.ctx.Err()
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// container exports the capture and compares its hash and length.
func (c *checker) container(sha string) error {
	h := sha256.New()
	n := &countingWriter{ctx: c.ctx, w: h}
	if err := c.x.Export(n); err != nil {
		return err
	}
	if n.bytes != c.x.summary.File.DataBytes {
		c.problem("the capture exports to %d bytes, read were %d", n.bytes, c.x.summary.File.DataBytes)
	}
	if got := hex.EncodeToString(h.Sum(nil)); sha != "" && got != sha {
		c.problem("the exported capture has SHA-256 %s, read was %s", got, sha)
	}
	return nil
}

// countingWriter counts bytes and stops when its context ends.
type countingWriter struct {
	ctx   context.Context
	w     interface{ Write([]byte) (int, error) }
	bytes uint64
}

func (n *countingWriter) Write(b []byte) (int, error) {
	if err := n.ctx.Err(); err != nil {
		return 0, err
	}
	n.bytes += uint64(len(b))
	return n.w.Write(b)
}
