package ingest

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
)

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
