package query

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
