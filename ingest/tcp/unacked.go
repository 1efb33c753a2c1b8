package tcp

import "pcapidx/ingest/spill"

// sent is a segment that waits for its acknowledgement.
type sent struct {
	seq, end, frame uint32
	time            int64
}

// sentBytes is the size of a sent.
const sentBytes = 24

// unacked lists the segments of one direction that are not acknowledged, oldest
// first: in the order of capture, which need not be that of their numbers. Up to
// maxUnacked of them are asked for each packet, so the usual case, rising numbers,
// takes constant time; repeats and reordering (mixed) take a pass over the list
// when something is acknowledged.
type unacked struct {
	list []sent
	head int // list[:head] is gone
	// mixed: the numbers do not rise, or the list spans too much to tell.
	mixed bool
	// low and high are the span of a mixed list, valid if known.
	low, high uint32
	known     bool
	// still is the acknowledgement number of the last pass, if settled: the same
	// again changes nothing.
	still   uint32
	settled bool
}

func (u *unacked) len() int { return len(u.list) - u.head }

func (u *unacked) oldest() *sent {
	if u.len() == 0 {
		return nil
	}
	return &u.list[u.head]
}

// push adds a segment. base is the sender's, which the span counts from.
func (u *unacked) push(s sent, base uint32) {
	u.settled = u.settled && atOrAfter(s.seq, u.still) && after(s.end, u.still)
	switch {
	case u.len() == 0:
		u.list, u.head, u.mixed, u.known = u.list[:0], 0, false, false
	case !u.mixed:
		last, first := &u.list[len(u.list)-1], &u.list[u.head]
		u.mixed = !atOrAfter(s.seq, last.seq) || !atOrAfter(s.end, last.end) || !after(s.end, first.seq)
		u.known = false
	case u.known:
		if s.seq-base < u.low-base {
			u.low = s.seq
		}
		if s.end-base > u.high-base {
			u.high = s.end
		}
	}
	if u.head > 64 && u.head > len(u.list)/2 {
		u.list, u.head = append(u.list[:0], u.list[u.head:]...), 0
	}
	u.list = append(u.list, s)
}

// rebase forgets the span: it depends on the base.
func (u *unacked) rebase() { u.known = false }

// ack removes what an acknowledgement number covers and gives the oldest segment
// that ends exactly there. A segment that is covered in part keeps its rest.
func (u *unacked) ack(ack uint32) (exact sent, ok bool) {
	switch {
	case u.len() == 0 || u.settled && ack == u.still:
		return exact, false
	case !u.mixed:
		first, last := &u.list[u.head], &u.list[len(u.list)-1]
		if int32(first.seq-ack) <= int32(last.end-ack) { // else the numbers wrap around ack in between
			return u.ackRising(ack)
		}
	}
	return u.ackMixed(ack)
}

// ackRising is ack where the numbers rise: what is covered is a beginning.
func (u *unacked) ackRising(ack uint32) (exact sent, ok bool) {
	u.known, u.settled = false, false
	for ; u.head < len(u.list) && !after(u.list[u.head].end, ack); u.head++ {
		if e := &u.list[u.head]; e.end == ack && !ok {
			exact, ok = *e, true
		}
	}
	for i := u.head; i < len(u.list) && after(ack, u.list[i].seq); i++ {
		u.list[i].seq = ack
	}
	return exact, ok
}

// ackMixed is ack for any list.
func (u *unacked) ackMixed(ack uint32) (exact sent, ok bool) {
	kept := u.list[:0]
	mixed := false
	for _, e := range u.list[u.head:] {
		switch {
		case e.end == ack:
			if !ok {
				exact, ok = e, true
			}
			continue
		case after(ack, e.seq) && !after(ack, e.end):
			e.seq = ack
		case !after(e.end, ack):
			continue
		}
		if n := len(kept); n > 0 {
			last, first := &kept[n-1], &kept[0]
			mixed = mixed || !atOrAfter(e.seq, last.seq) || !atOrAfter(e.end, last.end) || !after(e.end, first.seq)
		}
		kept = append(kept, e)
	}
	u.list, u.head, u.mixed, u.known = kept, 0, mixed, false
	u.still, u.settled = ack, true
	return exact, ok
}

// span gives the lowest and the highest number of the list, counted from base.
func (u *unacked) span(base uint32) (low, high uint32) {
	first, last := &u.list[u.head], &u.list[len(u.list)-1]
	if !u.mixed && first.seq-base <= last.end-base {
		return first.seq, last.end
	}
	if u.known {
		return u.low, u.high
	}
	low, high = first.seq, first.end
	for _, e := range u.list[u.head:] {
		if e.seq-base < low-base {
			low = e.seq
		}
		if e.end-base > high-base {
			high = e.end
		}
	}
	u.low, u.high, u.known = low, high, true
	return low, high
}

// code goes over the list; its order tells the rest.
func (u *unacked) code(k *spill.Coder, base uint32) {
	live := u.list[u.head:]
	var last sent
	spill.Slice(k, &live, maxUnacked, func(s *sent) {
		from, length, frame, since := s.seq-last.seq, s.end-s.seq, s.frame-last.frame, s.time-last.time
		spill.Uint(k, &from)
		spill.Uint(k, &length)
		spill.Uint(k, &frame)
		spill.Int(k, &since)
		s.seq = last.seq + from
		s.end, s.frame, s.time = s.seq+length, last.frame+frame, last.time+since
		last = *s
	})
	if !k.Reading() {
		return
	}
	*u = unacked{}
	for _, s := range live {
		u.push(s, base)
	}
}
