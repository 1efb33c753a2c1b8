package filter

import (
	"errors"
	"regexp/syntax"
)

// allowed refuses operators that make no sense for the kind on their left.
func (c *checker) allowed(t *Test, f Field) error {
	ok := f.Kind != None
	switch t.Op {
	case Contains:
		ok = f.Kind == String || f.Kind == Bytes || f.Kind == Ether || f.Kind == OID || f.Kind == Protocol
	case Matches:
		ok = f.Kind == String || f.Kind == Bytes || f.Kind == Ether || f.Kind == Protocol
	case In:
		if _, isField := t.Left.(*Ref); !isField {
			return t.Left.span().errorf("", "only a field can be looked for in a set")
		}
	}
	if ok {
		return nil
	}
	hint := ""
	if _, isField := t.Left.(*Ref); isField && hasText(f.Kind) && (t.Op == Contains || t.Op == Matches) {
		hint = "string(" + f.Name + ") is its text"
	} else if f.Kind == None {
		hint = "a label has no value; it can only be tested for presence"
	}
	return t.Left.span().errorf(hint, "%q does not apply to %s (%s)", t.Op.String(), f.Name, f.Kind)
}

func (c *checker) set(t *Test, in []Member, left Field) error {
	for _, m := range in {
		var out Member
		var err error
		if out.Low, err = c.right(m.Low, left, In); err != nil {
			return err
		}
		if m.High != nil {
			if out.High, err = c.right(m.High, left, In); err != nil {
				return err
			}
			low, lowConst := out.Low.(*Const)
			high, highConst := out.High.(*Const)
			if lowConst && highConst && compare(Gt, &low.Value, &high.Value) {
				c.hint("the range %s..%s is empty; write the smaller value first", low.Text, high.Text)
			}
		}
		t.Set = append(t.Set, out)
	}
	return nil
}

// regexp checks the right side of "matches": a string in double quotes.
func (c *checker) regexp(t *Test, o Operand) error {
	k, ok := o.(*Const)
	if !ok || k.Form != Quoted {
		return o.span().errorf(`as in matches "^GET"`, `"matches" needs a string in double quotes on its right`)
	}
	re, err := newMatcher(k.Text)
	var bad *syntax.Error
	switch {
	case errors.As(err, &bad):
		hint := ""
		switch bad.Code {
		case syntax.ErrInvalidPerlOp, syntax.ErrInvalidEscape:
			hint = "the syntax is RE2's: no look-around and no back references"
		case syntax.ErrTrailingBackslash:
			hint = `write "\\" for a backslash, or r"..." for a raw string`
		}
		return k.errorf(hint, "invalid regular expression: %s %q", bad.Code, bad.Expr)
	case err != nil:
		return k.errorf("", "invalid regular expression: %v", err)
	}
	t.re = re
	t.Right = &Const{k.Span, k.Form, k.Text, StringValue(k.Text)}
	return nil
}

// mask checks "&": whole numbers, addresses and byte sequences have bits.
func (c *checker) mask(m *Mask) (Operand, Field, error) {
	hasBits := func(f Field) bool {
		return f.Kind.numeric() && f.Kind != Bool || f.Kind == IPv4 || f.Kind == IPv6 || f.Kind.bytes() && f.Kind != GUID
	}
	x, left, err := c.value(m.X, "&")
	if err != nil {
		return nil, left, err
	}
	if !hasBits(left) {
		return nil, left, x.span().errorf("", `"&" does not apply to %s (%s)`, left.Name, left.Kind)
	}
	if k, ok := m.Y.(*Const); ok && k.Form != Word {
		return nil, left, k.errorf("", `"&" needs a number, not %s`, show(k))
	}
	y, err := c.right(m.Y, left, NonZero)
	if err != nil {
		return nil, left, err
	}
	if ref, ok := y.(*Ref); ok && !hasBits(ref.Type) {
		return nil, left, ref.errorf("", `"&" does not apply to %s (%s)`, ref.Name, ref.Type.Kind)
	}
	left.Label = nil
	return &Mask{m.Span, x, y}, left, nil
}
