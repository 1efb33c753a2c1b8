package proto

import (
	"fmt"
	"strconv"
	"strings"

	"pcapidx/index"
)

// rtspMedia is what the channels of a connection carry, by side and channel, as the
// server agreed to in an answer to SETUP (RFC 2326, section 10.12).
type rtspMedia struct {
	users    [2]*user // that emit: of RTP and RTCP
	channels map[rtspChannelKey]*rtspChannelUse
}

type rtspChannelKey struct {
	side    index.Side
	channel byte
}

// rtspChannelUse is a channel of one direction: RTP, or RTCP.
type rtspChannelUse struct {
	control bool
	state   rtpState
}

func newRTSPMedia() *rtspMedia {
	rtp, rtcp := rtpProtocol(), rtcpProtocol()
	return &rtspMedia{users: [2]*user{{protocol: &rtp}, {protocol: &rtcp}}, channels: map[rtspChannelKey]*rtspChannelUse{}}
}

// agree notes the channels of a Transport header: "RTP/AVP/TCP;interleaved=0-1", the
// first one for RTP, the second one for RTCP, both ways. A channel that is agreed upon
// again keeps its streams.
func (d *rtspMedia) agree(transport string) {
	low, high, ranged := strings.Cut(sipParameter(transport, "interleaved"), "-")
	for i, text := range []string{low, high} {
		n, err := strconv.ParseUint(text, 10, 8)
		if err != nil || i == 1 && !ranged {
			continue
		}
		for _, side := range []index.Side{index.SideA, index.SideB} {
			k := rtspChannelKey{side, byte(n)}
			if x := d.channels[k]; x == nil || x.control != (i == 1) {
				d.channels[k] = &rtspChannelUse{control: i == 1}
			}
		}
	}
}

// packet takes what a channel carried, whose last byte is at a mark. As Wireshark shows
// it, the frame has the fields of RTP or RTCP, too.
func (d *rtspMedia) packet(s *Stream, channel byte, b []byte, last Mark) {
	x := d.channels[rtspChannelKey{s.Side(), channel}]
	if x == nil {
		return
	}
	inner := d.stream(s, x.control)
	inner.last = last
	if x.control {
		rtcp{}.Decode(inner, b)
	} else if h, ok := parseRTP(b); ok {
		x.state.packet(inner, h, last, len(b), nil)
	}
}

// stream gives a stream on which RTP or RTCP emit: outside of the bytes in hand, where
// all is at one mark.
func (d *rtspMedia) stream(s *Stream, control bool) *Stream {
	inner := *s
	inner.marks = nil
	if inner.user = d.users[0]; control {
		inner.user = d.users[1]
	}
	return &inner
}

// end concludes the streams of a side, by channel.
func (d *rtspMedia) end(s *Stream) {
	for channel := range 256 {
		k := rtspChannelKey{s.Side(), byte(channel)}
		x := d.channels[k]
		if x == nil || x.control {
			continue
		}
		inner := d.stream(s, false)
		for _, st := range x.state.streams {
			st.conclude(inner)
		}
		delete(d.channels, k)
	}
}

// media passes media between messages: a dollar sign, a channel, and a length.
func (d *rtsp) media(s *Stream, b []byte) int {
	if len(b) < 4 {
		return 0
	}
	n := 4 + int(b[2])<<8 + int(b[3])
	if n > len(b) && n <= HoldBytes {
		return 0
	}
	n = min(n, len(b))
	m := s.Message(s.At(0))
	m.Kind = index.Continues
	m.Uint(rtspChannel, uint64(b[1]))
	m.Uint(rtspDataLength, uint64(b[2])<<8|uint64(b[3]))
	m.Summary = fmt.Sprintf("media of channel %d, %d bytes", b[1], n-4)
	s.Emit(m, s.At(n-1))
	d.channels.packet(s, b[1], b[4:n], s.At(n-1))
	return n
}
