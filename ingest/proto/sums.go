package proto

import "slices"

// Sum says what figures over all messages of some protocols are made of.
type Sum struct {
	Word      string // that asks for it
	Protocols []string
	Top       []string // fields whose most frequent values are shown
	Watched   []string // further fields that patterns over many messages are found in
}

// Sums lists the protocols of which figures show more than counts and times.
func Sums() []Sum {
	return []Sum{
		{
			Word: "http", Protocols: []string{"http"},
			Top:     []string{"http.request.method", "http.host", "http.request.uri", "http.content_type", "http.user_agent", "http.server"},
			Watched: []string{"http.location"},
		},
		{
			Word: "dns", Protocols: []string{"dns", "mdns", "llmnr"},
			Top: []string{"dns.qry.name", "dns.qry.type"}, Watched: []string{"dns.flags.rcode"},
		},
		{
			Word: "tls", Protocols: []string{"tls", "dtls", "quic"},
			Top: []string{
				"tls.handshake.extensions_server_name", "tls.handshake.extensions_alpn_str", "tls.handshake.version",
				"tls.handshake.ciphersuite", "tls.handshake.ja4", "tls.alert_message.desc",
			},
		},
		{
			Word: "dhcp", Protocols: []string{"dhcp", "dhcpv6"},
			Top: []string{
				"dhcp.option.dhcp", "dhcp.id", "dhcp.hw.mac_addr", "dhcp.option.hostname", "dhcp.option.dhcp_server_id", "dhcp.ip.your", "dhcpv6.msgtype",
			},
			Watched: []string{"dhcp.ip.relay", "dhcp.option.router", "dhcp.option.domain_name_server"},
		},
		{Word: "icmp", Protocols: []string{"icmp", "icmpv6"}, Top: []string{"icmp.kind", "icmpv6.kind", "icmp.unreachable", "icmpv6.unreachable"}},
		{
			Word: "sip", Protocols: []string{"sip"},
			Top:     []string{"sip.Method", "sip.Status-Code", "sip.from.addr", "sip.to.addr", "sip.Call-ID", "sip.User-Agent", "sip.Server", "sip.call.end"},
			Watched: []string{"sip.CSeq.method", "sip.to.user", "sip.auth.username"},
		},
		{Word: "rtp", Protocols: []string{"rtp", "rtcp"}, Top: []string{"rtp.ssrc", "rtp.p_type", "rtp.stream.dscp"}},
		{
			Word: "sql", Protocols: []string{"mysql", "pgsql"},
			Top: []string{"mysql.query", "pgsql.query", "mysql.error_code", "pgsql.code"}, Watched: []string{"pgsql.authtype", "mysql.user", "mysql.response_code"},
		},
		{Word: "redis", Protocols: []string{"resp"}, Top: []string{"resp.bulk_string.value"}, Watched: []string{"resp.command"}},
	}
}

// Summed names the fields of all Sums, in order.
func Summed() (fields []string) {
	for _, s := range Sums() {
		fields = append(append(fields, s.Top...), s.Watched...)
	}
	slices.Sort(fields)
	return slices.Compact(fields)
}
