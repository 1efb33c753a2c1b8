package query

import (
	"fmt"
	"slices"
	"strings"

	"pcapidx/index"
)

// Words for the quality of a capture.
const (
	captureSound   = "sound"
	captureLimited = "limited"
)

// judge says what the capture itself is good for: what it lacks, doubles or cuts
// off looks like a fault of the network and is none.
func (a *CaptureDiagnosisAnswer) judge(s *index.Summary) {
	a.Limits = captureLimits(s)
	var besides []string
	if has(s.Findings, "capture_checksum_offload") {
		besides = append(besides, "wrong checksums come from checksum offload, not from the network")
	}
	if !countsDrops(&s.File) {
		besides = append(besides, "the file does not say whether packets were dropped")
	}
	switch {
	case s.Frames == 0:
		a.Quality, a.Verdict = captureLimited, "The capture holds no packets."
		return
	case len(a.Limits) > 0:
		a.Quality, a.Verdict = captureLimited, "Read this capture with care: "+strings.Join(append(a.Limits[:len(a.Limits):len(a.Limits)], besides...), "; ")+"."
	default:
		a.Quality, a.Verdict = captureSound, "The capture is sound: nothing in it is damaged, cut, doubled or one-sided"
		if len(besides) > 0 {
			a.Verdict += " (" + strings.Join(besides, "; ") + ")"
		}
		a.Verdict += "."
	}
}

func has(findings []index.Finding, code string) bool {
	return slices.ContainsFunc(findings, func(f index.Finding) bool { return f.Code == code })
}

// countsDrops tells whether the file has counters of dropped packets.
func countsDrops(f *index.FileInfo) bool {
	return slices.ContainsFunc(f.Interfaces, func(i index.Interface) bool { return i.Dropped != nil || i.OSDropped != nil })
}

// captureLimits lists what makes a capture less than the whole truth.
func captureLimits(s *index.Summary) (limits []string) {
	add := func(format string, args ...any) { limits = append(limits, fmt.Sprintf(format, args...)) }
	if d := s.File.Damage; d != nil {
		add("the file is damaged after frame %d (%s)", d.AfterFrame, d.Kind)
	}
	for i := range s.Findings {
		switch f := &s.Findings[i]; f.Code {
		case "capture_drops":
			add("%.0f packets were dropped while capturing", figureOf(f, "dropped")+figureOf(f, "os_dropped"))
		case "capture_duplicates":
			add("%.1f%% of the TCP packets were captured twice", figureOf(f, "duplicates_percent"))
		case oneSided:
			add("of %.0f TCP connections (%.0f%%) only one direction was captured", figureOf(f, "one_sided"), figureOf(f, "one_sided_percent"))
		}
	}
	for i := range s.Found {
		if f := &s.Found[i]; f.Code == "capture_loss" {
			add("in %s data is missing that was acknowledged: the capture lost it", plural(f.Connections, "connection"))
		}
	}
	if n := s.Counters.Sliced; n > 0 {
		text := fmt.Sprintf("%d of %s were cut by the snap length", n, plural(uint64(s.Frames), "packet"))
		if t := s.Counters.Truncated; t > 0 {
			text += fmt.Sprintf(", %d of them inside their headers", t)
		}
		add("%s", text)
	}
	if s.Frames > 0 && s.Timed < s.Frames {
		add("%s without a time", plural(uint64(s.Frames-s.Timed), "packet"))
	}
	if s.Backwards > 0 {
		add("time runs backwards at %s", plural(uint64(s.Backwards), "packet"))
	}
	return limits
}

// figureOf gives a figure of a finding, 0 if it has none of that name.
func figureOf(f *index.Finding, name string) float64 {
	for _, n := range f.Numbers {
		if n.Name == name {
			return finite(n.Value)
		}
	}
	return 0
}

func plural[T ~int | ~int64 | ~uint32 | ~uint64](n T, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
