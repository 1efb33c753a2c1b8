package proto

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"pcapidx/index"
)

// TestHeld: what a decoder keeps of a body counts in the memory of its connection, and
// no longer when the body is whole. What is left are messages that TCP may send again.
func TestHeld(t *testing.T) {
	const size = 100_000
	body := strings.Repeat("text of a body\n", size/15+1)[:size]
	for name, c := range map[string]struct{ client, server, begin, end string }{
		"http": {"GET / HTTP/1.1\r\n\r\n", "", fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n", size), ""},
		"smtp": {"EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n", "220 x ESMTP\r\n250 x\r\n250 ok\r\n250 ok\r\n354 go\r\n", "", "\r\n.\r\n"},
	} {
		e := NewEngine(&mediaSink{}, All())
		x := e.Open(1, [2]Endpoint{netip.MustParseAddrPort("192.0.2.1:40000"), netip.MustParseAddrPort("192.0.2.2:80")}, false)
		x.Client(index.SideA)
		offsets, frame := [2]uint64{}, uint32(0)
		say := func(side index.Side, text string) {
			if text == "" {
				return
			}
			frame++
			e.At(frame, index.Time(frame))
			x.Bytes(side, offsets[side], []byte(text), frame, index.Time(frame))
			offsets[side] += uint64(len(text))
		}
		if name == "smtp" {
			say(index.SideB, c.server[:len("220 x ESMTP\r\n")])
			say(index.SideA, c.client)
			say(index.SideB, c.server[len("220 x ESMTP\r\n"):])
		} else {
			say(index.SideA, c.client)
		}
		sender := index.SideB
		if name == "smtp" {
			sender = index.SideA
		}
		say(sender, c.begin)
		say(sender, body[:size-1])
		if held := x.Held(); held < size-1000 {
			t.Errorf("%s: %d bytes are held of %d", name, held, size-1)
		}
		say(sender, body[size-1:]+c.end)
		if held := x.Held(); held > 2000 {
			t.Errorf("%s: %d bytes are held of a body that is whole", name, held)
		}
	}
}
