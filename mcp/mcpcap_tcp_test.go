package mcp

import (
	"context"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

const (
	madeClient = "192.0.2.1:40000"
	madeServer = "192.0.2.2:80"
)

// opened is a handshake, then what follows.
func opened(more ...made) []made {
	return append([]made{
		{0, tcp(madeClient, madeServer, flagSYN, 1000, 0, "")}, {1, tcp(madeServer, madeClient, flagSYN|flagACK, 5000, 1001, "")}, {2, tcp(madeClient, madeServer, flagACK, 1001, 5001, "")},
	}, more...)
}

func mcpcapTCPCases() []mcpcapCase {
	data := func(ms int, seq uint32, text string) made {
		return made{ms, tcp(madeClient, madeServer, flagACK, seq, 5001, text)}
	}
	scan := []made{opened()[0], opened()[1], {2, tcp(madeClient, madeServer, flagRST, 1001, 0, "")}}
	none := values{"total_retransmissions": 0, "retransmission_rate": 0, "exceeds_threshold": false}
	return []mcpcapCase{
		{
			name: "a handshake is one connection", tool: "analyze_tcp_connections", link: linkRaw, frames: opened(),
			want: values{
				"tcp_packets_found": 3, "total_packets": 3, "summary/total_connections": 1, "summary/successful_handshakes": 1, "summary/failed_handshakes": 0, "summary/active_connections": 1,
				"connections/0/client": madeClient, "connections/0/server": madeServer, "connections/0/syn_count": 2, "connections/0/syn_ack_count": 1, "connections/0/ack_count": 2,
				"connections/0/handshake_completed": true, "connections/0/close_reason": "active", "connections/0/packet_count": 3, "issues": []string{}, "connections/1": nil,
			},
		},
		{
			name: "the same number in both directions", tool: "analyze_tcp_retransmissions", link: linkRaw,
			frames: []made{
				{0, tcp(madeClient, madeServer, flagSYN, 1000, 0, "")},
				{1, tcp(madeServer, madeClient, flagSYN|flagACK, 1000, 1001, "")},
				{2, tcp(madeClient, madeServer, flagACK, 1001, 1001, "")},
				{3, tcp(madeClient, madeServer, flagACK, 1001, 1001, "hello")},
				{4, tcp(madeServer, madeClient, flagACK, 1001, 1006, "world")},
			},
			want: none,
		},
		{name: "the first data behind an ACK", tool: "analyze_tcp_retransmissions", link: linkRaw, frames: opened(data(3, 1001, "hello")), want: none},
		{
			name: "keep-alive", tool: "analyze_tcp_retransmissions", link: linkRaw, want: none,
			frames: opened(data(3, 1001, "hello"), made{4, tcp(madeServer, madeClient, flagACK, 5001, 1006, "")}, data(9000, 1005, "o"), made{9001, tcp(madeServer, madeClient, flagACK, 5001, 1006, "")}),
		},
		{
			name: "sent again", tool: "analyze_tcp_retransmissions", args: values{"threshold": 0.4}, link: linkRaw, frames: opened(data(3, 1001, "hello"), data(400, 1001, "hello")),
			want: values{
				"total_retransmissions": 1, "data_segments": 2, "retransmission_rate": 0.5, "threshold": 0.4, "exceeds_threshold": true, "by_connection/0/connection": madeClient + " <-> " + madeServer,
				"by_connection/0/retrans_count": 1, "by_connection/0/total_packets": 5, "summary/worst_retrans_rate": 0.5, "summary/connections_above_threshold": 1,
			},
		},
		{
			name: "a SYN sent again", tool: "analyze_tcp_retransmissions", link: linkRaw, frames: []made{opened()[0], {1000, opened()[0].data}, {1001, opened()[1].data}, {1002, opened()[2].data}},
			want: values{"total_retransmissions": 1, "syn_fin_retransmissions": 1, "retransmission_rate": 0},
		},
		{
			name: "a half-open scan is no handshake", tool: "analyze_tcp_anomalies", link: linkRaw, frames: scan,
			want: values{
				"statistics/handshake": values{"successful": 0, "failed": 0, "incomplete": 1, "unseen": 0}, "statistics/flags": values{"syn": 1, "syn_ack": 1, "rst": 1, "fin": 0, "ack": 1},
				"statistics/rst_distribution/by_source": values{"192.0.2.1": 1}, "statistics/rst_distribution/by_direction/to_server": 1, "statistics/rst_distribution/connections_with_rst/0": madeClient + " <-> " + madeServer,
				"statistics/connection_states": values{"established": 0, "reset": 1, "closed": 0, "unknown": 0}, "summary/total_patterns": 3,
				"patterns/0/pattern": "rst_directional_asymmetry", "patterns/1/pattern": "handshake_completion", "patterns/2/pattern": "abnormal_termination",
			},
		},
		{
			// One SYN-ACK for each SYN is healthy, one for three is not.
			name: "SYNs without answers", tool: "analyze_tcp_anomalies", link: linkRaw,
			frames: opened(made{10, tcp("192.0.2.1:40001", madeServer, flagSYN, 1, 0, "")}, made{11, tcp("192.0.2.1:40002", madeServer, flagSYN, 1, 0, "")}, made{9000, tcp("192.0.2.1:40002", madeServer, flagSYN, 1, 0, "")}),
			want:   values{"patterns/2/pattern": "syn_response_imbalance", "patterns/2/observations/syn": 4, "summary/by_category/establishment": 2},
		},
		{name: "nothing odd", tool: "analyze_tcp_anomalies", link: linkRaw, frames: opened(data(3, 1001, "hello")), want: values{"summary/total_patterns": 0, "patterns": []int{}, "statistics/connection_states/established": 1}},
		{
			name: "flow", tool: "analyze_traffic_flow", args: values{"server_ip": "192.0.2.2", "server_port": 80}, link: linkRaw, frames: opened(data(3, 1001, "hello"), data(4, 1006, "world")),
			want: values{
				"server": madeServer, "client_to_server/packet_count": 4, "server_to_client/packet_count": 1, "client_to_server/data_packets": 2, "client_to_server/byte_count": 170, "client_to_server/syn_count": 1,
				"analysis/asymmetry_ratio": 4, "analysis/data_flow_direction": "client_heavy", "analysis/primary_rst_source": "none",
			},
		},
		{
			// mcpcap calls this server_heavy.
			name: "flow to a server that is silent", tool: "analyze_traffic_flow", args: values{"server_ip": "192.0.2.2"}, link: linkRaw, frames: opened()[:1],
			want: values{"server": "192.0.2.2:any", "analysis/data_flow_direction": "client_only", "analysis/asymmetry_ratio": nil},
		},
		{
			// The named host is the server of the question, whoever opened the connection.
			name: "flow from the client's side", tool: "analyze_traffic_flow", args: values{"server_ip": "192.0.2.1"}, link: linkRaw, frames: opened(data(3, 1001, "hello")),
			want: values{"client_to_server/packet_count": 1, "server_to_client/packet_count": 3},
		},
		{
			name: "a filter that nothing matches", tool: "analyze_tcp_connections", args: values{"server_ip": "203.0.113.1"}, link: linkRaw, frames: opened(),
			want: values{"tcp_packets_found": 0, "filter": values{"server_ip": "203.0.113.1"}, "message": "No TCP packets found in this capture that match the filter", "connections": []int{}},
		},
		{
			name: "TCP is not limited", tool: "analyze_tcp_connections", most: 2, link: linkRaw, frames: opened(),
			want: values{"tcp_packets_found": 3, "note": "TCP is not limited to first 2 packets (--max-packets): its figures are of the whole capture, which costs no more"},
		},
	}
}

// TestMcpcapPages: packets and connections come in pages that together are all, however
// small the answer has to be.
func TestMcpcapPages(t *testing.T) {
	s := mcpcapServer(t, nil)
	c := connect(t, s, "", nil)
	for _, q := range []struct {
		tool, key string
		args      values
		all       int
	}{
		{"analyze_dns_packets", "packets", values{"limit": 5}, 28},
		{"analyze_dns_packets", "packets", values{"max_bytes": 4096}, 28},
		{"analyze_icmp_packets", "packets", values{"max_bytes": 4096, "limit": 500}, 14},
		{"analyze_tcp_connections", "connections", values{"detailed": true, "limit": 3}, 8},
		{"analyze_tcp_connections", "connections", values{"detailed": "true", "max_bytes": 2048}, 8},
	} {
		q.args["pcap_file"] = captureFile(t, "web-day.pcap")
		seen, calls := 0, 0
		for cursor := any(""); cursor != nil; calls++ {
			q.args["cursor"] = cursor
			m := c.ok(q.tool, q.args)
			for _, r := range m[q.key].([]any) {
				seen++
				if n, ok := r.(values)["packet_number"]; ok && n != float64(seen) {
					t.Fatalf("%s: packet %v is the %dth", q.tool, n, seen)
				}
			}
			if b, _ := json.Marshal(m); q.args["max_bytes"] != nil && len(b) > q.args["max_bytes"].(int)+200 {
				t.Errorf("%s: %d bytes", q.tool, len(b))
			}
			cursor = m["next_cursor"]
		}
		if seen != q.all || calls < 2 {
			t.Errorf("%s %v: %d rows in %d calls, want %d", q.tool, q.args, seen, calls, q.all)
		}
	}
}

// TestModules: what is offered with the toolset and its modules.
func TestModules(t *testing.T) {
	const tcp = "analyze_tcp_anomalies analyze_tcp_connections analyze_tcp_retransmissions analyze_traffic_flow"
	for _, c := range []struct {
		toolsets, modules []string
		want              string
	}{
		{[]string{"mcpcap"}, nil, "analyze_capinfos analyze_dhcp_packets analyze_dns_packets analyze_icmp_packets analyze_sip_packets " + tcp},
		{nil, []string{"dns", "dhcp", "icmp", "tcp", "sip", "capinfos"}, "analyze_capinfos analyze_dhcp_packets analyze_dns_packets analyze_icmp_packets analyze_sip_packets " + tcp},
		{nil, []string{"dhcp"}, "analyze_dhcp_packets"},
		{nil, []string{"dns", " tcp", ""}, "analyze_dns_packets " + tcp},
		{[]string{"stats"}, []string{"capinfos"}, "analyze_capinfos stats"},
	} {
		s := mcpcapServer(t, func(config *Config) { config.Toolsets, config.Modules = c.toolsets, c.modules })
		session := connect(t, s, "", nil).session
		list, err := session.ListTools(context.Background(), nil)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, tool := range list.Tools {
			names = append(names, tool.Name)
		}
		slices.Sort(names)
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("%v %v: offered %s, want %s", c.toolsets, c.modules, got, c.want)
		}
		if n := len(session.InitializeResult().Instructions); n >= 2048 {
			t.Errorf("instructions of %d bytes", n)
		}
	}
	for _, change := range []func(*Config){func(c *Config) { c.Modules = []string{"dnss"} }, func(c *Config) { c.MaxPackets = -1 }} {
		c := testConfig(t)
		change(&c)
		if _, err := New(c); err == nil || !strings.Contains(err.Error(), "dns, dhcp") && !strings.Contains(err.Error(), "max_packets must be a positive integer") {
			t.Errorf("%v", err)
		}
	}
}

// TestMcpcapGolden: what hosts know of the tools changes only on purpose.
func TestMcpcapGolden(t *testing.T) {
	list, err := connect(t, mcpcapServer(t, nil), "", nil).session.ListTools(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(list)
	if err != nil || len(b) > 12_000 {
		t.Errorf("tools/list takes %d bytes (%v)", len(b), err)
	}
	for _, tool := range list.Tools {
		if n := len(tool.Description); n < 50 || n > 400 || tool.Annotations.ReadOnlyHint || tool.Annotations.DestructiveHint == nil || *tool.Annotations.DestructiveHint || *tool.Annotations.OpenWorldHint {
			t.Errorf("%s: description of %d bytes, %+v", tool.Name, n, tool.Annotations)
		}
		got, err := json.MarshalIndent(tool, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, '\n')
		path := "../testdata/golden/mcp/mcpcap/" + tool.Name + ".json"
		if os.Getenv("UPDATE_GOLDEN") != "" {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if want, err := os.ReadFile(path); err != nil || string(want) != string(got) {
			t.Errorf("%s differs from %s (%v); now\n%s", tool.Name, path, err, got)
		}
	}
	if files, err := os.ReadDir("../testdata/golden/mcp/mcpcap"); err != nil || len(files) != len(list.Tools) {
		t.Errorf("%d goldens for %d tools: %v", len(files), len(list.Tools), err)
	}
}
