package diag

// Advice says what to do about a finding of a code: what to look at, or to change.
// It is "" for a code that is not known.
func Advice(code string) string { return advice()[code] }

// advice is kept apart from the rules: it is about networks, not about packets.
func advice() map[string]string {
	all := map[string]string{}
	for _, family := range []map[string]string{
		adviceOnCaptures(), adviceOnHandshakes(), adviceOnEnds(), adviceOnLosses(), adviceOnPaths(), adviceOnDelays(), adviceOnScans(),
	} {
		for code, text := range family {
			all[code] = text
		}
	}
	return all
}

func adviceOnCaptures() map[string]string {
	return map[string]string{
		"one_sided":                "Capture both directions: check the mirror port, or capture on one of the hosts. Losses and delays of such a connection are guesses.",
		"capture_duplicates":       "Mirror one port or one direction of each, not both sides of the same switch. Counts of packets and bytes are too high; the diagnosis is not.",
		"synack_only":              "Begin the capture before the connection, or check whether the client's packets take another path.",
		"synack_missing":           "Check whether the server's packets take another path, or the capture dropped some.",
		"mid_stream":               "Begin the capture before the connection: without the handshake windows and round trips are uncertain.",
		"capture_loss":             "The capture lost packets, not the network: a larger buffer, a filter or a shorter snap length while capturing.",
		"checksum_offload":         "Nothing. To see the checksums that go out, capture on another machine or switch the offload off.",
		"capture_checksum_offload": "Nothing. To see the checksums that go out, capture on another machine or switch the offload off.",
		"capture_checksum_errors":  "Look for the link that corrupts: cable, optics, memory of a switch or a network card; its error counters tell.",
		"capture_drops":            "Capture again with a larger buffer, a filter or a shorter snap length, or a faster disk. What is missing may be the capture's fault.",
		"capture_point":            "Read times with it in mind: round trips to the near side are nearly zero, and losses beyond the point show as data sent again.",
		"offload":                  "Nothing. The sizes of segments are not those on the wire; capture on another machine to see these.",
	}
}

func adviceOnHandshakes() map[string]string {
	return map[string]string{
		openUnanswered:         "Is the host up, the address right, the port let through by firewalls on both ways? Capture at the server: does the SYN arrive?",
		openRefused:            "Is the service running, and on this port and address? If it is, a firewall rejects in its name: compare the TTL of the RST.",
		openRejected:           "The type and code say who objects and why: a route, a firewall rule, or the port. The sender of the ICMP error is the place to look.",
		openHalf:               "One client: its packets are lost or filtered after the SYN+ACK. Many sources at one port: a flood; SYN cookies help.",
		openAborted:            "Harmless from monitoring. From an unknown address it is a scan of open ports.",
		"handshake_mismatch":   "Two hosts with one address, an old connection behind a NAT, or a middlebox with wrong state. Look at MAC address and TTL of the answers.",
		"simultaneous_open":    "Rare, and allowed; by intent in peer-to-peer programs.",
		"slow_handshake":       "A long way, or a busy server: compare with a ping. Keep connections open instead of opening new ones.",
		"syn_retransmitted":    "SYNs or their answers are lost, or the server's queue of connections is full (listen backlog): look at its counters.",
		"synack_retransmitted": "The client's ACK is lost or filtered, or it never got the SYN+ACK: capture at the client.",
		"port_reuse":           "Harmless unless connecting fails. A client that opens very many connections runs out of ports: keep them open, or use more addresses.",
		"time_wait_challenge":  "The client, or a NAT before it, uses a port again too soon: more ports, or connections that are kept.",
		"syn_options_changed":  "The first SYN may have been dropped for its options by a middlebox: compare what is missing in the second.",
	}
}

func adviceOnEnds() map[string]string {
	return map[string]string{
		"reset_before_data":     "Whoever sent the RST accepted and thought better of it: a load balancer without a backend, a limit of connections, a crash, or TLS where plain text was expected. See its log.",
		"reset_after_data":      "See the log of the side that reset at this time: an error, a crash, a limit, or a program that closes without reading all. If half of something arrived, decode_connection and extract_objects say what.",
		"reset_unacked":         "Data may be lost to the application. See the log of the side that reset; if neither sent it, see injected_rst.",
		"reset_after_fin":       "Nothing, if the application has what it wants.",
		"fin_then_rst":          "The side that had closed did not want more data: did the other still have something to say?",
		"half_closed":           "The other side does not close: a leak of connections, or its program waits. Look for many of them in CLOSE_WAIT.",
		"silent_end":            "Idle, or a host vanished: keep-alives or time-outs in the application tell.",
		"still_open":            "Nothing: the capture ended first.",
		"unacked_at_end":        "The receiver vanished, or the path broke: what happened at that time? Keep capturing longer.",
		"idle_push":             "Nothing: long polling or server push.",
		"client_waiting":        "The time is the client's own (its program, or a person): ask several things at once, or look at the client.",
		"keep_alive_only":       "Nothing: a pool that holds the connection. Close unused ones if there are very many.",
		"keep_alive_unanswered": "The peer is gone, or a firewall or NAT forgot the connection: shorter intervals of keep-alives, longer time-outs there.",
		"idle_timeout":          "Raise the idle time-out of the firewall, NAT or load balancer between, or send keep-alives more often than it.",
	}
}

func adviceOnLosses() map[string]string {
	return map[string]string{
		"high_retransmission":     "Find where it is lost: capture at both ends and compare; error and drop counters of the interfaces between; duplex, radio, policing, full queues.",
		"spurious_retransmission": "The sender gave up too early, or acknowledgements are lost or late: look at the way back, and at rtt_variation.",
		"long_rto":                "Losses at the end of a burst wait for a time-out: find the losses; SACK, tail-loss probes (RACK) and fewer small writes help.",
		"sack_missing":            "Switch SACK on at both ends; if both offer it, a middlebox takes the option away.",
		"bad_checksums":           "Look for the link that corrupts: cable, optics, memory of a switch or a network card; its error counters tell.",
	}
}

func adviceOnPaths() map[string]string {
	return map[string]string{
		"mss_clamp":          "Normal with tunnels, PPPoE and mobile networks.",
		"mss_tiny":           "Find who sets it: an MTU that is too small, a tunnel in a tunnel, or a wrong clamp on a router.",
		"mtu_blackhole":      "Let ICMP \"fragmentation needed\" and \"packet too big\" through, or clamp the MSS at the tunnel, or lower the MTU.",
		"timestamps_missing": "Nothing, unless round trips should be measured, or a fast connection wraps its sequence numbers.",
		"scale_one_side":     "Switch window scaling on at the other end, or find the middlebox that takes the option away, if the way is long and fast.",
		"ttl_change":         "A change of route, or another device that answers for the host: with a RST see injected_rst.",
		"injected_rst":       "Something between sent the RST, neither end did: an intrusion prevention system, a proxy, a censor. TTL tells how far away; capture at both ends.",
		"ip_fragmentation":   "Lower the MSS or MTU, or let path MTU discovery work: fragments are often dropped, and one loss loses all.",
	}
}

func adviceOnDelays() map[string]string {
	return map[string]string{
		"rtt_variation":     "Queues fill up on the way: shaping with a fair queue (fq_codel, cake), a less full line; on radio links the signal.",
		"zero_window":       "The receiving program is too slow: its CPU, its disk, or what it waits for. The network is not at fault.",
		"zero_window_stuck": "The receiving program hangs or has stopped to read: look at its threads and log at this time.",
		"window_full":       "The receiver's buffer limits the transfer: larger socket buffers there, or autotuning switched on.",
		"small_window":      "Window divided by round trip is the rate: larger receive buffers at the receiver, or more connections at once.",
		"scaling_missing":   "Switch window scaling on at both ends; if both offer it, a middlebox takes the option away.",
		"slow_response":     "The server thinks: look at its log, database and load at this time. decode_connection names the request.",
		"nagle_delayed_ack": "The sender writes in small pieces: write at once, or set TCP_NODELAY.",
		"delayed_ack":       "Normal alone. It hurts a sender that waits for acknowledgements: see nagle_delayed_ack.",
		"idle_gap":          "Who was silent? If a request was open, the server; if not, the client had nothing to ask.",
	}
}

func adviceOnScans() map[string]string {
	return map[string]string{
		"port_scan":    "Is the source a scanner of your own? Otherwise see which ports answered (list_connections with state SF or S1) and block it.",
		"host_scan":    "Is the source a scanner of your own? A machine inside that does it may be infected: look at the port, and at what it did where it was let in.",
		"stealth_scan": "No normal program sends such packets: a scanner. See which ports answered.",
		"syn_flood":    "SYN cookies, a larger backlog, and filters near the source; the addresses are probably forged.",
	}
}
