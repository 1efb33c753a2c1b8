package index_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"pcapidx/index"
	"pcapidx/ingest"
)

const captures = "../testdata/captures"

// helperEnv names what the test binary is to do when it is run as another
// process; helperArgs are separated by newlines.
const (
	helperEnv  = "PCAPIDX_TEST_HELPER"
	helperArgs = "PCAPIDX_TEST_ARGS"
)

func TestMain(m *testing.M) {
	name := os.Getenv(helperEnv)
	if name == "" {
		os.Exit(m.Run())
	}
	if err := helpers()[name](strings.Split(os.Getenv(helperArgs), "\n")); err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
}

// helper prepares the test binary to run one of helpers as another process.
func helper(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), helperEnv+"="+name, helperArgs+"="+strings.Join(args, "\n"))
	cmd.Stderr = os.Stderr
	return cmd
}

// ingestFile ingests a capture file into a store.
func ingestFile(ctx context.Context, store *index.Store, path string) (*ingest.Result, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	in := ingest.Input{Name: filepath.Base(path), Reader: f, Seeker: f, Size: uint64(info.Size())}
	return ingest.Ingest(ctx, store, in, ingest.Config{}, nil)
}

func mustIngest(t *testing.T, store *index.Store, path string) *index.Entry {
	t.Helper()
	r, err := ingestFile(context.Background(), store, path)
	if err != nil {
		t.Fatal(err)
	}
	return &r.Entry
}

// names lists what a store has.
func names(t *testing.T, store *index.Store) string {
	t.Helper()
	all, err := store.List()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range all {
		out = append(out, e.Name)
	}
	return strings.Join(out, " ")
}

// mustBeWhole checks a capture and exports it.
func mustBeWhole(t *testing.T, store *index.Store, ref, path string) {
	t.Helper()
	report, _, err := store.Check(context.Background(), ref)
	if err != nil || len(report.Problems) > 0 {
		t.Fatalf("check of %s: %v, %v", ref, report, err)
	}
	x, _, err := store.Open(ref)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := x.Export(&got); err != nil || !bytes.Equal(got.Bytes(), want) {
		t.Fatalf("%s exports to %d bytes of %d, %v", ref, got.Len(), len(want), err)
	}
}

// mustBeSwept makes sure that a store's folder has nothing but its catalog and
// the builds of its captures.
func mustBeSwept(t *testing.T, store *index.Store) {
	t.Helper()
	all, err := store.List()
	if err != nil {
		t.Fatal(err)
	}
	allowed := map[string]bool{"catalog.db": true, "catalog.turn": true, "incoming/gate": true}
	for i := range all {
		files := []string{"index.db", "index.sum", "owner", "text.sum"}
		text, _ := filepath.Glob(filepath.Join(store.BuildDir(&all[i]), "text", "*"))
		for _, f := range text {
			files = append(files, filepath.Join("text", filepath.Base(f)))
		}
		for _, name := range files {
			rel, err := filepath.Rel(store.Dir(), filepath.Join(store.BuildDir(&all[i]), name))
			if err != nil {
				t.Fatal(err)
			}
			allowed[filepath.ToSlash(rel)] = true
		}
	}
	folders := map[string]bool{".": true, "incoming": true, "captures": true}
	for name := range allowed {
		for dir := filepath.ToSlash(filepath.Dir(name)); dir != "."; dir = filepath.ToSlash(filepath.Dir(dir)) {
			folders[dir] = true
		}
	}
	err = filepath.WalkDir(store.Dir(), func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(store.Dir(), path)
		rel = filepath.ToSlash(rel)
		if d.IsDir() && !folders[rel] || !d.IsDir() && !allowed[rel] {
			t.Errorf("left over in the store: %s", rel)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// answers asks an index everything and gives a digest by kind of question;
// "corrupt" stands for a CorruptError. Other errors fail the test.
func answers(t *testing.T, x *index.Index) map[string]string {
	t.Helper()
	out := map[string]string{}
	ask := func(kind string, fn func(h hash.Hash) error) {
		t.Helper()
		h := sha256.New()
		switch err := fn(h); {
		case err == nil:
			out[kind] = hex.EncodeToString(h.Sum(nil))
		case isCorrupt(err):
			out[kind] = "corrupt"
		default:
			t.Fatalf("%s: %v is no CorruptError", kind, err)
		}
	}
	ask("export", func(h hash.Hash) error { return x.Export(h) })
	ask("rows", func(h hash.Hash) error {
		return x.EachRows(1, true, func(r *index.Rows) (bool, error) {
			for i := range r.Packets {
				fmt.Fprintln(h, r.Packets[i])
				_, _ = h.Write(r.Data(i)) // a hash takes everything
			}
			fmt.Fprintln(h, r.More)
			return true, nil
		})
	})
	var conns []index.Connection
	ask("connections", func(h hash.Hash) error {
		return x.EachConnection(0, func(c *index.Connection) bool {
			fmt.Fprintln(h, *c)
			conns = append(conns, *c)
			return true
		})
	})
	if out["connections"] != "corrupt" { // else it is not known whose frames to ask for
		ask("members", func(h hash.Hash) error { return askMembers(x, conns, h) })
	}
	for _, column := range index.SortColumns() {
		ask(fmt.Sprint("sort ", column), func(h hash.Hash) error {
			values, err := x.SortColumn(column)
			fmt.Fprintln(h, values)
			return err
		})
	}
	for _, name := range []string{"tcp", "ip", "udp"} {
		missing := false
		ask("posting "+name, func(h hash.Hash) error {
			b, ok, err := x.Posting(0, index.PostProtocol, []byte(name))
			fmt.Fprintln(h, b, ok)
			missing = missing || err == nil && b == nil
			return err
		})
		if missing {
			out["posting "+name] = "none"
		}
	}
	ask("packet", func(h hash.Hash) error {
		p, more, data, err := x.Packet(x.Summary().Frames)
		fmt.Fprintln(h, p, more, data)
		return err
	})
	return out
}

func askMembers(x *index.Index, conns []index.Connection, h io.Writer) error {
	for i := range conns {
		var err error
		if merr := x.Members(&conns[i], func(m index.Member) bool { _, err = fmt.Fprintln(h, m); return err == nil }); merr != nil {
			return merr
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// helpers are what the test binary can be run for.
func helpers() map[string]func(args []string) error {
	return map[string]func([]string) error{
		"begin": helpBegin, "hold": helpHold, "ingest": helpIngest, "reindex": helpReindex, "remove": helpRemove,
	}
}
