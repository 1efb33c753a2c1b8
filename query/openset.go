package query

import (
	"pcapidx/index"
	"pcapidx/query/filter"
)

// openSet is some captures, opened for one question.
type openSet struct {
	ids      []string
	builds   []string
	captures []Capture
}

// open opens the captures that a request names.
func (e *Engine) open(refs []string, all bool) (*openSet, error) {
	ids, err := e.captureRefs(refs, all)
	if err != nil {
		return nil, err
	}
	s := &openSet{ids: []string{}}
	for _, id := range ids {
		x, entry, err := e.source.Open(id)
		if err != nil {
			s.close()
			return nil, wrap(err)
		}
		s.ids, s.builds, s.captures = append(s.ids, entry.ID), append(s.builds, entry.Build), append(s.captures, x)
	}
	return s, nil
}

func (s *openSet) close() {
	for _, x := range s.captures {
		_ = x.Close()
	}
}

// openFiltered parses a display filter and opens a capture that can answer it; the
// caller closes it.
func (e *Engine) openFiltered(capture, text string) (*filter.Filter, Capture, *index.Entry, error) {
	f, err := parseFilter(text)
	if err != nil {
		return nil, nil, nil, err
	}
	x, entry, err := e.source.Open(capture)
	if err != nil {
		return nil, nil, nil, wrap(err)
	}
	if err := answerable(f, entry.ID, x.Summary().Content); err != nil {
		_ = x.Close()
		return nil, nil, nil, err
	}
	return f, x, entry, nil
}
