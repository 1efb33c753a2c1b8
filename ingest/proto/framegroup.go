package proto

import "pcapidx/index"

// frameGroup gathers what ends in one frame into one message, as Wireshark shows it
// on the frame.
type frameGroup struct {
	s     *Stream
	m     *Message
	first Mark // of the part in hand
	last  int  // its last byte

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
		g.m.Kind = index.Continues
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
