package payload

import (
	"bytes"
	"strconv"
)

// channels are what the channels of an RTSP connection carry: a bit for each number, of
// RTP and of RTCP.
type channels struct{ rtp, rtcp [4]uint64 }

// rtspPart reads one message of RTSP, of n bytes: an answer may settle channels, on which
// both sides then send media (RFC 7826, sections 14 and 18.54).
func (c *call) rtspPart(b []byte, n int) {
	const header = 4
	if len(b) == 0 || b[0] != '$' {
		c.settleChannels(b)
		c.description(b)
		return
	}
	x := c.conn.channels
	if len(b) < header || x == nil {
		return
	}
	channel, known := b[1], true
	word, bit := channel>>6, uint64(1)<<(channel&63)
	body, n := b[header:], n-header
	switch {
	case x.rtp[word]&bit != 0:
		known = c.media(body, n)
	case x.rtcp[word]&bit != 0:
		known = c.reports(body, n)
	}
	if !known {
		c.data(n)
	}
}

// settleChannels reads the Transport header of an answer.
func (c *call) settleChannels(b []byte) {
	if !hasAt(b, 0, "RTSP/") {
		return
	}
	head, _, _ := bytes.Cut(b, []byte("\r\n\r\n"))
	for line := range bytes.SplitSeq(head, []byte("\r\n")) {
		field, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.ToLower(bytes.TrimSpace(value))
		_, list, ok := bytes.Cut(value, []byte("interleaved="))
		if !ok || !fold(field, "transport") || !hasAt(value, 0, "rtp/avp/tcp") {
			continue
		}
		list, _, _ = bytes.Cut(list, []byte(";"))
		low, high, ranged := bytes.Cut(bytes.TrimSpace(list), []byte("-"))
		if n, err := strconv.ParseUint(string(low), 10, 8); err == nil {
			c.settleChannel(uint8(n), true)
		}
		if n, err := strconv.ParseUint(string(high), 10, 8); err == nil && ranged {
			c.settleChannel(uint8(n), false)
		}
	}
}

func (c *call) settleChannel(n uint8, media bool) {
	if c.conn.channels == nil {
		c.conn.channels = &channels{}
	}
	x := c.conn.channels
	word, bit := n>>6, uint64(1)<<(n&63)
	x.rtp[word] &^= bit
	x.rtcp[word] &^= bit
	if media {
		x.rtp[word] |= bit
	} else {
		x.rtcp[word] |= bit
	}
}
