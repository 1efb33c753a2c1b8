package proto

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
)

// Fields of QUIC, behind those of TLS.
const (
	quicHeaderForm = iota + tlsFieldCount
	quicPacketType
	quicPacketType2
	quicVersion
	quicDCID
	quicSCID
	quicToken
	quicRetryToken
	quicSupported
	quicLength
	quicPacketNumber
	quicFrameType
	quicAcked
	quicCryptoOffset
	quicCryptoLength
	quicErrorCode
	quicSpin
)

// quicProtocol is QUIC (RFC 9000, 9001, 9369 and the drafts of the first).
func quicProtocol() Protocol {
	const num = dissect.KindUint
	return Protocol{
		Name: "quic", Title: "QUIC", On: Datagrams, Ports: []uint16{443, 853, 8443, 784}, Patience: 10e9,
		Fields: append(tlsFields("tls"), []Field{
			{Name: "quic.header_form", Kind: num, Bits: 8, Listed: true, Doc: "Form of the header: 1 long, 0 short"},
			{Name: "quic.long.packet_type", Kind: num, Bits: 8, Listed: true, Doc: "Packet type: 0 initial, 1 0-RTT, 2 handshake, 3 retry"},
			{Name: "quic.long.packet_type_v2", Kind: num, Bits: 8, Listed: true, Doc: "Packet type in version 2: 1 initial, 2 0-RTT, 3 handshake, 0 retry"},
			{Name: "quic.version", Kind: num, Bits: 32, Hex: true, Listed: true, Doc: "Version"},
			{Name: "quic.dcid", Kind: dissect.KindBytes, Doc: "Destination connection ID"},
			{Name: "quic.scid", Kind: dissect.KindBytes, Doc: "Source connection ID"},
			{Name: "quic.token", Kind: dissect.KindBytes, Doc: "Token of an Initial packet"},
			{Name: "quic.retry_token", Kind: dissect.KindBytes, Doc: "Token of a Retry packet"},
			{Name: "quic.supported_version", Kind: num, Bits: 32, Hex: true, Listed: true, Doc: "Versions of a version negotiation"},
			{Name: "quic.length", Kind: num, Bits: 64, Doc: "Length of packet number and payload"},
			{Name: "quic.packet_number", Kind: num, Bits: 64, Doc: "Packet number of an Initial packet"},
			{Name: "quic.frame_type", Kind: num, Bits: 64, Listed: true, Doc: "Types of the frames of an Initial packet"},
			{Name: "quic.ack.largest_acknowledged", Kind: num, Bits: 64, Doc: "Largest packet number acknowledged by an Initial packet"},
			{Name: "quic.crypto.offset", Kind: num, Bits: 64, Doc: "Offset of handshake data"},
			{Name: "quic.crypto.length", Kind: num, Bits: 64, Doc: "Length of handshake data"},
			{Name: "quic.cc.error_code", Kind: num, Bits: 64, Doc: "Error code of a close"},
			{Name: "quic.spin_bit", Kind: dissect.KindBool, Bits: 8, Doc: "Spin bit of a short header"},
		}...),
		Detect: detectQUIC,
		New:    func() Decoder { return &quic{session: tlsSession{carrier: 'q'}} },
	}
}

// detectQUIC: a header of the long form, of a version that is known, whose lengths fit
// into the datagram.
func detectQUIC(h *Head) Verdict {
	header, ok := readLongHeader(h.Client)
	switch {
	case !ok || header.kind == quicNegotiation || len(header.dcid)+len(header.scid) == 0 || header.first&fixedBit == 0:
		return No
	case header.kind == quicInitial && len(header.dcid) >= 8 && len(h.Client) >= quicSmallest:
		return Yes
	case header.version&0x0f0f0f0f == 0x0a0a0a0a && header.version != quicV1:
		return No
	}
	return Likely
}

// quicSmallest is the size of a datagram with a client's Initial at least (RFC 9000,
// section 14.1).
const quicSmallest = 1200

// quic decodes a connection: one message for each datagram.
type quic struct {
	session tlsSession
	keys    [2]*quicKeys // of the client, of the server; nil: not known yet
	version uint32
	sides   [2]cryptoStream
	next    [2]uint64 // packet number expected of an Initial, by side
	cids    [2][]byte // by side: the connection ID that it chose
	known   [2]bool   // it did
	dcid    []byte    // of the packet in hand
	client  index.Side
	began   bool // the client is known
	initial Mark // of the client's first Initial
	last    Mark // of the last datagram
	server  bool // the server sent something
	closed  bool
	said    bool
}

// Decode implements Decoder.
func (q *quic) Decode(s *Stream, b []byte) int {
	if b[0]&0x80 == 0 && !q.isShort(s, b) {
		return 0
	}
	m := s.Message(s.At(0))
	q.session.begin()
	rest := b
	for packets := 0; len(rest) > 0 && packets < maxQUICPackets; packets++ {
		n := 0
		if rest[0]&0x80 != 0 {
			n = q.long(s, m, rest)
		} else if packets == 0 || bytes.HasPrefix(rest[1:], q.dcid) { // all of a datagram are for one ID
			n = q.short(s, m, rest)
		}
		if n == 0 {
			break
		}
		rest = rest[n:]
	}
	if len(rest) == len(b) {
		return 0
	}
	if q.began && s.Side() != q.client {
		q.server = true
	}
	m.Length = uint64(len(b))
	q.last = s.At(len(b) - 1)
	q.session.finish(s, m, q.last)
	return len(b)
}

// isShort tells whether a datagram is a packet with a short header: it has the fixed
// bit, or, where an endpoint leaves that out (RFC 9287), the connection ID of the other
// side.
func (q *quic) isShort(s *Stream, b []byte) bool {
	cid := q.cids[1-s.Side()]
	return q.began && (b[0]&fixedBit != 0 || len(cid) > 0 && bytes.HasPrefix(b[1:], cid))
}

// isLong tells whether a header of the long form is one: without the fixed bit the
// connection ID of the other side must speak for it.
func (q *quic) isLong(s *Stream, h *quicHeader) bool {
	return h.kind == quicNegotiation || h.first&fixedBit != 0 || q.began && q.known[1-s.Side()] && bytes.Equal(h.dcid, q.cids[1-s.Side()])
}

// maxQUICPackets bounds the packets of a datagram.
const maxQUICPackets = 64

// short takes a packet with a short header, which fills the rest of the datagram.
func (q *quic) short(s *Stream, m *Message, b []byte) int {
	m.Uint(quicHeaderForm, 0)
	m.Bool(quicSpin, b[0]&0x20 != 0)
	if n := len(q.cids[1-s.Side()]); n > 0 && len(b) > n {
		m.Str(quicDCID, string(b[1:1+n]))
	}
	q.session.sides[s.Side()].secured = true
	q.session.label(quicShort.String())
	return len(b)
}

// long takes a packet with a long header and gives its size, 0 if it is none.
func (q *quic) long(s *Stream, m *Message, b []byte) int {
	h, ok := readLongHeader(b)
	if !ok || !q.isLong(s, &h) {
		return 0
	}
	m.Uint(quicHeaderForm, 1)
	switch {
	case h.kind == quicNegotiation:
	case h.version == quicV2:
		m.Uint(quicPacketType2, uint64(h.first>>4&3))
	default:
		m.Uint(quicPacketType, uint64(h.first>>4&3))
	}
	m.Uint(quicVersion, uint64(h.version))
	q.dcid = append(q.dcid[:0], h.dcid...)
	if len(h.dcid) > 0 {
		m.Str(quicDCID, string(h.dcid))
	}
	if len(h.scid) > 0 {
		m.Str(quicSCID, string(h.scid))
	}
	if !q.began {
		q.began, q.client = true, s.Side()
		if h.kind != quicInitial && !s.FromClient() {
			q.client = 1 - s.Side()
		}
	}
	if !slices.Equal(q.cids[s.Side()], h.scid) || !q.known[s.Side()] {
		if h.kind == quicInitial && q.known[s.Side()] && s.Side() == q.client && h.version != 0 { // another connection of the same ports
			*q = quic{session: tlsSession{carrier: 'q', labels: q.session.labels}, began: true, client: q.client, dcid: q.dcid}
		}
		q.cids[s.Side()], q.known[s.Side()] = slices.Clone(h.scid), true
	}
	q.session.label(h.kind.String())
	switch h.kind {
	case quicNegotiation:
		q.negotiation(s, m, &h)
	case quicRetry:
		q.retry(m, &h)
	case quicInitial:
		m.Uint(quicLength, h.length)
		q.initialPacket(s, m, &h, b[:h.size])
	case quicHandshake:
		m.Uint(quicLength, h.length)
		q.session.sides[s.Side()].secured = true
	default:
		m.Uint(quicLength, h.length)
	}
	return h.size
}

func (q *quic) negotiation(s *Stream, m *Message, h *quicHeader) {
	n := 0
	for b := h.versions; len(b) >= 4 && n < 64; b = b[4:] {
		m.Uint(quicSupported, uint64(binary.BigEndian.Uint32(b)))
		n++
	}
	q.session.answers, m.Code = true, "Version Negotiation"
	q.known[s.Side()] = false // the ID is the one that the client made up
	m.Warn("quic.version_negotiation", index.SeverityNote, fmt.Sprintf("the server does not speak the client's version; it offers %d", n))
}

func (q *quic) retry(m *Message, h *quicHeader) {
	if len(h.token) > 0 {
		m.Str(quicRetryToken, string(h.token))
	}
	q.session.answers, m.Code = true, "Retry"
	q.keys = [2]*quicKeys{} // the next Initial's ID gives new ones
	m.Warn("quic.retry", index.SeverityNote, "the server makes the client prove its address first (Retry)")
}

// initialPacket decrypts an Initial packet.
func (q *quic) initialPacket(s *Stream, m *Message, h *quicHeader, packet []byte) {
	if len(h.token) > 0 {
		m.Str(quicToken, string(h.token))
	}
	side := s.Side()
	fromClient := side == q.client
	if fromClient && q.initial.Frame == 0 {
		q.initial = s.At(0)
	}
	role := 1
	if fromClient {
		role = 0
	}
	var number uint64
	var frames []byte
	if k := q.keys[role]; k != nil && q.version == h.version {
		number, frames = k.open(packet, h.number, q.next[side])
	}
	if frames == nil && fromClient { // the first one, or one after a retry
		if keys, ok := newQUICKeys(h.version, h.dcid); ok {
			if number, frames = keys[0].open(packet, h.number, q.next[side]); frames != nil || q.keys[0] == nil {
				q.keys, q.version = keys, h.version
			}
		}
	}
	if frames == nil {
		if q.keys[role] != nil {
			m.Uint(quicPacketNumber, number)
		}
		return
	}
	q.next[side] = max(q.next[side], number+1)
	m.Uint(quicPacketNumber, number)
	q.frames(s, m, frames)
}

// Gap implements Decoder: datagrams have none.
func (q *quic) Gap(*Stream, Gap) {}

// End implements Decoder.
func (q *quic) End(s *Stream, _ []byte, _ End) {
	if q.said || q.server || q.initial.Frame == 0 || s.Side() == q.client {
		return
	}
	q.said = true
	m := s.Message(q.last)
	m.Kind, m.Outcome, m.Summary = index.Conclusion, index.Failed, "no answer from the server"
	m.Warn("quic.blocked", index.SeverityWarn, "the client's Initial packets got no answer in the capture", q.initial.Frame)
	s.Emit(m, q.last)
}
