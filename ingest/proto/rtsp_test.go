package proto

import (
	"testing"

	"pcapidx/index"
)

func rtspTurns() []mediaTurn {
	return []mediaTurn{
		{index.SideA, "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nAuthorization: Basic dTpw\r\n\r\n"},
		{index.SideB, "RTSP/1.0 200 OK\r\nCSeq: 1\r\nPublic: SETUP\r\n\r\n"},
		{index.SideA, "DESCRIBE rtsp://192.0.2.2/x RTSP/1.0\r\nCSeq: 2\r\n\r\nSETUP rtsp://192.0.2.2/x/1 RTSP/1.0\r\nCSeq: 3\r\nTransport: RTP/AVP;unicast;client_port=6000-6001\r\n\r\n"},
		{index.SideB, "RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-type: application/sdp\r\nContent-length: 49\r\n\r\nv=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000"},
		{index.SideB, "RTSP/1.0 200 OK\r\nCSeq: 3\r\nSession: 12;timeout=60\r\nTransport: RTP/AVP;client_port=6000-6001;server_port=7000-7001\r\n\r\n"},
		{index.SideA, "PLAY rtsp://192.0.2.2/x RTSP/1.0\r\nCSeq: 4\r\nSession: 12\r\n\r\n"},
		{index.SideB, "$\x00\x00\x04abcd\r\nRTSP/1.0 454 Session Not Found\r\nCSeq: 4\r\n\r\n"},
	}
}

func TestRTSP(t *testing.T) {
	k := playTurns(rtspTurns(), whole)
	checkLines(t, k.lines(nil), `
1-1 rtsp request/ok req 0 [] OPTIONS * !cleartext.credentials
2-2 rtsp response/ok req 1 [200] 200 OK
3-3 rtsp request/ok req 0 [] DESCRIBE rtsp://192.0.2.2/x
3-3 rtsp request/ok req 0 [] SETUP rtsp://192.0.2.2/x/1
4-4 rtsp response/ok req 3 [200] 200 OK, video 0 RTP/AVP
5-5 rtsp response/ok req 4 [200] 200 OK
6-6 rtsp request/ok req 0 [] PLAY rtsp://192.0.2.2/x
7-7 rtsp continues/ok req 0 [] media of channel 0, 4 bytes
7-7 rtsp response/error req 7 [454] 454 Session Not Found !rtsp.4xx`)
	checkValues(t, k, "rtsp.session", "12;timeout=600", "120")
	checkValues(t, k, "rtsp.request", "OPTIONS * RTSP/1.0\r\n0", "DESCRIBE rtsp://192.0.2.2/x RTSP/1.0\r\n0", "SETUP rtsp://192.0.2.2/x/1 RTSP/1.0\r\n0", "PLAY rtsp://192.0.2.2/x RTSP/1.0\r\n0")
	checkValues(t, k, "sdp.media.format", "DynamicRTP-Type-960", "960")
	checkCuts(t, rtspTurns())
}

// rtspInterleaved are turns with media in the connection: the answer settles the
// channels, whatever was asked for.
func rtspInterleaved() []mediaTurn {
	media := func(channel byte, packet []byte) string {
		return "$" + string([]byte{channel, byte(len(packet) >> 8), byte(len(packet))}) + string(packet)
	}
	report := append([]byte{0x80, 200, 0, 6, 0, 0, 0xa, 0xbc}, make([]byte, 20)...)
	return []mediaTurn{
		{index.SideA, "SETUP rtsp://192.0.2.2/x/1 RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=2-3\r\n\r\n"},
		{index.SideB, "RTSP/1.0 200 OK\r\nCSeq: 1\r\nSession: 1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n"},
		{index.SideB, media(0, rtpPacket(0, 1, 160, 0xabc)) + media(0, rtpPacket(0, 3, 480, 0xabc))},
		{index.SideB, media(1, report) + media(2, rtpPacket(0, 9, 160, 0xabc))},
		{index.SideA, media(0, []byte("no RTP"))},
	}
}

func TestRTSPInterleaved(t *testing.T) {
	k := playTurns(rtspInterleaved(), whole)
	checkLines(t, k.lines(nil), `
1-1 rtsp request/ok req 0 [] SETUP rtsp://192.0.2.2/x/1
2-2 rtsp response/ok req 1 [200] 200 OK
3-3 rtsp continues/ok req 0 [] media of channel 0, 172 bytes
3-3 rtp notice/ok req 0 [] 
3-3 rtsp continues/ok req 0 [] media of channel 0, 172 bytes
3-3 rtp notice/ok req 0 [] 
4-4 rtsp continues/ok req 0 [] media of channel 1, 28 bytes
4-4 rtcp notice/ok req 0 [] sender report
4-4 rtsp continues/ok req 0 [] media of channel 2, 172 bytes
5-5 rtsp continues/ok req 0 [] media of channel 0, 6 bytes
3-3 rtp conclusion/ok req 0 [] RTP stream 0x00000abc: 2 packets, 1 lost (33.3 %), jitter 2.5 ms, at most 2.5 ms !rtp.loss`)
	checkValues(t, k, "rtp.seq", "1", "3")
	checkValues(t, k, "rtcp.senderssrc", "2748")
	checkCuts(t, rtspInterleaved())
}

// TestRTSPAnnounces: one packet is enough for RTP where a SETUP announced it.
func TestRTSPAnnounces(t *testing.T) {
	n := newMediaNet()
	c := n.engine.Open(100, [2]Endpoint{mustEndpoint("192.0.2.1:40000"), mustEndpoint("192.0.2.2:554")}, false)
	c.Client(index.SideA)
	var offsets [2]uint64
	for _, turn := range rtspTurns() {
		c.Bytes(turn.side, offsets[turn.side], []byte(turn.text), 1, 1)
		offsets[turn.side] += uint64(len(turn.text))
	}
	n.send(0, "192.0.2.2:7000", "192.0.2.1:6000", rtpPacket(96, 1, 1, 9))
	n.send(0, "192.0.2.2:7002", "192.0.2.1:6002", rtpPacket(96, 1, 1, 9))
	checkValues(t, n.sink, "rtp.seq", "1")
}

// TestRTSPRepeats: what a fast retransmission holds whole is shown again.
func TestRTSPRepeats(t *testing.T) {
	k := &mediaSink{}
	e := NewEngine(k, mediaProtocols())
	c := e.Open(0, [2]Endpoint{mustEndpoint("192.0.2.1:40000"), mustEndpoint("192.0.2.2:554")}, false)
	c.Client(index.SideA)
	one, two := "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n", "PLAY rtsp://x RTSP/1.0\r\nCSeq: 2\r\n\r\n"
	c.Bytes(index.SideA, 0, []byte(one), 1, 1)
	c.Bytes(index.SideA, uint64(len(one)), []byte(two), 2, 2)
	c.Repeat(index.SideA, uint64(len(one)), len(two), 3, 3)
	c.Repeat(index.SideA, 0, len(one)-1, 4, 4)
	c.Repeat(index.SideB, 0, len(one), 5, 5)
	c.Repeat(index.SideA, 0, len(one)+len(two), 6, 6)
	checkLines(t, k.lines(nil), `
1-1 rtsp request/ok req 0 [] OPTIONS *
2-2 rtsp request/ok req 0 [] PLAY rtsp://x
3-3 rtsp continues/ok req 2 [] PLAY rtsp://x !repeated
6-6 rtsp continues/ok req 1 [] OPTIONS * !repeated
6-6 rtsp continues/ok req 2 [] PLAY rtsp://x !repeated`)
	checkValues(t, k, "rtsp.cseq", "1", "2", "2", "1", "2")
}
