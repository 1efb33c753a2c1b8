package mcp

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"pcapidx/query"
)

// Quota bounds what one user may keep in the store; 0: no bound.
type Quota struct {
	Bytes    int64 // of the indexes of the user's captures, which hold the packets
	Captures int
}

// reservations are what users are about to add.
type reservations struct {
	mu     sync.Mutex
	ofUser map[string]Quota
}

// Reserve makes room for a capture of a user, before its file is taken in: it is
// an error that tells the user what to do if the user has no room for one more,
// or not for so many bytes. Whoever reserves calls release when the capture is
// indexed, or is not going to be.
func (s *Server) Reserve(ctx context.Context, user string, bytes int64) (release func(), err error) {
	q := s.config.Quota
	if q == (Quota{}) {
		return func() {}, nil
	}
	has, err := s.keeps(ctx, user)
	if err != nil {
		return nil, err
	}
	s.reserved.mu.Lock()
	defer s.reserved.mu.Unlock()
	coming := s.reserved.ofUser[user]
	if err := q.room(Quota{has.Bytes + coming.Bytes + bytes, has.Captures + coming.Captures + 1}); err != nil {
		return nil, err
	}
	s.reserved.add(user, Quota{bytes, 1})
	return sync.OnceFunc(func() {
		s.reserved.mu.Lock()
		defer s.reserved.mu.Unlock()
		s.reserved.add(user, Quota{-bytes, -1})
	}), nil
}

// add changes what a user is about to add. The caller holds the lock.
func (r *reservations) add(user string, q Quota) {
	have := r.ofUser[user]
	have.Bytes, have.Captures = have.Bytes+q.Bytes, have.Captures+q.Captures
	if r.ofUser[user] = have; have == (Quota{}) {
		delete(r.ofUser, user)
	}
}

// keeps is what a user has in the store.
func (s *Server) keeps(ctx context.Context, user string) (has Quota, err error) {
	e, err := s.config.Engine(user)
	if err != nil {
		return has, err
	}
	a, err := e.Captures(ctx, query.CapturesRequest{})
	if err != nil {
		return has, err
	}
	for i := range a.Rows {
		has.Bytes += a.Rows[i].IndexBytes
	}
	has.Captures = len(a.Rows)
	return has, nil
}

// room is an error if a user would keep more than the quota.
func (q Quota) room(want Quota) error {
	const hint = "delete_capture makes room; list_captures with response_format detailed shows index_bytes"
	if q.Captures > 0 && want.Captures > q.Captures {
		return &query.Error{Kind: query.BadRequest, Msg: fmt.Sprintf("your quota of %d captures is used up", q.Captures), Hint: hint}
	}
	if q.Bytes > 0 && want.Bytes > q.Bytes {
		return &query.Error{
			Kind: query.BadRequest, Msg: fmt.Sprintf("your quota of %d bytes has no room for this: it would take %d", q.Bytes, want.Bytes), Hint: hint,
		}
	}
	return nil
}

// known reports whether a file looks like one that the user has added before.
func known(ctx context.Context, e *query.Engine, name string, size uint64) bool {
	a, err := e.Captures(ctx, query.CapturesRequest{})
	return err == nil && slices.ContainsFunc(a.Rows, func(r query.CaptureRow) bool {
		return r.Name == name && r.FileBytes == size
	})
}

// settle takes captures that were just indexed out of the store again if the user
// keeps more than the quota with them: what an index takes is not known before,
// least of all that of a compressed file.
func (s *Server) settle(ctx context.Context, e *query.Engine, user string, a *query.AddAnswer) error {
	if s.config.Quota == (Quota{}) {
		return nil
	}
	has, err := s.keeps(ctx, user)
	if err != nil {
		return err
	}
	over := s.config.Quota.room(has)
	if over == nil {
		return nil
	}
	removed := false
	for i := range a.Rows {
		if a.Rows[i].Duplicate {
			continue // it was there before, and takes nothing more
		}
		if _, err := e.Remove(ctx, query.RemoveRequest{Captures: []string{a.Rows[i].Capture}}); err != nil {
			return err
		}
		removed = true
	}
	if !removed {
		return nil
	}
	return over
}
