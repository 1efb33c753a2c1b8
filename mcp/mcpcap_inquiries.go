package mcp

func dnsInquiries() []inquiry {
	peers := askMcpcap("analyze_dns_packets", "queries, responses, response codes, unanswered queries and the packets; next_cursor goes on.")
	messages := callAdvice{"decode_connection", `decode_connection(capture=CAPTURE, protocol="dns", status="error")`, "responses that refuse, with their codes; without status all messages."}
	return []inquiry{
		{
			name: "dns_security_analysis", title: "DNS: security", module: "dns",
			description: "Signs of tunnels, generated names, command channels and reconnaissance in DNS.",
			goal:        "Find out whether the DNS traffic shows an attack or malware.",
			calls: []callAdvice{
				summarize("dns", "overview", "codes, names asked most, servers, observations such as names that look like a tunnel."), peers,
				summarize("dns", "errors", "names that do not exist, refusals, silence."),
				filterPackets("dns.qry.type in {16, 10} || dns.qry.type in {251, 252}", "TXT and NULL queries (tunnels), zone transfers."),
				filterPackets("dns && !(udp.port == 53 || tcp.port == 53)", "DNS on ports that are not its own."),
				countBy("endpoint", "dns.flags.rcode == 3", "who gets most answers that a name does not exist."),
			},
			signs: []string{
				"many different long, random-looking names below one domain: a tunnel (large TXT or NULL answers, steady rhythm) or generated names (mostly NXDOMAIN)",
				"the same name asked at a regular interval by one host: a command channel; give the interval from the times of the frames",
				"PTR queries that walk through an address range, AXFR or ANY queries: reconnaissance",
				"answers from servers that were not asked, several answers to one query: spoofing",
			},
			report: "verdict first (clean, suspicious, malicious), then each sign with hosts, names and times, how sure it is, and what to check next.",
		},
		{
			name: "dns_network_troubleshooting", title: "DNS: troubleshooting", module: "dns",
			description: "Slow, failing and unanswered DNS queries, and the servers responsible.",
			goal:        "Find out whether DNS works, and what makes it slow or fail.",
			calls: []callAdvice{
				summarize("dns", "overview", "how many queries were answered, codes, latency percentiles."), peers,
				summarize("dns", "hosts", "the same for each server."),
				summarize("dns", "slow", "the slowest queries."),
				summarize("dns", "errors", "queries that failed or got no answer."),
				filterPackets("dns.flags.truncated == 1 || dns && tcp", "answers that were too large for UDP."),
			},
			signs: []string{
				"a server with no answers, or whose latency is far above the others'; queries sent again",
				"SERVFAIL or REFUSED: a server's own trouble or a client that may not ask it; NXDOMAIN for search-list names costs time but is normal",
				"answers without recursion available to clients that desire it",
				"status unknown is not silence: the capture ended before the answer was late",
			},
			report: "does DNS work, for whom not, since when; the cause that fits the numbers; what to change on which server or client.",
		},
		{
			name: "dns_forensic_investigation", title: "DNS: forensics", module: "dns",
			description: "Who asked for what and when, as evidence.",
			goal:        "Reconstruct from DNS who looked for what, when, and what came back.",
			calls: []callAdvice{
				{"capture_info", "capture_info(capture=CAPTURE, sections=[\"overview\", \"file\"])", "hash of the file, times, losses: what the evidence is."},
				askMcpcap("analyze_capinfos", "times and size of the file."),
				summarize("dns", "overview", "names and clients to begin with."), peers,
				messages,
				{"list_connections", `list_connections(captures=[CAPTURE], sort="start")`, "what a host did with the address that it got: host tells the name."},
			},
			signs: []string{
				"queries and answers in pairs, with frame numbers and UTC times", "the connection that follows an answer: its address is the proof that the name was used",
				"volume in names or TXT answers that fits data leaving", "times at which the pattern changes",
			},
			report: "a timeline (UTC, client, name, answer, frames), who did it, what it suggests and what else would explain it.",
		},
	}
}

func dhcpInquiries() []inquiry {
	peers := askMcpcap("analyze_dhcp_packets", "clients, servers, message types, transactions and the packets with their options.")
	over := summarize("dhcp", "overview", "message types, clients, servers, addresses given, latency.")
	all := callAdvice{"decode_connection", `decode_connection(capture=CAPTURE, protocol="dhcp", response_format="detailed")`, "every message with its options."}
	return []inquiry{
		{
			name: "dhcp_network_analysis", title: "DHCP: network", module: "dhcp",
			description: "Do clients get addresses, from whom, how fast, for how long.",
			goal:        "Find out whether DHCP works and how it is set up.",
			calls:       []callAdvice{over, peers, summarize("dhcp", "errors", "NAK, DECLINE, requests without an answer."), summarize("dhcp", "transactions", "one by one."), all},
			signs: []string{
				"DISCOVER without OFFER: no server, no free address, or a relay that does not pass it on (relay address, hops)",
				"NAK or DECLINE: a client from another network, an address in use twice", "lease, renewal and rebinding times; clients that ask much more often than half the lease",
				"more than one server: are their offers the same (router, DNS, mask)?",
			},
			report: "how addresses are given (servers, ranges, times, options), what fails and why, and what to change.",
		},
		{
			name: "dhcp_security_analysis", title: "DHCP: security", module: "dhcp",
			description: "Rogue servers, starvation and spoofing.",
			goal:        "Find out whether somebody abuses DHCP.",
			calls:       []callAdvice{over, peers, summarize("dhcp", "hosts", "who answers as a server."), all, filterPackets("dhcp.option.dhcp == 2 || dhcp.option.dhcp == 5", "all offers and acknowledgements.")},
			signs: []string{
				"a second server (dhcp.multiple_servers), above all one that gives another router or DNS server: it can read what clients send",
				"a great many clients or hardware addresses in a short time, offers that are never taken: starvation",
				"a hardware address in the message that is not the frame's, host names that do not fit the vendor", "RELEASE of an address by somebody else",
			},
			report: "who serves, who should not, which clients took its offers (with the frames of the ACK), and what to do now.",
		},
		{
			name: "dhcp_forensic_investigation", title: "DHCP: forensics", module: "dhcp",
			description: "Which device had which address when.",
			goal:        "Establish which device had which address, from when to when.",
			calls: []callAdvice{
				{"capture_info", "capture_info(capture=CAPTURE, sections=[\"overview\", \"file\"])", "hash of the file and times: what the evidence is."},
				over, peers, all,
				filterPackets("arp || dhcp", "ARP shows whether the address was used by that hardware address."),
			},
			signs: []string{
				"ACK with address, hardware address, client identifier and lease time; RELEASE or the end of the lease",
				"host name, vendor class and the order of the parameter request list: together they tell the kind of device", "one device under several addresses, one address under several devices",
			},
			report: "a table (device, address, from, to, frames), how sure each line is, and what moved.",
		},
	}
}

func icmpInquiries() []inquiry {
	peers := askMcpcap("analyze_icmp_packets", "types, echo pairs with round-trip times, unreachable hosts, and the packets.")
	over := summarize("icmp", "overview", "kinds, echoes answered, round-trip times, hosts that were unreachable.")
	wrong := summarize("icmp", "errors", "errors with the packet that each quotes, and echoes without a reply.")
	return []inquiry{
		{
			name: "icmp_network_diagnostics", title: "ICMP: diagnostics", module: "icmp",
			description: "Ping results, routes, unreachable destinations, loops, packet sizes.",
			goal:        "Find out what ICMP says about the network.",
			calls: []callAdvice{
				over, peers, wrong, filterPackets("icmp.type == 11 || icmpv6.type == 3", "time exceeded: traceroute, or a loop."),
				filterPackets("icmp.type == 3 && icmp.code == 4 || icmpv6.type == 2", "packets too big for the way."),
			},
			signs: []string{
				"share of echoes answered and the spread of round-trip times, by destination", "time exceeded for growing TTLs is a traceroute: order the routers by it; for normal traffic it is a loop",
				"the code of unreachable errors: no route, no host, no port, forbidden by a filter; the quoted packet tells which connection",
				"packet too big and a connection that stalls with large segments: the path MTU does not get through",
			},
			report: "what is reachable and how fast, what is not and who says so (address of the router), the likely cause of each.",
		},
		{
			name: "icmp_security_analysis", title: "ICMP: security", module: "icmp",
			description: "Sweeps, floods, covert channels, redirects.",
			goal:        "Find out whether ICMP is used to attack or to hide something.",
			calls: []callAdvice{
				over, peers, countBy("pair", "icmp || icmpv6", "who sends how much to whom."), filterPackets("icmp.type == 8 && frame.len > 200", "large echoes."),
				filterPackets("icmp.type == 5 || icmpv6.type == 137", "redirects."),
				{"get_packets", `get_packets(capture=CAPTURE, frames="N", payload="text")`, "what an echo carries."},
			},
			signs: []string{
				"one source, many destinations: a sweep; list the ones that answered", "echoes whose payload changes from packet to packet, is large, or differs in the reply (icmp.payload_changed): a channel",
				"hundreds of packets a second: a flood; echo requests to broadcast addresses with a forged source: smurf", "redirects from a host that is no router",
			},
			report: "what happened, by whom, with counts and times; how sure; which filter would stop it.",
		},
		{
			name: "icmp_forensic_investigation", title: "ICMP: forensics", module: "icmp",
			description: "Timeline, topology and evidence from ICMP.",
			goal:        "Reconstruct from ICMP what somebody explored or broke, and when.",
			calls: []callAdvice{
				{"capture_info", "capture_info(capture=CAPTURE, sections=[\"overview\", \"file\"])", "hash of the file and times: what the evidence is."},
				over, peers, wrong,
				{"stats", `stats(captures=[CAPTURE], by="time", filter='icmp || icmpv6')`, "when."},
			},
			signs: []string{
				"the order in which hosts were probed, and TCP or UDP probes behind it", "routers that answer with time exceeded: the way, hop by hop",
				"packets quoted in errors prove traffic that itself was not captured", "identifiers, TTLs and payloads that tie probes to one tool or host",
			},
			report: "a timeline (UTC, from, to, what, frames), the topology as far as it shows, and the limits of the evidence.",
		},
	}
}
