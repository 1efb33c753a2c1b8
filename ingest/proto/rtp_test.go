package proto

import (
	"fmt"
	"testing"

	"pcapidx/index"
)

func conclusions(m *index.Message) bool { return m.Kind == index.Conclusion }

// announceRTP plays an INVITE with a description in front of media to 192.0.2.9:4000.
func announceRTP(n *mediaNet) {
	n.send(0, sipAnn, sipBob, []byte(sipSays("INVITE sip:bob@example.org SIP/2.0", "z9hG4bK1", "c1", "1 INVITE", "", sdpSays("192.0.2.9", 4000))))
}

func TestRTPQuality(t *testing.T) {
	n := newMediaNet()
	announceRTP(n)
	type packet struct {
		after float64
		seq   uint16
	}
	// From 65530 on over the end of the numbers: 65534 is lost, 65535 comes twice, 1
	// and 2 change places, 3 is 60 ms late, and 1200 ms pass before 9.
	for _, p := range []packet{
		{20, 65530}, {20, 65531}, {20, 65532}, {20, 65533}, {40, 65535}, {1, 65535}, {19, 0}, {20, 2}, {1, 1}, {79, 3}, {1200, 9},
	} {
		n.send(p.after, "192.0.2.2:6000", "192.0.2.9:4000", rtpPacket(0, p.seq, uint32(int16(p.seq)+6)*160, 0xabc))
	}
	n.close()
	checkLines(t, n.sink.lines(func(m *index.Message) bool { return conclusions(m) && m.Protocol == "rtp" }), `
2-12 rtp conclusion/ok req 0 [] RTP stream 0x00000abc: 11 packets, 6 lost (37.5 %), jitter 9.8 ms, at most 72.1 ms !rtp.loss !rtp.jitter !rtp.gap`)
	checkValues(t, n.sink, "rtp.stream.expected", "16")
	checkValues(t, n.sink, "rtp.stream.duplicates", "1")
	checkValues(t, n.sink, "rtp.stream.reordered", "1")
	checkValues(t, n.sink, "rtp.stream.gap_max", "1200000000")
	checkValues(t, n.sink, "rtp.stream.interval_mean", fmt.Sprint(1420*1000000/10))
	if got := n.sink.values("rtp.seq"); len(got) != 11 || got[0] != "65530" {
		t.Errorf("sequence numbers %q", got)
	}
}

// TestRTPJitter follows the example of RFC 3550: the estimate moves by a sixteenth of
// what two packets differ.
func TestRTPJitter(t *testing.T) {
	st := &rtpStream{}
	at := func(ms float64) Mark { return Mark{Frame: 1, Time: index.Time(ms * 1e6)} }
	for i, ms := range []float64{0, 20, 56, 60} {
		st.add(rtpHeader{0x80, 0, uint16(i), uint32(i) * 160, 1, noDSCP}, at(ms), nil)
	}
	// differences: 0, 16, 16 ms
	if got, want := st.jitter/1e6, 1+15.0/16; got != want {
		t.Errorf("jitter %v ms, want %v", got, want)
	}
	if got := st.jitterMax / 1e6; got != 1+15.0/16 {
		t.Errorf("highest jitter %v ms", got)
	}
	// A clock that begins anew, and a packet of another payload type, change nothing.
	st.add(rtpHeader{0x80, 0, 4, 1 << 31, 1, noDSCP}, at(80), nil)
	st.add(rtpHeader{0x80, 96, 5, 99, 1, noDSCP}, at(100), nil)
	if st.jitters != 3 {
		t.Errorf("%d packets were measured, want 3", st.jitters)
	}
}

func TestRTPByContent(t *testing.T) {
	cases := []struct {
		name    string
		packets [][]byte
		want    int // messages of packets
	}{
		{"four in a row", [][]byte{rtpPacket(0, 1, 160, 7), rtpPacket(0, 2, 320, 7), rtpPacket(0, 3, 480, 7), rtpPacket(0, 4, 640, 7)}, 4},
		{"three", [][]byte{rtpPacket(0, 1, 160, 7), rtpPacket(0, 2, 320, 7), rtpPacket(0, 3, 480, 7)}, 0},
		{"a gap", [][]byte{rtpPacket(0, 1, 160, 7), rtpPacket(0, 2, 320, 7), rtpPacket(0, 4, 480, 7), rtpPacket(0, 5, 640, 7)}, 0},
		{"two sources", [][]byte{rtpPacket(0, 1, 160, 7), rtpPacket(0, 2, 320, 8), rtpPacket(0, 3, 480, 7), rtpPacket(0, 4, 640, 8)}, 0},
		{"time falls", [][]byte{rtpPacket(0, 1, 640, 7), rtpPacket(0, 2, 480, 7), rtpPacket(0, 3, 320, 7), rtpPacket(0, 4, 160, 7)}, 0},
		{"time stands", [][]byte{rtpPacket(0, 1, 1, 7), rtpPacket(0, 2, 1, 7), rtpPacket(0, 3, 1, 7), rtpPacket(0, 4, 1, 7), rtpPacket(0, 5, 1, 7)}, 0},
		{"unassigned type", [][]byte{rtpPacket(50, 1, 160, 7), rtpPacket(50, 2, 320, 7), rtpPacket(50, 3, 480, 7), rtpPacket(50, 4, 640, 7)}, 0},
		{"after others", [][]byte{[]byte("x"), rtpPacket(97, 65535, 160, 7), rtpPacket(97, 0, 320, 7), rtpPacket(97, 1, 480, 7), rtpPacket(97, 2, 640, 7), rtpPacket(97, 9, 640, 8)}, 5},
	}
	for _, c := range cases {
		n := newMediaNet()
		for _, p := range c.packets {
			n.send(20, "192.0.2.1:4000", "192.0.2.2:5000", p)
		}
		n.close()
		if got := len(n.sink.values("rtp.seq")); got != c.want {
			t.Errorf("%s: %d packets, want %d", c.name, got, c.want)
		}
	}
}

func TestRTCP(t *testing.T) {
	n := newMediaNet()
	report := unhex(t, `81c8000c 00000abc 83aa7e80 80000000 000003e8 00000064 00003e80
		00000def 40fffffe 0001ffff 00000010 7e808000 00010000
		81ca0004 00000abc 01056140 622e6300 00000000
		81cb0002 00000abc 03627965 `)
	n.send(0, "192.0.2.1:4001", "192.0.2.2:5001", report)
	n.send(0, "192.0.2.2:5001", "192.0.2.1:4001", unhex(t, "80c90001 00000def"))
	n.send(0, "192.0.2.2:5001", "192.0.2.1:4001", unhex(t, "80c90007 00000def 01020304"))
	n.send(0, "192.0.2.3:5001", "192.0.2.4:4001", unhex(t, "80c90001 00000def 01020304 80000002 0102030405060708090a"))
	checkLines(t, n.sink.lines(nil), `
1-1 rtcp notice/ok req 0 [] sender report, source description, goodbye !rtp.loss
2-2 rtcp notice/ok req 0 [] receiver report
3-3 rtcp notice/truncated req 0 [] receiver report !rtcp.short
4-4 rtcp notice/ok req 0 [] encrypted receiver report`)
	checkValues(t, n.sink, "rtcp.pt", "200", "202", "203", "201", "201", "201")
	checkValues(t, n.sink, "rtcp.sdes.text", "a@b.c0", "bye"+"0")
	checkValues(t, n.sink, "rtcp.ssrc.cum_nr", fmt.Sprint(^uint64(1)))
	checkValues(t, n.sink, "rtcp.ssrc.fraction", "64")
	checkValues(t, n.sink, "rtcp.ssrc.jitter", "16")
	checkValues(t, n.sink, "rtcp.ssrc.dlsr", "65536")
	checkValues(t, n.sink, "rtcp.senderssrc", "2748", "3567", "3567", "3567")
}
