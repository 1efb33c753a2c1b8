package index

import (
	"encoding/binary"
	"net/netip"
)

// EachEnds calls yield with the endpoints, by side, of the connections from a number
// on, in order, until it returns false. Of the records nothing else is decoded.
func (x *Index) EachEnds(from uint32, yield func(number uint32, ends [2]netip.AddrPort) bool) error {
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
func decodeEnds(d *decoder) (ends [2]netip.AddrPort) {
	d.bytes(3)  // kind, roles, state
	d.uvarint() // stream
	ends = [2]netip.AddrPort{decodeEndpoint(d), decodeEndpoint(d)}
	for range 5 + 6 { // echo id, frames and times; packets, bytes and payload of both sides
		d.uvarint()
	}
	d.bytes(d.count(1)) // history
	for range d.count(1) {
		d.uvarint()
	}
	return ends
}
