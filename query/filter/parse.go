package filter

import "strings"

// Parse reads a filter. It knows no fields: which words are names and which
// are constants is Check's to say.
func Parse(src string) (*Tree, error) { return parse(src, MaxLength, MaxDepth) }

func parse(src string, maxLength, maxDepth int) (*Tree, error) {
	if len(src) > maxLength {
		return nil, Span{maxLength, len(src)}.errorf("", "the filter is longer than %d bytes", maxLength)
	}
	p := &parser{lexer: lexer{src: src}, maxDepth: maxDepth}
	if err := p.advance(); err != nil {
		return nil, err
	}
	t := &Tree{Source: src}
	if p.tok.kind == tokEnd {
		return t, nil
	}
	var err error
	if t.Root, err = p.or(); err != nil {
		return nil, err
	}
	if p.tok.kind != tokEnd {
		return nil, p.unexpected()
	}
	t.hints = p.hints
	return t, nil
}

type parser struct {
	lexer
	tok      token
	last     Span // of the token before tok
	depth    int
	maxDepth int
	hints    []string
}

func (p *parser) advance() (err error) {
	p.last = p.tok.Span
	p.tok, err = p.next()
	return err
}

// accept takes the operator op if it is next.
func (p *parser) accept(op string) (bool, error) {
	if !p.tok.is(op) {
		return false, nil
	}
	return true, p.advance()
}

// expect takes the operator op; hint helps where something else is there.
func (p *parser) expect(op, hint string) error {
	if !p.tok.is(op) {
		return p.unexpectedHint(hint)
	}
	return p.advance()
}

func (p *parser) enter() error {
	if p.depth++; p.depth > p.maxDepth {
		return p.tok.errorf("", "the filter is nested more than %d deep", p.maxDepth)
	}
	return nil
}

// or reads one or more and-lists; "and" binds tighter than "or".
func (p *parser) or() (Node, error) {
	x, err := p.list("or", p.and, func(n Node) []Node {
		if n, ok := n.(*Or); ok {
			return n.X
		}
		return []Node{n}
	})
	if err != nil || len(x) == 1 {
		return first(x), err
	}
	return &Or{spanOf(x), x}, nil
}

func (p *parser) and() (Node, error) {
	x, err := p.list("and", p.not, func(n Node) []Node {
		if n, ok := n.(*And); ok {
			return n.X
		}
		return []Node{n}
	})
	if err != nil || len(x) == 1 {
		return first(x), err
	}
	return &And{spanOf(x), x}, nil
}

func first(x []Node) Node {
	if len(x) == 0 {
		return nil
	}
	return x[0]
}

func spanOf(x []Node) Span { return Span{x[0].span().Pos, x[len(x)-1].span().End} }

// list reads items with op between them; flat gives the members of an item
// that is itself such a list, so that no list holds one of its own kind.
func (p *parser) list(op string, item func() (Node, error), flat func(Node) []Node) (x []Node, err error) {
	for {
		n, err := item()
		if err != nil {
			return nil, err
		}
		x = append(x, n)
		if more, err := p.accept(op); err != nil {
			return nil, err
		} else if !more {
			break
		}
	}
	if len(x) == 1 {
		return x, nil
	}
	var all []Node
	for _, n := range x {
		all = append(all, flat(n)...)
	}
	return all, nil
}

func (p *parser) not() (Node, error) {
	start := p.tok.Pos
	negated, err := p.accept("not")
	if err != nil || !negated {
		if err != nil {
			return nil, err
		}
		return p.primary()
	}
	if err = p.enter(); err != nil {
		return nil, err
	}
	x, err := p.not()
	if err != nil {
		return nil, err
	}
	p.depth--
	return &Not{Span{start, x.span().End}, x}, nil
}

func (p *parser) primary() (Node, error) {
	if p.tok.is("(") {
		if err := p.enter(); err != nil {
			return nil, err
		}
		if err := p.advance(); err != nil {
			return nil, err
		}
		n, err := p.or()
		if err != nil {
			return nil, err
		}
		p.depth--
		return n, p.expect(")", "")
	}
	for _, quantifier := range []string{"any", "all"} {
		start := p.tok.Pos
		if ok, err := p.accept(quantifier); err != nil {
			return nil, err
		} else if ok {
			return p.relation(start, quantifier)
		}
	}
	return p.relation(p.tok.Pos, "")
}

// unexpected refuses the next token. Some mistakes are so common that they
// deserve their own way out.
func (p *parser) unexpected() error { return p.unexpectedHint("") }

func (p *parser) unexpectedHint(hint string) error {
	t := p.tok
	if t.kind == tokEnd {
		return t.errorf("", "unexpected end of the filter")
	}
	text := p.src[t.Pos:t.End]
	switch lower := strings.ToLower(text); {
	case hint != "":
	case t.kind == tokWord && lower == "xor":
		hint = "there is no xor; write (a and not b) or (b and not a)"
	case t.kind == tokWord && (lower == "and" || lower == "or" || lower == "not" || isComparison(lower)):
		hint = `operators are written in lower case: "` + lower + `"`
	case t.kind == tokWord && p.last.End > p.last.Pos:
		if word := strings.ToLower(p.src[p.last.Pos:p.last.End]); word == "not" || word == "and" || word == "or" {
			hint = `operators are written in lower case: "` + word + `"`
			break
		}
		hint = `an operator is missing in front of it`
	}
	switch {
	case t.is("+"), t.is("-"), t.is("*"), t.is("/"), t.is("%"):
		return t.notHere("arithmetic (" + text + ")")
	case t.is("["):
		return t.notHere("a slice ([...])")
	case t.is("#"):
		return t.notHere("a layer number (#)")
	case t.is("{") && hint == "":
		return t.notHere("arithmetic in braces ({...})")
	case t.is("$"), t.is("@"):
		return t.notHere("a macro or reference (" + text + ")")
	}
	return t.errorf(hint, "unexpected %q", text)
}

func isComparison(w string) bool {
	_, ok := keyword(w)
	return ok
}
