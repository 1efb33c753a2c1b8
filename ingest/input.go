package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"pcapidx/index"
)

// Input is a capture to ingest.
type Input struct {
	Name   string    // base name to list it under
	Reader io.Reader // the file as given, perhaps compressed
	// Seeker is set when Reader can be read again from its start: only then is
	// a capture recognised before it is built.
	Seeker io.Seeker
	Size   uint64 // bytes of the file as given, 0 if not known
	// MaxData and MaxRatio bound what it may be when it is decompressed, see
	// source.Config; 0 is no limit.
	MaxData, MaxRatio uint64
}

// interruptible gives a reader of r that fails when ctx ends, even while r
// waits for input. release lets go of it; a read of r that is under way then
// ends with its input.
func interruptible(ctx context.Context, r io.Reader) (reader io.Reader, release func()) {
	pr, pw := io.Pipe()
	go func() {
		_, err := io.CopyBuffer(pw, r, make([]byte, 256<<10))
		_ = pw.CloseWithError(err)
	}()
	// closing the writing end: that is whose error a reader gets
	stop := context.AfterFunc(ctx, func() { _ = pw.CloseWithError(ctx.Err()) })
	return pr, func() {
		stop()
		_ = pr.Close()
	}
}

// readHead reads the first bytes of an input, fewer if it is short.
func readHead(r io.Reader) ([]byte, error) {
	head := make([]byte, index.HeadBytes)
	n, err := io.ReadFull(r, head)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return head[:n], err
}

// bytesReader gives a byte slice once and then lets go of it.
type bytesReader struct{ rest []byte }

func (b *bytesReader) Read(p []byte) (int, error) {
	if len(b.rest) == 0 {
		b.rest = nil
		return 0, io.EOF
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

// recognise finds the input in the store. Only a file whose size and head are
// known is hashed whole, and then left at the byte behind its head.
func recognise(ctx context.Context, store *index.Store, in Input, e *index.Entry, head []byte) (*Result, error) {
	if in.Seeker == nil {
		return nil, nil
	}
	all, err := store.List()
	if err != nil {
		return nil, err
	}
	like := func(have *index.Entry) bool {
		return have.HeadSHA256 == e.HeadSHA256 && have.FileBytes == in.Size &&
			have.Fingerprint == e.Fingerprint && have.Content == e.Content
	}
	sum := ""
	for i := range all {
		have := &all[i]
		if !like(have) {
			continue
		}
		if sum == "" {
			if sum, err = hashRest(ctx, in, head); err != nil {
				return nil, fmt.Errorf("read %s: %w", in.Name, err)
			}
		}
		if have.FileSHA256 == sum {
			return &Result{Entry: *have, Duplicate: true}, nil
		}
	}
	return nil, nil
}

// hashRest gives the SHA-256 of the whole input.
func hashRest(ctx context.Context, in Input, head []byte) (string, error) {
	h := sha256.New()
	h.Write(head)
	buf := make([]byte, 1<<20)
	for {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		n, err := in.Reader.Read(buf)
		h.Write(buf[:n])
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", err
		}
	}
	if _, err := in.Seeker.Seek(int64(len(head)), io.SeekStart); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
