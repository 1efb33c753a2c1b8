package index

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// entry describes the capture as ingest would.
func (c *synthetic) entry() Entry {
	return Entry{
		Name: fmt.Sprintf("synthetic%d.pcap", len(c.rows)), Content: ContentVersion, Fingerprint: "f",
		DataSHA256: c.sha(), FileSHA256: c.sha(), Frames: uint32(len(c.rows)),
	}
}

// publish builds and publishes a capture; change may change its entry.
func publish(t *testing.T, s *Store, c *synthetic, change func(*Entry), replace bool) (Entry, bool, error) {
	t.Helper()
	b, err := s.Begin()
	if err != nil {
		t.Fatal(err)
	}
	c.write(t, b.Dir())
	e := c.entry()
	if change != nil {
		change(&e)
	}
	return b.Publish(e, replace)
}

func mustPublish(t *testing.T, s *Store, c *synthetic, change func(*Entry)) *Entry {
	t.Helper()
	e, duplicate, err := publish(t, s, c, change, false)
	if err != nil || duplicate {
		t.Fatal(duplicate, err)
	}
	return &e
}

// ownedStore gives the store as another owner sees it.
func ownedStore(s *Store, owner string) *Store {
	o := OpenStore(s.dir)
	o.owner = owner
	return o
}

// buildFolders lists the folders of builds, published or not.
func buildFolders(t *testing.T, s *Store) []string {
	t.Helper()
	dirs := append(folders(filepath.Join(s.dir, "incoming", "*")), folders(filepath.Join(s.dir, "captures", "*", "*"))...)
	for _, id := range folders(filepath.Join(s.dir, "captures", "*")) {
		if len(folders(filepath.Join(id, "*"))) == 0 {
			t.Errorf("%s is empty", id)
		}
	}
	return dirs
}

// mustHave makes sure that only the builds of some entries are there, and that
// each can be opened.
func mustHave(t *testing.T, s *Store, entries ...*Entry) {
	t.Helper()
	want := map[string]bool{}
	for _, e := range entries {
		want[s.buildDir(e)] = true
		x, err := Open(s.buildDir(e))
		if err != nil {
			t.Errorf("%s: %v", e.Name, err)
			continue
		}
		_ = x.Close()
	}
	if got := buildFolders(t, s); len(got) != len(want) || slices.ContainsFunc(got, func(dir string) bool { return !want[dir] }) {
		t.Errorf("builds %v, want %v", got, want)
	}
}

func TestPublish(t *testing.T) {
	s, c := OpenStore(t.TempDir()), newSynthetic(10, 2, 50)
	var steps []string
	s.step = func(step string) { steps = append(steps, step) }
	e := mustPublish(t, s, c, func(e *Entry) { e.Owner, e.ID, e.Build, e.State = "x", "x", "x", "x" })
	if e.Owner != LocalOwner || e.ID != c.sha()[:16] || e.State != "ready" || len(e.Build) != 16 {
		t.Errorf("published as %+v", e)
	}
	size, err := folderBytes(s.buildDir(e))
	if err != nil || e.IndexBytes != size || size < 10_000 {
		t.Errorf("%d bytes, the entry says %d, %v", size, e.IndexBytes, err)
	}
	x, found, err := s.Open(e.Name)
	if err != nil || found.Build != e.Build || x.Summary().Frames != 10 {
		t.Fatalf("%+v, %v", found, err)
	}
	_ = x.Close()
	mustHave(t, s, e)
	if got := strings.Join(steps, " "); got != "gate folder locked catalog parent renamed synced committed cleaned" {
		t.Errorf("steps: %s", got)
	}
}

func TestDuplicate(t *testing.T) {
	s, c := OpenStore(t.TempDir()), newSynthetic(10, 2, 50)
	first := mustPublish(t, s, c, nil)
	again, duplicate, err := publish(t, s, c, func(e *Entry) { e.Name = "other name" }, false)
	if err != nil || !duplicate || again.Build != first.Build || again.Name != first.Name {
		t.Errorf("%+v, %v, %v", again, duplicate, err)
	}
	mustHave(t, s, first)
}

func TestReplace(t *testing.T) {
	for _, c := range []struct {
		name    string
		change  func(*Entry)
		replace bool
	}{
		{"equal, as a re-index does", nil, true},
		{"other settings", func(e *Entry) { e.Fingerprint = "g" }, false},
		{"other content number", func(e *Entry) { e.Content++ }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, capture := OpenStore(t.TempDir()), newSynthetic(2000, 2, 50)
			first := mustPublish(t, s, capture, nil)
			open, _, err := s.Open(first.ID)
			if err != nil {
				t.Fatal(err)
			}
			defer open.Close()
			second, duplicate, err := publish(t, s, capture, c.change, c.replace)
			if err != nil || duplicate || second.Build == first.Build {
				t.Fatalf("%+v, %v, %v", second, duplicate, err)
			}
			mustHave(t, s, &second)
			if all, err := s.List(); err != nil || len(all) != 1 || all[0].Build != second.Build {
				t.Errorf("listed: %v, %v", all, err)
			}
			var b bytes.Buffer
			if err := open.Export(&b); err != nil || !bytes.Equal(b.Bytes(), capture.file) {
				t.Errorf("the reader of the old build: %d bytes, %v", b.Len(), err)
			}
		})
	}
}

func TestSharedBuild(t *testing.T) {
	ann := ownedStore(OpenStore(t.TempDir()), "ann")
	bob, c := ownedStore(ann, "bob"), newSynthetic(10, 2, 50)
	a := mustPublish(t, ann, c, nil)
	b, duplicate, err := publish(t, bob, c, func(e *Entry) { e.Name = "bob's" }, false)
	if err != nil || duplicate || b.Build != a.Build || b.Name != "bob's" || b.Owner != "bob" || b.IndexBytes != a.IndexBytes {
		t.Fatalf("%+v, %v, %v", b, duplicate, err)
	}
	mustHave(t, ann, a)
	if _, err := ann.Find("bob's"); !errors.Is(err, ErrNotFound) {
		t.Errorf("ann sees what is bob's: %v", err)
	}
	if _, err := ann.Remove(a.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := ann.Remove(a.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("ann removes what is bob's: %v", err)
	}
	mustHave(t, bob, &b)
	if _, err := bob.Remove("bob's"); err != nil {
		t.Fatal(err)
	}
	mustHave(t, bob)
}

// TestOwnersHidden: what an owner does to a capture that another has too looks the
// same as if no other had it, down to the folders that are removed meanwhile.
func TestOwnersHidden(t *testing.T) {
	ann := OpenStore(t.TempDir()).ForOwner("ann")
	bob, c := ann.ForOwner("bob"), newSynthetic(10, 2, 50)
	count := func(want int) {
		t.Helper()
		if got := folders(filepath.Join(ann.dir, "captures", "*", "*")); len(got) != want {
			t.Errorf("%d folders of builds, want %d", len(got), want)
		}
	}
	a := mustPublish(t, ann, c, nil)
	count(1)
	b := mustPublish(t, bob, c, nil)
	if b.Build != a.Build {
		t.Error("the build is not shared")
	}
	count(2)
	if _, duplicate, err := publish(t, bob, c, nil, false); err != nil || !duplicate {
		t.Error("bob's own is not recognised:", err)
	}
	if err := ann.Sweep(); err != nil {
		t.Fatal(err)
	}
	count(1)
	for _, s := range []*Store{ann, bob} {
		if _, err := s.Remove(a.ID); err != nil {
			t.Fatal(err)
		}
		count(1)
	}
	if err := ann.Sweep(); err != nil {
		t.Fatal(err)
	}
	count(0)
	if err := OpenStore(filepath.Join(t.TempDir(), "none")).Sweep(); err != nil {
		t.Error(err)
	}
}

// An owner who had built the capture otherwise comes to share another's build:
// the build of before must not stay.
func TestSharedBuildInPlaceOfOwn(t *testing.T) {
	ann := ownedStore(OpenStore(t.TempDir()), "ann")
	bob, c := ownedStore(ann, "bob"), newSynthetic(10, 2, 50)
	mustPublish(t, bob, c, func(e *Entry) { e.Fingerprint = "old" })
	a := mustPublish(t, ann, c, nil)
	if _, duplicate, err := publish(t, bob, c, nil, false); err != nil || duplicate {
		t.Fatal(duplicate, err)
	}
	mustHave(t, ann, a)
	re, duplicate, err := publish(t, bob, c, nil, true) // a re-index does not share
	if err != nil || duplicate || re.Build == a.Build {
		t.Fatal(re, duplicate, err)
	}
	mustHave(t, ann, a, &re)
}

func TestIDTaken(t *testing.T) {
	s := OpenStore(t.TempDir())
	first := mustPublish(t, s, newSynthetic(10, 2, 50), nil)
	other := first.DataSHA256[:idDigits] + strings.Repeat("0", 64-idDigits)
	_, _, err := publish(t, s, newSynthetic(20, 2, 50), func(e *Entry) { e.DataSHA256 = other }, false)
	if err == nil || !strings.Contains(err.Error(), first.DataSHA256) {
		t.Errorf("got %v", err)
	}
	mustHave(t, s, first)
}

func TestAbort(t *testing.T) {
	s := OpenStore(t.TempDir())
	b, err := s.Begin()
	if err != nil {
		t.Fatal(err)
	}
	newSynthetic(10, 2, 50).write(t, b.Dir())
	b.Abort()
	b.Abort()
	mustHave(t, s)
	b, err = s.Begin()
	if err != nil {
		t.Fatal(err)
	}
	c := newSynthetic(10, 2, 50)
	c.write(t, b.Dir())
	e, _, err := b.Publish(c.entry(), false)
	if err != nil {
		t.Fatal(err)
	}
	b.Abort()
	mustHave(t, s, &e)
}

func TestRemove(t *testing.T) {
	s, c := OpenStore(t.TempDir()), newSynthetic(2000, 2, 50)
	e := mustPublish(t, s, c, nil)
	other := mustPublish(t, s, newSynthetic(5, 1, 5), nil)
	x, _, err := s.Open(e.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	if removed, err := s.Remove(e.ID[:5]); err != nil || removed.Build != e.Build {
		t.Fatalf("%+v, %v", removed, err)
	}
	mustHave(t, s, other)
	if _, err := s.Remove(e.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("removed twice: %v", err)
	}
	compareRows(t, x, c, 1, true) // the open reader
	if err := os.RemoveAll(s.buildDir(other)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Open(other.ID); !errors.Is(err, ErrGone) {
		t.Errorf("a build without files: %v", err)
	}
}

func TestSweep(t *testing.T) {
	s := OpenStore(t.TempDir())
	e := mustPublish(t, s, newSynthetic(10, 2, 50), nil)
	living, err := s.Begin()
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"incoming/dead", "incoming/dead-unlocked", "captures/" + e.ID + "/dead", "captures/ffff/dead-unlocked", "captures/ffff/dead"} {
		dir = filepath.Join(s.dir, dir)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		files := []string{indexFile}
		if strings.HasSuffix(dir, "unlocked") {
			files = append(files, ownerFile)
		}
		for _, name := range files {
			if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	next, err := s.Begin()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{living.Dir(), next.Dir(), s.buildDir(e)}
	got := buildFolders(t, s)
	slices.Sort(want[:2])
	slices.Sort(got[:2])
	if !slices.Equal(got, want) {
		t.Errorf("folders %v, want %v", got, want)
	}
	living.Abort()
	next.Abort()
	mustHave(t, s, e)
}
