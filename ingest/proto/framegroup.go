package proto

import "pcapidx/index"

// frameGroup gathers what ends in one frame into one message, as Wireshark shows it
// on the frame.
type frameGroup struct {
	s     *Stream
	m     *Message
	first Mark // of the part in hand
	last  int  // its last byte

	notice bool                // messages are notices, not parts of exchanges
	ending func(m *Message)    // called before the message is stored, if not nil
	stored func(number uint32) // and after
}

// groupFields is how many fields a group has before another one begins.
const groupFields = index.MaxMessageFields - 512

// open gives the message that takes a part, which begins at a mark and ends with byte
// last of the data in hand.
func (g *frameGroup) open(first Mark, last int) *Message {
	if g.m != nil && (g.s.At(g.last).Frame != g.s.At(last).Frame || len(g.m.Fields) > groupFields) {
		g.close()
	}
	if g.m == nil {
		g.m = g.s.Message(first)
		if !g.notice {
			g.m.Kind = index.Continues
		}
	}
	g.first, g.last = first, last
	return g.m
}

// alone gives the part in hand a message that holds nothing else yet.
func (g *frameGroup) alone() *Message {
	if len(g.m.Fields) > 0 {
		g.close()
		g.open(g.first, g.last)
	}
	return g.m
}

// close stores the message.
func (g *frameGroup) close() {
	m := g.m
	if m == nil {
		return
	}
	g.m = nil
	if g.ending != nil {
		g.ending(m)
	}
	number := g.s.Emit(m, g.s.At(g.last))
	if g.stored != nil {
		g.stored(number)
	}
}

// addSummary adds to the summary of a message that holds several things.
func addSummary(m *Message, text string) {
	const most = 200
	if m.Summary != "" {
		text = ", " + text
	}
	if len(m.Summary)+len(text) <= most {
		m.Summary += text
	} else if m.Summary == "" {
		m.Summary = text[:most]
	}
}

// endCut notes that a direction ended within a message of which n bytes were there.
func endCut(s *Stream, n int, e End) {
	m := s.Message(s.At(0))
	m.Kind = index.Continues
	switch e {
	case CaptureEnded, Forgotten:
		m.Outcome = index.Partial
	case ResetByReceiver:
		m.Outcome = index.Aborted
	default:
		m.Outcome = index.Truncated
	}
	m.Summary = "message cut after " + count(n, "byte")
	s.Emit(m, s.At(0))
}
