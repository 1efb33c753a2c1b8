package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestParity asks each question on the command line and through MCP: the rows
// are the same values.
func TestParity(t *testing.T) {
	store := t.TempDir()
	t.Setenv("PCAPIDX_STORE", store)
	files := []string{
		"../../testdata/captures/web-day.pcap", "../../testdata/captures/hostile-names.pcapng", "../../testdata/captures/tunnels.pcap",
		"../../testdata/captures/mcp/streamable.pcap", "../../testdata/captures/mcp/tls_h1.pcap",
	}
	added := document(t, append([]string{"ingest"}, files...)...)
	s := serve(t)
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range files {
		got := s.call("add_capture", map[string]any{"path": dir + "/" + f})
		want := added["rows"].([]any)[i].(map[string]any)
		want["duplicate"] = true // the second time
		same(t, "add_capture "+f, []any{want}, got["rows"])
	}
	web := []string{"web-day.pcap"}
	all := "overview,protocols,endpoints,sizes,file,comments"
	picture := filepath.Join(t.TempDir(), "x.png")
	type object = map[string]any
	for _, c := range []struct {
		cli  []string
		tool string
		args object
	}{
		{[]string{"captures"}, "list_captures", object{}},
		{[]string{"info", "web-day.pcap"}, "capture_info", object{"capture": web[0], "sections": all}},
		{[]string{"info", "hostile-names.pcapng"}, "capture_info", object{"capture": "hostile-names.pcapng", "sections": all}},
		{[]string{"connections", "--all"}, "list_connections", object{"limit": 500}},
		{[]string{"connections", "web-day.pcap", "--sort", "bytes", "--limit", "5"}, "list_connections", object{"captures": web, "sort": "bytes", "limit": 5}},
		{[]string{"connections", "web-day.pcap", "--state", "S0,REJ", "--reverse"}, "list_connections", object{"captures": web, "state": "S0,REJ", "reverse": true}},
		{[]string{"connections", "--all", "--protocol", "tcp", "--address", "192.0.2.0/24", "--port", "1-1024"}, "list_connections", object{"protocol": "tcp", "address": "192.0.2.0/24", "port": "1-1024"}},
		{[]string{"packets", "web-day.pcap", "--limit", "40"}, "search_packets", object{"captures": web, "limit": 40}},
		{[]string{"packets", "web-day.pcap", "-Y", "tcp.flags.reset == 1"}, "search_packets", object{"captures": web, "filter": "tcp.flags.reset == 1"}},
		{[]string{"packets", "tunnels.pcap", "-Y", "udp", "--numbers"}, "search_packets", object{"captures": "tunnels.pcap", "filter": "udp", "numbers_only": true, "limit": 500}},
		{[]string{"packets", "hostile-names.pcapng"}, "search_packets", object{"captures": "hostile-names.pcapng"}},
		{[]string{"packets", "web-day.pcap", "--flags", "SYN,!ACK"}, "search_packets", object{"captures": web, "tcp_flags": "SYN,!ACK"}},
		{[]string{"connections", "web-day.pcap", "--words", "TCP refused"}, "list_connections", object{"captures": web, "words": "TCP refused"}},
		{[]string{"connections", "web-day.pcap", "-Y", "tcp.flags.reset == 1"}, "list_connections", object{"captures": web, "filter": "tcp.flags.reset == 1"}},
		{[]string{"messages", "web-day.pcap", "--limit", "6", "--details"}, "decode_connection", object{"capture": web[0], "limit": 6, "response_format": "detailed"}},
		{[]string{"messages", "web-day.pcap", "2", "--details"}, "decode_connection", object{"capture": web[0], "connection": "2", "response_format": "detailed"}},
		{[]string{"messages", "web-day.pcap", "--protocol", "dns", "--status", "ok", "--details"}, "decode_connection", object{"capture": web[0], "protocol": "dns", "status": "ok", "response_format": "detailed"}},
		{[]string{"messages", "web-day.pcap", "--message", "3"}, "decode_connection", object{"capture": web[0], "message": 3, "response_format": "detailed"}},
		{[]string{"summary", "web-day.pcap", "http", "--view", "slow"}, "summarize_protocol", object{"capture": web[0], "protocol": "http", "view": "slow"}},
		{[]string{"summary", "web-day.pcap", "dns"}, "summarize_protocol", object{"capture": web[0], "protocol": "dns"}},
		{[]string{"summary", "web-day.pcap"}, "summarize_capture", object{"capture": web[0]}},
		{[]string{"objects", "web-day.pcap"}, "extract_objects", object{"capture": web[0]}},
		{[]string{"packet", "web-day.pcap", "1,17-19", "--payload-bytes", "64"}, "get_packets", object{"capture": web[0], "frames": "1,17-19", "layers": "full", "payload": "hex", "payload_bytes": 64}},
		{[]string{"packet", "web-day.pcap", "--connection", "2", "--layers", "concise", "--payload", "text", "--payload-bytes", "256", "--limit", "10"}, "get_packets", object{"capture": web[0], "connection": "2", "layers": "concise", "payload": "text"}},
		{[]string{"follow", "web-day.pcap", "2"}, "follow_stream", object{"capture": web[0], "connection": "2", "limit": 65536}},
		{[]string{"follow", "web-day.pcap", "4", "--direction", "server", "--hex", "--offset", "1000", "--limit", "3000"}, "follow_stream", object{"capture": web[0], "connection": "4", "direction": "server", "format": "hex", "offset": 1000, "limit": 3000}},
		{[]string{"follow", "web-day.pcap", "1", "--raw"}, "follow_stream", object{"capture": web[0], "connection": "1", "format": "raw"}},
		{[]string{"search", "web-day.pcap", "--limit", "2", "--", "content-type"}, "search_payload", object{"captures": web, "needle": "content-type", "limit": 2}},
		{[]string{"search", "--all", "--context", "5", "--", "host"}, "search_payload", object{"needle": "host", "context": 5, "limit": 500}},
		{[]string{"search", "web-day.pcap", "--case-sensitive", "-Y", "tcp.port == 80", "--", "GET /"}, "search_payload", object{"captures": web, "needle": "GET /", "case_sensitive": true, "filter": "tcp.port == 80", "limit": 500}},
		{[]string{"search", "web-day.pcap", "--mode", "fuzzy", "--max-edits", "2", "--encodings", "", "--", "Context-Length"}, "search_payload", object{"captures": web, "needle": "Context-Length", "mode": "fuzzy", "max_edits": 2, "limit": 500}},
		{[]string{"search", "--all", "--mode", "regex", "--in", "both", "--", "HTTP/1.1 [0-9]+"}, "search_payload", object{"needle": "HTTP/1.1 [0-9]+", "mode": "regex", "in": "both", "limit": 500}},
		{[]string{"search", "web-day.pcap", "--mode", "hex", "--", "0d0a0d0a"}, "search_payload", object{"captures": web, "needle": "0d0a0d0a", "mode": "hex", "limit": 500}},
		{[]string{"stats", "web-day.pcap", "--by", "pair", "--metric", "bytes", "--top", "7"}, "stats", object{"captures": web, "by": "pair", "metric": "bytes", "top": 7}},
		{[]string{"stats", "--all", "--by", "length", "-Y", "ip"}, "stats", object{"by": "length", "filter": "ip"}},
		{[]string{"plot", "web-day.pcap", "4", "-o", picture}, "plot", object{"capture": web[0], "connection": 4}},
		{[]string{"plot", "web-day.pcap", "9", "-o", picture, "--kind", "rtt", "--from", "0.05", "--to", "0.15", "--width", "700"}, "plot", object{"capture": web[0], "connection": "9", "kind": "rtt", "from_s": 0.05, "to_s": "0.15", "width": 700}},
		{[]string{"diagnose", "web-day.pcap"}, "diagnose_capture", object{"capture": web[0]}},
		{[]string{"diagnose", "web-day.pcap", "--by", "host", "--severity", "info", "--limit", "1"}, "diagnose_capture", object{"capture": web[0], "by": "host", "severity": "info", "limit": 1}},
		{[]string{"diagnose", "web-day.pcap", "--by", "connection", "--code", "refused,high_retransmission"}, "diagnose_capture", object{"capture": web[0], "by": "connection", "code": "refused,high_retransmission"}},
		{[]string{"traffic", "web-day.pcap"}, "analyze_traffic", object{"capture": web[0]}},
		{[]string{"traffic", "web-day.pcap", "--server", "198.51.100.0/24", "--port", "80-8443", "--threshold", "0.5", "--limit", "2"}, "analyze_traffic", object{"capture": web[0], "server": "198.51.100.0/24", "port": "80-8443", "threshold": 0.5, "limit": 2}},
		{[]string{"mcp-traffic", "streamable.pcap", "--details", "--limit", "6"}, "analyze_mcp_traffic", object{"capture": "streamable.pcap", "response_format": "detailed", "limit": 6}},
		{[]string{"mcp-traffic", "streamable.pcap", "1", "2", "--category", "error", "--details"}, "analyze_mcp_traffic", object{"capture": "streamable.pcap", "connections": []any{1, "2"}, "category": "error", "response_format": "detailed"}},
		{[]string{"mcp-traffic", "tls_h1.pcap", "--mode", "metadata", "--details"}, "analyze_mcp_traffic", object{"capture": "tls_h1.pcap", "mode": "metadata", "response_format": "detailed"}},
		{[]string{"diagnose", "web-day.pcap", "4", "13", "15"}, "diagnose_connection", object{"capture": web[0], "connections": []any{4, "13", 15}}},
		{[]string{"fields", "icmp.", "--capture", "web-day.pcap"}, "list_fields", object{"prefix": "icmp.", "capture": web[0], "limit": 500}},
	} {
		name := fmt.Sprint(c.cli, c.tool)
		if c.tool != "plot" { // one line of text
			c.args["max_bytes"] = 81920
		}
		if strings.HasPrefix(c.tool, "list_") && c.tool != "list_fields" {
			c.args["response_format"] = "detailed"
		}
		want, got := document(t, c.cli...), s.call(c.tool, c.args)
		if got["truncated"] != nil {
			t.Fatalf("%s: %v", name, got["truncated"])
		}
		delete(got, "notice")
		delete(got, "filter")
		if c.args["filter"] != nil && want["total"] == json.Number("0") {
			t.Errorf("%s: nothing to compare", name)
		}
		same(t, name, want, got)
	}
}

// document runs a command line with --json.
func document(t *testing.T, args ...string) map[string]any {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(context.Background(), append([]string{args[0], "--json"}, args[1:]...), nil, &stdout, &stderr); code != exitOK {
		t.Fatalf("%v: exit code %d: %s", args, code, stderr.String())
	}
	return decode(t, stdout.Bytes())
}

func decode(t *testing.T, b []byte) (m map[string]any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&m); err != nil {
		t.Fatal(err)
	}
	return m
}

// same compares what the command line says with what MCP does: there nothing is
// null, an empty list at most, and text from captures is escaped.
func same(t *testing.T, name string, cli, mcp any) {
	t.Helper()
	want, got := withoutNull(cli), unescaped(withoutNull(mcp))
	if where := difference(name, want, got); where != "" {
		t.Error(where)
	}
}

// difference names the first place where two values differ, "" if there is none.
func difference(at string, a, b any) string {
	if x, ok := a.(map[string]any); ok {
		if y, ok := b.(map[string]any); ok && len(x) == len(y) {
			for k := range x {
				if d := difference(at+"."+k, x[k], y[k]); d != "" {
					return d
				}
			}
			return ""
		}
	}
	if x, ok := a.([]any); ok {
		if y, ok := b.([]any); ok && len(x) == len(y) {
			for i := range x {
				if d := difference(fmt.Sprintf("%s[%d]", at, i), x[i], y[i]); d != "" {
					return d
				}
			}
			return ""
		}
	}
	if reflect.DeepEqual(a, b) {
		return ""
	}
	return fmt.Sprintf("%s: the command line says\n%.2000v\nMCP says\n%.2000v", at, a, b)
}

func withoutNull(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, item := range v {
			v[k] = withoutNull(item)
			if list, ok := v[k].([]any); v[k] == nil || ok && len(list) == 0 {
				delete(v, k)
			}
		}
	case []any:
		for i := range v {
			v[i] = withoutNull(v[i])
		}
	}
	return v
}

// unescaped undoes the escapes of MCP answers, by a rule of its own.
func unescaped(v any) any {
	escape := regexp.MustCompile(`\\(\\|u\{[0-9a-f]+\}|x[0-9a-f]{2})`)
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = unescaped(v[k])
		}
		return v
	case []any:
		for i := range v {
			v[i] = unescaped(v[i])
		}
		return v
	case string:
		return escape.ReplaceAllStringFunc(v, func(e string) string {
			switch {
			case e == `\\`:
				return `\`
			case e[1] == 'x':
				n, _ := strconv.ParseUint(e[2:], 16, 8)
				return string([]byte{byte(n)})
			}
			n, _ := strconv.ParseUint(e[3:len(e)-1], 16, 32)
			return string(rune(n))
		})
	}
	return v
}

// TestParityCanFail makes sure that the comparison sees a difference.
func TestParityCanFail(t *testing.T) {
	a := map[string]any{"rows": []any{map[string]any{"x": json.Number("1"), "y": nil, "z": "\x1b\\"}}}
	b := map[string]any{"rows": []any{map[string]any{"x": json.Number("1"), "z": `\u{1b}\\`}}}
	if !reflect.DeepEqual(withoutNull(a), unescaped(b)) {
		t.Errorf("%v differs from %v", a, b)
	}
	b["rows"].([]any)[0].(map[string]any)["x"] = json.Number("2")
	if reflect.DeepEqual(withoutNull(a), unescaped(b)) {
		t.Error("a difference is not seen")
	}
}
