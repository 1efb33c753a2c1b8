package dissect

import (
	"encoding/binary"
	"math"

	"github.com/google/gopacket"
)

// maxLayers bounds the nesting: no real frame comes near it, and a frame of
// nothing but labels or tunnels must not cost more than a long one.
const maxLayers = 200

// verdict is the error by which a layer ends the decoding.
type verdict struct{ problem Problem }

// Error names the verdict.
func (v *verdict) Error() string { return v.problem.String() }

// The verdicts. errStop ends the decoding of a packet that is not to blame,
// such as the cut quotation in an ICMP error.
var (
	errStop      = &verdict{OK}
	errTruncated = &verdict{Truncated}
	errMalformed = &verdict{Malformed}
)

// scan is the state that the layers of one frame share. All layers embed it,
// which also gives them NextLayerType and LayerPayload.
type scan struct {
	packet *Packet
	data   []byte // the frame or the datagram
	link   uint32 // link type
	pos    int    // where the current layer starts in data
	rep    int    // reported length of the current layer, >= its captured length

	next    gopacket.LayerType // a Proto; zero ends the decoding
	payload []byte

	network     int   // the innermost IP header, index into Networks; -1 without
	previous    Proto // the layer before the current one
	reassembled bool
	quoted      bool // inside an ICMP error
	fragmented  bool // inside the first fragment of a datagram that is not reassembled
	stash       stash
	pending     []branch
}

// stash holds what one layer tells the next but does not record.
type stash struct {
	greType     uint16
	greSequence bool // GRE had a sequence number: ERSPAN I has none
	ethernetFCS bool // the next Ethernet frame ends with its check sequence
	wlanFCS     int  // bytes of frame check sequence after the 802.11 frame
	wlanPad     bool // the 802.11 header is padded to four bytes
	wlanSwapped bool // its frame control field is big-endian
}

// branch is a part of the frame to be decoded after the current one: a
// subframe of an 802.11 aggregate.
type branch struct {
	next       gopacket.LayerType
	start, end int // captured bytes in data
	rep        int
}

// start prepares s for a frame or datagram.
func (s *scan) start(p *Packet, data []byte, reported int) {
	pending := s.pending[:0]
	*s = scan{packet: p, data: data, rep: reported, network: -1, pending: pending}
}

// NextLayerType is the layer that the last one announced.
func (s *scan) NextLayerType() gopacket.LayerType { return s.next }

// LayerPayload is what the last layer left for the next one.
func (s *scan) LayerPayload() []byte { return s.payload }

// add records a layer with a header of the given length at the current
// position. The length is cut to what was captured.
func (s *scan) add(proto Proto, header int) {
	s.addAt(proto, s.pos, header)
}

// addAt is add for a layer that does not start at the current position.
func (s *scan) addAt(proto Proto, offset, header int) {
	offset = min(offset, len(s.data))
	header = max(0, min(header, len(s.data)-offset))
	s.packet.Layers = append(s.packet.Layers, Layer{
		Proto: proto, Offset: uint32(offset), Length: uint32(header), Reassembled: s.reassembled,
	})
}

// layer is the index of the layer recorded last.
func (s *scan) layer() uint16 { return uint16(len(s.packet.Layers) - 1) }

// pass ends a layer of the given header length and hands the rest to next. The
// payload is clipped to length, what the header announces for it, or left as
// it is if that is more than the layers around it allow.
func (s *scan) pass(next Proto, data []byte, header, length int) error {
	rep := min(s.rep-header, length)
	if header > len(data) || rep < 0 {
		return s.short(header)
	}
	s.payload = data[header:]
	if len(s.payload) > rep {
		s.payload = s.payload[:rep]
	}
	s.pos += header
	s.rep = rep
	s.next = gopacket.LayerType(next)
	return nil
}

// rest is the length for pass where a header announces none.
const rest = math.MaxInt

// end ends the decoding of this branch of the frame.
func (s *scan) end() error {
	s.next, s.payload = gopacket.LayerTypeZero, nil
	return nil
}

// short says why a layer has fewer captured bytes than it needs.
func (s *scan) short(need int) error {
	switch {
	case s.quoted:
		return errStop
	case s.rep < need && !s.fragmented:
		return errMalformed
	}
	return errTruncated
}

// be16 and be32 read big-endian numbers; the caller has checked the bounds.
func be16(b []byte, at int) uint16 { return binary.BigEndian.Uint16(b[at:]) }
func be32(b []byte, at int) uint32 { return binary.BigEndian.Uint32(b[at:]) }
