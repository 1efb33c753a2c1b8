package filter

import (
	"encoding/hex"
	"errors"
	"math"
	"net/netip"
	"strconv"
	"strings"
)

// constant gives c the type of the field (or result) f that it is compared
// with. part says that c may be shorter than f's values (contains).
func constant(c *Const, f Field, part bool) (Value, error) {
	if c.Form == Word && f.Kind == String && (c.Text[0] == '-' || c.Text[0] == '+') {
		return Value{}, c.errorf("put the text in double quotes", "a sign belongs to numbers")
	}
	switch {
	case f.Kind == String:
		return StringValue(c.Text), nil
	case f.Kind == Bool:
		return boolConstant(c, f)
	case f.Kind.numeric():
		return numberConstant(c, f)
	case f.Kind == AbsTime && c.Form != CharLit:
		return absTimeConstant(c)
	case f.Kind == Bytes || f.Kind == Protocol:
		if c.Form != Word {
			return Value{kind: f.Kind, data: c.Text}, nil
		}
	case c.Form != Word:
		return Value{}, c.errorf("write it without quotes", "%s is no %s", show(c), f.Kind)
	}
	switch f.Kind {
	case Bytes, Protocol, Ether:
		return bytesConstant(c, f.Kind, part)
	case GUID:
		return guidConstant(c)
	case OID:
		return oidConstant(c)
	case IPv4, IPv6:
		return addressConstant(c, f.Kind)
	case RelTime:
		return relTimeConstant(c)
	case Float:
		return floatConstant(c)
	}
	return Value{}, c.errorf("", "%s is no %s", show(c), f.Kind)
}

// boolConstant: True and False in two spellings each, a number (not zero is
// true) or one of the field's labels.
func boolConstant(c *Const, f Field) (Value, error) {
	if v, ok := label(c, f); ok {
		return BoolValue(v != 0), nil
	}
	switch {
	case c.Form == CharLit:
		return BoolValue(c.Text[0] != 0), nil
	case c.Form == Word && (c.Text == "True" || c.Text == "TRUE"):
		return BoolValue(true), nil
	case c.Form == Word && (c.Text == "False" || c.Text == "FALSE"):
		return BoolValue(false), nil
	case c.Form == Word:
		if u, err := number(c.Text); err == nil {
			return BoolValue(u != 0), nil
		}
	}
	return Value{}, c.errorf("a boolean is True, False, 1 or 0", "%s is no %s", show(c), f.Kind)
}

func label(c *Const, f Field) (uint64, bool) {
	if f.Label == nil || c.Form == CharLit {
		return 0, false
	}
	return f.Label(c.Text)
}

// show names a constant in a message.
func show(c *Const) string {
	if c.Form == CharLit {
		return "'" + c.Text + "'"
	}
	return quote(c.Text)
}

// number reads decimal, 0x, 0b and octal (leading 0) as C and Wireshark do.
func number(s string) (uint64, error) {
	base := 10
	switch lower := strings.ToLower(s); {
	case strings.HasPrefix(lower, "0x"):
		s, base = s[2:], 16
	case strings.HasPrefix(lower, "0b"):
		s, base = s[2:], 2
	case len(s) > 1 && s[0] == '0':
		s, base = s[1:], 8
	}
	return strconv.ParseUint(s, base, 64)
}

func numberConstant(c *Const, f Field) (Value, error) {
	if v, ok := label(c, f); ok {
		return numberOf(f.Kind, false, v), nil
	}
	switch {
	case c.Form == CharLit && f.Kind != EUI64:
		return numberOf(f.Kind, false, uint64(c.Text[0])), nil
	case c.Form != Word:
		return Value{}, c.errorf("write the number without quotes", "%s is no %s", show(c), f.Kind)
	case f.Kind == EUI64 && strings.ContainsAny(c.Text, ":-."):
		return euiConstant(c)
	}
	digits := strings.TrimLeft(c.Text, "+-")
	u, err := number(digits)
	if errors.Is(err, strconv.ErrSyntax) {
		hint := "a number such as 28, 0x1c, 0b11100 or 034"
		if a, b, ok := strings.Cut(digits, "-"); ok && strings.Trim(a+b, "0123456789") == "" {
			hint = "a range stands in braces with two dots: {" + a + ".." + b + "}"
		} else if strings.Trim(digits, "0123456789") == "" {
			hint = "a leading 0 makes a number octal"
		}
		return Value{}, c.errorf(hint, "%s is no %s", show(c), f.Kind)
	}
	negative := c.Text[0] == '-' && u != 0
	most := uint64(math.MaxUint64) >> (64 - f.width())
	if f.Kind == Int {
		if most >>= 1; negative {
			most++
		}
	}
	switch {
	case negative && f.Kind != Int:
		return Value{}, c.errorf("", "%s is negative, and %s never is", c.Text, f.Name)
	case err != nil || u > most:
		limit := strconv.FormatUint(most, 10)
		if negative {
			limit = "-" + limit
		}
		return Value{}, c.errorf("", "%s is out of range for %s: its limit is %s", c.Text, f.Name, limit)
	}
	return numberOf(f.Kind, negative, u), nil
}

func numberOf(k Kind, negative bool, u uint64) Value {
	if negative {
		u = -u
	}
	if k == Int {
		return IntValue(int64(u))
	}
	return UintValue(u)
}

// floatConstant accepts what C's strtod does, but for "nan", which equals
// nothing.
func floatConstant(c *Const) (Value, error) {
	digits := strings.TrimLeft(c.Text, "+-")
	v, err := strconv.ParseFloat(digits, 64)
	if u, uerr := number(digits); uerr == nil && strings.HasPrefix(strings.ToLower(digits), "0x") {
		v, err = float64(u), nil
	}
	if err != nil || math.IsNaN(v) || strings.Contains(digits, "_") {
		return Value{}, c.errorf("", "%s is no %s", show(c), Float)
	}
	if c.Text[0] == '-' {
		v = -v
	}
	return FloatValue(v), nil
}

func addressConstant(c *Const, k Kind) (Value, error) {
	text := strings.TrimPrefix(c.Text, "+")
	address, length, isNet := strings.Cut(text, "/")
	a, err := netip.ParseAddr(address)
	if err != nil || a.Is4() != (k == IPv4) || a.Zone() != "" {
		hint := "an IPv4 address has four parts, as in 192.0.2.1 or 10.0.0.0/8"
		if k == IPv6 {
			hint = "an IPv6 address looks like 2001:db8::1 or fe80::/10"
		}
		return Value{}, c.errorf(hint, "%s is no %s", show(c), k)
	}
	bits := a.BitLen()
	if isNet {
		n, err := strconv.ParseUint(length, 10, 16)
		if err != nil || int(n) > bits || strings.HasPrefix(length, "0") && length != "0" {
			return Value{}, c.errorf("", "the prefix of an %s has 0 to %d bits, not %s", k, bits, length)
		}
		bits = int(n)
	}
	return PrefixValue(netip.PrefixFrom(a, bits)), nil
}

// byteSequence reads bytes in hexadecimal: groups of digits with one kind of
// separator or none, or 0x in front. Wireshark takes the digits of a group in
// pairs, and an odd one at its end as a byte of its own (777 is 77:07).
func byteSequence(s string) ([]byte, bool) {
	s = strings.TrimPrefix(s, ":")
	if w, ok := strings.CutPrefix(strings.ToLower(s), "0x"); ok {
		if s = w; len(s)%2 != 0 {
			return nil, false
		}
	}
	separators := 0
	for _, sep := range []string{":", "-", "."} {
		if strings.Contains(s, sep) {
			separators++
			s = strings.ReplaceAll(s, sep, " ")
		}
	}
	if separators > 1 {
		return nil, false
	}
	var out []byte
	for group := range strings.SplitSeq(s, " ") {
		if n := len(group); n%2 != 0 {
			group = group[:n-1] + "0" + group[n-1:]
		}
		b, err := hex.DecodeString(group)
		if err != nil || len(b) == 0 {
			return nil, false
		}
		out = append(out, b...)
	}
	return out, true
}

func bytesConstant(c *Const, k Kind, part bool) (Value, error) {
	b, ok := byteSequence(c.Text)
	if !ok {
		hint := "two hexadecimal digits per byte, as in 0d:0a"
		if k != Ether {
			hint += "; text stands in double quotes"
		}
		return Value{}, c.errorf(hint, "%s is no %s", show(c), k)
	}
	if k == Ether && (len(b) > 6 || len(b) < 6 && !part) {
		return Value{}, c.errorf("", "an %s has 6 bytes, %s has %d", k, c.Text, len(b))
	}
	if k == Protocol {
		return ProtocolValue(b, len(b)), nil
	}
	return BytesValue(b), nil
}

func euiConstant(c *Const) (Value, error) {
	b, ok := byteSequence(c.Text)
	if !ok || len(b) != 8 {
		return Value{}, c.errorf("8 bytes, as in 00:11:22:33:44:55:66:77", "%s is no %s", show(c), EUI64)
	}
	var u uint64
	for _, x := range b {
		u = u<<8 | uint64(x)
	}
	return UintValue(u), nil
}

func guidConstant(c *Const) (Value, error) {
	b, err := hex.DecodeString(strings.ReplaceAll(c.Text, "-", ""))
	if err != nil || len(b) != 16 || len(c.Text) != 36 ||
		c.Text[8] != '-' || c.Text[13] != '-' || c.Text[18] != '-' || c.Text[23] != '-' {
		return Value{}, c.errorf("as in 00112233-4455-6677-8899-aabbccddeeff", "%s is no %s", show(c), GUID)
	}
	return BytesValue(b), nil
}

// oidConstant turns 1.2.840 into BER: the first two numbers in one, then seven
// bits a byte.
func oidConstant(c *Const) (Value, error) {
	parts := strings.Split(c.Text, ".")
	var out []byte
	var first uint64
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 32)
		if err != nil || len(parts) < 2 || i == 0 && n > 2 || i == 1 && first < 2 && n > 39 {
			return Value{}, c.errorf("as in 1.2.840.113549", "%s is no %s", show(c), OID)
		}
		if i == 0 {
			first = n
			continue
		}
		if i == 1 {
			n += 40 * first
		}
		for shift := 35; shift >= 0; shift -= 7 {
			if b := byte(n>>shift) & 0x7f; shift == 0 {
				out = append(out, b)
			} else if n>>shift != 0 {
				out = append(out, b|0x80)
			}
		}
	}
	return BytesValue(out), nil
}
