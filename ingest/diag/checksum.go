package diag

import (
	"fmt"

	"pcapidx/index"
)

// checksumFamily counts wrong TCP checksums.
func checksumFamily() Family {
	return Family{Name: "checksum", New: func() Watcher { return &checksums{} }, Finds: []Diagnostic{
		{
			Code: "bad_checksums", Severity: index.SeverityWarn, Group: "path", Title: "corrupted packets",
			Doc: "Some packets of a sender have a wrong TCP checksum, others a right one: the receiver drops them, and they are sent again. Only " +
				"packets that were captured in full are checked.",
		},
		{
			Code: "checksum_offload", Severity: index.SeverityInfo, Group: "capture", Title: "checksums left to the network card",
			Doc: "OffloadShare or more of a sender's packets have a wrong checksum while the other side's are right, or as wrong (both sides on " +
				"one machine), or the data with wrong checksums was acknowledged without being sent again: the capture was made on the sending " +
				"host, before the network card filled them in. No error.",
		},
	}}
}

type checksums struct {
	good [2]uint32
	bad  [2]*Evidence // after the first bad one
	data [2]uint32    // bad ones with data
	end  [2]uint32    // sequence number after the last of them
}

func (w *checksums) Watch(_ *Conn, p *Packet) {
	switch {
	case p.Duplicate:
	case p.Checksum == ChecksumGood:
		w.good[p.Dir]++
	case p.Checksum == ChecksumBad:
		if w.bad[p.Dir] == nil {
			w.bad[p.Dir] = &Evidence{}
		}
		w.bad[p.Dir].Add(p.Frame)
		if p.Data() {
			w.data[p.Dir]++
			w.end[p.Dir] = p.Seq + p.Len
		}
	}
}

// offloaded reports whether nearly all checksums of a sender are wrong.
func (w *checksums) offloaded(c *Conn, dir uint8) bool {
	bad := w.bad[dir]
	return bad != nil && float64(bad.Count) >= c.T.OffloadShare*float64(uint64(bad.Count)+uint64(w.good[dir]))
}

// accepted reports whether the data with wrong checksums arrived all the same: it was
// acknowledged with fewer re-sends than it takes to replace it, one for two segments.
func (w *checksums) accepted(c *Conn, dir uint8) bool {
	peer := &c.Side[1-dir]
	return w.data[dir] > 0 && 2*uint64(c.Side[dir].Resent.Count) < uint64(w.data[dir]) && peer.AckSet && !beyond(w.end[dir], peer.Acked)
}

func (w *checksums) Finish(c *Conn, r *Report) {
	for i, bad := range w.bad {
		r.Sums[i].Good = w.good[i]
		if bad == nil {
			continue
		}
		r.Sums[i].Bad = bad.Count
		dir, all := uint8(i), uint64(bad.Count)+uint64(w.good[i])
		f := index.Finding{
			Code: "bad_checksums", Severity: index.SeverityWarn, Side: int8(i),
			Sentence: fmt.Sprintf("%d of %s from the %s have a wrong TCP checksum: corrupted on the way, and dropped by the receiver.", bad.Count,
				countWords(all, "packet"), r.Role(dir)),
			Numbers: []index.Number{figure("bad", bad.Count), figure("checked", all)},
			Frames:  bad.Frames, Count: bad.Count,
		}
		if w.accepted(c, dir) || w.offloaded(c, dir) && (w.bad[1-i] == nil || w.offloaded(c, 1-dir)) {
			f.Code, f.Severity = "checksum_offload", index.SeverityInfo
			f.Sentence = fmt.Sprintf("%d of %s from the %s have a wrong TCP checksum because its network card computes it later: the capture was made on that host. No error.",
				bad.Count, countWords(all, "packet"), r.Role(dir))
		}
		r.Add(f)
	}
}
