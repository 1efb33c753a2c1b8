package ingest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pcapidx/index"
)

func textBuild(t *testing.T, store *index.Store, c Config) *Result {
	t.Helper()
	data, err := os.ReadFile("../testdata/captures/web-day.pcap")
	if err != nil {
		t.Fatal(err)
	}
	r, err := Ingest(context.Background(), store, Input{Name: "day", Reader: bytes.NewReader(data)}, c, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// wordsOf writes what the text index answers.
func wordsOf(t *testing.T, store *index.Store) string {
	t.Helper()
	x, _, err := store.Open("day")
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	if _, err := x.Text(); err != nil {
		return err.Error()
	}
	text := fmt.Sprintf("%+v\n", *x.Summary().Text)
	for _, q := range []index.WordQuery{{Word: "http"}, {Word: "h", Prefix: true}, {Word: "hots", Edits: 2}} {
		for _, limit := range []int{0, 3} {
			hits, total, more, err := x.Words(context.Background(), q, limit)
			if err != nil || total == 0 {
				t.Fatalf("%+v: %d hits, %v", q, total, err)
			}
			text += fmt.Sprintf("%+v %d %v\n%+v\n", q, total, more, hits)
		}
	}
	return text
}

// TestTextBuild: --no-text leaves the text index out and is another configuration;
// re-indexing adds it; the same capture gives the same answers.
func TestTextBuild(t *testing.T) {
	store := index.OpenStore(t.TempDir())
	without := textBuild(t, store, Config{NoText: true})
	if got := wordsOf(t, store); !strings.Contains(got, index.ErrNoText.Error()) {
		t.Errorf("without: %s", got)
	}
	if _, err := Reindex(context.Background(), store, "day", Config{}, nil); err != nil {
		t.Fatal(err)
	}
	first := wordsOf(t, store)
	if again := textBuild(t, store, Config{}); !again.Duplicate || again.Entry.Fingerprint == without.Entry.Fingerprint {
		t.Errorf("after reindex: %+v", again)
	}
	other := index.OpenStore(t.TempDir())
	textBuild(t, other, Config{Workers: 1, MaxConnections: 2})
	if second := wordsOf(t, other); first != second {
		t.Errorf("answers differ:\n%s\n%s", first, second)
	}
	if capped := textBuild(t, other, Config{TextCap: 100}); capped.Duplicate {
		t.Error("another cap is the same configuration")
	}
}

// TestTextChecked: check reads the text index too.
func TestTextChecked(t *testing.T) {
	store := index.OpenStore(t.TempDir())
	e := textBuild(t, store, Config{}).Entry
	r, _, err := store.Check(context.Background(), "day")
	if err != nil || len(r.Problems) != 0 {
		t.Fatalf("whole: %v %v", r, err)
	}
	files, err := filepath.Glob(filepath.Join(store.Dir(), "captures", e.ID, e.Build, "text", "*.zap"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/3] ^= 1
	if err := os.WriteFile(files[0], data, 0o600); err != nil {
		t.Fatal(err)
	}
	r, _, err = store.Check(context.Background(), "day")
	if err != nil || len(r.Problems) != 1 || !strings.Contains(r.Problems[0], filepath.Base(files[0])) {
		t.Errorf("damaged: %v %v", r, err)
	}
}
