package filter

import (
	"slices"
	"strings"
)

// Kind is the type of a field: Wireshark's FT_ types, those of one meaning
// taken together.
type Kind uint8

// Kinds of fields.
const (
	None     Kind = iota // label: presence only
	Protocol             // presence, and its bytes
	Bool
	Char // one byte, written 'a' or 97
	Uint
	Int
	FrameNum
	EUI64
	Float
	String
	Bytes
	Ether // 6 bytes
	GUID  // 16 bytes
	OID   // bytes in BER
	IPv4
	IPv6
	AbsTime
	RelTime
)

// String gives Wireshark's words for the kind.
func (k Kind) String() string {
	names := [...]string{
		None: "label", Protocol: "protocol", Bool: "boolean", Char: "character", Uint: "unsigned integer",
		Int: "signed integer", FrameNum: "frame number", EUI64: "EUI64 address", Float: "floating point number",
		String: "character string", Bytes: "byte sequence", Ether: "Ethernet address", GUID: "GUID",
		OID: "object identifier", IPv4: "IPv4 address", IPv6: "IPv6 address", AbsTime: "date and time",
		RelTime: "time offset",
	}
	if int(k) < len(names) {
		return names[k]
	}
	return "unknown"
}

// numeric kinds are compared as whole numbers, whatever their widths.
func (k Kind) numeric() bool {
	return k == Bool || k == Char || k == Uint || k == Int || k == FrameNum || k == EUI64
}

// bytes kinds are compared as byte sequences. A protocol is none: Wireshark
// compares protocols only with each other and with constants.
func (k Kind) bytes() bool { return k == Bytes || k == Ether || k == GUID || k == OID }

// KindOf gives the kind and the width in bits (0: no fixed width) of one of
// Wireshark's types by its name, as tshark -G fields prints it ("FT_UINT16").
func KindOf(ft string) (k Kind, bits uint8, ok bool) {
	ft = strings.TrimPrefix(ft, "FT_")
	for i, w := range []uint8{8, 16, 24, 32, 40, 48, 56, 64} {
		switch digits := [...]string{"8", "16", "24", "32", "40", "48", "56", "64"}[i]; ft {
		case "UINT" + digits:
			return Uint, w, true
		case "INT" + digits:
			return Int, w, true
		}
	}
	types := map[string]Field{
		"NONE": {Kind: None}, "PROTOCOL": {Kind: Protocol}, "BOOLEAN": {Kind: Bool}, "CHAR": {Kind: Char, Bits: 8},
		"FRAMENUM": {Kind: FrameNum, Bits: 32}, "IPXNET": {Kind: Uint, Bits: 32}, "EUI64": {Kind: EUI64, Bits: 64},
		"FLOAT": {Kind: Float, Bits: 32}, "DOUBLE": {Kind: Float, Bits: 64},
		"IEEE_11073_SFLOAT": {Kind: Float, Bits: 16}, "IEEE_11073_FLOAT": {Kind: Float, Bits: 32},
		"STRING": {Kind: String}, "STRINGZ": {Kind: String}, "UINT_STRING": {Kind: String},
		"STRINGZPAD": {Kind: String}, "STRINGZTRUNC": {Kind: String},
		"BYTES": {Kind: Bytes}, "UINT_BYTES": {Kind: Bytes}, "AX25": {Kind: Bytes}, "VINES": {Kind: Bytes},
		"SYSTEM_ID": {Kind: Bytes}, "FCWWN": {Kind: Bytes}, "ETHER": {Kind: Ether, Bits: 48},
		"GUID": {Kind: GUID, Bits: 128}, "OID": {Kind: OID}, "REL_OID": {Kind: OID},
		"IPv4": {Kind: IPv4, Bits: 32}, "IPv6": {Kind: IPv6, Bits: 128},
		"ABSOLUTE_TIME": {Kind: AbsTime}, "RELATIVE_TIME": {Kind: RelTime},
	}
	f, ok := types[ft]
	return f.Kind, f.Bits, ok
}

// Field is what Check must know of a field.
type Field struct {
	Name string
	Kind Kind
	Bits uint8 // width of its numbers; 0 is taken for 64
	// Label, when not nil, gives the number that a text stands for
	// (tcp.flags.syn == Set). Wireshark ignores the case of labels.
	Label func(text string) (uint64, bool)
}

func (f Field) width() uint8 {
	if f.Bits == 0 || f.Bits > 64 {
		return 64
	}
	return f.Bits
}

// Fields are the fields that filters may name.
type Fields interface {
	Field(name string) (Field, bool)
	Names() []string // all of them, for suggestions
}

// suggestions says which names are near a wrong one: the same in other case,
// then those at the smallest edit distance, at most a third of the name.
func suggestions(name string, names []string) string {
	best := max(1, len(name)/3) + 1
	var near []string
	for _, n := range names {
		if abs(len(n)-len(name)) > best {
			continue
		}
		d := 0
		if !strings.EqualFold(n, name) {
			d = distance(name, n, best)
		}
		switch {
		case d < best:
			best, near = d, []string{n}
		case d == best && near != nil:
			near = append(near, n)
		}
	}
	if near == nil {
		return ""
	}
	slices.Sort(near)
	return "did you mean " + strings.Join(near[:min(3, len(near))], " or ") + "?"
}

func abs(i int) int { return max(i, -i) }

// distance is the edit distance of a and b; a change of two neighbours counts
// one. It gives up with limit+1.
func distance(a, b string, limit int) int {
	prev2, prev, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		low := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
			low = min(low, cur[j])
		}
		if low > limit {
			return limit + 1
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return prev[len(b)]
}
