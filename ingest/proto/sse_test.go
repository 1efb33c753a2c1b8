package proto

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"testing"

	"pcapidx/index"
)

// TestEventsTimes: each event belongs to the frames of its own bytes, even in a body that
// is compressed, and its data is the message's text.
func TestEventsTimes(t *testing.T) {
	for _, coding := range []string{"", "gzip"} {
		n := newWebNet(false)
		n.send(index.SideA, "GET /e HTTP/1.1\r\n\r\n")
		head := "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n"
		if coding != "" {
			head += "Content-Encoding: " + coding + "\r\n"
		}
		n.send(index.SideB, head+"\r\n")
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		chunk := func(text string) {
			out := text
			if coding != "" {
				b.Reset()
				if _, err := z.Write([]byte(text)); err != nil {
					t.Fatal(err)
				}
				if err := z.Flush(); err != nil {
					t.Fatal(err)
				}
				out = b.String()
			}
			n.send(index.SideB, fmt.Sprintf("%x\r\n%s\r\n", len(out), out))
		}
		chunk("data: one\n\n")                // frame 3
		chunk("event: x\ndata: two\n")        // 4
		chunk("data: lines\n\ndata: three\n") // 5
		chunk("\n")                           // 6
		n.send(index.SideB, "0\r\n\r\n")      // 7
		n.conn.Close(CaptureEnded)
		var got []string
		for _, m := range n.messages {
			got = append(got, fmt.Sprintf("%s %d-%d %q", m.Protocol, m.First, m.Frame, m.Text))
		}
		want := `http 1-1 "", sse 3-3 "one", sse 4-5 "two\nlines", sse 5-6 "three", http 2-7 "data: one\n\nevent: x\ndata: two\ndata: lines\n\ndata: three\n\n"`
		if s := strings.Join(got, ", "); s != want {
			t.Errorf("coding %q:\ngot  %s\nwant %s", coding, s, want)
		}
	}
}

// TestEventsGap: behind missing bytes the next event that begins is found.
func TestEventsGap(t *testing.T) {
	n := newWebNet(false)
	webScript{
		">GET /e HTTP/1.1\r\n\r\n", "<HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: a\n\ndata: lo", "<_123456789", "<st\n\ndata: b\n\n", "<.",
	}.play(n)
	var got []string
	for _, m := range n.messages[1:] {
		got = append(got, fmt.Sprintf("%s/%s %q", m.Protocol, m.Outcome, m.Text))
	}
	want := `sse/ok "a", sse/partial "", sse/ok "b", http/partial "data: a\n\ndata: lost\n\ndata: b\n\n"`
	if s := strings.Join(got, ", "); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
}

// TestEventsLong: what is held of a line and of an event is bounded.
func TestEventsLong(t *testing.T) {
	n := newWebNet(false)
	n.send(index.SideA, "GET /e HTTP/1.1\r\n\r\n")
	n.send(index.SideB, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: ")
	for range 40 {
		n.send(index.SideB, strings.Repeat("x", 64<<10))
	}
	n.send(index.SideB, "\n\ndata: next\n\n")
	n.conn.Close(CaptureEnded)
	long, next := n.messages[1], n.messages[2]
	if len(long.Text) > index.MaxText || len(long.Text) < index.MaxText/2 || long.Warnings[0].Code != "capped" || string(next.Text) != "next" {
		t.Errorf("%d bytes, %+v; then %q", len(long.Text), long.Warnings, next.Text)
	}
}
