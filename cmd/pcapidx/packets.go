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
		Use:   "packets CAPTURE",
		Short: "List packets, by a Wireshark display filter",
		Long: "List packets that a display filter matches: Wireshark's language and field names,\n" +
			"layers 2 to 4.",
		Example: "  pcapidx packets trace.pcap -Y 'tcp.flags.reset == 1'\n" +
			"  pcapidx packets trace.pcap -Y 'ip.addr == 10.0.0.0/8 && tcp.port in {80, 443}' --numbers",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeCaptures,
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := a.engine()
			if err != nil {
				return err
			}
			q.Capture = args[0]
			answer, err := e.Packets(cmd.Context(), q)
			if err != nil {
				return err
			}
			if a.json {
				return a.out.json(answer)
			}
			return a.printPackets(answer)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&q.Filter, "filter", "Y", "", "display filter")
	f.BoolVar(&q.Numbers, "numbers", false, "print frame numbers only, one a line")
	f.IntVar(&q.Limit, "limit", 0, "most packets to print (0: all)")
	f.StringVar(&q.Cursor, "cursor", "", "next_cursor of the page before")
	return cmd
}

func (a *app) printPackets(p *query.PacketsAnswer) error {
	var b strings.Builder
	for _, n := range p.Numbers {
		b.WriteString(strconv.FormatUint(uint64(n), 10) + "\n")
	}
	if _, err := a.out.w.Write([]byte(b.String())); err != nil {
		return err
	}
	if len(p.Rows) > 0 {
		if err := a.out.table([]string{"<FRAME", "TIME", "<REL", "<LENGTH", "SRC", "DST", "PROTOCOLS", "CONN"}, a.packetLines(p.Rows)); err != nil {
			return err
		}
	}
	if a.out.terminal && p.Returned < p.Total {
		fmt.Fprintf(a.stderr, "%d of %d packets", p.Returned, p.Total)
		if p.NextCursor != "" {
			fmt.Fprintf(a.stderr, "; the next page: --cursor %s", p.NextCursor)
		}
		fmt.Fprintln(a.stderr)
	}
	a.hints(p.Hints)
	return nil
}

func (a *app) packetLines(rows []query.PacketRow) [][]string {
	lines := make([][]string, 0, len(rows))
	for _, r := range rows {
		conns := make([]string, 0, len(r.Connections))
		for _, c := range r.Connections {
			conns = append(conns, strconv.FormatUint(uint64(c), 10))
		}
		lines = append(lines, []string{
			strconv.FormatUint(uint64(r.Frame), 10), a.out.when(r.Time), fmt.Sprintf("%.6f", float64(r.RelS)),
			strconv.FormatUint(uint64(r.Length), 10), r.Src, r.Dst, r.Protocols, strings.Join(conns, ","),
		})
	}
	return lines
}
