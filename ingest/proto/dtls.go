package proto

import (
	"encoding/binary"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
)

// Fields of DTLS, behind those that it has like TLS.
const (
	dtlsEpoch = iota + tlsFieldCount
	dtlsSequence
	dtlsCookie
	dtlsMessageSeq
	dtlsFragmentOffset
	dtlsFragmentLength
)

// dtlsProtocol is Datagram Transport Layer Security, versions 1.0 and 1.2 (RFC 6347).
func dtlsProtocol() Protocol {
	const num = dissect.KindUint
	return Protocol{
		Name: "dtls", Title: "DTLS", On: Datagrams, Ports: []uint16{443, 853, 2102, 3478, 4433, 4740, 5349, 5684, 6636}, Patience: 10e9,
		Fields: append(tlsFields("dtls"), []Field{
			{Name: "dtls.record.epoch", Kind: num, Bits: 16, Listed: true, Doc: "Epoch: rises with each change of the cipher"},
			{Name: "dtls.record.sequence_number", Kind: num, Bits: 64, Doc: "Number of the record within its epoch"},
			{Name: "dtls.handshake.cookie", Kind: dissect.KindBytes, Doc: "Cookie by which the client proves its address"},
			{Name: "dtls.handshake.message_seq", Kind: num, Bits: 16, Doc: "Number of a handshake message"},
			{Name: "dtls.handshake.fragment_offset", Kind: num, Bits: 24, Doc: "Offset of a fragment of a handshake message"},
			{Name: "dtls.handshake.fragment_length", Kind: num, Bits: 24, Doc: "Length of a fragment of a handshake message"},
		}...),
		Detect: detectDTLS,
		New:    func() Decoder { return &dtls{session: tlsSession{carrier: 'd', cookies: true}} },
	}
}

// Sizes of headers.
const (
	dtlsHeader    = 13 // of a record
	dtlsHandshake = 12 // of a handshake message
)

// dtlsHead tells whether b begins with a record that is there as a whole.
func dtlsHead(b []byte) bool {
	if len(b) < dtlsHeader || b[0] < tlsChangeCipher || b[0] > tlsHeartbeat {
		return false
	}
	switch binary.BigEndian.Uint16(b[1:]) {
	case 0xfeff, 0xfefd, 0x0100: // the last one is of early implementations
	default:
		return false
	}
	size := dtlsSize(b)
	return size > dtlsHeader && size <= dtlsHeader+maxTLSRecord && size <= len(b)
}

// dtlsSize is the size of a record with its header.
func dtlsSize(b []byte) int { return dtlsHeader + int(binary.BigEndian.Uint16(b[11:])) }

// detectDTLS: whole records that fill the datagram.
func detectDTLS(h *Head) Verdict {
	b := h.Client
	for len(b) > 0 {
		if !dtlsHead(b) || b[1] == 1 && b[0] != tlsHandshakes {
			return No
		}
		if b = b[dtlsSize(b):]; len(h.Client) == HeadBytes {
			break
		}
	}
	return Yes
}

// dtls decodes a connection: one message for each datagram.
type dtls struct {
	session tlsSession
	sides   [2]dtlsSide
}

// dtlsSide is the handshake message of a direction that comes in fragments.
type dtlsSide struct {
	kind   byte
	number uint16
	length int
	parts  cryptoStream
	data   []byte
}

// Decode implements Decoder.
func (d *dtls) Decode(s *Stream, b []byte) int {
	if !dtlsHead(b) {
		return 0
	}
	m := s.Message(s.At(0))
	m.Length = uint64(len(b))
	d.session.begin()
	last := s.At(len(b) - 1)
	for len(b) > 0 && dtlsHead(b) {
		size := dtlsSize(b)
		d.record(s, m, b[:size])
		b = b[size:]
	}
	if len(b) > 0 {
		m.Outcome = index.Malformed
	}
	d.session.finish(s, m, last)
	return 1
}

func (d *dtls) record(s *Stream, m *Message, b []byte) {
	kind, epoch, body := b[0], binary.BigEndian.Uint16(b[3:]), b[dtlsHeader:]
	m.Uint(tlsRecordType, uint64(kind))
	m.Uint(tlsRecordVersion, uint64(binary.BigEndian.Uint16(b[1:])))
	m.Uint(dtlsEpoch, uint64(epoch))
	m.Uint(dtlsSequence, binary.BigEndian.Uint64(b[3:])&(1<<48-1))
	m.Uint(tlsRecordLength, uint64(len(body)))
	switch kind {
	case tlsApplication:
		m.Uint(tlsAppData, 1)
		d.session.label("Application Data")
		d.session.sides[s.Side()].secured = true
	case tlsHandshakes:
		if epoch > 0 {
			d.session.opaque(m)
			return
		}
		d.handshakes(s, m, body)
	case tlsChangeCipher:
		d.session.changeCipher(s, m)
	case tlsAlertRecord:
		d.session.alert(s, m, body)
	case tlsHeartbeat:
		d.session.label("Heartbeat")
	}
}

// handshakes takes the handshake messages of a record, or fragments of them.
func (d *dtls) handshakes(s *Stream, m *Message, body []byte) {
	for len(body) > 0 {
		if len(body) < dtlsHandshake || tlsHandshakeName(body[0]) == "" {
			d.session.opaque(m)
			return
		}
		kind, number := body[0], binary.BigEndian.Uint16(body[4:])
		length, offset, size := uint24(body[1:]), uint24(body[6:]), uint24(body[9:])
		if offset+size > length || size > len(body)-dtlsHandshake || length > maxHandshake {
			d.session.opaque(m)
			return
		}
		m.Uint(dtlsMessageSeq, uint64(number))
		m.Uint(dtlsFragmentOffset, uint64(offset))
		m.Uint(dtlsFragmentLength, uint64(size))
		part := body[dtlsHandshake : dtlsHandshake+size]
		body = body[dtlsHandshake+size:]
		if size == length {
			d.message(s, m, kind, part)
			continue
		}
		if whole := d.sides[s.Side()].add(kind, number, length, offset, part); whole != nil {
			d.message(s, m, kind, whole)
			continue
		}
		m.Uint(tlsHandshake, 1)
		m.Uint(tlsHandshakeType, uint64(kind))
		m.Uint(tlsHandshakeLength, uint64(length))
		d.session.label(tlsHandshakeName(kind) + " (in part)")
	}
}

func (d *dtls) message(s *Stream, m *Message, kind byte, body []byte) {
	if kind == tlsClientHello {
		if h := readClientHello(body, true); len(h.cookie) > 0 {
			m.Str(dtlsCookie, string(h.cookie))
		}
	}
	if kind == tlsHelloVerify && len(body) > 3 && int(body[2]) <= len(body)-3 {
		m.Str(dtlsCookie, string(body[3:3+int(body[2])]))
	}
	d.session.message(s, m, kind, body)
}

func uint24(b []byte) int { return int(b[0])<<16 | int(b[1])<<8 | int(b[2]) }

// add takes a fragment and gives the message when it is whole.
func (d *dtlsSide) add(kind byte, number uint16, length, offset int, part []byte) []byte {
	if kind != d.kind || number != d.number || length != d.length {
		*d = dtlsSide{kind: kind, number: number, length: length}
	}
	d.parts.add(uint64(offset), part)
	d.data = append(d.data, d.parts.take()...)
	if len(d.data) < length {
		return nil
	}
	data := d.data
	*d = dtlsSide{}
	return data
}

// Gap implements Decoder: datagrams have none.
func (d *dtls) Gap(*Stream, Gap) {}

// End implements Decoder.
func (d *dtls) End(*Stream, []byte, End) {}
