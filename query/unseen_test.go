package query

import (
	"context"
	"slices"
	"strings"
	"testing"
)

// swapped exchanges two packets of a connection, which keep their times.
func swapped(all []framed, i, j int) []framed {
	all = slices.Clone(all)
	all[i].data, all[j].data = all[j].data, all[i].data
	return all
}

// TestUnseen: a frame in which Wireshark dissects nothing has no fields of applications,
// though it ends a message.
func TestUnseen(t *testing.T) {
	web := talk("10.0.0.1:40000", "10.0.0.2:80", ">GET / HTTP/1.1\r\nHost: a\r\n\r\n", "<HTTP/1.1 500 No\r\nContent-Le", "<ngth: 0\r\n\r\n")
	for _, c := range []struct {
		name   string
		frames []framed
		want   map[string]string
	}{
		{"in order", web, map[string]string{"http.response.code == 500": "6", "http.response.code": "6", "!http.response.code && http": "4", "http.request_in == 4": "6", "http.time": "6", "http.request.method": "4"}},
		{"out of order", swapped(web, 4, 5), map[string]string{"http.response.code == 500": "", "http.response.code": "", "http.response.code != 200": "", "http.request_in == 4": "", "http.time": "", "http.request.method": "4"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, id := listed(t, linkRaw, c.frames...)
			wantFrames(t, e, id, c.want)
			a, err := e.Messages(context.Background(), MessagesRequest{Capture: id})
			if err != nil || len(a.Rows) != 2 || a.Rows[1].Code != "500" {
				t.Errorf("messages: %+v, %v", a, err)
			}
		})
	}
}

// TestUnseenContinuation: bytes that Wireshark shows as continued TLS have no records.
func TestUnseenContinuation(t *testing.T) {
	hello := func(kind byte, rest string) string {
		body := "\x03\x03" + strings.Repeat("\x9d", 32) + rest
		return string([]byte{22, 3, 3, 0, byte(len(body) + 4), kind, 0, 0, byte(len(body))}) + body
	}
	server := hello(2, "\x00\x00\x2f\x00")
	frames := talk("10.0.0.1:40000", "10.0.0.2:443", ">"+hello(1, "\x00\x00\x02\x00\x2f\x01\x00"), "<"+server[:20], "<"+server[20:])
	e, id := listed(t, linkRaw, frames...)
	wantFrames(t, e, id, map[string]string{"tls.handshake.type == 1": "4", "tls.handshake.type == 2": "6", "tls.handshake": "4 6", "tls": "4 5 6"})
	e, id = listed(t, linkRaw, swapped(frames, 4, 5)...)
	wantFrames(t, e, id, map[string]string{"tls.handshake.type == 1": "4", "tls.handshake.type == 2": "", "tls.handshake": "4", "tls": "4 5", "!tls.handshake && tls": "5"})
}
