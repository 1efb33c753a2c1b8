package diag

// ranges is the union of the data that one side sent: how many bytes are in it,
// each counted once. What is missing below the highest byte is a list of holes; of
// more than maxHoles the oldest is forgotten, and what fills it later is not
// counted.
type ranges struct {
	high  uint32 // after the highest byte, if set
	set   bool
	bytes uint64
	holes []hole // by their numbers, disjoint
}

// hole is a missing range: from, and to just before to.
type hole struct{ from, to uint32 }

const maxHoles = 32

// holeReach is how far behind the highest byte a hole is kept: farther away its
// numbers come round again.
const holeReach = 1 << 30

// begin says where data starts, if the handshake tells.
func (r *ranges) begin(seq uint32) { r.high, r.set = seq, true }

// add notes a segment and gives how many of its bytes are new.
func (r *ranges) add(seq, length uint32) uint32 {
	end := seq + length
	if !r.set {
		r.begin(seq)
	}
	fresh := uint32(0)
	if beyond(end, r.high) {
		from := r.high
		if beyond(seq, r.high) {
			if len(r.holes) == maxHoles {
				r.holes = append(r.holes[:0], r.holes[1:]...)
			}
			r.holes = append(r.holes, hole{r.high, seq})
			from = seq
		}
		fresh = end - from
		r.high = end
	}
	if len(r.holes) > 0 {
		if r.high-r.holes[0].to > holeReach {
			r.holes = append(r.holes[:0], r.holes[1:]...)
		}
		fresh += r.fill(seq, end)
	}
	r.bytes += uint64(fresh)
	return fresh
}

// fill takes a range out of the holes.
func (r *ranges) fill(from, to uint32) (filled uint32) {
	for i := 0; i < len(r.holes); i++ {
		h := &r.holes[i]
		if !beyond(h.to, from) || !beyond(to, h.from) {
			continue
		}
		left, right := *h, *h
		if left.to = from; beyond(h.from, from) {
			left.to = h.from
		}
		if right.from = to; beyond(to, h.to) {
			right.from = h.to
		}
		filled += right.from - left.to
		switch {
		case left.from != left.to && right.from != right.to:
			*h = left
			if len(r.holes) < maxHoles {
				r.holes = append(r.holes, hole{})
				copy(r.holes[i+2:], r.holes[i+1:])
				r.holes[i+1] = right
			}
			return filled // the range lies inside this hole
		case left.from != left.to:
			*h = left
		case right.from != right.to:
			*h = right
		default:
			r.holes = append(r.holes[:i], r.holes[i+1:]...)
			i--
		}
	}
	return filled
}
