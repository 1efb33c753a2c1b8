package query

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
	"pcapidx/query/filter"
)

// FieldsRequest asks which fields filters may name.
type FieldsRequest struct {
	Prefix  string `json:"prefix,omitempty" jsonschema:"beginning of the names, such as tcp.flags; empty: all"`
	Capture string `json:"capture,omitempty" jsonschema:"count the packets of this capture that have each field"`
	Page
}

// FieldRow describes one field.
type FieldRow struct {
	Name string `json:"name"` // Wireshark's
	Type string `json:"type"` // Wireshark's words
	Doc  string `json:"doc"`
	// Frames counts the packets of Capture that have the field; absent without a
	// capture, and where the index cannot tell.
	Frames *uint64 `json:"frames,omitempty"`
	// Unavailable says why a filter cannot ask it.
	Unavailable string `json:"unavailable,omitempty"`
}

// FieldsAnswer is a page of fields, by name.
type FieldsAnswer struct {
	Capture string     `json:"capture,omitempty"`
	Rows    []FieldRow `json:"rows"`
	Paged
}

// Fields lists the fields of this program's dictionary.
func (e *Engine) Fields(ctx context.Context, q FieldsRequest) (*FieldsAnswer, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	names := fieldsWith(q.Prefix)
	a := &FieldsAnswer{Rows: []FieldRow{}, Paged: Paged{Total: len(names), TotalExact: true}}
	shape := "fields\x00" + q.Prefix + "\x00" + q.Capture
	after, err := parseCursor(q.Cursor, shape, nil)
	if err != nil {
		return nil, err
	}
	from := 0
	if after != nil {
		from = min(int(after.number), len(names))
	}
	names = names[from:]
	if q.Limit > 0 && len(names) > q.Limit {
		names = names[:q.Limit]
		a.NextCursor = formatCursor(shape, nil, rowKey{number: uint32(from + q.Limit)})
	}
	content := index.ContentVersion
	var counts []*uint64
	if q.Capture != "" {
		x, entry, err := e.source.Open(q.Capture)
		if err != nil {
			return nil, wrap(err)
		}
		defer x.Close()
		a.Capture, content = entry.ID, x.Summary().Content
		if counts, err = countFields(ctx, x, names); err != nil {
			return nil, wrap(err)
		}
	}
	for i, name := range names {
		row := fieldRow(name, content)
		if counts != nil && row.Unavailable == "" {
			row.Frames = counts[i]
		}
		a.Rows = append(a.Rows, row)
	}
	a.Returned = len(a.Rows)
	if a.Total == 0 {
		a.Hints = append(a.Hints, noFieldHint(q.Prefix))
	}
	return a, nil
}

// fieldsWith gives the fields whose names begin with a prefix, by name.
func fieldsWith(prefix string) []string {
	names := appNames(prefix)
	for _, id := range dissect.FieldsByName() {
		if name := dissect.Fields()[id].Name; strings.HasPrefix(name, prefix) && appFieldFor(name) == nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func noFieldHint(prefix string) string {
	if near := Nearest(prefix, dictionary{}.Names()); near != "" {
		return fmt.Sprintf("no field begins with that; did you mean %s?", near)
	}
	return "no field begins with that; without a prefix all are listed"
}

func fieldRow(name string, content int) FieldRow {
	if f := appFieldFor(name); f != nil {
		row := FieldRow{Name: name, Type: kindWords(f.Kind, f.Bits), Doc: f.Doc}
		if f.column().since > content {
			row.Unavailable = "reindex the capture to have it"
		}
		return row
	}
	id, _ := dissect.FieldByName(name)
	f := &dissect.Fields()[id]
	row := FieldRow{Name: f.Name, Type: kindWords(f.Kind, f.Bits), Doc: f.Doc}
	if f.Stored && columnFor(f.Name, content) == nil {
		row.Unavailable = "depends on other frames, and is not indexed yet"
		if columnFor(f.Name, index.ContentVersion) != nil {
			row.Unavailable = "reindex the capture to have it"
		}
	}
	return row
}

// kindWords gives Wireshark's words for a type.
func kindWords(kind dissect.FieldKind, bits uint8) string {
	words := filterKind(kind).String()
	if bits > 0 && (kind == dissect.KindUint || kind == dissect.KindInt) {
		words += fmt.Sprintf(" (%d bits)", bits)
	}
	return words
}

// fieldCounter counts the frames that have some fields, in one worker.
type fieldCounter struct {
	counts  []uint64
	byProto map[dissect.Proto][]int // places in ids of the fields of a layer
	columns []int                   // of those in columns
	frame   []int                   // of those of the frame itself
	seen    []uint32                // by place: the frame that was counted last
}

// countFields counts the frames of a capture that have each of some fields.
// Those of application protocols are counted by lists, or not at all.
func countFields(ctx context.Context, x Capture, names []string) ([]*uint64, error) {
	counts := make([]*uint64, len(names))
	var ids []dissect.FieldID
	var text []string
	var places []int
	for i, name := range names {
		if f := appFieldFor(name); f != nil {
			n, known, err := countApp(x, f)
			if err != nil {
				return nil, err
			}
			if known {
				counts[i] = &n
			}
			continue
		}
		id, _ := dissect.FieldByName(name)
		ids, text, places = append(ids, id), append(text, name), append(places, i)
	}
	if len(ids) == 0 {
		return counts, nil
	}
	sum, err := countFrames(ctx, x, ids, text)
	for i := range sum {
		counts[places[i]] = &sum[i]
	}
	return counts, err
}

// countApp counts the frames with a field of application protocols.
func countApp(x Capture, f *appField) (n uint64, known bool, err error) {
	for segment := range x.Segments() {
		l := newLists(x, uint16(segment))
		b := appBounds(l, f, &filter.Test{Op: filter.Present})
		if l.err != nil || b.must == nil {
			return 0, false, l.err
		}
		n += b.must.GetCardinality()
	}
	return n, true, nil
}

// countFrames counts the frames that have each of some fields of the frame itself.
func countFrames(ctx context.Context, x Capture, ids []dissect.FieldID, text []string) ([]uint64, error) {
	all, err := parseFilter("")
	if err != nil {
		return nil, err
	}
	m := newMatcher(x, all)
	counters := make([]*fieldCounter, len(m.records))
	for i, r := range m.records {
		counters[i] = newFieldCounter(ids, x.Summary().Content)
		for _, name := range text {
			id, _ := dissect.FieldByName(name)
			r.fields = append(r.fields, recordField{id: id, column: columnFor(name, x.Summary().Content)})
		}
	}
	err = m.eachFound(ctx, func(segment uint16, frames *roaring.Bitmap) error {
		return m.visit(ctx, segment, frames, index.ColAll, func(worker int, r *frameRecord) error {
			counters[worker].count(r)
			return r.err
		})
	})
	sum := make([]uint64, len(ids))
	for _, c := range counters {
		for i, n := range c.counts {
			sum[i] += n
		}
	}
	return sum, err
}

func newFieldCounter(ids []dissect.FieldID, content int) *fieldCounter {
	c := &fieldCounter{counts: make([]uint64, len(ids)), seen: make([]uint32, len(ids)), byProto: map[dissect.Proto][]int{}}
	for i, id := range ids {
		f := &dissect.Fields()[id]
		switch {
		case columnFor(f.Name, content) != nil:
			c.columns = append(c.columns, i)
		case f.Stored:
		case f.Protocols() == nil:
			c.frame = append(c.frame, i)
		default:
			for _, p := range f.Layers() {
				c.byProto[p] = append(c.byProto[p], i)
			}
		}
	}
	return c
}

// count counts the fields of the frame in hand. The values of a field come from
// all its layers at once, so each is asked once.
func (c *fieldCounter) count(r *frameRecord) {
	ask := func(i int) {
		if c.seen[i] != r.row.Number {
			if c.seen[i] = r.row.Number; r.Present(i) {
				c.counts[i]++
			}
		}
	}
	for _, i := range c.columns {
		ask(i)
	}
	for _, i := range c.frame {
		ask(i)
	}
	for _, l := range r.dissected().Layers {
		for _, i := range c.byProto[l.Proto] {
			ask(i)
		}
	}
}
