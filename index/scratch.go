package index

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// scratchFile holds numbered values while an ingest runs, in the order in which they
// came. It lies in the build's folder and is gone before the build is published.
type scratchFile struct {
	file   *os.File
	out    *bufio.Writer
	failed error
}

// scratchPattern names scratch files.
const scratchPattern = "scratch-*.tmp"

func (s *scratchFile) create(dir string) (err error) {
	if s.file, err = os.CreateTemp(dir, scratchPattern); err == nil {
		s.out = bufio.NewWriterSize(s.file, 1<<18)
	}
	return err
}

// write appends a value: number, length, bytes. After a failure it does nothing.
func (s *scratchFile) write(number uint32, value []byte) {
	if s.failed != nil {
		return
	}
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, number), uint32(len(value)))
	if _, s.failed = s.out.Write(head); s.failed == nil {
		_, s.failed = s.out.Write(value)
	}
}

// each gives all values back. It may be called once.
func (s *scratchFile) each(yield func(number uint32, value []byte)) error {
	err := s.failed
	if err == nil {
		err = s.out.Flush()
	}
	if err == nil {
		_, err = s.file.Seek(0, io.SeekStart)
	}
	in := bufio.NewReaderSize(s.file, 1<<18)
	for err == nil {
		var head [8]byte
		if _, err = io.ReadFull(in, head[:]); errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			value := make([]byte, binary.BigEndian.Uint32(head[4:]))
			if _, err = io.ReadFull(in, value); err == nil {
				yield(binary.BigEndian.Uint32(head[:]), value)
			}
		}
	}
	return fmt.Errorf("message log: %w", err)
}

// remove deletes the file. It may be called more than once.
func (s *scratchFile) remove() error {
	if s.file == nil {
		return nil
	}
	err := errors.Join(s.file.Close(), os.Remove(s.file.Name()))
	s.file = nil
	return err
}
