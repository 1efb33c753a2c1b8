package ingest

import (
	"encoding/binary"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
)

// complexLists names the fields of which a complex frame's values (see
// index.StatusComplex) are put into posting lists one by one: what its headers
// mean to Wireshark is not always what they mean to a connection.
type complexLists struct {
	fields []listedField
	flags  dissect.FieldID
	values []dissect.FieldValue
}

type listedField struct {
	id   dissect.FieldID
	list index.PostingField
}

func newComplexLists() complexLists {
	var c complexLists
	for _, f := range []struct {
		name string
		list index.PostingField
	}{
		{"ip.src", index.PostIPSrc},
		{"ip.dst", index.PostIPDst},
		{"ipv6.src", index.PostIPSrc},
		{"ipv6.dst", index.PostIPDst},
		{"tcp.srcport", index.PostTCPSrcPort},
		{"tcp.dstport", index.PostTCPDstPort},
		{"udp.srcport", index.PostUDPSrcPort},
		{"udp.dstport", index.PostUDPDstPort},
		{"sctp.srcport", index.PostSCTPSrc},
		{"sctp.dstport", index.PostSCTPDst},
		{"vlan.id", index.PostVLAN},
	} {
		if id, ok := dissect.FieldByName(f.name); ok {
			c.fields = append(c.fields, listedField{id, f.list})
		}
	}
	c.flags, _ = dissect.FieldByName("tcp.flags")
	return c
}

// add puts a frame into the lists of its values. datagram is what it completed,
// if it did.
func (c *complexLists) add(s *index.Segment, stacks *stackTable, row *index.Packet, data, datagram []byte, p *dissect.Packet) {
	for _, f := range c.fields {
		c.values = dissect.AppendValues(c.values[:0], f.id, data, datagram, int(row.OrigLen), p)
		for i := range c.values {
			value := c.values[i].Bytes
			if value == nil {
				value = index.PortValue(uint16(c.values[i].Num))
			}
			s.List(f.list, value).Add(row.Number)
		}
	}
	c.values = dissect.AppendValues(c.values[:0], c.flags, data, datagram, int(row.OrigLen), p)
	for i := range c.values {
		flags := uint16(c.values[i].Num)
		stacks.flags(s, flags, row.Number)
		s.List(index.PostTCPFlag, binary.BigEndian.AppendUint16(nil, flags)).Add(row.Number)
	}
}
