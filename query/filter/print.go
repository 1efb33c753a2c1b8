package filter

import "strings"

// String writes the filter in one spelling: words for and, or, not, signs for
// comparisons, parentheses only where they are needed. Parsed again it gives
// the same tree.
func (t *Tree) String() string {
	if t.Root == nil {
		return ""
	}
	return Print(t.Root)
}

// Print writes one part of a filter.
func Print(n Node) string {
	var p printer
	p.node(n, 0)
	return p.String()
}

type printer struct{ strings.Builder }

// node writes n; level is that of the operator around it: 1 or, 2 and, 3 not.
func (p *printer) node(n Node, level int) {
	switch n := n.(type) {
	case *Or:
		p.list(n.X, " or ", 1, level)
	case *And:
		p.list(n.X, " and ", 2, level)
	case *Not:
		p.WriteString("not ")
		p.node(n.X, 3)
	case *Test:
		p.test(n)
	}
}

func (p *printer) list(x []Node, op string, own, level int) {
	if own < level {
		p.WriteByte('(')
		defer p.WriteByte(')')
	}
	for i, n := range x {
		if i > 0 {
			p.WriteString(op)
		}
		p.node(n, own)
	}
}

// String gives the operator as tests of one value are written.
func (o Op) String() string {
	return [...]string{"", "", "==", "!=", ">", ">=", "<", "<=", "contains", "matches", "in"}[o]
}

func (p *printer) test(t *Test) {
	op := t.Op.String()
	switch {
	case t.Op == Eq && t.All:
		op = "==="
	case t.Op == Ne && !t.All:
		op = "!=="
	case t.Op != Ne && t.All:
		p.WriteString("all ")
	}
	p.operand(t.Left)
	if op == "" {
		return
	}
	p.WriteString(" " + op + " ")
	if t.Op != In {
		p.operand(t.Right)
		return
	}
	p.WriteByte('{')
	for i, m := range t.Set {
		if i > 0 {
			p.WriteString(", ")
		}
		p.operand(m.Low)
		if m.High != nil {
			p.WriteString(" .. ")
			p.operand(m.High)
		}
	}
	p.WriteByte('}')
}

func (p *printer) operand(o Operand) {
	switch o := o.(type) {
	case *Ref:
		if o.dot {
			p.WriteByte('.')
		}
		p.WriteString(o.Name)
	case *Const:
		switch o.Form {
		case Word:
			p.WriteString(o.Text)
		case Quoted:
			p.WriteString(quote(o.Text))
		case CharLit:
			p.WriteByte('\'')
			quoteInto(&p.Builder, o.Text, '\'')
			p.WriteByte('\'')
		}
	case *Mask:
		p.operand(o.X)
		p.WriteString(" & ")
		p.operand(o.Y)
	case *Call:
		p.WriteString(o.Func + "(")
		for i, a := range o.Args {
			if i > 0 {
				p.WriteString(", ")
			}
			p.operand(a)
		}
		p.WriteByte(')')
	}
}
