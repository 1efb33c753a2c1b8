package diag

// lost is a range of sequence numbers that was not captured.
type lost struct {
	left, right uint32
	acked       bool
}

// repeat is a range that was captured and sent again.
type repeat struct {
	left, right uint32
	frame       uint32 // of the first re-send
	bytes       uint32 // those that no other repeat has
	times       uint32 // re-sends that no D-SACK reported
}

// dig notes a hole. The oldest one gives way: one with an acknowledgement if there
// is one.
func (f *lossSide) dig(h lost) {
	if len(f.holes) == maxLost {
		drop := 0
		for i := range f.holes {
			if f.holes[i].acked {
				drop = i
				break
			}
		}
		if !f.holes[drop].acked {
			f.open--
		}
		f.holes = append(f.holes[:drop], f.holes[drop+1:]...)
	}
	if !h.acked {
		f.open++
	}
	f.holes = append(f.holes, h)
}

// fill takes a range out of the holes and says how many bytes of holes it held.
func (f *lossSide) fill(left, right uint32, resent bool) (filled uint32) {
	for i := 0; i < len(f.holes); i++ {
		h := f.holes[i]
		from, to := later(left, h.left), earlier(right, h.right)
		if !beyond(to, from) {
			continue
		}
		filled += to - from
		switch {
		case h.acked: // captured late
			f.missing -= int64(to - from)
		case resent:
			f.upstream += int64(to - from)
		}
		switch {
		case from == h.left && to == h.right:
			if !h.acked {
				f.open--
			}
			f.holes = append(f.holes[:i], f.holes[i+1:]...)
			i--
		case from == h.left:
			f.holes[i].left = to
		case to == h.right:
			f.holes[i].right = from
		default:
			f.holes[i].right = from
			f.dig(lost{left: to, right: h.right, acked: h.acked})
			return filled
		}
	}
	return filled
}

func later(a, b uint32) uint32 {
	if beyond(a, b) {
		return a
	}
	return b
}

func earlier(a, b uint32) uint32 {
	if beyond(a, b) {
		return b
	}
	return a
}

// acknowledged marks what a packet of the peer acknowledges though it was never
// captured.
func (f *lossSide) acknowledged(p *Packet) {
	before := f.missing
	for i := 0; f.open > 0 && i < len(f.holes); i++ {
		h := &f.holes[i]
		if h.acked || !beyond(p.Ack, h.left) {
			continue
		}
		whole := !beyond(h.right, p.Ack)
		if to := earlier(p.Ack, h.right); whole {
			f.missing += int64(to - h.left)
			h.acked = true
			f.open--
		} else {
			f.missing += int64(to - h.left)
			left := h.left
			h.left = to
			f.dig(lost{left: left, right: to, acked: true})
		}
	}
	if beyond(p.Ack, f.next) && p.Ack-f.next < maxJump {
		f.missing += int64(p.Ack - f.next)
		f.dig(lost{left: f.next, right: p.Ack, acked: true})
		f.next = p.Ack
	}
	if f.missing > before {
		f.unseen.Add(p.Frame)
	}
}

// repeat notes a range that was sent again; its bytes count once.
func (f *lossSide) repeat(r repeat) {
	for i := range f.repeats {
		o := &f.repeats[i]
		if o.left == r.left && o.right == r.right {
			o.times++
			return
		}
		if from, to := later(r.left, o.left), earlier(r.right, o.right); beyond(to, from) {
			r.bytes -= min(r.bytes, to-from)
		}
	}
	if len(f.repeats) == maxRepeats {
		f.downstream += int64(f.repeats[0].bytes)
		f.repeats = append(f.repeats[:0], f.repeats[1:]...)
	}
	f.repeats = append(f.repeats, r)
}

// doubled takes a D-SACK: a first block that is acknowledged already, or that lies
// in the second one (RFC 2883, section 4). What it reports had arrived twice.
func (f *lossSide) doubled(p *Packet) {
	b := p.SACK[0]
	inside := p.SACKs > 1 && !beyond(p.SACK[1].Left, b.Left) && !beyond(b.Right, p.SACK[1].Right)
	if !beyond(b.Right, b.Left) || beyond(b.Right, p.Ack) && !inside {
		return
	}
	for i := range f.repeats {
		r := &f.repeats[i]
		if beyond(b.Left, r.left) || beyond(r.right, b.Right) {
			continue
		}
		f.dsack++
		f.spurious.Add(r.frame)
		if r.times--; r.times == 0 {
			f.repeats = append(f.repeats[:i], f.repeats[i+1:]...)
		}
		return
	}
}
