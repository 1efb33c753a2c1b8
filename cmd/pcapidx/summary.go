package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"pcapidx/query"
)

func (a *app) summaryCommand() *cobra.Command {
	var q query.SummaryRequest
	var limits string
	cmd := &cobra.Command{
		Use:   "summary CAPTURE [PROTOCOL]",
		Short: "Sum up one application protocol, or all: counts, latency, errors, busiest names, observations",
		Long: "Sum up one application protocol of a capture: how many requests were answered, failed, or\n" +
			"stayed without an answer, how long answers took, which codes, names and servers were most\n" +
			"frequent. The other views list the transactions themselves, those that failed, the slowest,\n" +
			"or the servers. Without PROTOCOL: which protocols the capture has, and observations over all\n" +
			"of them - scans, connections at regular intervals, passwords in clear text, weak TLS, tunnels:\n" +
			"numbers with their evidence and explanations without harm, no verdicts.",
		Example: "  pcapidx summary trace.pcap\n  pcapidx summary trace.pcap dns\n  pcapidx summary trace.pcap http --view errors\n" +
			"  pcapidx summary trace.pcap sql --view slow --limit 20\n" +
			"  pcapidx summary trace.pcap --thresholds office.json",
		Args:              cobra.RangeArgs(1, 2),
		ValidArgsFunction: a.completeFirst,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.readObserving(limits); err != nil {
				return err
			}
			e, err := a.engine()
			if err != nil {
				return err
			}
			if len(args) == 1 {
				return a.summaryOfAll(cmd, e, args[0])
			}
			q.Capture, q.Protocol = args[0], args[1]
			answer, err := e.Summary(cmd.Context(), q)
			if err != nil {
				return err
			}
			if a.json {
				return a.out.json(answer)
			}
			return a.printSummary(answer)
		},
	}
	f := cmd.Flags()
	f.StringVar(&q.View, "view", "", "overview (default), transactions, errors, slow, hosts")
	f.Float64Var(&q.SlowMS, "slow-ms", 0, "latency above which a transaction counts as slow, ms")
	thresholdsFlag(f, &limits)
	f.IntVar(&q.Limit, "limit", 0, "most rows, and most values of each list (0: 10)")
	return cmd
}

func (a *app) printSummary(s *query.SummaryAnswer) error {
	var b strings.Builder
	o := a.out
	fmt.Fprintf(&b, "%s: %s messages, %s\n", strings.Join(s.Of, ", "), o.count(s.Messages), o.size(s.Bytes))
	if s.Requests > 0 || s.Orphans > 0 {
		fmt.Fprintf(&b, "requests %s: answered %s, without an answer %s, not known %s; answers without a request %s\n",
			o.count(s.Requests), o.count(s.Answered), o.count(s.NoResponse), o.count(s.Unknown), o.count(s.Orphans))
	}
	fmt.Fprintf(&b, "errors %s, broken %s, slow %s (above %s ms)\n", o.count(s.Errors), o.count(s.Broken), o.count(s.Slow), strconv.FormatFloat(s.SlowMS, 'f', 0, 64))
	if s.Latency != nil {
		fmt.Fprintf(&b, "latency %s\n", spreadWords(s.Latency))
	}
	writeValues(&b, o, "codes", s.Codes)
	for _, t := range s.Top {
		more := ""
		if t.Distinct > len(t.Values) {
			more = fmt.Sprintf(" (%s different)", o.count(uint64(t.Distinct)))
		}
		writeValues(&b, o, t.Field+more, t.Values)
	}
	writeValues(&b, o, "warnings", s.Warnings)
	if _, err := o.w.Write([]byte(b.String())); err != nil {
		return err
	}
	if len(s.Servers) > 0 {
		rows := make([][]string, 0, len(s.Servers))
		for i := range s.Servers {
			x := &s.Servers[i]
			latency := ""
			if x.Latency != nil {
				latency = spreadWords(x.Latency)
			}
			rows = append(rows, []string{x.Server, o.count(x.Requests), o.count(x.Answered), o.count(x.NoResponse), o.count(x.Errors), o.size(x.Bytes), latency})
		}
		if err := o.table([]string{"SERVER", "<REQUESTS", "<ANSWERED", "<NO RESPONSE", "<ERRORS", "<BYTES", "LATENCY"}, rows); err != nil {
			return err
		}
	}
	if err := a.printObservations(s.Observations); err != nil {
		return err
	}
	if len(s.Rows) > 0 {
		if err := a.messageTable(s.Rows); err != nil {
			return err
		}
	}
	a.hints(s.Hints)
	return nil
}

func spreadWords(s *query.SpreadMS) string {
	return fmt.Sprintf("min %.3f, median %.3f, avg %.3f, p95 %.3f, max %.3f ms", s.Min, s.Median, s.Avg, s.P95, s.Max)
}

func writeValues(b *strings.Builder, o *output, title string, values []query.ValueCount) {
	if len(values) == 0 {
		return
	}
	fmt.Fprintf(b, "%s\n", title)
	for _, v := range values {
		text := escape(v.Value)
		if len(text) > 100 {
			text = text[:100] + "..."
		}
		fmt.Fprintf(b, "  %8s  %s\n", o.count(v.Count), text)
	}
}
