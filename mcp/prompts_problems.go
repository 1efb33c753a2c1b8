package mcp

import sdk "github.com/modelcontextprotocol/go-sdk/mcp"

// Prompts that begin with a problem: what is wrong, slow, failed.

func triageCapture() prompt {
	return prompt{
		name: "triage_capture", title: "Triage a capture",
		description: "A first look at a capture: what it is, who talks, what went wrong.",
		arguments: []*sdk.PromptArgument{
			captureArgument(),
			{Name: "question", Title: "Question", Description: "what you want to know, if there is something already"},
		},
		needs: []string{"capture_info", "diagnose_capture"},
		write: writeTriage,
	}
}

func writeTriage(g *guide) {
	c := g.given("capture")
	g.aim("Take a first look at packet capture %s.", exactly(c))
	if q := g.given("question"); q != "" {
		g.text.WriteString("The question to answer first: " + escape(q) + "\n\n")
	}
	g.step(g.call("capture_info", "capture", c), ": time, size, protocols, busiest endpoints, damage. If the capture is not there, list_captures.")
	g.step(g.call("diagnose_capture", "capture", c), ": first how far the capture can be trusted (quality, verdict, limits), then what was found, the worst first, "+
		"with connections as examples. Resource "+diagnosticsURI+" explains each code.")
	g.step(g.call("diagnose_connection", "capture", c, "connections", []string{someConnection}), ": for the worst two or three of these.")
	g.step(g.call("list_connections", "captures", []string{c}, "state", "S0,REJ,RSTO,RSTR", "limit", 20),
		": who got no answer, a refusal or a reset; UDP too, which is not diagnosed.")
	g.step(g.call("stats", "captures", []string{c}, "by", "pair", "metric", "bytes", "top", 10), ": who talks most; then by port, what for.")
	g.step(g.call("summarize_protocol", "capture", c, "protocol", "dns", "view", "errors"), ": the same for http, tls, sip and others that the capture has.")
	g.step(g.call("extract_objects", "capture", c, "incomplete", true), ": files that did not come whole, and why.")
	g.step(g.call("get_packets", "capture", c, "frames", someFrames), ": for the few frames that decide.")
	g.answer("Report: one paragraph on what this capture is; the findings, worst first.")
}

func whySlow() prompt {
	return prompt{
		name: "why_slow", title: "Why is it slow?",
		description: "Where the time goes: name resolution, connecting, the server, the client, losses, windows, or the line.",
		arguments:   []*sdk.PromptArgument{captureArgument(), addressArgument(), connectionArgument(false), protocolArgument()},
		needs:       []string{"diagnose_connection"},
		write:       writeSlow,
	}
}

func writeSlow(g *guide) {
	c, n, address, protocol := g.given("capture"), g.given("connection"), g.given("address"), g.or("protocol", "http")
	g.aim("Find out why what capture %s shows was slow.", exactly(c))
	g.step(g.call("diagnose_capture", "capture", c, "severity", "note"), ": is the capture good enough to judge times, and which findings cost how much? The weight of a finding is seconds, or near it.")
	if n == "" {
		g.step(g.call("list_connections", "captures", []string{c}, "address", address, "sort", "duration", "limit", 20),
			": which took long; a long one may only have been idle. By sort retransmissions and rtt too.")
		g.step(g.call("analyze_traffic", "capture", c, "server", address), ": one server or all? resent_share of a single server points at it or its path, of all at the client's side.")
		n = someConnection
	}
	g.step(g.call("diagnose_connection", "capture", c, "connections", []string{n}),
		": timings divide the time: connecting (connect), the network (round trips), the server's response and the client's thinking for each turn; client_sent and server_sent have losses, windows and rates.")
	g.step(g.call("decode_connection", "capture", c, "connection", n), ": which requests waited: latency_ms is from the end of a request to the first byte of its answer.")
	g.step(g.call("summarize_protocol", "capture", c, "protocol", protocol, "view", "slow"), " and ", g.call("summarize_protocol", "capture", c, "protocol", "dns", "view", "slow"),
		": is it one request or all; does a slow look-up come before the connection?")
	g.step(g.call("plot", "capture", c, "connection", n, "kind", "sequence"), ": stalls, losses, steps of the window; kind window if the receiver may be the limit, rtt if queues on the way may be.")
	g.step("Decide by evidence. Server: slow_response. Client: client_waiting, or zero_window and window_full of the client while it receives. Network: high_retransmission, long_rto, rtt_variation, mtu_blackhole. " +
		"Both ends together: small_window, scaling_missing, nagle_delayed_ack, delayed_ack. Connecting: slow_handshake, syn_retransmitted. No fault: idle_push, keep_alive_only, and a rate near that of the line.")
	g.answer("Answer: the cause in one sentence, then a table of where the seconds went (look-up, connecting, server, client, lost packets, windows, transfer), then what would help.")
}

func whyFailed() prompt {
	return prompt{
		name: "why_failed", title: "Why did it fail?",
		description: "Why something did not work: no answer, refused, reset, an error of the application, or half of an answer.",
		arguments:   []*sdk.PromptArgument{captureArgument(), addressArgument(), connectionArgument(false), protocolArgument()},
		needs:       []string{"diagnose_capture", "diagnose_connection"},
		write:       writeFailed,
	}
}

func writeFailed(g *guide) {
	c, n, address, protocol := g.given("capture"), g.given("connection"), g.given("address"), g.or("protocol", "http")
	g.aim("Find out what failed in capture %s, and why.", exactly(c))
	g.step(g.call("diagnose_capture", "capture", c, "severity", "warn"), ": if quality is limited, an answer that is missing may be missing in the capture alone.")
	if n == "" {
		g.step(g.call("list_connections", "captures", []string{c}, "address", address, "state", "S0,REJ,RSTO,RSTR,RSTOS0,RSTRH,SH,SHR", "limit", 20),
			": S0 no answer, REJ refused, RSTO and RSTR reset by the client's and the server's side.")
		n = someConnection
	}
	g.step(g.call("diagnose_connection", "capture", c, "connections", []string{n}), ": how it began, who ended it and how, and the findings with their frames.")
	g.step(g.call("search_packets", "captures", []string{c}, "address", address, "filter", "icmp.type == 3 || icmp.type == 11 || icmpv6.type in {1, 2, 3}"),
		": somebody on the way said that it cannot be reached, lives too long, or is too big.")
	g.step(g.call("summarize_protocol", "capture", c, "protocol", "dns", "view", "errors"), ": was the name found at all?")
	g.step(g.call("summarize_protocol", "capture", c, "protocol", "tls", "view", "errors"), ": alerts, handshakes that were not finished.")
	g.step(g.call("summarize_protocol", "capture", c, "protocol", protocol, "view", "errors"), ", then ", g.call("decode_connection", "capture", c, "connection", n),
		": errors that the application itself reports, and requests of status no_response, truncated or aborted.")
	g.step(g.call("extract_objects", "capture", c, "connection", g.given("connection"), "incomplete", true), ": what came only in part, bytes announced and received, and who stopped.")
	g.step(g.call("follow_stream", "capture", c, "connection", n), ": the last words of both sides, if it is still open what happened.")
	g.step(g.call("get_packets", "capture", c, "frames", someFrames), ": the frames that prove it: the RST, the FIN, the ICMP error, the alert.")
	g.answer("Answer: what failed, at which layer (name, route, port, TCP, TLS, application), which side ended it, the cause in one sentence, and what to check next on which machine. " +
		"Tell a packet that was lost on the way from one that the capture does not have.")
}
