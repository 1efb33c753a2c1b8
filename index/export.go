package index

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Export writes the decompressed capture file back, byte for byte.
func (x *Index) Export(w io.Writer) error {
	return x.view(func(v *view) error {
		b := v.tx.Bucket([]byte(bucketContainer))
		if b == nil {
			return v.corrupt(bucketContainer, nil, errors.New("bucket is missing"))
		}
		c := b.Cursor()
		pieces := &pieceCursor{v: v, c: c}
		if err := pieces.load(c.First()); err != nil {
			return err
		}
		e := &exporter{w: w, ifaces: x.summary.File.Interfaces, pieces: pieces}
		err := x.EachRows(1, true, func(rows *Rows) (bool, error) { return true, e.rows(rows) })
		if err != nil {
			return err
		}
		if e.frame != x.summary.Frames {
			return v.corrupt(bucketColumns, key32(e.frame+1), errMissing)
		}
		if err := e.gap(e.frame+1, nil); err != nil {
			return v.wrap(bucketContainer, key32(e.frame+1), err)
		}
		if len(pieces.group) > 0 {
			return v.corrupt(bucketContainer, key32(pieces.group[0].Before), errors.New("container bytes belong to no frame"))
		}
		return nil
	})
}

// exporter writes gaps and packet data in file order.
type exporter struct {
	w      io.Writer
	ifaces []Interface
	pieces *pieceCursor
	prev   *Frame
	last   Frame
	frame  uint32 // number of the frame written last
	buf    []byte
}

func (e *exporter) rows(r *Rows) error {
	for i := range r.Packets {
		p := &r.Packets[i]
		if p.Number != e.frame+1 {
			return fmt.Errorf("export frame %d: %w", p.Number, errShort)
		}
		if err := e.gap(p.Number, &p.Frame); err != nil {
			return err
		}
		e.buf = append(e.buf, r.Data(i)...)
		e.last, e.frame = p.Frame, p.Number
		e.prev = &e.last
		if len(e.buf) >= 1<<20 {
			if err := e.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// gap writes the container bytes before a frame: the stored pieces if there are
// any, else what AppendGap tells. next is nil at the end of the file.
func (e *exporter) gap(before uint32, next *Frame) error {
	stored, err := e.pieces.before(before, func(b []byte) error {
		e.buf = append(e.buf, b...)
		if len(e.buf) >= 1<<20 {
			return e.flush()
		}
		return nil
	})
	if err != nil {
		return err
	}
	if !stored {
		var ok bool
		if e.buf, ok = AppendGap(e.buf, e.ifaces, e.prev, next); !ok {
			return fmt.Errorf("export frame %d: container bytes are missing: %w", before, errShort)
		}
	}
	if next == nil {
		return e.flush()
	}
	return nil
}

func (e *exporter) flush() error {
	_, err := e.w.Write(e.buf)
	e.buf = e.buf[:0]
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	return nil
}

// pieceCursor walks the stored container pieces in order.
type pieceCursor struct {
	v     *view
	c     interface{ Next() (key, value []byte) }
	group []ContainerPiece
}

func (p *pieceCursor) load(key, value []byte) error {
	p.group = nil
	if key == nil {
		return nil
	}
	body, ok := unseal(key, value)
	if !ok {
		return p.v.corrupt(bucketContainer, key, errChecksum)
	}
	if len(key) != 8 {
		return p.v.corrupt(bucketContainer, key, errShort)
	}
	var err error
	if p.group, err = decodePieces(body, binary.BigEndian.Uint32(key)); err != nil {
		return p.v.corrupt(bucketContainer, key, err)
	}
	return nil
}

// before hands all pieces of one gap to write; found says whether there were any.
func (p *pieceCursor) before(frame uint32, write func([]byte) error) (found bool, err error) {
	for len(p.group) > 0 && p.group[0].Before == frame {
		found = true
		if err := write(p.group[0].Data); err != nil {
			return found, err
		}
		if p.group = p.group[1:]; len(p.group) == 0 {
			if err := p.load(p.c.Next()); err != nil {
				return found, err
			}
		}
	}
	return found, nil
}
