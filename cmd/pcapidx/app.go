package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"pcapidx/index"
	"pcapidx/ingest"
	"pcapidx/ingest/diag"
	"pcapidx/ingest/source"
	"pcapidx/query"
)

// app is what all commands share: the global flags and where to print.
type app struct {
	store  string
	json   bool
	stdin  io.Reader
	out    *output
	stderr io.Writer

	thresholds *diag.Thresholds             // of what is ingested; nil: the defaults
	observing  *query.ObservationThresholds // of questions; nil: the defaults
	noText     bool                         // what is ingested gets no text index
	keepOpen   bool                         // indexes stay open between questions
}

// storeDir gives the folder of the store: flag, environment, default.
func (a *app) storeDir() (string, error) {
	if a.store != "" {
		return a.store, nil
	}
	if dir := os.Getenv("PCAPIDX_STORE"); dir != "" {
		return dir, nil
	}
	if dir := defaultStore(); dir != "" {
		return dir, nil
	}
	return "", &query.Error{Kind: query.BadRequest, Msg: "no folder for the store", Hint: "give --store DIR or set PCAPIDX_STORE"}
}

// defaultStore is pcapidx/ in the user's data folder (XDG base directories; on
// Windows the local application data), "" if there is none.
func defaultStore() string {
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "pcapidx")
	}
	if dir := os.Getenv("LocalAppData"); runtime.GOOS == "windows" && dir != "" {
		return filepath.Join(dir, "pcapidx")
	}
	if home, err := os.UserHomeDir(); err == nil {
		return filepath.Join(home, ".local", "share", "pcapidx")
	}
	return ""
}

func defaultStoreText() string {
	if runtime.GOOS == "windows" {
		return `%LocalAppData%\pcapidx`
	}
	return "$XDG_DATA_HOME/pcapidx or ~/.local/share/pcapidx"
}

// A server keeps so many indexes open between questions, each until it was not
// asked for so long.
const (
	keptIndexes = 8
	keptIdle    = 2 * time.Minute
)

// engine opens the store for questions and additions.
func (a *app) engine() (*query.Engine, error) {
	dir, err := a.storeDir()
	if err != nil {
		return nil, err
	}
	s := index.OpenStore(dir)
	var source query.Source = query.StoreSource{Store: s}
	if a.keepOpen {
		source = query.NewKeptSource(s, keptIndexes, keptIdle)
	}
	return a.observe(query.New(source, &writer{store: s, stdin: a.stdin, config: ingest.Config{Thresholds: a.thresholds, NoText: a.noText}})), nil
}

// writer lets the engine add captures by package ingest.
type writer struct {
	store  *index.Store
	stdin  io.Reader
	config ingest.Config
}

// Add indexes a file or standard input.
func (w *writer) Add(ctx context.Context, path string, progress func(query.Progress)) (*query.Added, error) {
	in := ingest.Input{Name: "stdin", Reader: w.stdin}
	if path != "-" {
		f, err := openFile(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in.Name, in.Reader = filepath.Base(path), f
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			in.Size, in.Seeker = uint64(info.Size()), f
		}
	}
	return w.ingest(ctx, in, progress)
}

// AddOpen indexes a file that is open.
func (w *writer) AddOpen(ctx context.Context, f query.OpenFile, progress func(query.Progress)) (*query.Added, error) {
	return w.ingest(ctx, ingest.Input{
		Name: f.Name, Reader: f.Content, Seeker: f.Content, Size: f.Size, MaxData: f.MaxData, MaxRatio: f.MaxRatio,
	}, progress)
}

func (w *writer) ingest(ctx context.Context, in ingest.Input, progress func(query.Progress)) (*query.Added, error) {
	r, err := ingest.Ingest(ctx, w.store, in, w.config, forward(in.Name, progress))
	switch {
	case errors.Is(err, source.ErrNotCapture):
		return nil, &query.Error{Kind: query.BadRequest, Msg: err.Error(), Hint: "pcapidx reads pcap and pcapng, also gzip'd or zstd'd", Err: err}
	case errors.Is(err, source.ErrTooLarge):
		return nil, &query.Error{
			Kind: query.BadRequest, Msg: "the file becomes too large when it is decompressed", Err: err,
			Hint: fmt.Sprintf("up to %d bytes are allowed, and %d for each byte of the file", in.MaxData, in.MaxRatio),
		}
	}
	return added(r), err
}

func openFile(path string) (*os.File, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &query.Error{Kind: query.NotFound, Msg: "no such file: " + path, Err: err}
	}
	if err != nil {
		return nil, &query.Error{Kind: query.IO, Msg: err.Error(), Err: err}
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		_ = f.Close()
		return nil, &query.Error{Kind: query.BadRequest, Msg: path + " is a folder", Hint: "name the capture files in it"}
	}
	return f, nil
}

// Reindex builds a capture's index anew.
func (w *writer) Reindex(ctx context.Context, ref string, progress func(query.Progress)) (*query.Added, error) {
	r, err := ingest.Reindex(ctx, w.store, ref, w.config, forward(ref, progress))
	return added(r), err
}

func added(r *ingest.Result) *query.Added {
	if r == nil {
		return nil
	}
	return &query.Added{Entry: r.Entry, Duplicate: r.Duplicate}
}

func forward(name string, progress func(query.Progress)) func(ingest.Progress) {
	if progress == nil {
		return nil
	}
	return func(p ingest.Progress) {
		progress(query.Progress{File: name, Bytes: p.Bytes, Total: p.Total, Frames: p.Frames})
	}
}

// completeCaptures offers the store's captures to the shell: by name, or by id
// where the name stands for several or holds what a terminal may act on.
func (a *app) completeCaptures(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	e, err := a.engine()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	answer, err := e.Captures(cmd.Context(), query.CapturesRequest{})
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	captures := map[string]int{}
	for _, r := range answer.Rows {
		captures[r.Name]++
	}
	var offers []string
	for _, r := range answer.Rows {
		name := escape(r.Name)
		switch {
		case slices.Contains(args, r.Name) || slices.Contains(args, r.Capture):
		case captures[r.Name] > 1 || name != r.Name:
			offers = append(offers, cobra.CompletionWithDesc(r.Capture, name))
		default:
			offers = append(offers, cobra.CompletionWithDesc(name, r.Capture))
		}
	}
	return offers, cobra.ShellCompDirectiveNoFileComp
}
