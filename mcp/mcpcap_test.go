package mcp

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pcapidx/mcp/fetch"
	"pcapidx/query"
)

// mcpcapServer offers mcpcap's tools alone, over an empty store.
func mcpcapServer(t *testing.T, change func(*Config)) *Server {
	t.Helper()
	c := testConfig(t)
	c.Toolsets, c.AllowURL, c.Uploads = []string{mcpcapSet}, false, nil
	if change != nil {
		change(&c)
	}
	return newServer(t, c)
}

// wants checks values of a result, by their path: "statistics.queries". What is not
// a number or a text is compared as JSON.
func wants(t *testing.T, result map[string]any, want map[string]any) {
	t.Helper()
	for path, w := range want {
		var v any = result
		for step := range strings.SplitSeq(path, "/") {
			switch at := v.(type) {
			case map[string]any:
				v = at[step]
			case []any:
				i := 0
				if _, err := fmt.Sscan(step, &i); err == nil && i < len(at) {
					v = at[i]
				} else {
					v = nil
				}
			default:
				v = nil
			}
		}
		got, _ := json.Marshal(v)
		expected, _ := json.Marshal(w)
		if string(got) != string(expected) {
			t.Errorf("%s is %s, want %s", path, got, expected)
		}
	}
}

// TestMcpcapDocumented: the cases that mcpcap's own documents and tests name, through
// the tools, in both eras.
func TestMcpcapDocumented(t *testing.T) {
	for _, c := range mcpcapCases() {
		t.Run(c.name, func(t *testing.T) {
			s := mcpcapServer(t, func(config *Config) { config.MaxPackets = c.most })
			file := madeCapture(t, c.link, c.frames...)
			for _, era := range eras() {
				args := map[string]any{"pcap_file": file}
				for k, v := range c.args {
					args[k] = v
				}
				wants(t, connect(t, s, era, nil).ok(c.tool, args), c.want)
			}
		})
	}
}

// mcpcapCase asks one tool about one written capture.
type mcpcapCase struct {
	name   string
	tool   string
	args   map[string]any
	most   int // --max-packets
	link   uint32
	frames []made
	want   map[string]any
}

type values = map[string]any

func mcpcapCases() []mcpcapCase {
	return append(append(mcpcapMessageCases(), mcpcapSIPCases()...), mcpcapTCPCases()...)
}

func mcpcapMessageCases() []mcpcapCase {
	mac, other := [6]byte{0, 0x11, 0x22, 0x33, 0x44, 0x55}, [6]byte{0, 0x11, 0x22, 0x33, 0x44, 0x66}
	discover := bootp(1, 0x12345678, mac, "", 53, 1, 1, 61, 7, 1, 0, 0x11, 0x22, 0x33, 0x44, 0x55, 55, 4, 1, 3, 6, 15)
	offer := bootp(2, 0x12345678, mac, "192.168.1.100", 53, 1, 2, 54, 4, 192, 168, 1, 1, 51, 4, 0, 0, 0x1c, 0x20, 1, 4, 255, 255, 255, 0, 3, 4, 192, 168, 1, 1, 6, 8, 192, 168, 1, 1, 8, 8, 8, 8)
	lost := udp("192.0.2.1:40000", "198.51.100.9:7000", []byte("question"))
	echo := uint32(123<<16 | 1)
	return []mcpcapCase{
		{
			name: "capinfos", tool: "analyze_capinfos", link: 228,
			frames: []made{{0, udp("192.0.2.1:1000", "192.0.2.2:7000", make([]byte, 22))}, {500, udp("192.0.2.2:7000", "192.0.2.1:1000", make([]byte, 31))}},
			want: values{
				"file_encapsulation": "Raw IPv4", "packet_count": 2, "average_packet_size_bytes": 54.5, "data_size_bytes": 109, "file_size_bytes": 165, "filename": "made.pcap",
				"capture_duration_seconds": 0.5, "first_packet_time": 1700000000, "last_packet_time": 1700000000.5, "data_rate_bytes": 218, "data_rate_bits": 1744, "average_packet_rate": 4, "error": nil,
			},
		},
		{name: "capinfos of a link type without a name", tool: "analyze_capinfos", link: 1024, frames: []made{{0, make([]byte, 60)}}, want: values{"file_encapsulation": "Unknown (1024)", "packet_count": 1}},
		{name: "capinfos of an empty file", tool: "analyze_capinfos", link: 1, want: values{"error": "No packets found", "packet_count": 0, "file_encapsulation": "Ethernet", "file_size_bytes": 24}},
		{
			name: "a client and its offer", tool: "analyze_dhcp_packets", link: linkRaw, frames: []made{{0, discover}, {12, offer}},
			want: values{
				"total_packets": 2, "dhcp_packets_found": 2, "dhcp_packets_analyzed": 2, "note": nil, "message": nil,
				"packets/0/message_type": "DISCOVER", "packets/1/message_type": "OFFER", "packets/0/op": "Request", "packets/1/op": "Reply", "packets/0/client_mac": "00:11:22:33:44:55",
				"packets/0/transaction_id": "0x12345678", "packets/1/your_ip": "192.168.1.100", "packets/1/server_id": "192.168.1.1", "packets/0/client_id": "01001122334455",
				"packets/0/options/parameter_request_list": []int{1, 3, 6, 15}, "packets/1/options/lease_time": "7200 seconds", "packets/1/lease_time": 7200, "packets/1/options/subnet_mask": "255.255.255.0",
				"packets/1/options/router": "192.168.1.1", "packets/1/options/dns_servers": "192.168.1.1, 8.8.8.8", "packets/0/latency_ms": 12, "packets/1/src_port": 67, "packets/1/message_type_code": 2,
				"statistics/unique_clients_count": 1, "statistics/unique_servers_count": 1, "statistics/transaction_count": 1, "statistics/message_type_counts": values{"DISCOVER": 1, "OFFER": 1},
				"statistics/unique_clients": []string{"00:11:22:33:44:55"}, "statistics/transactions/0x12345678/1/message_type": "OFFER", "statistics/transactions/0x12345678/1/packet_number": 2,
			},
		},
		{
			name: "two clients", tool: "analyze_dhcp_packets", link: linkRaw,
			frames: []made{{0, discover}, {1, bootp(1, 7, other, "", 53, 1, 1)}, {2, offer}, {3, bootp(1, 7, mac, "", 53, 1, 3)}},
			want: values{
				"statistics/unique_clients_count": 2, "statistics/transaction_count": 3, "statistics/message_type_counts": values{"DISCOVER": 2, "OFFER": 1, "REQUEST": 1},
				"statistics/transactions/0x00000007 00:11:22:33:44:55/0/message_type": "REQUEST",
			},
		},
		{
			name: "no DHCP", tool: "analyze_dhcp_packets", link: linkRaw, frames: []made{{0, lost}},
			want: values{"total_packets": 1, "dhcp_packets_found": 0, "message": "No DHCP packets found in this capture", "packets": []int{}},
		},
		{
			name: "the first two of three", tool: "analyze_dhcp_packets", most: 2, link: linkRaw, frames: []made{{0, discover}, {1, offer}, {2, bootp(1, 9, other, "", 53, 1, 1)}},
			want: values{
				"dhcp_packets_found": 3, "dhcp_packets_analyzed": 2, "note": "Analysis limited to first 2 DHCP packets of 3 (--max-packets)", "packets/2": nil, "returned": 2,
				"statistics/unique_clients_count": 1, "statistics/transaction_count": 1,
			},
		},
		{name: "no ICMP", tool: "analyze_icmp_packets", link: linkRaw, want: values{
			"icmp_packets_found": 0, "message": "No ICMP packets found in this capture", "statistics/echo_sessions": 0, "statistics/unique_sources_count": 0, "statistics/icmp_type_counts": values{},
			"statistics/unreachable_destinations_count": 0, "statistics/echo_pairs": values{},
		}},
		{
			name: "request, reply, unreachable", tool: "analyze_icmp_packets", link: linkRaw,
			frames: []made{
				{0, icmpv4("192.0.2.1", "192.0.2.2", 8, 0, echo, []byte("abcdefgh"))},
				{25, icmpv4("192.0.2.2", "192.0.2.1", 0, 0, echo, []byte("abcdefgh"))},
				{50, icmpv4("192.0.2.254", "192.0.2.1", 3, 1, 0, lost)},
			},
			want: values{
				"icmp_packets_found": 3, "statistics/icmp_type_counts": values{"Echo Request": 1, "Echo Reply": 1, "Destination Unreachable": 1},
				"statistics/unique_sources_count": 3, "statistics/unique_destinations_count": 2, "statistics/echo_sessions": 1,
				"statistics/echo_pairs": values{"123": values{"requests": 1, "replies": 1, "answered": 1, "rtt_min_ms": 25, "rtt_avg_ms": 25, "rtt_max_ms": 25}},
				// The host that the error is about, not the one that it was sent to.
				"statistics/unreachable_destinations": []string{"198.51.100.9"},
				"packets/0/icmp_type":                 8, "packets/0/icmp_id": 123, "packets/0/icmp_seq": 1, "packets/0/ttl": 64, "packets/0/packet_size": 36, "packets/0/rtt_ms": 25,
				"packets/2/icmp_type": 3, "packets/2/icmp_code": 1, "packets/2/icmp_code_name": "Host unreachable", "packets/2/ip_version": 4, "packets/2/frame": 3,
			},
		},
		{
			name: "DNS", tool: "analyze_dns_packets", link: linkRaw,
			frames: []made{{0, lost}, {5, udp("192.0.2.1:41000", "192.0.2.53:53", question(7, "www.example.com"))}, {20000, lost}},
			want: values{
				"total_packets_in_file": 3, "dns_packets_found": 1, "statistics/queries": 1, "statistics/responses": 0, "statistics/unanswered_queries": 1, "statistics/unique_domains": []string{"www.example.com"},
				"packets/0/packet_number": 1, "packets/0/frame": 2, "packets/0/dns_id": 7, "packets/0/flags/recursion_desired": true, "packets/0/questions/0": values{"name": "www.example.com", "type": 1, "class": 1},
				"packets/0/timestamp": "2023-11-14T22:13:20.005000000Z", "packets/0/protocol": "UDP", "packets/0/status": "no_response",
			},
		},
	}
}

func mcpcapSIPCases() []mcpcapCase {
	invite := sipMessage("v=0\n", "INVITE sip:bob@example.com SIP/2.0", "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1", "Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK0", "From: <sip:alice@example.com>;tag=1",
		"To: <sip:bob@example.com>", "Call-ID: call-1@example.com", "CSeq: 1 INVITE", "Authorization: Digest username=\"alice\", realm=\"r\", nonce=\"n\", response=\"0123456789abcdef\"", "Content-Type: text/plain")
	ok := sipMessage("", "SIP/2.0 200 OK", "Via: SIP/2.0/TCP 192.0.2.1:5070;branch=z9hG4bK2", "f: <sip:carol@example.com>;tag=2", "t: <sip:dave@example.com>;tag=3", "i: call-2@example.com", "CSeq: 7 OPTIONS", "Server: proxy/2")
	const client, server = "192.0.2.1:41000", "192.0.2.2:5070"
	frames := []made{
		{0, udp("192.0.2.1:5060", "192.0.2.2:5060", []byte(invite))},
		{10, tcp(client, server, flagSYN, 100, 0, "")},
		{11, tcp(server, client, flagSYN|flagACK, 500, 101, "")},
		{12, tcp(client, server, flagACK, 101, 501, "")},
		{20, tcp(server, client, flagACK, 501, 101, ok[:40])},
		{30, tcp(server, client, flagACK, 541, 101, ok[40:])},
	}
	return []mcpcapCase{
		{
			name: "an INVITE over UDP and an OK over TCP", tool: "analyze_sip_packets", link: linkRaw, frames: frames,
			want: values{
				"sip_packets_found": 2, "statistics/methods": values{"INVITE": 1}, "statistics/response_classes": values{"2xx": 1}, "statistics/transports": values{"TCP": 1, "UDP": 1},
				"statistics/requests": 1, "statistics/responses": 1, "statistics/unique_call_ids": 2, "packets/0/content_length": 4, "packets/0/body_length": 4, "packets/0/known_sip_port": true,
				"packets/1/known_sip_port": false, "packets/1/headers/Server": "proxy/2", "packets/1/call_id": "call-2@example.com", "packets/1/status_code": 200, "packets/1/reason_phrase": "OK",
				"packets/0/request_uri": "sip:bob@example.com", "packets/0/sip_version": "SIP/2.0", "packets/0/cseq": "1 INVITE", "packets/1/transport": "TCP", "packets/1/frame": 6,
				"packets/0/via":                    "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1, SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK0",
				"packets/0/headers/authentication": `Digest username="alice" realm="r" nonce="n" digest.response=(18 bytes, hidden)`,
			},
		},
		{
			name: "the first of two", tool: "analyze_sip_packets", most: 1, link: linkRaw, frames: frames,
			want: values{"sip_packets_found": 2, "sip_packets_analyzed": 1, "note": "Analysis limited to first 1 SIP packets of 2 (--max-packets)", "statistics/responses": 0, "packets/1": nil},
		},
		{
			name: "HTTP that begins like SIP", tool: "analyze_sip_packets", link: linkRaw, frames: []made{{0, udp("192.0.2.1:42000", "192.0.2.2:9999", []byte("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"))}},
			want: values{"sip_packets_found": 0, "message": "No SIP packets found in this capture"},
		},
	}
}

// TestMcpcapIntake: what pcap_file may be. A file is indexed once; then its path, its
// name and its id mean the same.
func TestMcpcapIntake(t *testing.T) {
	s := mcpcapServer(t, nil)
	c := connect(t, s, "", nil)
	file := captureFile(t, "web-day.pcap")
	first := c.ok("analyze_capinfos", values{"pcap_file": file})
	id := first["capture"].(string)
	again := filepath.Join(t.TempDir(), "same.pcap")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(again, b, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{file, again, id, id[:6], "web-day.pcap"} {
		if got := c.ok("analyze_capinfos", values{"pcap_file": name}); got["capture"] != id || got["packet_count"] != 237.0 {
			t.Errorf("%s: %v", name, got)
		}
	}
	e, _ := s.config.Engine("")
	all, err := e.Captures(context.Background(), query.CapturesRequest{})
	if err != nil || len(all.Rows) != 1 {
		t.Errorf("%d captures, %v", len(all.Rows), err)
	}
	// A file that was changed is read again.
	b = append(b[:0:0], b[:24+16+60]...)
	if err := os.WriteFile(again, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := c.ok("analyze_capinfos", values{"pcap_file": again}); got["capture"] == id {
		t.Errorf("the changed file is taken for the old one")
	}
}

// TestMcpcapErrors: an error is an object with error and the file as it was given.
func TestMcpcapErrors(t *testing.T) {
	inside := t.TempDir()
	s := mcpcapServer(t, func(c *Config) { c.ReadDirs = []string{inside} })
	open := mcpcapServer(t, nil)
	sealed := mcpcapServer(t, func(c *Config) { c.ReadOnly = true })
	gone := filepath.Join(inside, "gone.pcap")
	for _, era := range eras() {
		c, o, r := connect(t, s, era, nil), connect(t, open, era, nil), connect(t, sealed, era, nil)
		for _, tool := range []string{"analyze_dns_packets", "analyze_dhcp_packets", "analyze_capinfos", "analyze_sip_packets", "analyze_icmp_packets", "analyze_tcp_connections", "analyze_tcp_anomalies", "analyze_tcp_retransmissions"} {
			c.fails(tool, values{"pcap_file": gone}, `{"error":"PCAP file not found: `, `"pcap_file":"`+gone+`"}`)
			o.fails(tool, values{"pcap_file": "gone.pcap"}, `{"error":"PCAP file not found: gone.pcap`, "absolute path", `"pcap_file":"gone.pcap"}`)
			o.fails(tool, nil, "pcap_file is missing", "pcap_file (required)")
			o.fails(tool, values{"file": gone}, "pcap_file (required)")
			o.fails(tool, values{"pcap_file": "http://example.com/a.pcap"}, "downloads nothing", `"pcap_url":"http://example.com/a.pcap"}`)
		}
		o.fails("analyze_traffic_flow", values{"pcap_file": gone}, "server_ip is missing")
		o.fails("analyze_capinfos", values{"pcap_file": captureFile(t, "not-a-capture.bin")}, "not a capture file")
		o.fails("analyze_capinfos", values{"pcap_file": inside}, "is a folder")
		c.fails("analyze_capinfos", values{"pcap_file": captureFile(t, "web-day.pcap")}, "not found", "--allow-dir"[2:7])
		o.fails("analyze_capinfos", values{"pcap_file": "/\x1b[31m\u202e" + strings.Repeat("x", 9000)}, "not found")
		r.fails("analyze_capinfos", values{"pcap_file": captureFile(t, "web-day.pcap")}, "read-only")
		web := values{"pcap_file": captureFile(t, "web-day.pcap")}
		with := func(key string, value any) values { return values{"pcap_file": web["pcap_file"], key: value} }
		o.fails("analyze_tcp_connections", with("server_port", 70000), "is no port")
		o.fails("analyze_tcp_connections", with("server_port", "http"), "whole number")
		o.fails("analyze_tcp_connections", with("server_ip", "example.com"), "example.com")
		o.fails("analyze_tcp_retransmissions", with("threshold", 2), "0 to 1")
		o.fails("analyze_dns_packets", with("cursor", "x"), "next_cursor")
		o.fails("analyze_dns_packets", with("limit", 0), "limit must be 1 or more")
	}
}

// TestMcpcapURL: a URL is downloaded as add_capture downloads it, where that is allowed.
func TestMcpcapURL(t *testing.T) {
	data := fileBytes(t, "web-day.pcap")
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/text" {
			fmt.Fprint(w, "no capture at all")
			return
		}
		_, _ = w.Write(data)
	}))
	defer web.Close()
	s := mcpcapServer(t, func(c *Config) {
		c.AllowURL, c.IncomingDir = true, t.TempDir()
		c.Fetch = fetch.New(fetch.Config{Allow: func(a netip.Addr) bool { return a == netip.MustParseAddr("127.0.0.1") }})
	})
	for _, era := range eras() {
		c := connect(t, s, era, nil)
		url := web.URL + "/web-day.pcap"
		if got := c.ok("analyze_dns_packets", values{"pcap_file": url}); got["file"] != url || got["dns_packets_found"] != 28.0 {
			t.Errorf("%v %v", got["file"], got["dns_packets_found"])
		}
		c.fails("analyze_dns_packets", values{"pcap_file": web.URL + "/text"}, "Failed to download PCAP file", "not a capture", `"pcap_url":`)
		c.fails("analyze_dns_packets", values{"pcap_file": "HTTP://10.0.0.1/x.pcap"}, "not public", `"pcap_url":"HTTP://10.0.0.1/x.pcap"}`)
	}
}
