package filter

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"slices"
	"strconv"
	"strings"
)

func functions() []string {
	return []string{"abs", "count", "len", "lower", "max", "min", "string", "upper"}
}

// call checks a function and gives the type of its result.
func (c *checker) call(in *Call) (Operand, Field, error) {
	if !slices.Contains(functions(), in.Func) {
		return nil, Field{}, in.errorf(suggestions(in.Func, functions()), "unknown function %s", in.Func)
	}
	variadic := in.Func == "max" || in.Func == "min"
	if n := len(in.Args); n == 0 || n > 1 && !variadic {
		return nil, Field{}, in.errorf("", "%s takes one argument, not %d", in.Func, n)
	}
	out := &Call{Span: in.Span, Func: in.Func}
	x, f, err := c.value(in.Args[0], in.Func)
	if err != nil {
		return nil, f, err
	}
	_, isField := x.(*Ref)
	ok := isField
	result := Field{Name: in.Func + "()", Kind: f.Kind, Bits: f.Bits}
	switch in.Func {
	case "len", "count":
		result.Kind, result.Bits = Uint, 32
	case "upper", "lower":
		ok = ok && f.Kind == String
	case "string":
		ok = ok && hasText(f.Kind)
		result.Kind, result.Bits = String, 0
	case "abs":
		ok = f.Kind.numeric() || f.Kind == Float || f.Kind == RelTime
	default:
		ok = f.Kind != None
	}
	if !ok {
		return nil, f, x.span().errorf("", "%s cannot be applied to this argument (%s)", in.Func, f.Kind)
	}
	out.Args = []Operand{x}
	for _, arg := range in.Args[1:] {
		y, err := c.right(arg, f, Eq)
		if err != nil {
			return nil, f, err
		}
		out.Args = append(out.Args, y)
	}
	return out, result, nil
}

// hasText says which kinds string() takes.
func hasText(k Kind) bool {
	switch k {
	case Uint, Int, FrameNum, EUI64, Float, Ether, GUID, OID, IPv4, IPv6:
		return true
	}
	return false
}

// textOf is string(): numbers are decimal, whatever base Wireshark shows.
func textOf(v Value, f Field) string {
	switch f.Kind {
	case EUI64:
		return colons(string(binary.BigEndian.AppendUint64(nil, v.lo)))
	case Float:
		bits := 64
		if f.Bits == 32 {
			bits = 32
		}
		return strconv.FormatFloat(v.Float(), 'g', -1, bits)
	case IPv4, IPv6:
		return v.Prefix().Addr().String()
	case GUID:
		if len(v.data) == 16 {
			h := hex.EncodeToString([]byte(v.data))
			return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
		}
	case OID:
		return dotted(v.data)
	}
	return v.String()
}

// dotted reads an object identifier in BER.
func dotted(ber string) string {
	var parts []string
	var n uint64
	for i := range len(ber) {
		if n = n<<7 | uint64(ber[i]&0x7f); ber[i]&0x80 != 0 {
			continue
		}
		if parts == nil {
			first := min(n/40, 2)
			parts = append(parts, strconv.FormatUint(first, 10))
			n -= 40 * first
		}
		parts = append(parts, strconv.FormatUint(n, 10))
		n = 0
	}
	return strings.Join(parts, ".")
}

// lengthOf is len(): the bytes of a value as its field has them; Wireshark
// says 0 for labels, booleans and times.
func lengthOf(v Value, f Field) uint64 {
	switch k := f.Kind; {
	case k == None || k == Bool || k == AbsTime || k == RelTime:
		return 0
	case k == Protocol:
		return v.lo
	case k.bytes() || k == String:
		return uint64(len(v.data))
	case k == IPv6:
		return 16
	}
	return uint64(f.width() / 8)
}

func upperOf(s string, lower bool) string {
	from, to := byte('a'), byte('z')
	if lower {
		from, to = 'A', 'Z'
	}
	b := []byte(s)
	for i, c := range b {
		if c >= from && c <= to {
			b[i] = c ^ 0x20
		}
	}
	return string(b)
}

func absOf(v Value) Value {
	switch v.kind {
	case Int, RelTime:
		if v.Int() < 0 {
			v.lo = -v.lo
		}
	case Float:
		v.lo = math.Float64bits(math.Abs(v.Float()))
	}
	return v
}
