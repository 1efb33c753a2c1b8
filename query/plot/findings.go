package plot

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// episode is a row of points with something special about them.
type episode struct {
	from, to int // points
	weight   int
	caption  string
}

// Findings proposes what to zoom into: where one direction's segments were lost,
// re-sent or out of order, and where its receiver closed the window; the weightiest,
// in order of time.
func Findings(t *Trace, o Options) []Zoom {
	if t = t.tame(); len(t.Points) < 2*around { // the overview shows each of them
		return nil
	}
	begin, end := o.span(t)
	all := clusters(t, o.Sender, (end-begin)/100)
	inside := func(i int) bool { return t.Points[i].Time >= begin && t.Points[i].Time <= end }
	all = slices.DeleteFunc(all, func(e episode) bool { return !inside(e.from) || !inside(e.to) })
	slices.SortStableFunc(all, func(a, b episode) int { return cmp.Compare(b.weight, a.weight) })
	var zooms []Zoom
	for _, e := range all {
		z := e.zoom(t, begin, end)
		overlaps := func(o Zoom) bool { return z.Begin <= o.End && o.Begin <= z.End }
		if len(zooms) == MaxZooms || slices.ContainsFunc(zooms, overlaps) || z.End-z.Begin > (end-begin)/5*4 {
			continue
		}
		zooms = append(zooms, z)
	}
	slices.SortFunc(zooms, func(a, b Zoom) int { return cmp.Compare(a.Begin, b.Begin) })
	return zooms
}

// around is how many points a zoom shows on either side, and the largest distance of
// two marks of one episode.
const around = 12

// special are the marks that make an episode.
const special = Resent | OutOfOrder | LostSegment | AckLostSegment | ZeroWindow | ZeroWindowProbe | WindowFull | DuplicateAck | Reset

// clusters gathers the special points that follow each other closely: by number, and
// within some time.
func clusters(t *Trace, sender uint8, within int64) (episodes []episode) {
	var counts [markKinds]int
	all := styles()
	open := episode{from: -1}
	finish := func() {
		if open.from >= 0 && open.weight > 0 {
			open.caption = captionOf(all, counts, t, open)
			episodes = append(episodes, open)
		}
		open, counts = episode{from: -1}, [markKinds]int{}
	}
	for i := range t.Points {
		q := &t.Points[i]
		if q.Marks&special == 0 {
			continue
		}
		if open.from >= 0 && (i-open.to > 2*around || q.Time-t.Points[open.to].Time > within) {
			finish()
		}
		for m := range all {
			s := &all[m]
			if q.Marks&s.mark&special == 0 || s.place == onData && q.Side != sender || s.place == onAck && q.Side == sender {
				continue
			}
			if open.from < 0 {
				open.from = i
			}
			open.to = i
			counts[m]++
			open.weight += weightOf(s.mark)
		}
	}
	finish()
	return episodes
}

// weightOf orders episodes: a duplicate ACK alone is none.
func weightOf(m Marks) int {
	switch {
	case m&ZeroWindow != 0:
		return 6
	case m&DuplicateAck != 0:
		return 0
	case m&Retransmission != 0:
		return 4
	}
	return 3
}

// captionOf says what an episode is: its weightiest marks, and its frames.
func captionOf(all []markStyle, counts [markKinds]int, t *Trace, e episode) string {
	var order []int
	for m, n := range counts {
		if n > 0 {
			order = append(order, m)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(weightOf(all[b].mark)*counts[b], weightOf(all[a].mark)*counts[a])
	})
	var words []string
	for _, m := range order[:min(len(order), 2)] {
		if w := all[m].count(counts[m]); words == nil || len(words[0])+len(w) < 36 { // what a third of a picture has room for
			words = append(words, w)
		}
	}
	from, to := t.Points[e.from].Frame, t.Points[e.to].Frame
	if from == to {
		return fmt.Sprintf("%s, frame %d", strings.Join(words, ", "), from)
	}
	return fmt.Sprintf("%s, frames %d–%d", strings.Join(words, ", "), from, to)
}

// zoom gives the time of an episode with some points around it.
func (e episode) zoom(t *Trace, begin, end int64) Zoom {
	from, to := t.Points[e.from].Time, t.Points[e.to].Time
	z := Zoom{Begin: min(from, to), End: max(from, to), Caption: e.caption} // time may run backwards
	first, last := max(e.from-around, 0), min(e.to+around, len(t.Points)-1)
	half, little := (z.End-z.Begin)/2, max((end-begin)/150, 1)
	if half > 0 {
		little = min(little, 8*half)
	}
	z.Begin = max(z.Begin-max(half, min(little, z.Begin-t.Points[first].Time)), begin)
	z.End = min(z.End+max(half, min(little, t.Points[last].Time-z.End)), end)
	return z
}
