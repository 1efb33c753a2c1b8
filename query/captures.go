package query

import (
	"context"
	"fmt"
	"slices"

	"pcapidx/index"
)

// CaptureRow describes one capture of the store.
type CaptureRow struct {
	Capture     string    `json:"capture"` // id; any prefix of 4 digits or more names it
	Name        string    `json:"name"`
	Added       Timestamp `json:"added"`
	Packets     uint32    `json:"packets"`
	Bytes       uint64    `json:"bytes"` // sum of original frame lengths
	Connections uint32    `json:"connections"`
	Start       Timestamp `json:"start"` // earliest frame
	End         Timestamp `json:"end"`   // latest frame
	DurationS   Seconds   `json:"duration_s"`
	FileBytes   uint64    `json:"file_bytes"`  // of the file as given
	IndexBytes  int64     `json:"index_bytes"` // of the index on disk
	SHA256      string    `json:"sha256"`      // of the file as given
	State       string    `json:"state"`
	Damage      string    `json:"damage,omitempty"`
	Outdated    bool      `json:"outdated,omitempty"` // reindex would add content
}

// CapturesRequest asks which captures there are.
type CapturesRequest struct{}

// CapturesAnswer lists them, oldest first.
type CapturesAnswer struct {
	Rows []CaptureRow `json:"rows"`
	Paged
}

// Captures lists the captures of the store.
func (e *Engine) Captures(_ context.Context, _ CapturesRequest) (*CapturesAnswer, error) {
	all, err := e.source.List()
	if err != nil {
		return nil, wrap(err)
	}
	a := &CapturesAnswer{Rows: make([]CaptureRow, 0, len(all))}
	for i := range all {
		a.Rows = append(a.Rows, captureRow(&all[i]))
	}
	a.Returned, a.Total, a.TotalExact = len(a.Rows), len(a.Rows), true
	if len(a.Rows) == 0 {
		a.Hints = append(a.Hints, "the store is empty: `pcapidx ingest FILE` adds a capture")
	}
	return a, nil
}

func captureRow(e *index.Entry) CaptureRow {
	r := CaptureRow{
		Capture: e.ID, Name: e.Name, Added: stampOf(e.Added), Packets: e.Frames, Bytes: e.Bytes, Connections: e.Connections,
		DurationS: secondsBetween(e.Start, e.End), FileBytes: e.FileBytes, IndexBytes: e.IndexBytes, SHA256: e.FileSHA256,
		State: e.State, Damage: damageText(e.Damage), Outdated: e.Content < index.ContentVersion,
	}
	if e.Frames > 0 {
		r.Start, r.End = stampOf(e.Start.UTC()), stampOf(e.End.UTC())
	}
	return r
}

func damageText(d *index.Damage) string {
	if d == nil {
		return ""
	}
	return fmt.Sprintf("%s at byte %d after frame %d", d.Kind, d.Offset, d.AfterFrame)
}

// AddRequest asks to index files.
type AddRequest struct {
	Files []string   `json:"files"` // paths, "-" is standard input
	Open  []OpenFile `json:"-"`     // files that are open, after those
}

// AddRow says what became of one file.
type AddRow struct {
	Capture     string        `json:"capture"`
	Name        string        `json:"name"`
	SHA256      string        `json:"sha256"` // of the file as given
	Packets     uint32        `json:"packets"`
	Connections uint32        `json:"connections"`
	State       string        `json:"state"`
	Duplicate   bool          `json:"duplicate"` // the store had it already
	Damage      *index.Damage `json:"damage"`    // null: the file is whole
}

// AddAnswer has a row per file that was indexed.
type AddAnswer struct {
	Rows []AddRow `json:"rows"`
}

// Add indexes files one after the other. At the first that fails it stops; the
// answer still holds those before it.
func (e *Engine) Add(ctx context.Context, q AddRequest, progress func(Progress)) (*AddAnswer, error) {
	a := &AddAnswer{Rows: []AddRow{}}
	if e.writer == nil {
		return a, badRequest("", "this store is read-only")
	}
	for _, path := range q.Files {
		added, err := e.writer.Add(ctx, path, progress)
		if err != nil {
			return a, wrap(err)
		}
		a.Rows = append(a.Rows, addRow(added))
	}
	for _, f := range q.Open {
		added, err := e.writer.AddOpen(ctx, f, progress)
		if err != nil {
			return a, wrap(err)
		}
		a.Rows = append(a.Rows, addRow(added))
	}
	return a, nil
}

func addRow(r *Added) AddRow {
	return AddRow{
		Capture: r.Entry.ID, Name: r.Entry.Name, SHA256: r.Entry.FileSHA256, Packets: r.Entry.Frames,
		Connections: r.Entry.Connections, State: r.Entry.State, Duplicate: r.Duplicate, Damage: r.Entry.Damage,
	}
}

// ReindexRequest asks to build indexes anew from the stored packets.
type ReindexRequest struct {
	Capture string `json:"capture,omitempty"`
	All     bool   `json:"all,omitempty"`
}

// Reindex builds indexes anew; captures keep their id, name and date.
func (e *Engine) Reindex(ctx context.Context, q ReindexRequest, progress func(Progress)) (*AddAnswer, error) {
	a := &AddAnswer{Rows: []AddRow{}}
	if e.writer == nil {
		return a, badRequest("", "this store is read-only")
	}
	refs, err := e.captureRefs(named(q.Capture), q.All)
	if err != nil {
		return a, err
	}
	for _, ref := range refs {
		r, err := e.writer.Reindex(ctx, ref, progress)
		if err != nil {
			return a, wrap(err)
		}
		a.Rows = append(a.Rows, addRow(r))
	}
	return a, nil
}

func named(ref string) []string {
	if ref == "" {
		return nil
	}
	return []string{ref}
}

// captureRefs gives the ids of the captures asked for.
func (e *Engine) captureRefs(refs []string, all bool) ([]string, error) {
	if all == (len(refs) > 0) {
		return nil, badRequest("give captures or --all, not both and not neither", "which captures?")
	}
	ids := make([]string, 0, len(refs))
	if all {
		entries, err := e.source.List()
		if err != nil {
			return nil, wrap(err)
		}
		for i := range entries {
			ids = append(ids, entries[i].ID)
		}
		return ids, nil
	}
	for _, ref := range refs {
		entry, err := e.source.Find(ref)
		if err != nil {
			return nil, wrap(err)
		}
		if !slices.Contains(ids, entry.ID) {
			ids = append(ids, entry.ID)
		}
	}
	return ids, nil
}

// RemoveRequest asks to take captures out of the store.
type RemoveRequest struct {
	Captures []string `json:"captures"`
}

// RemovedRow names a capture that is gone.
type RemovedRow struct {
	Capture    string `json:"capture"`
	Name       string `json:"name"`
	IndexBytes int64  `json:"index_bytes"` // freed, if no other owner has it
}

// RemoveAnswer lists what was removed.
type RemoveAnswer struct {
	Rows []RemovedRow `json:"rows"`
}

// Remove takes captures out of the store. All are looked up before the first
// is removed.
func (e *Engine) Remove(_ context.Context, q RemoveRequest) (*RemoveAnswer, error) {
	ids, err := e.captureRefs(q.Captures, false)
	if err != nil {
		return nil, err
	}
	a := &RemoveAnswer{Rows: []RemovedRow{}}
	for _, id := range ids {
		entry, err := e.source.Remove(id)
		if err != nil {
			return a, wrap(err)
		}
		a.Rows = append(a.Rows, RemovedRow{Capture: entry.ID, Name: entry.Name, IndexBytes: entry.IndexBytes})
	}
	return a, nil
}

// CheckRequest asks whether an index is whole.
type CheckRequest struct {
	Capture string `json:"capture"`
}

// CheckAnswer says what was looked at, and every problem found.
type CheckAnswer struct {
	Capture     string   `json:"capture"`
	Name        string   `json:"name"`
	OK          bool     `json:"ok"`
	Packets     uint32   `json:"packets"`     // read back
	Connections uint32   `json:"connections"` // compared with their frames
	Postings    int      `json:"postings"`    // lists compared with the columns
	Problems    []string `json:"problems"`
	Hints       []string `json:"hints,omitempty"`
}

// Check verifies a capture's index against its checksums and itself.
func (e *Engine) Check(ctx context.Context, q CheckRequest) (*CheckAnswer, error) {
	r, entry, err := e.source.Check(ctx, q.Capture)
	if err != nil {
		return nil, wrap(err)
	}
	a := &CheckAnswer{
		Capture: entry.ID, Name: entry.Name, OK: len(r.Problems) == 0, Packets: r.Frames, Connections: r.Connections,
		Postings: r.Postings, Problems: r.Problems,
	}
	if !a.OK {
		a.Hints = append(a.Hints, "remove the capture and ingest its file again")
	}
	return a, nil
}
