package index

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// writeText makes a text index of documents; most is the size of its batches.
func writeText(t testing.TB, dir string, most int, docs []TextDoc) {
	t.Helper()
	w, err := CreateText(dir)
	if err != nil {
		t.Fatal(err)
	}
	if most > 0 {
		w.most = most
	}
	for i := range docs {
		if err := w.Add(&docs[i]); err != nil {
			t.Fatal(err)
		}
	}
	n, err := w.Close()
	if err != nil {
		t.Fatal(err)
	}
	if n != uint64(len(docs)) {
		t.Fatalf("%d documents were written, added were %d", n, len(docs))
	}
}

func mustOpenText(t testing.TB, dir string) *Text {
	t.Helper()
	x, err := OpenText(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	return x
}

func someDocs() []TextDoc {
	return []TextDoc{
		{Conn: 0, Side: SideA, Offset: 0, First: 1, Last: 9, Words: []string{"get", "index", "html", "example"}},
		{Conn: 0, Side: SideB, Offset: 0, First: 2, Last: 9, Words: []string{"http", "html", "example", "exampel", "title", "body", "more"}},
		{Conn: 1, Side: SideA, Offset: 16384, First: 7, Last: 8, Words: []string{"examplo", "größe"}},
		{Conn: math.MaxUint32 - 1, Side: SideB, Offset: 1 << 40, First: 11, Last: math.MaxUint32, Words: []string{"sample", "example"}},
	}
}

func asText(hits []WordHit) string {
	var lines []string
	for _, h := range hits {
		lines = append(lines, fmt.Sprintf("%d/%d+%d %d-%d %s %d", h.Conn, h.Side, h.Offset, h.First, h.Last, h.Term, h.Distance))
	}
	return strings.Join(lines, "\n")
}

func TestText(t *testing.T) {
	dir := t.TempDir()
	writeText(t, dir, 0, someDocs())
	x := mustOpenText(t, dir)
	last := "4294967294/1+1099511627776 11-4294967295"
	for _, c := range []struct {
		q     WordQuery
		limit int
		want  []string
		total int
	}{
		{WordQuery{Word: "html"}, 0, []string{"0/0+0 1-9 html 0", "0/1+0 2-9 html 0"}, 2}, // the shorter chunk first
		{WordQuery{Word: "nothing"}, 0, nil, 0},
		{WordQuery{Word: "ht", Prefix: true}, 0, []string{"0/0+0 1-9 html 0", "0/1+0 2-9 http 0", "0/1+0 2-9 html 0"}, 3},
		{WordQuery{Word: "example", Edits: 1}, 0, []string{last + " example 0", "0/0+0 1-9 example 0", "0/1+0 2-9 example 0", "1/0+16384 7-8 examplo 1", "0/1+0 2-9 exampel 1"}, 5},
		{WordQuery{Word: "example", Edits: 2}, 4, []string{last + " example 0", "0/0+0 1-9 example 0", "0/1+0 2-9 example 0", "1/0+16384 7-8 examplo 1"}, 6},
		{WordQuery{Word: "example", Edits: 2}, 2, []string{last + " example 0", "0/0+0 1-9 example 0"}, 6},
		{WordQuery{Word: "größe"}, 0, []string{"1/0+16384 7-8 größe 0"}, 1},
		{WordQuery{Word: "grösse", Edits: 2}, 0, []string{"1/0+16384 7-8 größe 2"}, 1},
		{WordQuery{Word: "grüße", Edits: 1}, 0, []string{"1/0+16384 7-8 größe 1"}, 1}, // letters are changed, not bytes
	} {
		hits, total, more, err := x.Words(context.Background(), c.q, c.limit)
		if err != nil || more {
			t.Fatalf("%+v: %v, more %v", c.q, err, more)
		}
		if got := asText(hits); got != strings.Join(c.want, "\n") || total != c.total {
			t.Errorf("%+v:\n%s\n(%d), want\n%s\n(%d)", c.q, got, total, strings.Join(c.want, "\n"), c.total)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, _, err := x.Words(ctx, WordQuery{Word: "html"}, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestTextKeepsAll: bleve's Close forgets what is in memory, so many small batches
// lose documents where it is not waited for.
func TestTextKeepsAll(t *testing.T) {
	const docs = 10000
	dir := t.TempDir()
	all := make([]TextDoc, docs)
	for i := range all {
		all[i] = TextDoc{Conn: uint32(i), First: uint32(i + 1), Last: uint32(i + 1), Words: []string{"every", fmt.Sprintf("w%c%c%c", 'a'+i%26, 'a'+i/26%26, 'a'+i/676)}}
	}
	writeText(t, dir, 10*300, all) // about 10 documents each
	x := mustOpenText(t, dir)
	if x.Count() != docs {
		t.Errorf("%d documents of %d", x.Count(), docs)
	}
	hits, total, _, err := x.Words(context.Background(), WordQuery{Word: "every"}, 3)
	if err != nil || total != docs || len(hits) != 3 || hits[0].Conn != 0 || hits[2].Conn != 2 {
		t.Errorf("%d hits of %d: %s %v", len(hits), total, asText(hits), err)
	}
	_, total, more, err := x.Words(context.Background(), WordQuery{Word: "w", Prefix: true}, 1)
	if err != nil || !more || total == 0 || total >= docs {
		t.Errorf("all words: %d hits, more %v, %v", total, more, err)
	}
}

func TestTextEmpty(t *testing.T) {
	dir := t.TempDir()
	writeText(t, dir, 0, nil)
	x := mustOpenText(t, dir)
	for _, q := range []WordQuery{{Word: "a"}, {Word: "a", Prefix: true}, {Word: "abc", Edits: 1}} {
		if hits, total, _, err := x.Words(context.Background(), q, 0); err != nil || len(hits)+total != 0 {
			t.Errorf("%+v: %v %d %v", q, hits, total, err)
		}
	}
}

// TestTextShared: readers do not exclude each other, and keep answering when the
// files are removed.
func TestTextShared(t *testing.T) {
	dir := t.TempDir()
	writeText(t, dir, 0, someDocs())
	a, b := mustOpenText(t, dir), mustOpenText(t, dir)
	if err := os.RemoveAll(dir); err != nil && runtime.GOOS != "windows" { // there files in use stay
		t.Fatal(err)
	}
	for _, x := range []*Text{a, b} {
		if hits, _, _, err := x.Words(context.Background(), WordQuery{Word: "example"}, 0); err != nil || len(hits) != 3 {
			t.Errorf("%v %v", hits, err)
		}
	}
}

func TestTextDamaged(t *testing.T) {
	dir := t.TempDir()
	if _, err := OpenText(dir); !errors.Is(err, ErrNoText) {
		t.Errorf("no text index: %v", err)
	}
	writeText(t, dir, 0, someDocs())
	files, err := filepath.Glob(filepath.Join(dir, textFolder, "*"))
	if err != nil || len(files) < 2 {
		t.Fatalf("files %q %v", files, err)
	}
	for _, path := range append(files, filepath.Join(dir, textSumsFile)) {
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		changed := slices.Clone(whole)
		changed[len(changed)/2] ^= 0x40
		for what, bytes := range map[string][]byte{"cut": whole[:len(whole)-1], "changed": changed, "gone": nil} {
			if bytes == nil && filepath.Base(path) == textSumsFile {
				continue // that is a build without text index
			}
			os.Remove(path)
			if bytes != nil {
				os.WriteFile(path, bytes, 0o644)
			}
			var corrupt *CorruptError
			x, err := OpenText(dir)
			if err == nil {
				x.Close()
			}
			if !errors.As(err, &corrupt) {
				t.Errorf("%s %s: %v", filepath.Base(path), what, err)
			}
		}
		os.Remove(path)
		os.WriteFile(path, whole, 0o644)
	}
	mustOpenText(t, dir)
}

func TestTextAbort(t *testing.T) {
	dir := t.TempDir()
	w, err := CreateText(dir)
	if err != nil {
		t.Fatal(err)
	}
	docs := someDocs()
	w.Add(&docs[0])
	w.Abort()
	w.Abort()
	if _, err := OpenText(dir); !errors.Is(err, ErrNoText) {
		t.Errorf("given up: %v", err)
	}
}

// TestPlaces: ids of documents are numbers of places, and, of indexes up to content 5,
// the places themselves.
func TestPlaces(t *testing.T) {
	want := TextDoc{Conn: 7, Side: SideB, Offset: 1 << 40, Length: 9, First: 3, Last: 4}
	dir := t.TempDir()
	var w placesWriter
	if err := w.create(dir); err != nil {
		t.Fatal(err)
	}
	w.add(&TextDoc{})
	w.add(&want)
	if err := w.close(); err != nil {
		t.Fatal(err)
	}
	f, err := openPlaces(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	file, err := os.Open(filepath.Join(dir, placesFile))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	now, many, old := &Text{places: f}, &Text{places: &placesReader{file: file}}, &Text{}
	for _, c := range []struct {
		text *Text
		id   string
		good bool
	}{
		{now, docID(1), true},
		{old, string(appendPlace(nil, &want)), true},
		{many, docID(1), true},
		{now, docID(2), false},
		{many, docID(2), false},
		{now, docID(1<<32 - 1), false},
		{old, docID(1), false},
		{now, "", false},
		{old, string(appendPlace(nil, &want)[1:]), false},
	} {
		got, err := c.text.place(c.id)
		if (err == nil) != c.good || c.good && !reflect.DeepEqual(got, want) {
			t.Errorf("%x: %+v, %v", c.id, got, err)
		}
	}
}
