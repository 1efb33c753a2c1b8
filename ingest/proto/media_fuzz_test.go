package proto

import (
	"net/netip"
	"testing"

	"pcapidx/index"
)

func mustEndpoint(s string) Endpoint { return netip.MustParseAddrPort(s) }

// FuzzMedia gives bytes in pieces to both directions of a stream, and as datagrams.
// The first byte of a piece says how long it is, and who sends it.
func FuzzMedia(f *testing.F) {
	for _, turns := range [][]mediaTurn{rtspTurns(), rtspInterleaved(), {
		{index.SideA, sipSays("INVITE sip:bob@example.org SIP/2.0", "z9hG4bK1", "c1", "1 INVITE", "", sdpSays("192.0.2.1", 4000))},
		{index.SideB, sipSays("SIP/2.0 200 OK", "z9hG4bK1", "c1", "1 INVITE", ";tag=b1", sdpSays("192.0.2.2", 5000))},
		{index.SideA, sipSays("BYE sip:bob@example.org SIP/2.0", "z9hG4bK3", "c1", "2 BYE", "")},
	}} {
		var seed []byte
		for _, t := range turns {
			for text := t.text; text != ""; {
				n := min(len(text), 127)
				seed = append(append(seed, byte(n)|byte(t.side)<<7), text[:n]...)
				text = text[n:]
			}
		}
		f.Add(seed)
	}
	var packets []byte
	for i := range 5 {
		packets = append(append(packets, 40), rtpPacket(0, uint16(i), uint32(i)*160, 7)[:40]...)
	}
	f.Add(packets)
	f.Add(append([]byte{byte(len(megacoAdd))}, megacoAdd...))
	f.Add(append([]byte{32}, unhex(f, stunRequest)...))
	f.Add(append([]byte{48}, unhex(f, stunAnswer)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		k := &mediaSink{}
		e := NewEngine(k, mediaProtocols())
		ends := [2]Endpoint{mustEndpoint("192.0.2.1:4000"), mustEndpoint("192.0.2.2:5000")}
		stream, datagrams := e.Open(0, ends, false), e.Open(1, ends, true)
		stream.Client(index.SideA)
		var offsets [2]uint64
		for frame := uint32(1); len(data) > 0; frame++ {
			side, n := index.Side(data[0]>>7), min(int(data[0]&127), len(data)-1)
			piece := data[1 : 1+n]
			data = data[1+n:]
			now := index.Time(frame) * 1e6
			e.At(frame, now)
			if n == 0 {
				stream.Gap(side, Gap{Bytes: 7})
				offsets[side] += 7
				continue
			}
			stream.Bytes(side, offsets[side], piece, frame, now)
			offsets[side] += uint64(n)
			datagrams.Datagram(side, piece, frame, now)
		}
		stream.Close(CaptureEnded)
		datagrams.Close(CaptureEnded)
		if e.Panics > 0 {
			t.Fatal("a decoder panicked")
		}
		for _, m := range k.messages {
			if len(m.Summary) > summaryBytes {
				t.Fatalf("a summary of %d bytes", len(m.Summary))
			}
		}
	})
}
