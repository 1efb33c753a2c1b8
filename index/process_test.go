package index_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"pcapidx/index"
)

// held is another process that holds something until it is let go or killed.
type held struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	said string // its first line
}

// hold starts a helper and waits for its first line.
func hold(t *testing.T, name string, args ...string) *held {
	t.Helper()
	h := &held{cmd: helper(name, args...)}
	out, err := h.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if h.in, err = h.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := h.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.cmd.Process.Kill() })
	if h.said, err = bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatalf("%s said %q: %v", name, h.said, err)
	}
	h.said = h.said[:len(h.said)-1]
	return h
}

// kill ends the process without giving it time for anything.
func (h *held) kill(t *testing.T) {
	t.Helper()
	if err := h.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = h.cmd.Wait()
}

// letGo ends the process in good order.
func (h *held) letGo(t *testing.T) {
	t.Helper()
	if err := h.in.Close(); err != nil {
		t.Fatal(err)
	}
	if err := h.cmd.Wait(); err != nil {
		t.Fatal(err)
	}
}

// waitForEnd returns when standard input is closed.
func waitForEnd() error {
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// helpBegin begins a build in store args[0] and says where.
func helpBegin(args []string) error {
	b, err := index.OpenStore(args[0]).Begin()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(b.Dir(), "index.db"), []byte("half"), 0o600); err != nil {
		return err
	}
	fmt.Println(b.Dir())
	if err := waitForEnd(); err != nil {
		return err
	}
	b.Abort()
	return nil
}

// helpHold holds the catalog args[0].
func helpHold(args []string) error {
	db, err := bolt.Open(args[0], 0, nil)
	if err != nil {
		return err
	}
	fmt.Println("held")
	if err := waitForEnd(); err != nil {
		return err
	}
	return db.Close()
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// A build of a living process is nobody else's to remove, however old; that of
// a dead one is removed by the next writer.
func TestBuildOfOtherProcess(t *testing.T) {
	store := index.OpenStore(t.TempDir())
	mustIngest(t, store, filepath.Join(captures, "any.pcap"))
	living, dying := hold(t, "begin", store.Dir()), hold(t, "begin", store.Dir())
	mustIngest(t, store, filepath.Join(captures, "mpls.pcap"))
	if !exists(living.said) || !exists(dying.said) {
		t.Fatal("the build of a living process was swept")
	}
	dying.kill(t)
	if !exists(dying.said) {
		t.Fatal("a killed process cannot have removed its build")
	}
	mustIngest(t, store, filepath.Join(captures, "pppoe.pcap"))
	if !exists(living.said) || exists(dying.said) {
		t.Fatalf("living build there: %v, dead build there: %v", exists(living.said), exists(dying.said))
	}
	living.letGo(t)
	mustBeSwept(t, store)
	if got := names(t, store); got != "any.pcap mpls.pcap pppoe.pcap" {
		t.Errorf("the store lists %s", got)
	}
}

// Who finds the catalog held too long is told so, and loses nothing.
func TestBusyCatalog(t *testing.T) {
	store := index.OpenStore(t.TempDir())
	path := filepath.Join(captures, "any.pcap")
	e := mustIngest(t, store, path)
	holder := hold(t, "hold", filepath.Join(store.Dir(), "catalog.db"))
	store.SetPatience(60 * time.Millisecond)
	build, err := store.Begin()
	if err != nil {
		t.Fatal(err)
	}
	_, listErr := store.List()
	_, _, openErr := store.Open(e.ID)
	_, removeErr := store.Remove(e.ID)
	_, ingestErr := ingestFile(context.Background(), store, filepath.Join(captures, "mpls.pcap"))
	_, _, publishErr := build.Publish(index.Entry{DataSHA256: e.DataSHA256}, true)
	for name, err := range map[string]error{"list": listErr, "open": openErr, "remove": removeErr, "ingest": ingestErr, "publish": publishErr} {
		if !errors.Is(err, index.ErrBusy) {
			t.Errorf("%s: %v", name, err)
		}
	}
	holder.letGo(t)
	if got := names(t, store); got != "any.pcap" {
		t.Errorf("the store lists %s", got)
	}
	mustBeSwept(t, store)
	mustBeWhole(t, store, e.ID, path)
}

// A writer that waits keeps readers out, but not longer than they have patience;
// a reader that waits keeps nobody out.
func TestBusyTurnstile(t *testing.T) {
	store := index.OpenStore(t.TempDir())
	e := mustIngest(t, store, filepath.Join(captures, "any.pcap"))
	store.SetPatience(60 * time.Millisecond)
	writer, err := index.LockFile(filepath.Join(store.Dir(), "catalog.turn"), false)
	if err != nil {
		t.Fatal(err)
	}
	_, listErr := store.List()
	_, _, openErr := store.Open(e.ID)
	_, removeErr := store.Remove(e.ID)
	for name, err := range map[string]error{"list": listErr, "open": openErr, "remove": removeErr} {
		if !errors.Is(err, index.ErrBusy) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	if got := names(t, store); got != "any.pcap" {
		t.Errorf("the store lists %s", got)
	}
}
