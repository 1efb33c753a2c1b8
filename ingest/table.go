package ingest

import (
	"hash/maphash"
	"net/netip"
	"slices"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
	"pcapidx/ingest/payload"
	"pcapidx/ingest/tcp"
)

// connKey identifies a connection: both endpoints in a fixed order, and the
// transport. For ICMP echo pairs the identifier stands in both ports.
type connKey struct {
	low, high         netip.Addr
	lowPort, highPort uint16
	kind              dissect.Kind
}

// keyOf orders the endpoints of a packet; swapped says that its sender is high.
func keyOf(kind dissect.Kind, src, dst netip.Addr, srcPort, dstPort uint16) (k connKey, swapped bool) {
	if c := src.Compare(dst); c > 0 || c == 0 && srcPort > dstPort {
		return connKey{low: dst, high: src, lowPort: dstPort, highPort: srcPort, kind: kind}, true
	}
	return connKey{low: src, high: dst, lowPort: srcPort, highPort: dstPort, kind: kind}, false
}

// conn is the state of one connection while its capture is read.
type conn struct {
	index.Connection
	key       connKey
	aIsHigh   bool       // side A is the key's high endpoint
	payloadBy int8       // side that sent the first payload, -1: none yet
	last      index.Time // of its last frame
	delta     index.Time // of its last frame, since the one before
	tcp       tcp.Conn
	zeek      tcp.Zeek
	watched   bool          // the diagnostics have packets of it
	doubled   bool          // it has packets that were captured twice
	app       *payload.Conn // nil until the first payload
	held      int           // bytes that it takes, as the table accounts for them
	echoes    []echo        // requests that wait for their reply, oldest first
	snmp      snmpState
	newer     *conn // more recently used neighbour
	older     *conn
}

// connTable holds the connections that are in use and spills idle ones to a
// cold table. Connections are numbered as they appear.
type connTable struct {
	limit  int    // connections
	budget int    // bytes
	dir    string // for the cold table's files
	byKey  map[connKey]*conn
	newest *conn // list by last use
	oldest *conn
	seed   maphash.Seed
	held   int        // bytes that the connections in memory take
	cold   *coldTable // nil until the first spill
	next   uint32     // number of the next connection
	stream map[dissect.Kind]uint32
	free   []*conn
	states []byte // scratch for encoding
}

func newConnTable(dir string, c Config) *connTable {
	return &connTable{
		limit: c.MaxConnections, budget: c.ConnectionBytes, dir: dir, byKey: map[connKey]*conn{}, seed: maphash.MakeSeed(), stream: map[dissect.Kind]uint32{},
	}
}

// find gives the newest connection of a key, from memory or from disk; nil if
// there is none.
func (t *connTable) find(k connKey) (*conn, error) {
	if c := t.byKey[k]; c != nil {
		t.touch(c)
		return c, nil
	}
	if t.cold == nil {
		return nil, nil
	}
	var c *conn
	_, err := t.cold.find(maphash.Comparable(t.seed, k), func(number uint32, state []byte) bool {
		c = t.blank()
		if c.decode(state) && c.key == k {
			c.Number = number
			return true
		}
		t.free, c = append(t.free, c), nil
		return false
	})
	if err != nil || c == nil {
		return nil, err
	}
	return c, t.insert(c)
}

// add makes the next connection for a key, in place of an older one if there is
// one. Its sides are those of the packet that begins it.
func (t *connTable) add(k connKey, swapped bool) (*conn, error) {
	if old := t.byKey[k]; old != nil {
		t.unlink(old)
		delete(t.byKey, k)
		t.held -= old.held
		if err := t.spill([]*conn{old}, false); err != nil {
			return nil, err
		}
	}
	c := t.blank()
	c.key, c.aIsHigh = k, swapped
	c.Number, t.next = t.next, t.next+1
	c.Kind, c.payloadBy = uint8(k.kind), -1
	a, b := netip.AddrPortFrom(k.low, k.lowPort), netip.AddrPortFrom(k.high, k.highPort)
	if swapped {
		a, b = b, a
	}
	c.A, c.B, c.Stream = a, b, index.NoStream
	switch k.kind {
	case dissect.TCP, dissect.SCTP:
		c.Stream = t.nextStream(k.kind)
	case dissect.UDP, dissect.UDPLite: // udp.stream counts both
		c.Stream = t.nextStream(dissect.UDP)
	default:
		c.EchoID = k.lowPort
		c.A, c.B = netip.AddrPortFrom(a.Addr(), 0), netip.AddrPortFrom(b.Addr(), 0)
	}
	return c, t.insert(c)
}

func (t *connTable) nextStream(kind dissect.Kind) uint32 {
	n := t.stream[kind]
	t.stream[kind]++
	return n
}

func (t *connTable) blank() *conn {
	if n := len(t.free); n > 0 {
		c := t.free[n-1]
		t.free = t.free[:n-1]
		*c = conn{}
		return c
	}
	return &conn{}
}

// insert makes c the most recently used connection and spills the least
// recently used eighth when the table is full.
func (t *connTable) insert(c *conn) error {
	t.byKey[c.key] = c
	t.link(c)
	if err := t.grown(c); err != nil || len(t.byKey) <= t.limit {
		return err
	}
	return t.shed(c)
}

// grown accounts for the memory that a connection takes, and sheds others when all
// take too much.
func (t *connTable) grown(c *conn) error {
	size := connBytes + c.tcp.Size()
	if size == c.held {
		return nil
	}
	t.held += size - c.held
	if c.held = size; t.held <= t.budget {
		return nil
	}
	return t.shed(c)
}

// connBytes is about what a connection takes beside its lists and diagnostics: conn
// itself, its record's texts, its place in the table.
const connBytes = 1200

// shed spills the least recently used eighth of the table, c left out.
func (t *connTable) shed(c *conn) error {
	idle := make([]*conn, 0, len(t.byKey)/8+1)
	for o := t.oldest; o != nil && o != c && len(idle) < cap(idle); o = o.newer {
		idle = append(idle, o)
	}
	for _, o := range idle {
		t.unlink(o)
		delete(t.byKey, o.key)
		t.held -= o.held
	}
	return t.spill(idle, true)
}

// spill writes connections to the cold table; those that may be looked up again
// by key are found there.
func (t *connTable) spill(cs []*conn, lookup bool) error {
	if t.cold == nil {
		var err error
		if t.cold, err = newColdTable(t.dir); err != nil {
			return err
		}
	}
	slices.SortFunc(cs, func(a, b *conn) int { return int(int64(a.Number) - int64(b.Number)) })
	numbers, ends := make([]uint32, len(cs)), make([]int, len(cs))
	keys := make([]coldEntry, 0, len(cs))
	t.states = t.states[:0]
	for i, c := range cs {
		t.states = c.encode(t.states)
		numbers[i], ends[i] = c.Number, len(t.states)
		if lookup {
			keys = append(keys, coldEntry{hash: maphash.Comparable(t.seed, c.key), number: c.Number})
		}
	}
	t.free = append(t.free, cs...)
	return t.cold.store(numbers, t.states, ends, keys)
}

// each calls fn for all connections in the order of their numbers: the connection, or
// nil and the state in which it was spilled, valid during the call.
func (t *connTable) each(fn func(number uint32, hot *conn, spilled []byte) error) error {
	hot := make([]*conn, 0, len(t.byKey))
	for c := t.oldest; c != nil; c = c.newer {
		hot = append(hot, c)
	}
	slices.SortFunc(hot, func(a, b *conn) int { return int(int64(a.Number) - int64(b.Number)) })
	for n := uint32(0); n < t.next; n++ {
		if len(hot) > 0 && hot[0].Number == n {
			if err := fn(n, hot[0], nil); err != nil {
				return err
			}
			hot = hot[1:]
			continue
		}
		state, err := t.coldState(n)
		if err == nil {
			err = fn(n, nil, state)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *connTable) coldState(n uint32) ([]byte, error) {
	if t.cold == nil {
		return nil, nil
	}
	return t.cold.state(n)
}

func (t *connTable) close() {
	if t.cold != nil {
		t.cold.close()
	}
}

// touch makes c the most recently used connection.
func (t *connTable) touch(c *conn) {
	if t.newest != c {
		t.unlink(c)
		t.link(c)
	}
}

func (t *connTable) link(c *conn) {
	c.older, c.newer = t.newest, nil
	if t.newest != nil {
		t.newest.newer = c
	} else {
		t.oldest = c
	}
	t.newest = c
}

func (t *connTable) unlink(c *conn) {
	if c.newer != nil {
		c.newer.older = c.older
	} else {
		t.newest = c.older
	}
	if c.older != nil {
		c.older.newer = c.newer
	} else {
		t.oldest = c.newer
	}
	c.newer, c.older = nil, nil
}
