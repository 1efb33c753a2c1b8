package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"pcapidx/query"
)

func (a *app) packetsCommand() *cobra.Command {
	var q query.PacketsRequest
	cmd := &cobra.Command{
		Use:   "packets CAPTURE... | --all",
		Short: "List packets, by a Wireshark display filter",
		Long: "List packets that a display filter matches: Wireshark's language and field names,\n" +
			"layers 2 to 4. `pcapidx fields` lists the fields.",
		Example: "  pcapidx packets trace.pcap -Y 'tcp.flags.reset == 1'\n" +
			"  pcapidx packets trace.pcap -Y 'ip.addr == 10.0.0.0/8 && tcp.port in {80, 443}' --limit 20\n" +
			"  pcapidx packets --all --flags 'SYN,!ACK' --numbers",
		ValidArgsFunction: a.completeCaptures,
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := a.engine()
			if err != nil {
				return err
			}
			q.Captures = args
			if a.json || q.Limit > 0 || q.Numbers {
				return a.packetsPage(cmd, e, q)
			}
			return a.allPackets(cmd, e, q)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&q.All, "all", false, "all captures of the store")
	f.StringVarP(&q.Filter, "filter", "Y", "", "display filter")
	f.StringVar(&q.Flags, "flags", "", "TCP flags that must be set or, behind a !, must not: SYN,!ACK")
	f.BoolVar(&q.Numbers, "numbers", false, "print frame numbers only, one a line")
	f.BoolVar(&q.Explain, "explain", false, "say how the filter was answered, and what that cost")
	f.IntVar(&q.Limit, "limit", 0, "most packets to print (0: all)")
	f.StringVar(&q.Cursor, "cursor", "", "next_cursor of the page before")
	return cmd
}

// packetsPage asks for one page and prints it.
func (a *app) packetsPage(cmd *cobra.Command, e *query.Engine, q query.PacketsRequest) error {
	answer, err := e.Packets(cmd.Context(), q)
	if err != nil {
		return err
	}
	if a.json {
		return a.out.json(answer)
	}
	if err := a.printPackets(answer); err != nil {
		return err
	}
	return a.packetsEnd(answer)
}

// listPage is how many rows are held in memory at once when all are printed.
const listPage = 5000

// allPackets prints page after page, however many there are.
func (a *app) allPackets(cmd *cobra.Command, e *query.Engine, q query.PacketsRequest) error {
	for q.Limit = listPage; ; {
		answer, err := e.Packets(cmd.Context(), q)
		if err != nil {
			return err
		}
		if err := a.printPackets(answer); err != nil {
			return err
		}
		if answer.NextCursor == "" {
			return a.packetsEnd(answer)
		}
		q.Cursor = answer.NextCursor
	}
}

func (a *app) printPackets(p *query.PacketsAnswer) error {
	several := len(p.Captures) > 1
	var b strings.Builder
	for _, list := range p.Numbers {
		for _, n := range list.Frames {
			if several {
				b.WriteString(list.Capture + "\t")
			}
			b.WriteString(strconv.FormatUint(uint64(n), 10) + "\n")
		}
	}
	if _, err := a.out.w.Write([]byte(b.String())); err != nil {
		return err
	}
	if len(p.Rows) == 0 {
		return nil
	}
	header := []string{"<FRAME", "TIME", "<REL", "SRC", "DST", "PROTOCOL", "<LENGTH", "<CONN", "INFO"}
	if several {
		header = append([]string{"CAPTURE"}, header...)
	}
	lines := make([][]string, 0, len(p.Rows))
	for i := range p.Rows {
		lines = append(lines, a.packetLine(&p.Rows[i], several))
	}
	return a.out.table(header, lines)
}

// packetsEnd says what there is beyond what was printed, on standard error.
func (a *app) packetsEnd(p *query.PacketsAnswer) error {
	if a.out.terminal && p.NextCursor != "" {
		atLeast := ""
		if !p.TotalExact {
			atLeast = "at least "
		}
		fmt.Fprintf(a.stderr, "%d of %s%d packets; the next page: --cursor %s\n", p.Returned, atLeast, p.Total, p.NextCursor)
	}
	for i := range p.Plans {
		a.printPlan(&p.Plans[i])
	}
	a.hints(p.Hints)
	return nil
}

func (a *app) packetLine(r *query.PacketRow, several bool) []string {
	conns := make([]string, 0, len(r.Connections))
	for _, c := range r.Connections {
		conns = append(conns, strconv.FormatUint(uint64(c), 10))
	}
	line := []string{
		strconv.FormatUint(uint64(r.Frame), 10), a.out.when(r.Time), fmt.Sprintf("%.6f", float64(r.RelS)),
		r.Src, r.Dst, r.Protocol, strconv.FormatUint(uint64(r.Length), 10), strings.Join(conns, ","), r.Info,
	}
	if a.out.terminal && len(r.Messages) > 0 { // says more to people
		line[len(line)-1] = strings.Join(r.Messages, " | ")
	}
	if !a.out.terminal {
		return append([]string{r.Capture}, append(line, r.Protocols, strings.Join(r.Messages, " | "))...)
	}
	if several {
		line = append([]string{r.Capture[:8]}, line...)
	}
	return line
}

// printPlan says on standard error where the answer came from.
func (a *app) printPlan(p *query.PlanText) {
	w := a.stderr
	fmt.Fprintf(w, "plan for %s\n", escape(p.Filter))
	for _, t := range p.Tests {
		fmt.Fprintf(w, "  %-40s  %-36s certain %s, candidates %s\n", escape(t.Test), t.Access, grouped(strconv.FormatUint(t.Certain, 10)), grouped(strconv.FormatUint(t.Candidates, 10)))
	}
	n := func(v uint64) string { return grouped(strconv.FormatUint(v, 10)) }
	fmt.Fprintf(w, "  of %s frames the index names %s for certain and %s candidates\n", n(p.Frames), n(p.Certain), n(p.Candidates))
	fmt.Fprintf(w, "  asked: %s frames in %s blocks, %s of them dissected\n", n(p.Tested), n(p.Blocks), n(p.Decoded))
}
