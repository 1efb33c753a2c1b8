package proto

import (
	"net/netip"

	"pcapidx/index"
	"pcapidx/ingest/buffers"
	"pcapidx/ingest/dissect"
)

// Sink takes what an Engine finds.
type Sink interface {
	// Message takes a message with its number. The lists of its fields and of the
	// bytes of its text are not the sink's: other messages will have them.
	Message(m *index.Message)
	// Application takes what is known of a connection, once it is over.
	Application(a *index.Application)
}

// Engine gives the bytes of connections to the decoders of their protocols. It is
// used by one goroutine.
type Engine struct {
	sink      Sink
	protocols []Protocol
	names     *names
	expected  *expectations
	shared    map[string]*user        // by protocol
	layers    map[dissect.Proto]*user // of frames
	count     uint32                  // messages emitted
	now       index.Time              // of the frame in hand
	frame     uint32
	// uncaptured bytes of the datagram or layer in hand
	uncaptured uint64
	dscp       uint8                             // of the packet in hand, noDSCP if it is not known
	Panics     uint64                            // decoders that panicked, and were given up
	spare      *buffers.Pool[index.MessageField] // for messages to come
	heads      [2]Head                           // of the connection that is identified
	inHand     Stream                            // that is decoded: one at a time
}

// spareFields is how many fields of messages, in lists of each size, are kept for others.
const spareFields = 4 << 10

// NewEngine makes an engine with some protocols: All(), in most cases.
func NewEngine(sink Sink, protocols []Protocol) *Engine {
	e := &Engine{
		sink: sink, protocols: protocols, names: newNames(), expected: newExpectations(),
		shared: map[string]*user{}, layers: map[dissect.Proto]*user{}, spare: buffers.New[index.MessageField](spareFields),
	}
	for i := range protocols {
		p := &protocols[i]
		if p.On&Frames == 0 {
			continue
		}
		u := &user{protocol: p, decoder: p.New()}
		for _, l := range p.Layers {
			e.layers[l] = u
		}
	}
	return e
}

// Open begins a connection. Client is the side that is taken for the client.
func (e *Engine) Open(number uint32, ends [2]Endpoint, datagrams bool) *Connection {
	return &Connection{engine: e, number: number, ends: ends, datagrams: datagrams}
}

// At says which frame is in hand.
func (e *Engine) At(frame uint32, now index.Time) {
	e.frame, e.now, e.uncaptured, e.dscp = frame, now, 0, noDSCP
}

// noDSCP stands for a class of service that is not known.
const noDSCP = 0xff

// DSCP says which class of service (RFC 2474) the packet in hand has.
func (e *Engine) DSCP(class uint8) { e.dscp = class }

// Uncaptured says how many bytes are missing at the end of the datagram, or layer, in
// hand: the snap length cut them.
func (e *Engine) Uncaptured(bytes uint64) { e.uncaptured = bytes }

// Layer gives a layer of the frame in hand, with all it carries, to its protocol. It
// may belong to a connection, as echo requests and replies do.
func (e *Engine) Layer(layer dissect.Proto, src, dst netip.Addr, conn uint32, side index.Side, data []byte) {
	u := e.layers[layer]
	if u == nil || u.decoder == nil || len(data) == 0 {
		return
	}
	m := &marks{runs: []run{{len(data), e.frame, e.now}}}
	s := &Stream{engine: e, user: u, frameOf: conn, side: side, src: netip.AddrPortFrom(src, 0), dst: netip.AddrPortFrom(dst, 0), marks: m}
	e.call(s, func() { u.decoder.Decode(s, data) })
}

// emit numbers a message and passes it on.
func (e *Engine) emit(m *Message) uint32 {
	e.count++
	m.Number = e.count
	if len(m.Message.Text) > index.MaxText {
		m.Message.Text = m.Message.Text[:index.MaxText]
	}
	if m.cut {
		m.Warn("capped", index.SeverityNote, "fields of the message were left out: it has more than are kept")
	}
	for i := range m.Warnings {
		if len(m.Warnings[i].Frames) == 0 {
			m.Warnings[i].Frames = []uint32{m.Frame}
		}
	}
	e.sink.Message(&m.Message)
	return m.Number
}

// call runs a decoder's method. A decoder that panics is done with.
func (e *Engine) call(s *Stream, method func()) {
	defer func() {
		if recover() == nil {
			return
		}
		e.Panics++
		s.user.panicked = true
		m := s.Message(s.At(0))
		m.Outcome, m.Summary = index.Malformed, "decoder failed"
		m.Warn("malformed", index.SeverityWarn, "the decoder failed on these bytes; the rest of the connection is not decoded")
		s.Emit(m, s.At(0))
	}()
	method()
}

// user is a decoder at work.
type user struct {
	protocol *Protocol
	decoder  Decoder
	next     string // protocol to switch to
	switched bool
	rejected bool
	panicked bool
	sure     bool   // Detect said Yes
	headless bool   // taken by the port alone
	messages uint32 // emitted
	proofs   uint32 // of them, those that speak for the protocol
	sides    uint8  // that emitted some of these
}

// sharedUser gives the decoder of a Shared protocol.
func (e *Engine) sharedUser(p *Protocol) *user {
	u := e.shared[p.Name]
	if u == nil {
		u = &user{protocol: p, decoder: p.New()}
		e.shared[p.Name] = u
	}
	return u
}

func (e *Engine) newUser(p *Protocol) *user {
	if p.Shared {
		return e.sharedUser(p)
	}
	return &user{protocol: p, decoder: p.New()}
}

// byName gives a protocol, nil if there is none of that name.
func (e *Engine) byName(name string) *Protocol {
	for i := range e.protocols {
		if e.protocols[i].Name == name {
			return &e.protocols[i]
		}
	}
	return nil
}
