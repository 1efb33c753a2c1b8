package proto

import "encoding/binary"

// Versions of QUIC.
const (
	quicV1        = 1
	quicV2        = 0x6b3343cf
	quicDraft     = 0xff000000 // | draft
	quicFacebook1 = 0xfaceb001
	quicFacebook2 = 0xfaceb002
)

// maxCID is the length of a connection ID at most (RFC 9000, section 17.2).
const maxCID = 20

// quicType is the type of a packet, whatever the version's bits for it are.
type quicType uint8

const (
	quicInitial quicType = iota
	quicZeroRTT
	quicHandshake
	quicRetry
	quicNegotiation
	quicShort
)

// String names the type.
func (t quicType) String() string {
	return [...]string{"Initial", "0-RTT", "Handshake", "Retry", "Version Negotiation", "Protected Payload"}[min(t, quicShort)]
}

// quicHeader is the header of a packet.
type quicHeader struct {
	kind       quicType
	first      byte
	version    uint32
	dcid, scid []byte
	token      []byte // of an Initial, or a Retry
	versions   []byte // of a negotiation
	length     uint64 // of packet number and frames
	number     int    // where the packet number begins
	size       int    // of the whole packet
}

// quicKnown tells versions whose packets are understood: all that have the form of
// RFC 9000.
func quicKnown(version uint32) bool {
	switch {
	case version == quicV1, version == quicV2, version == quicFacebook1, version == quicFacebook2:
		return true
	case version&^0xff == quicDraft:
		draft := version & 0xff
		return draft >= 22 && draft <= 34
	}
	return version&0x0f0f0f0f == 0x0a0a0a0a // kept free to provoke negotiation
}

// fixedBit is set in every packet, unless both ends agreed to leave it out (RFC 9287).
const fixedBit = 0x40

// readLongHeader reads a header of the long form, as it stands in front of b. Whether
// it has the fixed bit is left to the caller.
func readLongHeader(b []byte) (h quicHeader, ok bool) {
	if len(b) < 7 || b[0]&0x80 == 0 {
		return h, false
	}
	h.first, h.version = b[0], binary.BigEndian.Uint32(b[1:])
	r := reader{b: b[5:]}
	dcid, scid := r.vector(1), r.vector(1)
	h.dcid, h.scid = dcid.b, scid.b
	if r.bad || len(h.dcid) > maxCID || len(h.scid) > maxCID {
		return h, false
	}
	if h.version == 0 {
		h.kind, h.versions, h.size = quicNegotiation, r.b, len(b)
		return h, len(r.b) >= 4
	}
	if !quicKnown(h.version) {
		return h, false
	}
	h.kind = quicType(b[0] >> 4 & 3)
	if h.version == quicV2 { // RFC 9369, section 3.2
		h.kind = (h.kind + 3) & 3
	}
	if h.kind == quicRetry {
		const tag = 16
		if len(r.b) < tag {
			return h, false
		}
		h.token, h.size = r.b[:len(r.b)-tag], len(b)
		return h, true
	}
	if h.kind == quicInitial {
		h.token = r.bytes(int(min(r.varint(), 1<<20)))
	}
	h.length = r.varint()
	h.number = len(b) - len(r.b)
	if r.bad || h.length > uint64(len(r.b)) || h.length < 1 {
		return h, false
	}
	h.size = h.number + int(h.length)
	return h, true
}

// varint takes a number of variable length (RFC 9000, section 16).
func (r *reader) varint() (v uint64) {
	first := r.uint8()
	if r.bad {
		return 0
	}
	v = uint64(first & 0x3f)
	for _, b := range r.bytes(1<<(first>>6) - 1) {
		v = v<<8 | uint64(b)
	}
	return v
}
