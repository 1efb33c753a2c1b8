package query

import (
	"fmt"
	"strings"

	"pcapidx/index"
	"pcapidx/ingest/diag"
)

// scanRule describes what the diagnosis of a capture finds about scans.
type scanRule struct {
	finding, code, title, rule, source string
	benign                             []string
}

func scanRules() []scanRule {
	t, ours := diag.Defaults(), "the diagnosis' default (`ingest --thresholds` sets others)"
	window := spanWords(index.Time(t.ScanWindow))
	zeek := ours + "; Zeek's are 15 ports and 25 hosts in 5 minutes, Elastic's 100 hosts"
	return []scanRule{
		{
			"port_scan", "scan.ports", "many ports of a host are tried",
			fmt.Sprintf("failed attempts at %d and more different ports of one host in %s", t.ScanPorts, window), zeek,
			[]string{"an inventory or a test of the network by its owner", "a client that looks for a service that moves"},
		},
		{
			"host_scan", "scan.hosts", "one port of many hosts is tried",
			fmt.Sprintf("failed attempts at one port of %d and more different hosts in %s", t.ScanHosts, window), zeek,
			[]string{"an inventory or monitoring", "peer-to-peer programs whose peers have gone", "printers and shares that are looked for"},
		},
		{
			"stealth_scan", "scan.stealth", "packets that no connection begins with",
			fmt.Sprintf("first packets with odd flags to %d and more targets in %s, or lone ACKs to %d that were reset", t.StealthProbes, window, t.ScanPorts), ours,
			[]string{"connections that hosts forgot", "broken network cards or drivers"},
		},
		{
			"syn_flood", "scan.unfinished", "many unfinished handshakes",
			fmt.Sprintf("%d and more handshakes at one port within a second that were never finished", t.FloodRate), ours,
			[]string{"a service that is down or overloaded", "a capture of one direction only"},
		},
	}
}

// scansFound gives what the diagnosis of the capture found about scans.
func scansFound(s *index.Summary) (out []Observation) {
	for _, r := range scanRules() {
		n := 0
		for i := range s.Findings {
			f := &s.Findings[i]
			if f.Code != r.finding || n == maxOfCode {
				continue
			}
			n++
			who, _, _ := strings.Cut(f.Sentence, " tried ")
			if who, _, _ = strings.Cut(who, " probed "); strings.Contains(who, " ") {
				who = ""
			}
			out = append(out, Observation{
				Code: r.code, Title: r.title, Who: who, Statement: plainStatement(f.Sentence), Frames: f.Frames[:min(len(f.Frames), someValues)],
				Rule: r.rule, Source: r.source, Benign: r.benign, Limits: "connections that began before the capture, or whose answers it lacks, look like failed ones",
			})
		}
	}
	return out
}

// plainStatement leaves out what a finding concludes: behind the last colon and space.
func plainStatement(sentence string) string {
	if i := strings.LastIndex(sentence, ": "); i > 0 {
		return sentence[:i]
	}
	return strings.TrimSuffix(sentence, ".")
}
