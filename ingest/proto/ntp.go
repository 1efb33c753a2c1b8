package proto

import (
	"encoding/binary"
	"fmt"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
)

const (
	ntpFlags = iota
	ntpVersion
	ntpMode
	ntpStratum
	ntpPoll
	ntpRefID
	ntpRefTime
	ntpOrigin
	ntpReceive
	ntpTransmit
	ntpRootDelay
	ntpOffset
	ntpDelay
)

// ntpProtocol is the Network Time Protocol (RFC 5905).
func ntpProtocol() Protocol {
	return Protocol{
		Name: "ntp", Title: "NTP", On: Datagrams, Ports: []uint16{123}, Patience: 5e9,
		Fields: []Field{
			ntpFlags:     {Name: "ntp.flags", Kind: dissect.KindUint, Bits: 8, Hex: true, Doc: "Leap indicator, version, mode"},
			ntpVersion:   {Name: "ntp.flags.vn", Kind: dissect.KindUint, Bits: 8, Listed: true, Doc: "Version"},
			ntpMode:      {Name: "ntp.flags.mode", Kind: dissect.KindUint, Bits: 8, Listed: true, Doc: "Mode: 3 client, 4 server, 5 broadcast"},
			ntpStratum:   {Name: "ntp.stratum", Kind: dissect.KindUint, Bits: 8, Listed: true, Doc: "Stratum"},
			ntpPoll:      {Name: "ntp.ppoll", Kind: dissect.KindUint, Bits: 8, Doc: "Peer polling interval, log2 seconds"},
			ntpRefID:     {Name: "ntp.refid", Kind: dissect.KindBytes, Doc: "Reference identifier"},
			ntpRefTime:   {Name: "ntp.reftime", Kind: dissect.KindAbsTime, Doc: "When the clock was set last"},
			ntpOrigin:    {Name: "ntp.org", Kind: dissect.KindAbsTime, Doc: "Origin timestamp"},
			ntpReceive:   {Name: "ntp.rec", Kind: dissect.KindAbsTime, Doc: "Receive timestamp"},
			ntpTransmit:  {Name: "ntp.xmt", Kind: dissect.KindAbsTime, Doc: "Transmit timestamp"},
			ntpRootDelay: {Name: "ntp.rootdelay", Kind: dissect.KindUint, Bits: 32, Doc: "Delay to the primary clock, 2^-16 seconds"},
			ntpOffset:    {Name: "ntp.offset", Kind: dissect.KindRelTime, Doc: "How far the server's clock is ahead of the capture's"},
			ntpDelay:     {Name: "ntp.delay", Kind: dissect.KindRelTime, Doc: "Time that question and answer were on their way"},
		},
		Detect: detectNTP,
		New:    func() Decoder { return &ntp{} },
	}
}

// ntpBytes is the length of a packet without extensions.
const ntpBytes = 48

// detectNTP: versions 1 to 4, modes 1 to 5, strata up to 16, a length that holds the
// header and whole words after it.
func detectNTP(h *Head) Verdict {
	b := h.Client
	if len(b) < ntpBytes || len(b)%4 != 0 {
		return No
	}
	version, mode := b[0]>>3&7, b[0]&7
	if version < 1 || version > 4 || mode < 1 || mode > 5 || b[1] > 16 {
		return No
	}
	if h.ClientPort == 123 || h.ServerPort == 123 {
		return Yes
	}
	if len(b) == ntpBytes && version >= 3 && binary.BigEndian.Uint64(b[40:]) != 0 {
		return Likely
	}
	return No
}

// ntp pairs answers with questions by the time stamp that they repeat.
type ntp struct {
	asked map[uint64]ntpAsk // by the transmit time stamp
}

// ntpAsk is a question.
type ntpAsk struct {
	number uint32
	time   index.Time // when it was captured
}

// ntpAsked bounds the questions kept of a connection.
const ntpAsked = 64

// Decode implements Decoder.
func (n *ntp) Decode(s *Stream, b []byte) int {
	if len(b) < ntpBytes {
		return 0
	}
	m := s.Message(s.At(0))
	mode, stratum := b[0]&7, b[1]
	m.Uint(ntpFlags, uint64(b[0]))
	m.Uint(ntpVersion, uint64(b[0]>>3&7))
	m.Uint(ntpMode, uint64(mode))
	m.Uint(ntpStratum, uint64(stratum))
	m.Uint(ntpPoll, uint64(b[2]))
	m.Str(ntpRefID, string(b[12:16]))
	for i, field := range []int{ntpRefTime, ntpOrigin, ntpReceive, ntpTransmit} {
		m.Uint(field, uint64(ntpTime(binary.BigEndian.Uint64(b[16+8*i:]))))
	}
	m.Uint(ntpRootDelay, uint64(binary.BigEndian.Uint32(b[4:])))
	origin, transmit := binary.BigEndian.Uint64(b[24:]), binary.BigEndian.Uint64(b[40:])
	if n.asked == nil || len(n.asked) >= ntpAsked {
		n.asked = map[uint64]ntpAsk{}
	}
	switch mode {
	case 3:
		m.Kind, m.Summary = index.Request, "client asks for the time"
	case 4:
		m.Kind, m.Summary = index.Response, fmt.Sprintf("server of stratum %d", stratum)
		if ask, ok := n.asked[origin]; ok {
			m.Request = ask.number
			measureNTP(m, b, ask.time)
		}
		n.judge(m, b)
	default:
		m.Summary = fmt.Sprintf("mode %d, stratum %d", mode, stratum)
	}
	number := s.Emit(m, s.At(len(b)-1))
	if mode == 3 {
		n.asked[transmit] = ntpAsk{number, m.Start}
	}
	return len(b)
}

// measureNTP tells how far the server's clock is ahead of that of the capture, and how
// long question and answer were on their way (RFC 5905, section 8): the capture's
// times stand for those of the client.
func measureNTP(m *Message, b []byte, asked index.Time) {
	received, sent := ntpTime(binary.BigEndian.Uint64(b[32:])), ntpTime(binary.BigEndian.Uint64(b[40:]))
	if received == 0 || sent == 0 {
		return
	}
	offset := (received - int64(asked) + sent - int64(m.Start)) / 2
	delay := int64(m.Start-asked) - (sent - received)
	m.Uint(ntpOffset, uint64(offset))
	m.Uint(ntpDelay, uint64(delay))
	m.Summary += fmt.Sprintf(", clock %+.3f s from the capture's", float64(offset)/1e9)
}

// judge warns of servers that refuse (kiss-o'-death, RFC 5905 section 7.4) or have no
// time themselves.
func (n *ntp) judge(m *Message, b []byte) {
	leap, stratum := b[0]>>6, b[1]
	switch {
	case stratum == 0:
		m.Outcome = index.Failed
		m.Warn("ntp.kod", index.SeverityWarn, "the server refuses with a kiss-o'-death packet")
	case leap == 3 || stratum == 16:
		m.Outcome = index.Failed
		m.Warn("ntp.unsync", index.SeverityWarn, "the server's clock is not synchronised")
	}
}

// ntpTime gives nanoseconds since 1970. Seconds below 2^31 are of the era that begins
// in 2036 (RFC 4330, section 3). The zero time stamp stands for none.
func ntpTime(t uint64) int64 {
	if t == 0 {
		return 0
	}
	const to1970 = 2208988800
	seconds, fraction := int64(t>>32), t&(1<<32-1)
	if seconds < 1<<31 {
		seconds += 1 << 32
	}
	return (seconds-to1970)*1e9 + int64(fraction*1e9>>32)
}

// Gap implements Decoder: datagrams have none.
func (n *ntp) Gap(*Stream, Gap) {}

// End implements Decoder.
func (n *ntp) End(*Stream, []byte, End) {}
