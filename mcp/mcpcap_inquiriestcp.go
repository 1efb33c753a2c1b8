package mcp

func tcpInquiries() []inquiry {
	peers := askMcpcap("analyze_tcp_connections", "handshakes, ends and retransmissions; detailed lists all connections.")
	odd := askMcpcap("analyze_tcp_anomalies", "patterns of handshakes, resets and retransmissions.")
	traffic := callAdvice{"analyze_traffic", "analyze_traffic(capture=CAPTURE)", "handshakes, resets and retransmissions of each server, the worst connections."}
	diagnose := callAdvice{"diagnose_capture", "diagnose_capture(capture=CAPTURE)", "what went wrong, worst first, with evidence, and how good the capture is."}
	return []inquiry{
		{
			name: "tcp_connection_troubleshooting", title: "TCP: troubleshooting", module: "tcp",
			description: "Why connections fail, stall or are slow.",
			goal:        "Find out why TCP connections fail or are slow.",
			calls: []callAdvice{
				diagnose, traffic, peers, odd, askMcpcap("analyze_tcp_retransmissions", "share of retransmissions, worst connections."),
				{"diagnose_connection", `diagnose_connection(capture=CAPTURE, connections=["N"])`, "all about the worst ones: verdict, timings, evidence."},
				{"analyze_traffic_flow", `analyze_traffic_flow(pcap_file=CAPTURE, server_ip="ADDRESS")`, "which side of a server sends and resets more."},
				{"plot", `plot(capture=CAPTURE, connection="N", kind="sequence")`, "how a transfer went."},
			},
			signs: []string{
				"handshake: SYN unanswered (filtered, or the server is away), refused (nothing listens), answered and reset (scan, or a middlebox)",
				"who sent RST and after what: at once, after a request, after idle time (a timeout of a firewall)", "loss before or behind the capture point, zero windows, slow answers of the server: three causes of slowness that look alike to the user",
				"keep-alives, packets captured twice and losses of the capture itself are no trouble of the network",
			},
			report: "the cause, with whom it lies (client, network, server, capture), the connections that show it, and the remedy.",
		},
		{
			name: "tcp_security_analysis", title: "TCP: security", module: "tcp",
			description: "Scans, floods, hijacking, exfiltration.",
			goal:        "Find out whether TCP traffic shows an attack.",
			calls: []callAdvice{
				diagnose, traffic, odd, peers,
				{"list_connections", `list_connections(captures=[CAPTURE], state="S0,REJ,RSTOS0,SH", sort="start")`, "attempts that came to nothing: scans and floods."},
				{"list_connections", `list_connections(captures=[CAPTURE], sort="bytes")`, "largest transfers, and in which direction."},
				{"search_packets", `search_packets(captures=[CAPTURE], tcp_flags="SYN,!ACK", numbers_only=true)`, "how many attempts, and when."},
			},
			signs: []string{
				"one source, many ports or hosts: a scan; which ports answered", "many sources, one port, few handshakes: a flood",
				"a RST or data that does not fit sequence numbers, TTL or timing of its connection: injected", "large uploads to an unusual address, connections at a regular interval",
			},
			report: "severity first, then each finding with source, target, time, count, frames, whether it succeeded, and what to do.",
		},
	}
}

func sipInquiries() []inquiry {
	peers := askMcpcap("analyze_sip_packets", "methods, response classes, calls, user agents, and the messages.")
	over := summarize("sip", "overview", "methods, codes, calls and how they ended, user agents.")
	wrong := summarize("sip", "errors", "requests that failed or stayed without an answer.")
	calls := callAdvice{"decode_connection", `decode_connection(capture=CAPTURE, protocol="sip", response_format="detailed")`, "message by message with its headers."}
	return []inquiry{
		{
			name: "sip_security_analysis", title: "SIP: security", module: "sip",
			description: "Brute force, toll fraud, exposed systems.",
			goal:        "Find out whether somebody attacks or abuses the telephone system.",
			calls:       []callAdvice{over, peers, wrong, filterPackets("sip.Status-Code in {401, 403, 407}", "refused credentials."), summarize("sip", "hosts", "who is asked by whom.")},
			signs: []string{
				"many REGISTER with 401 or 403 from one source, for many users (a search) or one (a password attack); a 200 among them is a success",
				"OPTIONS or REGISTER from user agents of scanners", "INVITE to foreign or premium numbers, from hosts that never registered: toll fraud",
				"private addresses in Via, Contact or SDP that reach the outside; credentials or media in clear",
			},
			report: "what was tried, what succeeded, which accounts and numbers; evidence; what to block and which passwords to change.",
		},
		{
			name: "sip_troubleshooting_analysis", title: "SIP: troubleshooting", module: "sip",
			description: "Why calls are not set up, break, or have no sound.",
			goal:        "Find out why calls or registrations fail.",
			calls: []callAdvice{
				over, peers, wrong, calls, summarize("rtp", "overview", "loss, jitter and quality of the media."),
			},
			signs: []string{
				"where a call stops: INVITE without 100, without 180 or 200, without ACK, BYE after seconds",
				"the first 4xx to 6xx and what it answers; 401 and 407 are normal once", "Via, Contact or SDP with an address that the other side cannot reach: one-way sound",
				"messages sent again at 0.5, 1, 2, 4 s: nobody answers, or answers get lost",
			},
			report: "for each call that failed: the message at which it failed, why, on which side, and the remedy; for media, its loss and jitter.",
		},
		{
			name: "sip_forensic_investigation", title: "SIP: forensics", module: "sip",
			description: "Who called whom, when, with what.",
			goal:        "Reconstruct who called whom, when, how long and with what.",
			calls: []callAdvice{
				{"capture_info", "capture_info(capture=CAPTURE, sections=[\"overview\", \"file\"])", "hash of the file and times: what the evidence is."}, over, peers, summarize("sip", "transactions", "one by one."), calls,
			},
			signs: []string{
				"one Call-ID is one call; CSeq gives the order inside it, the times of INVITE, 200 and BYE its length", "From, To, P-Asserted-Identity and Contact can disagree: the address in the IP header is what cannot be claimed",
				"user agents and their versions, which tie calls to devices", "calls without BYE: the capture may have ended first",
			},
			report: "a timeline (UTC, caller, called, result, length, addresses, devices, Call-ID, frames) and what stays uncertain.",
		},
	}
}
