package index

import (
	"encoding/binary"
	"net/netip"
)

// Ends are the endpoints of a connection.
type Ends struct {
	A, B      netip.AddrPort
	ClientIsB bool
}

// Of gives the endpoint of a side.
func (e *Ends) Of(s Side) netip.AddrPort {
	if s == SideB {
		return e.B
	}
	return e.A
}

// Server gives the endpoint that was contacted.
func (e *Ends) Server() netip.AddrPort {
	if e.ClientIsB {
		return e.A
	}
	return e.B
}

// EachEnds calls yield with the endpoints of the connections from a number on, in
// order, until it returns false. Of the records nothing else is decoded.
func (x *Index) EachEnds(from uint32, yield func(number uint32, ends Ends) bool) error {
	if from >= x.summary.Connections {
		return nil
	}
	return x.view(func(v *view) error {
		var buf []byte
		start := from - from%connGroup
		return v.scan(bucketConnections, key32(start), func(key, value []byte) (bool, error) {
			if len(key) != 4 {
				return false, errShort
			}
			number := binary.BigEndian.Uint32(key)
			if number < start {
				return true, nil
			}
			body, err := unpack(value, buf, groupLimit)
			if err != nil {
				return false, err
			}
			if value[0] != packedPlain {
				buf = body
			}
			d := &decoder{b: body}
			for range min(d.count(16), connGroup) {
				ends := decodeEnds(d)
				if d.err != nil {
					return false, d.err
				}
				if number >= from && !yield(number, ends) {
					return false, nil
				}
				number++
			}
			return true, d.err
		})
	})
}

// decodeEnds reads past a record as decodeConnection does.
func decodeEnds(d *decoder) (e Ends) {
	d.byte() // kind
	e.ClientIsB = d.byte()&1 != 0
	d.byte()    // state
	d.uvarint() // stream
	e.A, e.B = decodeEndpoint(d), decodeEndpoint(d)
	for range 5 + 6 { // echo id, frames and times; packets, bytes and payload of both sides
		d.uvarint()
	}
	d.bytes(d.count(1)) // history
	for range d.count(1) {
		d.uvarint()
	}
	return e
}
