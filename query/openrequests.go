package query

import "slices"

// openRequests holds the requests of a summary that wait for their answers, in the order
// of their numbers: messages come in that order, those of one protocol after those of
// another, and most are answered soon after they came.
type openRequests struct {
	runs [][]asked // with rising numbers
	done int       // of the last run: answered
}

// add takes the next request.
func (o *openRequests) add(r asked) {
	last := len(o.runs) - 1
	if last < 0 || len(o.runs[last]) > 0 && o.runs[last][len(o.runs[last])-1].number >= r.number {
		o.runs, o.done = append(o.runs, nil), 0
		last++
	}
	if o.done > 1024 && o.done > len(o.runs[last])/2 {
		o.runs[last] = slices.DeleteFunc(o.runs[last], func(r asked) bool { return r.done })
		o.done = 0
	}
	o.runs[last] = append(o.runs[last], r)
}

// take gives a request and forgets it; nil if none of that number waits. It is good until
// the next call of add.
func (o *openRequests) take(number uint32) *asked {
	for i := len(o.runs) - 1; i >= 0; i-- {
		if r := inRun(o.runs[i], number); r != nil && !r.done {
			if r.done = true; i == len(o.runs)-1 {
				o.done++
			}
			return r
		}
	}
	return nil
}

// inRun looks for a number from the end of a run on, in steps that double; nil if it is
// not there.
func inRun(run []asked, number uint32) *asked {
	from, to := len(run), len(run)
	for step := 1; from > 0 && run[from-1].number >= number; step *= 2 {
		to, from = from, max(0, from-step)
	}
	at, known := slices.BinarySearchFunc(run[from:to], number, func(r asked, n uint32) int { return int(int64(r.number) - int64(n)) })
	if !known {
		return nil
	}
	return &run[from+at]
}

// each calls do for those that wait still.
func (o *openRequests) each(do func(r *asked)) {
	for _, run := range o.runs {
		for i := range run {
			if !run[i].done {
				do(&run[i])
			}
		}
	}
}
