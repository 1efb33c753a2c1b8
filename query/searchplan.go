package query

import "fmt"

// SearchPlan says how a capture was searched and what that cost.
type SearchPlan struct {
	Capture string `json:"capture"`
	// How names the way: a scan of stored payload, with or without seams.
	How string `json:"how"`
	// Frames were looked at by their columns, in Blocks; of these Empty had no
	// payload and were not decompressed. Touched are the payloads in which the
	// needle's first test found something to look at, Decoded the frames that were
	// dissected.
	Frames  uint64 `json:"frames"`
	Blocks  uint64 `json:"blocks"`
	Empty   uint64 `json:"empty"`
	Touched uint64 `json:"touched"`
	Decoded uint64 `json:"decoded"`
	// Seams are the borders between TCP segments that were searched, Reread the
	// segments that had to be read again for it, Passes how often the capture was read.
	Seams  uint64    `json:"seams"`
	Reread uint64    `json:"reread"`
	Passes int       `json:"passes"`
	Filter *PlanText `json:"filter,omitempty"`
}

// plan describes the search so far.
func (s *searchScan) plan() SearchPlan {
	p := SearchPlan{
		Capture: s.page.id, Frames: s.work.frames.Load(), Blocks: s.work.blocks.Load(), Empty: s.work.packed.Load(),
		Touched: s.work.touched.Load(), Decoded: s.work.decoded.Load(), Passes: int(s.pass) + 1,
	}
	p.How = fmt.Sprintf("%s, in stored payload, by %s", s.page.needle, plural(len(s.matcher.records), "worker"))
	if s.seams == nil {
		p.How += "; no match can cross packets"
	} else {
		p.How += fmt.Sprintf("; across TCP segments by their %s next to each border", plural(s.seams.keep, "byte"))
		p.Seams, p.Reread = s.seams.joins, s.seams.whole
	}
	if s.page.filter.Root != nil {
		p.Filter = s.filtered
		p.Filter.work(s.matcher)
	}
	return p
}
