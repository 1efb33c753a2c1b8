// Package ingest reads a capture once and writes its index.
//
// Ingest is the whole use case: it recognises a capture that the store has,
// builds the index of a new one and publishes it. Reindex does the same from
// the packets that the store holds. The stages are a pipeline (pipeline.go):
// source reads the container, dissect decodes layers 2 to 4 of each frame,
// track follows connections in file order, list fills the posting lists, index
// stores.
//
// What is wrong in a capture is data and ends up in the summary; errors are
// about the file (it cannot be read, it is no capture), the store (busy, full)
// or the caller's context. Memory is bounded by Config, never by the capture.
package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"pcapidx/index"
	"pcapidx/ingest/diag"
	"pcapidx/ingest/source"
	"pcapidx/ingest/words"
)

// Config holds the limits of an ingest. The zero value means the defaults.
type Config struct {
	// MaxConnections is how many connections are kept in memory, and
	// ConnectionBytes how much memory they may take; idle ones above that are
	// spilled to disk. They do not change the index. Default 131072 and 48 MiB.
	MaxConnections, ConnectionBytes int
	// ReplayBytes is how much of the TCP packets' scratch file is put in order at
	// once when connections are diagnosed. It does not change the index. Default 16 MiB.
	ReplayBytes int
	// ReassemblyBytes bounds the IP fragments held. Default 16 MiB.
	ReassemblyBytes int
	// Workers dissect and compress. It does not change the index. Default: the
	// number of CPUs, at most 4.
	Workers int
	// Thresholds of the diagnostics. Default: diag.Defaults.
	Thresholds *diag.Thresholds
	// NoText leaves the text index of the payload out.
	NoText bool
	// TextCap bounds how many bytes of each direction of a connection are
	// word-indexed. Default: words.DefaultCap.
	TextCap uint64
}

func (c Config) withDefaults() Config {
	if c.MaxConnections <= 0 {
		c.MaxConnections = 1 << 17
	}
	if c.ConnectionBytes <= 0 {
		c.ConnectionBytes = 48 << 20
	}
	if c.ReplayBytes <= 0 {
		c.ReplayBytes = logBudget
	}
	if c.ReassemblyBytes <= 0 {
		c.ReassemblyBytes = 16 << 20
	}
	if c.Workers <= 0 {
		c.Workers = min(runtime.GOMAXPROCS(0), 4)
	}
	if c.Thresholds == nil {
		t := diag.Defaults()
		c.Thresholds = &t
	}
	if c.TextCap == 0 {
		c.TextCap = words.DefaultCap
	}
	return c
}

// fingerprint names the settings that shape an index's content.
func (c Config) fingerprint() string {
	f := fmt.Sprintf("reassembly=%d", c.ReassemblyBytes)
	if *c.Thresholds != diag.Defaults() {
		f += fmt.Sprintf(" thresholds=%v", *c.Thresholds)
	}
	if !c.NoText {
		f += fmt.Sprintf(" text=%d cap=%d", textVersion, c.TextCap)
	}
	return f
}

// Progress is a moment of an ingest.
type Progress struct {
	Bytes  uint64 // of the file as given, read so far
	Total  uint64 // of the file as given, 0 if not known
	Frames uint32 // read so far
}

// Result says what became of an input.
type Result struct {
	Entry     index.Entry
	Duplicate bool // the store had it
}

// Ingest indexes a capture into the store. Errors: source.ErrNotCapture (wrapped)
// if it is none, source.ErrTooLarge (wrapped) if it is more than in allows, index.ErrBusy, ctx's, and those of reading and writing.
func Ingest(ctx context.Context, store *index.Store, in Input, c Config, progress func(Progress)) (*Result, error) {
	c = c.withDefaults()
	if in.Seeker == nil { // a pipe or terminal may keep a reader waiting for ever
		r, release := interruptible(ctx, in.Reader)
		defer release()
		in.Reader = r
	}
	head, err := readHead(in.Reader)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", in.Name, err)
	}
	entry := index.Entry{
		Name: in.Name, Added: time.Now().UTC().Truncate(time.Microsecond), Content: index.ContentVersion,
		Fingerprint: c.fingerprint(), HeadSHA256: hexSum(sha256.Sum256(head)),
	}
	if known, err := recognise(ctx, store, in, &entry, head); err != nil || known != nil {
		return known, err
	}
	b := &builder{store: store, config: c, progress: progress, total: in.Size, source: source.Config{MaxData: in.MaxData, MaxRatio: in.MaxRatio}}
	r := io.MultiReader(&bytesReader{head}, in.Reader)
	return b.build(ctx, r, entry, nil)
}

func hexSum(sum [32]byte) string { return hex.EncodeToString(sum[:]) }

// builder makes and publishes one index.
type builder struct {
	store    *index.Store
	config   Config
	progress func(Progress)
	total    uint64
	source   source.Config
}

// build reads r to its end, writes the index and publishes it as entry. old is
// the summary that a re-index replaces, nil otherwise.
func (b *builder) build(ctx context.Context, r io.Reader, entry index.Entry, old *index.Summary) (*Result, error) {
	b.source.Progress = b.report
	reader, err := source.NewReader(r, b.source)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", entry.Name, err)
	}
	build, err := b.store.Begin()
	if err != nil {
		_ = reader.Close()
		return nil, err
	}
	defer build.Abort()
	summary, err := b.write(ctx, reader, build.Dir(), old)
	if err != nil {
		return nil, err
	}
	file, data := reader.Sums()
	entry.DataSHA256 = hexSum(data)
	if old == nil {
		entry.FileSHA256, entry.FileBytes = hexSum(file), summary.File.FileBytes
	}
	entry.Frames, entry.Bytes, entry.Connections = summary.Frames, summary.Bytes, summary.Connections
	entry.Start, entry.End, entry.Damage = summary.Start, summary.End, summary.File.Damage
	published, duplicate, err := build.Publish(entry, old != nil)
	if err != nil {
		return nil, err
	}
	return &Result{Entry: published, Duplicate: duplicate}, nil
}

func (b *builder) report(bytes uint64, frames uint32) {
	if b.progress != nil {
		b.progress(Progress{Bytes: bytes, Total: b.total, Frames: frames})
	}
}

// write runs the pipeline into an index.db in dir. The reader is the pipeline's
// from then on.
func (b *builder) write(ctx context.Context, reader *source.Reader, dir string, old *index.Summary) (*index.Summary, error) {
	w, err := index.CreateIndex(dir)
	if err != nil {
		_ = reader.Close()
		return nil, err
	}
	text, err := startText(dir, b.config)
	if err != nil {
		w.Abort()
		_ = reader.Close()
		return nil, err
	}
	apps, err := startProto(dir)
	if err != nil {
		text.abort()
		w.Abort()
		_ = reader.Close()
		return nil, err
	}
	defer apps.close()
	t := newTracker(w, dir, b.config)
	defer t.table.close()
	defer t.log.close()
	list := startLister(w, &t.summary)
	p := startPipeline(ctx, reader, b.config.Workers)
	err = p.each(ctx, func(j *job) error {
		j.block.Data, j.block.Pieces = j.packed, j.pieces
		j.block.Release = j.release
		j.uses.Store(1)
		if err := t.job(j); err != nil {
			return err
		}
		if err := text.take(j); err != nil {
			return err
		}
		if err := apps.take(j); err != nil {
			return err
		}
		list.jobs <- j
		return list.err()
	})
	if lerr := list.finish(); err == nil {
		err = lerr
	}
	if err == nil {
		t.summary.File = *reader.Info()
		if old != nil { // what the container was when it was first read
			t.summary.File.Compression, t.summary.File.FileBytes = old.File.Compression, old.File.FileBytes
		}
		err = finishBoth(t, text)
		if err == nil {
			t.summary.Applications, err = apps.store(w)
		}
	} else {
		text.abort()
	}
	if err != nil {
		w.Abort()
		return nil, err
	}
	return &t.summary, w.Finish(&t.summary)
}

// finishBoth lets the text index be completed while the connections are.
func finishBoth(t *tracker, text *textRun) error {
	var textErr error
	var summary *index.TextSummary
	done := make(chan struct{})
	go func() {
		defer close(done)
		summary, textErr = text.finish()
	}()
	err := t.finish()
	<-done
	t.summary.Text = summary
	if err == nil {
		err = textErr
	}
	return err
}

// Reindex builds a capture's index anew from its stored packets and puts it in
// the place of the one that stands.
func Reindex(ctx context.Context, store *index.Store, ref string, c Config, progress func(Progress)) (*Result, error) {
	c = c.withDefaults()
	x, entry, err := store.Open(ref)
	if err != nil {
		return nil, err
	}
	defer x.Close()
	old := x.Summary()
	r, w := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.CloseWithError(x.Export(w))
	}()
	fresh := *entry
	fresh.Content, fresh.Fingerprint = index.ContentVersion, c.fingerprint()
	b := &builder{store: store, config: c, progress: progress, total: old.File.DataBytes}
	result, err := b.build(ctx, r, fresh, old)
	_ = r.CloseWithError(os.ErrClosed) // lets the exporting goroutine end
	<-done
	if err != nil {
		return nil, err
	}
	return result, nil
}
