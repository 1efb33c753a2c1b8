package diag

import (
	"fmt"
	"strings"

	"pcapidx/index"
)

// findings reports scans and floods, those found first first.
func (s *scans) findings(found []index.Finding) []index.Finding {
	for i := range s.scanners {
		found = append(found, s.scanners[i].finding(s.t))
	}
	for kind, n := range s.more {
		if n > 0 {
			found = append(found, index.Finding{
				Code: scanCode(uint8(kind)), Severity: index.SeverityWarn, Side: -1,
				Sentence: "More sources scan in the same way than are listed.",
				Numbers:  []index.Number{{Name: "listed", Value: maxScanners}},
			})
		}
	}
	for i := range s.floods {
		found = append(found, s.floods[i].finding())
	}
	if s.moreFlood > 0 {
		found = append(found, index.Finding{
			Code: "syn_flood", Severity: index.SeverityWarn, Side: -1,
			Sentence: "More server ports have floods of unfinished handshakes than are listed.",
			Numbers:  []index.Number{{Name: "listed", Value: maxScanners}},
		})
	}
	return found
}

func scanCode(kind uint8) string {
	switch kind {
	case scanPorts:
		return "port_scan"
	case scanHosts:
		return "host_scan"
	}
	return "stealth_scan"
}

// probeText says what the packets of a stealth scan are.
func probeText(kind uint8) string {
	switch kind {
	case scanNull:
		return "no flags"
	case scanFIN:
		return "FIN alone"
	case scanXmas:
		return "FIN, PSH and URG"
	case scanSYNFIN:
		return "SYN and FIN"
	}
	return "ACK alone"
}

func (x *scanner) finding(t *Thresholds) index.Finding {
	ports, hosts := len(x.ports), len(x.hosts)
	least := either(x.capped, "at least ", "")
	where := fmt.Sprintf("%s%s of %s%s", least, countWords(ports, "port"), least, countWords(hosts, "host"))
	switch {
	case hosts == 1:
		where = fmt.Sprintf("%s%s of %s", least, countWords(ports, "port"), plainAddress(x.host))
	case ports == 1:
		where = fmt.Sprintf("port %d of %s%s", x.port, least, countWords(hosts, "host"))
	}
	f := index.Finding{
		Code: scanCode(x.kind), Severity: index.SeverityWarn, Side: -1, Weight: float64(x.attempts), Frames: x.frames.Frames, Count: x.frames.Count,
		Numbers: []index.Number{
			{Name: "attempts", Value: float64(x.attempts)},
			{Name: "ports", Value: float64(ports)},
			{Name: "hosts", Value: float64(hosts)},
			{Name: "span_s", Value: seconds(x.last - x.first)},
		},
	}
	source, span := plainAddress(x.source), timeWords(x.last-x.first)
	if x.kind > scanHosts {
		f.Sentence = fmt.Sprintf("%s probed %s in %s with packets that no connection begins with (%s): a scan that tries to stay unnoticed.", source, where, span, probeText(x.kind))
		if x.kind == scanACK {
			f.Sentence = fmt.Sprintf("%s probed %s in %s with lone ACKs, which RSTs answered: a scan for firewalls, or the traffic of connections that hosts forgot.", source, where, span)
		}
		return f
	}
	var how []string
	for outcome, name := range []string{"refused", "never answered", "aborted after the answer"} {
		if n := x.outcomes[outcome]; n > 0 {
			how = append(how, fmt.Sprintf("%d %s", n, name))
			f.Numbers = append(f.Numbers, index.Number{Name: []string{"refused", "unanswered", "aborted"}[outcome], Value: float64(n)})
		}
	}
	f.Sentence = fmt.Sprintf("%s tried %s in %s (%s): a scan.", source, where, span, strings.Join(how, ", "))
	return f
}

func (x *floodSum) finding() index.Finding {
	what := "a SYN flood"
	if x.silent > x.halfOpen {
		what = "a SYN flood, or a service that is down or overloaded"
	}
	name := fmt.Sprintf("port %d of %s", x.server.Port(), plainAddress(x.server.Addr()))
	return index.Finding{
		Code: "syn_flood", Severity: index.SeverityWarn, Side: -1, Weight: float64(x.frames.Count), Frames: x.frames.Frames, Count: x.frames.Count,
		Sentence: fmt.Sprintf("%s at %s were never finished, up to %d in a second, within %s: %s.",
			countWords(x.frames.Count, "handshake"), name, x.peak, timeWords(x.last-x.first), what),
		Numbers: []index.Number{
			{Name: "unfinished", Value: float64(x.frames.Count)},
			{Name: "peak_per_second", Value: float64(x.peak)},
			{Name: "half_open", Value: float64(x.halfOpen)},
			{Name: "unanswered", Value: float64(x.silent)},
		},
	}
}
