package filter

import (
	"fmt"
	"strings"
)

// dump writes a tree's structure without its places in the text, unlike Print
// in full: brackets around everything.
func dump(n Node) string {
	switch n := n.(type) {
	case *And:
		return "and" + dumpAll(n.X)
	case *Or:
		return "or" + dumpAll(n.X)
	case *Not:
		return "not[" + dump(n.X) + "]"
	case *Test:
		var parts []string
		for o := range n.Operands() {
			parts = append(parts, dumpOperand(o))
		}
		for _, m := range n.Set {
			parts = append(parts, fmt.Sprint(m.High != nil))
		}
		return fmt.Sprintf("test%d/%v[%s]", n.Op, n.All, strings.Join(parts, " "))
	}
	return "nil"
}

func dumpAll(x []Node) string {
	var parts []string
	for _, n := range x {
		parts = append(parts, dump(n))
	}
	return "[" + strings.Join(parts, " ") + "]"
}

func dumpOperand(o Operand) string {
	switch o := o.(type) {
	case *Ref:
		return "ref:" + o.Name
	case *Const:
		return fmt.Sprintf("const%d:%q", o.Form, o.Text)
	case *Mask:
		return "mask[" + dumpOperand(o.X) + " " + dumpOperand(o.Y) + "]"
	case *Call:
		parts := []string{o.Func}
		for _, a := range o.Args {
			parts = append(parts, dumpOperand(a))
		}
		return "call[" + strings.Join(parts, " ") + "]"
	}
	return "nil"
}
