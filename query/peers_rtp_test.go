package query

import (
	"encoding/binary"
	"slices"
	"testing"
)

// TestListedRTP: the figures of a stream name the class of service of its packets, as
// their IP headers have it, and a change of it on the way.
func TestListedRTP(t *testing.T) {
	packet := func(class byte, seq int, from, to string) []byte {
		be := binary.BigEndian
		b := be.AppendUint16([]byte{0x80, 8}, uint16(seq))
		b = be.AppendUint32(be.AppendUint32(b, uint32(160*seq)), 0xabc)
		p := udpPacket(from, to, append(b, make([]byte, 160)...))
		if p[0]>>4 == 6 {
			p[0], p[1] = 0x60|class>>2, class<<6
		} else {
			p[1] = class << 2
		}
		return p
	}
	var frames []framed
	for i := range 10 {
		class := byte(46)
		if i >= 8 {
			class = 0
		}
		frames = append(frames, framed{20 * i, packet(class, i, "192.0.2.1:6000", "192.0.2.2:4000")}, framed{20*i + 1, packet(34, i, "[2001:db8::1]:6000", "[2001:db8::2]:4000")})
	}
	e, id := listed(t, linkRaw, frames...)
	if got := topText(summed(t, e, id, "rtp"), "rtp.stream.dscp"); got != "3: 0 1 @19, 34 1 @20, 46 1 @19" {
		t.Errorf("classes of service: %s", got)
	}
	rows := slices.DeleteFunc(said(t, e, id, "rtp"), func(r MessageRow) bool { return r.Kind != "conclusion" })
	wantTold(t, told(rows),
		"19 192.0.2.1:6000>192.0.2.2:4000 conclusion ok [] RTP stream 0x00000abc: 10 packets, 0 lost (0.0 %), jitter 0.0 ms, at most 0.0 ms, DSCP 46 and 0 (2 packets)",
		"20 [2001:db8::1]:6000>[2001:db8::2]:4000 conclusion ok [] RTP stream 0x00000abc: 10 packets, 0 lost (0.0 %), jitter 0.0 ms, at most 0.0 ms, DSCP 34",
	)
	wantFrames(t, e, id, map[string]string{"rtp.stream.dscp == 46": "19"})
}
