package proto

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/http2/hpack"

	"pcapidx/index"
)

// h2Bytes gives a frame of HTTP/2.
func h2Bytes(kind, flags uint8, stream uint32, payload []byte) []byte {
	b := []byte{byte(len(payload) >> 16), byte(len(payload) >> 8), byte(len(payload)), kind, flags}
	return append(binary.BigEndian.AppendUint32(b, stream), payload...)
}

// h2Coder encodes the headers of a direction.
type h2Coder struct {
	out bytes.Buffer
	enc *hpack.Encoder
}

// block encodes name, value, name, value ...
func (c *h2Coder) block(fields ...string) []byte {
	if c.enc == nil {
		c.enc = hpack.NewEncoder(&c.out)
	}
	c.out.Reset()
	for i := 0; i < len(fields); i += 2 {
		_ = c.enc.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
	}
	return bytes.Clone(c.out.Bytes())
}

// http2Script is a connection with two requests, the second with a header in two frames
// and padding, whose answer fails, and what ends it. The first answer has a body of so many
// bytes, and three more.
func http2Script(body int) []scriptTurn {
	var client, server h2Coder
	get := client.block(":method", "GET", ":scheme", "http", ":path", "/a?token=abc", ":authority", "h2.example:8080", "user-agent", "test/1")
	post := client.block(":method", "POST", ":scheme", "http", ":path", "/pkg.Service/Call", ":authority", "h2.example:8080", "user-agent", "test/1", "authorization", "Bearer 0123456789")
	ok := server.block(":status", "200", "content-type", "text/plain", "set-cookie", "id=1")
	grpc := server.block(":status", "200", "content-type", "application/grpc")
	trailers := server.block("grpc-status", "5", "grpc-message", "not found")
	padded := append(append([]byte{3, 0, 0, 0, 0, 16}, post[:20]...), 0, 0, 0)
	turn := func(server bool, parts ...[]byte) scriptTurn {
		return scriptTurn{server: server, data: bytes.Join(parts, nil)}
	}
	return []scriptTurn{
		turn(false, []byte(h2Preface), h2Bytes(h2Settings, 0, 0, []byte{0, 1, 0, 0, 0x10, 0}), h2Bytes(h2WindowUpdate, 0, 0, []byte{0, 0, 1, 0})),
		turn(false, h2Bytes(h2Headers, h2EndHeaders|h2EndStream, 1, get)),
		turn(true, h2Bytes(h2Settings, 0, 0, nil), h2Bytes(h2Settings, 1, 0, nil)),
		turn(true, h2Bytes(h2Headers, h2EndHeaders, 1, ok), h2Bytes(h2Data, 0, 1, bytes.Repeat([]byte("x"), body)), h2Bytes(h2Data, h2EndStream, 1, []byte("end"))),
		turn(false, h2Bytes(h2Headers, h2Padded|h2Priority, 3, padded), h2Bytes(h2Continuation, h2EndHeaders, 3, post[20:]), h2Bytes(h2Data, h2EndStream, 3, []byte("body"))),
		turn(true, h2Bytes(h2Headers, h2EndHeaders, 3, grpc), h2Bytes(h2Headers, h2EndHeaders|h2EndStream, 3, trailers)),
		turn(true, h2Bytes(h2RstStream, 0, 5, []byte{0, 0, 0, 1})),
		turn(true, h2Bytes(h2Goaway, 0, 0, []byte{0, 0, 0, 3, 0, 0, 0, 0xb, 'x'})),
	}
}

func TestHTTP2(t *testing.T) {
	k, _ := playScript(http2Script(70<<10), "", 9999, scriptWhole)
	checkScript(t, k, true, `
c notice/ok preface
c notice/ok SETTINGS
c notice/ok WINDOW_UPDATE
c request/ok GET /a?token=***
s notice/ok SETTINGS
s notice/ok SETTINGS, acknowledged
s response/ok of 4 [200] 200, text/plain
s continues/ok DATA of stream 1, 71680 bytes
s continues/ok DATA of stream 1, 3 bytes, the last
c continues/ok HEADERS of stream 3
c request/ok POST /pkg.Service/Call !cleartext.credentials
c continues/ok DATA of stream 3, 4 bytes, the last
s response/ok of 11 [200] 200, application/grpc
s continues/error HEADERS of stream 3, grpc-status 5 !grpc.error
s continues/ok RST_STREAM of stream 5, PROTOCOL_ERROR !http2.rst_stream
s notice/ok GOAWAY, ENHANCE_YOUR_CALM !http2.goaway`)
	if a := k.apps[0]; strings.Join(a.Protocols, " ") != "http2" || a.Host != "h2.example" {
		t.Errorf("%v of %q", a.Protocols, a.Host)
	}
	for name, want := range map[string]string{
		"http2.headers.method": "GET|POST", "http2.headers.status": "200|200", "http2.headers.authority": "h2.example:8080|h2.example:8080",
		"http2.headers.content_type": "text/plain|application/grpc", "http2.rst_stream.error": "1", "http2.goaway.error": "11", "http2.settings.id": "1",
	} {
		if got := k.scriptValues(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	secrets := 0
	for _, m := range k.messages {
		for _, f := range m.Fields {
			if f.Secret {
				secrets++
			}
		}
	}
	if secrets != 2 {
		t.Errorf("%d values are secrets, want those of authorization and set-cookie", secrets)
	}
	for most := 1; most < 40; most++ {
		cut, _ := playScript(http2Script(70<<10), "http2", 9999, func(n int) int { return min(n, most) })
		if got, want := cut.scriptLines(true), k.scriptLines(true); !slices.Equal(got, want) {
			t.Fatalf("cut at %d: got\n%s", most, strings.Join(got, "\n"))
		}
	}
}

// TestHTTP2Gaps: what is missing of a body makes its frame partial; behind any other gap
// nothing is read, and headers that refer to what was not read are not guessed.
func TestHTTP2Gaps(t *testing.T) {
	for _, c := range []struct {
		gap  uint64
		want string
	}{
		{500, "partial DATA of stream 1, 1000 bytes|ok 404"},
		{5000, "partial DATA of stream 1, 1000 bytes"},
	} {
		var server h2Coder
		h := newHarness(http2Protocol())
		h.stream(testClient, testServer, []byte(h2Preface), nil)
		h.stream(testServer, testClient, append(h2Bytes(h2Settings, 0, 0, nil), h2Bytes(h2Data, 0, 1, make([]byte, 1000))[:h2Head+100]...), nil)
		conn, side := h.connection(testServer, testClient, false)
		conn.Gap(side, Gap{Bytes: c.gap})
		h.offsets[conn][side] += c.gap
		h.stream(testServer, testClient, append(make([]byte, 400), h2Bytes(h2Headers, h2EndHeaders, 3, server.block(":status", "404"))...), nil)
		h.close(CaptureEnded)
		var got []string
		for _, m := range h.messages {
			if strings.HasPrefix(m.Summary, "DATA") {
				got = append(got, m.Outcome.String()+" "+m.Summary)
			} else if m.Kind == index.Response {
				got = append(got, "ok "+m.Summary)
			}
		}
		if s := strings.Join(got, "|"); s != c.want {
			t.Errorf("gap of %d: got %q, want %q", c.gap, s, c.want)
		}
	}
}

func TestDetectHTTP2(t *testing.T) {
	for head, want := range map[string]Verdict{
		h2Preface: Yes, h2Preface + "\x00": Yes, h2Preface[:10]: More, "": More, "PRI * HTTP/1.1\r\n\r\n": No, "GET / HTTP/1.1\r\n\r\n": No,
	} {
		if got := detectHTTP2(&Head{Client: []byte(head)}); got != want {
			t.Errorf("%q: got %d, want %d", head, got, want)
		}
	}
}

func FuzzHTTP2(f *testing.F) { fuzzSeeds(f, "http2", http2Script(100)) }
