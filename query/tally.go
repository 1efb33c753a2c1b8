package query

import (
	"cmp"
	"slices"

	"pcapidx/index"
)

// tally counts values as they are stored, so that only those of an answer are put
// into words.
type tally struct {
	by   map[storedValue]int32 // place in all, of values without an ordinal
	nth  []int32               // place in all + 1, of values with one
	all  []tallied
	most int // distinct values; of more those that come first are counted
	full bool
}

// storedValue is the value of a field as messages have it.
type storedValue struct {
	text   string
	num    uint64
	secret bool
}

type tallied struct {
	value storedValue
	count uint64
	first uint32 // frame
	last  uint32 // number of the message that was counted last
}

func newTally(most int) *tally { return &tally{by: map[storedValue]int32{}, most: most} }

// add counts a message that has a value, however often it has it.
func (t *tally) add(value storedValue, m *index.Message) {
	at, known := t.by[value]
	if !known {
		if at = t.append(value, m); at < 0 {
			return
		}
		t.by[value] = at
	}
	t.count(at, m)
}

// addField counts a message that has a value of the one field that is counted. What has
// an ordinal is counted by that: it is always the same.
func (t *tally) addField(f *index.MessageField, m *index.Message) {
	if f.Ordinal == 0 {
		t.add(storedValue{f.Text, f.Num, f.Secret}, m)
		return
	}
	if int(f.Ordinal) >= len(t.nth) {
		t.nth = append(t.nth, make([]int32, int(f.Ordinal)+1-len(t.nth)+len(t.nth)/2)...)
	}
	at := t.nth[f.Ordinal] - 1
	if at < 0 {
		if at = t.append(storedValue{f.Text, f.Num, f.Secret}, m); at < 0 {
			return
		}
		t.nth[f.Ordinal] = at + 1
	}
	t.count(at, m)
}

// append gives a new value a place, -1 if there is no room.
func (t *tally) append(value storedValue, m *index.Message) int32 {
	if len(t.all) >= t.most {
		t.full = true
		return -1
	}
	t.all = append(t.all, tallied{value: value, first: m.Frame})
	return int32(len(t.all)) - 1
}

func (t *tally) count(at int32, m *index.Message) {
	if x := &t.all[at]; x.last != m.Number {
		x.count, x.first, x.last = x.count+1, min(x.first, m.Frame), m.Number
	}
}

// top gives the most frequent values, most frequent first, then by their words, and
// how many there are. Values that are hidden are one where their words are the same.
// Words are made of no more values than may be among these: of a field that shows
// addresses of pages they take longer than all the counting.
func (t *tally) top(limit int, hides func(storedValue) bool, words func(storedValue) string) (list []ValueCount, distinct int) {
	places, hidden := make([]int32, 0, len(t.all)), map[string]int{}
	list = []ValueCount{}
	for i := range t.all {
		x := &t.all[i]
		if !hides(x.value) {
			places = append(places, int32(i))
			continue
		}
		text := words(x.value)
		at, known := hidden[text]
		if !known {
			at = len(list)
			hidden[text] = at
			list = append(list, ValueCount{Value: text, First: x.first})
		}
		list[at].Count += x.count
		list[at].First = min(list[at].First, x.first)
	}
	distinct = len(places) + len(list)
	slices.SortFunc(places, func(a, b int32) int { return -cmp.Compare(t.all[a].count, t.all[b].count) })
	for i, at := range places {
		x := &t.all[at]
		if i >= limit && (limit == 0 || x.count < t.all[places[limit-1]].count) {
			break
		}
		list = append(list, ValueCount{Value: words(x.value), Count: x.count, First: x.first})
	}
	slices.SortFunc(list, func(a, b ValueCount) int {
		return cmp.Or(-cmp.Compare(a.Count, b.Count), cmp.Compare(a.Value, b.Value), cmp.Compare(a.First, b.First))
	})
	return list[:min(limit, len(list)):min(limit, len(list))], distinct
}

// words is what a value without a field is: its text.
func (v storedValue) words() string { return v.text }

// hides: such a value is no secret.
func (v storedValue) hides() bool { return false }
