package ingest

import (
	"cmp"
	"net/netip"
	"slices"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
)

// stackTable is the dictionary of layer stacks. With each stack it keeps the
// posting lists of its protocols in the current segment, so that a frame costs
// one look-up however many layers it has.
type stackTable struct {
	list   []index.Stack
	byKey  map[string]uint32
	layers [][]string // by stack: its distinct protocol names
	lists  [][]index.PostingList
	key    []byte
	bits   [index.TCPFlagLists]index.PostingList // of TCP flags
}

// maxStacks bounds the dictionary. Stack 0 stands for those that found no room.
const maxStacks = 4096

func newStackTable() stackTable {
	t := stackTable{byKey: map[string]uint32{}}
	t.grow("", nil)
	return t
}

func (t *stackTable) grow(name string, layers []string) uint32 {
	t.list = append(t.list, index.Stack{Layers: name})
	t.layers = append(t.layers, layers)
	t.lists = append(t.lists, nil)
	return uint32(len(t.list) - 1)
}

// newSegment forgets the posting lists of the segment before.
func (t *stackTable) newSegment() {
	clear(t.lists)
	t.bits = [index.TCPFlagLists]index.PostingList{}
}

// add counts a frame's stack and puts the frame into its protocols' lists.
func (t *stackTable) add(s *index.Segment, row *index.Packet, p *dissect.Packet, c *index.Counters) uint32 {
	t.key = p.AppendStack(t.key[:0])
	id, ok := t.byKey[string(t.key)]
	if !ok {
		if len(t.list) >= maxStacks {
			c.StacksCapped++
			for _, name := range protocolNames(p) {
				s.List(index.PostProtocol, []byte(name)).Add(row.Number)
			}
			return 0
		}
		id = t.grow(p.Stack(), protocolNames(p))
		t.byKey[string(t.key)] = id
	}
	t.list[id].Frames++
	t.list[id].Bytes += uint64(row.OrigLen)
	if t.lists[id] == nil {
		t.lists[id] = make([]index.PostingList, 0, len(t.layers[id]))
		for _, name := range t.layers[id] {
			t.lists[id] = append(t.lists[id], s.List(index.PostProtocol, []byte(name)))
		}
	}
	for _, l := range t.lists[id] {
		l.Add(row.Number)
	}
	return id
}

func protocolNames(p *dissect.Packet) []string {
	names := make([]string, 0, len(p.Layers))
	for _, l := range p.Layers {
		names = append(names, l.Proto.String())
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// flags puts a frame into the lists of the TCP flags that are set.
func (t *stackTable) flags(s *index.Segment, flags uint16, frame uint32) {
	for i := range t.bits {
		if flags>>i&1 == 0 && (i != index.TCPFlagOthers || flags>>i == 0) {
			continue
		}
		if t.bits[i] == (index.PostingList{}) {
			t.bits[i] = s.List(index.PostTCPFlag, []byte{byte(i)})
		}
		t.bits[i].Add(frame)
	}
}

// addressTable counts frames and bytes by address of the outermost IP header.
// Addresses that come when it is full are not counted (and that is counted).
type addressTable struct {
	byAddr map[netip.Addr]*index.AddressCount
}

const maxAddresses = 1 << 16

func newAddressTable() addressTable {
	return addressTable{byAddr: map[netip.Addr]*index.AddressCount{}}
}

func (t *addressTable) add(a netip.Addr, bytes uint64, c *index.Counters) {
	n := t.byAddr[a]
	if n == nil {
		if len(t.byAddr) >= maxAddresses {
			c.AddressesCapped++
			return
		}
		n = &index.AddressCount{Address: a.String()}
		t.byAddr[a] = n
	}
	n.Frames++
	n.Bytes += bytes
}

// top gives the busiest addresses by bytes, ties in the order of their text.
func (t *addressTable) top() []index.AddressCount {
	all := make([]index.AddressCount, 0, len(t.byAddr))
	for _, n := range t.byAddr {
		all = append(all, *n)
	}
	slices.SortFunc(all, func(a, b index.AddressCount) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Address, b.Address))
	})
	return all[:min(len(all), index.TopAddresses)]
}

// count adds a frame to the summary.
func (l *lister) count(row *index.Packet, p *dissect.Packet) {
	s := l.summary
	s.Frames++
	s.Bytes += uint64(row.OrigLen)
	s.CapturedBytes += uint64(row.CapLen)
	class := 0
	for i, low := range index.SizeClasses() {
		if row.OrigLen >= low {
			class = i
		}
	}
	s.Sizes[class]++
	if !row.NoTime {
		if s.Timed == 0 {
			s.Start, s.End = row.Time, row.Time
		} else if row.Time < l.last {
			s.Backwards++
		}
		s.Start, s.End = min(s.Start, row.Time), max(s.End, row.Time)
		l.last = row.Time
		s.Timed++
	}
	if len(p.Networks) > 0 {
		n := &p.Networks[0]
		l.hosts.add(n.Src, uint64(row.OrigLen), &s.Counters)
		if n.Dst != n.Src {
			l.hosts.add(n.Dst, uint64(row.OrigLen), &s.Counters)
		}
	}
}
