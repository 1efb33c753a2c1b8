package dissect

import (
	"cmp"
	"slices"
	"sync"
)

// FieldKind is the type of a field's values, a family of Wireshark's FT_ types.
type FieldKind uint8

// Field kinds, with the part of FieldValue that holds the value.
const (
	KindNone     FieldKind = iota // no value, presence only
	KindBool                      // Num: 0 or 1
	KindUint                      // Num
	KindInt                       // Num, see FieldValue.Int
	KindString                    // Bytes
	KindBytes                     // Bytes
	KindEther                     // Bytes, six of them
	KindIPv4                      // Bytes, see FieldValue.Addr
	KindIPv6                      // Bytes, see FieldValue.Addr
	KindAbsTime                   // Num: nanoseconds since 1970
	KindRelTime                   // Num: nanoseconds, see FieldValue.Int
	KindFloat                     // stored fields only
	KindProtocol                  // Bytes: the layer with all it carries
)

// FieldID is the index of a field in Fields. It is not stable between builds:
// store names.
type FieldID uint16

// Field describes one Wireshark field. Name, Kind and Bits are Wireshark's.
type Field struct {
	Name string
	Kind FieldKind
	// Bits is the width of integers: that of Wireshark's type, not of the field.
	Bits  uint8
	Hex   bool  // integers: shown in hexadecimal, Bits/4 digits
	Proto Proto // the layer it lives in; none for what belongs to the frame
	Doc   string
	// Stored: the frame's bytes do not give it. The caller has it from the
	// index (row, connection) or from reassembly; AppendValues gives nothing.
	Stored bool

	also   Proto     // a second layer of the same fields
	in     part      // where the value is
	times  uint8     // values in a row, each right behind the other; 0 is one
	when   condition // layers that have the field; nil is all
	get    extractor // instead of in and times
	option uint8     // which option or message get looks for
}

// part is a place in a layer: size bytes from at, of numbers the bits of mask.
// A mask of 0 is all bits.
type part struct {
	at   uint16
	size uint8
	mask uint32
}

type (
	// condition tells whether a layer has a field.
	condition func(v view) bool
	// extractor appends a layer's values of f to dst.
	extractor func(dst []FieldValue, v view, f *Field) []FieldValue
)

// fieldTable is every field, the families one after the other and each in the
// order of its header.
var fieldTable = sync.OnceValue(func() []Field {
	return slices.Concat(
		frameFields[:], ethFields[:], vlanFields[:], arpFields[:], llcFields[:], cookedFields[:], wlanFields[:],
		pppFields[:], mplsFields[:], ipFields[:], ipOptionFields[:], ipv6Fields[:], ipv6OptionFields[:],
		icmpFields[:], icmpv6Fields[:], neighborFields[:], igmpFields[:],
		tcpFields[:], tcpOptionFields[:], tcpStoredFields[:], storedFields[:], udpFields[:], sctpFields[:],
		greFields[:], tunnelFields[:], gtpFields[:], protocolFields(),
	)
})

// fieldNames is the same sorted by name.
var fieldNames = sync.OnceValue(func() []FieldID { return sortedFields(fieldTable()) })

// sortedFields gives the indexes of fields in the order of their names.
func sortedFields(fields []Field) []FieldID {
	ids := make([]FieldID, len(fields))
	for i := range ids {
		ids[i] = FieldID(i)
	}
	slices.SortFunc(ids, func(a, b FieldID) int { return cmp.Compare(fields[a].Name, fields[b].Name) })
	return ids
}

// protocolFields makes the field of every protocol: its name, present where
// the layer is, worth the layer's bytes. EtherType is no protocol on its own,
// and so are the layers that Wireshark names in frame.protocols only.
func protocolFields() []Field {
	var fields []Field
	for p := ProtoEth; p < protoCount; p++ {
		if p == ProtoEtherType || p == ProtoPktData || p == ProtoY1731 || p == ProtoPWHeuristic {
			continue
		}
		f := Field{Name: protoNames[p], Kind: KindProtocol, Proto: p, get: getProtocol, Doc: "Protocol layer"}
		switch p {
		case ProtoIGMP: // named twice in frame.protocols
			f.when = igmpOuter
		case ProtoMPLS: // one layer, but one protocol for each label
			f.in.size, f.get = 4, getLabels
		case ProtoVXLAN:
			f.also, f.get = ProtoUDP, getVXLANLayer
		}
		fields = append(fields, f)
	}
	return fields
}

// Layers gives the layers of which a frame must have one to have the field; none
// for what belongs to the frame.
func (f *Field) Layers() []Proto {
	switch {
	case f.Proto == protoNone:
		return nil
	case f.also == protoNone:
		return []Proto{f.Proto}
	}
	return []Proto{f.Proto, f.also}
}

// Protocols gives the names of Layers.
func (f *Field) Protocols() (names []string) {
	for _, p := range f.Layers() {
		names = append(names, p.String())
	}
	return names
}

// Fields gives the dictionary of fields, indexed by FieldID. It is shared and
// must not be changed.
func Fields() []Field { return fieldTable() }

// FieldsByName gives all fields in the order of their names. It is shared and must
// not be changed.
func FieldsByName() []FieldID { return fieldNames() }

// FieldByName finds a field by Wireshark's name for it.
func FieldByName(name string) (FieldID, bool) {
	table, names := fieldTable(), fieldNames()
	i, ok := slices.BinarySearchFunc(names, name, func(id FieldID, name string) int {
		return cmp.Compare(table[id].Name, name)
	})
	if !ok {
		return 0, false
	}
	return names[i], true
}
