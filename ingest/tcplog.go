package ingest

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"pcapidx/ingest/diag"
	"pcapidx/ingest/tcp"
)

// tcpLog keeps what the diagnostics need of each TCP packet until the capture was
// read: a scratch file in the build's folder, in frame order. Then it gives the
// connections one after the other. Watching them all at once, packet by packet, would
// take kilobytes of state for each that is open.
//
//	record   connection uvarint, length uvarint, kind u8, body
//	packet   diag.Packet
//	rejected frame, time, ICMP type, ICMP code
//	follows  time when the connection before ended, whether it was closed
type tcpLog struct {
	dir   string
	file  *os.File // nil until the first record
	out   *bufio.Writer
	code  []byte
	head  [2 * binary.MaxVarintLen32]byte
	error error // the first of writing

	// A window of connections, from the number first on, and how many bytes their
	// records take; then a batch of it in memory, from the number low to before high.
	budget    int
	sizes     []uint32
	first     uint32
	low, high uint32
	batch     []byte
	ends      []uint32 // by connection of the batch: end of its records
	packet    struct { // the one in hand
		diag.Packet
		segment  tcp.Segment
		analysis tcp.Analysis
	}
}

// Kinds of records.
const (
	logPacket uint8 = iota
	logRejected
	logFollows
)

const (
	// logWindow is how many connections are counted in one pass over the file, and
	// logBudget how many bytes of records are put in order at once.
	logWindow = 1 << 20
	logBudget = 32 << 20
	logBuffer = 1 << 18
)

func newTCPLog(dir string) *tcpLog { return &tcpLog{dir: dir, budget: logBudget} }

// add appends a record of a connection; body appends what it holds.
func (l *tcpLog) add(conn uint32, kind uint8, body func([]byte) []byte) {
	if l.error != nil {
		return
	}
	if l.file == nil {
		if l.file, l.error = os.OpenFile(filepath.Join(l.dir, "tcp.log"), os.O_CREATE|os.O_RDWR|os.O_TRUNC, 0o600); l.error != nil {
			l.error = fmt.Errorf("keep TCP packets: %w", l.error)
			return
		}
		l.out = bufio.NewWriterSize(l.file, logBuffer)
	}
	l.code = body(append(l.code[:0], kind))
	h := binary.AppendUvarint(binary.AppendUvarint(l.head[:0], uint64(conn)), uint64(len(l.code)))
	if _, err := l.out.Write(h); err != nil {
		l.error = fmt.Errorf("keep TCP packets: %w", err)
	}
	if _, err := l.out.Write(l.code); err != nil {
		l.error = fmt.Errorf("keep TCP packets: %w", err)
	}
}

// scan reads the file; take is called with each record until it fails.
func (l *tcpLog) scan(take func(conn uint32, record []byte) error) error {
	if err := l.flush(); err != nil || l.file == nil {
		return err
	}
	if _, err := l.file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read TCP packets: %w", err)
	}
	in := bufio.NewReaderSize(l.file, logBuffer)
	for {
		conn, err := binary.ReadUvarint(in)
		if errors.Is(err, io.EOF) {
			return nil
		}
		size, serr := binary.ReadUvarint(in)
		if err != nil || serr != nil || size > logBuffer/2 {
			return fmt.Errorf("read TCP packets: damaged: %w", cmp.Or(err, serr, io.ErrUnexpectedEOF))
		}
		record, err := in.Peek(int(size))
		if err != nil {
			return fmt.Errorf("read TCP packets: %w", err)
		}
		if err := take(uint32(conn), record); err != nil {
			return err
		}
		if _, err := in.Discard(int(size)); err != nil {
			return fmt.Errorf("read TCP packets: %w", err)
		}
	}
}

func (l *tcpLog) flush() error {
	if l.error == nil && l.out != nil {
		l.error = l.out.Flush()
	}
	return l.error
}

// watch shows the records of a connection to the diagnostics. Connections are asked
// for in rising order.
func (l *tcpLog) watch(conn uint32, e *diag.Engine) (*diag.Watch, error) {
	if conn >= l.high || l.ends == nil {
		if err := l.load(conn); err != nil {
			return nil, err
		}
	}
	w := e.Begin()
	if int(l.sizes[conn-l.first]) > l.budget { // alone, straight from the file
		return w, l.scan(func(c uint32, record []byte) error {
			if c != conn {
				return nil
			}
			return l.replay(w, e, record)
		})
	}
	from, i := uint32(0), conn-l.low
	if i > 0 {
		from = l.ends[i-1]
	}
	for records := l.batch[from:l.ends[i]]; len(records) > 0; {
		size, n := binary.Uvarint(records)
		if n <= 0 || size > uint64(len(records)-n) {
			return nil, errors.New("read TCP packets: damaged")
		}
		if err := l.replay(w, e, records[n:n+int(size)]); err != nil {
			return nil, err
		}
		records = records[n+int(size):]
	}
	return w, nil
}

// replay hands one record on.
func (l *tcpLog) replay(w *diag.Watch, e *diag.Engine, record []byte) error {
	ok, body := false, record[1:]
	switch record[0] {
	case logPacket:
		p := &l.packet
		p.Segment, p.Analysis = &p.segment, &p.analysis
		if ok = p.DecodeBinary(body); ok {
			e.Feed(&p.Packet)
		}
	case logRejected:
		var r rejection
		if ok = r.decode(body); ok {
			w.Rejected(r.frame, r.time, r.icmpType, r.icmpCode)
		}
	case logFollows:
		var f follows
		if ok = f.decode(body); ok {
			w.Follows(f.time, f.closed)
		}
	}
	if !ok {
		return errors.New("read TCP packets: damaged record")
	}
	return nil
}

// load puts the records of connections from conn on in order, as many as the budget
// allows.
func (l *tcpLog) load(conn uint32) error {
	if l.sizes == nil || conn-l.first >= logWindow {
		if err := l.measure(conn); err != nil {
			return err
		}
	}
	l.low, l.high, l.ends = conn, conn, l.ends[:0]
	total := uint32(0)
	for l.high-l.first < logWindow {
		size := l.sizes[l.high-l.first]
		if big := int(size) > l.budget; big && l.high > conn || !big && int(total)+int(size) > l.budget {
			break
		} else if !big {
			total += size
		}
		l.ends = append(l.ends, total)
		l.high++
	}
	if cap(l.batch) < int(total) {
		l.batch = make([]byte, total)
	}
	l.batch = l.batch[:total]
	// ends are the beginnings while records are put in, and the ends after it
	copy(l.ends[1:], l.ends)
	l.ends[0] = 0
	return l.scan(func(c uint32, record []byte) error {
		if c < l.low || c >= l.high || int(l.sizes[c-l.first]) > l.budget {
			return nil
		}
		at := &l.ends[c-l.low]
		*at += uint32(binary.PutUvarint(l.batch[*at:], uint64(len(record))))
		*at += uint32(copy(l.batch[*at:], record))
		return nil
	})
}

// measure counts the bytes of the connections from conn on.
func (l *tcpLog) measure(conn uint32) error {
	if l.sizes == nil {
		l.sizes = make([]uint32, logWindow)
	}
	clear(l.sizes)
	l.first = conn
	var head [binary.MaxVarintLen32]byte
	return l.scan(func(c uint32, record []byte) error {
		if i := c - conn; c >= conn && i < logWindow {
			size := uint64(l.sizes[i]) + uint64(binary.PutUvarint(head[:], uint64(len(record)))+len(record))
			l.sizes[i] = uint32(min(size, 1<<32-1))
		}
		return nil
	})
}

// close removes the file.
func (l *tcpLog) close() { discard(l.file) }

// rejection is an ICMP error that quotes a packet of a connection.
type rejection struct {
	frame              uint32
	time               int64
	icmpType, icmpCode uint8
}

const rejectionBytes = 4 + 8 + 2

func (r *rejection) append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint32(b, r.frame), uint64(r.time))
	return append(b, r.icmpType, r.icmpCode)
}

func (r *rejection) decode(b []byte) bool {
	if len(b) != rejectionBytes {
		return false
	}
	*r = rejection{binary.LittleEndian.Uint32(b), int64(binary.LittleEndian.Uint64(b[4:])), b[12], b[13]}
	return true
}

// follows says when the connection before of the same endpoints ended.
type follows struct {
	time   int64
	closed bool
}

func (f *follows) append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(f.time))
	if f.closed {
		return append(b, 1)
	}
	return append(b, 0)
}

func (f *follows) decode(b []byte) bool {
	if len(b) != 8+1 {
		return false
	}
	*f = follows{int64(binary.LittleEndian.Uint64(b)), b[8] != 0}
	return true
}
