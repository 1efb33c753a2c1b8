package dissect

import (
	"math/bits"
	"net/netip"
)

// FieldValue is one value of a field. Its bytes lie in the frame or datagram
// that it was taken from, unless the field is a text made from a number.
type FieldValue struct {
	Num uint64
	// Bytes is the value of kinds that are not numbers. Two numbers have the byte
	// there that their meaning depends on: the code of an ICMP message its type,
	// the control field of LLC the source service access point.
	Bytes []byte
	// Offset and Length are where the value comes from, in the frame, or in the
	// datagram if Reassembled. Length is 0 for what is computed.
	Offset, Length uint32
	Kind           FieldKind
	Reassembled    bool
}

// Int is the value of KindInt and KindRelTime.
func (v FieldValue) Int() int64 { return int64(v.Num) }

// Addr is the value of KindIPv4 and KindIPv6; invalid for other kinds.
func (v FieldValue) Addr() netip.Addr {
	a, _ := netip.AddrFromSlice(v.Bytes)
	if v.Kind != KindIPv4 && v.Kind != KindIPv6 {
		return netip.Addr{}
	}
	return a
}

// FieldAt is a value together with its field.
type FieldAt struct {
	Field FieldID
	FieldValue
}

// AppendValues appends to dst the values of a field in a frame, in the order
// in which tshark prints them: frame are its captured bytes, origLen its
// original length, p what Decode made of it. Layers that DecodeDatagram added
// are read from datagram, the last one given to it; they have no values if it
// is nil. What the snap length cut off has no value.
func AppendValues(dst []FieldValue, id FieldID, frame, datagram []byte, origLen int, p *Packet) []FieldValue {
	table := fieldTable()
	if int(id) >= len(table) {
		return dst
	}
	f := &table[id]
	if f.Stored {
		return dst
	}
	if f.Proto == protoNone {
		v := view{packet: p, data: frame, limit: len(frame), frameLength: origLen}
		return f.get(dst, v, f)
	}
	for i := range p.Layers {
		l := &p.Layers[i]
		if l.Proto != f.Proto && l.Proto != f.also {
			continue
		}
		if f.get == nil && f.when == nil && !l.Reassembled { // the common case needs no view
			dst = f.appendParts(dst, frame, int(l.Offset)+int(f.in.at), l.fieldsEnd(frame), false)
			continue
		}
		if v, ok := viewOf(p, i, frame, datagram, origLen); ok {
			dst = f.appendLayer(dst, &v)
		}
	}
	return dst
}

// AppendFields appends every value that one layer of p has, in the order of
// the dictionary, which follows the header. Of frame and datagram see
// AppendValues.
func AppendFields(dst []FieldAt, layer int, frame, datagram []byte, origLen int, p *Packet) []FieldAt {
	if layer < 0 || layer >= len(p.Layers) {
		return dst
	}
	v, ok := viewOf(p, layer, frame, datagram, origLen)
	if !ok {
		return dst
	}
	proto := p.Layers[layer].Proto
	var values []FieldValue
	table := fieldTable()
	for id := range table {
		f := &table[id]
		if f.Stored || f.Proto != proto && f.also != proto {
			continue
		}
		values = f.appendLayer(values[:0], &v)
		for _, value := range values {
			dst = append(dst, FieldAt{FieldID(id), value})
		}
	}
	return dst
}

// appendLayer appends the values of f in one layer.
func (f *Field) appendLayer(dst []FieldValue, v *view) []FieldValue {
	if f.when != nil && !f.when(*v) {
		return dst
	}
	if f.get != nil {
		return f.get(dst, *v, f)
	}
	return f.appendParts(dst, v.data, v.start+int(f.in.at), v.limit, v.reassembled())
}

// appendParts appends the values of a field that has a place, from at on, as
// far as they end before limit.
func (f *Field) appendParts(dst []FieldValue, data []byte, at, limit int, reassembled bool) []FieldValue {
	size := int(f.in.size)
	for n := max(f.times, 1); n > 0 && at+size <= limit; n-- {
		dst = append(dst, FieldValue{Offset: uint32(at), Length: uint32(size), Kind: f.Kind, Reassembled: reassembled})
		f.read(&dst[len(dst)-1], data[at:at+size:at+size])
		at += size
	}
	return dst
}

// read takes the value of a field from its bytes.
func (f *Field) read(value *FieldValue, b []byte) {
	if f.Kind != KindUint && f.Kind != KindBool {
		value.Bytes = b
		return
	}
	var n uint64
	for _, c := range b {
		n = n<<8 | uint64(c)
	}
	if mask := uint64(f.in.mask); mask != 0 {
		n = n & mask >> bits.TrailingZeros64(mask)
	}
	if f.Kind == KindBool && n != 0 {
		n = 1
	}
	value.Num = n
}

// value reads f at a place in v.data which is known to be there.
func (v *view) value(f *Field, at int) FieldValue {
	size := int(f.in.size)
	value := FieldValue{Offset: uint32(at), Length: uint32(size), Kind: f.Kind, Reassembled: v.reassembled()}
	f.read(&value, v.data[at:at+size:at+size])
	return value
}

// number is a value computed from some bytes of the layer.
func (v *view) number(f *Field, n uint64, at, length int) FieldValue {
	return FieldValue{Num: n, Offset: uint32(at), Length: uint32(length), Kind: f.Kind, Reassembled: v.reassembled()}
}

// bytes is the value of bytes at a place in v.data which is known to be there.
func (v *view) bytes(f *Field, at, length int) FieldValue {
	return FieldValue{
		Bytes: v.data[at : at+length : at+length], Offset: uint32(at), Length: uint32(length),
		Kind: f.Kind, Reassembled: v.reassembled(),
	}
}

// getProtocol is the layer with all that it carries.
func getProtocol(dst []FieldValue, v view, f *Field) []FieldValue {
	if v.limit == v.start && v.packet.Layers[v.index].Length > 0 { // not the protocol after all
		return dst
	}
	return append(dst, v.bytes(f, v.start, v.end()-v.start))
}
