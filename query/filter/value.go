package filter

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"net/netip"
	"strconv"
	"time"
	"unsafe"
)

// Value is one value of a field, or a constant of a filter. It holds no
// pointer but the text or bytes that it was made from, and shares those with
// its maker: they must not change while the Value is in use. Values of the
// same kind may be compared with ==.
type Value struct {
	kind Kind
	bits uint8 // IPv4, IPv6: length of the prefix
	hi   uint64
	lo   uint64
	data string
}

// NoneValue is the value of a label: there, and nothing else.
func NoneValue() Value { return Value{kind: None} }

// BoolValue makes a value of a Bool field.
func BoolValue(b bool) Value {
	if b {
		return Value{kind: Bool, lo: 1}
	}
	return Value{kind: Bool}
}

// UintValue makes a value of a Uint, Char, FrameNum or EUI64 field.
func UintValue(u uint64) Value { return Value{kind: Uint, lo: u} }

// IntValue makes a value of an Int field.
func IntValue(i int64) Value { return Value{kind: Int, lo: uint64(i)} }

// FloatValue makes a value of a Float field.
func FloatValue(f float64) Value { return Value{kind: Float, lo: math.Float64bits(f)} }

// StringValue makes a value of a String field.
func StringValue(s string) Value { return Value{kind: String, data: s} }

// BytesValue makes a value of a Bytes, Ether, GUID or OID field. It shares b.
func BytesValue(b []byte) Value { return Value{kind: Bytes, data: share(b)} }

// ProtocolValue makes the value of a protocol: the bytes that contains and
// matches look at, from the protocol's header to the end of what it carries,
// and the length that len tells (Wireshark: that of the header where the
// protocol has one). It shares b.
func ProtocolValue(b []byte, length int) Value {
	return Value{kind: Protocol, lo: uint64(max(length, 0)), data: share(b)}
}

// AddrValue makes a value of an IPv4 or IPv6 field.
func AddrValue(a netip.Addr) Value { return PrefixValue(netip.PrefixFrom(a, a.BitLen())) }

// PrefixValue makes an address with the length of its network's prefix.
func PrefixValue(p netip.Prefix) Value {
	if a := p.Addr(); a.Is4() {
		b := a.As4()
		return Value{kind: IPv4, bits: uint8(p.Bits()), lo: uint64(binary.BigEndian.Uint32(b[:]))}
	}
	b := p.Addr().As16()
	return Value{kind: IPv6, bits: uint8(p.Bits()), hi: binary.BigEndian.Uint64(b[:8]), lo: binary.BigEndian.Uint64(b[8:])}
}

// AbsTimeValue makes a value of an AbsTime field: nanoseconds since 1970 in UTC.
func AbsTimeValue(ns int64) Value { return Value{kind: AbsTime, lo: uint64(ns)} }

// RelTimeValue makes a value of a RelTime field.
func RelTimeValue(d time.Duration) Value { return Value{kind: RelTime, lo: uint64(d)} }

// share makes a string of b without a copy: a frame of 1,500 bytes is looked
// at by many filters, and none of them writes.
func share(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	return unsafe.String(&b[0], len(b)) //nolint:gosec // read only; the caller keeps b as it is (see Value)
}

// Kind is that of the constructor; Char, FrameNum and EUI64 are Uint here, and
// Ether, GUID and OID are Bytes.
func (v Value) Kind() Kind { return v.kind }

// Uint gives the number of a Uint or Bool.
func (v Value) Uint() uint64 { return v.lo }

// Int gives the number of an Int, and the nanoseconds of a time.
func (v Value) Int() int64 { return int64(v.lo) }

// Bool tells whether a Bool is true.
func (v Value) Bool() bool { return v.lo != 0 }

// Float gives the number of a Float.
func (v Value) Float() float64 { return math.Float64frombits(v.lo) }

// Text gives the text of a String, or the bytes of a Bytes or Protocol.
func (v Value) Text() string { return v.data }

// Prefix gives the address of an IPv4 or IPv6 with the length of its prefix:
// 32 or 128 for an address alone. The bits behind the prefix are kept.
func (v Value) Prefix() netip.Prefix {
	if v.kind == IPv4 {
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], uint32(v.lo))
		return netip.PrefixFrom(netip.AddrFrom4(b), int(v.bits))
	}
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], v.hi)
	binary.BigEndian.PutUint64(b[8:], v.lo)
	return netip.PrefixFrom(netip.AddrFrom16(b), int(v.bits))
}

// String shows the value for people (plans, messages).
func (v Value) String() string {
	switch v.kind {
	case Bool:
		return strconv.FormatBool(v.Bool())
	case Uint:
		return strconv.FormatUint(v.lo, 10)
	case Int:
		return strconv.FormatInt(v.Int(), 10)
	case Float:
		return strconv.FormatFloat(v.Float(), 'g', -1, 64)
	case String:
		return quote(v.data)
	case Bytes, Protocol:
		return colons(v.data)
	case IPv4, IPv6:
		if p := v.Prefix(); !p.IsSingleIP() {
			return p.String()
		}
		return v.Prefix().Addr().String()
	case AbsTime:
		return time.Unix(0, v.Int()).UTC().Format("2006-01-02T15:04:05.999999999Z")
	case RelTime:
		return strconv.FormatFloat(float64(v.Int())/1e9, 'f', -1, 64)
	}
	return ""
}

// colons writes bytes as aa:bb:cc.
func colons(s string) string {
	out := make([]byte, 0, 3*len(s))
	for i := range len(s) {
		if i > 0 {
			out = append(out, ':')
		}
		out = hex.AppendEncode(out, []byte{s[i]})
	}
	return string(out)
}
