package filter

import "iter"

// Tree is a parsed filter. Root is nil for an empty one, which matches every
// frame.
type Tree struct {
	Source string
	Root   Node
	hints  []string
}

// Node is a part of a filter that is true or false of a frame.
type Node interface {
	node()
	span() Span
}

// And is true where all of X are; none of them is an And.
type And struct {
	Span
	X []Node
}

// Or is true where one of X is; none of them is an Or.
type Or struct {
	Span
	X []Node
}

// Not is true where X is not.
type Not struct {
	Span
	X Node
}

// Test asks something of values in a frame.
type Test struct {
	Span
	Op Op
	ID int // position among the tests of the filter, from Check on
	// All asks that every value satisfies the test, and that there is one;
	// unset, one value is enough.
	All   bool
	Left  Operand
	Right Operand  // nil for Present, NonZero and In
	Set   []Member // of In
	re    *matcher // of Matches, from Check on
}

// Op is what a Test asks.
type Op uint8

// Operators. Wireshark's "==" is Eq, "===" Eq of all, "!=" Ne of all, "!==" Ne;
// the words any and all in front say it openly.
const (
	Present  Op = iota // the field occurs
	NonZero            // tcp.flags & 2 alone
	Eq                 // equal
	Ne                 // different
	Gt                 // greater
	Ge                 // greater or equal
	Lt                 // less
	Le                 // less or equal
	Contains           // has the text or bytes
	Matches            // regular expression, case ignored
	In                 // in a set
)

// Member is a value of a set, or a range from Low to High, both included.
type Member struct {
	Low  Operand
	High Operand // nil: Low alone
}

// Operand is what a Test compares.
type Operand interface {
	operand()
	span() Span
}

// Ref is a field. Before Check, fields are Consts of form Word, except those
// written with a dot in front.
type Ref struct {
	Span
	Name string
	ID   int   // position in Filter.Fields, from Check on
	Type Field // from Check on
	dot  bool  // written with a dot in front
}

// Form says how a constant was written.
type Form uint8

// Forms of constants.
const (
	Word    Form = iota // without quotes
	Quoted              // in double quotes
	CharLit             // in single quotes
)

// Const is a constant. Value has the kind of what it is compared with, from
// Check on.
type Const struct {
	Span
	Form  Form
	Text  string
	Value Value
}

// Call is a function of its arguments' values.
type Call struct {
	Span
	Func string
	Args []Operand
}

// Mask is X & Y: the bits that both have.
type Mask struct {
	Span
	X, Y Operand
}

func (*And) node()      {}
func (*Or) node()       {}
func (*Not) node()      {}
func (*Test) node()     {}
func (*Ref) operand()   {}
func (*Const) operand() {}
func (*Call) operand()  {}
func (*Mask) operand()  {}

// Walk visits n and the nodes under it, each before those under it; a visit
// that returns false leaves out what is under the node.
func Walk(n Node, visit func(Node) bool) {
	if n == nil || !visit(n) {
		return
	}
	switch n := n.(type) {
	case *And:
		for _, x := range n.X {
			Walk(x, visit)
		}
	case *Or:
		for _, x := range n.X {
			Walk(x, visit)
		}
	case *Not:
		Walk(n.X, visit)
	}
}

// Operands gives the operands of a test in order, those of sets too.
func (t *Test) Operands() iter.Seq[Operand] {
	return func(yield func(Operand) bool) {
		if !yield(t.Left) || t.Right != nil && !yield(t.Right) {
			return
		}
		for _, m := range t.Set {
			if !yield(m.Low) || m.High != nil && !yield(m.High) {
				return
			}
		}
	}
}

// Simple reports the field of a test whose left side is a field and whose other
// operands are constants, which is what an index can answer.
func (t *Test) Simple() (*Ref, bool) {
	ref, ok := t.Left.(*Ref)
	for o := range t.Operands() {
		if _, isConst := o.(*Const); o != t.Left && !isConst {
			return nil, false
		}
	}
	return ref, ok
}
