package mcp

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strings"
)

// answer fits what a question gives into a budget of bytes. The text and the
// JSON each hold the whole answer, so each must fit alone.
type answer struct {
	tool     *tool
	budget   int
	limit    *int // rows to ask for, nil if the question has no pages
	detailed bool
	ask      func() (*node, error)
}

// reserve is room for what is said about a cut.
const reserve = 600

// fit asks, and asks again for fewer rows if the answer is too large: then its
// cursor goes on where the rows that fit end. What cannot be had in pages is
// trimmed.
func (a *answer) fit() (*node, error) {
	n, err := a.shaped()
	if err != nil || a.fits(n, 0) {
		return n, err
	}
	rows := a.tool.rows(n)
	if a.limit == nil || rows == nil || len(rows.items) == 0 {
		a.trim(n)
		return n, nil
	}
	for k := a.most(n, rows); k > 0; k = k * 3 / 4 { // the cursor may be longer than the reserve
		*a.limit = k
		if n, err = a.shaped(); err != nil {
			return nil, err
		}
		n.set("truncated", textNode(fmt.Sprintf("the budget of %d bytes holds %s; go on with next_cursor, %s%s",
			a.budget, rowsOf(n), a.raise(), a.tool.narrow), false))
		if a.fits(n, 0) {
			return n, nil
		}
	}
	*a.limit = 1 // not even one fits: its parts are cut
	if n, err = a.shaped(); err != nil {
		return nil, err
	}
	a.trim(n)
	return n, nil
}

// shaped asks and brings the answer into the form that goes out.
func (a *answer) shaped() (*node, error) {
	n, err := a.ask()
	if err != nil {
		return nil, err
	}
	if rows := a.tool.rows(n); rows != nil && !a.detailed {
		for _, r := range rows.items {
			r.drop(a.tool.concise)
		}
	}
	if hints := n.get("hints"); hints != nil {
		for i, h := range hints.items {
			hints.items[i] = textNode(speak(h.text), false)
		}
	}
	return n, nil
}

// rows gives the rows of an answer, nil if it has none.
func (t *tool) rows(n *node) *node { return n.get(cmp.Or(t.list, "rows")) }

func (a *answer) fits(n *node, spare int) bool {
	return len(n.JSON())+spare <= a.budget && len(n.Text())+spare <= a.budget
}

// most is how many of the rows fit.
func (a *answer) most(n, rows *node) int {
	all := rows.items
	k := sort.Search(len(all), func(i int) bool {
		rows.items = all[:i+1]
		return !a.fits(n, reserve)
	})
	rows.items = all
	return k
}

// rowsOf says how many of the rows that match are in an answer.
func rowsOf(n *node) string {
	returned, total := n.get("returned"), n.get("total")
	if returned == nil || total == nil {
		return "the rows here"
	}
	return returned.text + " of " + total.text + " rows"
}

func (a *answer) raise() string {
	if a.budget >= maxBudget {
		return ""
	}
	return fmt.Sprintf("raise max_bytes (at most %d), ", maxBudget)
}

// trim halves the largest part of an answer until it fits: a list without
// further lists in it, or a long text. What was cut is named.
func (a *answer) trim(n *node) {
	var cut []string
	for range 400 {
		if a.fits(n, reserve+40*len(cut)) {
			break
		}
		p := heaviest(n, "")
		if p == nil {
			break
		}
		p.node.halve()
		if !slices.Contains(cut, p.name) {
			cut = append(cut, p.name)
		}
	}
	if rows, returned := a.tool.rows(n), n.get("returned"); rows != nil && returned != nil {
		n.set("returned", numberNode(len(rows.items)))
	}
	if len(cut) > 0 {
		slices.Sort(cut)
		n.set("truncated", textNode(fmt.Sprintf("cut to fit %d bytes: %s; %s%s",
			a.budget, strings.Join(cut, ", "), a.raise(), a.tool.narrow), false))
	}
}

// part is a place in an answer with its name, as in "rows.layers.fields".
type part struct {
	name string
	node *node
	size int
}

// heaviest finds the part to halve: the largest list that has no list of
// objects below it, or the largest text; what this program says is not cut.
func heaviest(n *node, name string) (best *part) {
	for i, item := range n.items {
		below := name
		if n.kind == object {
			if name == "" && slices.Contains(ours, n.keys[i]) {
				continue
			}
			below = strings.TrimPrefix(name+"."+n.keys[i], ".")
		}
		var p *part
		if item.kind == object || item.kind == list {
			p = heaviest(item, below)
		}
		if s := len(item.JSON()); s > 200 && p == nil && (item.kind == list && len(item.items) > 0 || item.kind == textScalar) {
			p = &part{below, item, s}
		}
		if p != nil && (best == nil || p.size > best.size) {
			best = p
		}
	}
	return best
}

// halve keeps the first half of a list or text.
func (n *node) halve() {
	if n.kind == list {
		n.items = n.items[:len(n.items)/2]
		return
	}
	r := []rune(n.text)
	*n = *textNodeClean(string(r[:len(r)/2]))
}

// textNodeClean is a text that is escaped already.
func textNodeClean(s string) *node {
	return &node{kind: textScalar, json: quoteJSON(s), text: s}
}
