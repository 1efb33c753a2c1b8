package proto

import (
	"fmt"
	"slices"

	"pcapidx/index"
)

// Types of frames that Initial packets may have (RFC 9000, section 12.4).
const (
	quicPadding   = 0x00
	quicPing      = 0x01
	quicAck       = 0x02
	quicAckECN    = 0x03
	quicCrypto    = 0x06
	quicClose     = 0x1c
	quicMaxFrames = 1 << 10 // read of a packet
)

// frames reads the frames of an Initial packet.
func (q *quic) frames(s *Stream, m *Message, b []byte) {
	r := reader{b: b}
	for n := 0; len(r.b) > 0 && n < quicMaxFrames; n++ {
		kind := r.varint()
		m.Uint(quicFrameType, kind)
		switch kind {
		case quicPadding: // a run of them counts as one
			for len(r.b) > 0 && r.b[0] == quicPadding {
				r.b = r.b[1:]
			}
		case quicPing:
		case quicAck, quicAckECN:
			r.ack(m, kind == quicAckECN)
		case quicCrypto:
			offset := r.varint()
			data := r.bytes(int(min(r.varint(), 1<<20)))
			if !r.bad {
				m.Uint(quicCryptoOffset, offset)
				m.Uint(quicCryptoLength, uint64(len(data)))
				q.sides[s.Side()].add(offset, data)
			}
		case quicClose:
			q.close(m, &r)
		default: // none that an Initial may have
			return
		}
		if r.bad {
			m.Outcome = index.Malformed
			return
		}
	}
	if data := q.sides[s.Side()].take(); len(data) > 0 {
		q.session.handshakes(s, m, data)
	}
}

// ack takes the body of an ACK frame (RFC 9000, section 19.3).
func (r *reader) ack(m *Message, ecn bool) {
	m.Uint(quicAcked, r.varint())
	r.varint() // delay
	count := r.varint()
	r.varint() // first range
	for ; count > 0 && !r.bad; count-- {
		r.varint()
		r.varint()
	}
	for i := 0; ecn && i < 3; i++ {
		r.varint()
	}
}

// close takes a CONNECTION_CLOSE frame. Codes 0x100 to 0x1ff are alerts of TLS.
func (q *quic) close(m *Message, r *reader) {
	code := r.varint()
	r.varint() // type of the frame that caused it
	r.bytes(int(min(r.varint(), 1<<20)))
	if r.bad {
		return
	}
	m.Uint(quicErrorCode, code)
	m.Code = fmt.Sprintf("0x%x", code)
	if code>>8 == 1 {
		m.Code = tlsAlertName(byte(code))
	}
	q.session.label("Connection Close (" + m.Code + ")")
	if code != 0 {
		m.Outcome = index.Failed
		m.Warn("quic.close", index.SeverityWarn, fmt.Sprintf("the connection was closed with error 0x%x during its handshake", code))
	}
	q.closed = true
}

// cryptoStream puts the data of CRYPTO frames into their order.
type cryptoStream struct {
	next  uint64 // offset behind what was taken
	parts []cryptoPart
	held  int
}

// cryptoPart is data behind a hole.
type cryptoPart struct {
	offset uint64
	data   []byte
}

// Bounds of what waits behind a hole.
const (
	maxCryptoParts = 256
	maxCryptoHeld  = 64 << 10
)

func (c *cryptoStream) add(offset uint64, data []byte) {
	if len(data) == 0 || offset+uint64(len(data)) <= c.next || len(c.parts) >= maxCryptoParts || c.held+len(data) > maxCryptoHeld {
		return
	}
	c.parts = append(c.parts, cryptoPart{offset, slices.Clone(data)})
	c.held += len(data)
}

// take gives what follows without a hole.
func (c *cryptoStream) take() (out []byte) {
	if len(c.parts) == 0 {
		return nil
	}
	slices.SortStableFunc(c.parts, func(a, b cryptoPart) int {
		switch {
		case a.offset < b.offset:
			return -1
		case a.offset > b.offset:
			return 1
		}
		return 0
	})
	kept := c.parts[:0]
	for _, p := range c.parts {
		end := p.offset + uint64(len(p.data))
		switch {
		case p.offset > c.next:
			kept = append(kept, p)
			continue
		case end > c.next:
			out = append(out, p.data[c.next-p.offset:]...)
			c.next = end
		}
		c.held -= len(p.data)
	}
	clear(c.parts[len(kept):])
	c.parts = kept
	return out
}
