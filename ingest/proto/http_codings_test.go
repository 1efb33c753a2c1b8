package proto

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"pcapidx/index"
)

func TestHTTPFieldsOfMessages(t *testing.T) {
	n := newWebNet(false)
	webScript{
		">GET /p?a=b&c HTTP/1.1\r\nHost: h.example\r\nCookie: x=1; y=2\r\n\r\n",
		"<HTTP/1.1 200 Fine\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
	}.play(n)
	var got []string
	for _, m := range n.messages {
		for _, f := range m.Fields {
			got = append(got, fmt.Sprintf("%s=%s%d", strings.TrimPrefix(f.Name, "http."), f.Text, f.Num))
		}
	}
	want := []string{
		"request=1", "request.method=GET0", "request.uri=/p?a=b&c0", "request.uri.path=/p0", "request.uri.query=a=b&c0",
		"request.uri.query.parameter=a=b0", "request.uri.query.parameter=c0", "request.version=HTTP/1.10",
		"request.line=Host: h.example\r\n0", "host=h.example0", "request.line=Cookie: x=1; y=2\r\n0", "cookie=x=1; y=20", "cookie_pair=x=10", "cookie_pair=y=20",
		"request.full_uri=http://h.example/p?a=b&c0", "request_number=1",
		"response=1", "response.version=HTTP/1.10", "response.code=200", "response.code.desc=OK0", "response.phrase=Fine0",
		"response.line=Transfer-Encoding: chunked\r\n0", "transfer_encoding=chunked0", "response_number=1", "chunk_size=2", "chunk_size=0", "file_data=ok0",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
	if a := n.apps[0]; a.Host != "h.example" || a.HostFrom != "http host" || !a.Confirmed {
		t.Errorf("application: %+v", a)
	}
}

// coded gives a text in a coding.
func coded(t testing.TB, coding, text string) string {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	switch coding {
	case "gzip":
		w = gzip.NewWriter(&b)
	case "deflate":
		w = zlib.NewWriter(&b)
	case "raw":
		w, _ = flate.NewWriter(&b, 9)
	case "br":
		w = brotli.NewWriter(&b)
	case "zstd":
		w, _ = zstd.NewWriter(&b)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestHTTPCodings(t *testing.T) {
	text := strings.Repeat("What is coded is undone. ", 999)
	for _, c := range []struct{ header, body string }{
		{"gzip", coded(t, "gzip", text)},
		{"x-gzip", coded(t, "gzip", text) + "trailing"},
		{"deflate", coded(t, "deflate", text)},
		{"deflate", coded(t, "raw", text)},
		{"br", coded(t, "br", text)},
		{"zstd", coded(t, "zstd", text)},
		{"gzip, br", coded(t, "br", coded(t, "gzip", text))},
		{"identity", text},
	} {
		message := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n%s", c.header, len(c.body), c.body)
		n := newWebNet(false)
		n.cuts = rand.New(rand.NewPCG(3, 4))
		webScript{">GET / HTTP/1.1\r\n\r\n", "<" + message}.play(n)
		o := n.messages[1].Object
		if o.Size != uint64(len(text)) || o.SHA256[:8] != sumOf(text) || o.Verdict != VerdictComplete || o.Wire != uint64(len(c.body)) {
			t.Errorf("%s: %+v", c.header, o)
		}
		if c.header != "identity" && string(n.messages[1].Text) != text {
			t.Errorf("%s: another text", c.header)
		}
		r, err := HTTPBody([]byte(message), "GET")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || string(got) != text {
			t.Errorf("%s: HTTPBody gave %d bytes, %v", c.header, len(got), err)
		}
	}
}

// TestHTTPBomb: a body that decodes to far more than it is stops at the limits.
func TestHTTPBomb(t *testing.T) {
	body := coded(t, "br", strings.Repeat("\x00", 40<<20))
	message := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	n := newWebNet(false)
	webScript{">GET / HTTP/1.1\r\n\r\n", "<" + message, "<HTTP/1.1 204 No\r\n\r\n"}.play(n)
	m := n.messages[1]
	if m.Object.Size > httpMaxRatio*uint64(len(body)) || len(m.Warnings) != 1 || m.Warnings[0].Code != "http.bomb" || len(n.messages) != 3 {
		t.Errorf("%+v, %+v, %d messages", m.Object, m.Warnings, len(n.messages))
	}
	r, err := HTTPBody([]byte(message), "")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, r); err != ErrBodyLimit || n > httpMaxDecoded {
		t.Errorf("%d bytes, %v", n, err)
	}
}

// TestWebSocketDeflate: messages that refer to earlier ones, and one after a gap.
func TestWebSocketDeflate(t *testing.T) {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, 9)
	frame := func(text string) string {
		b.Reset()
		_, _ = w.Write([]byte(text))
		_ = w.Flush()
		p := bytes.TrimSuffix(b.Bytes(), []byte{0, 0, 0xff, 0xff})
		return "\xc1" + string(rune(len(p))) + string(p)
	}
	n := newWebNet(false)
	n.cuts = rand.New(rand.NewPCG(1, 2))
	webScript{
		">GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n", "<HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
		"<" + frame("a message that is compressed"), "<" + frame("a message that is compressed again"),
	}.play(n)
	want := []string{"a message that is compressed", "a message that is compressed again"}
	for i, m := range n.messages[2:] {
		if string(m.Text) != want[i] || len(m.Warnings) > 0 {
			t.Errorf("message %d: %q %v", i, m.Text, m.Warnings)
		}
	}
	if len(n.messages) != 4 {
		t.Errorf("%d messages", len(n.messages))
	}
}

func TestSSDP(t *testing.T) {
	n := newWebNet(true)
	n.send(index.SideA, "M-SEARCH * HTTP/1.1\r\nHost: 239.255.255.250:1900\r\nST: ssdp:all\r\n\r\n")
	n.send(index.SideB, "HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\nUSN: uuid:1\r\nLOCATION: http://192.0.2.2/d.xml\r\n\r\n")
	n.send(index.SideA, "NOTIFY * HTTP/1.1\r\nNT: upnp:rootdevice\r\nNTS: ssdp:alive\r\n\r\n")
	want := `1-1 ssdp request/ok [search for ssdp:all]
2-2 ssdp response/ok to 1 [answer: upnp:rootdevice at http://192.0.2.2/d.xml]
3-3 ssdp notice/ok [notification ssdp:alive: upnp:rootdevice]
`
	if got := n.lines(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func FuzzHTTP(f *testing.F) {
	for _, c := range webCases() {
		var a, b string
		for _, step := range c.script {
			if step[0] == '>' {
				a += step[1:]
			} else {
				b += step[1:]
			}
		}
		f.Add([]byte(a), []byte(b), uint64(1))
	}
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"), []byte("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"+coded(f, "gzip", pngBytes)), uint64(2))
	f.Fuzz(func(t *testing.T, client, server []byte, seed uint64) {
		n := newWebNet(false)
		r := rand.New(rand.NewPCG(seed, 0))
		n.cuts = r
		for len(client)+len(server) > 0 {
			side, from := index.SideA, &client
			if len(*from) == 0 || len(server) > 0 && r.IntN(2) == 0 {
				side, from = index.SideB, &server
			}
			k := 1 + r.IntN(len(*from))
			n.send(side, string((*from)[:k]))
			*from = (*from)[k:]
			if r.IntN(8) == 0 {
				n.gap(side, Gap{Bytes: uint64(r.IntN(100) + 1), Snapped: r.IntN(4) == 0})
			}
		}
		n.end(index.Side(r.IntN(2)), End(r.IntN(5)))
		n.conn.Close(CaptureEnded)
		if n.engine.Panics > 0 {
			t.Fatal("a decoder panicked")
		}
		for _, m := range n.messages {
			if len(m.Summary) > 200 {
				t.Fatalf("a summary of %d bytes", len(m.Summary))
			}
		}
	})
}
