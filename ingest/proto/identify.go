package proto

import (
	"container/list"
	"math"
	"net/netip"
	"slices"
	"strings"

	"pcapidx/index"
)

// identify looks for the protocol of a stream. It tells whether identification is
// over; the connection's user is nil then if nothing was found.
func (c *Connection) identify() bool {
	if c.attempts == 0 {
		x := c.engine.expected.of(c.ends)
		if p := c.engine.byName(x.protocol); p != nil && p.On&Streams != 0 {
			c.errand = x.errand
			c.adopt(p, true)
			return true
		}
	}
	c.attempts++
	best, verdict, open := c.best()
	a, b := len(c.sides[0].held), len(c.sides[1].held)
	enough := c.attempts >= maxAttempts || a >= HeadBytes || b >= HeadBytes || a > 0 && b > 0 && !open
	switch {
	case verdict == Yes:
	case verdict == Likely && (enough || !open && onPort(best, c.ends[0].Port(), c.ends[1].Port())):
	case enough || !open && verdict == No && a > 0 && b > 0:
		c.settled = true
		if p := c.headless(); p != nil {
			c.adopt(p, false)
			c.user.headless = true
		}
		return true
	default:
		return false
	}
	c.adopt(best, verdict == Yes)
	return true
}

// identifyNow does it with what is there.
func (c *Connection) identifyNow() bool {
	c.attempts = maxAttempts
	return c.identify()
}

// best gives the protocol that the first bytes speak for most, and whether some
// cannot tell yet.
func (c *Connection) best() (best *Protocol, verdict Verdict, open bool) {
	head := func(side index.Side) []byte { return c.sides[side].held[:min(HeadBytes, len(c.sides[side].held))] }
	first, ways := c.client, 1
	if !c.knows && c.attemptsBothWays() {
		if ways = 2; c.ends[0].Port() < c.ends[1].Port() { // servers have the lower ports
			first = index.SideB
		}
	}
	heads := c.engine.heads[:ways]
	for i := range heads {
		client := first ^ index.Side(i)
		heads[i] = Head{
			Client: head(client), Server: head(1 - client), Midstream: c.midstream,
			ClientPort: c.ends[client].Port(), ServerPort: c.ends[1-client].Port(),
		}
	}
	ported := false
	for i := range c.engine.protocols {
		p := &c.engine.protocols[i]
		if p.On&Streams == 0 || p.Detect == nil {
			continue
		}
		for n := range heads {
			client, h := first^index.Side(n), &heads[n]
			v := p.Detect(h)
			port := slices.Contains(p.Ports, h.ServerPort)
			switch {
			case v == Yes:
				c.client = client
				return p, Yes, false
			case v == More:
				open = true
			case v == Likely && (verdict != Likely || port && !ported):
				best, verdict, ported, c.client = p, v, port, client
			}
		}
	}
	return best, verdict, open
}

// headless gives the protocol that has the port of a connection whose beginning is
// not there, nil if none has. Servers have the lower ports.
func (c *Connection) headless() *Protocol {
	port := min(c.ends[0].Port(), c.ends[1].Port())
	for i := range c.engine.protocols {
		if p := &c.engine.protocols[i]; c.midstream && !c.datagrams && len(c.found) == 0 && slices.Contains(p.Headless, port) {
			return p
		}
	}
	return nil
}

// attemptsBothWays: after the first protocol was found, the client is known.
func (c *Connection) attemptsBothWays() bool { return len(c.found) == 0 }

func onPort(p *Protocol, ports ...uint16) bool {
	return p != nil && slices.ContainsFunc(ports, func(port uint16) bool { return slices.Contains(p.Ports, port) })
}

// sample describes the first bytes of a connection.
type sample struct {
	counts *[256]uint16 // of at most sampleBytes
	total  uint32
	head   []byte
	first  index.Side
}

// Bounds of a sample.
const (
	sampleBytes = 4 << 10
	sampleHead  = 32
)

func (s *sample) add(side index.Side, data []byte) {
	if s.counts == nil {
		s.counts, s.first = &[256]uint16{}, side
	}
	if n := sampleHead - len(s.head); n > 0 && side == s.first {
		s.head = append(s.head, data[:min(n, len(data))]...)
	}
	for _, b := range data[:min(len(data), max(0, sampleBytes-int(s.total)))] {
		s.counts[b]++
		s.total++
	}
}

func (s *sample) describe(a *index.Application) {
	if s.total == 0 {
		return
	}
	printable, entropy := uint32(0), 0.0
	for b, n := range s.counts {
		if n == 0 {
			continue
		}
		if b >= ' ' && b <= '~' || b == '\n' || b == '\r' || b == '\t' {
			printable += uint32(n)
		}
		p := float64(n) / float64(s.total)
		entropy -= p * math.Log2(p)
	}
	a.Sampled, a.Head = s.total, s.head
	a.Printable, a.Entropy = uint16(1000*uint64(printable)/uint64(s.total)), uint16(math.Round(100*entropy))
}

// expectation says what an announced connection will be.
type expectation struct {
	protocol string
	errand   any
}

// expectations are the endpoints that decoders announced.
type expectations struct {
	by    map[Endpoint]expectation
	order *list.List // of Endpoint, oldest first
}

// maxExpected bounds what is announced and what is resolved: 64 Ki entries.
const maxExpected = 1 << 16

func newExpectations() *expectations {
	return &expectations{by: map[Endpoint]expectation{}, order: list.New()}
}

func (x *expectations) add(e Endpoint, what expectation) {
	e = netip.AddrPortFrom(e.Addr().Unmap(), e.Port())
	if _, known := x.by[e]; !known {
		if x.order.PushBack(e); x.order.Len() > maxExpected {
			delete(x.by, x.order.Remove(x.order.Front()).(Endpoint))
		}
	}
	x.by[e] = what
}

// of gives what was announced for one of two ends.
func (x *expectations) of(ends [2]Endpoint) (what expectation) {
	if len(x.by) == 0 {
		return what
	}
	for _, end := range []Endpoint{ends[1], ends[0]} {
		for _, a := range []netip.Addr{end.Addr(), {}} {
			if what, ok := x.by[netip.AddrPortFrom(a.Unmap(), end.Port())]; ok {
				return what
			}
		}
	}
	return what
}

// names are what answers of DNS said of addresses, the latest.
type names struct {
	by    map[netip.Addr]string
	order *list.List // of netip.Addr, oldest first
}

func newNames() *names { return &names{by: map[netip.Addr]string{}, order: list.New()} }

func (n *names) add(a netip.Addr, name string) {
	if !a.IsValid() || name == "" || len(name) > 255 {
		return
	}
	if _, known := n.by[a]; !known {
		if n.order.PushBack(a); n.order.Len() > maxExpected {
			delete(n.by, n.order.Remove(n.order.Front()).(netip.Addr))
		}
	}
	n.by[a] = strings.Clone(name)
}

func (n *names) of(a netip.Addr) string { return n.by[a] }
