package index_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"pcapidx/index"
)

// crowd is several users of one store at once, each with a Store of its own.
type crowd struct {
	dir   string
	files map[string][]byte
	names []string
	until time.Time
	done  sync.WaitGroup
	mu    sync.Mutex
	count map[string]int
	errs  []error
}

// each runs one user until the time is over. Expected errors are counted.
func (c *crowd) each(name string, seed uint64, act func(*index.Store, *rand.Rand) error) {
	c.done.Go(func() {
		store, r := index.OpenStore(c.dir), rand.New(rand.NewPCG(seed, 3))
		for c.goesOn() {
			err := act(store, r)
			outcome := "done"
			for _, expected := range []error{index.ErrBusy, index.ErrGone, index.ErrNotFound, index.ErrAmbiguous} {
				if errors.Is(err, expected) {
					outcome, err = expected.Error(), nil
				}
			}
			c.mu.Lock()
			c.count[name+": "+outcome]++
			if err != nil {
				c.errs = append(c.errs, fmt.Errorf("%s: %w", name, err))
			}
			c.mu.Unlock()
			if err != nil {
				return
			}
		}
	})
}

// goesOn says whether to continue: until the time is over, and then until every
// kind of user had some success, but not for ever.
func (c *crowd) goesOn() bool {
	over := time.Since(c.until)
	if over < 0 {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, user := range users() {
		if c.count[user+": done"] < 3 && len(c.errs) == 0 {
			return over < time.Minute
		}
	}
	return false
}

func users() []string { return []string{"ingest", "read", "remove"} }

func (c *crowd) ingest(store *index.Store, r *rand.Rand) error {
	_, err := ingestFile(context.Background(), store, filepath.Join(captures, c.names[r.IntN(len(c.names))]))
	return err
}

func (c *crowd) remove(store *index.Store, r *rand.Rand) error {
	_, err := store.Remove(c.names[r.IntN(len(c.names))])
	return err
}

// read exports a capture; what it gets must be right even if the capture is
// removed meanwhile.
func (c *crowd) read(store *index.Store, r *rand.Rand) error {
	all, err := store.List()
	if err != nil || len(all) == 0 {
		return err
	}
	x, e, err := store.Open(all[r.IntN(len(all))].ID)
	if err != nil {
		return err
	}
	defer x.Close()
	var b bytes.Buffer
	if err := x.Export(&b); err != nil {
		return err
	}
	if !bytes.Equal(b.Bytes(), c.files[e.Name]) {
		return fmt.Errorf("%s came out as %d other bytes", e.Name, b.Len())
	}
	for _, column := range index.SortColumns() {
		if _, err := x.SortColumn(column); err != nil {
			return err
		}
	}
	_, _, _, err = x.Packet(1 + r.Uint32N(x.Summary().Frames))
	return err
}

// Two ingests, three readers and a removal at once: nobody gets an error but
// that something is busy or gone. PCAPIDX_LONG=1 runs it for 30 s.
func TestConcurrentUsers(t *testing.T) {
	c := &crowd{
		dir: t.TempDir(), files: map[string][]byte{}, count: map[string]int{},
		names: []string{"any.pcap", "mpls.pcap", "blocks.pcapng", "tcp-ends.pcap", "web-day.pcap"},
	}
	for _, name := range c.names {
		b, err := os.ReadFile(filepath.Join(captures, name))
		if err != nil {
			t.Fatal(err)
		}
		c.files[name] = b
	}
	duration := 3 * time.Second
	if os.Getenv("PCAPIDX_LONG") != "" {
		duration = 30 * time.Second
	}
	if testing.Short() {
		duration = time.Second
	}
	c.until = time.Now().Add(duration)
	c.each("ingest", 1, c.ingest)
	c.each("ingest", 2, c.ingest)
	for i := range uint64(3) {
		c.each("read", 3+i, c.read)
	}
	c.each("remove", 6, c.remove)
	c.done.Wait()
	t.Logf("%v", c.count)
	if err := errors.Join(c.errs...); err != nil {
		t.Error(err)
	}
	for _, user := range users() {
		if c.count[user+": done"] < 3 && !t.Failed() {
			t.Errorf("%s succeeded less than three times", user)
		}
	}
	store := index.OpenStore(c.dir)
	for _, name := range c.names {
		e := mustIngest(t, store, filepath.Join(captures, name))
		mustBeWhole(t, store, e.ID, filepath.Join(captures, name))
	}
	mustBeSwept(t, store)
}
