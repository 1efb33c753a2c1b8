package proto

import (
	"fmt"

	"pcapidx/index"
)

// ldapProtocol is the Lightweight Directory Access Protocol (RFC 4511).
func ldapProtocol() Protocol {
	return Protocol{
		Name: "ldap", Title: "LDAP", On: Streams, Ports: []uint16{389, 3268}, Patience: 60e9,
		Fields: ldapFields(), Detect: detectLDAP,
		New: func() Decoder { return &ldap{} },
	}
}

// cldapProtocol is LDAP in datagrams, as Windows looks for domain controllers.
func cldapProtocol() Protocol {
	return Protocol{
		Name: "cldap", Title: "CLDAP", On: Datagrams, Ports: []uint16{389}, Patience: 10e9,
		Fields: ldapFields(), Detect: detectLDAP,
		New: func() Decoder { return &ldap{} },
	}
}

// Bounds of LDAP.
const (
	maxLDAP      = 16 << 20 // of a message
	maxLDAPRead  = 32 << 10 // of a message that is read; the rest is skipped
	maxLDAPAsked = 1024
	maxLDAPBad   = 4
)

// ber takes the first element off b. short: it is longer than b, content is what is
// there. n is how long all of it is, 0 if that cannot be told.
func ber(b []byte) (tag byte, content, rest []byte, n int) {
	if len(b) < 2 || b[0]&0x1f == 0x1f {
		return 0, nil, nil, 0
	}
	tag = b[0]
	size, at := int(b[1]), 2
	if size >= 0x80 {
		k := size & 0x7f
		if k < 1 || k > 4 || len(b) < 2+k {
			return tag, nil, nil, 0
		}
		size = 0
		for _, c := range b[2 : 2+k] {
			size = size<<8 | int(c)
		}
		if at = 2 + k; size > 1<<30 {
			return tag, nil, nil, 0
		}
	}
	n = at + size
	end := min(n, len(b))
	return tag, b[at:end], b[end:], n
}

// berUint reads the content of an INTEGER that is not negative.
func berUint(b []byte) (v uint64) {
	if len(b) > 8 {
		return 0
	}
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	return v
}

// ldapHead looks at the beginning of a message: n is its length, 0 if that is not there
// yet, -1 if it is none.
func ldapHead(b []byte) (id uint64, op byte, n int) {
	if len(b) > 0 && b[0] != 0x30 {
		return 0, 0, -1
	}
	_, content, _, n := ber(b)
	if n == 0 {
		if len(b) < 6 {
			return 0, 0, 0
		}
		return 0, 0, -1
	}
	if n > maxLDAP || n < 7 {
		return 0, 0, -1
	}
	tag, number, rest, k := ber(content)
	switch {
	case len(content) < 2:
		return 0, 0, 0
	case tag != 2 || k < 3 || k > 7:
		return 0, 0, -1
	case len(content) <= k:
		return 0, 0, 0
	}
	op = rest[0]
	if op&0xc0 != 0x40 {
		return 0, 0, -1
	}
	return berUint(number), op, n
}

// ldapRequests and ldapAnswers tell the operations by their tags.
func ldapRequests(op byte) bool {
	switch op {
	case 0x60, 0x42, 0x63, 0x66, 0x68, 0x4a, 0x6c, 0x6e, 0x50, 0x77:
		return true
	}
	return false
}

func ldapAnswers(op byte) bool {
	switch op {
	case 0x61, 0x64, 0x65, 0x67, 0x69, 0x6b, 0x6d, 0x6f, 0x73, 0x78, 0x79:
		return true
	}
	return false
}

// detectLDAP: a message of the client is a request, one of the server an answer, with
// lengths that fit into each other.
func detectLDAP(h *Head) Verdict {
	verdict, strange := No, false
	for i, b := range [][]byte{h.Client, h.Server} {
		if len(b) == 0 {
			continue
		}
		_, op, n := ldapHead(b)
		if n == 0 && !h.Datagram {
			verdict = max(verdict, More)
			continue
		}
		known := ldapRequests(op) && i == 0 || ldapAnswers(op) && (i == 1 || h.Datagram)
		if n <= 0 || !known || !ldapFits(b, n) || h.Datagram && n > len(b) {
			strange = true
			continue
		}
		verdict = Yes
	}
	switch {
	case !strange:
		return verdict
	case verdict == Yes && h.Midstream && !h.Datagram:
		return Likely // the other direction may begin within a message
	}
	return No
}

// ldapFits tells whether the operation ends where the message of n bytes does, or
// controls follow.
func ldapFits(b []byte, n int) bool {
	_, content, _, _ := ber(b)
	_, _, op, id := ber(content)
	inner := n - 2 - id // what is left for the operation
	if b[1] >= 0x80 {
		inner -= int(b[1] & 0x7f)
	}
	_, _, after, k := ber(op)
	return k > 0 && (k == inner || k < inner && (len(after) == 0 || after[0] == 0xa0))
}

// ldap is the state of a connection.
type ldap struct {
	asked map[uint64]question
	sides [2]struct {
		skip    uint64 // bytes of a message that are not read
		pending *Message
		lost    bool // where the next message begins is not known
		bad     int  // times that no message began where one should, in a row
	}
	tls bool // StartTLS was asked for
}

// Decode implements Decoder.
func (p *ldap) Decode(s *Stream, data []byte) int {
	d := &p.sides[s.Side()]
	if len(data) == 0 {
		return 0 // an empty datagram
	}
	if d.skip > 0 {
		n := int(min(d.skip, uint64(len(data))))
		if d.skip -= uint64(n); d.skip == 0 && d.pending != nil {
			s.Emit(d.pending, s.At(n-1))
			d.pending = nil
		}
		return n
	}
	if d.lost {
		n := findLDAP(data)
		if d.lost = n == len(data); n > 0 {
			return n
		}
	}
	if data[0] == 0 && !s.Datagram() {
		return p.protected(s, data)
	}
	id, op, n := ldapHead(data)
	switch {
	case n == 0:
		return 0
	case n < 0:
		if d.bad++; s.Datagram() || d.bad > maxLDAPBad {
			s.Reject()
			return 0
		}
		d.lost = true
		return 1
	case n > len(data) && (s.Datagram() || len(data) < maxLDAPRead):
		return 0
	}
	d.bad = 0
	m := s.Message(s.At(0))
	m.Uint(ldapMessageID, id)
	m.Uint(ldapOp, uint64(op&0x1f))
	_, content, _, _ := ber(data[:min(n, len(data), maxLDAPRead)])
	_, _, content, _ = ber(content)
	_, body, _, _ := ber(content)
	p.message(s, m, id, op, body)
	if n > len(data) {
		m.Length = uint64(n)
		d.skip, d.pending = uint64(n-len(data)), m
		return len(data)
	}
	number := s.Emit(m, s.At(n-1))
	p.ask(id, op, number)
	return n
}

// findLDAP looks for a place where a message may begin, after a gap.
func findLDAP(data []byte) int {
	for i := range data {
		if data[i] != 0x30 {
			continue
		}
		_, op, n := ldapHead(data[i:])
		if n > 0 && (ldapRequests(op) || ldapAnswers(op)) && ldapFits(data[i:], n) {
			return i
		}
	}
	return len(data)
}

// ask keeps a request until it is answered.
func (p *ldap) ask(id uint64, op byte, number uint32) {
	if !ldapRequests(op) || op == 0x42 || op == 0x50 {
		return
	}
	if p.asked == nil || len(p.asked) >= maxLDAPAsked {
		p.asked = map[uint64]question{}
	}
	p.asked[id] = question{number: number}
}

// protected takes a buffer that SASL protects: its length and what is sealed or signed.
func (p *ldap) protected(s *Stream, data []byte) int {
	if len(data) < 4 {
		return 0
	}
	n := uint64(data[1])<<16 | uint64(data[2])<<8 | uint64(data[3])
	if n < 8 {
		s.Reject()
		return 0
	}
	m := s.Message(s.At(0))
	m.Summary = fmt.Sprintf("%d bytes protected by SASL", n)
	m.Uint(ldapSASL, n)
	m.Length = n + 4
	d := &p.sides[s.Side()]
	d.skip, d.pending = n, m
	return 4
}

// Gap implements Decoder.
func (p *ldap) Gap(s *Stream, g Gap) {
	d := &p.sides[s.Side()]
	if d.pending != nil && g.Bytes < d.skip {
		d.skip -= g.Bytes
		d.pending.Outcome = index.Partial
		return
	}
	if d.pending != nil {
		d.pending.Outcome = index.Partial
		s.Emit(d.pending, s.At(0))
		d.pending = nil
	}
	d.lost, d.skip = g.Bytes != d.skip, 0
}

// End implements Decoder.
func (p *ldap) End(s *Stream, rest []byte, e End) {
	d := &p.sides[s.Side()]
	m := d.pending
	if m == nil && len(rest) > 0 {
		id, op, n := ldapHead(rest)
		m = s.Message(s.At(0))
		m.Length = uint64(len(rest))
		m.Summary = "message that is not whole"
		if n > 0 {
			m.Uint(ldapMessageID, id)
			m.Uint(ldapOp, uint64(op&0x1f))
		}
	}
	if m != nil {
		m.Outcome = e.Outcome()
		s.Emit(m, s.At(0))
	}
	d.pending = nil
}
