package index

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/blevesearch/bleve/v2/index/scorch"
	api "github.com/blevesearch/bleve_index_api"
)

// The text index
//
// The folder text/ of a build is a bleve index (scorch) of the words of the
// payload. Its documents are chunks: up to about 16 KiB of the ordered bytes of
// one direction of a connection. A document is its id and its words, once each;
// nothing is stored, neither positions nor text: a hit names frames, and whoever
// asks looks into their stored bytes. What chunk a document is stands in a file of our
// own (textdocs.go).
//
// text.go and textread.go are all that knows bleve.

// TextDoc is one chunk of the payload and its words.
type TextDoc struct {
	Conn        uint32
	Side        Side
	Offset      uint64 // of its first byte among the direction's
	Length      uint32 // to where the next chunk begins, if nothing is missing between
	First, Last uint32 // the first and the last frame that hold it
	Words       []string
}

const (
	textFolder = "text"
	wordField  = "w"
)

// Bounds of what is in memory on the way to the text index. Batches are built in
// two goroutines; the segment that one becomes takes about as much as the batch,
// building it a few times that.
const (
	textBatchBytes  = 8 << 20 // as textDoc.Size counts: about 4 MB of text
	textWriters     = 2
	textMaxUnsaved  = 3 // batches that are built or wait to be written to disk
	textSaveTimeout = 5 * time.Minute
	textSaveLook    = 50 * time.Millisecond
	textForget      = 8 // batches between two looks at what is in memory
)

// TextWriter fills the text folder of a build. Its methods are called from one
// goroutine.
//
//	w, _ := CreateText(build.Dir())
//	for each chunk { w.Add(doc) }
//	docs, err := w.Close()        // or w.Abort()
type TextWriter struct {
	dir     string
	engine  *scorch.Scorch
	queue   *api.AnalysisQueue
	batch   *api.Batch
	tables  *termTables // of batch
	places  placesWriter
	size    int // of batch, as textDoc.Size counts
	most    int // a batch of this size is written
	batches chan *api.Batch
	unsaved chan struct{} // one for each batch that is not on disk yet
	writers sync.WaitGroup
	failed  atomic.Pointer[error]
	written atomic.Uint64 // batches
	added   uint64
	closed  bool
}

// CreateText starts the text index of a build in folder dir.
func CreateText(dir string) (*TextWriter, error) {
	w := &TextWriter{
		dir: filepath.Join(dir, textFolder), most: textBatchBytes, batch: api.NewBatch(), tables: newTermTables(), batches: make(chan *api.Batch), queue: api.NewAnalysisQueue(textWriters),
		unsaved: make(chan struct{}, textMaxUnsaved),
	}
	err := w.places.create(w.dir)
	if err != nil {
		w.queue.Close()
		return nil, fmt.Errorf("create text index: %w", err)
	}
	w.engine, err = openEngine(w.queue, map[string]any{
		"path": w.dir, "unsafe_batch": true,
		// never merge what is on disk while writing
		"scorchMergePlanOptions": map[string]any{"MaxSegmentsPerTier": 1 << 20, "SegmentsPerMergeTask": 10, "TierGrowth": 10.0, "FloorSegmentSize": 2000, "MaxSegmentSize": 5000000},
	})
	if err != nil {
		w.queue.Close()
		_ = w.places.close()
		return nil, fmt.Errorf("create text index: %w", err)
	}
	for range textWriters {
		w.writers.Add(1)
		go w.write()
	}
	return w, nil
}

// openEngine opens a scorch index.
func openEngine(queue *api.AnalysisQueue, config map[string]any) (*scorch.Scorch, error) {
	x, err := scorch.NewScorch(scorch.Name, config, queue)
	if err != nil {
		return nil, err
	}
	if err := x.Open(); err != nil {
		return nil, err
	}
	return x.(*scorch.Scorch), nil
}

// Add adds a document. Its words are unique, in lower case, and the writer's from
// then on. No two documents have the same place.
func (w *TextWriter) Add(d *TextDoc) error {
	doc := &textDoc{words: wordsField{words: d.Words, tables: w.tables}, id: idField{id: docID(uint32(w.added))}}
	w.places.add(d)
	w.batch.Update(doc)
	w.added++
	if w.size += doc.Size(); w.size >= w.most {
		return w.flush()
	}
	return w.err()
}

func (w *TextWriter) flush() error {
	if len(w.batch.IndexOps) > 0 {
		w.batches <- w.batch
		w.batch, w.tables, w.size = api.NewBatch(), newTermTables(), 0
	}
	return w.err()
}

// write gives batches to bleve until there are no more.
func (w *TextWriter) write() {
	defer w.writers.Done()
	for b := range w.batches {
		if w.err() != nil {
			continue
		}
		err := w.reserve()
		if err == nil {
			b.SetPersistedCallback(func(error) { <-w.unsaved })
			err = w.engine.Batch(b)
		}
		if err == nil && w.written.Add(1)%textForget == 0 {
			err = w.forget()
		}
		if err != nil {
			w.failed.CompareAndSwap(nil, &err)
		}
	}
}

// forget takes the pages of segments that are on disk out of this process's memory. Each
// new batch is looked up in all of them, for documents that it replaces, so that in time
// the whole text index would stand there.
func (w *TextWriter) forget() error {
	r, err := w.engine.Reader()
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	snapshot, ok := r.(*scorch.IndexSnapshot)
	if !ok {
		return nil
	}
	for _, s := range snapshot.Segments() {
		if file, ok := s.Segment().(mappedSegment); ok {
			if err := forgetPages(file.Data()); err != nil {
				return err
			}
		}
	}
	return nil
}

// mappedSegment is a segment that is a file, and stands in memory as a mapping of it. A
// segment that is not on disk yet has no path, and its memory must be left alone.
type mappedSegment interface {
	Path() string
	Data() []byte
}

func (w *TextWriter) err() error {
	if e := w.failed.Load(); e != nil {
		return fmt.Errorf("write text index: %w", *e)
	}
	return nil
}

var errTextUnsaved = errors.New("segments of the text index cannot be written to disk")

// reserve takes the place of a batch that is not on disk. With unsafe_batch bleve
// acknowledges a batch that is in memory only, and its Close forgets what it has
// not written, without an error. (Its count TotMemorySegmentsAtRoot does not help:
// the segment that came last is not in it.) The goroutine that writes repeats what
// fails and only counts it: hence the looks at its count, and the time-out.
func (w *TextWriter) reserve() error {
	for range textSaveTimeout / textSaveLook {
		select {
		case w.unsaved <- struct{}{}:
			return nil
		case <-time.After(textSaveLook):
			if n, _ := w.engine.StatsMap()["TotOnErrors"].(uint64); n > 0 {
				return w.reason()
			}
		}
	}
	return errTextUnsaved
}

// reason finds out why the folder cannot be written to.
func (w *TextWriter) reason() error {
	probe := filepath.Join(w.dir, "probe")
	f, err := os.Create(probe)
	if err == nil {
		_, err = f.Write(make([]byte, textBatchBytes))
		_ = f.Close()
		_ = os.Remove(probe)
	}
	return errors.Join(errTextUnsaved, err)
}

// saved waits until every batch is on disk.
func (w *TextWriter) saved() error {
	for range textMaxUnsaved {
		if err := w.reserve(); err != nil {
			return err
		}
	}
	return nil
}

// Close writes what is pending, and gives the number of documents; the text
// index is complete and on disk when it returns nil.
func (w *TextWriter) Close() (docs uint64, err error) {
	_ = w.flush()
	w.stop()
	err = w.err()
	if err == nil {
		err = w.saved()
	}
	if cerr := w.engine.Close(); err == nil {
		err = cerr
	}
	w.queue.Close()
	if perr := w.places.close(); err == nil {
		err = perr
	}
	if err == nil {
		err = w.seal()
	}
	if err != nil {
		return 0, fmt.Errorf("close text index: %w", err)
	}
	return w.added, nil
}

// seal opens what was written, compares the number of documents with what was
// added, and notes the sums of the files.
func (w *TextWriter) seal() error {
	if err := writeTextSums(filepath.Dir(w.dir), w.added); err != nil {
		return err
	}
	t, err := OpenText(filepath.Dir(w.dir))
	if err != nil {
		return err
	}
	defer t.Close()
	if have := t.Count(); have != w.added {
		return fmt.Errorf("%d documents of %d are there", have, w.added)
	}
	return syncDir(w.dir)
}

// Abort stops writing. The files are left for the build to remove.
func (w *TextWriter) Abort() {
	if w.closed {
		return
	}
	w.batch = api.NewBatch()
	w.stop()
	_ = w.engine.Close()
	_ = w.places.close()
	w.queue.Close()
}

func (w *TextWriter) stop() {
	if !w.closed {
		w.closed = true
		close(w.batches)
		w.writers.Wait()
	}
}
