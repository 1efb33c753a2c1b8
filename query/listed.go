package query

import (
	"math"
	"net/netip"

	"github.com/RoaringBitmap/roaring/v2"

	"pcapidx/index"
	"pcapidx/query/filter"
)

// listedField is a field whose values have posting lists.
type listedField struct {
	name    string
	lists   []index.PostingField // one for each value that a simple frame has
	present []string             // protocols of the frames that have the field
	width   int                  // bytes of a value
}

// listedFields lists them. A frame that is not complex has all values that are
// named here, or none.
func listedFields() []listedField {
	tcp, sctp, ip4, ip6 := []string{"tcp"}, []string{"sctp"}, []string{"ip"}, []string{"ipv6"}
	udp := []string{"udp", "udplite"}
	type of = []index.PostingField
	return []listedField{
		{"tcp.srcport", of{index.PostTCPSrcPort}, tcp, 2},
		{"tcp.dstport", of{index.PostTCPDstPort}, tcp, 2},
		{"tcp.port", of{index.PostTCPSrcPort, index.PostTCPDstPort}, tcp, 2},
		{"udp.srcport", of{index.PostUDPSrcPort}, udp, 2},
		{"udp.dstport", of{index.PostUDPDstPort}, udp, 2},
		{"udp.port", of{index.PostUDPSrcPort, index.PostUDPDstPort}, udp, 2},
		{"sctp.srcport", of{index.PostSCTPSrc}, sctp, 2},
		{"sctp.dstport", of{index.PostSCTPDst}, sctp, 2},
		{"sctp.port", of{index.PostSCTPSrc, index.PostSCTPDst}, sctp, 2},
		{"vlan.id", of{index.PostVLAN}, []string{"vlan"}, 2},
		{"ip.src", of{index.PostIPSrc}, ip4, 4},
		{"ip.dst", of{index.PostIPDst}, ip4, 4},
		{"ip.addr", of{index.PostIPSrc, index.PostIPDst}, ip4, 4},
		{"ipv6.src", of{index.PostIPSrc}, ip6, 16},
		{"ipv6.dst", of{index.PostIPDst}, ip6, 16},
		{"ipv6.addr", of{index.PostIPSrc, index.PostIPDst}, ip6, 16},
	}
}

// interval is a range of values, both ends included.
type interval struct{ low, high []byte }

// intervals gives the values that satisfy a test with constants on its right; a
// Ne gives those that do not. ok is false for what lists cannot tell.
func (f *listedField) intervals(t *filter.Test) (out []interval, ok bool) {
	one := func(o filter.Operand) bool {
		c, isConst := o.(*filter.Const)
		if !isConst {
			return false
		}
		if f.width == 2 {
			out = append(out, interval{u16(c.Value.Uint()), u16(c.Value.Uint())})
			return true
		}
		low, high := prefixRange(c.Value.Prefix())
		out = append(out, interval{low, high})
		return true
	}
	switch t.Op {
	case filter.Eq, filter.Ne:
		return out, one(t.Right)
	case filter.In:
		for _, m := range t.Set {
			if !one(m.Low) || m.High != nil && !one(m.High) {
				return nil, false
			}
			if m.High != nil { // the two ends just added are one range
				n := len(out)
				out = append(out[:n-2], interval{out[n-2].low, out[n-1].high})
			}
		}
		return out, true
	case filter.Gt, filter.Ge, filter.Lt, filter.Le:
		c, isConst := t.Right.(*filter.Const)
		if !isConst || f.width != 2 {
			return nil, false
		}
		low, high, some := numbers(t.Op, c.Value.Uint(), math.MaxUint16)
		if some {
			out = append(out, interval{u16(low), u16(high)})
		}
		return out, true
	}
	return nil, false
}

// numbers gives the numbers up to most that satisfy a comparison with v.
func numbers(op filter.Op, v, most uint64) (low, high uint64, some bool) {
	switch low, high = 0, most; op {
	case filter.Gt:
		return v + 1, high, v < most
	case filter.Ge:
		return v, high, v <= most
	case filter.Lt:
		return low, min(v-1, most), v > 0
	case filter.Le:
		return low, min(v, most), true
	}
	return v, v, v <= most
}

// prefixRange gives the first and last address of a network.
func prefixRange(p netip.Prefix) (low, high []byte) {
	low = p.Masked().Addr().AsSlice()
	high = append(high, low...)
	for i := p.Bits(); i < 8*len(high); i++ {
		high[i/8] |= 0x80 >> (i % 8)
	}
	return low, high
}

// bounds answers a test of the field by its lists.
func (f *listedField) bounds(l *lists, t *filter.Test) (bounds, bool) {
	present := l.protocol(f.present...)
	if t.Op == filter.Present {
		return bounds{l.simple(present), present}, true
	}
	values, ok := f.intervals(t)
	if !ok {
		return bounds{}, false
	}
	// some has the frames in which one value is of the set, every those in which
	// all of a simple frame's are
	var some, every *roaring.Bitmap
	for _, field := range f.lists {
		var parts []*roaring.Bitmap
		for _, v := range values {
			b, ok := l.between(field, v.low, v.high)
			if !ok {
				return bounds{nil, present}, true
			}
			parts = append(parts, b)
		}
		b := union(parts)
		if some == nil {
			some, every = b, b
		} else {
			some, every = roaring.Or(some, b), roaring.And(every, b)
		}
	}
	switch {
	case t.Op == filter.Ne && t.All:
		return l.lacking(some, present), true
	case t.Op == filter.Ne:
		return l.lacking(every, present), true
	case t.All:
		return l.only(every, present), true
	}
	return l.having(some, present), true
}

// flagBounds answers a test of tcp.flags or one of its bits: by the lists of bits
// where frames are simple, and by the lists of whole flags where they are complex.
func flagBounds(l *lists, ref *filter.Ref, t *filter.Test) (bounds, bool) {
	present := l.protocol("tcp")
	c, isConst := t.Right.(*filter.Const)
	switch {
	case l.capture.Summary().Content < 2:
		return bounds{nil, present}, true
	case t.Op == filter.Present:
		return l.flags(present, func(uint64) bool { return true }, false), true
	case !isConst || t.Op != filter.Eq && t.Op != filter.Ne:
		return bounds{}, false
	}
	if ref.Name == "tcp.flags" {
		want := c.Value.Uint()
		list := exactFlags(l, present, want)
		if t.Op == filter.Ne {
			list = roaring.AndNot(present, list)
		}
		return l.flags(list, func(flags uint64) bool { return (flags == want) == (t.Op == filter.Eq) }, t.All), want>>index.TCPFlagOthers == 0
	}
	for bit, name := range flagNames() {
		if ref.Name != "tcp.flags."+name {
			continue
		}
		list, _ := l.list(index.PostTCPFlag, []byte{byte(bit)})
		want := (t.Op == filter.Eq) == c.Value.Bool()
		if !want {
			list = roaring.AndNot(present, list)
		}
		return l.flags(list, func(flags uint64) bool { return flags>>bit&1 != 0 == want }, t.All), true
	}
	return bounds{}, false
}

// flagNames lists Wireshark's names of the flags by their bit.
func flagNames() []string { return []string{"fin", "syn", "reset", "push", "ack", "urg", "ece", "cwr"} }

// flags makes exact bounds: of simple frames those in list, of complex ones those
// with a header whose flags are right, or with all headers so.
func (l *lists) flags(list *roaring.Bitmap, right func(flags uint64) bool, every bool) bounds {
	some, wrong := []*roaring.Bitmap{l.simple(list)}, []*roaring.Bitmap{}
	_, err := l.capture.EachPosting(l.segment, index.PostTCPFlag, u16(0), u16(math.MaxUint16), func(value []byte, frames *roaring.Bitmap) bool {
		if right(uint64(value[0])<<8 | uint64(value[1])) {
			some = append(some, frames)
		} else {
			wrong = append(wrong, frames)
		}
		return true
	})
	if err != nil && l.err == nil {
		l.err = err
	}
	b := union(some)
	if every {
		b = roaring.AndNot(b, union(wrong))
	}
	return bounds{b, b}
}

// exactFlags gives the simple frames whose flags are exactly those of a number
// below 256.
func exactFlags(l *lists, present *roaring.Bitmap, flags uint64) *roaring.Bitmap {
	out := present.Clone()
	for bit := range uint64(index.TCPFlagLists) {
		list, _ := l.list(index.PostTCPFlag, []byte{byte(bit)})
		if flags>>bit&1 != 0 {
			out.And(list)
		} else {
			out.AndNot(list)
		}
	}
	return out
}

// anyFlag answers tcp.flags & N, if the lists of bits tell it.
func anyFlag(l *lists, mask uint64) (bounds, bool) {
	if mask>>index.TCPFlagOthers != 0 || l.capture.Summary().Content < 2 {
		return bounds{}, false
	}
	var parts []*roaring.Bitmap
	for bit := range uint64(index.TCPFlagOthers) {
		if mask>>bit&1 != 0 {
			list, _ := l.list(index.PostTCPFlag, []byte{byte(bit)})
			parts = append(parts, list)
		}
	}
	return l.flags(union(parts), func(flags uint64) bool { return flags&mask != 0 }, false), true
}
