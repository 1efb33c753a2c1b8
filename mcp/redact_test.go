package mcp

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"
)

// secretsCapture is a conversation full of secrets: HTTP with credentials, cookies,
// a form and JSON, cut in awkward places; a log-in of FTP. It gives the secrets too.
func secretsCapture(t *testing.T) (path string, secrets []string) {
	t.Helper()
	basic := base64.StdEncoding.EncodeToString([]byte("alice:opensesame-basic"))
	secrets = []string{basic, basic[9:], "opensesame", "cookie-chocolate-1", "cookie-vanilla-2", "form-hush-3", "json-hush-4", "query-hush-5", "key-hush-6", "ftp-hush-7"}
	form := "user=alice&password=form-hush-3&go=1"
	request := "POST /in?access_token=query-hush-5&q=visible HTTP/1.1\r\nHost: www.example.com\r\nAuthorization: Basic " + basic + "\r\nCookie: sid=cookie-chocolate-1; theme=dark\r\n" +
		"X-Api-Key: key-hush-6\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: " + itoa(uint32(len(form))) + "\r\n\r\n" + form
	body := `{"name":"visible-name","secret_token":"json-hush-4"}`
	answer := "HTTP/1.1 200 OK\r\nSet-Cookie: sid=cookie-vanilla-2; Path=/; HttpOnly\r\nContent-Type: application/json\r\nContent-Length: " + itoa(uint32(len(body))) + "\r\n\r\n" + body
	frames := opened()
	seq, at := uint32(1001), 10
	send := func(part string) {
		frames = append(frames, made{at, tcp(madeClient, madeServer, flagACK, seq, 5001, part)})
		seq, at = seq+uint32(len(part)), at+1
	}
	cut := strings.Index(request, basic) + 9 // the rest of the credentials begins a segment
	send(request[:cut])
	send(request[cut:])
	frames = append(frames, made{at + 5, tcp(madeServer, madeClient, flagACK, 5001, seq, answer)})
	const a, b = "192.0.2.1:40100", "192.0.2.3:21"
	frames = append(frames,
		made{100, tcp(a, b, flagSYN, 1, 0, "")}, made{101, tcp(b, a, flagSYN|flagACK, 1, 2, "")}, made{102, tcp(a, b, flagACK, 2, 2, "")},
		made{103, tcp(b, a, flagACK, 2, 2, "220 ready\r\n")}, made{104, tcp(a, b, flagACK, 2, 13, "USER alice\r\n")}, made{105, tcp(b, a, flagACK, 13, 14, "331 password\r\n")},
		made{106, tcp(a, b, flagACK, 14, 27, "PASS ftp-hush-7\r\n")}, made{107, tcp(b, a, flagACK, 27, 31, "230 in\r\n")},
	)
	return madeCapture(t, linkRaw, frames...), secrets
}

// revealed gives all that an answer holds, hexadecimal and base64 decoded too.
func revealed(text string) string {
	out := text
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\n\",:", r) }) {
		if len(word) < 16 {
			continue
		}
		if b, err := hex.DecodeString(word); err == nil {
			out += "\n" + string(b)
		} else if b, err := base64.StdEncoding.DecodeString(word); err == nil {
			out += "\n" + string(b)
		}
	}
	return out
}

// TestSecretsHidden: no tool shows a secret, unless the server reveals them.
func TestSecretsHidden(t *testing.T) {
	path, secrets := secretsCapture(t)
	for _, reveal := range []bool{false, true} {
		config := testConfig(t)
		config.Toolsets, config.Reveal = append(Toolsets(), mcpcapSet), reveal
		c := connect(t, newServer(t, config), "", nil)
		id := c.ok("add_capture", values{"path": path})["rows"].([]any)[0].(values)["capture"]
		shown := ""
		for _, q := range []struct {
			tool string
			args values
		}{
			{"follow_stream", values{"connection": 0}},
			{"follow_stream", values{"connection": 0, "format": "hex"}},
			{"follow_stream", values{"connection": 0, "format": "raw"}},
			{"follow_stream", values{"connection": 0, "offset": 130, "direction": "client"}},
			{"follow_stream", values{"connection": 0, "offset": 150, "limit": 20, "direction": "client", "format": "raw"}},
			{"follow_stream", values{"connection": 1}},
			{"get_packets", values{"frames": "4-14", "payload": "text", "layers": "full"}},
			{"get_packets", values{"frames": "4-14", "payload": "hex", "layers": "full"}},
			{"decode_connection", values{"response_format": "detailed"}},
			{"decode_connection", values{"message": 1}},
			{"decode_connection", values{"message": 1, "text_offset": 22}},
			{"search_payload", values{"needle": "hush", "context": 64}},
			{"search_payload", values{"needle": "cookie-", "context": 0}},
			{"search_payload", values{"needle": "Authorization: .*", "mode": "regex", "context": 100}},
			{"search_payload", values{"needle": "hush", "in": "decoded", "context": 64}},
			{"search_payload", values{"needle": "68757368", "mode": "hex", "context": 64}},
			{"summarize_protocol", values{"protocol": "http"}},
			{"summarize_protocol", values{"protocol": "http", "view": "transactions"}},
			{"search_packets", values{"filter": "tcp"}},
			{"extract_objects", values{}},
			{"diagnose_capture", values{}},
			{"diagnose_connection", values{"connections": "0,1"}},
			{"list_connections", values{"response_format": "detailed"}},
			{"capture_info", values{"sections": "overview,protocols,endpoints,sizes,file,comments"}},
			{"analyze_tcp_connections", values{"detailed": true}},
			{"analyze_capinfos", values{}},
		} {
			switch {
			case strings.HasPrefix(q.tool, "analyze_"):
				q.args["pcap_file"] = id
			case strings.HasPrefix(q.tool, "search_"), q.tool == "list_connections":
				q.args["captures"] = id
			default:
				q.args["capture"] = id
			}
			res := c.call(q.tool, q.args)
			if res.IsError {
				t.Fatalf("%s %v: %s", q.tool, q.args, textOf(res))
			}
			b, err := json.Marshal(res.StructuredContent)
			if err != nil {
				t.Fatal(err)
			}
			all := revealed(textOf(res) + "\n" + string(b))
			shown += all
			for _, s := range secrets {
				if !reveal && strings.Contains(all, s) {
					t.Errorf("%s %v shows %s:\n%s", q.tool, q.args, s, textOf(res))
				}
			}
		}
		for _, s := range []string{"visible-name", "q=visible", "alice"} {
			if !strings.Contains(shown, s) {
				t.Errorf("reveal %v: %s is hidden too", reveal, s)
			}
		}
		for _, s := range secrets {
			if reveal && s != "opensesame" && !strings.Contains(shown, s) {
				t.Errorf("with reveal %s is not shown", s)
			}
		}
		if !reveal && !strings.Contains(shown, "[redacted 32 bytes]") {
			t.Error("nothing says that something is hidden")
		}
	}
}
