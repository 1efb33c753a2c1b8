package proto

import "pcapidx/index"

// Datagram takes a datagram of a connection.
func (c *Connection) Datagram(side index.Side, data []byte, frame uint32, time index.Time) {
	d := &c.sides[side]
	if !c.sides[0].began && !c.sides[1].began && !c.knows {
		c.client = side
	}
	d.began = true
	m := marks{runs: []run{{len(data), frame, time}}}
	d.last = Mark{Frame: frame, Time: time}
	if c.user != nil && c.offer(c.user, side, data, &m) {
		return
	}
	for _, u := range c.others {
		if c.offer(u, side, data, &m) {
			return
		}
	}
	if c.attempts++; c.attempts > maxAttempts || len(c.others) >= maxOthers {
		return
	}
	if c.user == nil {
		c.sample.add(side, data)
	}
	c.identifyDatagram(side, data, &m)
}

// offer gives a datagram to a decoder and tells whether it was its.
func (c *Connection) offer(u *user, side index.Side, data []byte, m *marks) bool {
	if u.panicked || u.rejected {
		return false
	}
	s := c.stream(side, u)
	s.marks = m
	n, before := 0, u.messages
	c.engine.call(s, func() { n = u.decoder.Decode(s, data) })
	c.messages += u.messages - before
	return n > 0 || u.panicked
}

// identifyDatagram looks for the protocol of a datagram among all but those of the
// connection.
func (c *Connection) identifyDatagram(side index.Side, data []byte, m *marks) {
	src, dst := c.ends[side].Port(), c.ends[1-side].Port()
	var likely *Protocol
	try := func(p *Protocol, sure bool) bool {
		u := c.engine.newUser(p)
		if !c.offer(u, side, data, m) {
			return false
		}
		u.sure = sure
		if c.note(p.Name, sure); c.user == nil {
			c.user = u
		} else {
			c.others = append(c.others, u)
		}
		return true
	}
	x := c.engine.expected.of(c.ends)
	if p := c.engine.byName(x.protocol); p != nil && p.On&Datagrams != 0 && !c.has(p) {
		if c.errand = x.errand; try(p, true) {
			return
		}
	}
	h := Head{Client: data, ClientPort: src, ServerPort: dst, Datagram: true}
	if side != c.client {
		h.ClientPort, h.ServerPort = dst, src
	}
	for i := range c.engine.protocols {
		p := &c.engine.protocols[i]
		if p.On&Datagrams == 0 || p.Detect == nil || c.has(p) {
			continue
		}
		switch p.Detect(&h) {
		case Yes:
			if try(p, true) {
				return
			}
		case Likely:
			if likely == nil || !onPort(likely, src, dst) && onPort(p, src, dst) {
				likely = p
			}
		}
	}
	if likely != nil {
		try(likely, false)
	}
}

func (c *Connection) has(p *Protocol) bool {
	if c.user != nil && c.user.protocol == p {
		return true
	}
	for _, u := range c.others {
		if u.protocol == p {
			return true
		}
	}
	return false
}
