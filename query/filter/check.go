package filter

import (
	"fmt"
	"slices"
)

// Filter is a checked filter. It is safe for concurrent use.
type Filter struct {
	Tree
	fields []Field
	tests  int
}

// Fields are the fields that the filter reads. A Ref's ID, and the id that a
// Record is asked for, is the position here.
func (f *Filter) Fields() []Field { return f.fields }

// Tests is the number of tests in the filter; their IDs are below it.
func (f *Filter) Tests() int { return f.tests }

// Hints are remarks on a filter that is valid, but may not mean what its author
// thinks.
func (f *Filter) Hints() []string { return f.hints }

// Check gives the names and constants of t their meaning. It leaves t as it is.
func Check(t *Tree, fields Fields) (*Filter, error) {
	f := &Filter{Tree: Tree{Source: t.Source, hints: slices.Clone(t.hints)}}
	c := &checker{fields: fields, f: f, ids: map[string]int{}}
	if t.Root == nil {
		return f, nil
	}
	root, err := c.node(t.Root)
	if err != nil {
		return nil, err
	}
	f.Root = root
	return f, nil
}

type checker struct {
	fields Fields
	f      *Filter
	ids    map[string]int
}

func (c *checker) hint(format string, args ...any) {
	if h := fmt.Sprintf(format, args...); !slices.Contains(c.f.hints, h) {
		c.f.hints = append(c.f.hints, h)
	}
}

func (c *checker) node(n Node) (Node, error) {
	switch n := n.(type) {
	case *And:
		x, err := c.nodes(n.X)
		return &And{n.Span, x}, err
	case *Or:
		x, err := c.nodes(n.X)
		return &Or{n.Span, x}, err
	case *Not:
		x, err := c.node(n.X)
		return &Not{n.Span, x}, err
	}
	return c.test(n.(*Test))
}

func (c *checker) nodes(in []Node) ([]Node, error) {
	out := make([]Node, 0, len(in))
	for _, n := range in {
		x, err := c.node(n)
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, nil
}

func (c *checker) test(in *Test) (_ *Test, err error) {
	t := &Test{Span: in.Span, Op: in.Op, All: in.All, ID: c.f.tests}
	c.f.tests++
	if t.Op == Present {
		return t, c.present(t, in.Left)
	}
	var left Field
	if t.Left, left, err = c.value(in.Left, t.Op.String()); err != nil || t.Op == NonZero {
		return t, err
	}
	if err = c.allowed(t, left); err != nil {
		return nil, err
	}
	switch t.Op {
	case In:
		return t, c.set(t, in.Set, left)
	case Matches:
		return t, c.regexp(t, in.Right)
	}
	t.Right, err = c.right(in.Right, left, t.Op)
	return t, err
}

// present checks a field alone. Wireshark asks whether it is there; with a
// boolean, people mostly mean its value.
func (c *checker) present(t *Test, o Operand) error {
	if call, ok := o.(*Call); ok {
		return call.errorf("compare its result with something", "whether a function is present cannot be tested")
	}
	ref, ok := c.field(o)
	if !ok {
		return c.noField(o)
	}
	if ref.Type.Kind == Bool {
		c.hint("%s tests presence; did you mean %s == 1?", ref.Name, ref.Name)
	}
	t.Left = ref
	return nil
}

// field looks a name up. Constants in quotes are never names.
func (c *checker) field(o Operand) (*Ref, bool) {
	ref := &Ref{Span: o.span()}
	switch o := o.(type) {
	case *Const:
		if o.Form != Word {
			return nil, false
		}
		ref.Name = o.Text
	case *Ref:
		ref.Name, ref.dot = o.Name, o.dot
	default:
		return nil, false
	}
	var ok bool
	if ref.ID, ok = c.ids[ref.Name]; ok {
		ref.Type = c.f.fields[ref.ID]
		return ref, true
	}
	if ref.Type, ok = c.fields.Field(ref.Name); !ok {
		return nil, false
	}
	if ref.Type.Name == "" {
		ref.Type.Name = ref.Name
	}
	ref.ID = len(c.f.fields)
	c.ids[ref.Name] = ref.ID
	c.f.fields = append(c.f.fields, ref.Type)
	return ref, true
}

// noField refuses what stands where only a field can, with the nearest names.
func (c *checker) noField(o Operand) error {
	name := ""
	switch o := o.(type) {
	case *Const:
		if name = o.Text; o.Form != Word || !isName(name) {
			return o.errorf("", "%s is no field", show(o))
		}
	case *Ref:
		name = o.Name
	}
	return o.span().errorf(suggestions(name, c.fields.Names()), "unknown field %s", name)
}

// isName tells names from numbers and addresses: a name has a letter that no
// hexadecimal number has, or begins with a letter.
func isName(s string) bool {
	for i := range len(s) {
		if s[i] == ':' || s[i] == '/' {
			return false
		}
	}
	return s != "" && !isDigit(s[0]) && s[0] != '-' && s[0] != '+'
}

// value checks an operand that must be a field, or made from one; op is for
// messages.
func (c *checker) value(o Operand, op string) (Operand, Field, error) {
	switch o := o.(type) {
	case *Call:
		return c.call(o)
	case *Mask:
		return c.mask(o)
	}
	if ref, ok := c.field(o); ok {
		return ref, ref.Type, nil
	}
	if k, ok := o.(*Const); ok && (k.Form != Word || !isName(k.Text)) {
		return nil, Field{}, k.errorf("write the field first and the constant last",
			"the left side of %q must be a field or function, not %s", op, show(k))
	}
	return nil, Field{}, c.noField(o)
}

// right checks the right side of a comparison with the field or result left.
// A word that names a field is that field, in Wireshark too.
func (c *checker) right(o Operand, left Field, op Op) (Operand, error) {
	if k, ok := o.(*Const); ok {
		if _, isField := c.field(k); !isField {
			v, err := constant(k, left, op == Contains)
			return &Const{k.Span, k.Form, k.Text, v}, err
		}
	}
	x, right, err := c.value(o, op.String())
	if err != nil {
		return nil, err
	}
	if !canCompare(left.Kind, right.Kind) {
		hint := ""
		if left.Kind == String {
			hint = "text that is no field stands in double quotes"
		}
		return nil, x.span().errorf(hint, "%s (%s) and %s (%s) cannot be compared", left.Name, left.Kind, right.Name, right.Kind)
	}
	return x, nil
}

// canCompare says which kinds of fields can be compared with each other.
func canCompare(left, right Kind) bool {
	switch {
	case left == None:
		return false
	case left == Bool:
		return right == Bool
	case left.numeric():
		return right.numeric()
	case left.bytes():
		return right.bytes()
	}
	return left == right
}
