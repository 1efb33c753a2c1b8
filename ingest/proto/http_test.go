package proto

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pcapidx/index"
)

func sumOf(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:])[:8]
}

const pngBytes = "\x89PNG\r\n\x1a\n....IEND\xaeB`\x82"

// webCases are connections and what is told of them.
func webCases() []struct {
	name   string
	script webScript
	want   string
} {
	return []struct {
		name   string
		script webScript
		want   string
	}{
		{"pipelining", webScript{
			">GET /a?token=x HTTP/1.1\r\nHost: h.example:80\r\n\r\nHEAD /b HTTP/1.1\r\nHost: h.example\r\n\r\n",
			"<HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n",
		}, `
1-1 http request/ok [GET /a?token=***]
1-1 http request/ok [HEAD /b]
2-2 http response/ok to 1 [200 OK, text/plain, 5 bytes, complete] "a" text/plain 5/5/5  complete 2cf24dba
2-2 http response/ok to 2 [200 OK]
`},
		{"chunks and trailers", webScript{
			">POST /u HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n", "<HTTP/1.1 100 Continue\r\n\r\n", ">abc",
			"<HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nfoo\r\n3\r\nbar\r\n0\r\nA: b\r\n\r\n",
		}, `
2-2 http continues/ok [100 Continue]
1-3 http request/ok [POST /u, no type given, 3 bytes, complete] "u" text/plain 3/3/3  complete ba7816bf
4-4 http response/error to 2 [500 Oops, no type given, 6 bytes, complete] "u" text/plain 6/31/-1 chunked complete c3ab8ff1 !http.5xx[4]
`},
		{"until close", webScript{">GET / HTTP/1.0\r\n\r\n", "<HTTP/1.0 200 OK\r\n\r\nab", "<cd", "<."}, `
1-1 http request/ok [GET /]
2-4 http response/ok to 1 [200 OK, no type given, 4 bytes, complete] "" text/plain 4/4/-1  complete 88d4266f
`},
		{"server closes", webScript{">GET /i.png HTTP/1.1\r\n\r\n", "<HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 100\r\n\r\n\x89PNG\r\n\x1a\n", "<."}, `
1-1 http request/ok [GET /i.png]
2-2 http response/truncated to 1 [200 OK, image/png, 8 of 100 bytes, short_server_close] "i.png" image/png 8/8/100  short_server_close 4c4b6a3b !http.body_short_server_close[2 3]
`},
		{"server resets", webScript{">GET / HTTP/1.1\r\n\r\n", "<HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx", "<!"}, `
1-1 http request/ok [GET /]
2-2 http response/truncated to 1 [200 OK, no type given, 1 of 100 bytes, server_reset] "" text/plain 1/1/100  server_reset 2d711642 !http.body_short_server_reset[2 3]
`},
		{"client resets", webScript{">GET / HTTP/1.1\r\n\r\n", "<HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx", ">!"}, `
1-1 http request/ok [GET /]
2-2 http response/aborted to 1 [200 OK, no type given, 1 of 100 bytes, client_abort] "" text/plain 1/1/100  client_abort 2d711642 !http.body_short_client_abort[2 3]
`},
		{"capture ends", webScript{">GET / HTTP/1.1\r\n\r\n", "<HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx"}, `
1-1 http request/ok [GET /]
2-2 http response/partial to 1 [200 OK, no type given, 1 of 100 bytes, capture_ended] "" text/plain 1/1/100  capture_ended 2d711642 !http.body_short_capture_ended[2]
`},
		{"client closes, capture ends", webScript{">GET / HTTP/1.1\r\n\r\n", "<HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx", ">."}, `
1-1 http request/ok [GET /]
2-2 http response/aborted to 1 [200 OK, no type given, 1 of 100 bytes, client_abort] "" text/plain 1/1/100  client_abort 2d711642 !http.body_short_client_abort[2 3]
`},
		{"client closes, server resets", webScript{">GET / HTTP/1.1\r\n\r\n", "<HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx", ">.", "<!"}, `
1-1 http request/ok [GET /]
2-2 http response/aborted to 1 [200 OK, no type given, 1 of 100 bytes, client_abort] "" text/plain 1/1/100  client_abort 2d711642 !http.body_short_client_abort[2 3 4]
`},
		{"client closes its side and takes the rest", webScript{">GET / HTTP/1.1\r\n\r\n", "<HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx", ">.", "<y"}, `
1-1 http request/ok [GET /]
2-4 http response/partial to 1 [200 OK, no type given, 2 of 100 bytes, capture_ended] "" text/plain 2/2/100  capture_ended ` + sumOf("xy") + ` !http.body_short_capture_ended[4]
`},
		{"gap in a body", webScript{">GET / HTTP/1.1\r\n\r\n", "<HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nxyz", "<____", "<zzzzHTTP/1.1 204 No Content\r\n\r\n"}, `
1-1 http request/ok [GET /]
2-3 http response/partial to 1 [200 OK, no type given, 7 of 10 bytes, capture_loss] "" text/plain 7/7/10  capture_loss ` + sumOf("xyzzzzz") + ` !http.body_short_capture_loss[2]
3-3 http response/ok [204 No Content]
`},
		{"no request", webScript{">GET/HTTP/1.1\nHost: h\n\n", "<HTTP/1.0 400 Bad Request\r\nContent-Length: 0\r\n\r\n"}, `
1-1 http continues/partial [22 bytes that belong to no message that is known] "" text/plain 22/22/-1  fragment ` + sumOf("GET/HTTP/1.1\nHost: h\n\n") + `
2-2 http response/error [400 Bad Request] !http.4xx[2]
`},
		{"behind a gap", webScript{">GET / HTTP/1.1\r\n\r\n", "<____", "<<p>\r\nx", "<\r\n\r\n{}\n", "<A: b\r\n\r\nc\n", "<no end", "< yet\n", "<\x80\n"}, `
1-1 http request/ok [GET /]
2-2 http continues/partial [6 bytes that belong to no message that is known] "" text/plain 6/6/-1  fragment ` + sumOf("<p>\r\nx") + `
3-3 http continues/partial [3 bytes that belong to no message that is known] "" application/json 3/3/-1  fragment ` + sumOf("{}\n") + `
4-4 http continues/partial [2 bytes that belong to no message that is known] "" text/plain 2/2/-1  fragment ` + sumOf("c\n") + `
5-6 http continues/partial [11 bytes that belong to no message that is known] "" text/plain 11/11/-1  fragment ` + sumOf("no end yet\n") + `
7-7 http continues/partial [2 bytes that belong to no message that is known]
`},
		{"error page, no image", webScript{">GET /i.png HTTP/1.1\r\n\r\n", "<HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 9\r\n\r\n<html>no!", "<."}, `
1-1 http request/ok [GET /i.png]
2-2 http response/ok to 1 [200 OK, image/png (looks like text/html), 9 bytes, complete] "i.png" text/html 9/9/9  complete ` + sumOf("<html>no!") + ` !http.type_mismatch[2]
`},
		{"image without an end", webScript{">GET /i.png HTTP/1.1\r\n\r\n", "<HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 8\r\n\r\n\x89PNG\r\n\x1a\n", "<."}, `
1-1 http request/ok [GET /i.png]
2-2 http response/ok to 1 [200 OK, image/png, 8 of 8 bytes, content_incomplete_at_source] "i.png" image/png 8/8/8  content_incomplete_at_source 4c4b6a3b !http.content_incomplete_at_source[2]
`},
		{"conflicts", webScript{">POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\nno colon\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"}, `
1-1 http request/ok [POST /, no type given, 0 bytes, complete] ""  0/5/-1 chunked complete e3b0c442 !http.dup_cl[1] !http.cl_te_conflict[1] !http.bad_header[1]
`},
		{"credentials", webScript{">POST /login HTTP/1.1\r\nAuthorization: Basic dTpw\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 18\r\n\r\nuser=u&password=pw"}, `
1-1 http request/ok [POST /login, application/x-www-form-urlencoded, 18 bytes, complete] "login" text/plain 18/18/18  complete ` + sumOf("user=u&password=pw") + ` !cleartext.credentials[1] !cleartext.credentials[1]
`},
		{"JSON-RPC in a body", webScript{">POST /rpc HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 46\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/list\"}"}, `
1-1 http request/ok [POST /rpc, application/json, 46 bytes, complete, JSON-RPC call tools/list id 7] "rpc" application/json 46/46/46  complete ` + sumOf(`{"jsonrpc":"2.0","id":7,"method":"tools/list"}`) + `
`},
		{"events", webScript{
			">GET /e HTTP/1.1\r\n\r\n", "<HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n\xef\xbb\xbfdata: a\r", "<\ndata:b\r\n\r\n: ping\n\n",
			"<event: endpoint\nid: 7\ndata: {\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{}}\n\nretry: 10\n\n", "<data: left", "<.",
		}, `
1-1 http request/ok [GET /e]
2-3 sse continues/ok [event message, 3 bytes]
4-4 sse continues/ok [event endpoint, 36 bytes, id 7, JSON-RPC result id 3]
4-4 sse continues/ok [event message, 0 bytes]
5-6 sse continues/truncated [event message, 4 bytes] !sse.short[6]
2-6 http response/ok to 1 [200 OK, text/event-stream, 117 bytes, complete] "e" text/plain 117/117/-1  complete ` + sumOf("\xef\xbb\xbfdata: a\r\ndata:b\r\n\r\n: ping\n\nevent: endpoint\nid: 7\ndata: {\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{}}\n\nretry: 10\n\ndata: left") + `
`},
		{"events in chunks, cut", webScript{
			">POST /e HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "<HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ndata\r\n5\r\n: ab\n\r\n1\r\n\n\r\n7\r\ndata: c\r\n", "<!",
		}, `
1-1 http request/ok [POST /e]
2-2 sse continues/ok [event message, 2 bytes]
2-2 sse continues/truncated [event message, 1 bytes] !sse.short[2]
2-2 http response/truncated to 1 [200 OK, text/event-stream, 17 bytes, server_reset] "e" text/plain 17/37/-1 chunked server_reset ` + sumOf("data: ab\n\ndata: c") + ` !http.body_short_server_reset[2 3]
`},
		{"snap length", webScript{">GET /abc HTTP/1.1\r\nHost: h.example\r\nUser-Ag", ">_s", "<HTTP/1.1 200 OK\r\nServer: x", "<_s"}, `
1-1 http request/partial [GET /abc, header cut after 43 bytes] !http.header_short[1]
2-2 http response/partial to 1 [200 OK, header cut after 26 bytes] !http.header_short[2]
`},
		{"header cut by the end", webScript{">GET /i.png HTTP/1.1\r\n\r\n", "<HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 98231\r\nServ", "<."}, `
1-1 http request/ok [GET /i.png]
2-2 http response/truncated to 1 [200 OK, image/png, 98231 bytes announced, header cut after 69 bytes] !http.header_short[2]
`},
		{"WebSocket", webScript{
			">GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n", "<HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x02hi",
			">\x81\x82\x01\x02\x03\x04ik", "<\x01\x01a\x89\x00\x80\x01b", ">\x88\x82\x00\x00\x00\x00\x03\xe8",
		}, `
1-1 http request/ok [GET /ws]
2-2 http response/ok to 1 [101 Switching Protocols]
2-2 websocket notice/ok [text message, 2 bytes: hi]
3-3 websocket notice/ok [text message, 2 bytes: hi]
4-4 websocket continues/ok [fragment, 1 bytes]
4-4 websocket continues/ok [ping, 0 bytes]
4-4 websocket notice/ok [text message, 2 bytes in 2 frames: ab]
5-5 websocket notice/ok [close 1000]
`},
		{"JSON-RPC", webScript{
			">{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"m}\\\"\",\"params\":[]}\n", "<{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"error\":{\"code\":-32601}}{\"jsonrpc\":\"2.0\",\"method\":\"n\"}",
		}, `
1-1 jsonrpc request/ok [call m}" id a]
2-2 jsonrpc response/error to 1 [error -32601 id a] !jsonrpc.error[2]
2-2 jsonrpc notice/ok [notification n]
`},
		{"JSON-RPC, cut", webScript{
			">{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\"}\n{\"jsonrpc\":", ">_12345", ">\"}\n{\"jsonrpc\":\"2.0\",\"method\":\"n\"}\n{x}", "<{\"jsonrpc\"", "<.",
		}, `
1-1 jsonrpc request/ok [call m id 1]
1-1 jsonrpc continues/partial [JSON text without an end] !jsonrpc.short[1]
2-2 jsonrpc notice/ok [notification n]
2-2 jsonrpc notice/malformed [JSON that is no JSON-RPC] !malformed[2]
3-3 jsonrpc continues/truncated [JSON text without an end] !jsonrpc.short[3]
`},
	}
}

func TestHTTP(t *testing.T) {
	for _, c := range webCases() {
		t.Run(c.name, func(t *testing.T) {
			n := newWebNet(false)
			c.script.play(n)
			if got, want := n.lines(), strings.TrimPrefix(c.want, "\n"); got != want {
				t.Errorf("got\n%swant\n%s", got, want)
			}
			if n.engine.Panics > 0 {
				t.Error("a decoder panicked")
			}
		})
	}
}

// TestHTTPPieces cuts what is sent by chance: the messages are the same.
func TestHTTPPieces(t *testing.T) {
	for _, c := range webCases() {
		switch c.name {
		case "snap length", "gap in a body", "no request", "behind a gap": // gaps, and bytes of no message, belong to segments
			continue
		}
		want := ""
		for seed := range uint64(50) {
			n := newWebNet(false)
			n.cuts = rand.New(rand.NewPCG(seed, 1))
			c.script.play(n)
			switch got := n.lines(); {
			case want == "":
				want = got
			case got != want:
				t.Fatalf("%s, cut with seed %d: got\n%swant\n%s", c.name, seed, got, want)
			}
		}
	}
}

// TestHTTPRepeats: a response that TCP sends again is shown again, without its body.
func TestHTTPRepeats(t *testing.T) {
	n := newWebNet(false)
	n.send(index.SideA, "GET / HTTP/1.1\r\n\r\n")
	response := "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	n.send(index.SideB, response)
	n.conn.Repeat(index.SideB, 0, len(response), 7, n.at())
	n.conn.Close(CaptureEnded)
	want := `1-1 http request/ok [GET /]
2-2 http response/ok to 1 [200 OK, no type given, 2 bytes, complete] "" text/plain 2/2/2  complete ` + sumOf("ok") + `
7-7 http continues/ok to 2 [200 OK, no type given, 2 bytes, complete] !repeated[2 7]
`
	if got := n.lines(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// TestHTTPHeadless: the middle of a body, of which the beginning was not captured, is
// taken for HTTP by its port alone, and is not confirmed before a message is found.
func TestHTTPHeadless(t *testing.T) {
	for _, c := range []struct {
		name, server, want string
		server80           bool
		begun              bool // the SYN was captured
		more               string
		confirmed          bool
	}{
		{name: "body", server80: true, server: "colour: red\r\n\r\n<p>", want: "continues 1-1 3 bytes http.no_header|"},
		{name: "bytes that are no text", server80: true, server: "\x80\x81\n", want: ""},
		{name: "another port", server: "<p>\n", want: ""},
		{name: "the SYN is there", server80: true, begun: true, server: "<p>\n", want: ""},
		{
			name: "a response at last", server80: true, server: "<p>\n", more: "HTTP/1.1 204 No Content\r\n\r\n", confirmed: true,
			want: "continues 1-1 4 bytes http.no_header|response 2-2 204 No |",
		},
	} {
		n := newWebNet(false)
		port := "192.0.2.2:81"
		if c.server80 {
			port = "192.0.2.2:80"
		}
		n.conn = n.engine.Open(0, [2]Endpoint{netip.MustParseAddrPort("192.0.2.1:40000"), netip.MustParseAddrPort(port)}, false)
		if c.begun {
			n.conn.Client(index.SideA)
		}
		n.send(index.SideB, c.server)
		if c.more != "" {
			for range 300 { // a long body does not wear out the patience
				n.send(index.SideB, strings.Repeat("\x80", 1000))
			}
			n.frame = 1
			n.send(index.SideB, c.more)
		}
		n.conn.Close(CaptureEnded)
		got := ""
		for _, m := range n.messages {
			got += fmt.Sprintf("%s %d-%d %s", m.Kind, m.First, m.Frame, m.Summary[:7])
			for _, w := range m.Warnings {
				got += " " + w.Code
			}
			got += "|"
		}
		if got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
		if found := slices.Contains(n.apps[0].Protocols, "http"); found != (c.server80 && !c.begun) || n.apps[0].Confirmed != c.confirmed {
			t.Errorf("%s: %+v", c.name, n.apps[0])
		}
	}
}
