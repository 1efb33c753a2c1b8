package tcp

// State is the state of one end of a connection (RFC 9293, section 3.3.2), as far
// as packets show it.
type State uint8

// States. StateUnknown is that of an end whose opening was not captured and that
// has not shown its state yet.
const (
	StateUnknown State = iota
	Listen
	SynSent
	SynReceived
	Established
	FinWait1
	FinWait2
	CloseWait
	Closing
	LastAck
	TimeWait
	Closed
)

// StateNames lists the states by number.
func StateNames() []string {
	return []string{
		"UNKNOWN", "LISTEN", "SYN_SENT", "SYN_RECEIVED", "ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "CLOSE_WAIT", "CLOSING", "LAST_ACK",
		"TIME_WAIT", "CLOSED",
	}
}

func (s State) String() string {
	if names := StateNames(); int(s) < len(names) {
		return names[s]
	}
	return StateNames()[0]
}

// Closed reports whether both ends have closed, or one has reset.
func (c *Conn) Closed() bool {
	over := func(s State) bool { return s == TimeWait || s == Closed || s == LastAck }
	return over(c.side[0].state) && over(c.side[1].state)
}

// advance moves the states of both ends as if the packet arrives at once.
func (c *Conn) advance(s *Segment, f, r *side) {
	switch {
	case s.Flags&RST != 0:
		f.state, r.state = Closed, Closed
		return
	case s.Flags&SYN != 0:
		f.open(s, r)
		return
	}
	if s.Flags&ACK != 0 {
		f.confirm(s, r)
	}
	if s.Flags&FIN != 0 && s.HasLen {
		f.close(s, r)
	}
}

// open handles a SYN of f.
func (f *side) open(s *Segment, r *side) {
	switch {
	case s.Flags&ACK != 0:
		if f.state <= SynSent {
			f.state = SynReceived
		}
		if r.state <= Listen { // its SYN was not captured
			r.state = SynSent
		}
	case f.state == StateUnknown || f.state >= FinWait1:
		f.state = SynSent
		if r.state == StateUnknown || r.state >= FinWait1 {
			r.state = Listen
		}
	case f.state == Listen && r.state == SynSent: // simultaneous opening
		f.state, r.state = SynReceived, SynReceived
	}
}

// confirm handles an acknowledgement of f: of r's SYN, of r's FIN, or of data.
func (f *side) confirm(s *Segment, r *side) {
	if f.state <= SynReceived && f.state != Listen {
		f.state = Established
	}
	switch {
	case r.state == SynReceived || r.state == StateUnknown:
		r.state = Established
	case !r.finSet || !atOrAfter(s.Ack, r.fin):
	case r.state == FinWait1:
		r.state = FinWait2
	case r.state == Closing:
		r.state = TimeWait
	case r.state == LastAck:
		r.state = Closed
	}
}

// close handles a FIN of f.
func (f *side) close(s *Segment, r *side) {
	f.fin, f.finSet = s.end()+1, true
	switch f.state {
	case CloseWait:
		f.state = LastAck
	case SynSent, SynReceived, Established, StateUnknown, Listen:
		f.state = FinWait1
	}
	switch r.state {
	case SynReceived, Established, StateUnknown:
		r.state = CloseWait
	case FinWait1:
		r.state = Closing
	case FinWait2:
		r.state = TimeWait
	}
}
