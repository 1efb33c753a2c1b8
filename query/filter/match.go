package filter

// Record is one frame (or message) as a filter sees it. id is a position in
// Filter.Fields.
type Record interface {
	// Present tells whether the field occurs.
	Present(id int) bool
	// Values appends the field's values, in the frame's order, to dst.
	Values(id int, dst []Value) []Value
}

// Decider is a Record that may know the result of a test beforehand, from an
// index. test is a Test's ID.
type Decider interface {
	Decided(test int) (result, known bool)
}

// Single is a Record that may give a field that has one value at the most without
// a list. single is false for other fields.
type Single interface {
	One(id int) (v Value, has, single bool)
}

// Match tells whether the filter is true of r. An empty filter always is.
func (f *Filter) Match(r Record) bool { return f.Matcher(r).Match() }

// Matcher asks a filter of one Record again and again, with other content each
// time, which is faster than Match. It is used by one goroutine, and keeps the
// Record.
type Matcher struct {
	root Node
	e    evaluator
}

// Matcher gives a Matcher of the filter for r.
func (f *Filter) Matcher(r Record) *Matcher {
	m := &Matcher{root: f.Root}
	m.e.r = r
	m.e.decider, _ = r.(Decider)
	m.e.single, _ = r.(Single)
	return m
}

// Match tells whether the filter is true of what the Record holds now.
func (m *Matcher) Match() bool {
	m.e.vals = m.e.vals[:0]
	return m.root == nil || m.e.node(m.root)
}

// evaluator holds the values that are being compared as a stack, so that no
// comparison allocates once the stack has grown.
type evaluator struct {
	r       Record
	decider Decider // r, if it is one
	single  Single  // r, if it is one
	vals    []Value
}

func (e *evaluator) node(n Node) bool {
	switch n := n.(type) {
	case *And:
		for _, x := range n.X {
			if !e.node(x) {
				return false
			}
		}
		return true
	case *Or:
		for _, x := range n.X {
			if e.node(x) {
				return true
			}
		}
		return false
	case *Not:
		return !e.node(n.X)
	case *Test:
		if e.decider != nil {
			if result, known := e.decider.Decided(n.ID); known {
				return result
			}
		}
		if ref, ok := n.Left.(*Ref); ok {
			if n.Op == Present {
				return e.r.Present(ref.ID)
			}
			if result, known := e.one(n, ref); known {
				return result
			}
		}
		bottom := len(e.vals)
		ok := e.test(n)
		e.vals = e.vals[:bottom]
		return ok
	}
	return false
}

// one answers a comparison of a field of one value with a constant.
func (e *evaluator) one(t *Test, ref *Ref) (result, known bool) {
	c, ok := t.Right.(*Const)
	if !ok || e.single == nil || t.Op == Matches {
		return false, false
	}
	v, has, single := e.single.One(ref.ID)
	if !single {
		return false, false
	}
	return has && compare(t.Op, &v, &c.Value), true
}

func (e *evaluator) test(t *Test) bool {
	left := e.operand(t.Left)
	if len(left) == 0 {
		return false
	}
	switch t.Op {
	case NonZero:
		return each(left, false, nonZero)
	case In:
		return each(left, t.All, func(v *Value) bool { return e.in(v, t.Set) })
	case Matches:
		return each(left, t.All, func(v *Value) bool { return t.re != nil && t.re.match(v.data) })
	}
	if c, ok := t.Right.(*Const); ok {
		for i := range left {
			if compare(t.Op, &left[i], &c.Value) != t.All {
				return !t.All
			}
		}
		return t.All
	}
	right := e.operand(t.Right)
	if len(right) == 0 {
		return false
	}
	for i := range left {
		for j := range right {
			if compare(t.Op, &left[i], &right[j]) != t.All {
				return !t.All
			}
		}
	}
	return t.All
}

// each tells whether ask is true of one value, or of all.
func each(values []Value, all bool, ask func(*Value) bool) bool {
	for i := range values {
		if ask(&values[i]) != all {
			return !all
		}
	}
	return all
}

// in tells whether v is in the set. A range whose end is a field that does not
// occur holds nothing.
func (e *evaluator) in(v *Value, set []Member) bool {
	for i := range set {
		m := &set[i]
		if m.High == nil {
			if e.holds(Eq, v, m.Low) {
				return true
			}
		} else if e.holds(Ge, v, m.Low) && e.holds(Le, v, m.High) {
			return true
		}
	}
	return false
}

// holds compares v with an end of a range or a member of a set.
func (e *evaluator) holds(op Op, v *Value, o Operand) bool {
	if c, ok := o.(*Const); ok {
		return compare(op, v, &c.Value)
	}
	values := e.operand(o)
	for i := range values {
		if compare(op, v, &values[i]) {
			return true
		}
	}
	return false
}

// operand puts an operand's values on the stack. They stay where they are when
// the stack grows elsewhere.
func (e *evaluator) operand(o Operand) []Value {
	start := len(e.vals)
	switch o := o.(type) {
	case *Ref:
		e.vals = e.r.Values(o.ID, e.vals)
	case *Const:
		e.vals = append(e.vals, o.Value)
	case *Mask:
		x, y := e.operand(o.X), e.operand(o.Y)
		start = len(e.vals)
		for _, a := range x {
			for _, b := range y {
				e.vals = append(e.vals, mask(a, b))
			}
		}
	case *Call:
		return e.call(o)
	}
	return e.vals[start:]
}

// call puts a function's results on the stack. Of a field that is not there
// it has none: count() is never 0.
func (e *evaluator) call(c *Call) []Value {
	if c.Func == "max" || c.Func == "min" {
		return e.extreme(c)
	}
	args := e.operand(c.Args[0])
	start := len(e.vals)
	if len(args) == 0 {
		return nil
	}
	if c.Func == "count" {
		e.vals = append(e.vals, UintValue(uint64(len(args))))
		return e.vals[start:]
	}
	var f Field
	if ref, ok := c.Args[0].(*Ref); ok {
		f = ref.Type
	}
	for _, v := range args {
		switch c.Func {
		case "len":
			v = UintValue(lengthOf(v, f))
		case "upper", "lower":
			v = StringValue(upperOf(v.data, c.Func == "lower"))
		case "string":
			v = StringValue(textOf(v, f))
		case "abs":
			v = absOf(v)
		}
		e.vals = append(e.vals, v)
	}
	return e.vals[start:]
}

func (e *evaluator) extreme(c *Call) []Value {
	op, found := Gt, false
	if c.Func == "min" {
		op = Lt
	}
	var best Value
	for _, arg := range c.Args {
		for _, v := range e.operand(arg) {
			if !found || compare(op, &v, &best) {
				best, found = v, true
			}
		}
	}
	if !found {
		return nil
	}
	e.vals = append(e.vals, best)
	return e.vals[len(e.vals)-1:]
}
