package query

import (
	"strings"
	"testing"
)

// TestHideSecrets: what is hidden, and what is not. The secret is always hush.
func TestHideSecrets(t *testing.T) {
	for text, want := range map[string]string{
		"GET / HTTP/1.1\r\nAuthorization: Basic hush\r\nHost: a\r\n":  "GET / HTTP/1.1\r\nAuthorization: Basic [redacted 4 bytes]\r\nHost: a\r\n",
		"proxy-authorization:hush":                                    "proxy-authorization:[redacted 4 bytes]",
		"Authorization: Digest username=\"a\", response=\"hush\"\n":   "Authorization: Digest [redacted 29 bytes]\n",
		"Cookie: a=hush; b=hush\r\nAccept: */*":                       "Cookie: [redacted 14 bytes]\r\nAccept: */*",
		"Set-Cookie: sid=hush; Path=/\r\n":                            "Set-Cookie: [redacted 16 bytes]\r\n",
		"X-Api-Key: hush\nX-Vault-Token: hush":                        "X-Api-Key: [redacted 4 bytes]\nX-Vault-Token: [redacted 4 bytes]",
		"USER me\r\nPASS hush\r\n":                                    "USER me\r\nPASS [redacted 4 bytes]\r\n",
		"a1 LOGIN me hush\r\n":                                        "a1 LOGIN me [redacted 4 bytes]\r\n",
		"AUTH PLAIN hush\r\n":                                         "AUTH PLAIN [redacted 4 bytes]\r\n",
		"a2 AUTHENTICATE PLAIN hush":                                  "a2 AUTHENTICATE PLAIN [redacted 4 bytes]",
		"*2\r\n$4\r\nAUTH\r\n$4\r\nhush\r\n":                          "*2\r\n$4\r\nAUTH\r\n$4\r\n[redacted 4 bytes]\r\n",
		"user=me&password=hush&x=1":                                   "user=me&password=[redacted 4 bytes]&x=1",
		"user[password]=hush&x":                                       "user[password]=[redacted 4 bytes]&x",
		"user%5Bpassword%5D=hush&x":                                   "user%5Bpassword%5D=[redacted 4 bytes]&x",
		`{"user": "me", "password": "hu\"h", "n": 1}`:                 `{"user": "me", "password": "[redacted 5 bytes]", "n": 1}`,
		`{"access_token":"hush","expires":3}`:                         `{"access_token":"[redacted 4 bytes]","expires":3}`,
		"GET /x?api_key=hush&q=a HTTP/1.1":                            "GET /x?api_key=[redacted 4 bytes]&q=a HTTP/1.1",
		"ftp://me:hush@example.com/":                                  "ftp://me:[redacted 4 bytes]@example.com/",
		"Content-Type: text/plain\r\n\r\npasses, authors and cookies": "Content-Type: text/plain\r\n\r\npasses, authors and cookies",
		"250-AUTH PLAIN LOGIN\r\n":                                    "250-AUTH PLAIN LOGIN\r\n",
		"WWW-Authenticate: Basic realm=\"x\"\r\n":                     "WWW-Authenticate: Basic realm=\"x\"\r\n",
		"http://example.com:8080/a@b":                                 "http://example.com:8080/a@b",
		"":                                                            "",
	} {
		if got := HideSecrets(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// TestPacketSecrets: a packet that begins in the middle of a header line.
func TestPacketSecrets(t *testing.T) {
	for text, want := range map[string]string{
		"hush\r\nHost: a\r\n":                  "[redacted 4 bytes]\r\nHost: a\r\n",
		"orization: Basic hush\r\nHost: a\r\n": "[redacted 21 bytes]\r\nHost: a\r\n",
		"kie: a=hush\nCookie: hush":            "[redacted 11 bytes]\nCookie: [redacted 4 bytes]",
		"GET / HTTP/1.1\r\nHost: a\r\n":        "GET / HTTP/1.1\r\nHost: a\r\n",
		"HTTP/1.1 200 OK\r\nServer: a\r\n":     "HTTP/1.1 200 OK\r\nServer: a\r\n",
		"Received: a\r\nTo: b\r\n":             "Received: a\r\nTo: b\r\n",
		"plain\ntext":                          "plain\ntext",
	} {
		if got := hidden([]byte(text), packetSecrets([]byte(text)), func(b []byte) string { return string(b) }); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// TestSecretStream: however a text is cut into parts, its header lines stay hidden.
func TestSecretStream(t *testing.T) {
	text := "GET / HTTP/1.1\r\nCookie: " + strings.Repeat("hush", 700) + "\r\nHost: open\r\n\r\nAuthorization: Basic hush\r\nend"
	for _, size := range []int{1, 2, 7, 100, 1000, len(text)} {
		var s secretStream
		out := ""
		for rest := text; rest != ""; {
			part := []byte(rest[:min(size, len(rest))])
			rest = rest[len(part):]
			out += string(overwritten(part, s.find(part)))
		}
		if strings.Contains(out, "hush") || len(out) != len(text) || !strings.Contains(out, "Host: open\r\n") || !strings.HasSuffix(out, "\r\nend") {
			t.Errorf("in parts of %d: %q", size, out)
		}
	}
}

// FuzzFindSecrets: what is found lies inside, in order, apart.
func FuzzFindSecrets(f *testing.F) {
	f.Add([]byte("Authorization: Basic x\r\npassword=1&token=\"2\"\n"), 3)
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		at := 0
		for _, s := range findSecrets(b) {
			if s.from < at || s.to <= s.from || s.to > len(b) {
				t.Fatalf("%v behind %d of %d", s, at, len(b))
			}
			at = s.to
		}
		if n := len(overwritten(b, packetSecrets(b))); n != len(b) {
			t.Fatalf("%d bytes of %d", n, len(b))
		}
		if cut >= 0 && cut < len(b) {
			var s secretStream
			for _, part := range [][]byte{b[:cut], b[cut:]} {
				if len(overwritten(part, s.find(part))) != len(part) {
					t.Fatal("another length")
				}
			}
		}
	})
}
