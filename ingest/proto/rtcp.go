package proto

import (
	"encoding/binary"
	"fmt"
	"strings"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
)

const (
	rtcpVersion = iota
	rtcpPadding
	rtcpCount
	rtcpSourceCount
	rtcpType
	rtcpLength
	rtcpSender
	rtcpNTPHigh
	rtcpNTPLow
	rtcpRTPTime
	rtcpPackets
	rtcpOctets
	rtcpSource
	rtcpFraction
	rtcpLost
	rtcpHighest
	rtcpJitter
	rtcpLSR
	rtcpDLSR
	rtcpSDESType
	rtcpSDESLength
	rtcpSDESText
	rtcpAppName
	rtcpRTPFB
	rtcpPSFB
)

// rtcpProtocol is the control protocol of RTP (RFC 3550, section 6).
func rtcpProtocol() Protocol {
	number := func(name string, bits uint8, doc string) Field {
		return Field{Name: name, Kind: dissect.KindUint, Bits: bits, Doc: doc}
	}
	listed := func(f Field) Field { f.Listed = true; return f }
	hex := func(f Field) Field { f.Hex = true; return f }
	return Protocol{
		Name: "rtcp", Title: "RTCP", On: Datagrams,
		Fields: []Field{
			rtcpVersion:     number("rtcp.version", 8, "Version"),
			rtcpPadding:     {Name: "rtcp.padding", Kind: dissect.KindBool, Doc: "The packet ends with padding"},
			rtcpCount:       number("rtcp.rc", 8, "Reports in the packet"),
			rtcpSourceCount: number("rtcp.sc", 8, "Sources in the packet"),
			rtcpType:        listed(number("rtcp.pt", 8, "Packet type: 200 sender report, 201 receiver report, 202 description, 203 bye")),
			rtcpLength:      number("rtcp.length", 16, "Length in words less one"),
			rtcpSender:      listed(hex(number("rtcp.senderssrc", 32, "Source that sends the packet"))),
			rtcpNTPHigh:     number("rtcp.timestamp.ntp.msw", 32, "Sender's time, seconds"),
			rtcpNTPLow:      number("rtcp.timestamp.ntp.lsw", 32, "Sender's time, fraction"),
			rtcpRTPTime:     number("rtcp.timestamp.rtp", 32, "The same time as RTP time stamp"),
			rtcpPackets:     number("rtcp.sender.packetcount", 32, "Packets sent"),
			rtcpOctets:      number("rtcp.sender.octetcount", 32, "Bytes sent"),
			rtcpSource:      hex(number("rtcp.ssrc.identifier", 32, "Source that is reported on")),
			rtcpFraction:    number("rtcp.ssrc.fraction", 8, "Share of packets lost since the report before, 1/256"),
			rtcpLost:        {Name: "rtcp.ssrc.cum_nr", Kind: dissect.KindInt, Bits: 24, Doc: "Packets lost"},
			rtcpHighest:     number("rtcp.ssrc.ext_high", 32, "Highest sequence number received"),
			rtcpJitter:      number("rtcp.ssrc.jitter", 32, "Interarrival jitter in units of the time stamp"),
			rtcpLSR:         number("rtcp.ssrc.lsr", 32, "Time of the sender report received last"),
			rtcpDLSR:        number("rtcp.ssrc.dlsr", 32, "Delay since it came, 1/65536 s"),
			rtcpSDESType:    number("rtcp.sdes.type", 8, "Kind of a description"),
			rtcpSDESLength:  number("rtcp.sdes.length", 32, "Length of a text"),
			rtcpSDESText:    {Name: "rtcp.sdes.text", Kind: dissect.KindString, Doc: "Text of a description, or reason of a bye"},
			rtcpAppName:     {Name: "rtcp.app.name", Kind: dissect.KindString, Listed: true, Doc: "Name of an application's packet"},
			rtcpRTPFB:       listed(number("rtcp.rtpfb.fmt", 8, "Kind of feedback on transport")),
			rtcpPSFB:        listed(number("rtcp.psfb.fmt", 8, "Kind of feedback on payload")),
		},
		Detect: detectRTCP,
		New:    func() Decoder { return rtcp{} },
	}
}

// Packet types.
const (
	rtcpSR    = 200
	rtcpRR    = 201
	rtcpSDES  = 202
	rtcpBYE   = 203
	rtcpAPP   = 204
	rtcpRTPfb = 205
	rtcpPSfb  = 206
	rtcpXR    = 207
)

// srtcpTail is what follows an encrypted packet: flag and index, and a tag of 80 bits
// (RFC 3711, sections 3.4 and 4.2).
const srtcpTail = 14

// rtcpPacket gives the length of the packet at the beginning, 0 if there is none.
func rtcpPacket(b []byte) int {
	if len(b) < 4 || b[0]>>6 != 2 || b[1] < rtcpSR || b[1] > rtcpXR {
		return 0
	}
	return 4 + 4*int(binary.BigEndian.Uint16(b[2:]))
}

// rtcpWhole tells whether a datagram is packets that fill it.
func rtcpWhole(b []byte) bool {
	for len(b) > 0 {
		n := rtcpPacket(b)
		if n == 0 || n > len(b) {
			return false
		}
		b = b[n:]
	}
	return true
}

// rtcpSealed tells whether a datagram is SRTCP: the first header is in clear, the index
// of the packet stands in the end and is low.
func rtcpSealed(b []byte) bool {
	if rtcpPacket(b) == 0 || len(b) < 8+srtcpTail {
		return false
	}
	index := binary.BigEndian.Uint32(b[len(b)-srtcpTail:])
	return index>>31 == 1 && index&^(1<<31) < 1<<16
}

func detectRTCP(h *Head) Verdict {
	b := h.Client
	if h.ClientPort < 1024 || h.ServerPort < 1024 || len(b) < 8 {
		return No
	}
	switch whole := rtcpWhole(b); {
	case whole && (b[1] == rtcpSR && len(b) >= 28 || b[1] == rtcpRR):
		return Yes
	case whole && b[1] >= rtcpRTPfb && len(b) >= 12, rtcpSealed(b):
		return Likely
	}
	return No
}

// rtcp decodes datagrams, each for itself.
type rtcp struct{}

// Decode implements Decoder.
func (rtcp) Decode(s *Stream, b []byte) int {
	whole := rtcpWhole(b)
	if len(b) < 8 || !whole && rtcpPacket(b) == 0 {
		return 0
	}
	m := s.Message(s.At(0))
	if !whole && rtcpSealed(b) {
		rtcpHeader(m, b)
		m.Uint(rtcpSender, uint64(binary.BigEndian.Uint32(b[4:])))
		m.Summary = "encrypted " + rtcpName(b[1])
		s.Emit(m, s.At(len(b)-1))
		return len(b)
	}
	var names []string
	for rest := b; len(rest) >= 4 && len(names) < 32; {
		n := rtcpPacket(rest)
		if n == 0 {
			break
		}
		if n > len(rest) {
			m.Outcome = index.Truncated
			m.Warn("rtcp.short", index.SeverityNote, fmt.Sprintf("a packet of %d bytes has %d", n, len(rest)))
			n = len(rest)
		}
		rtcpHeader(m, rest)
		rtcpBody(m, rest[:n])
		names = append(names, rtcpName(rest[1]))
		rest = rest[n:]
	}
	m.Summary = strings.Join(names, ", ")
	s.Emit(m, s.At(len(b)-1))
	return len(b)
}

func rtcpName(pt byte) string {
	if pt < rtcpSR || pt > rtcpXR {
		return "unknown"
	}
	return [...]string{
		"sender report", "receiver report", "source description", "goodbye", "application packet", "transport feedback",
		"payload feedback", "extended report",
	}[pt-rtcpSR]
}

// rtcpHeader emits the fields that all packets have.
func rtcpHeader(m *Message, b []byte) {
	m.Uint(rtcpVersion, 2)
	m.Bool(rtcpPadding, b[0]&0x20 != 0)
	switch count := uint64(b[0] & 31); b[1] {
	case rtcpSR, rtcpRR:
		m.Uint(rtcpCount, count)
	case rtcpSDES, rtcpBYE:
		m.Uint(rtcpSourceCount, count)
	case rtcpRTPfb:
		m.Uint(rtcpRTPFB, count)
	case rtcpPSfb:
		m.Uint(rtcpPSFB, count)
	}
	m.Uint(rtcpType, uint64(b[1]))
	m.Uint(rtcpLength, uint64(binary.BigEndian.Uint16(b[2:])))
}

// rtcpBody emits what a packet holds, as far as it goes.
func rtcpBody(m *Message, b []byte) {
	body := b[4:]
	switch b[1] {
	case rtcpSDES:
		rtcpDescriptions(m, body, int(b[0]&31))
		return
	case rtcpBYE:
		rtcpGoodbye(m, body, int(b[0]&31))
		return
	}
	if len(body) < 4 {
		return
	}
	m.Uint(rtcpSender, uint64(binary.BigEndian.Uint32(body)))
	body = body[4:]
	switch b[1] {
	case rtcpSR:
		if len(body) < 20 {
			return
		}
		for i, field := range []int{rtcpNTPHigh, rtcpNTPLow, rtcpRTPTime, rtcpPackets, rtcpOctets} {
			m.Uint(field, uint64(binary.BigEndian.Uint32(body[4*i:])))
		}
		rtcpReports(m, body[20:], int(b[0]&31))
	case rtcpRR:
		rtcpReports(m, body, int(b[0]&31))
	case rtcpAPP:
		if len(body) >= 4 {
			m.Str(rtcpAppName, string(body[:4]))
		}
	}
}

// rtcpReport is the length of a report.
const rtcpReport = 24

func rtcpReports(m *Message, b []byte, count int) {
	for ; count > 0 && len(b) >= rtcpReport; count-- {
		m.Uint(rtcpSource, uint64(binary.BigEndian.Uint32(b)))
		m.Uint(rtcpFraction, uint64(b[4]))
		lost := int64(int32(binary.BigEndian.Uint32(b[4:])<<8) >> 8)
		m.Uint(rtcpLost, uint64(lost))
		for i, field := range []int{rtcpHighest, rtcpJitter, rtcpLSR, rtcpDLSR} {
			m.Uint(field, uint64(binary.BigEndian.Uint32(b[8+4*i:])))
		}
		if percent := float64(b[4]) * 100 / 256; percent > rtpLossPercent {
			m.Warn("rtp.loss", index.SeverityWarn, fmt.Sprintf("the receiver reports %.1f %% of the packets lost since its last report, %d in all", percent, lost))
		}
		b = b[rtcpReport:]
	}
}

// rtcpDescriptions emits chunks: a source, and texts up to a zero byte, on words.
func rtcpDescriptions(m *Message, b []byte, count int) {
	for ; count > 0 && len(b) >= 4; count-- {
		m.Uint(rtcpSource, uint64(binary.BigEndian.Uint32(b)))
		i := 4
		for i < len(b) {
			m.Uint(rtcpSDESType, uint64(b[i]))
			if b[i] == 0 {
				i += 4 - i%4
				break
			}
			if i+2 > len(b) || i+2+int(b[i+1]) > len(b) {
				return
			}
			n := int(b[i+1])
			m.Uint(rtcpSDESLength, uint64(n))
			m.Str(rtcpSDESText, string(b[i+2:i+2+n]))
			i += 2 + n
		}
		b = b[min(i, len(b)):]
	}
}

func rtcpGoodbye(m *Message, b []byte, count int) {
	for ; count > 0 && len(b) >= 4; count-- {
		m.Uint(rtcpSource, uint64(binary.BigEndian.Uint32(b)))
		b = b[4:]
	}
	if len(b) > 0 && int(b[0]) < len(b) {
		m.Uint(rtcpSDESLength, uint64(b[0]))
		m.Str(rtcpSDESText, string(b[1:1+int(b[0])]))
	}
}

// Gap implements Decoder: datagrams have none.
func (rtcp) Gap(*Stream, Gap) {}

// End implements Decoder.
func (rtcp) End(*Stream, []byte, End) {}
