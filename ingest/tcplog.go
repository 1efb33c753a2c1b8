package ingest

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// tcpLog keeps what the diagnostics need of each TCP packet until the capture was
// read: a scratch file in the build's folder, in frame order. Then it gives the
// connections one after the other (tcpreplay.go). Watching them all at once, packet by
// packet, would take kilobytes of state for each that is open.
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
	size  int64 // of the file, and of what is on its way there
	error error // the first of writing

	// A window of connections, from the number first on: how many bytes their records
	// take in memory. Those of the first window are counted while they are written.
	budget int
	window uint32
	sizes  []uint32
	first  uint32
	// Batches of the window in memory, two so that one can be filled while the other is
	// in use. No record of a connection after the current one's lies before later.
	batches [2]logBatch
	current *logBatch
	later   int64
}

// logBatch holds the records of the connections from low to before high, each record
// with its length before it.
type logBatch struct {
	low, high uint32
	bytes     []byte
	ends      []uint32 // by connection: end of its records
	from      int64    // no record of them lies before this place in the file
	users     sync.WaitGroup
}

// Kinds of records.
const (
	logPacket uint8 = iota
	logRejected
	logFollows
)

const (
	// logWindow is how many connections are counted at once, and logBudget how many
	// bytes of records are put in order at once.
	logWindow = 1 << 20
	logBudget = 16 << 20
	logBuffer = 1 << 18
)

func newTCPLog(dir string, budget int) *tcpLog {
	return &tcpLog{dir: dir, budget: budget, window: logWindow}
}

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
	h := binary.AppendUvarint(l.head[:0], uint64(conn))
	connBytes := len(h)
	h = binary.AppendUvarint(h, uint64(len(l.code)))
	l.count(conn, uint32(len(h)-connBytes+len(l.code)))
	l.size += int64(len(h) + len(l.code))
	if _, err := l.out.Write(h); err != nil {
		l.error = fmt.Errorf("keep TCP packets: %w", err)
	}
	if _, err := l.out.Write(l.code); err != nil {
		l.error = fmt.Errorf("keep TCP packets: %w", err)
	}
}

// count adds to what the records of a connection in the window take. A connection
// that would need more than a number can say is larger than any budget.
func (l *tcpLog) count(conn, bytes uint32) {
	i := conn - l.first
	if conn < l.first || i >= l.window {
		return
	}
	for int(i) >= len(l.sizes) {
		l.sizes = append(l.sizes, 0)
	}
	l.sizes[i] = uint32(min(uint64(l.sizes[i])+uint64(bytes), 1<<32-1))
}

func (l *tcpLog) flush() error {
	if l.error == nil && l.out != nil && l.out.Buffered() > 0 {
		if err := l.out.Flush(); err != nil {
			l.error = fmt.Errorf("keep TCP packets: %w", err)
		}
	}
	return l.error
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
