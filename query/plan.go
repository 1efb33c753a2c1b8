package query

import (
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
	"pcapidx/query/filter"
)

// A plan says how a filter is answered. For each segment the posting lists give
// bounds of every test; they combine to bounds of the filter: frames that match
// for certain, and frames that may. Only those in between are looked at, by their
// columns where these tell, else by their bytes. What lists say may be too much,
// and is never too little: the filter itself decides.
type plan struct {
	filter *filter.Filter
	access []string // by Test.ID: where the answer comes from
}

func newPlan(x Capture, f *filter.Filter) *plan {
	p := &plan{filter: f, access: make([]string, f.Tests())}
	filter.Walk(f.Root, func(n filter.Node) bool {
		if t, ok := n.(*filter.Test); ok {
			p.access[t.ID] = accessOf(x, t)
		}
		return true
	})
	return p
}

// segmentBounds are the bounds of a filter and of its tests in one segment.
type segmentBounds struct {
	lists *lists
	tests []bounds // by Test.ID
	root  bounds
}

// bounds reads what the lists of a segment say.
func (p *plan) bounds(x Capture, segment uint16) (*segmentBounds, error) {
	s := &segmentBounds{lists: newLists(x, segment)}
	if p.filter.Root == nil {
		s.root = bounds{s.lists.universe, s.lists.universe}
		return s, s.lists.err
	}
	s.tests = make([]bounds, p.filter.Tests())
	s.root = s.node(p.filter.Root)
	return s, s.lists.err
}

func (s *segmentBounds) node(n filter.Node) bounds {
	switch n := n.(type) {
	case *filter.And:
		all := bounds{s.lists.universe, s.lists.universe}
		for _, x := range cheapFirst(n.X) {
			if all.may.IsEmpty() { // no list of the others is needed
				s.none(x)
				continue
			}
			if all = both(all, s.node(x)); all.may == nil {
				all.may = s.lists.universe
			}
		}
		return all
	case *filter.Or:
		all := bounds{nil, roaring.New()}
		for _, x := range n.X {
			all = either(all, s.node(x))
		}
		return all
	case *filter.Not:
		return s.lists.negated(s.node(n.X))
	}
	t := n.(*filter.Test)
	s.tests[t.ID] = testBounds(s.lists, t)
	return s.tests[t.ID]
}

// none marks tests as not asked: their And is false whatever they say.
func (s *segmentBounds) none(n filter.Node) {
	filter.Walk(n, func(n filter.Node) bool {
		if t, ok := n.(*filter.Test); ok {
			s.tests[t.ID] = bounds{nil, roaring.New()}
		}
		return true
	})
}

// cheapFirst orders the parts of an And: single tests that lists answer, then
// other tests, then what is nested.
func cheapFirst(nodes []filter.Node) []filter.Node {
	cost := func(n filter.Node) int {
		t, ok := n.(*filter.Test)
		switch {
		case !ok:
			return 2
		case t.Op == filter.Eq || t.Op == filter.Present || t.Op == filter.NonZero:
			return 0
		}
		return 1
	}
	sorted := slices.Clone(nodes)
	slices.SortStableFunc(sorted, func(a, b filter.Node) int { return cost(a) - cost(b) })
	return sorted
}

// testBounds answers one test as far as lists can.
func testBounds(l *lists, t *filter.Test) bounds {
	if ref, ok := t.Left.(*filter.Ref); ok {
		if b, ok := refBounds(l, ref, t); ok {
			return b
		}
	}
	if m, ok := t.Left.(*filter.Mask); ok && t.Op == filter.NonZero {
		ref, isRef := m.X.(*filter.Ref)
		c, isConst := m.Y.(*filter.Const)
		if isRef && isConst && ref.Name == "tcp.flags" {
			if b, ok := anyFlag(l, c.Value.Uint()); ok {
				return b
			}
		}
	}
	if ref, ok := t.Left.(*filter.Ref); ok && (ref.Name == "data" || ref.Name == "data.len") {
		apps, listed := l.list(index.PostApp, []byte("data"))
		if !listed || l.capture.Summary().Content < 2 || l.capture.Summary().Counters.AppsCapped > 0 {
			return bounds{}
		}
		return bounds{nil, roaring.Or(apps, l.protocol("data"))}
	}
	// Whatever is asked of a field, the frame must have it.
	if f := appFieldOf(t.Left); f != nil && f.kind == ofMessage {
		return bounds{nil, l.messages(f, nil)}
	}
	if names := protocolsOf(t.Left); names != nil {
		return bounds{nil, l.protocol(names...)}
	}
	return bounds{}
}

// refBounds answers a test of a field that has lists.
func refBounds(l *lists, ref *filter.Ref, t *filter.Test) (bounds, bool) {
	switch {
	case ref.Name == "frame.number":
		return numberBounds(l, t)
	case ref.Name == "tcp.stream":
		return streamBounds(l, t, []string{"tcp"}, kindTCP)
	case ref.Name == "udp.stream":
		return streamBounds(l, t, []string{"udp", "udplite"}, kindUDP, kindUDPLite)
	case ref.Name == "tcp.flags" || isFlag(ref.Name):
		return flagBounds(l, ref, t)
	case labelsOf(ref.Name) != 0:
		return labelBounds(l, ref, t)
	case t.Op == filter.Present && exactProtocol(ref.Name):
		list := l.protocol(ref.Name)
		return bounds{list, list}, true
	}
	if f := listedFor(ref.Name); f != nil {
		return f.bounds(l, t)
	}
	if f := appFieldFor(ref.Name); f != nil {
		return appBounds(l, f, t), true
	}
	return bounds{}, false
}

func listedFor(name string) *listedField {
	all := listedFields()
	if i := slices.IndexFunc(all, func(f listedField) bool { return f.name == name }); i >= 0 {
		return &all[i]
	}
	return nil
}

func isFlag(name string) bool {
	return slices.ContainsFunc(flagNames(), func(n string) bool { return name == "tcp.flags."+n })
}

// exactProtocol tells protocols that are in a frame exactly where their list
// says. Of the others a list names frames whose layer turns out to be empty.
func exactProtocol(name string) bool {
	return slices.Contains([]string{
		"arp", "icmp", "icmpv6", "ip", "ipv6", "ipv6.fraghdr", "ipv6.hopopts", "llc", "pppoes", "ppp", "gre", "sctp", "stp", "tcp", "udp", "udplite", "vlan",
	}, name)
}

// protocolsOf gives the protocols of which one must be in a frame that has a
// value of an operand; nil if that is not known.
func protocolsOf(o filter.Operand) []string {
	switch o := o.(type) {
	case *filter.Mask:
		return protocolsOf(o.X)
	case *filter.Call:
		if len(o.Args) == 1 {
			return protocolsOf(o.Args[0])
		}
	case *filter.Ref:
		if id, ok := dissect.FieldByName(o.Name); ok {
			return dissect.Fields()[id].Protocols()
		}
	}
	return nil
}

// appFieldOf gives the field of application protocols that an operand is about, nil
// if it is none.
func appFieldOf(o filter.Operand) *appField {
	switch o := o.(type) {
	case *filter.Call:
		if len(o.Args) == 1 && o.Func != "count" {
			return appFieldOf(o.Args[0])
		}
	case *filter.Ref:
		return appFieldFor(o.Name)
	}
	return nil
}

// numberBounds answers tests of frame.number, which every frame has once.
func numberBounds(l *lists, t *filter.Test) (bounds, bool) {
	spans, ok := numberSpans(t)
	if !ok {
		return bounds{}, false
	}
	b := roaring.New()
	for _, s := range spans {
		b.Or(l.span(s[0], s[1]))
	}
	if t.Op == filter.Ne {
		b = roaring.AndNot(l.universe, b)
	}
	return bounds{b, b}, true
}

// numberSpans gives the numbers that satisfy a test with constants; a Ne gives
// those that do not.
func numberSpans(t *filter.Test) (spans [][2]uint64, ok bool) {
	const most = 1<<32 - 1
	value := func(o filter.Operand) (uint64, bool) {
		c, ok := o.(*filter.Const)
		if !ok {
			return 0, false
		}
		return c.Value.Uint(), true
	}
	switch t.Op {
	case filter.Present:
		return [][2]uint64{{0, most}}, true
	case filter.In:
		for _, m := range t.Set {
			low, ok := value(m.Low)
			high := low
			if ok && m.High != nil {
				high, ok = value(m.High)
			}
			if !ok {
				return nil, false
			}
			spans = append(spans, [2]uint64{low, high})
		}
		return spans, true
	case filter.Eq, filter.Ne, filter.Gt, filter.Ge, filter.Lt, filter.Le:
		v, ok := value(t.Right)
		if !ok {
			return nil, false
		}
		if low, high, some := numbers(t.Op, v, most); some {
			spans = append(spans, [2]uint64{low, high})
		}
		return spans, true
	}
	return nil, false
}

// maxStreams is how many connections a test may name for their frames to be
// looked up one by one.
const maxStreams = 256

// streamBounds answers tests of stream numbers by the frames of connections.
func streamBounds(l *lists, t *filter.Test, present []string, kinds ...uint8) (bounds, bool) {
	has := l.protocol(present...)
	spans, ok := numberSpans(t)
	if !ok || t.Op == filter.Present || l.capture.Summary().Content < 2 {
		return bounds{nil, has}, true
	}
	streams, err := l.capture.SortColumn(index.SortStream)
	if err != nil {
		l.err = err
		return bounds{}, false
	}
	var parts []*roaring.Bitmap
	for conn, v := range streams {
		in := func(s [2]uint64) bool { return v&(1<<32-1) >= s[0] && v&(1<<32-1) <= s[1] }
		if slices.Contains(kinds, uint8(v>>32)) && slices.ContainsFunc(spans, in) {
			if len(parts) == maxStreams {
				return bounds{nil, has}, true
			}
			parts = append(parts, l.members(uint32(conn)))
		}
	}
	list := union(parts)
	if l.capture.Summary().Counters.MembershipsCapped > 0 {
		list = roaring.Or(list, l.complex)
	}
	switch {
	case t.Op == filter.Ne:
		return l.lacking(list, has), true
	case t.All:
		return l.only(list, has), true
	}
	return l.having(list, has), true
}
