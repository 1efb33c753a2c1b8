package proto

import (
	"net/netip"
	"sort"

	"pcapidx/index"
)

// Stream is what a decoder sees of the direction in hand, and how it speaks with the
// engine.
type Stream struct {
	engine  *Engine
	conn    *Connection // nil: a layer of a frame
	frameOf uint32      // connection of that
	side    index.Side
	user    *user    // whose decoder is called
	src     Endpoint // of the direction
	dst     Endpoint
	marks   *marks // of the data in hand
	last    Mark   // where the direction is, outside of Decode
}

// Side is the sender.
func (s *Stream) Side() index.Side { return s.side }

// FromClient tells whether the client sends. Of datagrams the client is who sent
// the first one of the connection.
func (s *Stream) FromClient() bool { return s.conn == nil || s.side == s.conn.client }

// Datagram tells datagrams and layers of frames from streams.
func (s *Stream) Datagram() bool { return s.conn == nil || s.conn.datagrams }

// Midstream tells that the beginning of the connection is not in the capture.
func (s *Stream) Midstream() bool { return s.conn != nil && s.conn.midstream }

// Conn is the connection's number, index.NoConnection if there is none.
func (s *Stream) Conn() uint32 {
	if s.conn == nil {
		return s.frameOf
	}
	return s.conn.number
}

// Source and Destination are the ends of the direction.
func (s *Stream) Source() Endpoint { return s.src }

// Destination is the receiver of the direction.
func (s *Stream) Destination() Endpoint { return s.dst }

// At gives the place of byte i of the data in hand. Outside of Decode it gives where
// the direction is: in End the frame that ended it.
func (s *Stream) At(i int) Mark {
	if s.marks == nil {
		return s.last
	}
	return s.marks.at(i)
}

// FrameEnd gives the end of the bytes, in the data in hand, that came with the same
// frame as byte i.
func (s *Stream) FrameEnd(i int) int {
	if s.marks == nil {
		return i + 1
	}
	if n := s.marks.find(i); n < len(s.marks.runs) {
		return s.marks.runs[n].end
	}
	return i + 1
}

// Now is the time of the frame in hand.
func (s *Stream) Now() index.Time { return s.engine.now }

// Uncaptured is how many bytes are missing at the end of the datagram, or layer, in
// hand: the snap length cut them.
func (s *Stream) Uncaptured() uint64 { return s.engine.uncaptured }

// DSCP is the class of service of the datagram in hand; known is false where its IP
// header was not seen.
func (s *Stream) DSCP() (class uint8, known bool) { return s.engine.dscp, s.engine.dscp != noDSCP }

// unreadable is the outcome of a datagram, or layer, that ends before its message
// does: the capture's fault, or the sender's.
func (s *Stream) unreadable() index.Outcome {
	if s.engine.uncaptured > 0 {
		return index.Partial
	}
	return index.Malformed
}

// Frame is the frame in hand.
func (s *Stream) Frame() uint32 { return s.engine.frame }

// Message begins a message whose first byte is at a mark.
func (s *Stream) Message(first Mark) *Message { return s.MessageOf(s.user.protocol, first) }

// MessageOf is Message for one of another protocol, which the decoder's carries.
func (s *Stream) MessageOf(p *Protocol, first Mark) *Message {
	m := &Message{protocol: p, spare: s.engine.spare}
	m.Protocol, m.Conn, m.Side = m.protocol.Name, s.Conn(), s.side
	m.First, m.Start, m.Offset = first.Frame, first.Time, first.Offset
	m.Frame, m.End = first.Frame, first.Time
	return m
}

// Emit stores a message whose last byte is at a mark, and gives its number, by which
// an answer refers to it. The message has no fields from then on.
func (s *Stream) Emit(m *Message, last Mark) uint32 {
	if last.Frame >= m.Frame {
		m.Frame, m.End = last.Frame, last.Time
	}
	if m.Length == 0 && last.Offset >= m.Offset {
		m.Length = last.Offset - m.Offset + 1
	}
	s.user.messages++
	if !m.guess {
		s.user.proofs++
		s.user.sides |= 1 << s.side
	}
	number := s.engine.emit(m)
	if s.user.protocol.Repeats && s.conn != nil {
		s.conn.keep(&m.Message)
	}
	s.engine.spare.Give(m.Fields)
	m.Fields = nil
	return number
}

// Host names the server of the connection. The first name of the best source counts.
func (s *Stream) Host(name string, from HostSource) {
	if s.conn != nil {
		s.conn.nameHost(name, from)
	}
}

// Resolved says that a name stands for an address, as a DNS answer does.
func (s *Stream) Resolved(a netip.Addr, name string) { s.engine.names.add(a.Unmap(), name) }

// Switch ends the protocol where Decode has consumed the data: what follows in both
// directions is the named one's, or, with "", identified anew.
func (s *Stream) Switch(protocol string) { s.user.next, s.user.switched = protocol, true }

// Reject says that the connection is not the decoder's after all.
func (s *Stream) Reject() { s.user.rejected = true }

// Confirm says that the connection is the decoder's beyond doubt.
func (s *Stream) Confirm() {
	s.user.headless = false
	if s.conn != nil {
		s.conn.sure = true
	}
}

// Expect says that a connection from or to an endpoint, which begins after this
// frame, is a protocol's. The address may be unspecified.
func (s *Stream) Expect(e Endpoint, protocol string) { s.ExpectFor(e, protocol, nil) }

// ExpectFor is Expect with something that the decoder of that connection finds as its
// Errand.
func (s *Stream) ExpectFor(e Endpoint, protocol string, errand any) {
	s.engine.expected.add(e, expectation{protocol, errand})
}

// Errand is what ExpectFor gave for the connection, nil if nothing did.
func (s *Stream) Errand() any {
	if s.conn == nil {
		return nil
	}
	return s.conn.errand
}

// Announced gives what the latest announcement of an endpoint said, nil if nothing.
func (s *Stream) Announced(e Endpoint) any {
	return s.engine.expected.by[netip.AddrPortFrom(e.Addr().Unmap(), e.Port())].errand
}

// HostSource is where a host's name comes from, best first.
type HostSource uint8

// Sources of host names.
const (
	NoHost HostSource = iota
	TLSServerName
	HTTPHost
	Certificate
	DNSAnswer
)

// String names the source.
func (h HostSource) String() string {
	return [...]string{"", "tls sni", "http host", "certificate", "dns"}[min(h, DNSAnswer)]
}

// marks says which frames brought the bytes of a buffer.
type marks struct {
	base uint64 // offset of the first byte
	runs []run
}

// run is a stretch of bytes that came with one frame.
type run struct {
	end   int // first byte after it, in the buffer
	frame uint32
	time  index.Time
}

func (m *marks) at(i int) Mark {
	if len(m.runs) == 0 {
		return Mark{Offset: m.base}
	}
	r := &m.runs[min(m.find(i), len(m.runs)-1)]
	return Mark{Frame: r.frame, Time: r.time, Offset: m.base + uint64(max(i, 0))}
}

// find gives the run that holds byte i, len(runs) if none does.
func (m *marks) find(i int) int {
	return sort.Search(len(m.runs), func(n int) bool { return i < m.runs[n].end })
}

// add notes n more bytes. Bytes that came late do not lower the frame: a message is
// whole only with the last of its frames.
func (m *marks) add(n int, frame uint32, time index.Time) {
	end := n
	if len(m.runs) > 0 {
		last := &m.runs[len(m.runs)-1]
		end += last.end
		if frame <= last.frame {
			last.end = end
			return
		}
	}
	m.runs = append(m.runs, run{end, frame, time})
}

// drop removes the first n bytes.
func (m *marks) drop(n int) {
	kept := m.runs[:0]
	for _, r := range m.runs {
		if r.end > n {
			r.end -= n
			kept = append(kept, r)
		}
	}
	m.runs, m.base = kept, m.base+uint64(n)
}
