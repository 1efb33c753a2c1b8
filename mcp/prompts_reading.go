package mcp

import sdk "github.com/modelcontextprotocol/go-sdk/mcp"

// Prompts that begin with something to look at: a connection, a text, packets, two
// captures.

func explainConnection() prompt {
	return prompt{
		name: "explain_connection", title: "Explain a connection",
		description: "What one connection was for, step by step, and whether it went well.",
		arguments:   []*sdk.PromptArgument{captureArgument(), connectionArgument(true)},
		needs:       []string{"get_packets"},
		write: func(g *guide) {
			c, n := g.given("capture"), g.given("connection")
			g.aim("Explain connection %s of capture %s to somebody who knows networks but not this one.", exactly(n), exactly(c))
			g.step(g.call("decode_connection", "capture", c, "connection", n), ": the application, the names it used, and every request with its answer and latency; response_format detailed adds fields and text.")
			g.step(g.call("diagnose_connection", "capture", c, "connections", []string{n}), ": for TCP how it began and ended, round trips, losses, windows, rates, findings.")
			g.step(g.call("follow_stream", "capture", c, "connection", n, "limit", 4096), ": the bytes, where nothing was decoded. What is encrypted stays so.")
			g.step(g.call("plot", "capture", c, "connection", n), ": if a TCP connection carried more than some 100 kB, or stalled.")
			g.step(g.call("get_packets", "capture", c, "connection", n, "limit", 10), ": its first packets; for UDP, SCTP and ICMP the best that there is.")
			g.answer("Answer: who talked to whom and why (one sentence); the story in order of time, with seconds; what was unusual; whether each side got what it wanted.")
		},
	}
}

func findText() prompt {
	return prompt{
		name: "find_text", title: "Find a text",
		description: "Where a text was sent, in whatever form: plain, in another case or encoding, misspelt, in a compressed body.",
		arguments: []*sdk.PromptArgument{
			captureArgument(),
			{Name: "text", Title: "Text", Description: "what to look for, e.g. a name, a number, a part of an address", Required: true},
		},
		needs: []string{"search_payload"},
		write: func(g *guide) {
			c, needle := g.given("capture"), g.given("text")
			g.aim("Find where %s was sent in capture %s.", exactly(needle), exactly(c))
			g.step(g.call("search_payload", "captures", []string{c}, "needle", needle, "limit", 20), ": as it stands, in any case, also across packets.")
			g.step("If that finds nothing: ", g.call("search_payload", "captures", []string{c}, "needle", needle, "in", "decoded"), " looks into bodies that were compressed or cut into chunks, and into fields.")
			g.step("Then ", g.call("search_payload", "captures", []string{c}, "needle", needle, "encodings", []string{"utf16le", "utf16be", "percent", "base64"}), " for other forms.")
			g.step("Then ", g.call("search_payload", "captures", []string{c}, "needle", needle, "mode", "fuzzy", "max_edits", 1), ", or mode words for words in any order: something like it.")
			g.step(g.call("decode_connection", "capture", c, "connection", someConnection), " and ", g.call("follow_stream", "capture", c, "connection", someConnection, "offset", 0),
				" (offset: a little before that of the row): what stands around it, who sent it to whom.")
			g.step(g.call("capture_info", "capture", c), ": if nothing was found, how much of the capture is encrypted (tls, quic, ssh) and cannot be searched.")
			g.answer("Answer: every place with connection, direction, frame, time and the words around it; the first sender; or that it is not there in readable form, and where it could hide.")
		},
	}
}

func findPackets() prompt {
	return prompt{
		name: "find_packets", title: "Find packets",
		description: "Packets that fit a description in words.",
		arguments: []*sdk.PromptArgument{
			captureArgument(),
			{Name: "description", Title: "Description", Description: "what the packets are like, e.g. failed connections to the web server", Required: true},
		},
		needs: []string{"search_packets"},
		write: func(g *guide) {
			c := g.given("capture")
			g.aim("Find packets in capture %s that fit this description: %s.", exactly(c), escape(g.given("description")))
			g.step(g.call("capture_info", "capture", c), ": which protocols and endpoints there are.")
			g.step(g.call("list_fields", "prefix", "tcp.", "capture", c), " finds names of fields, with another prefix for another protocol; resource "+filtersURI+" shows the language.")
			g.step(g.call("list_connections", "captures", []string{c}, "limit", 20), ": for whole connections, by address, port, state or finding, the shorter way.")
			g.step(g.call("search_packets", "captures", []string{c}, "filter", "tcp.flags.reset == 1", "limit", 20), " with a filter of your own: look at total, and narrow it while it is too wide.")
			g.step(g.call("get_packets", "capture", c, "frames", someFrames), ": one or two, to be sure that they are what is meant.")
			g.answer("Answer: the filter, how many packets match, and the most telling ones.")
		},
	}
}

func compareCaptures() prompt {
	side := func(name, title, what string) *sdk.PromptArgument {
		return &sdk.PromptArgument{Name: name, Title: title, Description: "id or name of " + what, Required: true}
	}
	return prompt{
		name: "compare_captures", title: "Compare two captures",
		description: "What differs between two captures: before and after, good and bad, or both ends of a line.",
		arguments: []*sdk.PromptArgument{
			side("a", "First capture", "the first capture: before, the good one, or one end"),
			side("b", "Second capture", "the second capture: after, the bad one, or the other end"),
		},
		needs: []string{"capture_info", "diagnose_capture"},
		write: func(g *guide) {
			a, b := g.given("a"), g.given("b")
			both := func(tool string, rest ...any) string {
				return g.call(tool, append([]any{"capture", a}, rest...)...) + " and " + g.call(tool, append([]any{"capture", b}, rest...)...)
			}
			each := func(tool string, rest ...any) string {
				return g.call(tool, append([]any{"captures", []string{a}}, rest...)...) + " and " + g.call(tool, append([]any{"captures", []string{b}}, rest...)...)
			}
			g.aim("Compare capture %s (A) with capture %s (B).", exactly(a), exactly(b))
			g.step(both("capture_info"), ": duration, packets, rates, protocols. Counts of captures of unequal length are compared per second.")
			g.step(both("diagnose_capture"), ": is either of limited quality, and which findings has only one of them, or many more?")
			g.step(each("stats", "by", "protocol", "metric", "bytes"), ", then by pair and port: what is only in one, what grew.")
			g.step(both("analyze_traffic"), ": by server: failed handshakes, resets, resent_share.")
			g.step(both("summarize_protocol", "protocol", "http", "view", "hosts"), ", and so for dns, tls or what else both have: errors, unanswered requests, median and p95 latency.")
			g.step(g.call("list_connections", "captures", []string{a, b}, "limit", 50, "response_format", "detailed"),
				": if A and B are two ends of a line, the same connection has the same community_id, unless addresses were translated: what one sent and the other never got was lost between.")
			g.answer("Answer: first whether they can be compared at all; then a table of what differs (figure, A, B); then what explains it.")
		},
	}
}
