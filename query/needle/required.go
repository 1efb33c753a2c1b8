package needle

import "regexp/syntax"

// maxRequired bounds the literals of an expression.
const maxRequired = 16

// required gives literals of which every match of an expression of bytes holds one;
// none if there are no such, or too many.
func required(re *syntax.Regexp) []pattern {
	switch re.Op {
	case syntax.OpLiteral, syntax.OpCharClass, syntax.OpConcat:
		return requiredOf(re)
	case syntax.OpCapture, syntax.OpPlus:
		return required(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return required(re.Sub[0])
		}
	case syntax.OpAlternate:
		var all []pattern
		for _, sub := range re.Sub {
			some := required(sub)
			if len(some) == 0 || len(all)+len(some) > maxRequired {
				return nil
			}
			all = append(all, some...)
		}
		return all
	}
	return nil
}

// requiredOf looks at parts that follow each other: their literal bytes join, and of
// what stands apart the longest counts.
func requiredOf(re *syntax.Regexp) (best []pattern) {
	run := &pattern{}
	take := func(some []pattern) {
		if shortest(some) > shortest(best) {
			best = some
		}
	}
	var walk func(re *syntax.Regexp)
	walk = func(re *syntax.Regexp) {
		switch re.Op {
		case syntax.OpConcat:
			for _, sub := range re.Sub {
				walk(sub)
			}
			return
		case syntax.OpEmptyMatch, syntax.OpWordBoundary, syntax.OpNoWordBoundary, syntax.OpBeginText, syntax.OpEndText, syntax.OpBeginLine, syntax.OpEndLine:
			return
		case syntax.OpCapture:
			walk(re.Sub[0])
			return
		}
		if c, k, ok := single(re); ok {
			run.bytes, run.kinds = append(run.bytes, c), append(run.kinds, k)
			return
		}
		take(finished(run))
		run = &pattern{}
		if re.Op != syntax.OpCharClass {
			take(required(re))
		}
	}
	walk(re)
	take(finished(run))
	return best
}

func finished(run *pattern) []pattern {
	if len(run.bytes) == 0 {
		return nil
	}
	run.settle()
	return []pattern{*run}
}

// single tells what an expression of one byte stands for, if that is a byte or a
// letter in either case.
func single(re *syntax.Regexp) (c byte, k kind, ok bool) {
	r := re.Rune
	switch {
	case re.Op == syntax.OpLiteral && len(r) == 1:
		return byte(r[0]), exact, true
	case re.Op != syntax.OpCharClass:
	case len(r) == 2 && r[0] == r[1]:
		return byte(r[0]), exact, true
	case len(r) == 4 && r[0] == r[1] && r[2] == r[3] && r[0]|0x20 == r[2] && 'a' <= r[2] && r[2] <= 'z':
		return byte(r[2]), letter, true
	}
	return 0, 0, false
}

// shortest is the length of the shortest of some literals.
func shortest(some []pattern) int {
	if len(some) == 0 {
		return 0
	}
	n := len(some[0].bytes)
	for i := range some {
		n = min(n, len(some[i].bytes))
	}
	return n
}

// bounds gives the length of an expression's longest match, one more where a word's
// border is looked at, RegexReach at most; and whether it asks for the text's begin or
// end.
func bounds(re *syntax.Regexp) (longest int, begin, end bool) {
	switch re.Op {
	case syntax.OpLiteral:
		longest = len(re.Rune)
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		longest = 1
	case syntax.OpBeginText, syntax.OpBeginLine:
		begin = true
	case syntax.OpEndText, syntax.OpEndLine:
		end = true
	}
	for _, sub := range re.Sub {
		n, b, e := bounds(sub)
		begin, end = begin || b, end || e
		if re.Op == syntax.OpAlternate {
			longest = max(longest, n)
		} else {
			longest += n
		}
	}
	switch {
	case re.Op == syntax.OpStar || re.Op == syntax.OpPlus || re.Op == syntax.OpRepeat && re.Max < 0:
		if longest > 0 {
			longest = RegexReach
		}
	case re.Op == syntax.OpRepeat:
		longest *= re.Max
	}
	return min(longest, RegexReach), begin, end
}
