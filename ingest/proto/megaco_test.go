package proto

import (
	"testing"

	"pcapidx/index"
)

const megacoAdd = "!/1 <mgc>\nT=7{C=${A=RTP/${M{O{MO=SR},L{v=0\nc=IN IP4 $\nm=audio $ RTP/AVP 8\nv=0\nm=image 0 udptl t38\n}}}}}"

func TestMegaco(t *testing.T) {
	n := newMediaNet()
	for _, text := range []string{
		megacoAdd,
		"<!/1 [192.0.2.2]:2944 P = 7 { C = 9 { a=rtp/5 { m { l {\nv=0\nc=IN IP4 192.0.2.9\nm=audio 4000 RTP/AVP 8\n } } } } }",
		"MEGACO/1 [192.0.2.1]:2944 Transaction = 8 { Context = - { W-AuditValue = * { AT {} } , N = x { er",
		"<!/2 <mg> P=8{C=*{AV=x{ER=435{\"no such\"}}}}",
		"!/1", "! /1 x {", "!/x y {}",
	} {
		if text[0] == '<' {
			n.send(10, "192.0.2.2:2944", "192.0.2.1:2944", []byte(text[1:]))
		} else {
			n.send(10, "192.0.2.1:2944", "192.0.2.2:2944", []byte(text))
		}
	}
	n.send(10, "192.0.2.7:6000", "192.0.2.9:4000", rtpPacket(8, 1, 1, 1))
	checkLines(t, n.sink.lines(func(m *index.Message) bool { return m.Protocol == "megaco" }), `
1-1 megaco request/ok req 0 [] Request 7, Add RTP/$
2-2 megaco response/ok req 1 [] Reply 7, Add rtp/5
3-3 megaco request/ok req 0 [] Request 8, AuditValue *, Notify x
4-4 megaco response/error req 3 [435] Reply 8, AuditValue x !megaco.error`)
	checkValues(t, n.sink, "rtp.seq", "1") // announced
	checkValues(t, n.sink, "megaco.context", "4294967294", "9", "0", "4294967295")
	checkValues(t, n.sink, "sdp.connection_info.address", "$0", "192.0.2.90")
	checkValues(t, n.sink, "sdp.media.port", "0", "4000")
	checkValues(t, n.sink, "sdp.media.format", "ITU-T G.711 PCMA0", "t380", "ITU-T G.711 PCMA0")
}
