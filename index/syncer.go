package index

import "os"

// syncer writes a growing file to disk in the background. It is a help only: whoever
// needs the file on disk syncs it, and what fails here fails there.
type syncer struct {
	due     chan struct{}
	done    chan struct{}
	waiting int // bytes written since the disk was told
}

func startSyncer(path string) *syncer {
	s := &syncer{due: make(chan struct{}, 1), done: make(chan struct{})}
	go s.run(path)
	return s
}

func (s *syncer) run(path string) {
	defer close(s.done)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	for range s.due {
		if err == nil {
			err = f.Sync()
		}
	}
	if f != nil {
		_ = f.Close()
	}
}

// wrote says that the file grew.
func (s *syncer) wrote(bytes int) {
	if s.waiting += bytes; s.waiting < syncBytes {
		return
	}
	select {
	case s.due <- struct{}{}:
		s.waiting = 0
	default: // the disk is behind
	}
}

func (s *syncer) stop() {
	close(s.due)
	<-s.done
}
