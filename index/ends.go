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
	head := d.bytes(3) // kind, roles, state
	if head == nil {
		return e
	}
	e.ClientIsB = head[1]&1 != 0
	d.skip(1) // stream
	e.A, e.B = decodeEndpoint(d), decodeEndpoint(d)
	d.skip(5 + 6)       // echo id, frames and times; packets, bytes and payload of both sides
	d.bytes(d.count(1)) // history
	d.skip(d.count(1))  // VLANs
	return e
}

// EachMissing calls yield with how many bytes the decoders of connections lacked
// (Application.Missing), from a number on, in order, until it returns false. Of what is
// known of their applications nothing else is decoded.
func (x *Index) EachMissing(from uint32, yield func(number uint32, missing uint64) bool) error {
	if _, err := x.messageNames(); err != nil {
		return err
	}
	return x.view(func(v *view) error {
		var buf []byte
		start := from - from%connGroup
		return v.scan(bucketApplications, key32(start), func(key, value []byte) (bool, error) {
			if len(key) != 4 {
				return false, errShort
			}
			first := binary.BigEndian.Uint32(key)
			if first < start {
				return true, nil
			}
			body, err := unpack(value, buf, analysesLimit)
			if err != nil {
				return false, err
			}
			if value[0] != packedPlain {
				buf = body
			}
			d := &decoder{b: body}
			for len(d.b) > 0 {
				number := first + uint32(d.byte())
				missing := decodeMissing(d)
				if d.err != nil {
					return false, d.err
				}
				if number >= from && !yield(number, missing) {
					return false, nil
				}
			}
			return true, nil
		})
	})
}

// decodeMissing reads past an application as decodeApplication does.
func decodeMissing(d *decoder) uint64 {
	d.skip(d.count(1)) // protocols
	d.byte()           // confirmed
	d.bytes(d.count(1))
	d.bytes(d.count(1)) // host, and where it comes from
	d.skip(1)           // messages
	missing := d.uvarint()
	d.skip(3)           // sampled, printable, entropy
	d.bytes(d.count(1)) // head
	return missing
}
