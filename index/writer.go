package index

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"runtime"
	"strconv"
	"sync/atomic"

	bolt "go.etcd.io/bbolt"
)

// Writer builds the index.db of one capture. Its methods are called from one
// goroutine, frames and connections in rising order; encoding and storing
// happen in a second goroutine, so that the order of what is written, and with
// it every byte of the file, depends on the calls only.
//
//	w, _ := CreateIndex(dir)
//	for each batch { s := w.Segment(frame); s.List(...).Add(frame); s.AddMember(...); w.WriteBlock(b) }
//	w.EndBlocks()
//	for each connection { w.WriteConnection(c) }
//	w.Finish(summary)        // or w.Abort()
type Writer struct {
	path     string
	jobs     chan func(*put) error
	done     chan struct{}
	failed   atomic.Pointer[error]
	segment  *Segment
	pieces   pieceWriter
	conns    connWriter
	analyses analysisWriter
	closed   bool
	aborted  atomic.Bool
}

// Block is up to 256 frames in order. It belongs to the writer from WriteBlock
// until Release was called.
type Block struct {
	Rows    []Packet
	More    []Member         // further connections of its frames
	Data    []byte           // PackData of the frames' captured bytes
	Pieces  []ContainerPiece // container bytes before, between and (last block) after its frames
	Release func()
}

// PackData appends the stored form of a block's packet data to dst.
func PackData(dst, data []byte) []byte { return pack(dst, data) }

// Values are stored after commitBytes or commitValues of them. Nothing has to be on
// disk before Finish: a half-written index is never published. But after syncBytes the
// disk is told to begin, so that little is left to wait for in the end.
const (
	commitBytes  = 4 << 20
	syncBytes    = 32 << 20
	commitValues = 1 << 16
	jobQueue     = 8
)

// CreateIndex starts the index.db of a build in folder dir.
func CreateIndex(dir string) (*Writer, error) {
	path := filepath.Join(dir, indexFile)
	db, err := bolt.Open(path, 0o644, &bolt.Options{
		NoSync: true, NoFreelistSync: true, NoGrowSync: true,
		// the map free list hands out pages in random order: same capture, other bytes
		FreelistType: bolt.FreelistArrayType, InitialMmapSize: writeMap(),
	})
	if err != nil {
		return nil, fmt.Errorf("create index: %w", err)
	}
	w := &Writer{path: path, jobs: make(chan func(*put) error, jobQueue), done: make(chan struct{})}
	go w.run(db)
	return w, nil
}

// writeMap is how much of the file is mapped from the beginning: bbolt copies what a
// transaction holds whenever it maps more. It costs addresses only, except on
// Windows, where the file would have to be as long.
func writeMap() int {
	if runtime.GOOS == "windows" || strconv.IntSize < 64 {
		return 0
	}
	return 1 << 30
}

// run executes jobs in order until the channel is closed. After a failure it
// only drains.
func (w *Writer) run(db *bolt.DB) {
	defer close(w.done)
	p := &put{db: db, sync: startSyncer(w.path)}
	err := p.begin()
	if err != nil {
		w.fail(err)
	}
	for job := range w.jobs {
		if err == nil {
			if err = job(p); err != nil {
				w.fail(err)
			}
		} else {
			_ = job(nil) // a job without a target only releases what it holds
		}
	}
	p.sync.stop()
	if err == nil && !w.aborted.Load() {
		if err = p.commit(); err == nil {
			err = db.Sync()
		}
	}
	if cerr := db.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		w.fail(err)
	}
}

func (w *Writer) fail(err error) {
	err = fmt.Errorf("write index: %w", err)
	w.failed.CompareAndSwap(nil, &err)
}

// Err returns the first error of the storing goroutine.
func (w *Writer) Err() error {
	if e := w.failed.Load(); e != nil {
		return *e
	}
	return nil
}

// WriteBlock stores a block and takes ownership of it.
func (w *Writer) WriteBlock(b *Block) error {
	for _, p := range b.Pieces {
		w.pieces.add(p)
		w.flushPieces(false)
	}
	w.jobs <- func(p *put) error {
		defer b.Release()
		if p == nil || len(b.Rows) == 0 {
			return nil
		}
		return p.block(b)
	}
	return w.Err()
}

func (w *Writer) flushPieces(all bool) {
	// the group is encoded here, its storing happens in the other goroutine
	_ = w.pieces.flush(all, func(key, body []byte) error {
		w.jobs <- func(p *put) error {
			if p == nil {
				return nil
			}
			return p.put(bucketContainer, key, body)
		}
		return nil
	})
}

// WriteDatagram stores which frames a reassembled IP datagram came from; frame
// is the one that completed it.
func (w *Writer) WriteDatagram(frame uint32, from []uint32) {
	body := appendFrameList(nil, from)
	w.jobs <- func(p *put) error {
		if p == nil {
			return nil
		}
		return p.put(bucketDatagrams, key32(frame), body)
	}
}

// EndBlocks says that there are no more frames: their lists are stored while the
// connections are still written.
func (w *Writer) EndBlocks() { w.rotate(nil) }

// Finish stores the summary and closes the file; the index is complete when it
// returns nil.
func (w *Writer) Finish(s *Summary) error {
	w.EndBlocks()
	w.flushPieces(true)
	w.flushConnections()
	w.flushFound()
	s.Format, s.Content = FormatVersion, ContentVersion
	s.Connections = w.conns.next
	w.jobs <- func(p *put) error {
		if p == nil {
			return nil
		}
		s.Counters.PostingsOverBudget = p.overBudget
		body, err := json.Marshal(s)
		if err != nil {
			return err
		}
		return p.put(bucketMeta, []byte(keyCapture), pack(nil, body))
	}
	w.stop()
	if err := w.Err(); err != nil {
		return err
	}
	return writeSums(filepath.Dir(w.path))
}

// Abort stops writing. The file is left for the build to remove.
func (w *Writer) Abort() {
	w.aborted.Store(true)
	w.stop()
}

func (w *Writer) stop() {
	if !w.closed {
		w.closed = true
		close(w.jobs)
		<-w.done
	}
}

// put collects values and stores them, one transaction for each bucket: bbolt
// allots pages to the changed buckets of a transaction in random order, and the
// same capture would not give the same bytes.
type put struct {
	db         *bolt.DB
	pending    map[string][]keyValue // by bucket
	values     int                   // pending in all buckets
	arena      []byte                // memory of the pending values
	used       int
	scratch    []byte
	columns    []byte
	overBudget uint64
	sync       *syncer
}

type keyValue struct{ key, value []byte }

// begin makes the buckets.
func (p *put) begin() error {
	p.pending = map[string][]keyValue{}
	return p.db.Update(func(tx *bolt.Tx) error {
		for _, name := range buckets() {
			if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
				return err
			}
		}
		return nil
	})
}

// commit stores what is pending.
func (p *put) commit() error {
	for _, name := range buckets() {
		values := p.pending[name]
		if len(values) == 0 {
			continue
		}
		err := p.db.Update(func(tx *bolt.Tx) error {
			b := tx.Bucket([]byte(name))
			b.FillPercent = 1 // keys come in order
			for _, v := range values {
				if err := b.Put(v.key, v.value); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		clear(values)
		p.pending[name] = values[:0]
	}
	p.sync.wrote(p.used)
	p.used, p.values = 0, 0
	return forget(p.db)
}

// put seals a value and keeps it, and its key, for the next commit.
func (p *put) put(bucket string, key, body []byte) error {
	if p.used > 0 && p.used+len(body) > commitBytes || p.values >= commitValues {
		if err := p.commit(); err != nil {
			return err
		}
	}
	p.values++
	value := p.reserve(len(body) + 4)
	p.pending[bucket] = append(p.pending[bucket], keyValue{key: key, value: seal(append(value, body...), 0, key)})
	return nil
}

// reserve gives an empty slice with room for n bytes that lives until commit.
func (p *put) reserve(n int) []byte {
	from := p.used
	p.used += n
	if n > commitBytes/4 {
		return make([]byte, 0, n)
	}
	if p.arena == nil {
		p.arena = make([]byte, commitBytes+commitBytes/4)
	}
	if p.used > len(p.arena) {
		return make([]byte, 0, n)
	}
	return p.arena[from:from:p.used]
}

func (p *put) block(b *Block) error {
	key := key32(b.Rows[0].Number)
	if err := p.put(bucketBlocks, key, b.Data); err != nil {
		return err
	}
	p.columns, p.scratch = appendColumns(p.columns[:0], b.Rows, b.More, p.scratch)
	return p.put(bucketColumns, key, p.columns)
}
