package ingest

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
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

// coldRun is one sorted run in the runs file.
type coldRun struct {
	at    int64
	count int64
}

// coldEntry is one key that can be looked up.
type coldEntry struct {
	hash   uint64
	number uint32
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

func (c *coldTable) appendRun(keys []coldEntry) error {
	slices.SortFunc(keys, compareEntries)
	b := make([]byte, 0, len(keys)*coldEntryBytes)
	for _, k := range keys {
		b = appendEntry(b, k)
	}
	if _, err := c.runs.WriteAt(b, c.runsEnd); err != nil {
		return fmt.Errorf("spill connections: %w", err)
	}
	c.run = append(c.run, coldRun{at: c.runsEnd, count: int64(len(keys))})
	c.runsEnd += int64(len(b))
	return nil
}

// compareEntries orders by hash, then by number downwards: the newest first.
func compareEntries(a, b coldEntry) int {
	switch {
	case a.hash < b.hash || a.hash == b.hash && a.number > b.number:
		return -1
	case a == b:
		return 0
	}
	return 1
}

func appendEntry(b []byte, k coldEntry) []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(b, k.hash), k.number)
}

func decodeEntry(b []byte) coldEntry {
	return coldEntry{hash: binary.BigEndian.Uint64(b), number: binary.BigEndian.Uint32(b[8:])}
}

func (c *coldTable) mark(hash uint64) {
	for i := range uint64(bloomProbes) {
		bit := (hash + i*(hash>>32|1)) % (bloomWords * 64)
		c.bloom[bit/64] |= 1 << (bit % 64)
	}
}

func (c *coldTable) marked(hash uint64) bool {
	for i := range uint64(bloomProbes) {
		bit := (hash + i*(hash>>32|1)) % (bloomWords * 64)
		if c.bloom[bit/64]&(1<<(bit%64)) == 0 {
			return false
		}
	}
	return true
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

// search gives the numbers under a hash in one run. Hashes are spread evenly,
// so the place is guessed and the guess widened until it encloses the hash.
func (c *coldTable) search(r coldRun, hash uint64) (numbers []uint32, err error) {
	guess := int64(float64(hash) / (1 << 64) * float64(r.count))
	low, high := max(0, guess-64), min(r.count, guess+64)
	for width := int64(128); ; width *= 4 {
		b := make([]byte, (high-low)*coldEntryBytes)
		if _, err := c.runs.ReadAt(b, r.at+low*coldEntryBytes); err != nil {
			return nil, fmt.Errorf("look up spilled connection: %w", err)
		}
		short := low > 0 && decodeEntry(b).hash >= hash
		long := high < r.count && decodeEntry(b[len(b)-coldEntryBytes:]).hash <= hash
		if !short && !long {
			for ; len(b) > 0; b = b[coldEntryBytes:] {
				if k := decodeEntry(b); k.hash == hash {
					numbers = append(numbers, k.number)
				}
			}
			return numbers, nil
		}
		if short {
			low = max(0, low-width)
		}
		if long {
			high = min(r.count, high+width)
		}
	}
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

// runHead reads one run entry by entry.
type runHead struct {
	r    *bufio.Reader
	next coldEntry
	left int64 // entries from next on
}

func (h *runHead) advance() error {
	if h.left--; h.left <= 0 {
		return nil
	}
	var b [coldEntryBytes]byte
	_, err := io.ReadFull(h.r, b[:])
	h.next = decodeEntry(b[:])
	return err
}

// merge joins all runs into one, in a new file that takes the old one's place.
func (c *coldTable) merge() error {
	err := c.mergeRuns()
	if err != nil {
		return fmt.Errorf("merge spilled connections: %w", err)
	}
	return nil
}

func (c *coldTable) mergeRuns() error {
	heads := make([]*runHead, len(c.run))
	for i, r := range c.run {
		section := io.NewSectionReader(c.runs, r.at, r.count*coldEntryBytes)
		heads[i] = &runHead{r: bufio.NewReaderSize(section, 64<<10), left: r.count + 1}
		if err := heads[i].advance(); err != nil {
			return err
		}
	}
	c.merges++
	file, err := c.create(fmt.Sprintf("cold.runs.%d", c.merges))
	if err != nil {
		return err
	}
	count, err := writeMerged(file, heads)
	discard(c.runs)
	c.runs, c.run, c.runsEnd = file, []coldRun{{count: count}}, count*coldEntryBytes
	return err
}

// writeMerged writes the entries of all heads in order; an entry that was
// stored several times is written once.
func writeMerged(w io.Writer, heads []*runHead) (count int64, err error) {
	out := bufio.NewWriterSize(w, 256<<10)
	var last coldEntry
	for {
		var least *runHead
		for _, h := range heads {
			if h.left > 0 && (least == nil || compareEntries(h.next, least.next) < 0) {
				least = h
			}
		}
		if least == nil {
			return count, out.Flush()
		}
		if count == 0 || least.next != last {
			last = least.next
			var b [coldEntryBytes]byte
			if _, err := out.Write(appendEntry(b[:0], last)); err != nil {
				return count, err
			}
			count++
		}
		if err := least.advance(); err != nil {
			return count, err
		}
	}
}
