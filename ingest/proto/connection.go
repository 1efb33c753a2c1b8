package proto

import (
	"math"
	"slices"
	"strings"

	"pcapidx/index"
)

// Connection is one connection as the engine knows it. It takes what ordered bytes
// say: Bytes, Gap, End, or Datagram, and Close at last.
type Connection struct {
	engine    *Engine
	number    uint32
	ends      [2]Endpoint // of side A and side B
	client    index.Side
	knows     bool // client is known for certain
	datagrams bool
	midstream bool

	sides    [2]direction
	user     *user   // nil: not known yet, or not known at all
	others   []*user // datagrams: further protocols of the connection
	settled  bool    // identification is over
	attempts int
	errand   any // of who announced the connection

	found    []string // names of protocols, in order
	sure     bool
	host     string
	hostFrom HostSource
	messages uint32
	missing  uint64
	sample   sample
}

// direction is what is held of one direction.
type direction struct {
	held  []byte
	marks marks
	next  uint64 // offset behind the last byte taken
	began bool
	ended bool
	last  Mark
	// recent are the latest messages, of protocols with Repeats.
	recent []*keptMessage
}

// heldSince is the frame that brought the first byte that is held, the highest number
// if none is.
func (d *direction) heldSince() uint32 {
	if len(d.held) == 0 || len(d.marks.runs) == 0 {
		return math.MaxUint32
	}
	return d.marks.runs[0].frame
}

// Bounds of identification.
const (
	maxAttempts = 16 // pieces, or datagrams, that are looked at
	maxOthers   = 3
)

// Client says who is the client, as a SYN shows it.
func (c *Connection) Client(side index.Side) {
	if !c.sides[0].began && !c.sides[1].began {
		c.client, c.knows = side, true
	}
}

// Held is how many bytes of memory the connection takes, about.
func (c *Connection) Held() int {
	n := 0
	for i := range c.sides {
		d := &c.sides[i]
		n += len(d.held)
		for _, kept := range d.recent {
			n += kept.size
		}
	}
	if c.user != nil && !c.user.protocol.Shared {
		if h, ok := c.user.decoder.(Holder); ok {
			n += h.Held()
		}
	}
	return n
}

func (c *Connection) stream(side index.Side, u *user) *Stream {
	return &Stream{engine: c.engine, conn: c, side: side, user: u, src: c.ends[side], dst: c.ends[1-side]}
}

// Bytes takes the next bytes of a direction of a stream, which begin at an offset.
func (c *Connection) Bytes(side index.Side, offset uint64, data []byte, frame uint32, time index.Time) {
	d := &c.sides[side]
	if !d.began {
		d.began, d.next, d.marks.base = true, offset, offset
		c.midstream = c.midstream || offset > 0 || !c.knows
		if c.settled && c.user == nil && len(c.found) == 0 {
			c.settled, c.attempts = false, 0 // nothing was found in the other direction
		}
	}
	if c.user == nil {
		c.sample.add(side, data)
	}
	borrowed := len(d.held) == 0
	if borrowed { // most pieces are consumed at once: no need of a copy
		d.held = data[:len(data):len(data)]
	} else {
		d.held = append(d.held, data...)
	}
	d.marks.add(len(data), frame, time)
	d.next = offset + uint64(len(data))
	d.last = Mark{frame, time, d.next}
	c.run(side)
	if borrowed && len(d.held) > 0 {
		d.held = slices.Clone(d.held)
	}
}

// run lets the decoder work on what is held, after it was found.
func (c *Connection) run(side index.Side) {
	waited := !c.settled
	if waited && !c.identify() {
		return
	}
	if c.user == nil {
		c.drop(side)
		return
	}
	if other := 1 - side; waited && c.sides[other].heldSince() < c.sides[side].heldSince() {
		u := c.user
		if c.decode(other, u); c.changed(u) && c.user == nil { // what was said first comes first
			return
		}
	}
	for range 64 { // protocols within protocols
		u := c.user
		c.decode(side, u)
		if !c.changed(u) || c.user == nil {
			break
		}
	}
	// What one direction said may concern what the other one holds.
	if other := 1 - side; c.user != nil && len(c.sides[other].held) > 0 {
		u := c.user
		c.decode(other, u)
		c.changed(u)
	}
}

// decode calls the decoder until it wants more.
func (c *Connection) decode(side index.Side, u *user) {
	d := &c.sides[side]
	s := &c.engine.inHand
	*s = *c.stream(side, u)
	s.marks = &d.marks
	for len(d.held) > 0 && !u.switched && !u.rejected && !u.panicked {
		n, before := 0, u.messages
		c.engine.call(s, func() { n = u.decoder.Decode(s, d.held) })
		c.messages += u.messages - before
		n = max(0, min(n, len(d.held)))
		d.held = d.held[n:]
		d.marks.drop(n)
		if n == 0 {
			break
		}
	}
	if len(d.held) == 0 {
		d.held = nil
	} else if len(d.held) < cap(d.held)/4 || cap(d.held) > 2*HoldBytes {
		d.held = slices.Clone(d.held)
	}
	if u == c.user && len(d.held) > HoldBytes && !u.switched && !u.rejected && !u.panicked {
		n := uint64(len(d.held))
		c.drop(side)
		c.missing += n
		c.tell(side, u, Gap{Bytes: n, Captured: true})
	}
}

// drop gives up what is held of a direction.
func (c *Connection) drop(side index.Side) {
	d := &c.sides[side]
	d.marks.drop(len(d.held))
	d.held = nil
}

func (c *Connection) tell(side index.Side, u *user, g Gap) {
	s := c.stream(side, u)
	s.last = c.sides[side].last
	before := u.messages
	c.engine.call(s, func() { u.decoder.Gap(s, g) })
	c.messages += u.messages - before
}

// changed follows what the decoder said of itself. It tells whether another one is
// at work now.
func (c *Connection) changed(u *user) bool {
	switch {
	case u != c.user:
		return false
	case u.panicked:
		c.user = nil
		c.drop(0)
		c.drop(1)
		return true
	case u.rejected:
		if n := len(c.found); u.messages == 0 && n > 0 {
			c.found = c.found[:n-1]
		}
		c.user = nil
		c.drop(0)
		c.drop(1)
		return true
	case u.switched && u.next != "":
		if p := c.engine.byName(u.next); p != nil {
			c.adopt(p, true)
		} else {
			c.user = nil
		}
		return true
	case u.switched:
		c.user, c.settled, c.attempts = nil, false, 0
		return c.identify()
	}
	return false
}

// adopt gives the connection to a protocol.
func (c *Connection) adopt(p *Protocol, sure bool) {
	c.user, c.settled = c.engine.newUser(p), true
	c.user.sure, c.sample = sure, sample{} // what it looks like is known
	c.note(p.Name, sure)
}

func (c *Connection) note(name string, sure bool) {
	if len(c.found) < 8 && (len(c.found) == 0 || c.found[len(c.found)-1] != name) {
		c.found = append(c.found, name)
	}
	c.sure = sure
}

// Gap says that bytes are missing of a direction of a stream.
func (c *Connection) Gap(side index.Side, g Gap) {
	d := &c.sides[side]
	d.began = true
	if !g.Captured {
		c.missing += g.Bytes
	}
	some := len(c.sides[0].held)+len(c.sides[1].held) > 0
	if c.user == nil && !c.settled && some && c.identifyNow() { // what was there so far has to do
		c.run(0)
		c.run(1)
	}
	c.drop(side)
	d.marks = marks{base: d.next + g.Bytes}
	d.next += g.Bytes
	if c.user != nil {
		u := c.user
		c.tell(side, u, g)
		c.changed(u)
	} else {
		c.midstream = true
	}
}

// End says how a direction ended, and with which frame.
func (c *Connection) End(side index.Side, end End, frame uint32, time index.Time) {
	d := &c.sides[side]
	if d.ended {
		return
	}
	d.ended = true
	if !d.began && !c.sides[1-side].began {
		return
	}
	if c.user == nil && !c.settled && c.identifyNow() {
		c.run(0)
		c.run(1)
	}
	if c.user == nil {
		return
	}
	u := c.user
	for _, u := range append([]*user{u}, c.others...) {
		if u.panicked {
			continue
		}
		s := c.stream(side, u)
		s.last = Mark{frame, time, d.next}
		if frame == 0 {
			s.last = d.last
		}
		before := u.messages
		c.engine.call(s, func() { u.decoder.End(s, d.held, end) })
		c.messages += u.messages - before
	}
	c.drop(side)
	c.changed(u)
}

// Close ends the connection: nothing more is known of it.
func (c *Connection) Close(end End) {
	for side := range c.sides {
		c.End(index.Side(side), end, 0, 0)
	}
	if !c.sides[0].began && !c.sides[1].began {
		return
	}
	c.engine.sink.Application(c.application())
}

func (c *Connection) application() *index.Application {
	a := &index.Application{Conn: c.number, Protocols: c.found, Messages: c.messages, Missing: c.missing, Host: c.host}
	if c.host == "" {
		server := c.ends[1-c.client].Addr()
		if name := c.engine.names.of(server); name != "" {
			a.Host, c.hostFrom = name, DNSAnswer
		}
	}
	a.HostFrom = c.hostFrom.String()
	if u := c.user; u != nil {
		a.Confirmed = c.sure || u.proofs >= 2 || u.sides == 3
	}
	if len(c.found) == 0 {
		c.sample.describe(a)
	}
	return a
}

// nameHost keeps the best name of the server.
func (c *Connection) nameHost(name string, from HostSource) {
	if name == "" || len(name) > 255 || c.hostFrom != NoHost && c.hostFrom <= from {
		return
	}
	c.host, c.hostFrom = strings.Clone(name), from // what it is a part of is not to wait
}
