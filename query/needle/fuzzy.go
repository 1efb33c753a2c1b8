package needle

import (
	"slices"
)

// fuzzy finds text with up to k bytes inserted, deleted or replaced. Of its k+1 pieces
// one at least stands in every match as it is; around each occurrence of a piece the
// distance is computed (Sellers, 1980).
type fuzzy struct {
	text   []byte // folded if fold
	fold   bool
	edits  int
	pieces []pattern
	starts []int // of the pieces in text
}

// fuzzyScratch is the memory of a search.
type fuzzyScratch struct {
	spans  [][2]int
	column []int
	folded []byte
}

// shortestFuzzy is how many bytes a needle needs: with fewer, text that has little in
// common with it would match. Every piece has two bytes or more: 6, 8, 10.
func shortestFuzzy(edits int) int { return 2*edits + 4 }

func newFuzzy(text string, edits int, fold bool) (finder, error) {
	if edits == 0 {
		edits = 1
	}
	switch need := shortestFuzzy(edits); {
	case edits < 0 || edits > MaxEdits:
		return nil, refuse("allow 1 to 3", "%d edits cannot be searched", edits)
	case len(text) < need:
		return nil, refuse("use a longer needle, or fewer edits", "a needle of %d bytes is too short for %d edits: it needs %d", len(text), edits, need)
	case len(text) > maxFuzzy:
		return nil, refuse("use a shorter one", "a fuzzy needle of %d bytes is too long: it may have %d", len(text), maxFuzzy)
	}
	f := &fuzzy{text: []byte(text), fold: fold, edits: edits}
	if fold {
		f.text = appendFolded(nil, f.text)
	}
	for i := range edits + 1 {
		from, to := i*len(text)/(edits+1), (i+1)*len(text)/(edits+1)
		f.pieces, f.starts = append(f.pieces, *newPattern(f.text[from:to], fold)), append(f.starts, from)
	}
	return f, nil
}

func (f *fuzzy) reach() int                  { return len(f.text) + f.edits }
func (f *fuzzy) literals() []pattern         { return f.pieces }
func (f *fuzzy) anchored() (begin, end bool) { return false, false }

// find gives the best match among those that overlap the leftmost one: the smallest
// distance, then the leftmost, then the shortest.
func (f *fuzzy) find(s *Searcher, text []byte, from int) (m Match, ok bool) {
	x := &s.fuzzy
	if f.fold {
		if from == 0 {
			x.folded = appendFolded(x.folded[:0], text)
		}
		text = x.folded
	}
	f.places(x, text, from)
	for _, span := range x.spans {
		if m, ok = f.best(x, text, max(span[0], from), span[1]); ok {
			return m, true
		}
	}
	return m, false
}

// places lists the stretches of text in which a match may lie, in order and joined where
// they overlap.
func (f *fuzzy) places(x *fuzzyScratch, text []byte, from int) {
	x.spans = x.spans[:0]
	for i := range f.pieces {
		for at := from; ; at++ {
			k := f.pieces[i].index(text[min(at, len(text)):])
			if k < 0 {
				break
			}
			at += k
			start := at - f.starts[i] - f.edits
			x.spans = append(x.spans, [2]int{max(start, from), min(start+len(f.text)+2*f.edits, len(text))})
		}
	}
	slices.SortFunc(x.spans, func(a, b [2]int) int { return a[0] - b[0] })
	n := 0
	for _, span := range x.spans {
		if n > 0 && span[0] <= x.spans[n-1][1] {
			x.spans[n-1][1] = max(x.spans[n-1][1], span[1])
			continue
		}
		x.spans[n] = span
		n++
	}
	x.spans = x.spans[:n]
}

// best finds the first match in text[from:to] and, among the ends that differ from its
// end by edits, the best.
func (f *fuzzy) best(x *fuzzyScratch, text []byte, from, to int) (m Match, ok bool) {
	n := len(f.text)
	column := slices.Grow(x.column[:0], n+1)[:n+1]
	x.column = column
	for i := range column {
		column[i] = i
	}
	last := to
	for end := from; end <= last; end++ {
		if end > from {
			f.step(column, text[end-1], true)
		}
		if d := column[n]; d <= f.edits && (!ok || d < m.Distance) {
			if !ok {
				last = min(to, end+2*f.edits)
			}
			m, ok = Match{End: end, Distance: d}, true
		}
	}
	if ok {
		m.Start = f.start(x, text, from, m.End, m.Distance)
	}
	return m, ok
}

// step goes on by one byte of text: column[i] is the distance of the needle's first i
// bytes to the text that ends here and begins anywhere, or at a fixed place.
func (f *fuzzy) step(column []int, c byte, anywhere bool) {
	diagonal := column[0]
	if !anywhere {
		column[0]++
	}
	for i, want := range f.text {
		cost := diagonal
		if want != c {
			cost++
		}
		diagonal = column[i+1]
		column[i+1] = min(cost, diagonal+1, column[i]+1)
	}
}

// start finds where the match that ends at a place begins, going backwards: the
// leftmost beginning at that distance whose first byte is not an insertion.
func (f *fuzzy) start(x *fuzzyScratch, text []byte, from, end, distance int) int {
	back := fuzzy{text: slices.Clone(f.text)}
	slices.Reverse(back.text)
	column := x.column
	for i := range column {
		column[i] = i
	}
	best := end
	for at := end - 1; at >= from && end-at <= len(f.text)+f.edits; at-- {
		back.step(column, text[at], false)
		if column[len(f.text)] == distance {
			best = at
		}
	}
	return best
}
