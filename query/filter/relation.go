package filter

import "strings"

// relation reads a test: an operand alone, a comparison, a chain of them
// (a == b == c is a == b and b == c), or membership of a set. start is where
// its quantifier, if any, begins.
func (p *parser) relation(start int, quantifier string) (Node, error) {
	left, err := p.operand()
	if err != nil {
		return nil, err
	}
	switch {
	case p.tok.is("in"), p.tok.is("not"):
		return p.membership(start, quantifier, left)
	case p.tok.is("contains"), p.tok.is("matches"):
		op := Contains
		if p.tok.is("matches") {
			op = Matches
		}
		if err = p.advance(); err != nil {
			return nil, err
		}
		right, err := p.operand()
		if err != nil {
			return nil, err
		}
		return &Test{Span: Span{start, right.span().End}, Op: op, All: quantifier == "all", Left: left, Right: right}, nil
	}
	var chain []Node
	for {
		op, all, ok := comparison(p.tok)
		if !ok {
			break
		}
		if p.tok.is("~=") {
			p.hint(`"~=" is deprecated: write "!=="`)
		}
		if quantifier != "" { // any and all in front overrule the sign's own meaning
			all = quantifier == "all"
		}
		if err = p.advance(); err != nil {
			return nil, err
		}
		right, err := p.operand()
		if err != nil {
			return nil, err
		}
		chain = append(chain, &Test{Span: Span{start, right.span().End}, Op: op, All: all, Left: left, Right: right})
		left, start = right, right.span().Pos
	}
	switch {
	case len(chain) > 1:
		return &And{spanOf(chain), chain}, nil
	case len(chain) == 1:
		return chain[0], nil
	case quantifier != "":
		return nil, p.unexpectedHint(`"` + quantifier + `" stands in front of a comparison`)
	}
	op := Present
	if _, ok := left.(*Mask); ok {
		op = NonZero
	}
	return &Test{Span: left.span(), Op: op, Left: left}, nil
}

func (p *parser) hint(h string) { p.hints = append(p.hints, h) }

// comparison gives the meaning of a comparison sign: the operator, and whether
// all values must satisfy it.
func comparison(t token) (op Op, all, ok bool) {
	if t.kind != tokOp {
		return 0, false, false
	}
	switch t.text {
	case "==":
		return Eq, false, true
	case "===":
		return Eq, true, true
	case "!=":
		return Ne, true, true
	case "!==", "~=":
		return Ne, false, true
	case ">":
		return Gt, false, true
	case ">=":
		return Ge, false, true
	case "<":
		return Lt, false, true
	case "<=":
		return Le, false, true
	}
	return 0, false, false
}

// membership reads "in {...}" and "not in {...}". The latter is the negation
// of the former without a quantifier, so it holds where the field is missing
// too; Wireshark 4.0 ignores any and all in front of it.
func (p *parser) membership(start int, quantifier string, left Operand) (Node, error) {
	negated, err := p.accept("not")
	if err != nil {
		return nil, err
	}
	if err = p.expect("in", ""); err != nil {
		return nil, err
	}
	const braces = "a set stands in braces: {1, 2, 5..9}"
	if err = p.expect("{", braces); err != nil {
		return nil, err
	}
	t := &Test{Op: In, All: quantifier == "all" && !negated, Left: left}
	for {
		m, err := p.member()
		if err != nil {
			return nil, err
		}
		t.Set = append(t.Set, m)
		if more, err := p.accept(","); err != nil {
			return nil, err
		} else if !more {
			break
		}
	}
	t.Span = Span{start, p.tok.End}
	hint := ""
	if p.tok.kind != tokEnd {
		hint = "the values of a set have commas between them, ranges two dots"
	}
	if err = p.expect("}", hint); err != nil {
		return nil, err
	}
	if !negated {
		return t, nil
	}
	if quantifier != "" {
		p.hint(`"` + quantifier + `" in front of "not in" has no effect in Wireshark 4.0`)
	}
	return &Not{t.Span, t}, nil
}

func (p *parser) member() (m Member, err error) {
	if m.Low, err = p.entity(); err != nil {
		return m, err
	}
	if more, err := p.accept(".."); err != nil || !more {
		return m, err
	}
	m.High, err = p.entity()
	return m, err
}

// operand reads entities with "&" between them.
func (p *parser) operand() (Operand, error) {
	x, err := p.entity()
	for n := 0; err == nil; n++ {
		more, err := p.accept("&")
		if err != nil {
			return nil, err
		}
		if !more {
			return x, p.afterEntity(x)
		}
		if n == p.maxDepth {
			return nil, p.tok.errorf("", "more than %d bit masks in a row", p.maxDepth)
		}
		y, err := p.entity()
		if err != nil {
			return nil, err
		}
		x = &Mask{Span{x.span().Pos, y.span().End}, x, y}
	}
	return nil, err
}

// afterEntity refuses what Wireshark would go on with.
func (p *parser) afterEntity(x Operand) error {
	if c, ok := x.(*Const); ok && p.tok.is("/") && c.Form == Word && isDigit(c.Text[len(c.Text)-1]) {
		return p.tok.errorf("a network is written 10.0.0.0/8", `unexpected "/"`)
	}
	for _, op := range []string{"+", "-", "*", "/", "%", "[", "#"} {
		if p.tok.is(op) {
			return p.unexpected()
		}
	}
	return nil
}

// entity reads a field, a constant or a call.
func (p *parser) entity() (Operand, error) {
	t := p.tok
	switch {
	case t.is("-"), t.is("+"):
		return p.signed()
	case t.kind == tokOp || t.kind == tokEnd:
		return nil, p.unexpected()
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	switch t.kind {
	case tokField:
		return &Ref{Span: t.Span, Name: t.text, dot: true}, nil
	case tokString:
		return &Const{Span: t.Span, Form: Quoted, Text: t.text}, nil
	case tokChar:
		return &Const{Span: t.Span, Form: CharLit, Text: t.text}, nil
	}
	if p.tok.is("(") {
		return p.call(t)
	}
	return &Const{Span: t.Span, Form: Word, Text: t.text}, nil
}

// signed reads a number with a sign. A sign in front of anything else is
// arithmetic.
func (p *parser) signed() (Operand, error) {
	sign := p.tok
	if err := p.advance(); err != nil {
		return nil, err
	}
	t := p.tok
	if t.kind == tokWord && (isDigit(t.text[0]) || strings.EqualFold(t.text, "inf")) {
		s := Span{sign.Pos, t.End}
		return &Const{Span: s, Form: Word, Text: sign.text + t.text}, p.advance()
	}
	p.tok = sign
	return nil, p.unexpected()
}

func (p *parser) call(name token) (Operand, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	c := &Call{Span: name.Span, Func: name.text}
	for !p.tok.is(")") || len(c.Args) > 0 {
		arg, err := p.operand()
		if err != nil {
			return nil, err
		}
		c.Args = append(c.Args, arg)
		if more, err := p.accept(","); err != nil {
			return nil, err
		} else if !more {
			break
		}
	}
	c.End = p.tok.End
	p.depth--
	return c, p.expect(")", "")
}
