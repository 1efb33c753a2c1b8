package index

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// treeFile writes an index.db with branch pages and gives its bytes.
func treeFile(t *testing.T) (dir string, whole []byte, branches, leaves []int64) {
	t.Helper()
	dir = t.TempDir()
	newSynthetic(3000, 1500, 1200).write(t, dir)
	path := filepath.Join(dir, indexFile)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if branches, leaves, err = LivePages(path); err != nil {
		t.Fatal(err)
	}
	if len(branches) < 2 || len(leaves) < 10 {
		t.Fatalf("%d branch pages and %d leaf pages: not enough to damage", len(branches), len(leaves))
	}
	return dir, whole, branches, leaves
}

// putFile replaces index.db, and index.sum so that only the walk can tell.
func putFile(t *testing.T, dir string, content []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, indexFile), content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := writeSums(dir); err != nil {
		t.Fatal(err)
	}
}

// A page that refers to itself or to a page above it would send bbolt around in
// circles, and the process could not be saved.
func TestCircularPages(t *testing.T) {
	dir, whole, branches, _ := treeFile(t)
	for _, from := range branches {
		count := int(binary.NativeEndian.Uint16(whole[from+10:]))
		for _, element := range []int{0, count / 2, count - 1} {
			for _, to := range branches {
				content := slices.Clone(whole)
				id := whole[to : to+8]
				copy(content[from+pageHeader+int64(element)*pageElement+8:], id)
				putFile(t, dir, content)
				var corrupt *CorruptError
				if x, err := Open(dir); !errors.As(err, &corrupt) {
					if err == nil {
						_ = x.Close()
					}
					t.Fatalf("page at %d, element %d refers to the page at %d: opened with %v", from, element, to, err)
				}
				report, err := Check(context.Background(), dir, "")
				if err != nil || len(report.Problems) == 0 {
					t.Fatalf("page at %d, element %d refers to the page at %d: check found %v, %v", from, element, to, report, err)
				}
			}
		}
	}
}

// innerLeaf gives a leaf with several values that is not the first of its tree,
// and the page above it.
func innerLeaf(t *testing.T, whole []byte, branches []int64) (above, leaf int64) {
	t.Helper()
	o := binary.NativeEndian
	for _, at := range branches {
		for i := 1; i < int(o.Uint16(whole[at+10:])); i++ {
			child := int64(o.Uint64(whole[at+pageHeader+int64(i)*pageElement+8:])) * int64(os.Getpagesize())
			if o.Uint16(whole[child+8:]) == pageLeaf && o.Uint16(whole[child+10:]) > 3 {
				return at, child
			}
		}
	}
	t.Fatal("no such leaf")
	return 0, 0
}

func TestPageWalkFinds(t *testing.T) {
	dir, whole, branches, _ := treeFile(t)
	path := filepath.Join(dir, indexFile)
	if err := verifyPages(path, true); err != nil {
		t.Fatal(err)
	}
	o := binary.NativeEndian
	above, full := innerLeaf(t, whole, branches)
	branch := branches[len(branches)-1]
	for _, c := range []struct {
		name    string
		shallow bool // found without reading leaves
		damage  func(b []byte) []byte
	}{
		{"file cut", true, func(b []byte) []byte { return b[:len(b)-os.Getpagesize()] }},
		{"file cut in a page", true, func(b []byte) []byte { return b[:len(b)-100] }},
		{"both heads damaged", true, func(b []byte) []byte { b[pageHeader+50]++; b[os.Getpagesize()+pageHeader+50]++; return b }},
		{"page of another number", true, func(b []byte) []byte { b[branch]++; return b }},
		{"page of no kind", true, func(b []byte) []byte { b[branch+8] = 4; return b }},
		{"branch without elements", true, func(b []byte) []byte { b[branch+10], b[branch+11] = 0, 0; return b }},
		{"more elements than fit", true, func(b []byte) []byte { b[branch+11] = 0xff; return b }},
		{"page goes on behind the end", true, func(b []byte) []byte { b[branch+14] = 0xff; return b }},
		{"child behind the end", true, func(b []byte) []byte { b[branch+pageHeader+8+3] = 0xff; return b }},
		{"child is a head", true, func(b []byte) []byte { o.PutUint64(b[branch+pageHeader+8:], 1); return b }},
		{"branch key outside of the page", true, func(b []byte) []byte { b[branch+pageHeader+2] = 0xff; return b }},
		{"branch keys out of order", true, func(b []byte) []byte { // the second key becomes the first
			o.PutUint32(b[branch+pageHeader+pageElement:], o.Uint32(b[branch+pageHeader:])-pageElement)
			return b
		}},
		{"leaf of another number", false, func(b []byte) []byte { b[full]++; return b }},
		{"leaf keys out of order", false, func(b []byte) []byte {
			o.PutUint32(b[full+pageHeader+pageElement+4:], o.Uint32(b[full+pageHeader+4:])-pageElement)
			return b
		}},
		{"leaf value outside of the page", false, func(b []byte) []byte { b[full+pageHeader+15] = 0x70; return b }},
		{"huge key", false, func(b []byte) []byte { b[full+pageHeader+11] = 0x70; return b }},
		{"leaf that became the page above it", false, func(b []byte) []byte { // bbolt would not come back from it
			id := slices.Clone(b[full : full+8])
			copy(b[full:], b[above:above+int64(os.Getpagesize())])
			copy(b[full:], id)
			return b
		}},
		{"bucket among the values", false, func(b []byte) []byte { b[full+pageHeader] = bucketFlag; return b }},
	} {
		t.Run(c.name, func(t *testing.T) {
			putFile(t, dir, c.damage(slices.Clone(whole)))
			var corrupt *CorruptError
			if err := verifyPages(path, true); !errors.As(err, &corrupt) {
				t.Errorf("the whole walk says %v", err)
			}
			if err := verifyPages(path, false); errors.As(err, &corrupt) != c.shallow {
				t.Errorf("the quick walk says %v", err)
			}
			if report, err := Check(context.Background(), dir, ""); err != nil || len(report.Problems) == 0 {
				t.Errorf("check says %v, %v", report, err)
			}
		})
	}
}
