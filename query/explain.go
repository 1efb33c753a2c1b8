package query

import (
	"fmt"
	"strings"

	"pcapidx/ingest/dissect"
	"pcapidx/query/filter"
)

// PlanText says how a filter was answered.
type PlanText struct {
	Filter string     `json:"filter"`
	Tests  []PlanTest `json:"tests"`
	// Frames are those of the segments looked at; Certain match by the index
	// alone, Candidates may.
	Frames     uint64 `json:"frames"`
	Certain    uint64 `json:"certain"`
	Candidates uint64 `json:"candidates"`
	// Tested are the frames that the filter was asked of, Decoded those of them
	// whose bytes were dissected, Blocks the blocks read for them.
	Tested  uint64 `json:"tested"`
	Decoded uint64 `json:"decoded"`
	Blocks  uint64 `json:"blocks"`
}

// PlanTest is one test of a filter.
type PlanTest struct {
	Test   string `json:"test"`
	Access string `json:"access"` // lists, column or bytes, and which
	// Certain and Candidates are as those of the filter.
	Certain    uint64 `json:"certain"`
	Candidates uint64 `json:"candidates"`
}

func newPlanText(m *matcher) *PlanText {
	p := &PlanText{Tests: []PlanTest{}}
	f := m.plan.filter
	p.Filter = strings.TrimSpace(f.Source)
	p.Tests = make([]PlanTest, f.Tests())
	filter.Walk(f.Root, func(n filter.Node) bool {
		if t, ok := n.(*filter.Test); ok {
			p.Tests[t.ID] = PlanTest{Test: f.Source[t.Pos:t.End], Access: m.plan.access[t.ID]}
		}
		return true
	})
	return p
}

// bounds adds what the lists of a segment say.
func (p *PlanText) bounds(s *segmentBounds) {
	frames := uint64(s.lists.frames)
	size := func(b bounds) (certain, candidates uint64) {
		candidates = frames
		if b.may != nil {
			candidates = b.may.GetCardinality()
		}
		if b.must != nil {
			certain = b.must.GetCardinality()
		}
		return certain, candidates
	}
	p.Frames += frames
	certain, candidates := size(s.root)
	p.Certain, p.Candidates = p.Certain+certain, p.Candidates+candidates
	for i := range s.tests {
		certain, candidates := size(s.tests[i])
		p.Tests[i].Certain += certain
		p.Tests[i].Candidates += candidates
	}
}

func (p *PlanText) work(m *matcher) {
	p.Tested, p.Decoded, p.Blocks = m.work.tested.Load(), m.work.decoded.Load(), m.work.blocks.Load()
}

// count gives the number of matches if no frame needs to be looked at.
func (s *segmentBounds) count() (n uint64, known bool) {
	if s.root.must == nil || s.root.may == nil {
		return 0, false
	}
	n = s.root.must.GetCardinality()
	return n, n == s.root.may.GetCardinality()
}

// accessOf says in words where a test is answered from.
func accessOf(x Capture, t *filter.Test) string {
	ref, ok := t.Left.(*filter.Ref)
	if !ok {
		if m, isMask := t.Left.(*filter.Mask); isMask {
			ref, ok = m.X.(*filter.Ref)
		}
	}
	if !ok {
		return "values"
	}
	lists := listedFor(ref.Name) != nil || ref.Name == "tcp.flags" || isFlag(ref.Name) || ref.Name == "tcp.stream" || ref.Name == "udp.stream"
	column := columnFor(ref.Name, x.Summary().Content) != nil
	switch f := appFieldFor(ref.Name); {
	case f != nil && f.kind == ofProtocol:
		return "list of " + f.real
	case f != nil && f.kind == ofMessage:
		return "lists and messages with " + f.real
	case f != nil:
		return "messages"
	case ref.Name == "frame.number":
		return "numbers"
	case column && labelsOf(ref.Name) != 0:
		return "lists of labels and column of " + ref.Name
	case t.Op == filter.Present && exactProtocol(ref.Name):
		return "list of " + ref.Name
	case lists && column:
		return "lists and column of " + ref.Name
	case lists:
		return "lists of " + ref.Name
	case column:
		return "column of " + ref.Name
	}
	if id, known := dissect.FieldByName(ref.Name); known {
		if names := dissect.Fields()[id].Protocols(); names != nil {
			return fmt.Sprintf("bytes of %s frames", strings.Join(names, " or "))
		}
	}
	return "bytes of all frames"
}
