package diag

import (
	"fmt"

	"pcapidx/index"
)

func (h *handshake) Finish(c *Conn, r *Report) {
	m := &r.Measures
	m.Handshake = h.result(c, r.CaptureEnd)
	if !h.begun {
		h.client = r.Client
	}
	for d := range c.Side {
		f := &c.Side[d]
		m.Sides[d].ResentControl += int64(f.SYN.Count) - min(1, int64(f.SYN.Count)) + int64(f.SYNACK.Count) - min(1, int64(f.SYNACK.Count))
	}
	if h.syn.frame != 0 && h.answer.frame != 0 {
		m.ConnectServer = max(0, h.answer.time-h.syn.time)
	}
	if h.finished.frame != 0 {
		m.ConnectClient, m.IRTT = max(0, h.finished.time-h.last.time), h.irtt
	}
	if f, ok := h.outcome(c, m.Handshake); ok {
		r.Add(f)
	}
	h.slow(c, r)
	h.again(c, r, &h.syns, "SYN", h.client)
	h.again(c, r, &h.synacks, "SYN+ACK", 1-h.client)
}

// outcome makes the finding of a result that deserves one.
func (h *handshake) outcome(c *Conn, result string) (f index.Finding, ok bool) {
	client, server := &c.Side[h.client], &c.Side[1-h.client]
	f = index.Finding{Code: result, Side: int8(1 - h.client)}
	var e Evidence
	tries := client.SYN.Count
	switch result {
	case openUnanswered:
		over := client.SYN.LastTime - client.SYN.Time
		f.Severity, f.Weight = index.SeverityError, max(1, seconds(over))
		f.Sentence = fmt.Sprintf("The server never answered %s", countWords(tries, "connection attempt"))
		if tries > 1 {
			f.Sentence += " over " + timeWords(over)
		}
		f.Sentence += ": it is down, a firewall drops the packets, or its answers took another path."
		f.Numbers = []index.Number{{Name: "attempts", Value: float64(tries)}, {Name: "span_s", Value: seconds(over)}}
		if e = h.syns.repeats; e.Count == 0 {
			e = evidence(client.SYN.Frame)
		}
	case openRefused:
		after := h.refused.time - h.syn.time
		f.Severity, f.Weight = index.SeverityError, max(1, seconds(h.refused.time-client.SYN.Time))
		f.Sentence = fmt.Sprintf("The server, or a firewall in its name, refused the connection with a RST %s after the SYN: nothing listens on the port, or a rule rejects it.", timeWords(after))
		f.Numbers = []index.Number{{Name: "answer_ms", Value: millis(after)}, {Name: "attempts", Value: float64(tries)}}
		e = evidence(h.syn.frame, h.refused.frame)
	case openRejected:
		q := &c.Quoted
		f.Severity, f.Weight = index.SeverityError, max(1, seconds(client.SYN.LastTime-client.SYN.Time))
		f.Sentence = fmt.Sprintf("The SYN was rejected on its way: an ICMP%s error says %s (type %d, code %d) %s after the first SYN.",
			either(c.IPv6, "v6", ""), rejection(c.IPv6, q.Type, q.Code), q.Type, q.Code, timeWords(q.Time-client.SYN.Time))
		f.Numbers = []index.Number{
			{Name: "icmp_type", Value: float64(q.Type)},
			{Name: "icmp_code", Value: float64(q.Code)},
			{Name: "errors", Value: float64(q.Count)},
			{Name: "attempts", Value: float64(tries)},
		}
		e = evidence(client.SYN.Frame, q.Frame)
	case openHalf:
		f.Severity, f.Weight, f.Side = index.SeverityWarn, 1, int8(h.client)
		f.Sentence = fmt.Sprintf("The server answered %s after the SYN, but the client never finished the handshake: a SYN flood, a scan, or packets of the client are lost.", timeWords(h.answer.time-h.syn.time))
		f.Numbers = []index.Number{{Name: "answers", Value: float64(server.SYNACK.Count)}}
		e = evidence(h.syn.frame, h.answer.frame)
	case openAborted:
		f.Severity, f.Side = index.SeverityNote, int8(h.client)
		f.Sentence = "The client aborted the connection as soon as the server had answered: typical of port scans and of health checks."
		e = evidence(h.syn.frame, h.answer.frame, h.aborted)
	case openMismatch:
		f.Code, f.Severity, f.Weight = "handshake_mismatch", index.SeverityWarn, 1
		f.Sentence = "The server's answer acknowledges a number that the client did not send: it belongs to an older connection, or something on the path changed it."
		e = evidence(h.syn.frame, h.odd)
	default:
		return h.neutral(c, result)
	}
	f.Frames, f.Count = e.Frames, e.Count
	return f, true
}

// neutral makes the finding of a result that is no failure.
func (h *handshake) neutral(c *Conn, result string) (f index.Finding, ok bool) {
	f = index.Finding{Code: result, Side: -1}
	var e Evidence
	switch result {
	case openAnswerOnly:
		f.Sentence = "The client's SYN was not captured: the connection begins with the server's SYN+ACK."
		e = evidence(c.Side[1-h.client].SYNACK.Frame)
	case openNoAnswer:
		f.Sentence = "The server's SYN+ACK was not captured, though the connection went on."
		e = evidence(h.syn.frame, h.onward)
	case openSimultaneous:
		f.Severity = index.SeverityNote
		f.Sentence = "Both sides opened the connection at the same time, each with a SYN of its own."
		e = evidence(c.Side[h.client].SYN.Frame, h.crossed)
	case openMidStream:
		f.Sentence = "The connection was set up before the capture began: its options and window scaling are not known."
		e = evidence(c.First.Frame)
	default:
		return f, false
	}
	f.Frames, f.Count = e.Frames, e.Count
	return f, true
}

// slow reports a handshake that took long.
func (h *handshake) slow(c *Conn, r *Report) {
	m := &r.Measures
	total := m.ConnectServer + m.ConnectClient
	if h.finished.frame == 0 || h.syn.frame == 0 || total <= c.T.SlowHandshake {
		return
	}
	where := ""
	switch {
	case share(m.ConnectServer, total) < c.T.NearShare:
		where = "; the capture was made near the server"
	case share(m.ConnectClient, total) < c.T.NearShare:
		where = "; the capture was made near the client"
	}
	e := evidence(h.syn.frame, h.answer.frame, h.finished.frame)
	r.Add(index.Finding{
		Code: "slow_handshake", Severity: index.SeverityWarn, Side: -1, Weight: seconds(total),
		Low: c.Side[h.client].SYN.Count > 1 || c.Side[1-h.client].SYNACK.Count > 1, // which of them was answered?
		Sentence: fmt.Sprintf("Setting up the connection took %s (%s until the server answered, %s until the client did%s): every new connection waits that long before its first byte.",
			timeWords(total), timeWords(m.ConnectServer), timeWords(m.ConnectClient), where),
		Numbers: []index.Number{
			{Name: "handshake_ms", Value: millis(total)}, {Name: "server_ms", Value: millis(m.ConnectServer)}, {Name: "client_ms", Value: millis(m.ConnectClient)},
		},
		Frames: e.Frames, Count: e.Count,
	})
}

// again reports packets of the opening that were sent more than once. Where nobody
// ever answered, that is said already, and this is a note.
func (h *handshake) again(c *Conn, r *Report, a *attempts, what string, dir uint8) {
	if a.repeats.Count == 0 {
		return
	}
	m, code, unanswered := &c.Side[dir].SYN, "syn_retransmitted", r.Measures.Handshake == openUnanswered
	if what == "SYN+ACK" {
		m, code, unanswered = &c.Side[dir].SYNACK, "synack_retransmitted", r.Measures.Handshake == openHalf
	}
	span := m.LastTime - m.Time
	f := index.Finding{
		Code: code, Severity: index.SeverityWarn, Side: int8(dir), Weight: seconds(span), Frames: a.repeats.Frames, Count: a.repeats.Count,
		Sentence: fmt.Sprintf("The %s sent its %s %d times over %s", h.role(dir), what, m.Count, timeWords(span)),
		Numbers:  []index.Number{{Name: "sent", Value: float64(m.Count)}, {Name: "span_s", Value: seconds(span)}},
	}
	if unanswered {
		f.Severity = index.SeverityNote
	} else {
		f.Sentence += ", which delayed the connection: a packet was lost, or its answer came late"
	}
	if !a.odd {
		f.Sentence += " (the waits are the standard back-off of 1, 2, 4 s ...)"
	}
	f.Sentence += "."
	r.Add(f)
}

// role names a side as the handshake knows it.
func (h *handshake) role(dir uint8) string {
	if dir == h.client {
		return "client"
	}
	return "server"
}

// rejection says what an ICMP error means (RFC 792, 1122 and 1812; RFC 4443).
func rejection(ipv6 bool, icmpType, code uint8) string {
	names4 := []string{
		"network unreachable", "host unreachable", "protocol unreachable", "port unreachable", "fragmentation needed", "source route failed",
		"network unknown", "host unknown", "source host isolated", "network administratively prohibited", "host administratively prohibited",
		"network unreachable for this type of service", "host unreachable for this type of service", "communication administratively prohibited",
		"host precedence violation", "precedence cut-off in effect",
	}
	names6 := []string{
		"no route to the destination", "communication administratively prohibited", "beyond the scope of the source address", "address unreachable",
		"port unreachable", "the source address failed a policy", "route rejected", "error in the source routing header",
	}
	unreachable, expired, names := uint8(3), uint8(11), names4
	if ipv6 {
		unreachable, expired, names = 1, 3, names6
	}
	switch {
	case icmpType == unreachable && int(code) < len(names):
		return names[code]
	case icmpType == unreachable:
		return "destination unreachable"
	case icmpType == expired && code == 0:
		return "the hop limit was used up on the way, as in a routing loop"
	case icmpType == expired:
		return "fragments were missing for too long"
	}
	return "a header field is not accepted"
}
