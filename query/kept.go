package query

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"pcapidx/index"
)

// KeptSource is an embedded store as a Source for a process that answers many
// questions: indexes stay open between questions, because opening one, mapping it
// and checking what is read of it costs more than most answers. What is kept is
// bounded by number and idle time; a capture is looked up in the catalog for each
// question, so that one that was removed or re-indexed is never answered from what
// is open.
type KeptSource struct {
	*index.Store
	most int
	idle time.Duration

	lock sync.Mutex
	kept []*keptIndex // in the order of their last use
}

// keptIndex is an open index and the questions that use it.
type keptIndex struct {
	*index.Index
	source    *KeptSource
	id, build string
	uses      int
	dropped   bool        // out of the list: the last use closes it
	timer     *time.Timer // drops it when nobody asks any more
	overview  atomic.Pointer[keptOverview]
}

// NewKeptSource keeps at most so many indexes of a store open, each until nobody
// has used it for the idle time.
func NewKeptSource(s *index.Store, most int, idle time.Duration) *KeptSource {
	return &KeptSource{Store: s, most: max(1, most), idle: idle}
}

// Open gives an index that is open or opens it.
func (s *KeptSource) Open(ref string) (Capture, *index.Entry, error) {
	e, err := s.Find(ref)
	if err != nil {
		return nil, nil, err
	}
	if k := s.use(e); k != nil {
		return k, e, nil
	}
	x, e, err := s.Store.Open(ref) // by the reference: it may be re-indexed meanwhile
	if err != nil {
		return nil, nil, err
	}
	if k := s.use(e); k != nil { // somebody else was faster
		_ = x.Close()
		return k, e, nil
	}
	return s.keep(x, e), e, nil
}

// use finds an open index of the build of e, and drops those of its other builds.
func (s *KeptSource) use(e *index.Entry) *keptIndex {
	s.lock.Lock()
	defer s.lock.Unlock()
	for i := len(s.kept) - 1; i >= 0; i-- {
		switch k := s.kept[i]; {
		case k.id != e.ID:
		case k.build != e.Build:
			s.drop(i)
		default:
			s.kept = append(slices.Delete(s.kept, i, i+1), k)
			k.uses++
			return k
		}
	}
	return nil
}

// keep adds an index that was opened, used once.
func (s *KeptSource) keep(x *index.Index, e *index.Entry) *keptIndex {
	k := &keptIndex{Index: x, source: s, id: e.ID, build: e.Build, uses: 1}
	s.lock.Lock()
	defer s.lock.Unlock()
	s.kept = append(s.kept, k)
	for len(s.kept) > s.most {
		s.drop(0)
	}
	return k
}

// drop takes an index out of the list. The caller holds the lock.
func (s *KeptSource) drop(i int) {
	k := s.kept[i]
	s.kept = slices.Delete(s.kept, i, i+1)
	if k.dropped = true; k.uses == 0 {
		k.release()
	}
}

// release closes the files; no question uses them.
func (k *keptIndex) release() {
	if k.timer != nil {
		k.timer.Stop()
	}
	_ = k.Index.Close()
}

// Close ends one use.
func (k *keptIndex) Close() error {
	s := k.source
	s.lock.Lock()
	defer s.lock.Unlock()
	k.uses--
	switch {
	case k.uses > 0:
	case k.dropped:
		k.release()
	case k.timer == nil:
		k.timer = time.AfterFunc(s.idle, func() { s.expire(k) })
	default:
		k.timer.Reset(s.idle)
	}
	return nil
}

// expire drops an index that was not used for the idle time.
func (s *KeptSource) expire(k *keptIndex) {
	s.lock.Lock()
	defer s.lock.Unlock()
	if i := slices.Index(s.kept, k); i >= 0 && k.uses == 0 {
		s.drop(i)
	}
}

// Remove takes a capture out of the store and closes its index.
func (s *KeptSource) Remove(ref string) (*index.Entry, error) {
	e, err := s.Store.Remove(ref)
	if err != nil {
		return nil, err
	}
	s.lock.Lock()
	defer s.lock.Unlock()
	for i := len(s.kept) - 1; i >= 0; i-- {
		if s.kept[i].id == e.ID {
			s.drop(i)
		}
	}
	return e, nil
}

// Close closes what is open and not in use; what is in use, when its question ends.
func (s *KeptSource) Close() {
	s.lock.Lock()
	defer s.lock.Unlock()
	for len(s.kept) > 0 {
		s.drop(0)
	}
}
