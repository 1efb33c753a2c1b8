package tcp

import "iter"

// Sent is a segment that waits for its acknowledgement.
type Sent struct {
	Frame    uint32
	Time     int64
	Seq, End uint32 // sequence numbers; End counts SYN and FIN
}

// Unacked gives the segments of a direction that were not acknowledged when the
// last packet came, in the order of capture, re-sent ones too. No more than the
// first 10000 are known.
func (c *Conn) Unacked(dir uint8) iter.Seq[Sent] {
	u := &c.side[dir&1].unacked
	return func(yield func(Sent) bool) {
		for _, s := range u.list[u.head:] {
			if !yield(Sent{Frame: s.frame, Time: s.time, Seq: s.seq, End: s.end}) {
				return
			}
		}
	}
}
