package ingest

import (
	"encoding/binary"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
)

// echo is an ICMP echo request that was not answered yet.
type echo struct {
	frame    uint32
	time     index.Time
	seq      uint16
	checksum uint16
}

// maxEchoes bounds the requests of one connection that wait for a reply; the
// oldest is forgotten.
const maxEchoes = 128

func isEcho(k dissect.Kind) bool { return k == dissect.ICMP || k == dissect.ICMPv6 }

// pairEcho finds the request that an echo reply answers, as Wireshark does: the
// same addresses, identifier and sequence number, and a checksum that differs by
// the type only, so that the payload is the same. data hold the message.
func (t *tracker) pairEcho(row *index.Packet, c *conn, tr *dissect.Transport, p *dissect.Packet, data []byte) {
	if !isEcho(tr.Kind) || tr.Quoted {
		return
	}
	at := int(p.Layers[tr.Layer].Offset) + 2
	if p.Layers[tr.Layer].Reassembled != (row.Status&index.StatusReassembled != 0) || at+2 > len(data) {
		return
	}
	checksum := binary.BigEndian.Uint16(data[at:])
	if tr.Request {
		if len(c.echoes) == maxEchoes {
			c.echoes = c.echoes[:copy(c.echoes, c.echoes[1:])]
		}
		c.echoes = append(c.echoes, echo{row.Number, row.Time, tr.EchoSeq, checksum})
		return
	}
	checksum = requestChecksum(tr.Kind, checksum)
	for i := len(c.echoes) - 1; i >= 0; i-- {
		if e := c.echoes[i]; e.seq == tr.EchoSeq && e.checksum == checksum {
			row.Request, row.Delay = e.frame, row.Time-e.time
			c.echoes = append(c.echoes[:i], c.echoes[i+1:]...)
			return
		}
	}
}

// requestChecksum gives the checksum of the request from that of its reply (RFC
// 1624): request and reply have types 8 and 0 in ICMP, 128 and 129 in ICMPv6.
func requestChecksum(k dissect.Kind, reply uint16) uint16 {
	sum := uint32(^reply)
	if k == dissect.ICMP {
		sum += 0x0800
	} else {
		sum += 0xffff - 0x0100
	}
	sum = sum&0xffff + sum>>16
	return ^uint16(sum)
}
