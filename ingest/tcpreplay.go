package ingest

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"pcapidx/ingest/diag"
	"pcapidx/ingest/tcp"
)

// records are those of one connection: bytes of a batch or, of a connection that is
// larger than one, those of the file from a place on.
type records struct {
	log   *tcpLog
	conn  uint32
	batch *logBatch // nil: there are none
	bytes []byte
	from  int64 // -1: bytes holds them
}

// records gives the records of a connection. Connections are asked for in rising
// order; what was got has to be released.
func (l *tcpLog) records(conn uint32) (r records, err error) {
	turns, err := l.turns(conn)
	if err == nil && turns {
		err = l.load(conn)
	}
	if err != nil || l.sizeOf(conn) == 0 {
		return r, err
	}
	b := l.current
	r = records{log: l, conn: conn, batch: b, from: b.from}
	if int(l.sizeOf(conn)) <= l.budget {
		from, at := uint32(0), conn-b.low
		if at > 0 {
			from = b.ends[at-1]
		}
		r.bytes, r.from = b.bytes[from:b.ends[at]], -1
	}
	b.users.Add(1)
	return r, nil
}

// turns reports whether the records of a connection are in the next batch. Asking for
// them waits until those of the batch before the current one were released: whoever
// holds some has to let go of them first.
func (l *tcpLog) turns(conn uint32) (bool, error) {
	if conn-l.first >= l.window {
		if err := l.measure(conn); err != nil {
			return false, err
		}
	}
	return l.sizeOf(conn) > 0 && (l.current == nil || conn >= l.current.high), nil
}

// sizeOf is how many bytes the records of a connection of the window take.
func (l *tcpLog) sizeOf(conn uint32) uint32 {
	if i := int(conn - l.first); i < len(l.sizes) {
		return l.sizes[i]
	}
	return 0
}

// release says that the records are not used any more.
func (r *records) release() {
	if r.batch != nil {
		r.batch.users.Done()
	}
}

// each calls take with each record.
func (r *records) each(take func(record []byte) error) error {
	if r.from >= 0 { // straight from the file
		return r.log.scan(r.from, func(conn uint32, _ int64, record []byte) error {
			if conn != r.conn {
				return nil
			}
			return take(record)
		})
	}
	for rest := r.bytes; len(rest) > 0; {
		size, n := binary.Uvarint(rest)
		if n <= 0 || size > uint64(len(rest)-n) {
			return errors.New("read TCP packets: damaged")
		}
		if err := take(rest[n : n+int(size)]); err != nil {
			return err
		}
		rest = rest[n+int(size):]
	}
	return nil
}

// load puts the records of connections from conn on in order, as many as the budget
// allows.
func (l *tcpLog) load(conn uint32) error {
	if err := l.flush(); err != nil {
		return err
	}
	b := &l.batches[0]
	if l.current == b {
		b = &l.batches[1]
	}
	b.users.Wait() // of what it held before
	l.current = b
	b.low, b.high, b.ends, b.from = conn, conn, b.ends[:0], l.later
	total := uint32(0)
	for int(b.high-l.first) < len(l.sizes) {
		size := l.sizes[b.high-l.first]
		if big := int(size) > l.budget; big && b.high > conn || !big && int(total)+int(size) > l.budget {
			break
		} else if !big {
			total += size
		}
		b.ends = append(b.ends, total)
		b.high++
	}
	if cap(b.bytes) < int(total) {
		b.bytes = make([]byte, total)
	}
	b.bytes = b.bytes[:total]
	return l.fill(b)
}

// fill reads the records of a batch.
func (l *tcpLog) fill(b *logBatch) error {
	// ends are the beginnings while records are put in, and the ends after it
	copy(b.ends[1:], b.ends)
	b.ends[0] = 0
	l.later = l.size
	var head [binary.MaxVarintLen32]byte
	return l.scan(b.from, func(c uint32, at int64, record []byte) error {
		switch {
		case c < b.low:
			return nil
		case c >= b.high:
			l.later = min(l.later, at)
			return nil
		case int(l.sizes[c-l.first]) > l.budget:
			return nil
		}
		n := binary.PutUvarint(head[:], uint64(len(record)))
		to := &b.ends[c-b.low]
		if int(*to)+n+len(record) > len(b.bytes) {
			return errors.New("read TCP packets: more than was written")
		}
		*to += uint32(copy(b.bytes[*to:], head[:n]))
		*to += uint32(copy(b.bytes[*to:], record))
		return nil
	})
}

// measure counts the bytes of the connections from conn on.
func (l *tcpLog) measure(conn uint32) error {
	if err := l.flush(); err != nil {
		return err
	}
	l.first, l.sizes = conn, slices.Grow(l.sizes[:0], int(l.window))
	var head [binary.MaxVarintLen32]byte
	return l.scan(l.later, func(c uint32, _ int64, record []byte) error {
		l.count(c, uint32(binary.PutUvarint(head[:], uint64(len(record)))+len(record)))
		return nil
	})
}

// scan reads the file from a place on; take is called with each record and its
// place until it fails.
func (l *tcpLog) scan(from int64, take func(conn uint32, at int64, record []byte) error) error {
	if l.file == nil {
		return nil
	}
	in := bufio.NewReaderSize(io.NewSectionReader(l.file, from, l.size-from), logBuffer)
	for at := from; at < l.size; {
		head, err := in.Peek(2 * binary.MaxVarintLen32)
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read TCP packets: %w", err)
		}
		conn, n := binary.Uvarint(head)
		size, m := binary.Uvarint(head[max(n, 0):])
		if n <= 0 || m <= 0 || size == 0 || size > logBuffer/2 {
			return fmt.Errorf("read TCP packets: damaged: %w", cmp.Or(err, io.ErrUnexpectedEOF))
		}
		record, err := in.Peek(n + m + int(size))
		if err != nil {
			return fmt.Errorf("read TCP packets: %w", err)
		}
		if err := take(uint32(conn), at, record[n+m:]); err != nil {
			return err
		}
		if _, err := in.Discard(len(record)); err != nil {
			return fmt.Errorf("read TCP packets: %w", err)
		}
		at += int64(len(record))
	}
	return nil
}

// replayer shows records to the diagnostics.
type replayer struct {
	engine *diag.Engine
	watch  *diag.Watch
	packet struct { // the one in hand
		diag.Packet
		segment  tcp.Segment
		analysis tcp.Analysis
	}
}

// connection shows the records of a connection, and releases them.
func (p *replayer) connection(r *records) (*diag.Watch, error) {
	defer r.release()
	p.watch = p.engine.Begin()
	return p.watch, r.each(p.record)
}

// record hands one record on.
func (p *replayer) record(record []byte) error {
	ok, body := false, record[1:]
	switch record[0] {
	case logPacket:
		x := &p.packet
		x.Segment, x.Analysis = &x.segment, &x.analysis
		if ok = x.DecodeBinary(body); ok {
			p.engine.Feed(&x.Packet)
		}
	case logRejected:
		var r rejection
		if ok = r.decode(body); ok {
			p.watch.Rejected(r.frame, r.time, r.icmpType, r.icmpCode)
		}
	case logFollows:
		var f follows
		if ok = f.decode(body); ok {
			p.watch.Follows(f.time, f.closed)
		}
	}
	if !ok {
		return errors.New("read TCP packets: damaged record")
	}
	return nil
}
