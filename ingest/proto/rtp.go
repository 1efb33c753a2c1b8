package proto

import (
	"encoding/binary"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
)

const (
	rtpVersion = iota
	rtpPadding
	rtpExt
	rtpCC
	rtpMarker
	rtpPayloadType
	rtpSeq
	rtpTimestamp
	rtpSSRC
	rtpStreamPackets
	rtpStreamExpected
	rtpStreamLost
	rtpStreamLostPercent
	rtpStreamDuplicates
	rtpStreamReordered
	rtpStreamJitterMean
	rtpStreamJitterMax
	rtpStreamInterval
	rtpStreamGap
	rtpStreamPayload
	rtpStreamSSRC
	rtpStreamDSCP
)

// rtpProtocol is the Real-time Transport Protocol (RFC 3550). It is found where
// another protocol announced it, or by packets that continue each other; one decoder
// takes all connections, so that it can wait for these.
func rtpProtocol() Protocol {
	number := func(name string, bits uint8, doc string) Field {
		return Field{Name: name, Kind: dissect.KindUint, Bits: bits, Doc: doc}
	}
	flag := func(name, doc string) Field { return Field{Name: name, Kind: dissect.KindBool, Listed: true, Doc: doc} }
	time := func(name, doc string) Field { return Field{Name: name, Kind: dissect.KindRelTime, Doc: doc} }
	listed := func(f Field) Field { f.Listed = true; return f }
	return Protocol{
		Name: "rtp", Title: "RTP", On: Datagrams, Shared: true,
		Fields: []Field{
			rtpVersion:           number("rtp.version", 8, "Version"),
			rtpPadding:           flag("rtp.padding", "Padding follows the payload"),
			rtpExt:               flag("rtp.ext", "An extension follows the header"),
			rtpCC:                number("rtp.cc", 8, "Contributing sources"),
			rtpMarker:            flag("rtp.marker", "Marker: begin of speech, end of a picture"),
			rtpPayloadType:       listed(number("rtp.p_type", 8, "Payload type")),
			rtpSeq:               number("rtp.seq", 16, "Sequence number"),
			rtpTimestamp:         number("rtp.timestamp", 32, "Time stamp"),
			rtpSSRC:              {Name: "rtp.ssrc", Kind: dissect.KindUint, Bits: 32, Hex: true, Listed: true, Doc: "Synchronisation source"},
			rtpStreamPackets:     number("rtp.stream.packets", 32, "Packets of a stream"),
			rtpStreamExpected:    number("rtp.stream.expected", 32, "Packets that its sequence numbers span"),
			rtpStreamLost:        number("rtp.stream.lost", 32, "Packets that did not come"),
			rtpStreamLostPercent: {Name: "rtp.stream.lost_percent", Kind: dissect.KindFloat, Doc: "Share of them"},
			rtpStreamDuplicates:  number("rtp.stream.duplicates", 32, "Packets that came again"),
			rtpStreamReordered:   number("rtp.stream.reordered", 32, "Packets that came after later ones"),
			rtpStreamJitterMean:  time("rtp.stream.jitter_mean", "Mean of the interarrival jitter"),
			rtpStreamJitterMax:   time("rtp.stream.jitter_max", "Highest interarrival jitter"),
			rtpStreamInterval:    time("rtp.stream.interval_mean", "Mean time between packets"),
			rtpStreamGap:         time("rtp.stream.gap_max", "Longest time between packets"),
			rtpStreamPayload:     {Name: "rtp.stream.payload", Kind: dissect.KindString, Listed: true, Doc: "Payload types of a stream"},
			rtpStreamSSRC:        {Name: "rtp.stream.ssrc", Kind: dissect.KindUint, Bits: 32, Hex: true, Listed: true, Doc: "Synchronisation source of a stream"},
			rtpStreamDSCP:        listed(number("rtp.stream.dscp", 8, "Classes of service (DSCP) of a stream's packets")),
		},
		Detect: detectRTP,
		New:    func() Decoder { return newRTP() },
	}
}

// rtpHeader is the fixed header of a packet (RFC 3550, section 5.1).
type rtpHeader struct {
	first, second byte // version, padding, extension, CC; marker, payload type
	seq           uint16
	timestamp     uint32
	ssrc          uint32
	class         uint8 // DSCP of its packet, or noDSCP
}

const rtpHeaderBytes = 12

func (h *rtpHeader) payloadType() uint8 { return h.second & 0x7f }

// parseRTP reads a header. ok: the lengths agree, and it is none of RTCP.
func parseRTP(b []byte) (h rtpHeader, ok bool) {
	if len(b) < rtpHeaderBytes || b[0]>>6 != 2 {
		return h, false
	}
	h = rtpHeader{b[0], b[1], binary.BigEndian.Uint16(b[2:]), binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:]), noDSCP}
	size := rtpHeaderBytes + 4*int(b[0]&15)
	if b[0]&0x10 != 0 {
		if len(b) < size+4 {
			return h, false
		}
		size += 4 + 4*int(binary.BigEndian.Uint16(b[size+2:]))
	}
	if pt := h.payloadType(); pt >= 72 && pt <= 76 { // RTCP's types less 128
		return h, false
	}
	return h, len(b) >= size
}

// detectRTP is never sure of one packet: the decoder waits for those that continue it.
func detectRTP(h *Head) Verdict {
	p, ok := parseRTP(h.Client)
	if pt := p.payloadType(); !ok || pt > 34 && pt < 96 || p.ssrc == 0 || h.ClientPort < 1024 || h.ServerPort < 1024 {
		return No
	}
	return Likely
}

// rtp is the decoder of all connections.
type rtp struct {
	flows *bounded[rtpFlow, *rtpState]
}

// rtpFlow is a direction of a connection.
type rtpFlow struct {
	conn uint32
	side index.Side
}

// rtpState is what is known of a direction.
type rtpState struct {
	accepted bool
	waiting  []rtpWaiting // packets of a direction that is not known for RTP yet
	streams  []*rtpStream // by SSRC, in the order in which they began
}

type rtpWaiting struct {
	header rtpHeader
	at     Mark
	bytes  int
}

// Bounds: directions kept, streams of each, and packets that show that a direction
// that nobody announced is RTP.
const (
	maxRTPFlows   = 16 << 10
	maxRTPStreams = 64
	rtpProof      = 4
)

func newRTP() *rtp { return &rtp{newBounded[rtpFlow, *rtpState](maxRTPFlows)} }

// Decode implements Decoder.
func (d *rtp) Decode(s *Stream, b []byte) int {
	h, ok := parseRTP(b)
	if !ok {
		return 0
	}
	if class, known := s.DSCP(); known {
		h.class = class
	}
	key := rtpFlow{s.Conn(), s.Side()}
	f := d.flows.by[key]
	if f == nil {
		f = &rtpState{}
		d.flows.put(key, f)
	}
	offer, _ := s.Announced(s.Destination()).(*rtpOffer)
	if !f.accepted {
		back, _ := s.Announced(s.Source()).(*rtpOffer)
		f.accepted = offer != nil || back != nil
	}
	if !f.accepted && !f.wait(h, s.At(len(b)-1), len(b)) {
		return 0
	}
	if offer != nil {
		offer.received++
	}
	for _, w := range f.waiting {
		f.packet(s, w.header, w.at, w.bytes, offer)
	}
	f.waiting = nil
	f.packet(s, h, s.At(len(b)-1), len(b), offer)
	return len(b)
}

// wait keeps a packet until enough continue each other: of one source, with one
// payload type, sequence numbers that rise by one, and time stamps that do not fall.
func (f *rtpState) wait(h rtpHeader, at Mark, n int) bool {
	if k := len(f.waiting); k > 0 {
		before := f.waiting[k-1].header
		if before.ssrc != h.ssrc || before.seq+1 != h.seq || int32(h.timestamp-before.timestamp) < 0 || before.payloadType() != h.payloadType() {
			f.waiting = f.waiting[:0]
		}
	}
	if len(f.waiting) < rtpProof-1 {
		f.waiting = append(f.waiting, rtpWaiting{h, at, n})
		return false
	}
	// A counter that never moves the time stamp is no clock.
	f.accepted = f.waiting[0].header.timestamp != h.timestamp || h.second&0x80 != 0
	if !f.accepted {
		f.waiting = f.waiting[1:]
		f.waiting = append(f.waiting, rtpWaiting{h, at, n})
	}
	return f.accepted
}

// packet emits a packet and adds it to its stream.
func (f *rtpState) packet(s *Stream, h rtpHeader, at Mark, n int, offer *rtpOffer) {
	m := s.Message(at)
	m.Length = uint64(n)
	m.Uint(rtpVersion, 2)
	m.Bool(rtpPadding, h.first&0x20 != 0)
	m.Bool(rtpExt, h.first&0x10 != 0)
	m.Uint(rtpCC, uint64(h.first&15))
	m.Bool(rtpMarker, h.second&0x80 != 0)
	m.Uint(rtpPayloadType, uint64(h.payloadType()))
	m.Uint(rtpSeq, uint64(h.seq))
	m.Uint(rtpTimestamp, uint64(h.timestamp))
	m.Uint(rtpSSRC, uint64(h.ssrc))
	s.Emit(m, at)
	for _, st := range f.streams {
		if st.ssrc == h.ssrc {
			st.add(h, at, offer)
			return
		}
	}
	if len(f.streams) < maxRTPStreams {
		st := &rtpStream{ssrc: h.ssrc, first: at}
		st.add(h, at, offer)
		f.streams = append(f.streams, st)
	}
}

// Gap implements Decoder: datagrams have none.
func (d *rtp) Gap(*Stream, Gap) {}

// End implements Decoder.
func (d *rtp) End(s *Stream, _ []byte, _ End) {
	key := rtpFlow{s.Conn(), s.Side()}
	f := d.flows.by[key]
	if f == nil {
		return
	}
	for _, st := range f.streams {
		st.conclude(s)
	}
	d.flows.put(key, &rtpState{accepted: f.accepted})
}
