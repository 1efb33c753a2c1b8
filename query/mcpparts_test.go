package query

import (
	"strings"
	"testing"

	"pcapidx/index"
)

// TestMCPOverhead: what suites add to a record, by the lengths that their specifications
// give: explicit nonce, tag, type.
func TestMCPOverhead(t *testing.T) {
	for _, c := range []struct {
		version, suite uint64
		wire, plain    int
		exact          bool
	}{
		{0x0303, 0xc02f, 29, 0, true},      // ECDHE-RSA-AES128-GCM-SHA256: 5 + 8 + 16
		{0x0303, 0xc030, 94 + 5, 70, true}, // a client's preface of HTTP/2: 24 + 9 + 4*6 + 13
		{0x0303, 0xcca8, 21, 0, true},      // ChaCha20-Poly1305: 5 + 16
		{0x0303, 0xc0ae, 21, 0, true},      // AES128-CCM-8: 5 + 8 + 8
		{0x0303, 0xc0ac, 29, 0, true},      // AES128-CCM: 5 + 8 + 16
		{0x0304, 0x1301, 22, 0, false},     // 5 + 1 + 16
		{0x0304, 0x1305, 14, 0, false},     // CCM-8: 5 + 1 + 8
		{0x0303, 0xc013, 5 + 64, 64 - 37, false},
		{0x0301, 0x002f, 5 + 48, 48 - 21, false}, // no explicit vector
	} {
		conn := mcpTLSConn{version: c.version, suite: c.suite, records: []mcpRecord{{body: c.wire - 5}}}
		if c.version == mcpTLS13 { // behind the client's Finished
			conn.records = []mcpRecord{{body: 53}, {body: c.wire - 5}}
		}
		conn.prepare()
		if len(conn.records) != 1 || conn.records[0].plain != c.plain || conn.row.Exact != c.exact {
			t.Errorf("version %x, suite %x: %+v, exact %v, want %d bytes", c.version, c.suite, conn.records, conn.row.Exact, c.plain)
		}
	}
}

// talkOf makes records of HTTP/1 in TLS 1.2: lengths of plaintext with a sign, those of
// the server being negative, each gap milliseconds behind the one before.
func talkOf(gap int, lengths ...int) *mcpTLSConn {
	c := &mcpTLSConn{version: mcpTLS12, suite: 0xc02f, client: index.SideA}
	c.row.ALPN = "http/1.1"
	for i, n := range lengths {
		r := mcpRecord{side: index.SideA, body: n + 24, start: index.Time(i*gap) * 1e6}
		if n < 0 {
			r.side, r.body = index.SideB, 24-n
		}
		r.end = r.start
		c.records = append(c.records, r)
	}
	c.prepare()
	return c
}

func TestMCPHandshakeShape(t *testing.T) {
	for _, c := range []struct {
		name    string
		gap     int
		lengths []int
		score   int
		rows    int
	}{
		{"initialize, initialized, list", 10, []int{362, -309, 377, -81, 362, -309}, 3, 3},
		{"no third one", 10, []int{362, -309, 377, -81}, 2, 2},
		{"no empty answer", 10, []int{362, -309, 377, -500, 362, -309}, 1, 3},
		{"too late", 2500, []int{362, -309, 377, -81, 362, -309}, 1, 3},
		{"a page and pictures", 10, []int{90, -40000, 90, -30000}, 0, 2},
		{"a large upload", 10, []int{9000, -309, 377, -81, 362, -309}, 0, 3},
		{"one answer missing", 250, []int{362, 377, -81}, 0, 2},
		{"nothing", 10, nil, 0, 0},
	} {
		conn := talkOf(c.gap, c.lengths...)
		all := conn.exchanges()
		if score := conn.handshake(all); score != c.score || len(all) != c.rows {
			t.Errorf("%s: score %d in %d exchanges, want %d in %d", c.name, score, len(all), c.score, c.rows)
		}
	}
	stream := talkOf(300, 300, -200, -3, -3, -3).exchanges()
	if len(stream) != 1 || !stream[0].Streaming || !stream[0].SSELike || stream[0].ResponseBytes != 209 {
		t.Errorf("a stream of events that is kept alive: %+v", stream[0])
	}
	if burst := talkOf(1, 300, -200, -3, -3, -3).exchanges(); burst[0].Streaming {
		t.Error("records at once are taken for a stream")
	}
}

// TestMCPHTTP2: the preface and control frames of HTTP/2 are no requests.
func TestMCPHTTP2(t *testing.T) {
	c := talkOf(10, 70, -9, 97, 173, -51, -209, 9, -17, 22, 173, -13, -209)
	c = &mcpTLSConn{version: mcpTLS12, suite: 0xc02f, records: c.records}
	c.row.ALPN = "h2"
	for i := range c.records {
		c.records[i].body = c.records[i].plain + 24
	}
	c.prepare()
	all := c.exchanges()
	if c.row.HTTP != 2 || c.row.Control != 5 || len(all) != 2 || all[0].RequestBytes != 97+173 || all[1].ResponseBytes != 209 {
		t.Errorf("%+v, %d exchanges: %+v", c.row, len(all), all)
	}
}

func TestMCPCharacters(t *testing.T) {
	for text, want := range map[string]string{
		"plain words, naïve, 日本語\n\tand tabs": "",
		"a\u200bb\u2060":              "2 invisible characters",
		"\u202eabc\u2066":             "2 marks of writing direction",
		"x\U000e0041\U000e0042":       "2 tag characters",
		"\x1b[31mred":                 "1 control characters",
		strings.Repeat("long ", 1000): "5000 bytes",
	} {
		c := countCharacters(text)
		if got := c.words(); got != want || c.odd() != (want != "") {
			t.Errorf("%q: %q, want %q", text[:min(len(text), 20)], got, want)
		}
	}
}

func TestMCPWords(t *testing.T) {
	for method, want := range map[string]bool{
		"initialize": true, "tools/call": true, "notifications/initialized": true, "server/discover": true, "tasks/get": true, "tools": false,
		"textDocument/hover": false, "eth_call": false, "mining.subscribe": false, "": false,
	} {
		if knownMCP(method) != want {
			t.Errorf("%q: %v", method, !want)
		}
	}
	if got := headerValue("=?base64?V2V0dGVy?="); got != "Wetter" {
		t.Errorf("%q", got)
	}
	if got := headerValue("=?base64?%%?="); got != "=?base64?%%?=" {
		t.Errorf("%q", got)
	}
	if got := shortened("0123456789abcdef"); got != "012345... (16 bytes)" {
		t.Errorf("%q", got)
	}
	if got := shortened("abc"); got != "a... (3 bytes)" {
		t.Errorf("%q", got)
	}
	if endpointKey("http://h:1/m?sessionId=x") != "/m?sessionId=x" || endpointKey("/m?sessionId=x\n") != "/m?sessionId=x" {
		t.Error("an endpoint is named with and without its host")
	}
	if !isModern("2026-07-28") || isModern("2025-11-25") || isModern("x") {
		t.Error("versions")
	}
}
