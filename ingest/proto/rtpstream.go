package proto

import (
	"fmt"
	"math"
	"strings"

	"pcapidx/index"
)

// rtpStream measures a stream: the packets of one source in one direction.
type rtpStream struct {
	ssrc        uint32
	first, last Mark
	packets     uint64
	duplicates  uint64
	reordered   uint64
	base        uint16 // first sequence number
	highest     uint64 // extended sequence number, base included
	window      uint64 // of the 64 sequence numbers up to the highest: those that came
	payloads    []rtpPayload
	classes     []rtpClass
	// Jitter (RFC 3550, section 6.4.1 and appendix A.8), in nanoseconds.
	jitter, jitterSum, jitterMax float64
	jitters                      uint64
	transit                      rtpTransit
	gapMax                       index.Time
	gapAt                        [2]uint32 // frames around the longest gap
}

// rtpPayload is a payload type of a stream.
type rtpPayload struct {
	number uint8
	rate   uint32 // of its clock, 0: not known
}

// rtpClass counts the packets of a stream that have a class of service.
type rtpClass struct {
	dscp    uint8
	packets uint64
}

// maxRTPClasses bounds the classes that are told apart: a change on the way is worth to
// be told, more than some are noise.
const maxRTPClasses = 4

// class counts the class of service of a packet.
func (t *rtpStream) class(dscp uint8) {
	if dscp == noDSCP {
		return
	}
	for i := range t.classes {
		if t.classes[i].dscp == dscp {
			t.classes[i].packets++
			return
		}
	}
	if len(t.classes) < maxRTPClasses {
		t.classes = append(t.classes, rtpClass{dscp, 1})
	}
}

// rtpTransit is the packet with which the next one is compared.
type rtpTransit struct {
	known     bool
	arrived   index.Time
	timestamp uint32
	payload   uint8
}

// maxRTPPayloads bounds the payload types that are named of a stream.
const maxRTPPayloads = 8

// Comfort noise has no even pace: what comes after it is not compared with it.
const rtpNoise = 13

// add takes a packet.
func (t *rtpStream) add(h rtpHeader, at Mark, offer *rtpOffer) {
	t.class(h.class)
	if t.packets == 0 {
		t.base, t.highest, t.window = h.seq, uint64(h.seq), 1
	} else {
		t.pace(at)
		if !t.sequence(h.seq) {
			t.packets++
			t.last = at
			return
		}
	}
	t.packets++
	rate := t.rate(h.payloadType(), offer)
	t.measure(h, at, rate)
	t.last = at
}

// pace notes the time since the packet before.
func (t *rtpStream) pace(at Mark) {
	if gap := at.Time - t.last.Time; gap > t.gapMax {
		t.gapMax, t.gapAt = gap, [2]uint32{t.last.Frame, at.Frame}
	}
}

// sequence places a sequence number. It tells whether the packet is new and the latest.
func (t *rtpStream) sequence(seq uint16) bool {
	step := int16(seq - uint16(t.highest))
	if step > 0 {
		t.highest += uint64(step)
		if t.window <<= min(uint(step), 63); step > 63 {
			t.window = 0
		}
		t.window |= 1
		return true
	}
	back := uint(-int(step))
	if back < 64 && t.window>>back&1 != 0 {
		t.duplicates++
		return false
	}
	t.reordered++
	if back < 64 {
		t.window |= 1 << back
	}
	return false
}

// rate gives the clock rate of a payload type: announced, or static.
func (t *rtpStream) rate(pt uint8, offer *rtpOffer) uint32 {
	for _, p := range t.payloads {
		if p.number == pt {
			return p.rate
		}
	}
	rate := rtpTypes[pt].rate
	if offer != nil && offer.rates[pt] > 0 {
		rate = offer.rates[pt]
	}
	if len(t.payloads) < maxRTPPayloads {
		t.payloads = append(t.payloads, rtpPayload{pt, rate})
	}
	return rate
}

// rtpRestart is how far media time and time may part, in nanoseconds, before it is a
// clock that began anew and no jitter.
const rtpRestart = 2e9

// measure adds a packet to the jitter. Packets whose clocks differ are not compared,
// nor are those of one instant: pictures come in several packets, and events of a
// telephone keep the time stamp of their begin.
func (t *rtpStream) measure(h rtpHeader, at Mark, rate uint32) {
	before := t.transit
	t.transit = rtpTransit{true, at.Time, h.timestamp, h.payloadType()}
	if !before.known || before.payload != h.payloadType() || h.payloadType() == rtpNoise || rate == 0 || before.timestamp == h.timestamp {
		return
	}
	media := float64(int32(h.timestamp-before.timestamp)) * 1e9 / float64(rate)
	difference := math.Abs(float64(at.Time-before.arrived) - media)
	if media < 0 || difference > rtpRestart {
		return
	}
	t.jitter += (difference - t.jitter) / 16
	t.jitterSum += t.jitter
	t.jitters++
	t.jitterMax = max(t.jitterMax, t.jitter)
}

// expected is how many packets the sequence numbers span.
func (t *rtpStream) expected() uint64 { return t.highest - uint64(t.base) + 1 }

// lost is how many of them did not come.
func (t *rtpStream) lost() uint64 {
	e := t.expected()
	return e - min(e, t.packets-t.duplicates)
}

func (t *rtpStream) jitterMean() float64 { return t.jitterSum / float64(max(1, t.jitters)) }

// names lists the payload types.
func (t *rtpStream) names() string {
	names := make([]string, 0, len(t.payloads))
	for _, p := range t.payloads {
		names = append(names, rtpTypeName(p.number))
	}
	return strings.Join(names, ", ")
}

// Limits from which on media are heard or seen to be bad.
const (
	rtpLossPercent = 1
	rtpJitter      = 30e6 // ns
	rtpGap         = 1e9  // ns; silence suppression makes shorter ones
)

// conclude says how a stream fared.
func (t *rtpStream) conclude(s *Stream) {
	m := s.Message(t.first)
	m.Kind, m.Length = index.Conclusion, 1
	expected, lost := t.expected(), t.lost()
	percent := 100 * float64(lost) / float64(expected)
	m.Uint(rtpStreamSSRC, uint64(t.ssrc))
	m.Str(rtpStreamPayload, t.names())
	m.Uint(rtpStreamPackets, t.packets)
	m.Uint(rtpStreamExpected, expected)
	m.Uint(rtpStreamLost, lost)
	m.Uint(rtpStreamLostPercent, math.Float64bits(percent))
	m.Uint(rtpStreamDuplicates, t.duplicates)
	m.Uint(rtpStreamReordered, t.reordered)
	interval := index.Time(0)
	if t.packets > 1 {
		interval = max(0, t.last.Time-t.first.Time) / index.Time(t.packets-1)
	}
	m.Uint(rtpStreamInterval, uint64(interval))
	m.Uint(rtpStreamGap, uint64(t.gapMax))
	m.Summary = fmt.Sprintf("RTP stream 0x%08x: %d packets, %d lost (%.1f %%)", t.ssrc, t.packets, lost, percent)
	if t.jitters > 0 {
		m.Uint(rtpStreamJitterMean, uint64(t.jitterMean()))
		m.Uint(rtpStreamJitterMax, uint64(t.jitterMax))
		m.Summary += fmt.Sprintf(", jitter %.1f ms, at most %.1f ms", t.jitterMean()/1e6, t.jitterMax/1e6)
	}
	for i, c := range t.classes {
		m.Uint(rtpStreamDSCP, uint64(c.dscp))
		if i == 0 {
			m.Summary += fmt.Sprintf(", DSCP %d", c.dscp)
		} else {
			m.Summary += fmt.Sprintf(" and %d (%d packets)", c.dscp, c.packets)
		}
	}
	t.judge(m, lost, percent)
	s.Emit(m, t.last)
}

// judge warns of a stream that fared badly.
func (t *rtpStream) judge(m *Message, lost uint64, percent float64) {
	if percent > rtpLossPercent {
		m.Warn("rtp.loss", index.SeverityWarn, fmt.Sprintf("%d of %d packets (%.1f %%) did not come", lost, t.expected(), percent), t.first.Frame, t.last.Frame)
	}
	if t.jitterMax > rtpJitter {
		m.Warn("rtp.jitter", index.SeverityWarn, fmt.Sprintf("the jitter reached %.1f ms", t.jitterMax/1e6), t.first.Frame, t.last.Frame)
	}
	if t.gapMax > rtpGap {
		m.Warn("rtp.gap", index.SeverityNote, fmt.Sprintf("no packet came for %.1f s", float64(t.gapMax)/1e9), t.gapAt[0], t.gapAt[1])
	}
}
