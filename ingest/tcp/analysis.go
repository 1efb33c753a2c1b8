package tcp

// Limits of Wireshark: a repeat that comes so soon is the answer to duplicate
// acknowledgements, or was overtaken; lists and counters end here.
const (
	fastLimit  = 20_000_000 // ns
	orderLimit = 3_000_000  // ns, while the initial round-trip time is not known
	maxUnacked = 10_000     // segments of one direction that wait for acknowledgement
	maxFlight  = 2_000_000_000
	dupMarker  = ^uint32(0) // a duplicate counter that says: a gap was reported
	anyWindow  = ^uint32(0) // window of a side that was not seen
)

// window is the raw window of the side's last packet.
func (f *side) window() uint32 {
	if !f.seen {
		return anyWindow
	}
	return uint32(f.lastWindow)
}

// analyse labels a packet by the rules of Wireshark 4.0's TCP analysis
// (packet-tcp.c, tcp_analyze_sequence_number): the order of the tests is part of
// the rules.
func (c *Conn) analyse(s *Segment, a *Analysis) {
	f, r := &c.side[s.Dir], &c.side[1-s.Dir]
	if s.Flags&ACK != 0 {
		r.noFlight = false
	}
	probe := s.Len == 1 && s.Seq == f.next && r.window() == 0
	if probe {
		a.Labels |= ZeroWindowProbe
	} else {
		a.Labels |= f.flow(s, r)
		f.again(s, r, a)
	}
	if s.Ack != f.lastAck {
		f.nonDup, f.dup = s.Frame, 0
	}
	r.acknowledged(s, a)
	if (s.Len > 0 || s.Flags&(SYN|FIN) != 0) && a.Labels&KeepAlive == 0 {
		c.repeat(s, f, r, a)
	}
	end := s.end()
	if (s.Len > 0 || s.Flags&(SYN|FIN) != 0) && f.unacked.len() < maxUnacked {
		if s.Flags&(SYN|FIN) != 0 {
			end++
		}
		f.unacked.push(sent{seq: s.Seq, end: end, frame: s.Frame, time: s.Time}, f.base)
	}
	if (f.next == 0 || after(end, f.next)) && !probe {
		f.next, f.nextFrame, f.nextTime = end, s.Frame, s.Time
	}
	if (s.Seq == f.maxAck || f.maxAck == 0) && !probe {
		f.maxAck = f.next
	}
	f.lastWindow, f.lastAck, f.lastTime, f.lastLabels, f.seen = s.Window, s.Ack, s.Time, a.Labels, true
	if acked, ok := r.unacked.ack(s.Ack); ok {
		a.AcksFrame, a.AckRTT, a.Record = acked.frame, s.Time-acked.time, true
	}
	f.flight(s, r, a)
	a.Record = a.Record || a.Labels != 0
}

// flow finds what a packet's number and window say: zero window, a gap before it,
// keep-alive, window update, window full.
func (f *side) flow(s *Segment, r *side) (n Labels) {
	control := s.control()
	if s.Window == 0 && !control {
		n |= ZeroWindow
	}
	if f.next != 0 && after(s.Seq, f.next) && s.Flags&RST == 0 {
		n |= LostSegment
		f.noFlight = true
	}
	if control {
		return n
	}
	if s.Len <= 1 && s.Seq == f.next-1 {
		n |= KeepAlive
	}
	if s.Len == 0 && s.Window != 0 && uint32(s.Window) != f.window() && s.Seq == f.next && s.Ack == f.lastAck {
		n |= WindowUpdate
	}
	if s.Len > 0 && r.scale != ScaleUnknown+1 {
		shift := int8(0)
		if !r.firstAck {
			shift = max(r.scale-1, 0)
		}
		if s.end() == r.lastAck+r.window()<<shift {
			n |= WindowFull
		}
	}
	return n
}

// again labels a packet that says the same as its side's last one.
func (f *side) again(s *Segment, r *side, a *Analysis) {
	switch {
	case s.Len != 0 || uint32(s.Window) != f.window() || s.Seq != f.next || s.Ack != f.lastAck || s.control():
	case s.Window != 0 && r.lastLabels&KeepAlive != 0:
		a.Labels |= KeepAliveAck
	case s.Window == 0 && r.lastLabels&ZeroWindowProbe != 0:
		a.Labels |= ZeroWindowProbeAck
	case s.Window != 0:
		if f.dup == dupMarker {
			f.dup = 0
		}
		f.dup++
		a.Labels |= DuplicateAck
		a.DupNum, a.DupFrame = f.dup, f.nonDup
	}
}

// acknowledged notes an acknowledgement of what f was not seen to send. The same
// gap is reported at most twice, until f acknowledges something new.
func (f *side) acknowledged(s *Segment, a *Analysis) {
	if f.maxAck == 0 || !after(s.Ack, f.maxAck) || s.Flags&ACK == 0 {
		return
	}
	a.Record = true
	if after(f.next, f.maxAck) {
		f.maxAck = f.next
		a.Labels |= AckLostSegment
		return
	}
	if f.dup == 0 {
		a.Labels |= AckLostSegment
	}
	f.dup = dupMarker
}

// repeat labels what was sent before, or is out of place; the first that holds.
func (c *Conn) repeat(s *Segment, f, r *side, a *Analysis) {
	before := f.next != 0 && after(f.next, s.Seq)
	if s.Len > 1 && s.Seq == f.next-1 { // data behind a keep-alive's byte
		before = false
	}
	end, soon := s.end(), uint64(orderLimit)
	if s.Flags&(SYN|FIN) != 0 {
		end++
	}
	if c.irtt != 0 {
		soon = uint64(c.irtt)
	}
	switch {
	case s.Len > 0 && r.lastAck != 0 && !after(s.end(), r.lastAck):
		a.Labels |= Retransmission | SpuriousRetransmission
	case !before:
	case r.dup >= 2 && r.lastAck == s.Seq && uint64(s.Time-r.lastTime) < fastLimit:
		a.Labels |= Retransmission | FastRetransmission
	case uint64(s.Time-f.nextTime) < soon && f.next != end:
		a.Labels |= OutOfOrder
	default:
		a.Labels |= Retransmission
		a.RTO, a.RTOFrame = s.Time-f.nextTime, f.nextFrame
		if oldest := f.unacked.oldest(); oldest != nil {
			a.RTO, a.RTOFrame = s.Time-oldest.time, oldest.frame
		}
	}
}

// flight counts the bytes that wait for acknowledgement, and those since the last
// PSH; of data packets only.
func (f *side) flight(s *Segment, r *side, a *Analysis) {
	if s.Len == 0 || f.unacked.len() == 0 || f.noFlight {
		return
	}
	a.Record = true
	low, high := f.unacked.span(f.base)
	if v := high - low - r.sacked; v > 0 && v < maxFlight {
		if a.InFlight = v; s.Flags&(SYN|FIN) != 0 {
			a.InFlight--
		}
	}
	push := s.Flags&PSH != 0
	if f.pushed {
		f.pushBytes = 0
	}
	f.pushBytes += s.Len
	f.pushed = push
	if a.InFlight > 0 { // Wireshark shows both or none
		a.PushBytes = f.pushBytes
	}
}
