package plot

import (
	"fmt"
	"slices"
	"strings"
)

// Reading says in one line what a picture shows, in numbers.
func Reading(t *Trace, o Options) string {
	return newGraph(t.tame(), o).reading()
}

// totals are what a reading counts, by side.
type totals struct {
	first, last int64
	segments    [2]int // with payload
	payload     [2]uint64
	frames      [2]uint64 // bytes of frames
	resent      [2]int
	resentBytes [2]uint64
	fresh       [2]uint64 // payload that was not seen before
	flight      [2]uint32 // most
	rtt         [2][]int64
	points      int
	lowWindow   [2]uint32
	highWindow  [2]uint32
	windows     [2]int
}

func (g *graph) totals() *totals {
	var s totals
	for i := range g.trace.Points {
		q := &g.trace.Points[i]
		if q.Time < g.options.Begin || q.Time > g.options.End {
			continue
		}
		if s.points == 0 {
			s.first, s.last = q.Time, q.Time
		}
		s.points++
		side := q.Side & 1
		s.first, s.last = min(s.first, q.Time), max(s.last, q.Time)
		s.frames[side] += uint64(q.Wire)
		s.flight[side] = max(s.flight[side], q.InFlight)
		if q.Len > 0 {
			s.segments[side]++
			s.payload[side] += uint64(q.Len)
			if q.Marks&Resent != 0 {
				s.resent[side]++
				s.resentBytes[side] += uint64(q.Len)
			}
			if q.Marks&again == 0 {
				s.fresh[side] += uint64(q.Len)
			}
		}
		if q.RTT > 0 {
			s.rtt[side] = append(s.rtt[side], q.RTT)
		}
		if q.acks() && q.Flags&flagSYN == 0 {
			if s.windows[side] == 0 {
				s.lowWindow[side] = q.Window
			}
			s.windows[side]++
			s.lowWindow[side], s.highWindow[side] = min(s.lowWindow[side], q.Window), max(s.highWindow[side], q.Window)
		}
	}
	return &s
}

func (g *graph) reading() string {
	s := g.totals()
	if s.points == 0 {
		return "No segment in this time."
	}
	var parts []string
	switch g.options.Kind {
	case Throughput:
		for side := range s.payload {
			parts = append(parts, g.readRate(s, side))
		}
	case RTT:
		for side := range s.rtt {
			parts = append(parts, g.readRTT(s, side))
		}
	case Window:
		parts = g.readWindow(s)
	default:
		parts = g.readSequence(s)
	}
	return strings.Join(parts, "; ") + "."
}

func (s *totals) seconds() float64 { return float64(s.last-s.first) / 1e9 }

// lasted writes the time of what is shown.
func (s *totals) lasted() string { return DurationText(s.last - s.first) }

// DurationText writes a time, ns, with three digits and its unit.
func DurationText(ns int64) string { return inUnits(timeUnits, float64(ns)) }

func perSecond(bytes uint64, seconds float64) string {
	if seconds <= 0 {
		return ""
	}
	return ", " + inUnits(rateUnits, float64(bytes)*8/seconds)
}

// BytesText writes a number of bytes with three digits and its unit.
func BytesText(n uint64) string { return inUnits(byteUnits, float64(n)) }

func many(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return grouped(int64(n)) + " " + word + "s"
}

// share writes a part of a whole in per cent.
func share(part, whole int) string {
	percent := 100 * float64(part) / float64(whole)
	if percent > 0 && percent < 0.1 {
		return "under 0.1%"
	}
	return fmt.Sprintf("%.1f%%", percent)
}

func (g *graph) readSequence(s *totals) (parts []string) {
	from := g.options.Sender & 1
	if s.segments[from] == 0 {
		parts = append(parts, "no payload in "+s.lasted())
	} else {
		parts = append(parts, fmt.Sprintf("%s in %s and %s%s", BytesText(s.payload[from]), many(s.segments[from], "segment"), s.lasted(), perSecond(s.fresh[from], s.seconds())))
	}
	if s.resent[from] > 0 {
		parts = append(parts, fmt.Sprintf("%s re-sent (%s, %s)", grouped(int64(s.resent[from])), share(s.resent[from], s.segments[from]), BytesText(s.resentBytes[from])))
	} else if s.segments[from] > 0 {
		parts = append(parts, "nothing re-sent")
	}
	var marks []string
	for m := range g.styles {
		if n := g.counts[m]; n > 0 && g.styles[m].mark&(ZeroWindow|WindowUpdate|KeepAlive|KeepAliveAck) == 0 {
			marks = append(marks, g.styles[m].count(n))
		}
	}
	if len(marks) > 0 {
		parts = append(parts, strings.Join(marks, ", "))
	}
	parts = append(parts, g.readShut()...)
	if s.flight[from] > 0 {
		parts = append(parts, "at most "+BytesText(uint64(s.flight[from]))+" in flight")
	}
	return parts
}

// readShut tells for how long the receiver's window was closed.
func (g *graph) readShut() (parts []string) {
	n, total := 0, int64(0)
	for _, s := range g.shut {
		begin, end := max(s.begin, g.options.Begin), min(s.end, g.options.End)
		if begin <= end {
			n++
			total += end - begin
		}
	}
	if n == 0 {
		return nil
	}
	return []string{fmt.Sprintf("the receiver closed its window %s, %s in all", times(n), inUnits(timeUnits, float64(total)))}
}

func times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return grouped(int64(n)) + " times"
}

func (g *graph) readWindow(s *totals) (parts []string) {
	from := g.options.Sender & 1
	if to := 1 - from; s.windows[to] > 0 {
		parts = append(parts, fmt.Sprintf("Receive window %s to %s", BytesText(uint64(s.lowWindow[to])), BytesText(uint64(s.highWindow[to]))))
	} else {
		parts = append(parts, "No window of the receiver was seen")
	}
	if s.flight[from] > 0 {
		parts = append(parts, "at most "+BytesText(uint64(s.flight[from]))+" in flight")
	} else {
		parts = append(parts, "nothing in flight")
	}
	parts = append(parts, g.readShut()...)
	if n := g.counted(WindowFull); n > 0 {
		parts = append(parts, "the sender filled it "+times(n))
	}
	return append(parts, s.lasted())
}

// counted gives the number of a mark.
func (g *graph) counted(m Marks) int {
	i := slices.IndexFunc(g.styles, func(s markStyle) bool { return s.mark == m })
	return g.counts[i]
}

func (g *graph) readRate(s *totals, side int) string {
	text := fmt.Sprintf("%s sent %s in %s", g.trace.Names[side], BytesText(s.payload[side]), s.lasted())
	if rate := perSecond(s.fresh[side], s.seconds()); rate != "" && s.fresh[side] > 0 {
		text += rate + " of new bytes" + perSecond(s.frames[side], s.seconds()) + " of frames"
	}
	if s.resent[side] > 0 {
		text += ", " + BytesText(s.resentBytes[side]) + " re-sent"
	}
	return text
}

func (g *graph) readRTT(s *totals, side int) string {
	all := s.rtt[side]
	if len(all) == 0 {
		return "no round trip to " + g.trace.Names[side] + " was seen"
	}
	if len(all) == 1 {
		return g.trace.Names[side] + " acknowledges once, after " + inUnits(timeUnits, float64(all[0]))
	}
	slices.Sort(all)
	at := func(percent int) string { return inUnits(timeUnits, float64(all[(len(all)-1)*percent/100])) }
	return fmt.Sprintf("%s acknowledges after %s (median of %s; least %s, 95%% within %s, most %s)",
		g.trace.Names[side], at(50), grouped(int64(len(all))), at(0), at(95), at(100))
}
