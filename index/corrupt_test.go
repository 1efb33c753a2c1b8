package index_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pcapidx/index"
)

func isCorrupt(err error) bool {
	var corrupt *index.CorruptError
	return errors.As(err, &corrupt)
}

// build is the index of a real capture, to be damaged.
type build struct {
	dir     string
	sha     string
	content []byte
	sums    []byte
	answers map[string]string
}

func newBuild(t *testing.T) *build {
	t.Helper()
	store := index.OpenStore(t.TempDir())
	path := filepath.Join(captures, "web-day.pcap")
	e := mustIngest(t, store, path)
	b := &build{dir: store.BuildDir(e), sha: e.DataSHA256}
	for name, to := range map[string]*[]byte{filepath.Join(b.dir, "index.db"): &b.content, filepath.Join(b.dir, "index.sum"): &b.sums} {
		var err error
		if *to, err = os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	x, err := index.Open(b.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	b.answers = answers(t, x)
	for kind, answer := range b.answers {
		if answer == "corrupt" {
			t.Fatalf("the index is damaged before the test: %s", kind)
		}
	}
	return b
}

// put writes a damaged index.db beside the sums that it was published with.
func (b *build) put(t *testing.T, content []byte) {
	t.Helper()
	for name, content := range map[string][]byte{"index.db": content, "index.sum": b.sums} {
		if err := os.WriteFile(filepath.Join(b.dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func (b *build) check(t *testing.T) []string {
	t.Helper()
	report, err := index.Check(context.Background(), b.dir, b.sha)
	if err != nil {
		t.Fatalf("check stopped: %v", err)
	}
	return report.Problems
}

// mustAnswerWell asks a damaged index everything: each answer is the right one
// or a CorruptError. Only a posting list may be missing without a word, because
// nothing in the index says which values there are.
func (b *build) mustAnswerWell(t *testing.T) (opened bool) {
	t.Helper()
	x, err := index.Open(b.dir)
	if err != nil {
		if !isCorrupt(err) {
			t.Fatalf("open: %v is no CorruptError", err)
		}
		return false
	}
	defer x.Close()
	for kind, got := range answers(t, x) {
		if got != b.answers[kind] && got != "corrupt" && (got != "none" || !strings.HasPrefix(kind, "posting ")) {
			t.Errorf("%s: a wrong answer", kind)
		}
	}
	return true
}

// Every flipped bit is found: by the sums of the file, if by nothing else.
func TestFlippedBitIsFound(t *testing.T) {
	b := newBuild(t)
	r := rand.New(rand.NewPCG(50, 1))
	for i := range 200 {
		at, bit := r.IntN(len(b.content)), r.IntN(8)
		content := slices.Clone(b.content)
		content[at] ^= 1 << bit
		b.put(t, content)
		if problems := b.check(t); len(problems) == 0 {
			t.Errorf("byte %d bit %d: not found", at, bit)
		}
		if i%10 == 0 || !testing.Short() {
			b.mustAnswerWell(t)
		}
	}
}

// Without the sums of the file, damage is found by the walk through the pages
// and values, or it lies where nothing is read.
func TestFlippedBitBehindTheSums(t *testing.T) {
	b := newBuild(t)
	branches, leaves, err := index.LivePages(filepath.Join(b.dir, "index.db"))
	if err != nil {
		t.Fatal(err)
	}
	live := append(append([]int64{0, int64(os.Getpagesize())}, branches...), leaves...)
	r := rand.New(rand.NewPCG(51, 1))
	found, opened := 0, 0
	flips := 300
	if testing.Short() {
		flips = 60
	}
	for i := range flips {
		at := r.IntN(len(b.content))
		if i%3 > 0 { // in the headers and elements of pages
			at = int(live[r.IntN(len(live))]) + r.IntN(16+16*6)
		}
		content := slices.Clone(b.content)
		content[at] ^= 1 << r.IntN(8)
		if i%7 == 0 {
			content[at] = byte(r.Uint32())
		}
		b.put(t, content)
		if err := index.WriteSums(b.dir); err != nil {
			t.Fatal(err)
		}
		if problems := b.check(t); len(problems) > 0 {
			found++
		}
		if b.mustAnswerWell(t) {
			opened++
		}
	}
	t.Logf("of %d flips %d were found, %d could be opened", flips, found, opened)
	if found < flips/4 {
		t.Errorf("only %d flips of %d were found", found, flips)
	}
}

// A file that lost its end, or whose pages were exchanged, is damaged too.
func TestTornIndex(t *testing.T) {
	b := newBuild(t)
	size := os.Getpagesize()
	pages := len(b.content) / size
	r := rand.New(rand.NewPCG(52, 1))
	for i := range 100 {
		content := slices.Clone(b.content)
		switch i % 3 {
		case 0:
			content = content[:r.IntN(len(content))]
		case 1:
			clear(content[r.IntN(pages)*size:][:size])
		case 2:
			copy(content[r.IntN(pages)*size:][:size], content[r.IntN(pages)*size:][:size])
		}
		if bytes.Equal(content, b.content) {
			continue
		}
		b.put(t, content)
		if len(b.check(t)) == 0 {
			t.Errorf("damage %d: not found", i)
		}
		if err := index.WriteSums(b.dir); err != nil {
			t.Fatal(err)
		}
		b.check(t)
		b.mustAnswerWell(t)
	}
}

func TestDamagedSums(t *testing.T) {
	b := newBuild(t)
	for name, sums := range map[string][]byte{"none": nil, "text": []byte("x"), "other size": []byte(`{"bytes":1,"crc32c":[1]}`), "other sum": []byte(`{"bytes":1}`)} {
		b.put(t, b.content)
		path := filepath.Join(b.dir, "index.sum")
		err := os.WriteFile(path, sums, 0o600)
		if sums == nil {
			err = os.Remove(path)
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(b.check(t)) == 0 {
			t.Errorf("%s: not found", name)
		}
	}
	if _, err := index.Check(context.Background(), filepath.Join(b.dir, "none"), ""); err == nil {
		t.Error("an index that is not there was checked")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	b.put(t, b.content)
	if _, err := index.Check(ctx, b.dir, b.sha); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled check says %v", err)
	}
}
