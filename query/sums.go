package query

import (
	"context"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"pcapidx/index"
)

// sums adds packets up under keys. Workers count under small numbers first
// (connections, layer stacks, buckets); after each segment these become keys.
type sums struct {
	by      string
	bucket  time.Duration
	totals  map[string]*total
	dropped uint64 // keys that found no room

	packets, bytes, connections uint64
}

type total struct{ packets, bytes, connections uint64 }

// maxKeys bounds the keys of an answer: a flood has an address for each packet.
const maxKeys = 1 << 20

// rawKey is what a packet counts under while a segment is read.
type rawKey struct {
	kind uint8
	n    uint64
	text string
}

// Kinds of raw keys.
const (
	rawConn   = iota // n: connection, whose addresses or port are the key
	rawStack         // n: layer stack
	rawLength        // n: class
	rawTime          // n: bucket
	rawText          // text: the key itself
)

// rawSum is what one worker counted under a raw key in one segment.
type rawSum struct {
	packets, bytes uint64
	conns          *roaring.Bitmap // nil for rawConn, which is one
}

// counter is what one worker counted in one segment.
type counter struct {
	sums           map[rawKey]*rawSum
	conns          *roaring.Bitmap
	packets, bytes uint64
}

func newSums(by string, bucket time.Duration) *sums {
	return &sums{by: by, bucket: bucket, totals: map[string]*total{}}
}

// columns are those that counting by a property needs.
func (s *sums) columns() index.Columns {
	need := index.ColOrigLen | index.ColConn | index.ColMore
	switch s.by {
	case "protocol":
		need |= index.ColStack | index.ColIface
	case "time":
		need |= index.ColTime
	case "endpoint", "pair":
		need |= index.ColIface
	}
	return need
}

// capture adds the matching packets of one capture.
func (s *sums) capture(ctx context.Context, m *matcher) error {
	all := roaring.New() // connections of the capture
	seen := map[string]*roaring.Bitmap{}
	err := m.eachFound(ctx, func(segment uint16, frames *roaring.Bitmap) error {
		counters := make([]counter, len(m.records))
		for i := range counters {
			counters[i] = counter{sums: map[rawKey]*rawSum{}, conns: roaring.New()}
		}
		for _, r := range m.records {
			r.tests = nil
		}
		err := m.visit(ctx, segment, frames, s.columns(), func(worker int, r *frameRecord) error {
			s.count(&counters[worker], r)
			return r.err
		})
		if err != nil {
			return err
		}
		for i := range counters {
			s.packets += counters[i].packets
			s.bytes += counters[i].bytes
			all.Or(counters[i].conns)
			if err := s.fold(m.capture, counters[i].sums, seen); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.connections += all.GetCardinality()
	for key, conns := range seen {
		s.totals[key].connections += conns.GetCardinality()
	}
	return nil
}

// count adds the frame in hand under its raw keys.
func (s *sums) count(c *counter, r *frameRecord) {
	c.packets++
	c.bytes += uint64(r.row.OrigLen)
	if r.row.Conn != index.NoConnection {
		c.conns.Add(r.row.Conn)
	}
	for _, m := range r.members() {
		c.conns.Add(m.Conn)
	}
	switch s.by {
	case "protocol":
		s.countProtocols(c, r)
	case "length":
		class := 0
		for i, low := range index.SizeClasses() {
			if r.row.OrigLen >= low {
				class = i
			}
		}
		c.add(r, rawKey{kind: rawLength, n: uint64(class)})
	case "time":
		if !r.row.NoTime {
			c.add(r, rawKey{kind: rawTime, n: uint64(floorDiv(int64(r.row.Time), int64(s.bucket)))})
		}
	case "port":
		if r.row.Conn != index.NoConnection {
			c.add(r, rawKey{kind: rawConn, n: uint64(r.row.Conn)})
		}
		for _, m := range r.members() {
			c.add(r, rawKey{kind: rawConn, n: uint64(m.Conn)})
		}
	default:
		s.countAddresses(c, r)
	}
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func (c *counter) add(r *frameRecord, k rawKey) {
	sum := c.sums[k]
	if sum == nil {
		sum = &rawSum{}
		if k.kind != rawConn {
			sum.conns = roaring.New()
		}
		c.sums[k] = sum
	}
	sum.packets++
	sum.bytes += uint64(r.row.OrigLen)
	if sum.conns == nil {
		return
	}
	if r.row.Conn != index.NoConnection {
		sum.conns.Add(r.row.Conn)
	}
	for _, m := range r.members() {
		sum.conns.Add(m.Conn)
	}
}

// countProtocols: stack 0 stands for those that found no place in the dictionary.
func (s *sums) countProtocols(c *counter, r *frameRecord) {
	if r.row.Stack != 0 {
		c.add(r, rawKey{kind: rawStack, n: uint64(r.row.Stack)})
		return
	}
	for _, name := range protocolNames(r.dissected().Stack()) {
		c.add(r, rawKey{kind: rawText, text: name})
	}
}

// countAddresses: a connection has the addresses of a simple frame; other frames
// are asked themselves, and count once for each address or pair.
func (s *sums) countAddresses(c *counter, r *frameRecord) {
	if r.row.Conn != index.NoConnection && r.row.Status&index.StatusComplex == 0 {
		c.add(r, rawKey{kind: rawConn, n: uint64(r.row.Conn)})
		return
	}
	var keys []string
	networks := r.dissected().Networks
	for i := range networks {
		keys = append(keys, s.addressKeys(networks[i].Src, networks[i].Dst)...)
	}
	slices.Sort(keys)
	for _, key := range slices.Compact(keys) {
		c.add(r, rawKey{kind: rawText, text: key})
	}
}

// addressKeys gives the keys of two addresses.
func (s *sums) addressKeys(a, b netip.Addr) []string {
	if s.by == "endpoint" {
		if a == b {
			return []string{a.String()}
		}
		return []string{a.String(), b.String()}
	}
	if b.Less(a) {
		a, b = b, a
	}
	return []string{a.String() + " <-> " + b.String()}
}

func protocolNames(stack string) []string {
	if stack == "" {
		return nil
	}
	names := strings.Split(stack, ":")
	slices.Sort(names)
	return slices.Compact(names)
}

// fold turns raw sums into keys. seen collects the connections of each key.
func (s *sums) fold(x Capture, raw map[rawKey]*rawSum, seen map[string]*roaring.Bitmap) error {
	var conns []uint32
	for k, sum := range raw {
		switch k.kind {
		case rawConn:
			conns = append(conns, uint32(k.n))
		case rawStack:
			for _, name := range protocolNames(x.Summary().Stacks[k.n].Layers) {
				s.addTo(name, sum, sum.conns, seen)
			}
		case rawLength:
			s.addTo(lengthKey(int(k.n)), sum, sum.conns, seen)
		case rawTime:
			s.addTo(string(stampOf(index.Time(int64(k.n)*int64(s.bucket)).UTC())), sum, sum.conns, seen)
		default:
			s.addTo(k.text, sum, sum.conns, seen)
		}
	}
	slices.Sort(conns)
	records, err := x.ConnectionsByNumber(conns)
	if err != nil {
		return err
	}
	for i := range records {
		c := &records[i]
		sum := raw[rawKey{kind: rawConn, n: uint64(c.Number)}]
		for _, key := range s.connectionKeys(c) {
			s.addTo(key, sum, roaring.BitmapOf(c.Number), seen)
		}
	}
	return nil
}

// connectionKeys gives the keys that the packets of a connection count under.
func (s *sums) connectionKeys(c *index.Connection) []string {
	switch {
	case s.by != "port":
		return s.addressKeys(c.A.Addr(), c.B.Addr())
	case isICMP(c.Kind):
		return nil
	}
	return []string{transportName(c.Kind) + "/" + strconv.Itoa(int(c.Server().Port()))}
}

func (s *sums) addTo(key string, sum *rawSum, conns *roaring.Bitmap, seen map[string]*roaring.Bitmap) {
	t := s.totals[key]
	if t == nil {
		if len(s.totals) >= maxKeys {
			s.dropped++
			return
		}
		t = &total{}
		s.totals[key] = t
	}
	t.packets += sum.packets
	t.bytes += sum.bytes
	if seen[key] == nil {
		seen[key] = roaring.New()
	}
	seen[key].Or(conns)
}
