package index_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pcapidx/index"
	"pcapidx/ingest"
)

// dieAt opens a store whose process dies at a step as with kill -9.
func dieAt(dir, step string) *index.Store {
	s := index.OpenStore(dir)
	s.OnStep(func(name string) {
		if name == step {
			self, err := os.FindProcess(os.Getpid())
			if err == nil {
				err = self.Kill()
			}
			if err != nil {
				fmt.Println("cannot kill itself:", err)
				os.Exit(3)
			}
			select {}
		}
	})
	return s
}

// helpIngest ingests capture args[1] into store args[0] and dies at step args[2].
func helpIngest(args []string) error {
	_, err := ingestFile(context.Background(), dieAt(args[0], args[2]), args[1])
	return err
}

// helpReindex re-indexes args[1] in store args[0] and dies at step args[2].
func helpReindex(args []string) error {
	_, err := ingest.Reindex(context.Background(), dieAt(args[0], args[2]), args[1], ingest.Config{}, nil)
	return err
}

// helpRemove removes args[1] from store args[0] and dies at step args[2].
func helpRemove(args []string) error {
	_, err := dieAt(args[0], args[2]).Remove(args[1])
	return err
}

// killed runs a helper to its death.
func killed(t *testing.T, name string, args ...string) {
	t.Helper()
	var exit *exec.ExitError
	if err := helper(name, args...).Run(); !errors.As(err, &exit) || exit.Exited() {
		t.Fatalf("%s %v was not killed: %v", name, args, err)
	}
}

func TestKilledAtEveryStep(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: -short, killing processes takes a minute")
	}
	const standing, fresh, next = "any.pcap", "mpls.pcap", "pppoe.pcap"
	for _, step := range []string{"gate", "folder", "locked", "catalog", "parent", "renamed", "synced", "committed", "cleaned"} {
		for _, before := range []string{"", standing} {
			t.Run(step+" with "+before, func(t *testing.T) {
				store := index.OpenStore(t.TempDir())
				if before != "" {
					mustIngest(t, store, filepath.Join(captures, before))
				}
				killed(t, "ingest", store.Dir(), filepath.Join(captures, fresh), step)
				want := before
				if step == "committed" || step == "cleaned" { // the one commit point is behind it
					want = strings.TrimSpace(before + " " + fresh)
				}
				afterKill(t, store, want, next)
			})
		}
		t.Run(step+" of a re-index", func(t *testing.T) {
			store := index.OpenStore(t.TempDir())
			mustIngest(t, store, filepath.Join(captures, standing))
			killed(t, "reindex", store.Dir(), standing, step)
			afterKill(t, store, standing, next)
		})
	}
	t.Run("removed", func(t *testing.T) {
		store := index.OpenStore(t.TempDir())
		mustIngest(t, store, filepath.Join(captures, standing))
		mustIngest(t, store, filepath.Join(captures, fresh))
		killed(t, "remove", store.Dir(), fresh, "removed")
		afterKill(t, store, standing, next)
	})
}

// afterKill makes sure that the store lists what it should, that all of it is
// whole, and that the next ingest sweeps the rest.
func afterKill(t *testing.T, store *index.Store, want, next string) {
	t.Helper()
	if got := names(t, store); got != want {
		t.Fatalf("the store lists %q, want %q", got, want)
	}
	mustIngest(t, store, filepath.Join(captures, next))
	mustBeSwept(t, store)
	all, err := store.List()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		mustBeWhole(t, store, e.ID, filepath.Join(captures, e.Name))
	}
}

// TestKilledAtAnyTime kills whole ingests of a larger capture at random times.
func TestKilledAtAnyTime(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: -short, killing processes takes a minute")
	}
	const kills = 15
	store := index.OpenStore(t.TempDir())
	standing, large := filepath.Join(captures, "web-day.pcap"), filepath.Join(t.TempDir(), "large.pcap")
	mustIngest(t, store, standing)
	writeLarge(t, large, 30_000)
	start := time.Now()
	if err := helper("ingest", store.Dir(), large, "").Run(); err != nil {
		t.Fatal(err)
	}
	took := time.Since(start)
	r := rand.New(rand.NewPCG(uint64(start.UnixNano()), 1))
	var before, after int
	for range kills {
		if _, err := store.Remove("large.pcap"); err != nil && !errors.Is(err, index.ErrNotFound) {
			t.Fatal(err)
		}
		killAfter(t, time.Duration(r.Int64N(int64(took+took/20))), "ingest", store.Dir(), large, "")
		switch got := names(t, store); got {
		case "web-day.pcap":
			before++
		case "web-day.pcap large.pcap":
			after++
			mustBeWhole(t, store, "large.pcap", large)
		default:
			t.Fatalf("the store lists %q", got)
		}
		mustBeWhole(t, store, "web-day.pcap", standing)
		mustIngest(t, store, filepath.Join(captures, "mpls.pcap"))
		mustBeSwept(t, store)
		if _, err := store.Remove("mpls.pcap"); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("an ingest takes %v; of %d kills %d came before its commit and %d after", took, kills, before, after)
	if before == 0 {
		t.Error("no kill came before the commit: nothing was tested")
	}
}

// killAfter runs a helper and kills it after some time, if it still lives.
func killAfter(t *testing.T, d time.Duration, name string, args ...string) {
	t.Helper()
	cmd := helper(name, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(d, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && (!errors.As(err, &exit) || exit.Exited()) {
		t.Fatal(err)
	}
}

// writeLarge writes a pcap of small UDP packets between many endpoints.
func writeLarge(t *testing.T, path string, frames int) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(f)
	r := rand.New(rand.NewPCG(uint64(frames), 2))
	o := binary.LittleEndian
	head := o.AppendUint32(nil, 0xa1b2c3d4)
	head = append(head, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0)
	_, _ = w.Write(head) // errors show at Flush
	for i := range frames {
		size := 20 + r.IntN(200)
		p := append(make([]byte, 12), 8, 0, 0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0)
		p = append(p, 192, 0, 2, byte(r.IntN(200)), 198, 51, 100, byte(r.IntN(50)))
		p = append(p, byte(r.IntN(8)+4), byte(r.Uint32()), 0, 53, 0, byte(8+size), 0, 0)
		binary.BigEndian.PutUint16(p[16:], uint16(28+size))
		for range size {
			p = append(p, byte(r.Uint32()))
		}
		rec := o.AppendUint32(o.AppendUint32(nil, uint32(1_700_000_000+i/1000)), uint32(i%1000*1000))
		rec = o.AppendUint32(o.AppendUint32(rec, uint32(len(p))), uint32(len(p)))
		_, _ = w.Write(append(rec, p...))
	}
	if err := errors.Join(w.Flush(), f.Close()); err != nil {
		t.Fatal(err)
	}
}
