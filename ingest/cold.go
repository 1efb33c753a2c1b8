package ingest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// coldTable keeps on disk what the connection table has no room for, so that
// memory does not grow with the number of connections, while stream numbers stay
// exact: Wireshark never forgets a connection, so neither may we.
//
// Three files in the build's folder, all scratch:
//
//	states   log of encoded connections: length u32, bytes
//	numbers  u64 per connection number: place in the log + 1, 0 = not there
//	runs.N   sorted runs of (hash u64, number u32): keys that can be looked up
//
// A Bloom filter of fixed size answers most look-ups of keys that are not there.
// Runs are searched newest first, so a connection stored again hides its older
// self; runs are merged when there are too many.
type coldTable struct {
	dir                   string
	merges                int // names the runs file
	states, numbers, runs *os.File
	statesEnd             int64
	runsEnd               int64
	run                   []coldRun
	bloom                 []uint64
	buf                   []byte
}

const (
	coldEntryBytes = 12
	coldMaxRuns    = 16
	bloomWords     = 1 << 20 // 8 MiB
	bloomProbes    = 4
	coldMaxState   = 64 << 10
)

func newColdTable(dir string) (*coldTable, error) {
	c := &coldTable{dir: dir, bloom: make([]uint64, bloomWords)}
	for _, f := range []struct {
		file **os.File
		name string
	}{{&c.states, "cold.states"}, {&c.numbers, "cold.numbers"}, {&c.runs, "cold.runs"}} {
		var err error
		if *f.file, err = c.create(f.name); err != nil {
			c.close()
			return nil, fmt.Errorf("spill connections: %w", err)
		}
	}
	return c, nil
}

func (c *coldTable) create(name string) (*os.File, error) {
	return os.OpenFile(filepath.Join(c.dir, name), os.O_CREATE|os.O_RDWR|os.O_TRUNC, 0o600)
}

// close removes the files.
func (c *coldTable) close() {
	for _, f := range []*os.File{c.states, c.numbers, c.runs} {
		discard(f)
	}
}

func discard(f *os.File) {
	if f != nil {
		_ = f.Close()
		_ = os.Remove(f.Name())
	}
}

// store appends the states of some connections, back to back in states, each
// up to its end; those with a key can be found again by hash. numbers must be
// rising.
func (c *coldTable) store(numbers []uint32, states []byte, ends []int, keys []coldEntry) error {
	log, places := c.buf[:0], make([]int64, len(numbers))
	for i, from := 0, 0; i < len(ends); i++ {
		s := states[from:ends[i]]
		from = ends[i]
		places[i] = c.statesEnd + int64(len(log))
		log = binary.BigEndian.AppendUint32(log, uint32(len(s)))
		log = append(log, s...)
	}
	c.buf = log
	if _, err := c.states.WriteAt(log, c.statesEnd); err != nil {
		return fmt.Errorf("spill connections: %w", err)
	}
	c.statesEnd += int64(len(log))
	if err := c.place(numbers, places); err != nil {
		return err
	}
	if len(keys) == 0 {
		return nil
	}
	for _, k := range keys {
		c.mark(k.hash)
	}
	if err := c.appendRun(keys); err != nil {
		return err
	}
	if len(c.run) > coldMaxRuns {
		return c.merge()
	}
	return nil
}

// place writes where the states lie, neighbours in one write.
func (c *coldTable) place(numbers []uint32, places []int64) error {
	for len(numbers) > 0 {
		n := 1
		for n < len(numbers) && numbers[n] == numbers[n-1]+1 {
			n++
		}
		b := make([]byte, 0, 8*n)
		for _, p := range places[:n] {
			b = binary.BigEndian.AppendUint64(b, uint64(p)+1)
		}
		if _, err := c.numbers.WriteAt(b, int64(numbers[0])*8); err != nil {
			return fmt.Errorf("spill connections: %w", err)
		}
		numbers, places = numbers[n:], places[n:]
	}
	return nil
}

// find hands the states stored under a hash to match, the newest connection of
// each run first, until it accepts one.
func (c *coldTable) find(hash uint64, match func(number uint32, state []byte) bool) (bool, error) {
	if len(c.run) == 0 || !c.marked(hash) {
		return false, nil
	}
	for i := len(c.run) - 1; i >= 0; i-- {
		numbers, err := c.search(c.run[i], hash)
		if err != nil {
			return false, err
		}
		for _, n := range numbers {
			state, err := c.state(n)
			if err != nil {
				return false, err
			}
			if match(n, state) {
				return true, nil
			}
		}
	}
	return false, nil
}

// state reads a connection back; nil if it was never stored.
func (c *coldTable) state(number uint32) ([]byte, error) {
	var b [8]byte
	_, err := c.numbers.ReadAt(b[:], int64(number)*8)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read spilled connection: %w", err)
	}
	at := int64(binary.BigEndian.Uint64(b[:]))
	if at == 0 {
		return nil, nil
	}
	return c.stateAt(at - 1)
}

func (c *coldTable) stateAt(at int64) ([]byte, error) {
	if cap(c.buf) < 512 {
		c.buf = make([]byte, 512)
	}
	b := c.buf[:512]
	n, err := c.states.ReadAt(b, at)
	if n < 4 {
		return nil, fmt.Errorf("read spilled connection: %w", err)
	}
	size := int(binary.BigEndian.Uint32(b))
	if size > coldMaxState {
		return nil, fmt.Errorf("read spilled connection: state of %d bytes", size)
	}
	if size <= n-4 {
		return b[4 : 4+size], nil
	}
	b = make([]byte, size)
	if _, err := c.states.ReadAt(b, at+4); err != nil {
		return nil, fmt.Errorf("read spilled connection: %w", err)
	}
	return b, nil
}
